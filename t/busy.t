#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# While somebody else changes rules all the time, the kernel interrupts each reading of a large map or set: nobody takes the half of
# it for the whole, or fails.
. "${0%/*}/lib.sh"

busybox_base
{
	printf '%s\n' 'p_a	container	p	a' 'p_a	clone	base' 'p_a	expose	tcp	1-1000'
	for i in $(seq 1000); do printf 'p_a	port	tcp	*	%d	80\n' $((20000 + i * 2)); done
	printf '%s\n' '' 'p_b	container	p	b' 'p_b	clone	base' 'p_b	link	p_a' ''
} >records
ctr-create -q <records | ctr-addr -q | ctr-net -q | ctr-start -q -t 60 | ctr-ports -q | ctr-link -q >out 2>err || diag <err
is 'ports' "$(nft list map inet ctr any4 | tr , '\n' | grep -c tcp)" 1000
is 'links' "$(nft list set inet ctr expose4 | tr , '\n' | grep -c tcp)" 1000

perl "$top/t/busy.pl" 500 &
busy=$!
wait_for 60 test -e changed || fail 'others are changed'
n=0 wrong='' rounds=$(of_all 300 30)
while [ $((n += 1)) -le "$rounds" ]; do
	seen=$(ctr-status p_a 2>err | grep -c 'published	tcp	\*	[0-9]*	80')
	[ "$seen $(cat err)" = '1000 ' ] || wrong="$wrong $n: $seen $(cat err)"
done
is 'ctr-status sees all ports, each time' "$wrong" ''
n=0 wrong=
while [ $((n += 1)) -le 5 ]; do
	ctr-link -v <records >out 2>err || wrong="$wrong status"
	! grep -h 'did\|ctr-link' out err || wrong="$wrong $n"
done
is 'ctr-link sees all links, and has nothing to do' "$wrong" ''
ok 'all this time' kill "$busy"
done_testing
