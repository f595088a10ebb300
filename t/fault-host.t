#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults in what is the host's: its network, and systemd's units.
. "${0%/*}/lib.sh"
. "$top/t/fault.sh"
export CTR_POOL6=fd00:1:2:3::/64

mkdir -p vol "$CTR_LXCPATH/tiny/rootfs/etc" && echo '127.0.0.1 localhost' >"$CTR_HOSTS" || exit 1
printf '%s\n' "lxc.rootfs.path = dir:$CTR_LXCPATH/tiny/rootfs" 'lxc.uts.name = tiny' >"$CTR_LXCPATH/tiny/config"
printf '%s\n' 'p_t	container	p	t' 'p_t	clone	tiny' '' >t.rec
ctr-create <t.rec | ctr-addr >got && ctr-net <t.rec >got && ctr-net -u <t.rec >got || exit 1
# The rules in the kernel, and how it forwards; that dnsmasq runs, which has another process each time.
state_more()
{
	find /run/ctr "$CTR_UNITS" \( -name lock -o -name '*.pid' -o -name '*.leases' -o -name rules \) -prune -o \
	    -type f -exec md5sum {} + 2>/dev/null
	printf '%s  %s\n' "$(nft -s list table inet ctr 2>/dev/null | tr -d '\n\t ' | md5sum | cut -c -32)" the-table
	for f in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding; do echo "$(cat $f)  $f"; done
	[ ! -e /run/ctr/dnsmasq.pid ] || ! kill -0 "$(cat /run/ctr/dnsmasq.pid)" 2>/dev/null || echo 'runs  dnsmasq'
}
# The table is made before it is filled, and the projects' file before or after the names.
for call in 'write 7' 'rename 2' 'rename 3'; do
	# shellcheck disable=SC2086 # two words
	disturbed $call 'ctr-net <t.rec' && state now && ctr-net -u <t.rec >got && cat now >>between || exit 1
done
ctr-net <t.rec >got && disturbed unlink 1 'ctr-net -u <t.rec' && state now && ctr-net -u <t.rec >got &&
    cat now >>between || exit 1
writer 'write rename fsync fork malloc unlink? mkdir stat? open? opendir? pipe? flock read? chmod' 'ctr-net <t.rec' \
    'ctr-net -u <t.rec'
# A second one, by which the first gets one more name: what is made of both comes after what is each one's.
printf '%s\n' 'p_u	container	p	u' 'p_u	clone	tiny' 'p_u	link	p_t	data' '' >u.rec
ip link add ctr00000001 type veth && # as if one ran: the host's part stays
    ctr-create <u.rec | ctr-addr >got && ctr-net <t.rec >got || exit 1
for call in 'rename 2' 'rename 3'; do
	# shellcheck disable=SC2086 # two words
	disturbed $call 'ctr-net <u.rec' && state now && ctr-net -u <u.rec >got && cat now >>between || exit 1
done
writer 'rename fsync unlink? open? read?' 'ctr-net <u.rec' 'ctr-net -u <u.rec'
ip link del ctr00000001 && ctr-net -u <t.rec >got || exit 1
writer 'write rename fsync malloc unlink? open? flock link' 'ctr-unit -q p' 'ctr-unit -qu p'
done_testing
