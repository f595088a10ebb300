#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who reaches whom: nobody another container but by a link, and then what that one exposes; nobody the host; nobody
# a container from outside but by a published port.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"
export CTR_POOL6=fd00:1:2:3::/64

client_ns
cat >shop.yml <<'YAML'
name: shop
defaults:
    template: busybox
containers:
    db:
        expose: [80, 53/udp]
    web:
        links: db
        ports: ["8080:80", "8080:53/udp"]
    idle: {}
YAML
cat >open.yml <<'YAML'
name: open
network:
    isolate: false
containers:
    a: { template: busybox }
    b: { template: busybox }
    within: { template: busybox, network: { isolate: false, outbound: false } }
    shut:
        template: busybox
        network: { isolate: true, outbound: false, mtu: 1400 }
        links: a
        ports: ["8082:80", "8082:53/udp"]
YAML
cat >also.yml <<'YAML'
name: also
network: { isolate: false }
containers:
    x: { template: busybox }
YAML
rules() { nft list table inet ctr | grep -cE 'accept|drop|reject|dnat|masquerade|jump|mark set'; }
ctrctl -f shop.yml up idle >out 2>&1 || diag <out
one=$(rules)
for project in shop open also; do
	ctrctl -f $project.yml up >out 2>&1 || diag <out
done
ctr-list | ctr-status >now
get() { awk -F '\t' -v n="$1" -v k="$2" '$1 == n && $2 == k { print $3 }' now; }
for n in shop_db shop_web shop_idle open_a open_b open_shut open_within also_x; do
	serve "at $n" "$n" 80 53
done
serve "at shop_db" db81 81 81
serve client client 80 53
serve env host 7777 7777

# from WHO TO PORT...: what web, idle and so on hear of TO's server at tcp and udp, by IPv4 and IPv6
heard()
{
	heard_at "at $1" "$(get "$2" ipv4)" "$(get "$2" ipv6)" "$3" "$4"
}
nobody='nobody nobody nobody nobody '

# accepting CHAIN MATCH COMMAND...: runs it while the chain begins with a rule that accepts what matches
accepting()
{
	chain=$1 rule=$(nft -e -a "insert rule inet ctr $1 $2 accept" | sed -n 's/.* handle //p')
	shift 2
	"$@"
	nft delete rule inet ctr "$chain" handle "$rule"
}

is 'a link reaches what is exposed' "$(heard shop_web shop_db 80 53)" 'shop_db shop_db shop_db shop_db '
is 'and nothing else' "$(heard shop_web shop_db 81 81)" "$nobody"
is 'and no way back' "$(heard shop_db shop_web 80 53)" "$nobody"
is 'without a link' "$(heard shop_idle shop_db 80 53)" "$nobody"
is 'another project' "$(heard open_a shop_db 80 53)" "$nobody"
is 'the other way' "$(heard shop_idle open_a 80 53)" "$nobody"
is 'a project that is not isolated' "$(heard open_a open_b 80 53)" 'open_b open_b open_b open_b '
is 'also from one that has no way out' "$(heard open_within open_b 80 53)" 'open_b open_b open_b open_b '
is 'which it has not' "$(heard_at 'at open_within' 192.0.2.2 2001:db8::2 80 53)" "$nobody"
is 'but for one that is' "$(heard open_a open_shut 80 53)" "$nobody"
is 'and what it has no link to' "$(heard open_shut open_b 80 53)" "$nobody"
is 'a link without expose' "$(heard open_shut open_a 80 53)" 'open_a open_a open_a open_a '
is 'two projects that are not isolated' "$(heard open_a also_x 80 53)" "$nobody"
is 'the other way too' "$(heard also_x open_a 80 53)" "$nobody"
is 'which is due to the rules' "$(accepting from 'oifname "ctr*"' heard open_a also_x 80 53
	accepting from 'oifname "ctr*"' heard also_x open_a 80 53)" \
    'also_x also_x also_x also_x open_a open_a open_a open_a '
is 'outbound, by all ways' "$(heard_at 'at open_b' 192.0.2.2 2001:db8::2 80 53)" 'client client client client '
is "with the host's addresses" "$(at open_b perl "$T/ask.pl" tcp 192.0.2.2 80
	at open_b perl "$T/ask.pl" tcp 2001:db8::2 80)" \
    "client 192.0.2.1
client 2001:db8::1"
is 'no outbound' "$(heard_at 'at open_shut' 192.0.2.2 2001:db8::2 80 53)" "$nobody"
is 'nor to a published port' "$(heard_at 'at open_shut' 192.0.2.1 2001:db8::1 8080 8080)" "$nobody"
is 'which others reach' "$(heard_at 'at open_b' 192.0.2.1 2001:db8::1 8080 8080
	ask tcp 127.0.0.1 8080 | cut -d ' ' -f 1
	client perl "$T/ask.pl" tcp 192.0.2.1 8080; client perl "$T/ask.pl" tcp 2001:db8::1 8080)" \
    'shop_web shop_web shop_web shop_web shop_web
shop_web 192.0.2.2
shop_web 2001:db8::2'
is 'but one of its own is reached' "$(heard_at client 192.0.2.1 2001:db8::1 8082 8082)" \
    'open_shut open_shut open_shut open_shut '
is 'the mtu' "$(lxc-attach -n open_shut -- cat /sys/class/net/eth0/mtu)" 1400

# The host.
# One server for each, since UDP is answered from the address that was asked only where that is bound.
for to in 10.66.0.1 192.0.2.1 fd00:1:2:3::1 2001:db8::1 "fe80::1%$(get shop_web veth)"; do
	serve env near 7778 7778 "$to"
done
host_heard()
{
	for to in '10.66.0.1 fd00:1:2:3::1' '192.0.2.1 2001:db8::1' '192.0.2.1 fe80::1%eth0'; do
		# shellcheck disable=SC2086 # two of them
		heard_at 'at shop_web' $to 7778 7778
	done
}
is 'a service of the host, at each of its addresses' "$(host_heard)" "$nobody$nobody$nobody"
is 'which is due to the rules too' "$(accepting host 'th dport 7778' host_heard)" \
    'near near near near near near near near near near near near '
is 'which is there' "$(client perl "$T/ask.pl" tcp 192.0.2.1 7777)" 'host 192.0.2.2'
# DHCP and DNS are the gateway's: what the rules let in of them elsewhere, this counts.
nft 'table inet see { chain c { type filter hook input priority 10;
	iifname "ctr*" ip daddr 192.0.2.1 counter; iifname "ctr*" ip daddr 10.66.0.1 counter; }; }'
for p in 53 67; do
	at shop_web perl "$T/ask.pl" udp 192.0.2.1 $p 0.3
	at shop_web perl "$T/ask.pl" udp 10.66.0.1 $p 0.3
done >out
is 'DHCP and DNS at the gateway' "$(nft list table inet see | sed -n 's/.*daddr \(.*\) counter packets \(.*\) bytes.*/\1 \2/p')" \
    '192.0.2.1 0
10.66.0.1 2'
nft delete table inet see
ok 'the gateway answers a ping' wait_for 60 at shop_web busybox ping -c 1 -W 1 10.66.0.1
ok 'the host reaches a container' test "$(ask tcp "$(get shop_idle ipv4)" 80 | cut -d ' ' -f 1)" = shop_idle

# From outside, with a route to the pool.
client ip route replace "$(get shop_web ipv4)" via 192.0.2.1
client ip route replace "$(get shop_web ipv6)" via 2001:db8::1
from_outside() { heard_at client "$(get shop_web ipv4)" "$(get shop_web ipv6)" 80 53; }
is 'a container from outside' "$(from_outside)" "$nobody"
is 'but by a rule' "$(accepting pass 'iifname "outside"' from_outside)" 'shop_web shop_web shop_web shop_web '

# The number of rules does not grow; elements do, and go.
before=$(rules)
ok 'there are some' test "$one" -gt 0
is 'as many as with one container' "$before" "$one"
out_like="*shop_idle	did	ctr-link	linked to shop_db*"
check 'a link more' 0 ctr-link shop_idle link=shop_db
is 'is there at once' "$(heard shop_idle shop_db 80 53)" 'shop_db shop_db shop_db shop_db '
is 'no rule more' "$(rules)" "$before"
out='shop_idle	link	shop_db
'
check 'again: nothing' 0 ctr-link -v shop_idle link=shop_db
ctr-addr -q shop_db expose=81 >out
out_like="*did	ctr-link	linked to shop_db*"
check 'another port exposed' 0 ctr-link shop_idle link=shop_db
is 'is reached' "$(heard shop_idle shop_db 81 53)" 'db81 shop_db db81 shop_db '
is 'as are the others' "$(heard shop_idle shop_db 80 81)" 'shop_db nobody shop_db nobody '

# Whatever the container does to its files, it loses what it may not reach any more.
ln -sf /nonesuch "$CTR_LXCPATH/shop_idle/rootfs/etc/hosts"
out_like='*error*' err_like="ctr-link: shop_idle: *symbolic link*"
check 'a link goes, and its file is in the way' 1 ctr-link -u shop_idle
is 'it does not reach it any more' "$(heard shop_idle shop_db 80 53)" "$nobody"
out_like='*error*' err_like="ctr-link: shop_idle: *symbolic link*"
check 'a link whose name cannot be written' 1 ctr-link shop_idle link=shop_db
is 'opens nothing' "$(heard shop_idle shop_db 80 53)" "$nobody"
is 'nor is it stored' "$(ctr-list shop_idle | grep -c '	link	')" 0

# What leads to an address goes with it.
ctrctl -f shop.yml -x rm db >out 2>&1 || diag <out
is 'nothing is left of a container that is gone' \
    "$(nft list table inet ctr | grep -c "$(get shop_db ipv4)\|$(get shop_db ipv6)")" 0

# The table made anew lets nobody out.
nft delete table inet ctr
ctr-list -p open | ctr-net >out 2>&1 || diag <out
is 'the table is lost: still no outbound' "$(at open_shut perl "$T/ask.pl" tcp 192.0.2.2 80)" nobody
is 'and still not isolated' "$(heard open_a open_b 80 53)" 'open_b open_b open_b open_b '
is 'and the links are back' "$(heard open_shut open_a 80 53)" 'open_a open_a open_a open_a '
sed -i 's/isolate: false/isolate: true/' open.yml
ctrctl -f open.yml up >out 2>&1 || diag <out
is 'isolated again, while it runs' "$(heard open_a open_b 80 53)" "$nobody"
is 'a link stays' "$(heard open_shut open_a 80 53)" 'open_a open_a open_a open_a '

# One that is taken down and comes up alone: who links to it still does. Who has its address next is another.
ctrctl -f open.yml down a >out 2>&1 || diag <out
is 'down: nothing leads to its address' "$(nft list table inet ctr | grep -c "$(get open_a ipv4)\|$(get open_a ipv6)")" 0
ctrctl -f open.yml up a >out 2>&1 || diag <out
serve 'at open_a' open_a 80 53
is 'up again: the link is there' "$(heard open_shut open_a 80 53)" 'open_a open_a open_a open_a '
lxc-stop -k -n open_shut
lxc-destroy -n open_shut
printf 'name: next\ncontainers:\n  n: { template: busybox, address: %s }\n' "$(get open_shut ipv4)" >next.yml
ctrctl -f next.yml up >out 2>&1 || diag <out
ctr-list | ctr-status >now
is 'the next one with an address has not its links' "$(heard next_n open_a 80 53)" "$nobody"
is 'but the way out' "$(at next_n perl "$T/ask.pl" tcp 192.0.2.2 80)" 'client 192.0.2.1'

# Two that link to each other, where nothing waits for the last record before ctr-link.
cat >both.yml <<'YAML'
name: both
containers:
    a: { template: busybox, links: b }
    b: { template: busybox, links: a }
YAML
out_like='*' err_like='*2 done*'
check 'two that link to each other, without ports' 0 ctrctl -n -f both.yml up

# Networks that are others'.
cat >with.yml <<'YAML'
name: with
defaults: { template: busybox }
containers:
    side: { network: "container:main" }
    main: { ports: "8090:80" }
    host: { network: host }
YAML
is 'what shares is started after' "$(ctr-parse -f with.yml | grep 'side.*\(network\|after\)')" 'with_side	after	with_main
with_side	network	container:with_main'
out_like='*' err_like="*ctr-addr: with_side: it shares the network of 'with_main': it can have no port, link or address of its \
own*ctr-addr: with_host: it shares the host's network: *3 done*"
check 'shared networks' 0 ctrctl -j 1 -f with.yml up
netns() { readlink "/proc/$(lxc-info -Hp -n "$1")/ns/net"; }
is 'that of another container' "$(netns with_side)" "$(netns with_main)"
is 'that of the host' "$(netns with_host)" "$(readlink /proc/self/ns/net)"
serve 'at with_side' with_side 80 53
is 'what is published leads to both' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8090)" 'with_side 192.0.2.2'
out_like='*' err=
check 'again: nothing' 0 ctrctl -q -f with.yml up
ok 'which is so' sh -c '! grep -q did "$1"' - "$T/got.out"
ctr-start -qr with_main >got && ctr-net -q with_main >got
is 'its network is not that of the other any more, which was started again: that waits' \
    "$(ctr-list -p with | ctr-status | grep pending)" 'with_side	pending	network'
ctr-start -qr with_side >got
is 'and no more' "$(ctr-list -p with | ctr-status | grep -c pending) $(netns with_side)" "0 $(netns with_main)"
serve 'at with_side' with_side 80 53
out_like='*error*' err='ctr-ports: with_host: ports need the managed network, and its network is host'
check 'no port for one of the host'"'"'s' 1 ctr-ports with_host port=8091:80
out_like='*error*' err='ctr-ports: with_side: ports need the managed network, and its network is container:with_main'
check 'nor for one that shares' 1 ctr-ports with_side port=8092:80
for k in isolate=false outbound=false mtu=1400 address=10.66.0.9; do
	out_like='*error*' err="ctr-addr: with_side: ${k%=*} is of the managed network alone, not of 'container:with_main'"
	check "nor $k" 1 ctr-addr with_side $k
done
out_like='*error*' err="ctr-addr: with_side: there is no container 'with_none' whose network it could share"
check 'that of nobody' 1 ctr-addr with_side network=container:with_none
printf 'a: {template: busybox, network: "container:b"}\nb: {template: busybox, network: "container:a"}\nc: {network: "container:d"}\n' >bad.yml
err="bad.yml:2:33: after: this closes a circle: a, b, a
bad.yml:3:14: network: there is no container 'd' in the project"
check 'a circle of them, and nobody' 2 ctr-parse -p p -f bad.yml

err='ctr-addr: shop_web: isolate is of the managed network alone, not of '\''none'\''' out_like='*error*'
check 'a network without it' 1 ctr-addr shop_web network=none isolate=false
err="ctr-addr: shop_web: operand 'mtu=1000': it is no number from 1280 to 65535"
check 'a small mtu' 2 ctr-addr shop_web mtu=1000
cat >bad.yml <<'YAML'
containers:
    a:
        template: busybox
        expose: [0, 80/icmp]
        network: { isolate: maybe, mtu: 70000, bridge: x }
YAML
err="bad.yml:4:18: expose: '0': a port is a number from 1 to 65535, or a range of them such as 8000-8010
bad.yml:4:21: expose: '80/icmp': the protocol is none of tcp, udp and sctp
bad.yml:5:29: isolate: 'maybe': it is neither true nor false
bad.yml:5:41: mtu: '70000': it is no number from 1280 to 65535
bad.yml:5:48: unknown key 'bridge'"
check 'what cannot be read' 2 ctr-parse -p p -f bad.yml

# What the names' server tells containers, it tells nobody outside: PROTOCOL ADDRESS NAME, and how many answers there are.
cat >"$T/name.pl" <<'E2'
use strict; use IO::Socket::IP; use IO::Select; use Socket;
my ($proto, $addr, $name) = @ARGV;
my $q = pack("nnnnnn", 1, 0x100, 1, 0, 0, 0) . join("", map { pack "C/a*", $_ } split /[.]/, $name) . pack("xnn", 1, 1);
my $c = IO::Socket::IP->new(PeerHost => $addr, PeerPort => 53, Proto => $proto, Timeout => 2,
    Type => $proto eq "tcp" ? SOCK_STREAM : SOCK_DGRAM) or do { print "nobody\n"; exit };
$c->send($proto eq "tcp" ? pack("n/a*", $q) : $q);
my $a = "";
$c->recv($a, 999) if IO::Select->new($c)->can_read(2);
$a = substr $a, 2 if $proto eq "tcp" && length $a;
print length $a > 7 ? unpack("x6n", $a) . "\n" : "nobody\n";
E2
for proto in udp tcp; do
	is "a container is told a name, $proto" "$(at open_b perl "$T/name.pl" $proto 10.66.0.1 a.open)" 1
	for to in 10.66.0.1 192.0.2.1; do
		is "from outside nobody is, $proto to $to" "$(client perl "$T/name.pl" $proto $to a.open)" nobody
	done
done
done_testing
