# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# After lib.sh, for tests of what interrupts or disturbs: state PROJECT shows all that the programs keep of its containers,
# on disk and in the kernel, in the same words each time: no process ids, times or counters. What lies in the current
# directory is a host's data.
state()
{
	(
		cd "$CTR_LXCPATH" || exit
		for f in "$1"_*/ctr/*.conf "$1"_*/ctr/config "$1"_*/ctr/record "$1"_*/config "$1"_*/rootfs/etc/hosts \
		    "$1"_*/rootfs/etc/hostname "$1"_*/rootfs/etc/resolv.conf; do
			[ ! -e "$f" ] || { echo "== $f"; cat "$f"; }
		done
		ls
		find "$1"_*/ctr "$CTR_STATE" "$CTR_UNITS" "$T/work" /run/ctr ! -name '*.log' ! -name '*.leases' \
		    -printf '%p %y %m %l\n' | sort
		# What is in them, with its order; of dnsmasq only that it runs. The first number in `rules' is of the kernel's
		# handles, which are others where a table was made twice; the rules themselves follow.
		find "$CTR_STATE" "$CTR_UNITS" /run/ctr -type f ! -path '*/lock*' ! -name '*.leases' ! -name '*.pid' \
		    ! -name rules -print | sort |
		    xargs -r tail -v -n +1
		cut -d ' ' -f 2 /run/ctr/rules
		nft -s list table inet ctr | tr ',' '\n' | tr -d '{} \t' | grep . | sort
		# The link-local address of a veth is of its hardware address, which is another for each. Within the first seconds
		# one is tentative.
		ip -o addr show | sed 's/^[0-9]*: //; s/ tentative//; s/ *valid_lft.*//; /inet6 fe80::[^ ]*:/d' | sort
		{ ip route show; ip -6 route show; } | grep ' ctr' | sort
		find /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv[46]/conf -type f -exec grep -H . {} + | sort
		for n in "$1"_*; do
			pid=$(lxc-info -n "$n" -pH)
			[ -n "$pid" ] || continue
			echo "== the network of $n"
			nsenter --net="/proc/$pid/ns/net" sh -c 'ip -o addr show dev eth0; nft -s list ruleset' |
			    sed 's/^[0-9]*: //; s/ tentative//; s/ *valid_lft.*//'
		done
		ls /sys/class/net
		cut -d: -f3 /proc/self/cgroup | sort -u | while read -r group; do
			# lxc.pivot is where a monitor of liblxc moves to while it removes its own, and stays. Its own is called
			# lxc.monitor.NAME-1 where that of the one before is there still, and is shown as the same.
			find /sys/fs/cgroup/*"${group%/init.scope}" "/sys/fs/cgroup${group%/init.scope}" \
			    -path '*/lxc*' ! -path '*/lxc.pivot*' \( -type d -print -o \
			    \( -name memory.limit_in_bytes -o -name memory.memsw.limit_in_bytes -o -name memory.max \
			    -o -name memory.swap.max -o -name cpu.shares -o -name cpu.weight -o -name cpu.cfs_quota_us \
			    -o -name cpu.max -o -name cpuset.cpus -o -name pids.max \) -exec grep -H . {} + \)
		done | sed 's,\(/lxc\.monitor\.[^/]*\)-[0-9][0-9]*\(/\|$\),\1\2,' | sort -u
	) 2>/dev/null
}

# unchanged DESCRIPTION PROJECT FILE: whether that is what is in FILE, below $TMPDIR; if not, it is a failure
unchanged()
{
	state "$2" >"$TMPDIR/now"
	! cmp -s "$TMPDIR/$3" "$TMPDIR/now" || return 0
	fail "$1"
	diff "$TMPDIR/$3" "$TMPDIR/now" | head -n 40 | diag
	return 1
}

# same_state DESCRIPTION PROJECT FILE: the same, as one result
same_state()
{
	! unchanged "$@" || pass "$1"
}
