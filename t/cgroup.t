#!/bin/sh
# ctr-cgroup: the translation of keys and values, and limits on real containers.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && host=2 || host=1

# translate VERSION FACT...: what ctr-cgroup -n makes of the facts
translate()
{
	to=$1
	shift
	for f in "$@"; do
		shift
		set -- "$@" "cgroup=$f"
	done
	ctr-cgroup -n -c "$to" shop_x "$@" 2>&1 | sed -n 's/^shop_x	cgroup	\([^	]*\)	/\1=/p
s/^ctr-cgroup: shop_x: /error: /p'
}

while IFS='|' read -r one two; do
	oldifs=$IFS
	IFS=';'
	# shellcheck disable=SC2086 # lists
	is "to version 2: $one" "$(translate 2 $one)" "$(printf '%s\n' $two)"
	# shellcheck disable=SC2086
	is "to version 1: $two" "$(translate 1 $two)" "$(printf '%s\n' $one)"
	IFS=$oldifs
done <<'TABLE'
memory.limit_in_bytes=209715200|memory.max=209715200
memory.limit_in_bytes=-1|memory.max=max
memory.soft_limit_in_bytes=1024|memory.low=1024
memory.soft_limit_in_bytes=-1|memory.low=0
memory.limit_in_bytes=1000;memory.memsw.limit_in_bytes=1500|memory.max=1000;memory.swap.max=500
memory.limit_in_bytes=1000;memory.memsw.limit_in_bytes=1000|memory.max=1000;memory.swap.max=0
memory.memsw.limit_in_bytes=-1|memory.swap.max=max
cpu.shares=10|cpu.weight=1
cpu.shares=1024|cpu.weight=100
cpu.shares=512|cpu.weight=50
cpu.shares=102400|cpu.weight=10000
cpu.cfs_period_us=50000;cpu.cfs_quota_us=20000|cpu.max=20000 50000
cpu.cfs_period_us=100000;cpu.cfs_quota_us=-1|cpu.max=max 100000
cpu.cfs_burst_us=5000|cpu.max.burst=5000
cpuset.cpus=0-1;cpuset.mems=0|cpuset.cpus=0-1;cpuset.mems=0
pids.max=max|pids.max=max
blkio.weight=10|io.weight=2
blkio.weight=500|io.weight=100
blkio.weight=1000|io.weight=200
blkio.weight_device=8:0 1000|io.weight=8:0 200
blkio.bfq.weight=7|io.bfq.weight=7
blkio.bfq.weight_device=8:0 7|io.bfq.weight=8:0 7
blkio.throttle.write_iops_device=8:0 5|io.max=8:0 rbps=max wbps=max riops=max wiops=5
devices.deny=a;devices.allow=c 1:3 rwm|devices.deny=a;devices.allow=c 1:3 rwm
devices.allow=a;devices.deny=c 1:3 rwm;devices.allow=c 1:5 r|devices.allow=a;devices.deny=c 1:3 rwm;devices.allow=c 1:5 r
TABLE

while IFS='|' read -r to said as; do
	is "$said, at the end of a range" "$(translate "$to" "$said")" "$as"
done <<'TABLE'
2|cpu.shares=2|cpu.weight=1
2|cpu.shares=262144|cpu.weight=10000
1|io.weight=1|blkio.weight=10
1|io.weight=10000|blkio.weight=1000
1|io.weight=default 50|blkio.weight=250
1|cpu.weight.nice=-20|cpu.shares=88761
1|cpu.weight.nice=0|cpu.shares=1024
1|cpu.weight.nice=19|cpu.shares=15
2|cpu.uclamp.min=7|cpu.uclamp.min=7.00
1|cpu.uclamp.max=99.5|cpu.uclamp.max=99.50
1|net_cls.classid=0x10001|net_cls.classid=65537
2|hugetlb.1GB.limit_in_bytes=-1|hugetlb.1GB.max=max
1|hugetlb.64KB.rsvd.max=2M|hugetlb.64KB.rsvd.limit_in_bytes=2097152
TABLE
is 'a quota alone' "$(translate 2 cpu.cfs_quota_us=20000)" 'cpu.max=20000 100000'
is 'sizes' "$(translate 2 memory.max=1K memory.high=2m memory.low=3G memory.min=4t)" 'memory.max=1024
memory.low=3221225472
memory.min=4398046511104
memory.high=2097152'
is 'rates of one device' "$(translate 2 'blkio.throttle.write_iops_device=8:0 7' \
    'blkio.throttle.read_bps_device=8:0 1024')" 'io.max=8:0 rbps=1024 wbps=max riops=max wiops=7'
is 'rates in the other direction' "$(translate 1 'io.max=8:0 wbps=1K riops=9')" \
    'blkio.throttle.write_bps_device=8:0 1024
blkio.throttle.read_iops_device=8:0 9'
is 'rates of two devices' \
    "$(translate 2 'blkio.throttle.read_bps_device=8:0 1M' 'blkio.throttle.read_iops_device=8:16 9')" \
    'io.max=8:0 rbps=1048576 wbps=max riops=max wiops=max
io.max=8:16 rbps=max wbps=max riops=9 wiops=max'

while IFS='|' read -r to said error; do
	oldifs=$IFS
	IFS=';'
	# shellcheck disable=SC2086 # lists
	is "version $to, $said" "$(translate "$to" $said | sed -n 's/^error: //p')" "$error"
	IFS=$oldifs
done <<'TABLE'
1|memory.high=1M|'memory.high' has nothing like it in control groups of version 1; nearest is 'memory.limit_in_bytes', which kills where this slows down
2|memory.swappiness=10|'memory.swappiness' has nothing like it in control groups of version 2; nearest is 'memory.swap.max', which bounds what is swapped
1|memory.oom.group=1|'memory.oom.group' has nothing like it in control groups of version 1; nothing comes near
1|memory.nonesuch=1|there is no limit 'memory.nonesuch' in control groups of either version
1|memory.use_hierarchy=1|'memory.use_hierarchy' is no limit; groups count what is below them in both versions
1|hugetlb.2Mb.max=1|there is no limit 'hugetlb.2Mb.max' in control groups of either version
1|hugetlb.max=1|there is no limit 'hugetlb.max' in control groups of either version
1|hugetlb.2MB.rsvd=1|there is no limit 'hugetlb.2MB.rsvd' in control groups of either version
1|freezer.state=FROZEN|'freezer.state' is no limit; lxc-freeze(1) freezes a container
1|memory.max=1;memory.limit_in_bytes=1|'memory.max' and 'memory.limit_in_bytes' say the same limit
2|cpu.weight.nice=1;cpu.weight=5|'cpu.weight.nice' and 'cpu.weight' say the same limit
2|hugetlb.2MB.max=1;hugetlb.2MB.limit_in_bytes=1|'hugetlb.2MB.max' and 'hugetlb.2MB.limit_in_bytes' say the same limit
1|io.max=8:0 rbps=1;blkio.throttle.write_bps_device=8:0 1|'io.max' and 'blkio.throttle.write_bps_device' say the same limit
1|io.weight=8:0 5;blkio.weight_device=8:0 10|'io.weight' and 'blkio.weight_device' say the same limit
1|cpu.max=max;cpu.cfs_period_us=5000|'cpu.max' and 'cpu.cfs_period_us' say the same limit
2|memory.memsw.limit_in_bytes=1|'memory.memsw.limit_in_bytes' needs a limit 'memory.limit_in_bytes' beside it
1|memory.swap.max=1|'memory.swap.max' needs a limit 'memory.max' beside it
2|memory.max=2;memory.memsw.limit_in_bytes=1|'memory.memsw.limit_in_bytes' is less than the limit of memory alone
1|memory.max=1MB|'1MB' is no value of 'memory.max'
1|memory.max=-2|'-2' is no value of 'memory.max'
1|memory.max=9223372036854775808|'9223372036854775808' is no value of 'memory.max'
1|memory.max=8388608T|'8388608T' is no value of 'memory.max'
1|cpu.shares=1|'1' is no value of 'cpu.shares'
1|cpu.weight=10001|'10001' is no value of 'cpu.weight'
1|cpu.max=1 100000|'1 100000' is no value of 'cpu.max'
1|cpuset.cpus=0-|'0-' is no value of 'cpuset.cpus'
1|cpuset.cpus=3-1|'3-1' is no value of 'cpuset.cpus'
1|pids.max=x|'x' is no value of 'pids.max'
1|io.max=8:0 rbps=1 rbps=2|'8:0 rbps=1 rbps=2' is no value of 'io.max'
1|io.max=8:0 rbps=0|'8:0 rbps=0' is no value of 'io.max'
1|io.max=8:0 speed=1|'8:0 speed=1' is no value of 'io.max'
1|io.max=rbps=1|'rbps=1' is no value of 'io.max'
1|io.weight=8:0 default|'8:0 default' is no value of 'io.weight'
1|io.weight=8:x 5|'8:x 5' is no value of 'io.weight'
1|cpu.uclamp.min=100.01|'100.01' is no value of 'cpu.uclamp.min'
1|cpu.uclamp.min=5.|'5.' is no value of 'cpu.uclamp.min'
1|cpu.uclamp.min=5.123|'5.123' is no value of 'cpu.uclamp.min'
1|cpu.weight.nice=20|'20' is no value of 'cpu.weight.nice'
1|net_cls.classid=0x|'0x' is no value of 'net_cls.classid'
1|net_prio.ifpriomap=eth0|'eth0' is no value of 'net_prio.ifpriomap'
2|cpuset.cpus.partition=rooted|'rooted' is no value of 'cpuset.cpus.partition'
2|misc.max=s/v 1|'s/v 1' is no value of 'misc.max'
1|io.max=8:0 rbps|'8:0 rbps' is no value of 'io.max'
1|blkio.throttle.read_bps_device=sda 1|'sda 1' is no value of 'blkio.throttle.read_bps_device'
1|devices.allow=c 1:3|'c 1:3' is no value of 'devices.allow'
TABLE

in="shop_x${tab}container${tab}shop${tab}x
shop_x${tab}fqdn${tab}x.example.net
shop_x${tab}cgroup${tab}pids.max${tab}5"
out="$in
"
check 'a stream goes through -n' 0 ctr-cgroup -n
err_like='usage: *'
check '-c without -n' 2 ctr-cgroup -c 1 shop_x
err_like='ctr-cgroup: -c takes a number *'
check 'a version that there is not' 2 ctr-cgroup -n -c 3 shop_x

# From here on in the keys of version 1 where they are read, on a host of version 1.
ctr-create -q shop_db container=shop:db template=busybox >/dev/null || exit 1
conf=$CTR_LXCPATH/shop_db/ctr/cgroup.conf
if [ "$host" = 1 ]; then
	memory=memory.limit_in_bytes swap=memory.memsw.limit_in_bytes weight=cpu.shares key=lxc.cgroup
	weight_is=1024 usual=1024 unlimited=9223372036854771712
else
	memory=memory.max swap=memory.swap.max weight=cpu.weight key=lxc.cgroup2
	weight_is=100 usual=100 unlimited=max
fi

has()
{
	lxc-cgroup -n shop_db "$1"
}

# A container that does not run.
out_like="*set 'pids.max' to '50'*"
check 'limits, of a container that does not run' 0 ctr-cgroup shop_db cgroup=memory.limit_in_bytes=200000000 \
    cgroup=cpu.weight=100 cgroup=pids.max=50 cgroup=cpuset.cpus=0
text=$(cat "$conf")
is 'in the keys of the host' "$text" "$key.$memory = 200000000
$key.$weight = $weight_is
$key.cpuset.cpus = 0
$key.pids.max = 50"
err_like="ctr-cgroup: shop_db: the kernel refuses '8000' for 'cpuset.cpus': *"
out_like='*error*'
check 'a value that the kernel does not take' 1 ctr-cgroup shop_db cgroup=cpuset.cpus=8000
is 'the file is as it was' "$(cat "$conf")" "$text"
is 'no group is left' "$(find /sys/fs/cgroup -name 'ctr-try.*' 2>/dev/null)" ''
before=$(stat -c '%i' "$conf" "$CTR_LXCPATH/shop_db/ctr/record")
out='shop_db
'
check 'a second time' 0 ctr-cgroup -v shop_db
is 'nothing was written' "$(stat -c '%i' "$conf" "$CTR_LXCPATH/shop_db/ctr/record")" "$before"

ctr-config -q shop_db 'command=sleep 1000' >/dev/null
ctr-start -q shop_db >/dev/null
is 'a start sets them' "$(has $memory) $(has $weight) $(has cpuset.cpus) $(has pids.max)" \
    "199999488 $weight_is 0 50"
out='shop_db
'
check 'running: nothing to do' 0 ctr-cgroup -v shop_db
is 'the kernel counts in pages, and that is no difference' "$(stat -c '%i' "$conf")" "${before%%
*}"

# A running container.
got=
for size in 1G 50M 300M; do
	ctr-cgroup -q shop_db cgroup=memory.max=$size cgroup=memory.swap.max=$size >/dev/null 2>&1
	got="$got $(has $memory)"
done
is 'memory and swap, up and down and up' "$got" ' 1073741824 52428800 314572800'
[ "$host" = 2 ] || is 'together in version 1' "$(has $swap)" 629145600
text=$(cat "$conf")
cp "$CTR_LXCPATH/shop_db/ctr/record" record
err_like="ctr-cgroup: shop_db: the kernel refuses '8000' for 'cpuset.cpus': *"
out_like='*error*'
check 'a value that the kernel does not take' 1 ctr-cgroup shop_db cgroup=memory.max=100M cgroup=pids.max=7 \
    cgroup=cpuset.cpus=8000
is 'the kernel has the old ones' "$(has $memory) $(has cpuset.cpus) $(has pids.max)" '314572800 0 50'
is 'so has the file' "$(cat "$conf")" "$text"
ok 'so has the record' cmp record "$CTR_LXCPATH/shop_db/ctr/record"
err="ctr-cgroup: shop_db: there is no limit 'memory.nonesuch' in control groups of either version"
out_like='*error*'
check 'a key that there is not' 1 ctr-cgroup shop_db cgroup=pids.max=7 cgroup=memory.nonesuch=1
is 'nothing was written' "$(has pids.max) $(cat "$conf")" "50 $text"

lxc-cgroup -n shop_db pids.max 77
out="shop_db${tab}did${tab}ctr-cgroup${tab}restored its limits
"
check 'one that somebody changed' 0 ctr-cgroup shop_db
is 'it is restored' "$(has pids.max)" 50

# One limit, said in the two forms.
ctr-cgroup -q shop_db cgroup=cpu.shares=2 >/dev/null
is 'the other form takes the place of the first' "$(grep -c $weight "$conf") $(grep -c cpu "$conf")" '1 2'
[ "$host" = 2 ] || is 'it holds' "$(has cpu.shares)" 2
ctr-cgroup -qu shop_db cgroup=cpu.weight=1 >/dev/null
is 'undo in the other form' "$(grep -c $weight "$conf") $(has $weight)" "0 $usual"

# Rules of devices wait.
out_like="*pending${tab}cgroup*"
check 'a rule of devices' 0 ctr-cgroup shop_db 'cgroup=devices.deny=c 10:200 rwm'
out="shop_db${tab}pending${tab}cgroup
"
check 'waits for the next start' 0 ctr-cgroup shop_db
ctr-start -qr shop_db >/dev/null
out='shop_db
'
check 'and then no more' 0 ctr-cgroup shop_db
like 'the rule is there' "$(lxc-info -n shop_db -c $key.devices.deny)" '*c 10:200 rwm*'

# A whole record takes away what it does not say.
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}cgroup${tab}pids.max${tab}60"
out_like="*took the limit '$memory' away*"
check 'a whole record' 0 ctr-cgroup
is 'the file' "$(cat "$conf")" "$key.pids.max = 60"
is 'the kernel' "$(has $memory) $(has pids.max)" "$unlimited 60"
if [ "$host" = 1 ]; then
	above=/sys/fs/cgroup/cpuset$(sed -n 's,^[0-9]*:cpuset:\(.*\)/init.scope,\1,p' /proc/1/cgroup)/cpuset.cpus
else
	above=/sys/fs/cgroup$(sed -n 's,^0::\(.*\)/init.scope,\1,p' /proc/1/cgroup)/cpuset.cpus.effective
fi
is 'the processors of the group above' "$(has cpuset.cpus)" "$(cat "$above")"
out_like="*took the limit 'pids.max' away*"
check 'undo of all' 0 ctr-cgroup -u shop_db
is 'the kernel' "$(has pids.max) $(cat "$conf")" 'max '

out='shop_none
'
check 'undo where nothing is' 0 ctr-cgroup -u shop_none
err='ctr-cgroup: shop_none: there is no such container'
out_like='*error*'
check 'a container that is not there' 1 ctr-cgroup shop_none cgroup=pids.max=5
lxc-freeze -n shop_db
out_like='*set*'
check 'a frozen one' 0 ctr-cgroup shop_db cgroup=pids.max=5
is 'the kernel' "$(has pids.max)" 5
lxc-unfreeze -n shop_db # or it cannot be killed
done_testing
