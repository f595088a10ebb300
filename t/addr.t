#!/bin/sh
# ctr-addr: the addresses of a container, for life and for nobody else.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

# made NAME...: containers of a project p that were created and nothing else; by hand, since it is faster
made()
{
	for n; do
		mkdir -p "$CTR_LXCPATH/$n/ctr" "$CTR_LXCPATH/$n/rootfs"
		printf '%s\tcontainer\tp\t%s\n\n' "$n" "${n#p_}" >"$CTR_LXCPATH/$n/ctr/record"
		printf 'lxc.rootfs.path = dir:%s\nlxc.include = %s\n' "$CTR_LXCPATH/$n/rootfs" \
		    "$CTR_LXCPATH/$n/ctr/net.conf" >"$CTR_LXCPATH/$n/config"
		: >"$CTR_LXCPATH/$n/ctr/net.conf"
	done
}

# get FACT: the first field of the facts FACT in the records on stdin
get()
{
	awk -F '\t' -v k="$1" '$2 == k { print $3 }'
}

# Taken by whom, without the directory.
taken()
{
	readlink "$CTR_STATE/addr/$1" | sed 's,.*/,,'
}

made p_a p_b
printf 'p\tproject\n\np_a\tcontainer\tp\ta\np_a\tsomething\telse\n\n' >records
ctr-addr <records >first 2>err
is 'a container is given addresses' "$? $(cat err)" '0 '
four=$(get ipv4 <first)
hex=$(echo "$four" | awk -F . '{ printf "%02x%02x%02x%02x", $1, $2, $3, $4 }')
like 'IPv4 of the pool' "$four" '10.66.*.*'
is 'IPv6 of the prefix, with the same bits' "$(get ipv6 <first)" \
    "fd00:1:2:3::$(echo "$hex" | sed 's/^\(....\)\(....\)/\1:\2/; s/^0*//; s/:0*/:/')"
is 'MAC and interface of the same bits' "$(get mac <first | tr -d :) $(get veth <first)" "0266$hex ctr$hex"
is 'in canonical order, the rest passed on' "$(cut -f 2 first | tr '\n' ' ')" \
    'project  container something mac veth ipv4 ipv6 did  '
is 'stored' "$(cut -f 2- "$CTR_LXCPATH/p_a/ctr/record")" \
    "$(printf 'container\tp\ta\n'; grep -E '	(mac|veth|ipv4|ipv6)	' first | cut -f 2-)"
is 'reserved' "$(taken "$four") $(taken "$(get ipv6 <first)")" 'p_a p_a'
grep -q "^lxc.net.0.ipv4.address = $four/32\$" "$CTR_LXCPATH/p_a/ctr/net.conf"
is 'in net.conf' $? 0
is 'which LXC can read' "$(lxc-info -n p_a -c lxc.net.0.veth.mode)" 'lxc.net.0.veth.mode = router'
out="$(grep -v '	did	' first)
"
in=$(cat records) check 'a second run does nothing' 0 ctr-addr -v
out_like='*	ipv4	'$four'*'
check 'as operand' 0 ctr-addr -v p_a
is 'its facts are in the record of the operand' "$(cut -f 2 "$T/got.out" | tr '\n' ' ')" 'mac veth ipv4 ipv6  '

# Fixed addresses.
err='ctr-addr: p_b: address 192.0.2.7 is not one for containers in the pool 10.66.0.0/16' out_like='*	error	*'
check 'a fixed address outside the pool' 1 ctr-addr p_b address=192.0.2.7
err='ctr-addr: p_b: address 10.66.0.1 is not one for containers in the pool 10.66.0.0/16' out_like='*	error	*'
check "the gateway's address" 1 ctr-addr p_b address=10.66.0.1
err='ctr-addr: p_b: address 10.66.255.255 is not one for containers in the pool 10.66.0.0/16' out_like='*	error	*'
check 'the last address' 1 ctr-addr p_b address=10.66.255.255
err="ctr-addr: p_b: address fd00:1:2:4::7 is not one for containers in the host's prefix fd00:1:2:3::/64"
out_like='*	error	*'
check 'an IPv6 address outside the prefix' 1 ctr-addr p_b address=fd00:1:2:4::7
err="ctr-addr: p_b: address fd00:1:2:3::1 is not one for containers in the host's prefix fd00:1:2:3::/64"
out_like='*	error	*'
check "the gateway's IPv6 address" 1 ctr-addr p_b address=fd00:1:2:3::1
err="ctr-addr: p_b: address $four is held by '$CTR_LXCPATH/p_a'" out_like='*	error	*'
check "another container's address" 1 ctr-addr p_b "address=$four"
err='ctr-addr: p_b: address 10.66.0.8 is the second fixed one of its family' out_like='*	error	*'
check 'two of one family' 1 ctr-addr p_b address=10.66.0.7 address=10.66.0.8
is 'after errors nothing is reserved or stored' "$(find "$CTR_STATE/addr" -lname '*/p_b') $(cut -f 2 \
    "$CTR_LXCPATH/p_b/ctr/record")" ' container'
ctr-addr p_b address=10.66.0.7 address=fd00:1:2:3::7 >out
is 'both families fixed' "$(get ipv4 <out) $(get ipv6 <out) $(get mac <out)" \
    '10.66.0.7 fd00:1:2:3::7 02:66:0a:42:00:07'
err="ctr-addr: p_a: address fd00:1:2:3::7 is held by '$CTR_LXCPATH/p_b'" out_like='*	error	*'
check 'a fixed IPv6 address that another has' 1 ctr-addr p_a address=fd00:1:2:3::7
printf 'p_b\tcontainer\tp\tb\np_b\taddress\t10.66.0.9\n' | ctr-addr >out
is 'another fixed address' "$(get ipv4 <out) $(get ipv6 <out)" '10.66.0.9 fd00:1:2:3::a42:9'
is 'the old ones are free' "$(taken 10.66.0.7)$(taken fd00:1:2:3::7)" ''
printf 'p_b\tcontainer\tp\tb\n' | ctr-addr >out
is 'fixed no more, kept' "$(get ipv4 <out)" 10.66.0.9

# Other networks.
err="ctr-addr: p_b: there is no bridge 'br7' on this host" out_like='*	error	*'
check 'a bridge that is not there' 1 ctr-addr p_b network=br7
err="ctr-addr: p_b: the interface 'lo' is no bridge" out_like='*	error	*'
check 'no bridge' 1 ctr-addr p_b network=lo
ip link add br7 type bridge
ctr-addr p_b network=br7 >out
is 'a bridge: a MAC address alone' "$(cut -f 2 out | tr '\n' ' ')" 'network mac did  '
is 'which is reserved' "$(taken "$(get mac <out)") $(taken 10.66.0.9)" 'p_b '
is 'in net.conf' "$(cat "$CTR_LXCPATH/p_b/ctr/net.conf")" "lxc.net =
lxc.net.0.type = veth
lxc.net.0.link = br7
lxc.net.0.flags = up
lxc.net.0.name = eth0
lxc.net.0.hwaddr = $(get mac <out)"
err="ctr-addr: p_b: address is of the managed network alone, not of 'br7'" out_like='*	error	*'
check 'a fixed address on a bridge' 1 ctr-addr p_b address=10.66.0.9
out="p_b	network	none
p_b	did	ctr-addr	network none
" err='ctr-addr: p_b: network none' check 'none' 0 ctr-addr -v p_b network=none
is 'nothing reserved' "$(find "$CTR_STATE/addr" -lname '*/p_b')" ''
printf 'p_b\tcontainer\tp\tb\n' | ctr-addr >out
like 'managed again' "$(get ipv4 <out)" '10.66.*'

# Many at once, and a pool that is full.
names=$(seq -f 'p_c%.0f' 1 40)
# shellcheck disable=SC2086 # a list
made $names
for n in $names; do
	ctr-addr "$n" >>"out.$n" 2>>errors &
done
# shellcheck disable=SC2046 # a list
wait $(jobs -p)
is 'forty programs at once: no error' "$(cat errors)" ''
is 'no address twice' "$(cat out.* | get ipv4 | sort -u | wc -l) $(cat out.* | get ipv6 | sort -u | wc -l)" '40 40'
is 'each has the reservation of its own' "$(for n in $names; do taken "$(get ipv4 <"out.$n")"; done)" "$names"
for n in 1 2 3 4 5 6 7 8; do
	ctr-addr -q "p_c$n" address=10.66.0.99 >"same.$n" 2>>same.err &
done
# shellcheck disable=SC2046 # a list
wait $(jobs -p)
is 'eight ask for one address: one is given it' "$(cat same.* | grep -c '	ipv4	10.66.0.99') $(wc -l <same.err)" '1 7'
is 'and told whose it is' "$(sed 's/^ctr-addr: [^:]*: //' same.err | sort -u)" \
    "address 10.66.0.99 is held by '$CTR_LXCPATH/$(taken 10.66.0.99)'"
# shellcheck disable=SC2086 # a list
ctr-addr -u p_a p_b $names >out 2>err
is 'freed' "$? $(cat err; grep -c '	did	ctr-addr	addresses freed' out; ls "$CTR_STATE/addr")" '0 42
lock'
is 'and no network' "$(cat "$CTR_LXCPATH/p_a/ctr/net.conf")" 'lxc.net =
lxc.net.0.type = empty'
out='p_nobody
' check 'free already' 0 ctr-addr -v -u p_nobody

export CTR_POOL4=10.9.8.0/29
rm -rf "$CTR_LXCPATH"/p_c*
made p_1 p_2 p_3 p_4 p_5 p_6
for n in 1 2 3 4 5; do
	ctr-addr "p_$n" >>small 2>>errors &
done
# shellcheck disable=SC2046 # a list
wait $(jobs -p)
is 'all of a small pool' "$(get ipv4 <small | sort) $(cat errors)" '10.9.8.2
10.9.8.3
10.9.8.4
10.9.8.5
10.9.8.6 '
err='ctr-addr: p_6: no address is free: the pool 10.9.8.0/29 is full' out_like='*	error	*'
check 'full' 1 ctr-addr p_6
rm -r "$CTR_LXCPATH/p_3"
ctr-addr p_6 >out 2>&1
is 'the address of a container that is gone is taken' "$? $(get ipv4 <out)" "0 $(grep '^p_3' small | get ipv4)"
printf 'p_2\tcontainer\tp\t2\n\n' >"$CTR_LXCPATH/p_2/ctr/record"
made p_7
ctr-addr p_7 address="$(grep '^p_2' small | get ipv4)" >out 2>&1
is 'one that is stored no more, too' "$? $(get ipv4 <out)" "0 $(grep '^p_2' small | get ipv4)"
rm -r "$CTR_LXCPATH/p_7"
ctr-addr -u p_7 >out
is 'freed, the container being gone' "$? $(find "$CTR_STATE/addr" -lname '*/p_7')" '0 '
mkdir "$CTR_LXCPATH/p_8" "$CTR_LXCPATH/p_8/ctr"
echo rubbish >"$CTR_LXCPATH/p_8/ctr/record"
ln -s "$CTR_LXCPATH/p_8" "$CTR_STATE/addr/10.9.8.77"
err_like='*' out_like='*'
check 'freed, its record being broken' 0 ctr-addr -u p_8
is 'free' "$(find "$CTR_STATE/addr" -lname '*/p_8')" ''
for pool in 10.9.8.0/30 10.9.8.1/29 10.9.8.0 x/16 1.2.3.4/7; do
	err_like="ctr-addr: CTR_POOL4 is '$pool', *" check "no pool: $pool" 2 env CTR_POOL4=$pool ctr-addr p_1
done
err="ctr-addr: CTR_POOL6 is 'fd00::/48', not an IPv6 network of /64"
check 'no prefix' 2 env CTR_POOL6=fd00::/48 ctr-addr p_1
unset CTR_POOL4 CTR_POOL6

# Without CTR_POOL6: fd and 40 bits of the machine's, a random number where it has none.
made p_x
one=$(ctr-addr p_x | get ipv6)
like 'a unique local prefix' "$one" 'fd??:*::*'
mount --bind /dev/null /etc/machine-id
two=$(ctr-addr p_x | get ipv6)
like 'without a machine-id' "$two" 'fd??:*::*'
[ "${one%%::*}" != "${two%%::*}" ]
is 'another one' $? 0
is 'which is kept' "$(ctr-addr p_x | get ipv6)" "$two"
umount /etc/machine-id

# The busybox template's DHCP client.
busybox_base p_real
mkdir "$CTR_LXCPATH/p_real/ctr"
printf 'p_real\tcontainer\tp\treal\np_real\ttemplate\tbusybox\n\n' >"$CTR_LXCPATH/p_real/ctr/record"
: >"$CTR_LXCPATH/p_real/ctr/net.conf"
echo "lxc.include = $CTR_LXCPATH/p_real/ctr/net.conf" >>"$CTR_LXCPATH/p_real/config"
root=$CTR_LXCPATH/p_real/rootfs
cp "$root/etc/init.d/rcS" rcS
ctr-addr p_real >out
is 'taken out' "$(diff "$root/etc/init.d/rcS" rcS)" '3a4
> /bin/udhcpc'
ctr-addr p_real network=br7 >out
is 'put back' "$(diff "$root/etc/init.d/rcS" rcS)" ''
echo '# mine' >>"$root/etc/init.d/rcS"
ctr-addr p_real network=none >out
is "another's file is left alone" "$(tail -n 2 "$root/etc/init.d/rcS")" '/bin/udhcpc
# mine'

# A running container gets what was changed at its next start.
ctr-addr p_real network=br7 >out
ip link set br7 up
lxc-start -n p_real
out_like='*	pending	network*'
check 'changed while it runs' 0 ctr-addr p_real network=none
out_like='*	pending	network*'
check 'still waiting' 0 ctr-addr p_real
out_like='*	error	*' err='ctr-addr: p_real: it runs with its addresses: stop it first'
check 'not freed while it runs' 1 ctr-addr -u p_real
lxc-stop -k -n p_real
out='p_real	network	none' check 'nothing waits' 0 sh -c 'ctr-addr p_real network=none | grep -v "^$"'

# What is not ours.
err='ctr-addr: p_none: there is no such container' out_like='*	error	*'
check 'no such container' 1 ctr-addr p_none
made p_q_1
err="ctr-addr: p_q_1: it belongs to project 'p', not to 'p_q'" out_like='*	error	*'
in='p_q_1	container	p_q	1' check 'of another project' 1 ctr-addr
err="ctr-addr: p_q_1: it belongs to project 'p', not to 'p_q'" out_like='*	error	*'
in='p_q_1	container	p_q	1' check 'whose addresses are not freed' 1 ctr-addr -u

# After the programs were moved, a container finds them where they are now.
made p_moved
ctr-addr p_moved >out
mkdir -p "$T/moved/libexec" && cp -rL "$build/bin" "$T/moved" && cp -rL "$build/libexec/ctrkit" "$T/moved/libexec"
in='p_moved	container	p	moved'
out_like='*	did	ctr-addr	network managed, address *' check 'programs that were moved' 0 "$T/moved/bin/ctr-addr"
is 'are known where they are' "$(grep -c " = $T/moved/bin/../libexec/ctrkit/ctr-veth-up " "$CTR_LXCPATH/p_moved/ctr/net.conf")" 2
done_testing
