#!/bin/sh
# ctr-cgroup: each key of both versions of control groups, on a real container, by what the kernel's own files say.
. "${0%/*}/lib.sh"

[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && host=2 || host=1

# A row a limit: what is said for version 1, the same for version 2, and with MAY what the kernel need not take: then
# what to write to its file afterwards. - is nothing like it. Rows of one round hold together.
disk=$(awk '$1 ~ /^[0-9]+$/ && $4 !~ /^(loop|ram|sr|fd)/ {print $1 ":" $2; exit}' /proc/partitions)
sed "s/DISK/$disk/g" >rows <<'TABLE'
1|memory.limit_in_bytes=104857600|memory.max=104857600
1|memory.limit_in_bytes=104857600;memory.memsw.limit_in_bytes=157286400|memory.max=104857600;memory.swap.max=52428800
1|memory.soft_limit_in_bytes=52428800|memory.low=52428800
1|-|memory.min=4194304
1|-|memory.high=83886080
1|-|memory.swap.high=41943040
1|-|memory.zswap.max=20971520
1|-|memory.zswap.writeback=0
1|-|memory.oom.group=1
1|memory.kmem.limit_in_bytes=10485760|-|MAY -1
1|memory.kmem.tcp.limit_in_bytes=10485760|-
1|memory.swappiness=10|-
1|memory.oom_control=1|-
1|cpu.shares=512|cpu.weight=50
2|cpu.shares=102400|cpu.weight=10000
1|cpu.cfs_period_us=50000;cpu.cfs_quota_us=20000|cpu.max=20000 50000
1|cpu.cfs_burst_us=5000|cpu.max.burst=5000
3|cpu.idle=1|cpu.idle=1
1|cpu.uclamp.min=20.00|cpu.uclamp.min=20.00
1|cpu.uclamp.max=80.50|cpu.uclamp.max=80.50
1|cpu.rt_period_us=500000|-
1|cpu.rt_runtime_us=1000|-|MAY 0
1|cpuset.cpus=0|cpuset.cpus=0
1|cpuset.mems=0|cpuset.mems=0
2|-|cpuset.cpus.partition=root|MAY member
2|-|cpuset.cpus.exclusive=0|MAY
2|cpuset.cpu_exclusive=1|-|MAY 0
2|cpuset.mem_exclusive=1|-|MAY 0
1|cpuset.mem_hardwall=1|-
1|cpuset.memory_migrate=1|-
1|cpuset.memory_spread_page=1|-
1|cpuset.memory_spread_slab=1|-
1|cpuset.sched_load_balance=0|-
1|cpuset.sched_relax_domain_level=1|-
1|pids.max=99|pids.max=99
1|blkio.weight=200|io.weight=40
1|blkio.weight_device=DISK 400|io.weight=DISK 80|MAY DISK default
1|blkio.leaf_weight=200|-
1|blkio.leaf_weight_device=DISK 200|-
1|blkio.bfq.weight=300|io.bfq.weight=300
1|blkio.bfq.weight_device=DISK 300|io.bfq.weight=DISK 300|MAY DISK default
1|blkio.throttle.read_bps_device=DISK 1048576|io.max=DISK rbps=1048576 wbps=max riops=max wiops=max
2|blkio.throttle.write_bps_device=DISK 2097152|io.max=DISK rbps=max wbps=2097152 riops=max wiops=max
3|blkio.throttle.read_iops_device=DISK 10|io.max=DISK rbps=max wbps=max riops=10 wiops=max
4|blkio.throttle.write_iops_device=DISK 20|io.max=DISK rbps=max wbps=max riops=max wiops=20
1|-|io.latency=DISK target=1000|MAY DISK target=0
1|blkio.prio.class=idle|io.prio.class=idle
1|hugetlb.2MB.limit_in_bytes=8388608|hugetlb.2MB.max=8388608
1|hugetlb.2MB.rsvd.limit_in_bytes=8388608|hugetlb.2MB.rsvd.max=8388608
1|rdma.max=mlx4_0 hca_handle=2 hca_object=max|rdma.max=mlx4_0 hca_handle=2 hca_object=max|MAY mlx4_0 hca_handle=max
1|misc.max=sev 1|misc.max=sev 1|MAY sev max
1|net_cls.classid=1048577|-
1|net_prio.ifpriomap=lo 5|-
TABLE

# A row a key: those of the program, of the page and of this test.
keys()
{
	grep -o '\.v[12] = "[^"]*"' "$top/cmd/ctr-cgroup/table.c" | cut -d '"' -f 2 | sort -u
}
is 'the keys of the page are those of the program' "$(sed -n 's/^\.It \(.*\) Ta \(.*\) Ta .*/\1\n\2/p' \
    "$top/man/ctr-cgroup.1" | sed 's/\\(en//; s/SIZE/*/' | grep '\.' | sort -u)" "$(keys)"
is 'and those of this test, besides what is tried elsewhere' "$( (cut -d '|' -f 2,3 rows | sed 's/[|;]/\n/g' |
    sed -n 's/=.*//p' | sed 's/2MB/*/'; printf '%s\n' cpu.weight.nice devices.allow devices.deny) | sort -u)" "$(keys)"

# Which key is which in the other version: in the program, those of a row, or each with each of a family.
is 'the pairs of the page are those of the program' "$(sed -n 's/^\.It \(.*\) Ta \(.*\) Ta .*/\1|\2/p' \
    "$top/man/ctr-cgroup.1" | sed 's/\\(en/-/; s/SIZE/*/g; /^\\*Em /d; /^Em /d' | sort)" \
    "$(tr '\n' ' ' <"$top/cmd/ctr-cgroup/table.c" | grep -o '{ \.v[12] = [^}]*}' | awk '
	function value(name, t) {
		t = match($0, "[.]" name " = \"?[^\", ]*") ? substr($0, RSTART, RLENGTH) : ""
		sub(/.* = "?/, "", t)
		return t
	}
	{ f = value("family"); if (f == "") f = NR; one[f] = one[f] " " value("v1"); two[f] = two[f] " " value("v2") }
	END { for (f in one) {
		n = split(one[f], a); m = split(two[f], b)
		for (i = 1; i <= (n > 0 ? n : 1); i++) for (j = 1; j <= (m > 0 ? m : 1); j++)
			print (n > 0 ? a[i] : "-") "|" (m > 0 ? b[j] : "-")
	} }' | sort)"

# stream COLUMN: the rows as records
stream()
{
	awk -F '|' -v c="$1" '$c != "-" { n = split($c, a, ";")
		for (i = 1; i <= n; i++) { k = a[i]; sub(/=.*/, "", k); v = a[i]; sub(/[^=]*=/, "", v)
			print "row" NR "\tcgroup\t" k "\t" v }
		print "" }' rows
}

# Translated.
for to in 1 2; do
	stream $((4 - to)) | ctr-cgroup -n -j 1 -c $to 2>"$T/err" | grep -v "${tab=$(printf '\t')}error$tab" | grep . >got
	# Of what has nothing like it the record is as it was.
	awk -F '|' -v from=$((4 - to)) -v to=$((1 + to)) '$from != "-" { c = $to == "-" ? from : to; n = split($c, a, ";")
		for (i = 1; i <= n; i++) { k = a[i]; sub(/=.*/, "", k); v = a[i]; sub(/[^=]*=/, "", v)
			print "row" NR "\tcgroup\t" k "\t" v } }' rows >want
	is "the rows in version $to" "$(cat got)" "$(cat want)"
	is "what has nothing like it in version $to" "$(sed -n "s/^ctr-cgroup: row[0-9]*: '\([^']*\)' has nothing like it in \
control groups of version $to; \(nearest is '.*\|nearest is nft.*\|nothing comes near\)$/\1/p" "$T/err")" \
	    "$(awk -F '|' -v from=$((4 - to)) -v to=$((1 + to)) '$to == "-" { sub(/=.*/, "", $from); print $from }' rows)"
	is 'and no other errors' "$(grep -vc 'has nothing like it' "$T/err")" 0
done

ctr-create -q shop_db container=shop:db template=busybox >/dev/null || exit 1
ctr-config -q shop_db 'command=sleep 1000' >/dev/null
ctr-start -q shop_db >/dev/null || exit 1
pid=$(lxc-info -n shop_db -pH)

# dir_CONTROLLER: its group
while IFS=: read -r _ controllers path; do
	[ "$host" = 1 ] || dir=/sys/fs/cgroup$path
	oldifs=$IFS
	IFS=,
	for c in $controllers; do
		[ "${c#*=}" != "$c" ] || eval "dir_$c=/sys/fs/cgroup/$c$path"
	done
	IFS=$oldifs
done <"/proc/$pid/cgroup"

# file KEY: $file is the kernel's own. Without a process, as what follows: it is done a few hundred times.
file()
{
	[ "$host" = 2 ] || eval "dir=\${dir_${1%%.*}:-/nonexistent}"
	file=$dir/$1
}

# line FILE VALUE: whether one of its lines is that
line()
{
	while read -r line; do
		case $line in "$2" | "default $2" | "oom_kill_disable $2") return 0 ;; esac
	done <"$1"
	return 1
}

# not_set SETTINGS: those that the kernel does not have
not_set()
{
	oldifs=$IFS
	IFS=';'
	for s in $1; do
		file "${s%%=*}"
		line "$file" "${s#*=}" || { echo "$s:"; cat "$file"; }
	done
	IFS=$oldifs
}

# takes SETTING NONE: whether the kernel takes and keeps it; then writes NONE
takes()
{
	file "${1%%=*}"
	{ echo "${1#*=}" >"$file"; } 2>/dev/null || return 1
	line "$file" "${1#*=}"
	t=$?
	echo "$2" >"$file"
	return $t
}

# limit SETTINGS: ctr-cgroup with these
limit()
{
	oldifs=$IFS
	IFS=';'
	# shellcheck disable=SC2086 # a list
	set -- $1
	IFS=$oldifs
	for s; do
		shift
		set -- "$@" "cgroup=$s"
	done
	ctr-cgroup shop_db "$@"
}

# What this host's kernel does not have is an error that says so; the other rows are set.
set=0 missing=0 refused=0
while IFS='|' read -r round one two may; do
	if [ "$host" = 1 ]; then own=$one other=$two; else own=$two other=$one; fi
	[ "$own" != - ] || continue
	said=$own why='' absent=''
	[ "$other" = - ] || said=$other
	oldifs=$IFS
	IFS=';'
	for s in $own; do
		file "${s%%=*}"
		[ -n "$absent" ] || [ -e "$file" ] || absent=${s%%=*}
	done
	IFS=$oldifs
	if [ -n "$absent" ]; then
		why="*this host's kernel has no '$absent' in control groups of version $host*"
		missing=$((missing + 1))
	elif [ -n "$may" ] && ! takes "$own" "${may#MAY}"; then
		why="*the kernel *'${own%%=*}'*"
		refused=$((refused + 1))
	fi
	if [ -z "$why" ]; then
		eval "own_$round=\${own_$round-}\${own_$round:+';'}\$own said_$round=\${said_$round-}\${said_$round:+';'}\$said"
		set=$((set + 1))
		continue
	fi
	file "${own%%=*}"
	before=$(cat "$file" 2>/dev/null)
	err_like=$why out_like="*error*"
	check "$said: the kernel has or takes it not" 1 limit "$said"
	[ -n "$absent" ] || is 'nothing is changed' "$(cat "$file")" "$before"
done <rows
echo "# set $set, missing $missing, refused $refused"

# once SETTINGS: without repeats
once()
{
	once=
	oldifs=$IFS
	IFS=';'
	for s in $1; do
		case ";$once;" in *";$s;"*) ;; *) once=$once${once:+;}$s ;; esac
	done
	IFS=$oldifs
}

# round OWN SAID: those of a round at once
round()
{
	once "$1"
	own=$once files='' expect=''
	oldifs=$IFS
	IFS=';'
	for s in $own; do
		file "${s%%=*}"
		files="$files $file"
		# A group of version 2 with processes in it has processors: those of the group above.
		case $host$s in
		2cpuset.cpus=* | 2cpuset.mems=*) expect="$expect ${file%/*/*}/${file##*/}.effective" ;;
		*) expect="$expect $file" ;;
		esac
	done
	IFS=$oldifs
	# shellcheck disable=SC2086 # a list
	before=$(cat $expect)
	once "$2"
	out_like="*did*"
	check "round: $once" 0 limit "$once"
	is 'the kernel has them all' "$(not_set "$own")" ''
	out='shop_db
'
	check 'they hold' 0 ctr-cgroup shop_db
	is 'the file has them in the keys of the host' \
	    "$(sed 's/^lxc.cgroup2*\.\([^ ]*\) = /\1=/' "$CTR_LXCPATH/shop_db/ctr/cgroup.conf" | sort)" \
	    "$(echo "$own" | tr ';' '\n' | sort)"
	ctr-cgroup -qu shop_db >/dev/null
	# shellcheck disable=SC2086
	is 'taken away, the kernel has what it had' "$(cat $files)" "$before"
}

for n in 1 2 3 4; do
	eval "own=\$own_$n said=\$said_$n"
	round "$own" "$own"
	round "$own" "$said"
done
if [ "$host" = 1 ]; then
	must='memory.limit_in_bytes cpu.shares cpu.cfs_quota_us cpuset.cpus cpuset.mems pids.max'
	must="$must memory.memsw.limit_in_bytes memory.soft_limit_in_bytes"
	must="$must blkio.throttle.read_bps_device blkio.throttle.write_bps_device"
else
	must='memory.max memory.high memory.low memory.min memory.swap.max cpu.weight cpu.max cpu.max.burst'
	must="$must cpuset.cpus cpuset.mems pids.max io.max"
fi
is 'among them what each kernel has' "$(for k in $must; do
	case ";$own_1;$own_2" in *";$k="*) ;; *) echo "$k" ;; esac
done)" ''
# Without a controller its keys would all be missing, which is no failure above. systemd passes on these.
if [ "$host" = 2 ]; then
	file cgroup.controllers
	is 'the group has the controllers of the host' "$(for c in cpuset cpu io memory pids; do
		if grep -qw $c /sys/fs/cgroup/cgroup.controllers && ! grep -qw $c "$file"; then echo $c; fi
	done)" ''
fi

# A nice value is a weight of both versions.
ctr-cgroup -q shop_db cgroup=cpu.weight.nice=5 >/dev/null
if [ "$host" = 1 ]; then
	nice=cpu.shares=335 weight=cpu.shares=512
else
	nice=cpu.weight.nice=5 weight=cpu.weight=50
fi
is 'a nice value' "$(not_set $nice)" ''
out_like="*set*"
check 'the weight takes its place' 0 ctr-cgroup shop_db cgroup=cpu.weight=50
is 'and the kernel has that' "$(not_set $weight)" ''
ctr-cgroup -qu shop_db >/dev/null

# Two disks have a line each in one key's file: the second is a loop device, where the kernel has these built in.
file "$([ "$host" = 1 ] && echo blkio.throttle.read_bps_device || echo io.max)"
if [ -d /sys/block/loop0 ]; then
	ctr-cgroup -q shop_db "cgroup=io.max=$disk rbps=1M" 'cgroup=io.max=7:0 rbps=2M' >/dev/null
	read_bps() { sed 's/ rbps=/ /; s/ wbps.*//' "$file" | sort; }
	is 'two disks' "$(read_bps)" "$(printf '%s\n' "$disk 1048576" '7:0 2097152' | sort)"
	ctr-cgroup -q shop_db 'cgroup=blkio.throttle.read_bps_device=7:0 3M' >/dev/null
	is 'one of them' "$(read_bps)" "$(printf '%s\n' "$disk 1048576" '7:0 3145728' | sort)"
	ctr-cgroup -qu shop_db "cgroup=io.max=$disk rbps=1M" >/dev/null
	is 'without the other' "$(read_bps)" '7:0 3145728'
	ctr-cgroup -qu shop_db >/dev/null
	is 'and none' "$(cat "$file")" ''
fi

done_testing
