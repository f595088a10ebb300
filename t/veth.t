#!/bin/sh
# ctr-veth-up, run by LXC: plain lxc-start and lxc-autostart give a working network, or fail.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64
: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
up=$build/libexec/ctrkit/ctr-veth-up

printf 'p_a\tcontainer\tp\ta\np_a\ttemplate\tbusybox\n\n' | ctr-create 2>err | ctr-addr 2>>err | ctr-dns >record 2>>err
is 'a container' "$(cat err)" ''
four=$(awk '$2 == "ipv4" { print $3 }' record) six=$(awk '$2 == "ipv6" { print $3 }' record)
veth=$(awk '$2 == "veth" { print $3 }' record)

# As after a reboot: nothing of ctrkit in the kernel or in /run.
ok 'lxc-start by hand' lxc-start -n p_a
ok 'reaches the gateway' wait_for 60 lxc-attach -n p_a -- ping -c 1 -W 1 10.66.0.1
# The first packet may be lost: the kernel makes an interface ready in its own time after it is up.
ok 'and over IPv6, at once' wait_for 60 lxc-attach -n p_a -- ping -c 1 -W 1 fd00:1:2:3::1
ok 'is reached' wait_for 60 busybox ping -c 1 -W 1 "$four"
ok 'and over IPv6' wait_for 60 busybox ping -c 1 -W 1 "$six"
is 'names are answered' "$(lxc-attach -n p_a -- nslookup p_a | grep -c "Address: $four")" 1
is 'it is let in' "$(nft list set inet ctr source4 | grep -c "\"$veth\" . $four")" 1
is "the gateway's addresses" "$(ip -o addr show dev "$veth" | awk '{ print $4 }' | grep -v fe80::fc)" '10.66.0.1/32
fd00:1:2:3::1/128
fe80::1/64'
set4=/proc/sys/net/ipv4/conf/$veth set6=/proc/sys/net/ipv6/conf/$veth
is 'settings' "$(cat "$set4/proxy_arp" "$set4/route_localnet" "$set4/rp_filter" "$set4/accept_redirects" \
    "$set4/send_redirects" "$set6/accept_ra" "$set6/accept_redirects" "$set6/accept_dad" | tr '\n' ' ')" '1 1 1 0 0 0 0 0 '
is 'nothing waits for duplicate addresses' "$(lxc-attach -n p_a -- ip addr show dev eth0 | grep -c tentative)" 0

# All stopped and started again: dnsmasq has had no address in between.
dnsmasq=$(cat /run/ctr/dnsmasq.pid)
lxc-stop -k -n p_a
wait_for 60 sh -c "! test -e /sys/class/net/$veth" || fail "$veth stays"
lxc-start -n p_a
is 'the same dnsmasq' "$(cat /run/ctr/dnsmasq.pid)" "$dnsmasq"
wait_for 60 lxc-attach -n p_a -- nslookup p_a
is 'answers' $? 0
lxc-stop -k -n p_a

# The firewall was loaded anew, as nftables.service does.
nft flush ruleset
ok 'started after nft flush ruleset' lxc-start -n p_a
is 'the guard is there' "$(nft list chain inet ctr guard | grep -c 'jump own\|drop')" 2
lxc-stop -k -n p_a
ctr-net -u p_a >out
is 'taken away' "$(find /run -path '/run/ctr*'; nft list ruleset)" ''

echo 'lxc.start.auto = 1' >>"$CTR_LXCPATH/p_a/config"
ok 'lxc-autostart' lxc-autostart
ok 'which waits for a network' wait_for 60 busybox ping -c 1 -W 1 "$four"
lxc-stop -k -n p_a
ctr-net -u p_a >out

# What a killed monitor leaves: a link whose other end is not in its place, or in a network that somebody keeps. Not of who
# calls the hook by hand, and not what is no link.
for elsewhere in '' yes; do
	ip link add "$veth" type veth peer name peer
	[ -z "$elsewhere" ] || { touch kept && unshare --net="$PWD/kept" true && ip link set peer netns "$PWD/kept" || exit 1; }
	ok 'by hand nothing is removed' "$up" -P "$CTR_LXCPATH" p_a lxc pre-start
	ok 'the link is there' test -e "/sys/class/net/$veth"
	ok "a start where a killed one left its link${elsewhere:+ into a network that is kept}" lxc-start -n p_a
	ok 'reaches the gateway' wait_for 60 lxc-attach -n p_a -- ping -c 1 -W 1 10.66.0.1
	lxc-stop -k -n p_a
	ok 'of the other one nothing is left' test ! -e /sys/class/net/peer
done
umount kept
ip link add "$veth" type bridge || exit 1
err_like="*Failed to create veth pair*" check 'what is no veth is not removed' 1 timeout 60 lxc-start -F -n p_a
ok 'it is there' ip link del "$veth"

# Taken away between the hook and the veth: the second look finds it.
ip link add "$veth" type veth peer name peer
err_like='ctr-veth-up: p_a: the environment has no LXC_PID*'
check 'makes the host ready again' 1 "$up" -P "$CTR_LXCPATH" p_a net up veth "$veth"
is 'which it is' "$(nft list set inet ctr source4 | grep -c "$four")" 1
like "the host's settings are kept, not the container's" "$(grep -c /peer/ /run/ctr/sysctls) $(grep -c "/$veth/" /run/ctr/sysctls)" '[23] 0'
ip link del "$veth"
out_like='*'
check 'taken away, an interface whose settings were kept being gone' 0 ctr-net -u p_a

# The pool is said once, to ctr-addr: LXC is started without it at boot.
CTR_POOL4=10.77.0.0/24 ctr-addr p_a address=10.77.0.9 >out
lxc-start -n p_a
ok 'another pool' wait_for 60 lxc-attach -n p_a -- ping -c 1 -W 1 10.77.0.1
ok 'of which the host knows' grep -q 'dhcp-range=10.77.0.0,static,255.255.255.0' /proc/"$(cat /run/ctr/dnsmasq.pid)"/cmdline
lxc-stop -k -n p_a
ctr-net -u p_a >out
printf 'p_a\tcontainer\tp\ta\n\n' | ctr-addr >out
is 'the old address again' "$(awk '$2 == "ipv4" { print $3 }' out)" "$four"

# A start without a network is a failure.
printf '#!/bin/sh\nexit 2\n' >dnsmasq
chmod +x dnsmasq
mount --bind dnsmasq /usr/sbin/dnsmasq
lxc-start -n p_a -o log >out 2>&1
is 'without dnsmasq: not started' "$? $(lxc-info -n p_a -s)" '1 State:          STOPPED'
err='ctr-start: p_a: cannot start: ctr-net: p_a: cannot start dnsmasq: it gives no reason' out_like='*	error	*'
check 'ctr-start says why' 1 ctr-start p_a
err='ctr-net: p_a: cannot start dnsmasq: it gives no reason
ctr-veth-up: p_a: the host'\''s network is not ready: ctr-net exited with status 1'
check 'why' 1 "$up" -P "$CTR_LXCPATH" p_a lxc pre-start
umount /usr/sbin/dnsmasq
err="ctr-veth-up: p_a: cannot give 'ctr00000000' the gateway's addresses: No such device"
check 'no such interface' 1 "$up" -P "$CTR_LXCPATH" p_a net up veth ctr00000000
for args in '' 'p_a' 'p_a lxc' 'p_a lxc post-stop' 'p_a net down veth x' 'p_a net up veth' 'p/a lxc pre-start' '-x'; do
	err_like='*usage: ctr-veth-up *'
	# shellcheck disable=SC2086 # a list
	check "usage: $args" 2 "$up" $args
done
ctr-net -u p_a >out
is 'nothing is left' "$(find /run -path '/run/ctr*'; nft list ruleset; pgrep dnsmasq)" ''

# A directory of containers whose name a shell would read otherwise.
odd="$T/o'dd \$(touch oops)"
mkdir "$odd"
cp -a "$CTR_LXCPATH/p_a" "$odd"
sed -i "s|$CTR_LXCPATH|$odd|" "$odd/p_a/config" "$odd/p_a/ctr/config"
printf 'p_a\tcontainer\tp\ta\n\n' >"$odd/p_a/ctr/record"
ctr-addr -P "$odd" p_a >record 2>err
is 'an odd directory' "$? $(cat err)" '0 '
other=$(awk '$2 == "ipv4" { print $3 }' record)
[ "$other" != "$four" ]
is 'another address for the same name there' $? 0
lxc-start -P "$odd" -n p_a >out 2>&1
is 'started there' "$? $(cat out; find / -maxdepth 1 -name oops; find "$T/work" -name oops)" '0 '
ok 'reached there' wait_for 60 busybox ping -c 1 -W 1 "$other"
ok 'the other one is started beside it' lxc-start -n p_a
ok 'and reached' wait_for 60 busybox ping -c 1 -W 1 "$four"
lxc-stop -P "$odd" -k -n p_a
lxc-stop -k -n p_a
done_testing
