#!/bin/sh
# ctr-ports: ports of the host that are left open: chosen free, unique, and kept.
. "${0%/*}/lib.sh"

. "$top/t/serve.sh"

client_ns
cat >records <<'E2'
o_1	container	o	1
o_1	template	busybox

o_2	container	o	2
o_2	clone	o_1

o_3	container	o	3
o_3	clone	o_1

E2
ctr-create <records | ctr-addr | ctr-net | ctr-start >started || diag <started

# chosen NAME [CONTAINER-PORT]: the ports that it keeps; published NAME: those that lead to it
chosen()
{
	awk -F '\t' -v c="${2-}" '$2 == "chosen" && (c == "" || c == $6) { print $5 }' "$CTR_LXCPATH/$1/ctr/record"
}

published()
{
	ctr-status "$1" | awk -F '\t' '$2 == "published" { print $3, $4, $5, $6 }'
}

stored()
{
	grep -E '	(port|chosen)	' "$CTR_LXCPATH/$1/ctr/record"
}

# The short form.
export CTR_PORTS=20000-20000
out='o_1	port	tcp	*	0	80
o_1	chosen	tcp	*	20000	80
o_1	did	ctr-ports	published port 20000:80/tcp
'
err='ctr-ports: o_1: published port 20000:80/tcp'
check 'publishes at a free port' 0 ctr-ports -v o_1 port=:80
is 'both are stored' "$(stored o_1)" 'o_1	port	tcp	*	0	80
o_1	chosen	tcp	*	20000	80'
is 'the port is shown' "$(published o_1)" 'tcp * 20000 80'
serve 'at o_1' web 80 53
is 'and is reached' "$(client perl "$T/ask.pl" tcp 192.0.2.1 20000)" 'web 192.0.2.2'
out='o_1	port	tcp	*	0	80
o_1	chosen	tcp	*	20000	80
'
check 'the same, said with 0, changes nothing' 0 ctr-ports -v o_1 port=0:80
out='o_1	chosen	tcp	*	20000	80
'
check 'nor does a run that does not name it' 0 ctr-ports -v o_1
err='ctr-ports: o_2: no port from 20000 to 20000 is free for port 0:80/tcp'
out='o_2	port	tcp	*	0	80
o_2	error	ctr-ports	no port from 20000 to 20000 is free for port 0:80/tcp
'
check 'where none is free, an error' 1 ctr-ports o_2 port=0:80
is 'of which nothing is stored' "$(stored o_2)" ''
out='o_2	port	udp	*	0	80
o_2	chosen	udp	*	20000	80
o_2	did	ctr-ports	published port 20000:80/udp
'
check 'the other protocol has its own ports' 0 ctr-ports o_2 port=0:80/udp
serve 'at o_2' other 81 80
is 'each is reached by both families' "$(heard_at client 192.0.2.1 2001:db8::1 20000 20000)" 'web other web other '
ctr-ports -q -u o_2 >out

# What is declared and what is applied are the same.
out='o_1	port	tcp	*	0	80'
check 'diff(1) finds none' 0 sh -c 'ctr-list o_1 | grep -E "port|chosen"'

# Kept, also while it is withdrawn or does not run; nobody else gets it.
export CTR_PORTS=20000-20001
out='o_1	did	ctr-ports	withdrew port 20000:80/tcp
'
check 'is withdrawn' 0 ctr-ports -u o_1
is 'and kept' "$(stored o_1)" 'o_1	chosen	tcp	*	20000	80'
out_like='*	chosen	tcp	\*	20001	7
*published port 20001:7/tcp*'
check 'another container has another one' 0 ctr-ports o_2 port=:7
is 'as it was before' "$(ctr-ports o_1 port=:80 | grep did)" 'o_1	did	ctr-ports	published port 20000:80/tcp'
lxc-stop -k -n o_1
ctr-ports o_1 >out
out='o_1	port	tcp	*	0	81
o_1	chosen	tcp	*	20000	80
o_1	did	ctr-ports	stored, until it runs, port 0:81/tcp
'
check 'none is chosen for one that does not run' 0 ctr-ports o_1 port=:81
ctr-start o_1 >out
export CTR_PORTS=20000-20002
is 'but as soon as it does' "$(ctr-ports o_1 | grep did)" 'o_1	did	ctr-ports	published port 20000:80/tcp
o_1	did	ctr-ports	published port 20002:81/tcp'
out='o_1	container	o	1
o_1	port	tcp	*	0	81
o_1	chosen	tcp	*	20002	81
o_1	did	ctr-ports	withdrew port 20000:80/tcp
'
in='o_1	container	o	1
o_1	port	tcp	*	0	81
'
check 'what is no longer declared is not kept' 0 ctr-ports
is 'and free for others' "$(ctr-ports o_3 port=:9 | grep did)" 'o_3	did	ctr-ports	published port 20000:9/tcp'
ctr-stop -q -t 1 o_2 >out
ctr-ports -q -u o_2 >out
ctr-destroy o_2 >out || diag <out
is "a removed container's too" "$(ctr-ports o_3 port=:10 | grep did)" 'o_3	did	ctr-ports	published port 20001:10/tcp'
ctr-ports -q -u o_3 >out
printf 'o_3\tcontainer\to\t3\n' | ctr-ports >out
printf 'o_1\tcontainer\to\t1\n' | ctr-ports >out
is 'nothing is left of them' "$(stored o_1; stored o_3)" ''

# Passes over what somebody holds: a process, and others in any form.
export CTR_PORTS=21000-21005
socat TCP4-LISTEN:21000,fork,bind=127.0.0.1 /dev/null & listener=$!
wait_for 60 grep -q ":$(printf %X 21000) " /proc/net/tcp
ctr-ports -q o_3 port=21001:1 port=192.0.2.9:21002:1 port=21003-21004:1-2 'port=[2001:db8::1]:30000:1' >out || diag <out
is 'passes over the ports that others hold' "$(ctr-ports o_1 port=:80 | grep did)" \
    'o_1	did	ctr-ports	published port 21005:80/tcp'
err='ctr-ports: o_1: no port from 21000 to 21005 is free for port 0:81/tcp'
out_like='*'
check 'by each of them, as the last one shows' 1 ctr-ports o_1 port=:81
kill "$listener"
wait "$listener" 2>/dev/null
is 'has what is free again' "$(ctr-ports o_1 port=127.0.0.1::81 | grep did)" \
    'o_1	did	ctr-ports	published port 127.0.0.1:21000:81/tcp'

# A kept port that was taken meanwhile: another one, and the new one is kept.
ctr-ports -q -u o_1 >out
export CTR_PORTS=21000-21010
ctr-ports -q o_3 port=21005:5 >out || diag <out
new=$(ctr-ports o_1 port=:80 | sed -n 's/.*published port \([0-9]*\):80.*/\1/p')
like 'one that somebody took meanwhile is chosen anew' "$new" '210*'
is 'and only that is stored for it' "$(chosen o_1 80)" "$new"
ctr-ports -q -u o_1 >out
socat "TCP4-LISTEN:$new,fork" /dev/null & listener=$!
wait_for 60 grep -q ":$(printf %X "$new") " /proc/net/tcp
other=$(ctr-ports o_1 port=:80 | sed -n 's/.*published port \([0-9]*\):80.*/\1/p')
ok 'one that a process has taken too' test -n "$other" -a "$other" != "$new"
kill "$listener"
wait "$listener" 2>/dev/null

# What a process holds by either protocol, of either family alone. The same port is chosen each time while it is free.
ctr-ports -q -u o_1 >out
export CTR_PORTS=21020-21021
anew()
{
	printf 'o_1\tcontainer\to\t1\n' | ctr-ports >out
	ctr-ports o_1 "port=:82/$1" | sed -n 's/.*published port \([0-9]*\):82.*/\1/p'
	ctr-ports -q -u o_1 >out
}
while read -r proto file socket options; do
	free=$(anew "$proto")
	socat -u "$socket:$free$options" OPEN:/dev/null & listener=$!
	wait_for 60 grep -q ":$(printf %X "$free") " "/proc/net/$file" || fail "$socket listens"
	is "passes over $socket" "$(anew "$proto")" $((21020 + 21021 - free))
	kill "$listener"
	wait "$listener" 2>/dev/null
	is 'and has it without' "$(anew "$proto")" "$free"
done <<'E2'
tcp tcp TCP4-LISTEN
tcp tcp6 TCP6-LISTEN ,ipv6only
udp udp UDP4-RECV
udp udp6 UDP6-RECV ,ipv6only
E2

# Fifty at once.
unset CTR_PORTS
ctr-ports -q -u o_1 o_3 >out
printf 'o_3\tcontainer\to\t3\n' | ctr-ports >out
printf 'o_1\tcontainer\to\t1\n' | ctr-ports >out
pids=
for i in $(seq 25); do
	ctr-ports o_1 "port=:$i" >"o.$i" 2>&1 & pids="$pids $!"
	ctr-ports o_3 "port=:$i" >"p.$i" 2>&1 & pids="$pids $!"
done
failed=0
for p in $pids; do wait "$p" || failed=$((failed + 1)); done
is 'fifty at once all succeed' "$failed" 0
is 'each with a port of its own' "$({ chosen o_1; chosen o_3; } | sort -u | wc -l)" 50
is 'of the usual range' "$({ chosen o_1; chosen o_3; } | grep -cx '2[0-9][0-9][0-9][0-9]')" 50
is 'all of them published' "$({ published o_1; published o_3; } | cut -d ' ' -f 3 | sort)" \
    "$({ chosen o_1; chosen o_3; } | sort)"
before=$(chosen o_1 | sort)
printf 'o_1\n\no_3\n\n' | ctr-ports -u | ctr-stop -q -t 1 | ctr-start >out || diag <out
for i in $(seq 25); do printf 'o_1\tport\ttcp\t*\t0\t%d\n' "$i"; done | ctr-ports >out || diag <out
is 'and are the same after a restart' "$(chosen o_1 | sort)" "$before"
is 'published' "$(published o_1 | cut -d ' ' -f 3 | sort)" "$before"

# Killed at any instant: what was not stored is not kept.
ctr-ports -q -u o_1 o_3 >out
printf 'o_3\tcontainer\to\t3\n' | ctr-ports >out
printf 'o_1\tcontainer\to\t1\n' | ctr-ports >out
export CTR_PORTS=22000-22000
for ms in 002 004 006 008 010 012 015 020 025; do
	timeout -s KILL "0.$ms" ctr-ports o_1 port=:80 >out
	timeout -s KILL "0.$ms" ctr-ports -u o_1 port=:80 >out
done 2>killed.err
ctr-ports -q -u o_1 >out
printf 'o_1\tcontainer\to\t1\n' | ctr-ports >out
is 'no killed one keeps a port' "$(ctr-ports o_3 port=:80 | grep did)" 'o_3	did	ctr-ports	published port 22000:80/tcp'

# What cannot be.
err="ctr-ports: CTR_PORTS is '5000', not a range of ports such as 20000-29999"
for range in 0-5 9-8 1-65536 x 20000- ' 1-2'; do
	err="ctr-ports: CTR_PORTS is '$range', not a range of ports such as 20000-29999"
	check "CTR_PORTS is '$range'" 2 env CTR_PORTS="$range" ctr-ports o_1 port=:80
done
out='o_3	did	ctr-ports	withdrew port 22000:80/tcp
'
check 'which is no reason not to withdraw' 0 env CTR_PORTS=x ctr-ports -u o_3
err_like="*the two ranges of ports differ in length*"
check 'a range' 2 ctr-ports o_1 port=:80-81
err_like='*the address is not IPv4*'
check 'without any port of the host' 2 ctr-ports o_1 port=::80
err='ctr-ports: o_1: cannot publish at ::1: the kernel cannot forward what is sent to its own IPv6 loopback'
out_like='*'
check 'at ::1' 1 ctr-ports o_1 'port=[::1]::80'
rm -r "$CTR_STATE/port"
touch "$CTR_STATE/port"
err='ctr-ports: o_1: cannot choose a port: Not a directory'
out='o_1	port	tcp	*	0	80
o_1	error	ctr-ports	cannot choose a port: Not a directory
'
check 'without a place to keep it' 1 ctr-ports o_1 port=:80
rm "$CTR_STATE/port"
nft delete table inet ctr
err="ctr-ports: o_1: there is no table 'inet ctr', which ctr-net makes"
out="o_1	port	tcp	*	0	80
o_1	error	ctr-ports	there is no table 'inet ctr', which ctr-net makes
"
check 'without the table' 1 ctr-ports o_1 port=:80

# The project file.
cat >ctr.yml <<'E2'
name: p
containers:
  a:
    template: busybox
    ports: ["0:80", ":81/udp", "127.0.0.1::82", "[2001:db8::1]:0:83", "0:84"]
E2
out='p	project

p_a	container	p	a
p_a	template	busybox
p_a	port	tcp	*	0	80
p_a	port	udp	*	0	81
p_a	port	tcp	127.0.0.1	0	82
p_a	port	tcp	2001:db8::1	0	83
p_a	port	tcp	*	0	84
'
check 'in the project file, several of them' 0 ctr-parse -f ctr.yml
is 'as JSON' "$(printf 'p_a\tport\ttcp\t*\t0\t80\np_a\tchosen\ttcp\t*\t20000\t80\n\n' | ctr-json)" \
    '{"name":"p_a","kind":"part","port":[{"protocol":"tcp","address":"*","host":0,"container":80,"count":1}],"chosen":[{"protocol":"tcp","address":"*","host":20000,"container":80,"count":1}]}'
done_testing
