#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Forwards: local addresses of a container that lead to ports of others, in its own network.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"

tab=$(printf '\t')
cat >ctr.yml <<'YAML'
name: shop
defaults: { template: busybox }
containers:
    db: { expose: 80 }
    web:
        network: { mtu: 1280 }
        links: [127.0.0.1:5432:db:8000, 127.1.2.3:53:db:5353/udp]
    idle: {}
YAML
get() { sed -n "s/^shop_$1$tab$2$tab//p" "$CTR_LXCPATH/shop_$1/ctr/record"; }
from_web() { at shop_web perl "$T/ask.pl" "$@" | cut -d ' ' -f 1; }
table() { at shop_web nft -s list table inet ctr 2>&1; }
forwarded() { ctr-status shop_web | grep -c "forwarded$tab"; }
again() { lxc-stop -k -n "$1" && lxc-start -n "$1"; }
serve_db()
{
	serve 'at shop_db' db 8000 5353
	serve 'at shop_db' db80 80 80
}

nft list ruleset >host
ctrctl up >out 2>&1 || diag <out
serve_db
is 'tcp, with the address of who asks' "$(at shop_web perl "$T/ask.pl" tcp 127.0.0.1 5432)" "db $(get web ipv4)"
is 'udp, at another local address' "$(at shop_web perl "$T/ask.pl" udp 127.1.2.3 53)" "db $(get web ipv4)"
is 'at no other one' "$(from_web tcp 127.1.2.3 5432 1; from_web udp 127.0.0.1 53 1; from_web udp 127.0.0.1 5432 1)" 'nobody
nobody
nobody'
is 'that port alone is open' "$(from_web tcp "$(get db ipv4)" 8000; from_web udp "$(get db ipv4)" 8000 1
from_web tcp "$(get db ipv4)" 80; from_web tcp "$(get db ipv6)" 8000; from_web udp "$(get db ipv4)" 5353)" 'db
nobody
nobody
nobody
db'
is 'to that container alone' "$(at shop_idle perl "$T/ask.pl" tcp "$(get db ipv4)" 8000; at shop_idle perl "$T/ask.pl" tcp 127.0.0.1 5432)" \
    'nobody
nobody'
is 'no names' "$(grep -c ctr-link "$CTR_LXCPATH/shop_web/rootfs/etc/hosts")" 0
is 'status' "$(ctr-parse | ctr-status | grep forwarded)" "shop_web${tab}forwarded${tab}shop_db${tab}tcp${tab}127.0.0.1${tab}5432${tab}8000
shop_web${tab}forwarded${tab}shop_db${tab}udp${tab}127.1.2.3${tab}53${tab}5353"
is 'the table' "$(ctr-parse | ctr-status | ctr-table -c links | grep '^1')" '127.0.0.1:5432->shop_db:8000/tcp
127.1.2.3:53->shop_db:5353/udp'
is 'declared' "$(ctr-parse | ctr-table -c links | grep -c '^127.*->shop_db')" 2
ctr-parse >in
table >before
out=$(cat in; echo .) out=${out%?.}
check 'again: nothing' 0 ctr-link -v <in
table >after
ok 'really nothing' cmp before after
ctr-list -p shop >listed
is 'what is on disk is what is declared' "$(diff in listed)" ''

# More than fits into a packet of its link, by a route that begins at the loopback interface.
at shop_db busybox nc -l -p 8001 -e busybox cat &
wait_for 60 at shop_db sh -c 'grep -q ":1F41 .* 0A " /proc/net/tcp /proc/net/tcp6'
ctr-link -q shop_web forward=127.0.0.1:7:shop_db:8001 >out
cat >big.pl <<'E2'
use strict; use IO::Socket::IP; use IO::Select;
my $c = IO::Socket::IP->new(PeerHost => "127.0.0.1", PeerPort => 7, Type => SOCK_STREAM) or die "$@";
my ($out, $in, $s) = ("0123456789abcdef" x 20000, "", IO::Select->new($c)); $c->blocking(0);
my $all = $out;
while (length $in < length $all) {
	last unless $s->can_read(0) || length $out || $s->can_read(60);
	if (length $out && $s->can_write(1)) { my $n = $c->syswrite($out, 50000); substr($out, 0, $n) = "" if $n }
	$c->sysread($in, 50000, length $in) if $s->can_read(0);
}
print $in eq $all ? "same\n" : length($in) . "\n";
E2
is 'both ways, with an mtu of 1280' "$(at shop_web timeout 100 perl big.pl)" same

# No source is replaced but 127/8 that went through a forward; and none of these gets in from outside.
cat >bound.pl <<'E2'
use strict; use IO::Socket::IP; use IO::Select;
my ($from, $to, $port) = @ARGV;
my $c = IO::Socket::IP->new(LocalHost => $from, PeerHost => $to, PeerPort => $port, Type => SOCK_STREAM, Timeout => 2) or do { print "nobody\n"; exit };
$c->recv(my $got, 99) if IO::Select->new($c)->can_read(2);
print $got // "nobody\n";
E2
at shop_web ip addr add 10.66.9.9/32 dev lo
is 'from its loopback to the other container itself' "$(at shop_web perl bound.pl 127.0.0.1 "$(get db ipv4)" 8000)" nobody
is 'from an address that it gave itself' "$(at shop_web perl bound.pl 10.66.9.9 "$(get db ipv4)" 8000
at shop_web perl bound.pl 10.66.9.9 127.0.0.1 5432)" 'nobody
nobody'
is 'from its own' "$(at shop_web perl bound.pl "$(get web ipv4)" 127.0.0.1 5432)" "db $(get web ipv4)"
# inject DESTINATION: a datagram from the gateway to it, out of the host's end of web's link
cat >inject.pl <<'E2'
use strict; use Socket;
my ($veth, $mac, $to) = @ARGV;
my $ip = pack "CCnnnCCna4a4", 0x45, 0, 29, 1, 0, 64, 17, 0, inet_aton("10.66.0.1"), inet_aton($to);
my $sum = 0; $sum += $_ for unpack "n*", $ip; $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
substr $ip, 10, 2, pack "n", ~$sum & 0xffff;
my $frame = pack("H12H12n", $mac =~ tr/://dr, "020000000001", 0x800) . $ip . pack "nnnna*", 9, 9, 9, 0, "?";
open my $f, "<", "/sys/class/net/$veth/ifindex" or die; chomp(my $index = <$f>);
socket my $s, 17, SOCK_RAW, 0 or die $!; # AF_PACKET
send $s, $frame, 0, pack "Snlna", 17, 0, $index, 0, "" or send $s, $frame, 0, pack "SnISCCa8", 17, 0x800, $index, 0, 0, 6, "" or die $!;
E2
serve 'at shop_web' inner 9 9 127.0.0.9
serve 'at shop_web' outer 9 9 "$(get web ipv4)"
inject() { perl inject.pl "$(get web veth)" "$(get web mac)" "$1"; }
inject 127.0.0.9
ok 'a datagram from the host to its address comes in' wait_for 60 sh -c 'perl inject.pl "$0" "$1" "$2"; grep -q 10.66.0.1 outer.asked' \
    "$(get web veth)" "$(get web mac)" "$(get web ipv4)"
ok 'one to its loopback does not' test ! -e inner.asked

# A new network, from within and from without.
wait_init() { [ "$(lxc-info -Hp -n shop_web)" != "$1" ] && [ "$(lxc-info -Hs -n shop_web)" = RUNNING ]; }
init=$(lxc-info -Hp -n shop_web)
lxc-attach -n shop_web -- reboot
ok 'it reboots' wait_for 60 wait_init "$init"
ok 'after that they lead there' wait_for 60 sh -c 'nsenter --net="/proc/$(lxc-info -Hp -n shop_web)/ns/net" perl "$0" tcp 127.0.0.1 5432 | grep -q ^db' "$T/ask.pl"
is 'all three' "$(forwarded) $(from_web udp 127.1.2.3 53)" '3 db'
ctr-link -q -u shop_web forward=127.0.0.1:7:shop_db:8001 >out
again shop_web
is 'stopped, and started by lxc-start' "$(forwarded) $(from_web tcp 127.0.0.1 5432)" '2 db'

# What its root makes of it is put right.
at shop_web nft flush table inet ctr
is 'its root flushes the rules' "$(from_web tcp 127.0.0.1 5432) $(forwarded)" 'nobody 0'
out_like="*did${tab}ctr-link${tab}linked to shop_db:8000/tcp at 127.0.0.1:5432, shop_db:5353/udp at 127.1.2.3:53*"
check 'ctr-link makes them' 0 ctr-link <in
is 'and they lead there' "$(from_web tcp 127.0.0.1 5432)" db
at shop_web nft 'delete table inet ctr; add table inet ctr; add map inet ctr one4 { type ipv4_addr : ipv4_addr; }
	add element inet ctr one4 { 127.0.0.1 : 127.0.0.2 }'
is 'another map in its place' "$(forwarded)" 0
ctr-link -q <in >out || diag <out
is 'put right' "$(from_web tcp 127.0.0.1 5432) $(forwarded)" 'db 2'
at shop_web sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/route_localnet'
ctr-link -q <in >out || diag <out
is 'the setting' "$(from_web tcp 127.0.0.1 5432)" db
nft delete table inet ctr
ctr-net -q <in >out || diag <out
is 'the host'\''s table made anew' "$(from_web tcp 127.0.0.1 5432)" db

out_like="*did${tab}ctr-link${tab}removed its links*"
check 'all of them go' 0 ctr-link -u shop_web
is 'they lead nowhere' "$(from_web tcp 127.0.0.1 5432; forwarded)" 'nobody
0'
is 'nothing is let pass' "$(nft list set inet ctr expose4 | grep -c elements)" 0
out='shop_web
'
check '-u again: nothing' 0 ctr-link -v -u shop_web

# Operands, and a record that says it no more.
out="shop_web${tab}forward${tab}shop_db${tab}tcp${tab}127.0.0.1${tab}5432${tab}80
shop_web${tab}did${tab}ctr-link${tab}linked to shop_db:80/tcp at 127.0.0.1:5432
"
check 'an operand, on a running container' 0 ctr-link shop_web forward=5432:shop_db:80
is 'leads there at once' "$(from_web tcp 127.0.0.1 5432)" db80
ctr-link -q shop_web forward=5432:shop_db:8000 >out
is 'to another port' "$(from_web tcp 127.0.0.1 5432) $(forwarded)" 'db 1'
ctr-addr -q shop_db address=10.66.0.88 >out && again shop_db
serve_db
is 'to another address' "$(forwarded; ctr-link -q shop_web >out; from_web tcp 127.0.0.1 5432)" '0
db'
grep -v forward in >less
out_like='*removed its links*'
check 'a record that says it no more' 0 ctr-link <less
is 'there is none' "$(from_web tcp 127.0.0.1 5432)" nobody
ctr-link -q <in >out

# One that does not run.
lxc-stop -k -n shop_web
out=$(cat in; echo .) out=${out%?.} err='ctr-link: shop_web: it does not run, its links are made when it does'
check 'nothing is made for one that does not run' 0 ctr-link -v <in
ctr-destroy -q -k shop_db >out || diag <out
is 'the other one is destroyed: nothing is stored' "$(get web forward)" ''
ctrctl up >out 2>&1 || diag <out
serve_db
is 'made again: they lead there' "$(from_web tcp 127.0.0.1 5432)" db
mv "$CTR_LXCPATH/shop_db" "$T/db"
lxc-stop -k -n shop_web
ok 'it starts where the other one is missing' lxc-start -n shop_web
is 'without' "$(table | grep -c shop_db)" 0
out_like='*error*' err="ctr-link: shop_web: cannot link to 'shop_db': there is no such container
ctr-link: shop_web: cannot link to 'shop_db': there is no such container"
check 'ctr-link says so' 1 ctr-link shop_web
mv "$T/db" "$CTR_LXCPATH/shop_db"

# Networks that cannot have them; the host's is not touched.
nft list table inet ctr >before
ip link add br0 type bridge && ip link set br0 up
for net in none br0; do
	ctr-addr -q shop_idle network=$net >out
	out_like='*error*' err="ctr-link: shop_idle: a forward needs the managed network, and its network is $net"
	again shop_idle
	check "network $net" 1 ctr-link shop_idle forward=1:shop_web:1
	out_like='*error*' err="ctr-link: shop_web: cannot forward 127.0.0.1:1 to 'shop_idle', which is not on the managed network"
	check "to one with network $net" 1 ctr-link shop_web forward=1:shop_idle:1
done
for net in host container:shop_web; do
	ctr-addr -q shop_idle network=$net >out
	again shop_idle
	out_like='*error*' err="ctr-link: shop_idle: a forward needs the managed network, and its network is $net"
	check "network $net" 1 ctr-link shop_idle forward=1:shop_db:1
done
ctr-link -q shop_web forward=5432:shop_db:8000 >out
is 'one that shares a network has the forwards of that' "$(at shop_idle perl "$T/ask.pl" tcp 127.0.0.1 5432 | cut -d ' ' -f 1)" db
ctr-addr -q -u shop_idle network=container:shop_web >out
ctr-config -q shop_idle config=lxc.net= config=lxc.net.0.type=none >out
again shop_idle
is 'one that has the host'\''s network by its settings' "$(readlink "/proc/$(lxc-info -Hp -n shop_idle)/ns/net")" "$(readlink /proc/self/ns/net)"
out_like='*error*' err="ctr-link: shop_idle: its network is the host's own"
check 'is refused' 1 ctr-link shop_idle forward=1:shop_db:1
is 'the host'\''s map is left' "$(nft list map inet ctr one4 | grep -c 127)" 0
forward=$build/libexec/ctrkit/ctr-forward

# One table, by one transaction. Of a socket in another network strace(1) does not know what its messages are:
# NFNL_MSG_BATCH_BEGIN is 0x10.
transactions()
{
	strace -f -v -X raw -o trace -e trace=sendmsg,sendto "$@" >out 2>&1 || diag <out
	grep -o 'nlmsg_type=0x10,' trace | wc -l
}
is 'one table' "$(at shop_web nft list tables)" 'table inet ctr'
at shop_web nft delete table inet ctr
init=$(lxc-info -Hp -n shop_web)
is 'by one transaction' "$(transactions "$forward" shop_web "$init")" 1
is 'it leads there' "$(at shop_web nft list tables) $(from_web tcp 127.0.0.1 5432)" 'table inet ctr db'
is 'two would be seen' "$(transactions nsenter --net="/proc/$init/ns/net" sh -c \
    'nft add table inet two; nft delete table inet two')" 2
err="ctr-forward: shop_web: its network is the host's own"
check 'ctr-forward refuses it, too' 1 "$forward" shop_web $$
err='ctr-forward: shop_none: it has no stored record'
check 'of nobody' 1 "$forward" shop_none $$
err="ctr-forward: shop_web: cannot find process 99999999: No such process"
check 'of no process' 1 "$forward" shop_web 99999999
for args in '' shop_web 'shop_web x' 'shop_web 0x1' 'sh/op 1' 'shop_web 1 2'; do
	err_like='*usage: ctr-forward *'
	# shellcheck disable=SC2086 # a list
	check "usage: $args" 2 "$forward" $args
done
ctrctl down >out 2>&1 || diag <out
nft list ruleset >after
ok 'nothing is left of it on the host' cmp host after
done_testing
