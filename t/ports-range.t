#!/bin/sh
# ctr-ports: a range that keeps its ports is one element; what it means is the same as of one a port.
. "${0%/*}/lib.sh"

. "$top/t/serve.sh"

# elements MAP: those of it, sorted, as "tcp . 8000-8010 a_1"
elements()
{
	nft list map inet ctr "$1" | sed -n 's/.*elements = {//; s/^[[:space:]]*//; s/ comment "\([^"]*\)" : .*/ \1/p' | sort
}

# whole NAME HOST:CTR...: its whole record
whole()
{
	printf '%s\tcontainer\t%s\t%s\n' "$1" "${1%_*}" "${1#*_}"
	name=$1
	shift
	for p; do printf '%s\tport\ttcp\t*\t%s\t%s\n' "$name" "${p%:*}" "${p#*:}"; done
}

client_ns
printf 'a_1\tcontainer\ta\t1\na_1\ttemplate\tbusybox\n\na_2\tcontainer\ta\t2\na_2\tclone\ta_1\n\n' >records
ctr-create <records | ctr-addr | ctr-net | ctr-start >started || diag <started
serve 'at a_1' web 8005 5305
rules=$(nft list table inet ctr | grep -c dnat)

out='a_1	port	tcp	*	8000-8010	8000-8010
a_1	port	udp	*	5300-5310	5300-5310
a_1	port	tcp	192.0.2.1	9000-9009	9000-9009
a_1	port	tcp	2001:db8::1	9000-9009	9000-9009
a_1	port	tcp	192.0.2.1	8500	8005
a_1	port	tcp	*	7000-7001	8005-8006
a_1	did	ctr-ports	published port 8000-8010:8000-8010/tcp
a_1	did	ctr-ports	published port 5300-5310:5300-5310/udp
a_1	did	ctr-ports	published port 192.0.2.1:9000-9009:9000-9009/tcp
a_1	did	ctr-ports	published port [2001:db8::1]:9000-9009:9000-9009/tcp
a_1	did	ctr-ports	published port 192.0.2.1:8500:8005/tcp
a_1	did	ctr-ports	published port 7000-7001:8005-8006/tcp
'
check 'ranges of every kind' 0 ctr-ports a_1 port=8000-8010:8000-8010 port=5300-5310:5300-5310/udp \
    port=192.0.2.1:9000-9009:9000-9009 'port=[2001:db8::1]:9000-9009:9000-9009' port=192.0.2.1:8500:8005 \
    port=7000-7001:8005-8006
for six in 4 6; do
	is "equal ones are single elements, IPv$six" "$(elements anyrange$six)" 'tcp . 8000-8010 a_1
udp . 5300-5310 a_1'
	is 'shifted ones an element a port' "$(elements any$six)" 'tcp . 7000 a_1
tcp . 7001 a_1'
done
is 'and at one address' "$(elements onerange4; elements onerange6)" '192.0.2.1 . tcp . 9000-9009 a_1
2001:db8::1 . tcp . 9000-9009 a_1'
is 'no rule was added' "$(nft list table inet ctr | grep -c dnat)" "$rules"
out='a_1
'
check 'the second time nothing is to be done' 0 ctr-ports -v a_1
is 'ctr-status tells them as they are declared' "$(ctr-status a_1 | grep published)" 'a_1	published	tcp	*	8000-8010	8000-8010
a_1	published	udp	*	5300-5310	5300-5310
a_1	published	tcp	192.0.2.1	9000-9009	9000-9009
a_1	published	tcp	2001:db8::1	9000-9009	9000-9009
a_1	published	tcp	192.0.2.1	8500	8005
a_1	published	tcp	*	7000-7001	8005-8006'
is 'a port of one is reached, TCP, IPv4' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8005)" 'web 192.0.2.2'
is 'TCP, IPv6' "$(client perl "$T/ask.pl" tcp 2001:db8::1 8005)" 'web 2001:db8::2'
is 'UDP, IPv4' "$(client perl "$T/ask.pl" udp 192.0.2.1 5305)" 'web 192.0.2.2'
is 'UDP, IPv6' "$(client perl "$T/ask.pl" udp 2001:db8::1 5305)" 'web 2001:db8::2'
is 'from the host' "$(ask tcp 127.0.0.1 8005)" 'web 10.66.0.1'
is 'not the one after it' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8011)" nobody

# Conflicts, in all forms, name the holder. REFUSED PORT: which port of a_1 is in the way of it
while read -r fact held; do
	err="ctr-ports: a_2: port $held is published by a_1"
	out_like="*	error	ctr-ports	port $(echo "$held" | sed 's/[][]/\\&/g') is published by a_1*"
	check "$fact: $held" 1 ctr-ports a_2 "port=$fact"
done <<'E2'
8005:1 tcp 8005
7999-8000:7999-8000 tcp 8000
8010-8020:1-11 tcp 8010
8002-8003:8002-8003 tcp 8002
192.0.2.7:8010:80 tcp 8010
[2001:db8::7]:8009-8011:8009-8011 tcp 8009
5310:1/udp udp 5310
9009:1 tcp 192.0.2.1:9009
9009-9010:9009-9010 tcp 192.0.2.1:9009
192.0.2.1:8999-9000:8999-9000 tcp 192.0.2.1:9000
[::]:9001:1 tcp [2001:db8::1]:9001
8499-8501:8499-8501 tcp 192.0.2.1:8500
7001-7002:7001-7002 tcp 7001
E2
is 'nothing of them is there' "$(nft list table inet ctr | grep -c a_2)" 0
out_like='*published port 192.0.2.2:9000-9009:9000-9009/tcp
*published port 5300-5310:5300-5310/tcp*'
check 'another address and the other protocol are free' 0 \
    ctr-ports a_2 port=192.0.2.2:9000-9009:9000-9009 port=5300-5310:5300-5310
ctr-ports -q -u a_2 >out

# A part of one.
out='a_1	port	tcp	*	8005	8005
a_1	error	ctr-ports	port 8000-8010:8000-8010/tcp can only be withdrawn as a whole, not 8005
'
err='ctr-ports: a_1: port 8000-8010:8000-8010/tcp can only be withdrawn as a whole, not 8005'
check 'a part cannot be withdrawn' 1 ctr-ports -u a_1 port=8005:8005
is 'so it stays' "$(elements anyrange4)" 'tcp . 8000-8010 a_1
udp . 5300-5310 a_1'

# Other ranges in place of it.
out_like='*withdrew port 8000-8010:8000-8010/tcp*'
whole a_1 8000-8004:8000-8004 8006-8010:8006-8010 >in
check 'a hole in it' 0 ctr-ports <in
is 'two elements' "$(elements anyrange4)" 'tcp . 8000-8004 a_1
tcp . 8006-8010 a_1'
whole a_1 8000-8020:8000-8020 8006:8006 | ctr-ports -q >out
is 'one that covers both, and a port said twice' "$(elements anyrange4; elements any4)" 'tcp . 8000-8020 a_1'
whole a_1 8000-8020:8000-8020 8006:8006 >in
out="$(cat in)
"
check 'which is settled' 0 ctr-ports -v <in
whole a_1 8000-8020:8000-8020 8015-8030:8015-8030 >in
err='ctr-ports: a_1: port tcp 8015 is declared in two ranges'
out_like='*'
check 'two that overlap' 1 ctr-ports <in
is 'leave what is there' "$(elements anyrange4)" 'tcp . 8000-8020 a_1'
ctr-ports -q a_2 port=9000:1 >out
whole a_1 8000-8010:8000-8010 8011:8011 9000:9000 >in
err='ctr-ports: a_1: port tcp 9000 is published by a_2'
out_like='*'
check 'where another port is refused' 1 ctr-ports <in
is 'what is wanted of it stays' "$(elements anyrange4)" 'tcp . 8000-8020 a_1'
whole a_1 8000-8003:9000-9003 | ctr-ports -q >out
is 'a shifted one in its place' "$(elements anyrange4; elements any4)" 'tcp . 8000 a_1
tcp . 8001 a_1
tcp . 8002 a_1
tcp . 8003 a_1
tcp . 9000 a_2'
whole a_1 8000-8003:8000-8003 >in
whole a_2 >>in
ctr-ports -q <in >out
is 'and back' "$(elements anyrange4; elements any4)" 'tcp . 8000-8003 a_1'
{ whole a_2 8000-8003:8000-8003; echo; whole a_1; } | ctr-ports -q >out
is 'from one container to another in one run' "$(elements anyrange4)" 'tcp . 8000-8003 a_2'
CTR_PORTS=8000-8004 ctr-ports -q a_1 port=:80 >out
is 'a port that is chosen is none of it' "$(elements any4)" 'tcp . 8004 a_1'
whole a_2 1000-65535:1000-65535 >in
whole a_1 >>in
ctr-ports -q <in >out || diag <out
is 'a large one is one element' "$(elements anyrange4; elements any4)" 'tcp . 1000-65535 a_2'
nft flush map inet ctr anyrange4
out_like='*	did	ctr-ports	published port 1000-65535:1000-65535/tcp*'
check 'a map flushed behind its back is filled again' 0 ctr-ports a_2
is 'with it' "$(elements anyrange4)" 'tcp . 1000-65535 a_2'

# Of one that was removed behind its back, and what stands by a withdrawn one.
lxc-stop -k -n a_2
rm -r "$CTR_LXCPATH/a_2"
ctr-ports -q -u a_2 >out || diag <out
is 'of one that is gone' "$(elements anyrange4; elements anyrange6)" ''
done_testing
