#!/bin/sh
# ctr-cgroup: rules of devices, by what they let root of the container do. On a host of version 1 that mounts version 2
# beside it, once more with that alone: LXC's filter needs no controller.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
all='</t/zero >/t/zero <>/t/zero </t/full <>/t/full <>/t/null'

# tries NAME: for each way to open a device, yes or no
tries()
{
	# shellcheck disable=SC2086 # a list
	lxc-attach -n "$1" -- sh -c 'for t; do (eval ": $t") 2>&- && printf "yes " || printf "no "; done' sh $all 2>/dev/null
}

# container NAME: one that has the devices, made by hand as ctrkit's own
container()
{
	ctr-create -q "$1" container="${1%%_*}:${1#*_}" template=busybox >/dev/null &&
	ctr-config -q "$1" 'command=sleep 1000' >/dev/null &&
	mkdir "$CTR_LXCPATH/$1/rootfs/t" || exit 1
	for d in zero:5 full:7 null:3; do
		mknod "$CTR_LXCPATH/$1/rootfs/t/${d%:*}" c 1 "${d#*:}" || exit 1
	done
}

# rules NAME: each row of its input is all that is declared of it, and it is started so
rules()
{
	while IFS='|' read -r rules want; do
		printf '%s\n' "$1${tab}container${tab}${1%%_*}${tab}${1#*_}" >record
		echo "$rules" | tr ';' '\n' | sed "s/\([a-z]*\)=/$1${tab}cgroup${tab}devices.\1${tab}/" >>record
		ctr-cgroup -q <record >/dev/null
		ctr-start -qr "$1" >/dev/null
		is "$1, rules: $rules" "$(tries "$1")" "$want "
		out="$1
"
		check 'nothing waits, and nothing is to do' 0 ctr-cgroup -v "$1"
	done
}

# version PROJECT: all of it
version()
{
	container "$1_a"
	ctr-start -q "$1_a" >/dev/null
	is "$1: without a rule" "$(tries "$1_a")" 'yes yes yes yes yes yes '
	rules "$1_a" <<'TABLE'
deny=c 1:5 rw|no no no yes yes yes
deny=a|no no no no no no
deny=a;allow=c 1:5 r;allow=c 1:3 rw|yes no no no no yes
deny=a;allow=c 1:5 rw;deny=c 1:5 w|yes no no no no no
allow=a;deny=c 1:7 r;deny=c 1:7 w|yes yes yes no no yes
TABLE
	# Beside what the container's own configuration says.
	container "$1_b"
	for v in cgroup cgroup2; do
		echo "lxc.$v.devices.deny = a"
		for d in 3 5 7; do echo "lxc.$v.devices.allow = c 1:$d rwm"; done
	done >"$T/rules"
	cat "$T/rules" - <"$CTR_LXCPATH/$1_b/config" >config && cp config "$CTR_LXCPATH/$1_b/config"
	rules "$1_b" <<'TABLE'
deny=c 1:5 w;deny=c 1:7 rwm;allow=c 1:7 r|yes no no yes no yes
deny=a;allow=c 1:5 r;allow=c 1:5 w|yes yes yes no no no
TABLE
	ctr-cgroup -qu "$1_b" >/dev/null
	like "$1_b: the status says that rules wait" "$(ctr-status "$1_b")" "*$1_b${tab}pending${tab}cgroup*"
	ctr-start -qr "$1_b" >/dev/null
	is "$1_b: without rules again" "$(tries "$1_b")" 'yes yes yes yes yes yes '
	is 'and nothing waits' "$(ctr-status "$1_b" | grep pending)" ''
}

# What LXC cannot hold in version 2 is refused, not taken for less.
refused()
{
	text=$(cat "$CTR_LXCPATH/$1_a/ctr/cgroup.conf")
	for access in w r rm; do
		whole=rw
		[ $access != rm ] || whole=rwm
		err="ctr-cgroup: $1_a: LXC's filter in control groups of version 2 cannot deny one of reading and writing \
'c 1:5'; nearest is 'devices.deny' with 'c 1:5 $whole'"
		out_like="*${tab}error${tab}*"
		check "writing or reading alone: $access" 1 ctr-cgroup "$1_a" cgroup=devices.allow=a \
		    "cgroup=devices.deny=c 1:5 $access"
	done
	is 'and nothing was written' "$(cat "$CTR_LXCPATH/$1_a/ctr/cgroup.conf")" "$text"
}

if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
	version two
	refused two
else
	version one
	ctr-stop -q one_a one_b >/dev/null
	if [ -d /sys/fs/cgroup/unified ]; then
		mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup || exit 1
		version two
		refused two
		# Of a host of version 2: its own controllers are those that version 1 has not.
		err_like="ctr-cgroup: two_a: this host's kernel has no 'memory.max' in control groups of version 2"
		out_like="*error*"
		check 'a controller that it does not have' 1 ctr-cgroup two_a cgroup=memory.limit_in_bytes=5M
	fi
fi
done_testing
