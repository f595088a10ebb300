#!/bin/sh
# ctr-ports: what is published is reached, from everywhere, and nothing else is. Real traffic, over TCP, UDP and SCTP,
# IPv4 and IPv6.
. "${0%/*}/lib.sh"

. "$top/t/serve.sh"

client_ns
ip addr add 198.51.100.1/32 dev lo
client ip route add 198.51.100.1 via 192.0.2.1
cat >records <<'E2'
shop_web	container	shop	web
shop_web	template	busybox
shop_web	port	tcp	*	8080	80
shop_web	port	udp	*	8053	53
shop_web	port	tcp	192.0.2.1	9000	80
shop_web	port	udp	2001:db8::1	9053	53
shop_web	port	sctp	*	9132	132
shop_web	port	udp	127.0.0.1	8054	53
shop_web	port	tcp	127.0.0.1	8081	80

shop_db	container	shop	db
shop_db	clone	shop_web

E2
ctr-create <records | ctr-addr | ctr-net | ctr-start >started || diag <started
web4=$(sed -n 's/^shop_web	ipv4	//p' started) web6=$(sed -n 's/^shop_web	ipv6	//p' started)
db4=$(sed -n 's/^shop_db	ipv4	//p' started) db6=$(sed -n 's/^shop_db	ipv6	//p' started)
serve 'at shop_web' web 80 53
serve client client 8080 8053

is 'before, nobody answers' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8080)" nobody
in=$(cat records)
out="$(sed '/^$/,$d' records)
shop_web	did	ctr-ports	published port 8080:80/tcp
shop_web	did	ctr-ports	published port 8053:53/udp
shop_web	did	ctr-ports	published port 192.0.2.1:9000:80/tcp
shop_web	did	ctr-ports	published port [2001:db8::1]:9053:53/udp
shop_web	did	ctr-ports	published port 9132:132/sctp
shop_web	did	ctr-ports	published port 127.0.0.1:8054:53/udp
shop_web	did	ctr-ports	published port 127.0.0.1:8081:80/tcp

$(sed '1,/^$/d' records)
"
err='ctr-ports: shop_web: published port 8080:80/tcp
ctr-ports: shop_web: published port 8053:53/udp
ctr-ports: shop_web: published port 192.0.2.1:9000:80/tcp
ctr-ports: shop_web: published port [2001:db8::1]:9053:53/udp
ctr-ports: shop_web: published port 9132:132/sctp
ctr-ports: shop_web: published port 127.0.0.1:8054:53/udp
ctr-ports: shop_web: published port 127.0.0.1:8081:80/tcp'
check 'publishes the ports' 0 ctr-ports -v
in=$(cat records)
out="$in
"
check 'and a second time changes nothing and says nothing' 0 ctr-ports -v

# Another host, whose address the container sees.
is 'from outside, TCP, IPv4' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8080)" 'web 192.0.2.2'
is 'from outside, TCP, IPv6' "$(client perl "$T/ask.pl" tcp 2001:db8::1 8080)" 'web 2001:db8::2'
is 'from outside, UDP, IPv4' "$(client perl "$T/ask.pl" udp 192.0.2.1 8053)" 'web 192.0.2.2'
is 'from outside, UDP, IPv6' "$(client perl "$T/ask.pl" udp 2001:db8::1 8053)" 'web 2001:db8::2'
is 'at another address of the host' "$(client perl "$T/ask.pl" tcp 198.51.100.1 8080)" 'web 192.0.2.2'
is 'at one address' "$(client perl "$T/ask.pl" tcp 192.0.2.1 9000)" 'web 192.0.2.2'
is 'and not at another' "$(client perl "$T/ask.pl" tcp 198.51.100.1 9000)" nobody
is 'at one IPv6 address' "$(client perl "$T/ask.pl" udp 2001:db8::1 9053)" 'web 2001:db8::2'
is 'and not at the IPv4 one' "$(client perl "$T/ask.pl" udp 192.0.2.1 9053 0.3)" nobody

# SCTP (RFC 9260), of which the kernel may have no sockets: the first packet of an association, INIT, as it is sent and
# as it arrives.
cat >"$T/sctp.pl" <<'E2'
use strict; use Socket qw(:DEFAULT :addrinfo);
my ($addr, $port) = @ARGV;
sub crc32c { my $c = ~0 & 0xffffffff; for (unpack "C*", $_[0]) { $c ^= $_; $c = $c >> 1 ^ ($c & 1 ? 0x82f63b78 : 0) for 1 .. 8 } ~$c & 0xffffffff }
my (undef, $to) = getaddrinfo($addr, "", { socktype => SOCK_RAW, protocol => 132 });
socket my $s, $to->{family}, SOCK_RAW, 132 or die "$!";
if (!$port) {
	open my $f, ">", "sctp.asked"; $f->autoflush(1);
	while (my $from = recv $s, my $p, 999, 0) {
		my (undef, $who) = getnameinfo $from, NI_NUMERICHOST;
		$p = substr $p, 4 * (ord($p) & 15) if $to->{family} == AF_INET; # the IP header
		my $sum = unpack "V", substr $p, 8, 4, "\0\0\0\0";
		print $f join(" ", $who, unpack("x2n", $p), $sum == crc32c($p) ? "intact" : "damaged"), "\n";
	}
}
my $p = pack "nnNVCCnNNnnN", 5000, $port, 0, 0, 1, 0, 20, 7, 65536, 1, 1, 7;
substr $p, 8, 4, pack "V", crc32c($p);
send $s, $p, 0, $to->{addr} or die "$!";
E2
asked() # it is sent until one has arrived
{
	client perl "$T/sctp.pl" "$1" 9132
	grep . sctp.asked
}
for to in 192.0.2.1 2001:db8::1; do
	case $to in *:*) any=:: from=2001:db8::2 ;; *) any=0.0.0.0 from=192.0.2.2 ;; esac
	rm -f sctp.asked
	at shop_web perl "$T/sctp.pl" "$any" &
	wait_for 60 test -e sctp.asked || fail 'it listens'
	client perl "$T/sctp.pl" "$to" 9133
	ok "from outside, SCTP, $to" wait_for 60 asked "$to"
	is 'as it was sent, and at no other port' "$(sort -u sctp.asked)" "$from 132 intact"
	kill $!
done

# The host, whose own address is kept, but for that of the loopback.
is 'from the host, TCP' "$(ask tcp 192.0.2.1 8080)" 'web 192.0.2.1'
is 'from the host, UDP, IPv6' "$(ask udp 2001:db8::1 8053)" 'web 2001:db8::1'
is 'from the host at 127.0.0.1, TCP' "$(ask tcp 127.0.0.1 8080)" 'web 10.66.0.1'
is 'from the host at 127.0.0.1, UDP' "$(ask udp 127.0.0.1 8053)" 'web 10.66.0.1'
is 'at 127.0.0.1 alone, UDP' "$(ask udp 127.0.0.1 8054)" 'web 10.66.0.1'
is 'at 127.0.0.1 alone, TCP' "$(ask tcp 127.0.0.1 8081)" 'web 10.66.0.1'
is 'which is not reached at another address, even from the host' "$(ask tcp 192.0.2.1 8081)" nobody
is 'nor from outside' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8081)" nobody
is 'nor from a container' "$(at shop_db perl "$T/ask.pl" tcp 10.66.0.1 8081)" nobody
is 'nor by UDP' "$(ask udp 192.0.2.1 8054; client perl "$T/ask.pl" udp 192.0.2.1 8054
	at shop_db perl "$T/ask.pl" udp 10.66.0.1 8054; at shop_db perl "$T/ask.pl" udp 192.0.2.1 8054)" 'nobody
nobody
nobody
nobody'
# At all addresses means the host's own.
of_another() { heard_at env 192.0.2.2 2001:db8::2 8080 8053; }
is 'the same port of another host is that, from the host too' "$(of_another)" 'client client client client '
nft "insert rule inet ctr local dnat ip to meta l4proto . th dport map @any4
	insert rule inet ctr local dnat ip6 to meta l4proto . th dport map @any6"
is 'which is due to the rules' "$(of_another)" 'web web web web '
for rule in $(nft -a list chain inet ctr local | sed -n 's/^[[:space:]]*dnat .* handle //p'); do
	nft delete rule inet ctr local handle "$rule"
done
is 'and is that again without them' "$(of_another)" 'client client client client '

# Containers.
is 'from another container' "$(at shop_db perl "$T/ask.pl" tcp 192.0.2.1 8080)" "web $db4"
is 'from another container, UDP, IPv6' "$(at shop_db perl "$T/ask.pl" udp 2001:db8::1 8053)" "web $db6"
is 'from another container, by the gateway' "$(at shop_db perl "$T/ask.pl" tcp 10.66.0.1 8080)" "web $db4"
is 'from itself, TCP, IPv4' "$(at shop_web perl "$T/ask.pl" tcp 192.0.2.1 8080)" 'web 10.66.0.1'
is 'from itself, UDP, IPv4' "$(at shop_web perl "$T/ask.pl" udp 192.0.2.1 8053)" 'web 10.66.0.1'
like 'from itself, TCP, IPv6' "$(at shop_web perl "$T/ask.pl" tcp 2001:db8::1 8080)" 'web *:*'
is 'the same port of another host is that' "$(at shop_db perl "$T/ask.pl" tcp 192.0.2.2 8080)" 'client 192.0.2.1'
is 'by UDP too' "$(at shop_db perl "$T/ask.pl" udp 2001:db8::2 8053)" 'client 2001:db8::1'
is 'and of another container' "$(at shop_db perl "$T/ask.pl" tcp "$web4" 8080)" nobody

asked=$(grep -c . web.asked)

# CVE-2020-8558: what the host's processes offer at 127.0.0.1 is theirs, though the veths have route_localnet.
serve env host 7777 7777 127.0.0.1
for who in client 'at shop_db'; do
	$who ip route del local 127.0.0.0/8 dev lo table local
	$who ip route del local 127.0.0.1 dev lo table local
done
client ip route add 127.0.0.0/8 via 192.0.2.1
at shop_db ip route add 127.0.0.0/8 via 10.66.0.1 dev eth0 onlink
# As the veths have it: so that it is not the kernel that drops what comes from there.
echo 1 >/proc/sys/net/ipv4/conf/outside/route_localnet
for who in client 'at shop_db'; do
	$who sh -c 'for f in /proc/sys/net/ipv4/conf/*/route_localnet; do echo 1 >"$f"; done'
	is "127.0.0.1 is not reached by: $who" "$($who perl "$T/ask.pl" udp 127.0.0.1 7777 0.2)" nobody
	is "nor is what is published there, by: $who" "$($who perl "$T/ask.pl" udp 127.0.0.1 8053 0.2)" nobody
	is "nor what is published there alone, by: $who" "$($who perl "$T/ask.pl" udp 127.0.0.1 8054 0.2)" nobody
done
is 'none of it came to the container' "$(grep -c . web.asked)" "$asked"

out='shop_web	port	tcp	*	8080	80
shop_web	did	ctr-ports	withdrew port 8080:80/tcp
'
check 'withdraws one' 0 ctr-ports -u shop_web port=8080:80
is 'which is then not reached' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8080)" nobody
is 'while the others are' "$(client perl "$T/ask.pl" udp 192.0.2.1 8053)" 'web 192.0.2.2'

# While its input keeps it waiting, it gets ready.
{
	sed -n '1,/^$/p' records
	wait_for 60 grep -q libnftables trace && touch early
} | strace -qq -o trace -e trace=openat ctr-ports >got
ok 'libnftables is loaded while others in the pipe still work' [ -e early ]

# An answer would not find its way, but the question does. So it was the rule that kept it out before.
is 'nothing came to 127.0.0.1' "$(cat host.asked 2>&1)" "cat: host.asked: No such file or directory"
nft "flush chain inet ctr guard; flush chain inet ctr host"
at shop_db perl "$T/ask.pl" udp 127.0.0.1 7777 0 >/dev/null
ok 'without the rule for it, it would have' wait_for 60 grep -qx "$db4" host.asked
client perl "$T/ask.pl" udp 127.0.0.1 7777 0 >/dev/null
ok 'and from outside' wait_for 60 grep -qx 192.0.2.2 host.asked
done_testing
