# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# For the tests, each of which begins with `. ./t/lib.sh` or `. "${0%/*}/lib.sh"`: runs the test again in a
# sandbox, then gives it the functions at the end of this file.
#
# The sandbox is a network, mount and PID namespace of its own, with real containers in it. There, below
# $T=/run/test, are $CTR_LXCPATH, $CTR_STATE, $HOME, $TMPDIR and the empty current directory; /run and /etc/lxc are
# the sandbox's own. $top is the checkout; the programs of $BUILD come first in $PATH. Of the
# environment nothing else comes in. $T is a disk of its own, ext4 in one file under the host's $TMPDIR: its files need not
# be removed one by one, and an ext4 without a journal, as the host's may be, looks at each inode that was freed within
# the last minute before it makes a file, with a dozen tests that remove and make thousands. Without barriers: what is synced
# is not waited for to be on the host's disk, too.
#
# Control groups outlive the namespaces. The sandbox has a group of its own in each hierarchy, and what is in
# it is killed and removed from outside: by a process that waits for the end of a FIFO whose only writer is the
# shell outside, so that it does so too where that shell was killed.

top=$(cd "${0%/*}/.." && pwd) || exit 1
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
T=/run/test

# The group $1 in each hierarchy of control groups. In a sandbox, each is mounted twice in one place. In version 2 it
# is beside the group that this process is in: whoever made that (systemd, for a unit) enabled controllers in the one
# above, which they cannot be where processes are.
sandbox_groups()
{
	beside=$(sed -n 's,^0::\(.*\)/[^/]*$,\1,p' /proc/self/cgroup)
	while read -r _ dir type _; do
		case $type in
		cgroup) echo "$dir/$1" ;;
		cgroup2) echo "$dir$beside/$1" ;;
		esac
	done </proc/self/mounts | sort -u
}

# Outside, first: makes $groups, those of $1. liblxc works in the group of the namespace's PID 1, and for a PID 1 in
# G/init.scope that is G, as under systemd.
sandbox_make_groups()
{
	groups=$(sandbox_groups "$1")
	# shellcheck disable=SC2046,SC2086 # lists
	mkdir $groups $(printf '%s/init.scope ' $groups) || return 1
	for g in $groups; do
		if [ -f "$g/cgroup.controllers" ]; then
			# shellcheck disable=SC2013 # words
			for c in $(cat "$g/cgroup.controllers"); do
				echo "+$c" >"$g/cgroup.subtree_control"
			done
		elif [ -f "$g/cpuset.cpus" ]; then
			for f in cpuset.cpus cpuset.mems; do
				cat "${g%/*}/$f" >"$g/$f"
				cat "$g/$f" >"$g/init.scope/$f"
			done
		fi
	done
}

# Outside, last: kills what is left in the groups, removes them and the directory.
sandbox_end()
{
	read -r _ # until the shell outside is gone; it writes nothing
	tries=0 groups=$(sandbox_groups "$1")
	# Where one of them is gone find(1) fails, too.
	# shellcheck disable=SC2086 # a list
	while [ $((tries += 1)) -le 1000 ]; do
		pids=$(find $groups -name cgroup.procs -exec cat {} +)
		[ -z "$pids" ] || kill -9 $pids
		find $groups -depth -type d -exec rmdir {} + && break
		find $groups -prune | grep -q . || break
		sleep 0.02
	done 2>/dev/null
	rm -rf --one-file-system "${2:?}"
}

# Inside, as PID 1: mounts, then runs the test $2 and its operands with the sandbox's directory $1.
sandbox_init()
{
	# Out of a chroot lxc-attach would go to the host's root, where the tests' commands do not belong.
	if [ "$(stat -c %d:%i /)" != "$(nsenter --mount=/proc/self/ns/mnt stat -c %d:%i /)" ]; then
		echo 'Bail out! in a chroot no sandbox can be made'
		exit 1
	fi
	# Under AppArmor, the profile that LXC makes for each container would have one name in all sandboxes: instead the
	# one that comes with LXC and allows the same.
	profile=lxc-container-default-with-nesting securityfs=
	[ ! -d /sys/kernel/security/apparmor ] || securityfs=1
	grep -qs "^$profile " /sys/kernel/security/apparmor/profiles || profile=unconfined
	mount --make-rprivate / || exit 1
	if ! { truncate -s 16G "$1/disk" &&
	    mke2fs -q -t ext4 -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$1/disk" &&
	    mount -o loop,noinit_itable,nobarrier "$1/disk" "$1" && rmdir "$1/lost+found" && chmod 755 "$1"; }; then
		echo 'Bail out! no disk can be made for the sandbox: mke2fs, mount -o loop'
		exit 1
	fi
	# liblxc looks up interfaces in /sys/class/net, which must be this network namespace's.
	mkdir "$1/cgroup" &&
	mount --rbind /sys/fs/cgroup "$1/cgroup" &&
	mount -t sysfs sysfs /sys &&
	mount --rbind "$1/cgroup" /sys/fs/cgroup &&
	umount -l "$1/cgroup" && rmdir "$1/cgroup" &&
	{ [ -z "$securityfs" ] || mount -t securityfs securityfs /sys/kernel/security; } &&
	mkdir "$1/lxc" "$1/state" "$1/home" "$1/tmp" "$1/units" "$1/work" "$1/etc" &&
	echo "lxc.lxcpath = $T/lxc" >"$1/etc/lxc.conf" &&
	printf '%s\n' 'lxc.net.0.type = empty' "lxc.apparmor.profile = $profile" >"$1/etc/default.conf" &&
	mount --bind "$1/etc" /etc/lxc &&
	mount --bind "$1" /mnt &&
	mount -t tmpfs -o mode=755 tmpfs /run &&
	mkdir /run/lock "$T" && mount --move /mnt "$T" &&
	ip link set lo up || exit 1
	# The busybox template makes its links with a process each, 300 of them: nine tenths of a test's time on a slow
	# machine. Here one makes them all; t/sandbox.t compares what comes out.
	template=/usr/share/lxc/templates/lxc-busybox
	sed "s/xargs -n1 ln -s busybox\$/perl -lne 'symlink \"busybox\", \$_'/" $template >"$T/lxc-busybox" &&
	chmod 755 "$T/lxc-busybox" &&
	mount --bind "$T/lxc-busybox" $template || exit 1
	for d in /var/lib/lxc /var/lib/ctr; do # nobody writes there
		[ ! -d "$d" ] || mount -t tmpfs -o ro tmpfs "$d" || exit 1
	done
	# For the sanitized build. What they find goes to files, which done_testing looks for: a monitor or a
	# daemon has no stderr. No leaks: memory is given back by exit(3) in programs that run for an instant, and
	# where liblxc execs or a child calls _exit(2) nothing would be looked for anyway. What gcov says, of a program
	# that was killed while it wrote its counts, is no stderr of ours either.
	asan=detect_leaks=0:print_stacktrace=1:log_path=$T/sanitizer
	shift
	timeout --foreground -k 5 "${CTR_TEST_TIMEOUT:-1800}" env -i LC_ALL=C TZ=UTC TERM=dumb HOME="$T/home" \
	    PATH="$build/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
	    TMPDIR="$T/tmp" CTR_LXCPATH="$T/lxc" CTR_STATE="$T/state" CTR_HOSTS="$T/hosts" CTR_UNITS="$T/units" \
	    BUILD="$build" CTR_SANDBOX=1 CTR_TEST_NO_SKIP="${CTR_TEST_NO_SKIP-}" CTR_TEST_SLOW="${CTR_TEST_SLOW-}" \
	    CTR_TEST_ROUNDS="${CTR_TEST_ROUNDS-}" CTR_TEST_ALL="${CTR_TEST_ALL-}" ASAN_OPTIONS="$asan" \
	    UBSAN_OPTIONS="$asan" GCOV_ERROR_FILE="$T/gcov" \
	    sh "$@" </dev/null
	exit $?
}

case ${CTR_SANDBOX-} in
'')
	# Outside, in a test that was just started.
	umask 022
	if [ "$(id -u)" != 0 ]; then
		[ "${CTR_TEST_NO_SKIP-}" = 1 ] || { echo '1..0 # SKIP only root can make the sandbox'; exit 0; }
		echo 'Bail out! only root can make the sandbox'; exit 1
	fi
	dir=$(mktemp -d "${TMPDIR:-/tmp}/ctr-test-XXXXXX") && chmod 755 "$dir" && mkfifo "$dir/alive" || exit 1
	name=${dir##*/}
	CTR_SANDBOX=end setsid sh "$top/t/lib.sh" "$name" "$dir" <"$dir/alive" >/dev/null 2>&1 &
	end=$!
	exec 9>"$dir/alive"
	rm "$dir/alive"
	sandbox_make_groups "$name" || exit 1
	(
		exec 9>&-
		for g in $groups; do
			echo 0 >"$g/init.scope/cgroup.procs" || exit 1
		done
		CTR_SANDBOX=init exec unshare --net --mount --pid --fork --kill-child --mount-proc \
		    sh "$top/t/lib.sh" "$dir" "$0" "$@"
	)
	status=$?
	exec 9>&-
	wait "$end"
	exit "$status"
	;;
init) sandbox_init "$@" ;;
end) sandbox_end "$@"; exit ;;
esac

# From here on inside, in the test.
cd "$T/work" || exit 1

# An end without done_testing (or skip) is a failure.
done=
trap '[ -n "$done" ] || { echo "# ended before done_testing"; exit 1; }' EXIT

# pass DESCRIPTION, fail DESCRIPTION: one result. Counted in a file, so that a subshell may do it too.
pass()
{
	printf "ok - %s\n" "$1"
	echo pass >>"$T/results"
}

fail()
{
	printf "not ok - %s\n" "$1"
	printf "# %s: not ok - %s\n" "$0" "$1" >&2
	echo fail >>"$T/results"
}

# plan N: how many results there will be. Not needed where done_testing ends the test.
plan()
{
	planned=$1
	echo "1..$1"
}

done_testing()
{
	done=1
	for f in "$T"/sanitizer.*; do
		if [ -f "$f" ]; then
			fail 'nothing found by the sanitizers'
			diag <"$f"
		fi
	done
	touch "$T/results"
	n=$(wc -l <"$T/results")
	[ -n "${planned-}" ] || echo "1..$n"
	! grep -q fail "$T/results" || exit 1
	[ "${planned:-$n}" -eq "$n" ] || exit 1
	exit 0
}

# skip REASON: this test cannot run here at all.
skip()
{
	done=1
	[ "${CTR_TEST_NO_SKIP-}" != 1 ] || { echo "Bail out! skips are forbidden: ${1:?}"; exit 1; }
	echo "1..0 # SKIP ${1:?}"
	exit 0
}

# Its input as lines of diagnostics; on stderr, which prove(1) shows.
diag()
{
	awk '{ print "#   " $0 }' >&2 # which ends the last line too
}

# is DESCRIPTION GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		printf 'got:\n%s\nexpected:\n%s\n' "$2" "$3" | diag
	fi
}

# like DESCRIPTION GOT PATTERN: a pattern of the shell's, that the whole must match
like()
{
	# shellcheck disable=SC2254 # a pattern
	case $2 in
	$3) pass "$1" ;;
	*)
		fail "$1"
		printf 'got:\n%s\nexpected, as a pattern:\n%s\n' "$2" "$3" | diag
		;;
	esac
}

# ok DESCRIPTION COMMAND...: it exits 0, whatever it writes
ok()
{
	what=$1
	shift
	"$@" >"$T/got.out" 2>&1
	got=$?
	if [ "$got" = 0 ]; then
		pass "$what"
	else
		fail "$what"
		{ echo "status $got of: $*"; cat "$T/got.out"; } | diag
	fi
}

# check DESCRIPTION STATUS COMMAND...: runs the command, and compares its status, its stdout with $out and its
# stderr with $err; each without its last newline. Where $out_like or $err_like is set, it is a pattern of the
# shell's for the whole. Its stdin is $in, where that is set. All five are unset afterwards, so each
# check says what differs from: no input but check's own stdin, nothing written. What it wrote is in
# $T/got.out and $T/got.err. No test expects a missing command or a crash.
#
#	in='shop_db	container	shop	db'
#	err='ctr-stop: shop_db: there is no such container'
#	check 'stop what is not there' 1 ctr-stop
check()
{
	what=$1 want=$2
	shift 2
	if [ -n "${in+set}" ]; then
		printf '%s\n' "$in" >"$T/in"
		"$@" <"$T/in" >"$T/got.out" 2>"$T/got.err"
	else
		"$@" >"$T/got.out" 2>"$T/got.err"
	fi
	got=$?
	wrong=
	[ "$got" = "$want" ] || wrong="status $got, expected $want"
	case $got in 127 | 13[24569]) wrong="status $got" ;; esac
	check_text stdout "$T/got.out" "${out-}" "${out_like-}"
	check_text stderr "$T/got.err" "${err-}" "${err_like-}"
	unset in out err out_like err_like
	if [ -z "$wrong" ]; then
		pass "$what"
	else
		fail "$what"
		{
			printf 'of: %s\n%s\n' "$*" "$wrong"
			echo stdout:; head -c 4000 "$T/got.out"
			echo stderr:; head -c 4000 "$T/got.err"
		} | diag
	fi
}

# check_text STREAM FILE TEXT PATTERN: adds to $wrong
check_text()
{
	if [ -n "$4" ]; then
		# shellcheck disable=SC2254 # a pattern
		case $(cat "$2") in $4) return ;; esac
		wrong="$wrong
$1 is not like: $4"
	else
		if [ -n "$3" ]; then printf '%s\n' "$3"; fi >"$T/want"
		cmp -s "$T/want" "$2" || wrong="$wrong
$1 differs:
$(diff -a "$T/want" "$2" | head -n 40)"
	fi
}

# wait_for SECONDS COMMAND...: until it exits 0; fails after that time, of which there is more on a machine that is slow
# by the factor $CTR_TEST_SLOW, and says so
wait_for()
{
	read -r now _ </proc/uptime
	begun=${now%.*}
	until=$((begun + $1 * ${CTR_TEST_SLOW:-1} + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		read -r now _ </proc/uptime
		[ "${now%.*}" -lt "$until" ] || { echo "$((until - begun)) s in vain: $*" | diag; return 1; }
		sleep 0.05
	done
}

# of_all N SOME: N where all is to be tested, with CTR_TEST_ALL as make sanitize and make cover have it, else SOME
of_all()
{
	[ -n "${CTR_TEST_ALL-}" ] && echo "$1" || echo "$2"
}

# works FILE: a command that has had 40 ms of a processor when it fails
works()
{
	printf '%s\n' '#!/bin/sh' 'had=0' 'while [ "$had" -lt 40000000 ]; do read -r had _ </proc/self/schedstat; done' 'exit 1' \
	    >"$1" && chmod +x "$1"
}

# sanitized: whether these programs are of a sanitized build, whose sizes and times say nothing
sanitized()
{
	grep -q __asan_init "$build/bin/ctr-start"
}

# busybox_base [NAME]: a busybox container made by hand, stopped, to clone from ("base")
busybox_base()
{
	lxc-create -n "${1:-base}" -t busybox >"$T/lxc-create.log" 2>&1 || { diag <"$T/lxc-create.log"; exit 1; }
}

# debian_base [NAME]: a container of Debian 12, with systemd, made by hand, stopped, to clone from ("debian"). What is
# written to it is gone with the sandbox.
debian_base()
{
	base=$top/build-bases/debian d=$CTR_LXCPATH/${1:-debian}
	[ -d "$base" ] || skip 'no container of Debian: make bases'
	mkdir -p "$d/rootfs" "$T/debian/upper" "$T/debian/work" &&
	mount -t overlay -o "lowerdir=$base/rootfs,upperdir=$T/debian/upper,workdir=$T/debian/work" \
	    overlay "$d/rootfs" &&
	sed "s,^lxc.rootfs.path = .*,lxc.rootfs.path = dir:$d/rootfs," "$base/config" >"$d/config" &&
	sed -n '/^lxc\.apparmor\./p' /etc/lxc/default.conf >>"$d/config" || exit 1 # as if made here
}

# root_ids: what root has in /etc/subuid and /etc/subgid to give to containers; both are the file `ids` of the current
# directory
root_ids()
{
	echo root:1000000:6553600 >ids
	for f in /etc/subuid /etc/subgid; do
		[ -e $f ] || touch $f
		mount --bind ids $f || exit 1
	done
}

# client_ns: another host, 192.0.2.2 and 2001:db8::2, beyond an interface `outside` of this one, which is
# 192.0.2.1 and 2001:db8::1 there. client COMMAND... runs a command on it.
client_ns()
{
	touch "$T/client" &&
	unshare --net="$T/client" true &&
	ip link add outside type veth peer name eth0 &&
	ip link set eth0 netns "$T/client" &&
	ip addr add 192.0.2.1/24 dev outside &&
	ip addr add 2001:db8::1/64 dev outside nodad &&
	ip link set outside up &&
	client ip link set lo up &&
	client ip addr add 192.0.2.2/24 dev eth0 &&
	client ip addr add 2001:db8::2/64 dev eth0 nodad &&
	client ip link set eth0 up &&
	client ip route add default via 192.0.2.1 &&
	client ip route add default via 2001:db8::1 || exit 1
}

# client_settled: until the interface `outside` has the address that the kernel gives it, which comes an instant after it is up
# and is tentative for a second
client_settled()
{
	wait_for 60 sh -c 'ip -6 addr show dev outside scope link | grep fe80: && ! ip -6 addr show tentative | grep .'
}

client()
{
	nsenter --net="$T/client" "$@"
}
