#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A project that goes up and down again and again beside another that stays up: no process, descriptor, veth, group, rule, mount, file or
# byte is more after the last round than after the second. CTR_TEST_ROUNDS: how often.
. "${0%/*}/lib.sh"
. "$top/t/state.sh"

busybox_base
cat >stays.yml <<'E2'
name: stays
containers: { c: { clone: base, ports: ["7000:80"], expose: 80 } }
E2
cat >ctr.yml <<'E2'
name: k
defaults: { clone: base }
containers:
  db: { ports: ["8000-8019:8000-8019", ":80"], volumes: ["./data:/srv/data"], cgroup: [memory.max=64M], expose: 80 }
  web: { links: ["db:database"], ports: ["8080:80"], dns: $bridge }
E2
mkdir data

# What there is of everything, without numbers that name an instance.
left()
{
	state k
	state stays
	pgrep -l '^(ctr|.?lxc|dnsmasq|init|udhcpc|busybox)' | cut -d' ' -f2- | sort
	for name in dnsmasq 'lxc monitor.*stays_c'; do
		pid=$(pgrep -o -f "^[^ ]*$name") || echo "no $name"
		echo "$name: descriptors $(find "/proc/$pid/fd" -type l | wc -l)"
	done
	cut -d' ' -f4- /proc/self/mountinfo | sed 's/shared:[0-9]*//' | sort
	nft -s list ruleset
	find "$CTR_LXCPATH" "$CTR_STATE" /run/ctr /run/lxc /run/lock -type f ! -path '*/rootfs/*' ! -name '*.leases' ! -name '*.pid' -printf '%p %s\n' | sort
	find "$CTR_LXCPATH" | wc -l
}
# The memory of dnsmasq, of the monitor of what stays, and of the files in /run, in kB.
memory()
{
	for name in dnsmasq 'lxc monitor.*stays_c'; do
		sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(pgrep -o -f "^[^ ]*$name")/status"
	done
	df --output=used -k /run | sed '1d; s/ //g'
}

ctrctl -q -f stays.yml up || exit 1
rounds=${CTR_TEST_ROUNDS:-5} n=0 failed=
while [ $((n += 1)) -le "$rounds" ]; do
	ctrctl -q up >"$TMPDIR/out" 2>&1 || { failed="up, round $n"; break; }
	[ $n != 2 ] || state k >"$TMPDIR/up"
	ctrctl -q -t 0 down >>"$TMPDIR/out" 2>&1 || { failed="down, round $n"; break; }
	[ $n != 2 ] || left >"$TMPDIR/left"
	[ $n != 2 ] || memory >"$TMPDIR/memory"
done
is "$rounds rounds, each done" "$failed" ''
[ -z "$failed" ] || diag <"$TMPDIR/out"
left >"$TMPDIR/last"
ok 'after the last all is as after the second' cmp "$TMPDIR/left" "$TMPDIR/last"
diff "$TMPDIR/left" "$TMPDIR/last" | head -n 40 | diag
# Of memory the kernel counts up to 32 pages for each processor later, and dnsmasq gives some back at times: a quarter
# is more than both. /run has whole pages, and a lease more may need another one.
printf '%s\n' 'dnsmasq 25 0' 'monitor 25 0' '/run 0 4' >"$TMPDIR/limits"
memory | paste -d ' ' "$TMPDIR/limits" "$TMPDIR/memory" - | while read -r name percent more was now; do
	ok "$name has not grown from $was kB, as $now kB" test "$now" -le $((was + was * percent / 100 + more))
done
is 'each was looked at' "$(wc -l <"$TMPDIR/memory")" 3
ctrctl -q up
same_state 'up once more: as the second time' k up
ctrctl -q -t 0 down
ctrctl -q -t 0 -f stays.yml down
is 'after the last down no veth, table or process is left' "$(ls /sys/class/net; nft list tables;
    pgrep -l 'dnsmasq|lxc|ctr' | sed 's/^[0-9]* //')" lo
done_testing
