#!/bin/sh
# ctr-ports: what stands in the maps of the kernel and in the stored record: conflicts, changes behind its back,
# containers that do not run or are gone.
. "${0%/*}/lib.sh"

# The elements of all maps, "MAP KEY : DATA NAME", sorted.
elements()
{
	for m in any4 any6 one4 one6 anyrange4 anyrange6 onerange4 onerange6; do
		nft list map inet ctr "$m" | sed -n "s/.*elements = {//; s/^[[:space:]]*\([^ ].* comment .*\)/$m \1/p" |
		    sed 's/ comment "\([^"]*\)" : \(.*[0-9a-f]\).*/ : \2 \1/; s/  */ /g'
	done | sort
}

stored()
{
	grep '	port	' "$CTR_LXCPATH/$1/ctr/record"
}

cat >records <<'E2'
a_1	container	a	1
a_1	template	busybox

a_2	container	a	2
a_2	clone	a_1

a_3	container	a	3
a_3	clone	a_1
a_3	network	br9

E2
ip link add br9 type bridge
in='a_1	container	a	1
a_1	port	tcp	*	80	80
'
err='ctr-ports: a_1: there is no such container'
out='a_1	container	a	1
a_1	port	tcp	*	80	80
a_1	error	ctr-ports	there is no such container
'
check 'a container that was not created' 1 ctr-ports
out='a_1
'
check 'of which there is nothing to withdraw' 0 ctr-ports -v -u a_1
ctr-create <records | ctr-addr >made || diag <made
one4=$(sed -n 's/^a_1	ipv4	//p' made) one6=$(sed -n 's/^a_1	ipv6	//p' made)
two4=$(sed -n 's/^a_2	ipv4	//p' made) two6=$(sed -n 's/^a_2	ipv6	//p' made)

# Without the table.
err='ctr-ports: a_1: it is not running: its ports are published when it is
ctr-ports: a_1: stored, until it runs, port 80:80/tcp'
out='a_1	port	tcp	*	80	80
a_1	did	ctr-ports	stored, until it runs, port 80:80/tcp
'
check 'a container that does not run: its ports are stored' 0 ctr-ports -v a_1 port=80:80
out='a_1
'
check 'once' 0 ctr-ports a_1
ctr-net <records >net.out
ctr-start a_1 a_2 >start.out || diag <start.out
nft delete table inet ctr
err="ctr-ports: a_1: there is no table 'inet ctr', which ctr-net makes"
out="a_1	error	ctr-ports	there is no table 'inet ctr', which ctr-net makes
"
check 'without the table: an error that says whose it is' 1 ctr-ports a_1
out='a_1	did	ctr-ports	withdrew port 80:80/tcp
'
check 'but nothing keeps -u from its end' 0 ctr-ports -u a_1
ctr-net <records >net.out

# What goes wrong outside: the maps are full, there is no right, no place for the lock, no writing.
out='a_1	port	tcp	*	80	80
a_1	error	ctr-ports	cannot read the maps of published ports: Operation not permitted
'
err='ctr-ports: a_1: cannot read the maps of published ports: Operation not permitted'
check 'without the right to it' 1 setpriv --bounding-set=-net_admin ctr-ports a_1 port=80:80
out='a_1	port	tcp	*	80	80
a_1	error	ctr-ports	cannot lock the maps of published ports: Not a directory
'
err='ctr-ports: a_1: cannot lock the maps of published ports: Not a directory'
check 'without a runtime directory' 1 env CTR_RUN=/dev/null/run ctr-ports a_1 port=80:80
mount --bind "$CTR_LXCPATH/a_1" "$CTR_LXCPATH/a_1"
mount -o remount,bind,ro "$CTR_LXCPATH/a_1"
out="a_1	port	tcp	*	80	80
a_1	error	ctr-ports	cannot write '$CTR_LXCPATH/a_1/ctr/record': Read-only file system

a_2	port	tcp	*	82	82
a_2	did	ctr-ports	published port 82:82/tcp
"
err="ctr-ports: a_1: cannot write '$CTR_LXCPATH/a_1/ctr/record': Read-only file system"
check 'a record that cannot be written: its ports are not published' 1 ctr-ports a_1 port=80:80 a_2 port=82:82
umount "$CTR_LXCPATH/a_1"
nft delete table inet ctr
nft -f - <<E2
table inet ctr {
	map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; size 1; }
	map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; size 1; }
	map one4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; size 1; }
	map one6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; size 1; }
	map anyrange4 { type inet_proto . inet_service : ipv4_addr; flags interval; }
	map anyrange6 { type inet_proto . inet_service : ipv6_addr; flags interval; }
	map onerange4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr; flags interval; }
	map onerange6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr; flags interval; }
}
E2
out='a_1	port	tcp	*	80-81	180-181
a_1	error	ctr-ports	cannot change the maps of published ports: Could not process rule: Too many open files in system

a_2	port	tcp	*	82	82
a_2	error	ctr-ports	cannot change the maps of published ports: Could not process rule: Too many open files in system
'
err='ctr-ports: a_1: cannot change the maps of published ports: Could not process rule: Too many open files in system
ctr-ports: a_2: cannot change the maps of published ports: Could not process rule: Too many open files in system'
check 'maps that are full' 1 ctr-ports a_1 port=80-81:180-181 a_2 port=82:82
is 'of all that nothing is stored' "$(stored a_1; stored a_2)" 'a_2	port	tcp	*	82	82'
nft delete table inet ctr
ctr-net <records >net.out
ctr-ports -u a_2 >out

# Every kind of element.
in="a_1	container	a	1
a_1	port	tcp	*	8000-8001	80-81
a_1	port	udp	192.0.2.1	52	52
a_1	port	sctp	2001:db8::1	9	9
a_1	port	tcp	0.0.0.0	22	22
a_1	port	tcp	::	23	23
"
ctr-ports <<E2 >out
$in
E2
is 'elements' "$(elements)" "any4 tcp . 22 : $one4 . 22 a_1
any4 tcp . 8000 : $one4 . 80 a_1
any4 tcp . 8001 : $one4 . 81 a_1
any6 tcp . 23 : $one6 . 23 a_1
any6 tcp . 8000 : $one6 . 80 a_1
any6 tcp . 8001 : $one6 . 81 a_1
one4 192.0.2.1 . udp . 52 : $one4 . 52 a_1
one6 2001:db8::1 . sctp . 9 : $one6 . 9 a_1"
is 'are stored as they are declared' "$(stored a_1)" "$(echo "$in" | grep '	port	')"
out="$in"
check 'and are there the second time' 0 ctr-ports -v
nft 'flush map inet ctr any4; flush map inet ctr one4'
in='a_1	container	a	1
a_1	port	tcp	*	8000-8001	80-81
a_1	port	udp	192.0.2.1	52	52
'
out="$in
"
out='a_1	container	a	1
a_1	port	tcp	*	8000-8001	80-81
a_1	port	udp	192.0.2.1	52	52
a_1	did	ctr-ports	published port 8000-8001:80-81/tcp
a_1	did	ctr-ports	published port 192.0.2.1:52:52/udp
a_1	did	ctr-ports	withdrew port [2001:db8::1]:9:9/sctp
a_1	did	ctr-ports	withdrew port 0.0.0.0:22:22/tcp
a_1	did	ctr-ports	withdrew port [::]:23:23/tcp
'
check 'a map flushed behind its back is filled again, and what is not declared goes' 0 ctr-ports
is 'all of it' "$(elements)" "any4 tcp . 8000 : $one4 . 80 a_1
any4 tcp . 8001 : $one4 . 81 a_1
any6 tcp . 8000 : $one6 . 80 a_1
any6 tcp . 8001 : $one6 . 81 a_1
one4 192.0.2.1 . udp . 52 : $one4 . 52 a_1"

# Conflicts.
err='ctr-ports: a_2: port tcp 8001 is published by a_1'
out='a_2	port	tcp	*	8001	80
a_2	port	tcp	*	8005	80
a_2	error	ctr-ports	port tcp 8001 is published by a_1
'
check "another's port, of a range" 1 ctr-ports a_2 port=8001:80 port=8005:80
is 'nothing of it is stored' "$(stored a_2)" ''
err='ctr-ports: a_2: port tcp 8000 is published by a_1'
out='a_2	port	tcp	192.0.2.7	8000	80
a_2	error	ctr-ports	port tcp 8000 is published by a_1
'
check "another's port at one address" 1 ctr-ports a_2 port=192.0.2.7:8000:80
err='ctr-ports: a_2: port udp 192.0.2.1:52 is published by a_1'
out='a_2	port	udp	*	52	52
a_2	error	ctr-ports	port udp 192.0.2.1:52 is published by a_1
'
check "at any address, another's at one" 1 ctr-ports a_2 port=52:52/udp
out='a_2	port	tcp	192.0.2.1	52	52
a_2	port	udp	192.0.2.2	52	52
a_2	port	udp	::	52	52
a_2	did	ctr-ports	published port 192.0.2.1:52:52/tcp
a_2	did	ctr-ports	published port 192.0.2.2:52:52/udp
a_2	did	ctr-ports	published port [::]:52:52/udp
'
check 'the other protocol, another address and the other family are free' 0 \
    ctr-ports a_2 'port=192.0.2.1:52:52' 'port=192.0.2.2:52:52/udp' 'port=[::]:52:52/udp'
out='a_2	port	tcp	192.0.2.1	54	1
a_2	port	tcp	*	54	2
a_2	did	ctr-ports	published port 192.0.2.1:54:1/tcp
a_2	did	ctr-ports	published port 54:2/tcp
'
check 'its own port at one address and at any' 0 ctr-ports a_2 port=192.0.2.1:54:1 port=54:2
err='ctr-ports: a_2: port tcp 8000 is published by a_1'
out='a_2	port	tcp	*	8000	80
a_2	error	ctr-ports	port tcp 8000 is published by a_1

a_1	port	tcp	*	90	90
a_1	did	ctr-ports	published port 90:90/tcp
'
check 'one refused, the others done' 1 ctr-ports a_2 port=8000:80 a_1 port=90:90
err='ctr-ports: a_2: port tcp 91 is published by a_1'
out='a_1	port	tcp	*	91	91
a_1	did	ctr-ports	published port 91:91/tcp

a_2	port	tcp	192.0.2.1	91	80
a_2	error	ctr-ports	port tcp 91 is published by a_1
'
check 'two that want one port: the first has it' 1 ctr-ports a_1 port=91:91 a_2 port=192.0.2.1:91:80
err='ctr-ports: a_1: port tcp 92 is declared for two ports of the container'
in='a_1	port	tcp	*	92	92
a_1	port	tcp	*	91-93	91-93
a_1	port	tcp	*	92-93	1-2
'
out="$in
"
out='a_1	port	tcp	*	92	92
a_1	port	tcp	*	91-93	91-93
a_1	port	tcp	*	92-93	1-2
a_1	error	ctr-ports	port tcp 92 is declared for two ports of the container
'
check 'one port for two of the container' 1 ctr-ports
in='a_2	container	a	2
a_2	port	tcp	*	8000-8001	80-81

a_1	container	a	1
'
out='a_2	container	a	2
a_2	port	tcp	*	8000-8001	80-81
a_2	did	ctr-ports	published port 8000-8001:80-81/tcp
a_2	did	ctr-ports	withdrew port 192.0.2.1:52:52/tcp
a_2	did	ctr-ports	withdrew port 192.0.2.2:52:52/udp
a_2	did	ctr-ports	withdrew port [::]:52:52/udp
a_2	did	ctr-ports	withdrew port 192.0.2.1:54:1/tcp
a_2	did	ctr-ports	withdrew port 54:2/tcp

a_1	container	a	1
a_1	did	ctr-ports	withdrew port 8000-8001:80-81/tcp
a_1	did	ctr-ports	withdrew port 192.0.2.1:52:52/udp
a_1	did	ctr-ports	withdrew port 90:90/tcp
a_1	did	ctr-ports	withdrew port 91:91/tcp
'
check 'a port goes from one container to another in one run' 0 ctr-ports
is 'and all else is gone' "$(elements)" "any4 tcp . 8000 : $two4 . 80 a_2
any4 tcp . 8001 : $two4 . 81 a_2
any6 tcp . 8000 : $two6 . 80 a_2
any6 tcp . 8001 : $two6 . 81 a_2"
nft 'add element inet ctr any4 { tcp . 99 : 10.0.0.1 . 99 }'
err='ctr-ports: a_1: port tcp 99 is published by nobody known'
out='a_1	port	tcp	*	99	99
a_1	error	ctr-ports	port tcp 99 is published by nobody known
'
check 'an element without a name' 1 ctr-ports a_1 port=99:99

# What cannot be published.
err='ctr-ports: a_1: cannot publish at ::1: the kernel cannot forward what is sent to its own IPv6 loopback'
out='a_1	port	tcp	::1	80	80
a_1	error	ctr-ports	cannot publish at ::1: the kernel cannot forward what is sent to its own IPv6 loopback
'
check 'at ::1' 1 ctr-ports a_1 'port=[::1]:80:80'
err='ctr-ports: a_1: cannot publish at 224.0.0.1: what is sent to a multicast address cannot be translated'
out='a_1	port	udp	224.0.0.1	80	80
a_1	error	ctr-ports	cannot publish at 224.0.0.1: what is sent to a multicast address cannot be translated
'
check 'at a multicast address' 1 ctr-ports a_1 port=224.0.0.1:80:80/udp
err='ctr-ports: a_3: ports need the managed network, and its network is the bridge br9'
out='a_3	port	tcp	*	80	80
a_3	error	ctr-ports	ports need the managed network, and its network is the bridge br9
'
check 'of a container on a bridge' 1 ctr-ports a_3 port=80:80
printf 'a_4\tcontainer\ta\t4\na_4\tclone\ta_3\n' | ctr-create | ctr-start >start.out || diag <start.out
err='ctr-ports: a_4: cannot publish at *: the container has no address of its family, which ctr-addr gives'
out='a_4	port	tcp	*	80	80
a_4	error	ctr-ports	cannot publish at *: the container has no address of its family, which ctr-addr gives
'
check 'of a container without addresses' 1 ctr-ports a_4 port=80:80
err='ctr-ports: a_1: it comes twice in the input'
out='a_1

a_2

a_1	error	ctr-ports	it comes twice in the input
'
check 'a container that comes twice' 1 ctr-ports a_1 a_2 a_1
# Another program has the container's lock.
flock -F "$CTR_STATE"/lock/a_1* sleep 100 & holder=$!
wait_for 60 sh -c '! flock -n "$CTR_STATE"/lock/a_1* true'
ctr-ports a_1 port=60:60 >out 2>err & waiting=$!
wait_for 60 grep -q -e '-> FLOCK' /proc/locks
kill "$waiting"
{ wait "$waiting"; } 2>/dev/null
is 'waits for its lock, and ends by SIGTERM' "$? $(cat out err)" '143 '
ctr-ports a_1 port=60:60 >out 2>err & waiting=$!
wait_for 60 grep -q -e '-> FLOCK' /proc/locks
kill "$holder"
wait "$waiting"
is 'has it as soon as it is free' "$? $(grep did out)" '0 a_1	did	ctr-ports	published port 60:60/tcp'

# A process of the host that listens.
socat TCP6-LISTEN:70,fork,ipv6only=0 /dev/null & listener=$!
socat UDP4-RECVFROM:71,bind=127.0.0.1 /dev/null & listener="$listener $!"
wait_for 60 grep -q :0046 /proc/net/tcp6
wait_for 60 grep -q :0047 /proc/net/udp
err='ctr-ports: a_1: port tcp 70 hides a process of the host that listens on it
ctr-ports: a_1: port udp 71 hides a process of the host that listens on it'
out_like='*'
check 'a port that a process of the host listens on: a warning' 0 \
    ctr-ports a_1 port=70:70 port=71:71/udp port=192.0.2.1:72:72/udp port=70:70/udp
out='a_1
'
check 'which is not repeated' 0 ctr-ports a_1
# shellcheck disable=SC2086 # two
kill $listener

# A container that stopped, and one that is gone.
ctr-ports -u -q a_1 a_2 >/dev/null
ctr-ports -q a_1 port=80:80 a_2 port=81:81 >/dev/null
lxc-stop -k -n a_1
out='a_1	did	ctr-ports	withdrew port 80:80/tcp
'
check 'of one that stopped the ports are withdrawn' 0 ctr-ports a_1
is 'and stay stored' "$(stored a_1)" 'a_1	port	tcp	*	80	80'
lxc-start -n a_1
out='a_1	did	ctr-ports	published port 80:80/tcp
'
check 'until it runs' 0 ctr-ports a_1
lxc-stop -k -n a_1
ctr-addr a_1 address=10.66.9.9 >out && ctr-start a_1 >out
out='a_1	did	ctr-ports	published port 80:80/tcp
'
check 'of one with another address' 0 ctr-ports a_1
like 'they lead there' "$(elements)" "any4 tcp . 80 : 10.66.9.9 . 80 a_1
any4 tcp . 81 : $two4 . 81 a_2
any6 tcp . 80 : *:a42:909 . 80 a_1
any6 tcp . 81 : $two6 . 81 a_2"
printf 'a_1\tcontainer\ta\t1\na_1\taddress\t10.66.9.10\n\n' | ctr-addr -q >out
err='ctr-ports: a_1: it has another address than 10.66.9.10 until its next start: its ports stay as they are'
out='a_1	pending	port
'
check 'of one that will have another address' 0 ctr-ports a_1
is 'they lead to the one that it has' "$(elements | grep -c '10.66.9.9 ')" 1
cp "$CTR_LXCPATH/a_1/ctr/record" record
sed -i '/	port	/d' "$CTR_LXCPATH/a_1/ctr/record"
printf 'a_1\tcontainer\ta\t1\n\n' >none
out="$(cat none)
" in=$(cat none)
check 'of one without ports nothing is said' 0 ctr-ports
cp record "$CTR_LXCPATH/a_1/ctr/record"
lxc-stop -k -n a_1
rm -r "$CTR_LXCPATH/a_1"
err='ctr-ports: a_1: withdrew what was left of it'
out='a_1	did	ctr-ports	withdrew what was left of it
'
check 'of one that was removed behind its back they are found by its name' 0 ctr-ports -v -u a_1
is "the others' are left" "$(elements)" "any4 tcp . 81 : $two4 . 81 a_2
any6 tcp . 81 : $two6 . 81 a_2"
done_testing
