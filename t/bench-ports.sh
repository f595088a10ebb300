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
no_table() { nft delete table inet hand; }
no_ports() { ctr-ports -u b_c3; }
nft_f() { nft -f 1000.nft; }
ports() { ctr-ports <"$1"; }
port() { ctr-ports b_c4 port=7777:80; }
no_port() { ctr-ports -u b_c4 port=7777:80; }
best 3 no_table nft_f
n=$best
best 3 no_ports ports 1000.facts
figure 'publishing 1,000 ports : nft -f' "$best" "$n" 2
no_ports >/dev/null
best 5 no_port port
p=$best
us ports 10000.facts
best 5 no_port port
figure 'publishing a port beside 10,000 : beside none' "$best" "$p" 2
