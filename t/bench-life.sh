#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of 8 containers, beside what a person types.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

ip link add hand type bridge && ip addr add 10.9.0.254/24 dev hand && ip link set hand up || exit 1
# As lxc-net's: the busybox template's containers ask for their address, and lose one that they have of LXC.
# shellcheck disable=SC2046 # words
dnsmasq --conf-file=/dev/null --port=0 --interface=hand --bind-interfaces --dhcp-range=10.9.0.0,static \
    $(printf -- '--dhcp-host=00:16:3e:09:00:0%d,10.9.0.%d ' 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8) \
    --pid-file="$T/hand.pid" --dhcp-leasefile="$T/hand.leases" || exit 1
# create NUMBER, run NUMBER: as a person types it, with a veth and an address of its own
create()
{
	{
		cat /etc/lxc/default.conf
		printf 'lxc.net.0.type = veth\nlxc.net.0.link = hand\nlxc.net.0.flags = up\n'
		printf 'lxc.net.0.hwaddr = 00:16:3e:09:00:0%d\n' "$1"
	} >"h$1.conf"
	lxc-create -n "h$try-$1" -f "h$1.conf" -t busybox
}
run()
{
	lxc-start -n "h$try-$1" &&
	nft "add element inet hand m { tcp . $((8000 + $1)) : 10.9.0.$1 . 80 }" &&
	nft "add element inet hand m { udp . $((9000 + $1)) : 10.9.0.$1 . 81 }"
}
maps()
{
	nft 'table inet hand { map m { type inet_proto . inet_service : ipv4_addr . inet_service; }
		chain c { type nat hook prerouting priority -100; dnat ip to meta l4proto . th dport map @m; }; }'
}
by_hand()
{
	maps
	for i in 1 2 3 4 5 6 7 8; do
		create $i && run $i || return
	done
}
by_hand_at_once()
{
	maps
	for i in 1 2 3 4 5 6 7 8; do
		create $i && run $i &
	done
	wait
}

us by_hand
for i in 1 2 3 4 5 6 7 8; do
	wait_for 30 busybox ping -c 1 -W 1 "10.9.0.$i" || { echo "bench: no way to 10.9.0.$i" >&2; exit 1; }
done

project 8 >8.yml
project 8 clones >clones.yml
one_by_one() { up -f 8.yml -j 1; }
at_once() { up -f 8.yml; }
with_clones() { up -f clones.yml; }
by_turns 5 fresh by_hand by_hand_at_once one_by_one at_once with_clones
median_figure '8 containers, one after another, up : lxc-create, lxc-start, nft' one_by_one by_hand 1
median_figure '8 containers, side by side : one after another' at_once one_by_one 1
median_figure '  beside it: by hand, side by side : one after another' by_hand_at_once by_hand
median_figure '  up : by hand, both side by side' at_once by_hand_at_once
median_figure '8 containers, 7 of them clones : by hand' with_clones by_hand 0.2

fresh >/dev/null 2>&1
us ctrctl -f clones.yml up
status() { ctr-parse -f clones.yml | ctr-status; }
again() { ctrctl -f clones.yml up; }
by_turns 20 true status again
figure 'up, where all is up : ctr-parse | ctr-status' "$took_again" "$took_status" 5

start8() { ctr-parse -f clones.yml | ctr-start; }
stop8() { ctr-parse -f clones.yml | ctr-stop; }
stop1() { ctr-stop b_c1; }
by_turns 3 start8 stop1 stop8
figure 'stopping 8 : stopping one' "$took_stop8" "$took_stop1" 1.5
