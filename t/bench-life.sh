#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of 8 containers, beside what a person types.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

by_hand()
{
	nft 'table inet hand { map m { type inet_proto . inet_service : ipv4_addr . inet_service; }
		chain c { type nat hook prerouting priority -100; dnat ip to meta l4proto . th dport map @m; }; }'
	for i in 1 2 3 4 5 6 7 8; do
		lxc-create -n "h$try-$i" -t busybox &&
		lxc-start -n "h$try-$i" &&
		nft "add element inet hand m { tcp . $((8000 + i)) : 10.9.0.$i . 80 }" &&
		nft "add element inet hand m { udp . $((9000 + i)) : 10.9.0.$i . 81 }" || return
	done
}

project 8 >8.yml
project 8 clones >clones.yml
best 3 fresh by_hand
hand=$best
best 3 fresh up -f 8.yml -j 1
figure '8 containers, one after another, up : lxc-create, lxc-start, nft' "$best" "$hand" 1
one=$best
best 3 fresh up -f 8.yml
figure '8 containers, side by side : one after another' "$best" "$one" 1
best 3 fresh up -f clones.yml
figure '8 containers, 7 of them clones : by hand' "$best" "$hand" 0.2

fresh >/dev/null 2>&1
us ctrctl -f clones.yml up
status() { ctr-parse -f clones.yml | ctr-status; }
best 5 true status
s=$best
best 5 true ctrctl -f clones.yml up
figure 'up, where all is up : ctr-parse | ctr-status' "$best" "$s" 5

start8() { ctr-parse -f clones.yml | ctr-start; }
stop8() { ctr-parse -f clones.yml | ctr-stop; }
best 3 start8 ctr-stop b_c1
one=$best
best 3 start8 stop8
figure 'stopping 8 : stopping one' "$best" "$one" 1.5
