#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The root of a container has raw sockets: what it forges (sources, ARP, neighbour and router advertisements, DHCP)
# reaches nobody, and nobody's state changes by it.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"
export CTR_POOL6=fd00:1:2:3::/64

: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
client_ns
cat >shop.yml <<'YAML'
name: shop
containers:
    db: { template: busybox }
    evil: { clone: db, links: db }
    idle: { clone: db }
YAML
ctrctl -f shop.yml up >out 2>&1 || diag <out
get() { awk -F '\t' -v k="$2" '$2 == k { print $3 }' "$CTR_LXCPATH/shop_$1/ctr/record"; }
evil4=$(get evil ipv4) db4=$(get db ipv4) idle4=$(get idle ipv4)
evil6=$(get evil ipv6) db6=$(get db ipv6) idle6=$(get idle ipv6)
# To the host's end of its own link; the file has FRAMES of forge.pl.
host=$(cat "/sys/class/net/$(get evil veth)/address")
forge() { at shop_evil perl "$top/t/forge.pl" send eth0 "$host" <"$1"; }

# Who could get something: two containers, one of which it may talk to, and another host.
serve 'at shop_db' db 80 53
serve 'at shop_idle' idle 80 53
serve client client 80 53
for who in db idle client; do
	at=client
	[ $who = client ] || at="at shop_$who"
	$at perl "$top/t/forge.pl" watch eth0 "$who.got" &
	wait_for 60 test -e "$who.got" || fail "$who listens"
done

# What others have of addresses, routes and neighbours, in which nothing may be of the word "forged".
state()
{
	for at in env 'at shop_db' 'at shop_idle' client; do
		$at ip -o addr show | sed 's/valid_lft.*//'
		$at ip route show table all
		$at ip -6 route show table all
		# Of its own link-local addresses it may say what it wants on its own link.
		$at ip neigh show | grep 66:6f:72:67:65:64 | grep -v '^fe80'
	done
}
# Traffic that is as it should be, so that the neighbours are known.
is 'a link' "$(at shop_evil perl "$T/ask.pl" udp "$db4" 53; at shop_evil perl "$T/ask.pl" udp "$db6" 53)" \
    "db $evil4
db $evil6"
is 'the world' "$(at shop_db perl "$T/ask.pl" tcp 192.0.2.2 80; at shop_db perl "$T/ask.pl" tcp 2001:db8::2 80)" \
    'client 192.0.2.1
client 2001:db8::1'
is 'the host' "$(ask udp "$idle4" 53; ask udp "$idle6" 53)" 'idle 10.66.0.1
idle fd00:1:2:3::1'
# An address that is new is looked for on its link first.
known() { ! for at in env 'at shop_db' 'at shop_idle' client; do $at ip -o addr show tentative; done | grep -q .; }
ok 'all have their addresses' wait_for 60 known
state >before

{
	for source in "$db4" "$idle4" 10.66.0.1 10.66.0.0 10.66.255.255 10.66.77.77 192.0.2.1 192.0.2.2 198.51.100.7 \
	    127.0.0.1 0.0.0.0 255.255.255.255 224.0.0.1; do
		for target in "$db4" "$idle4" 192.0.2.2 192.0.2.1 10.66.0.1 255.255.255.255 10.66.255.255 224.0.0.1; do
			echo "udp $source 53 $target 53 forged"
			echo "tcp $source 53 $target 80 forged"
		done
		echo "dns $source 10.66.0.1"
	done
	for source in "$db6" "$idle6" fd00:1:2:3::1 fd00:1:2:3::99 2001:db8::1 2001:db8::2 2001:db8:5::7 fe80::1 fe80::99 ::1 \
	    :: ff02::1 "::ffff:$db4"; do
		for target in "$db6" "$idle6" 2001:db8::2 2001:db8::1 fd00:1:2:3::1 ff02::1 ff02::2; do
			echo "udp $source 53 $target 53 forged"
			echo "tcp $source 53 $target 80 forged"
			for address in "$db6" "$idle6" fd00:1:2:3::1 2001:db8::2 fe80::1; do
				echo "advertise $source $target $address"
			done
			echo "solicit $source $target fe80::1"
			echo "router $source $target"
		done
		echo "dns $source fd00:1:2:3::1"
	done
	for address in "$db4" "$idle4" 10.66.0.1 192.0.2.1 192.0.2.2 10.66.77.77; do
		for target in 10.66.0.1 192.0.2.1 192.0.2.2 "$db4" "$idle4"; do
			echo "arp request $address $target"
			echo "arp answer $address $target"
		done
		echo "arp for-all $address"
	done
	for target in "$db4" "$idle4" 192.0.2.2 192.0.2.1 10.66.0.1 255.255.255.255; do
		for source in 10.66.0.1 "$evil4" 0.0.0.0; do
			for type in offer ack nak; do
				echo "dhcp $source 67 $target 68 answer $type $(get db mac) 10.66.66.66 $source"
			done
		done
	done
	# With its own address: to where it has no link, and what it may say to nobody.
	echo "udp $evil4 53 $idle4 53 forged"
	echo "udp $evil6 53 $idle6 53 forged"
	echo "tcp $evil4 53 $idle4 80 forged"
	echo "tcp $evil6 53 $idle6 80 forged"
	for target in 2001:db8::1 fd00:1:2:3::1; do
		echo "udp $evil6 547 $target 546 forged"
	done
	echo "udp fe80::99 547 fe80::1 546 forged"
	for target in "$idle6" "$db6" 2001:db8::2; do
		echo "router $evil6 $target"
		echo "advertise $evil6 $target fe80::1"
		echo "udp $evil6 547 $target 546 forged"
	done
} >frames
# What the host itself gets of it: before the guard and after it, and what asks or answers for DHCP before the chain
# `host' and after that.
from="iifname \"$(get evil veth)\""
forged="$from ip saddr != { $evil4, 0.0.0.0 } counter
	$from ip6 saddr != { $evil6, ::, fe80::/10 } counter
	$from ip saddr 0.0.0.0 ip daddr != 255.255.255.255 counter
	$from ip6 saddr :: ip6 daddr != ff02::/16 counter
	$from ip6 saddr fe80::/10 ip6 daddr != { fe80::/10, ff02::/16 } counter"
dhcp="$from udp dport 68 counter
	$from udp dport 546 counter"
nft "table inet see {
	chain guarded { type filter hook prerouting priority -310; $forged; }
	chain passed { type filter hook prerouting priority -290; $forged; }
	chain asked { type filter hook input priority -10; $dhcp; }
	chain heard { type filter hook input priority 10; $dhcp; }
}" || fail 'the host counts'
counted() { for chain in "$@"; do nft list chain inet see "$chain"; done | grep -c 'packets [1-9]'; }
ok 'they are sent' forge frames

# After them, something that has the word and may pass.
printf '%s\n' "udp $evil4 53 $db4 53 forged-own" "udp $evil6 53 $db6 53 forged-own" \
    "udp $evil4 53 192.0.2.2 53 forged-own" "udp $evil6 53 2001:db8::2 53 forged-own" \
    "tcp $evil4 53 $db4 53 forged-own-tcp" "tcp $evil6 53 $db6 53 forged-own-tcp" >own
own=$(printf forged-own | od -An -tx1 | tr -d ' ') tcp=$(printf -- -tcp | od -An -tx1 | tr -d ' ')
passes()
{
	forge own
	for a in "$idle4" "$idle6"; do
		perl -MIO::Socket::IP -e 'IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 53, Proto => "udp",
		    Type => SOCK_DGRAM)->send("forged-own") or die' "$a"
	done
	for who in db idle client; do
		[ "$(grep -c "0800.*$own" $who.got)" -gt 0 ] && [ "$(grep -c "86dd.*$own" $who.got)" -gt 0 ] || return 1
	done
	[ "$(grep -c "0800.*$own$tcp" db.got)" -gt 0 ] && [ "$(grep -c "86dd.*$own$tcp" db.got)" -gt 0 ]
}
ok 'what may pass does, by both families' wait_for 60 passes
for who in db idle client; do
	is "nothing else came to $who" "$(grep -v "$own" $who.got | sort -u)" ''
done
is 'each kind was sent to the host' "$(counted guarded) $(counted asked)" '5 2'
is 'nothing forged passed the guard, and no answer of DHCP came in' "$(counted passed) $(counted heard)" '0 0'
nft delete table inet see
is 'addresses, routes and neighbours are as before' "$(state | diff before -)" ''
is 'still everybody is reached' "$(ask udp "$db4" 53; ask udp "$idle6" 53; at shop_evil perl "$T/ask.pl" udp "$db6" 53
	at shop_idle perl "$T/ask.pl" tcp 192.0.2.2 80)" "db 10.66.0.1
idle fd00:1:2:3::1
db $evil6
client 192.0.2.1"

# DHCP: forged answers while somebody asks; another one's address declined and given back in its name.
printf '#!/bin/sh\n[ "$1" != bound ] || echo "$ip $domain $dns $serverid" >/lease\n' >script
chmod +x script
for who in db evil; do cp script "$CTR_LXCPATH/shop_$who/rootfs/script"; done
leased()
{
	rm -f "$CTR_LXCPATH/shop_$1/rootfs/lease"
	lxc-attach -n "shop_$1" -- udhcpc -i eth0 -n -q -f -t "$2" -T 1 -s /script >out 2>&1
	cat "$CTR_LXCPATH/shop_$1/rootfs/lease" 2>&1 || :
}
grep '^dhcp' frames >answers
: >on
while [ -e on ]; do forge answers; done &
is 'a lease among forged answers' "$(leased db 20)" "$db4 shop 10.66.0.1 10.66.0.1"
rm on
wait $!
for type in request release decline; do
	echo "dhcp $evil4 68 10.66.0.1 67 ask $type $(get db mac) $db4 10.66.0.1"
	echo "dhcp 0.0.0.0 68 255.255.255.255 67 ask $type $(get db mac) $db4 10.66.0.1"
done >asks
forge asks
# It has heard those before, since it answers this.
is 'its own lease' "$(leased evil 20)" "$evil4 shop 10.66.0.1 10.66.0.1"
is 'one whose address was declined in its name has it' "$(leased db 5)" "$db4 shop 10.66.0.1 10.66.0.1"
at shop_evil ip link set eth0 down
at shop_evil ip link set eth0 address "$(get db mac)"
at shop_evil ip link set eth0 up
like 'with the MAC of another it gets nothing' "$(leased evil 2)" '*No such file or directory'
done_testing
