#!/bin/sh
# ctr-status -e: memory and processor time, beside what the kernel says, on either version of control groups.
. "${0%/*}/lib.sh"

ctr-create -q shop_db container=shop:db template=busybox >/dev/null || exit 1
ctr-config -q shop_db 'command=sleep 1000' >/dev/null
ctr-cgroup -q shop_db cgroup=memory.max=96M >/dev/null
ctr-start -q shop_db >/dev/null || exit 1
pid=$(lxc-info -n shop_db -pH)
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	memory() { cat "$group/memory.current"; }
	milliseconds() { awk '/^usage_usec/ { printf "%d\n", $2 / 1000 }' "$group/cpu.stat"; }
else
	group() { sed -n "s,^[0-9]*:$1:,/sys/fs/cgroup/$1,p" "/proc/$pid/cgroup"; }
	memory() { cat "$(group memory)/memory.usage_in_bytes"; }
	milliseconds() { awk '{ printf "%d\n", $1 / 1000000 }' "$(group cpuacct)/cpuacct.usage"; }
fi

# use KEY: its first number
use() { ctr-status -e shop_db | awk -F '\t' -v k="$1" '$2 == k { print $3 }'; }

# Nothing else runs in it, so that the kernel's number is the same before and after.
same() { a=$(memory) && b=$(use memory) && c=$(memory) && [ "$a" = "$b" ] && [ "$b" = "$c" ]; }
ok 'memory is what the kernel says' wait_for 60 same
idle=$b
lxc-attach -n shop_db -- dd if=/dev/zero of=/dev/shm/file bs=1M count=24 2>"$T/dd.err" || diag <"$T/dd.err"
# The kernel charges in advance, for some pages a processor, and takes that back.
taken() { now=$(use memory) && [ -n "$now" ] && [ $((now - idle)) -ge $((20 << 20)) ]; }
ok 'memory that was taken' wait_for 60 taken
ok 'again what the kernel says' wait_for 60 same
is 'the limit beside it' "$(ctr-status -e shop_db | sed -n 's/^shop_db	memory	[0-9]*	//p')" $((96 << 20))

before=$(milliseconds)
lxc-attach -n shop_db -- sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
between()
{
	low=$(milliseconds)
	use=$(use cpu | tr -d . | sed 's/^0*\(.\)/\1/')
	high=$(milliseconds)
	[ -n "$use" ] && [ "$low" -le "$use" ] && [ "$use" -le "$high" ]
}
ok 'processor time lies between what the kernel says before and after' wait_for 60 between
is 'it has grown by what was done' "$((${use:-0} > before))" 1
done_testing
