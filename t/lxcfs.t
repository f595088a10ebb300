#!/bin/sh
# lxcfs, where it runs, shows a container its own limits: whatever its template, and once.
. "${0%/*}/lib.sh"

hook=/usr/share/lxcfs/lxc.mount.hook
[ -e $hook ] || skip 'no lxcfs'
# In place of one that the host may run.
while umount -l /var/lib/lxcfs 2>/dev/null; do :; done
lxcfs -f /var/lib/lxcfs >"$T/lxcfs.log" 2>&1 &
lxcfs=$!
if ! wait_for 60 test -e /var/lib/lxcfs/proc/meminfo; then
	diag <"$T/lxcfs.log"
	exit 1
fi
is 'ctr-doctor finds it' "$(ctr-doctor 2>/dev/null | grep ^lxcfs)" ''

seen='/^MemTotal:/ { m = $2 } /^processor/ { n++ } END { print m, n }'

# shows NAME: kilobytes and processors
shows()
{
	lxc-attach -n "$1" -- awk "$seen" /proc/meminfo /proc/cpuinfo
}

# One of the busybox template, which does not include LXC's common.conf; a clone of it; a clone of one that does.
busybox_base
sed -i '1i lxc.include = /usr/share/lxc/config/common.conf' "$CTR_LXCPATH/base/config"
ctr-create -q shop_db container=shop:db template=busybox >/dev/null &&
ctr-create -q shop_copy container=shop:copy clone=shop_db >/dev/null &&
ctr-create -q shop_web container=shop:web clone=base >/dev/null || exit 1
for c in shop_db shop_copy shop_web; do
	is "$c: once" "$(lxc-info -n $c -c lxc.hook.mount)" "lxc.hook.mount = $hook"
	ctr-config -q $c 'command=sleep 1000' >/dev/null
	ctr-cgroup -q $c cgroup=memory.max=64M cgroup=cpuset.cpus=0 >/dev/null
	ctr-start -q $c >/dev/null
	is "$c: it sees its limits" "$(shows $c)" '65536 1'
done
ctr-cgroup -q shop_db cgroup=memory.max=96M >/dev/null
is 'a new one, while it runs' "$(shows shop_db)" '98304 1'
is 'its own uptime' "$(lxc-attach -n shop_db -- awk '{ print $1 < 600 }' /proc/uptime)" 1

# Without it they start as before.
ctr-stop -q shop_db >/dev/null
kill $lxcfs
ok 'it has ended' wait_for 60 sh -c '! grep -q " /var/lib/lxcfs fuse" /proc/mounts'
out_like='*started*'
check 'a start without lxcfs' 0 ctr-start -q shop_db
is 'the memory of the host' "$(shows shop_db)" "$(awk "$seen" /proc/meminfo /proc/cpuinfo)"
is 'ctr-doctor finds none' "$(ctr-doctor 2>/dev/null | grep ^lxcfs)" \
    "lxcfs: note: lxcfs does not run: limits hold, but free(1) and top(1) in a container show what the host has
lxcfs: proof: ls /var/lib/lxcfs/proc
lxcfs: remedy: service lxcfs start"
done_testing
