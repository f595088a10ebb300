# PORTS: adds that many ports, which lead nowhere, to the map any4 of table `inet ctr` and takes them out again, each in one
# transaction (nfnetlink's batch), until it is ended; the file "changed" says that it does. nft(8) reads the whole map first, which takes too long for that.
use strict; use Socket;
my $ports = shift;
socket my $s, 16, SOCK_RAW, 12 or die "$!"; # AF_NETLINK, NETLINK_NETFILTER
sub attr { my ($type, $body) = @_; my $n = 4 + length $body; pack("SS", $n, $type) . $body . "\0" x (-$n & 3) }
sub message {
	my ($type, $flags, $family, $id, $body) = @_;
	pack("LSSLL", 20 + length $body, $type, $flags, 0, 0) . pack("CCn", $family, 0, $id) . $body;
}
my $nested = 0x8000;
my $elements = "";
for my $port (1 .. $ports) {
	my $key = attr(1 | $nested, attr(1, pack "CxxxnS", 6, $port, 0));
	my $to = attr(2 | $nested, attr(1, pack "C4nS", 10, 66, 255, 254, 80, 0));
	$elements .= attr(1 | $nested, $key . $to);
}
my $set = attr(1, "ctr\0") . attr(2, "any4\0") . attr(3 | $nested, $elements);
my ($begin, $end) = (message(0x10, 1, 0, 10, ""), message(0x11, 1, 0, 10, ""));
while (1) {
	# NFT_MSG_NEWSETELEM with NLM_F_CREATE, NFT_MSG_DELSETELEM; NLM_F_REQUEST and NLM_F_ACK
	for ([10 << 8 | 12, 0x405], [10 << 8 | 14, 5]) {
		defined send $s, $begin . message($$_[0], $$_[1], 1, 0, $set) . $end, 0 or die "$!";
		defined recv $s, my $answer, 65536, 0 or die "$!";
		my $error = unpack "x16l", $answer;
		$error == 0 or die "error $error";
		-e "changed" or open my $f, ">", "changed";
		select undef, undef, undef, 0.002;
	}
}
