#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What ctr-ports takes, against the same elements by nft -f, for both families, into maps of its own.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

elements()
{
	echo 'table inet hand {
		map m4 { type inet_proto . inet_service : ipv4_addr . inet_service; };
		map m6 { type inet_proto . inet_service : ipv6_addr . inet_service; }; }'
	for m in '4 10.9.0.1' '6 fd00::1'; do
		for i in $(seq "$1"); do
			echo "add element inet hand m${m% *} { tcp . $((10000 + i)) comment \"b_c3\" : ${m#* } . 80 }"
		done
	done
}
facts()
{
	printf 'b_c3\tcontainer\tb\tc3\nb_c3\ttemplate\tbusybox\n'
	for i in $(seq "$1"); do printf 'b_c3\tport\ttcp\t*\t%d\t80\n' $((10000 + i)); done
	echo
}
project 4 clones >4.yml
us ctrctl -f 4.yml up
elements 1000 >1000.nft
facts 1000 >1000.facts
facts 10000 >10000.facts
nothing()
{
	nft delete table inet hand
	ctr-ports -u b_c3
}
nft_f() { nft -f 1000.nft; }
ports() { ctr-ports <1000.facts; }
by_turns 3 nothing nft_f ports
figure 'publishing 1,000 ports : nft -f' "$took_ports" "$took_nft_f" 2

before() # FUNCTION, which is measured next
{
	ctr-ports -u b_c4 port=7777:80
	case $1 in
	beside_none) ctr-ports -u b_c3 ;;
	beside_many) ctr-ports <10000.facts ;;
	esac
}
beside_none() { ctr-ports b_c4 port=7777:80; }
beside_many() { beside_none; }
by_turns 5 before beside_none beside_many
figure 'publishing a port beside 10,000 : beside none' "$took_beside_many" "$took_beside_none" 2
