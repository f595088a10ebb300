# SPDX-License-Identifier: GPL-2.0-or-later
#
# Frames as root in a container can send them, by a raw socket, and who gets them. Whatever is forged has the word
# "forged" in it, which is a MAC address too.
#
#	forge.pl watch INTERFACE FILE
#	forge.pl send INTERFACE MAC <FRAMES
#
# `watch` writes a line for each frame that comes in by the interface and has the word; FILE is there as soon as it
# listens. `send` sends each frame to MAC, and where it is for all to all. FRAMES, one a line:
#
#	udp SOURCE PORT TARGET PORT TEXT
#	tcp SOURCE PORT TARGET PORT TEXT
#					a SYN, with the text as its data
#	dns SOURCE TARGET		asks for the name "forged"
#	dhcp SOURCE PORT TARGET PORT OP TYPE MAC ADDRESS SERVER
#					by the client with that MAC, about that address
#	arp request|answer|for-all ADDRESS TARGET
#					TARGET is told that ADDRESS is at the MAC "forged"
#	advertise SOURCE TARGET ADDRESS	the same by a neighbour advertisement, IPv6
#	solicit SOURCE TARGET ADDRESS	by a neighbour solicitation, of which SOURCE is said to be there
#	router SOURCE TARGET		a router advertisement, of the prefix 2001:db8:bad::/64
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton inet_ntop AF_INET6);

my $word = "forged";
my ($what, $interface, $to) = splice @ARGV, 0, 3;
my %frame = (udp => \&udp, tcp => \&tcp, dns => \&dns, dhcp => \&dhcp, arp => \&arp, advertise => \&advertise,
    solicit => \&solicit, router => \&router);

sub address { inet_pton($_[0] =~ /:/ ? AF_INET6 : AF_INET, $_[0]) // die "address $_[0]" }
sub mac { pack "H2" x 6, split /:/, $_[0] }

# RFC 1071
sub checksum {
	my $sum = unpack "%32n*", $_[0] . "\0" x (length($_[0]) % 2);
	$sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
	return ~$sum & 0xffff;
}

# An IP packet; the checksum of its contents belongs at OFFSET there (RFC 8200, 8.1; RFC 768).
sub ip {
	my ($source, $target, $proto, $text, $offset) = @_;
	my ($s, $t) = (address($source), address($target));
	substr $text, $offset, 2, pack "n", checksum($s . $t . pack("NN", length $text, $proto) . $text) || 0xffff;
	return (0x86dd, pack("NnCC", 6 << 28, length $text, $proto, 255) . $s . $t . $text) if length $s == 16;
	my $head = pack "CCnnnCCna4a4", 0x45, 0, 20 + length $text, 0, 0, 64, $proto, 0, $s, $t;
	substr $head, 10, 2, pack "n", checksum($head);
	return (0x0800, $head . $text);
}

sub udp {
	my ($source, $sport, $target, $tport, $text) = @_;
	return ip($source, $target, 17, pack("nnnn", $sport, $tport, 8 + length $text, 0) . $text, 6);
}

# RFC 9293, 3.1
sub tcp {
	my ($source, $sport, $target, $tport, $text) = @_;
	return ip($source, $target, 6, pack("nnNNCCnnn", $sport, $tport, 1, 0, 5 << 4, 2, 1024, 0, 0) . $text, 16);
}

sub dns { udp($_[0], 5353, $_[1], 53, pack "nnnnnnC/a*xnn", 1, 0x100, 1, 0, 0, 0, $word, 1, 1) }

# RFC 2131, 2132
sub dhcp {
	my ($source, $sport, $target, $tport, $op, $type, $mac, $address, $server) = @_;
	my %type = (discover => 1, offer => 2, request => 3, decline => 4, ack => 5, nak => 6, release => 7);
	my $answer = $op eq "answer";
	my $ciaddr = $type eq "release" ? $address : "0.0.0.0";
	my $text = pack("CCCCNnna4a4a4a4a16x192N", $answer ? 2 : 1, 1, 6, 0, 0x66666666, 0, 0x8000, address($ciaddr),
	    address($answer ? $address : "0.0.0.0"), address("0.0.0.0"), address("0.0.0.0"), mac($mac), 0x63825363) .
	    pack("CCC", 53, 1, $type{$type}) . pack("CCa4", 54, 4, address($server));
	$text .= pack("CCa4", 50, 4, address($address)) if $type =~ /request|decline/;
	$text .= pack("CCNCCa4CCa4", 51, 4, 3600, 3, 4, address($server), 6, 4, address($server)) if $answer;
	return udp($source, $sport, $target, $tport, $text . pack("CC/a*C", 15, $word, 255));
}

# RFC 826, 5227
sub arp {
	my ($how, $address, $target) = @_;
	$target = $address if $how eq "for-all";
	return (0x0806, pack "nnCCna6a4a6a4", 1, 0x0800, 6, 4, $how eq "request" ? 1 : 2, $word, address($address),
	    $how eq "request" ? "" : "\xff" x 6, address($target));
}

# RFC 4861: 4.4, 4.3, 4.2; each with the option of 4.6.1
sub advertise { ip(@_[0, 1], 58, pack("CCnNa16CCa6", 136, 0, 0, 0x60000000, address($_[2]), 2, 1, $word), 2) }
sub solicit { ip(@_[0, 1], 58, pack("CCnNa16CCa6", 135, 0, 0, 0, address($_[2]), 1, 1, $word), 2) }
sub router {
	return ip(@_[0, 1], 58, pack("CCnCCnNNCCa6CCCCNNNa16", 134, 0, 0, 64, 0, 1800, 0, 0, 1, 1, $word, 3, 4, 64, 0xc0,
	    3600, 3600, 0, address("2001:db8:bad::")), 2);
}

# packet(7): all protocols for who listens, none for who sends only; struct sockaddr_ll
my $request = pack "a16x24", $interface; # netdevice(7)
my $all = $what eq "watch" ? unpack("S", pack "n", 3) : 0;
socket my $s, 17, SOCK_RAW, $all or die "socket: $!";
ioctl $s, 0x8933, $request or die "$interface: $!"; # SIOCGIFINDEX
bind $s, pack "SnlSCCa8", 17, $what eq "watch" ? 3 : 0, unpack("x16l", $request), 0, 0, 0, "" or die "bind: $!";

if ($what eq "watch") {
	open my $out, ">", $to or die "$to: $!";
	$out->autoflush(1);
	while (my $from = recv $s, my $got, 65536, 0) {
		my $kind = (unpack "SnlSCCa8", $from)[4];
		print $out unpack("H*", $got), "\n" if $kind != 4 && index($got, $word) >= 0; # 4: sent from here
	}
} elsif ($what eq "send") {
	while (my $line = <STDIN>) {
		my ($kind, @args) = split ' ', $line;
		next if !defined $kind;
		my ($type, $frame) = $frame{$kind}->(@args);
		for my $mac (mac($to), "\xff" x 6) {
			send $s, $mac . $word . pack("n", $type) . $frame, 0 or die "send: $!";
		}
	}
}
