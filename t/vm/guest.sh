#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the virtual machine, at each boot: runs the tests that t/vm/run.sh asks for: those in t/vm/, one after the other, on
# the machine itself, and beside them the others, each in its sandbox. Of each it prints one result, in TAP, on the
# second serial port, and each minute that it is there; then it powers off.
#
# A test in t/vm/ that calls reboot_vm (t/vm/lib.sh) has the machine rebooted and is begun again: what it printed in all its
# parts is one test. What is to be known after a reboot is in $dir.
set -u

top=/ctrkit
dir=/var/lib/ctr-vm
jobs=2

# result STATUS TEST BEGIN TEXT: what prove(1) said, or else its number of results
result()
{
	read -r end _ </proc/uptime
	took=$((${end%.*} - ${3%.*}))
	if [ "$1" = 0 ]; then
		text="ok - $2 ($(echo "$4" | sed -n 's/^Files=1, Tests=\([0-9]*\),.*/\1/p') results, $took s)"
	else
		text=$(echo "$4" | sed 's/^/# /'; echo "not ok - $2 ($took s)")
	fi
	say "$text"
}

# say TEXT: in one piece
say()
{
	exec 4>>"$dir/lock" # of its own: all have the serial port from one shell, and so would have one lock
	flock 4
	printf '%s\n' "$1" >&3
	exec 4>&-
}

# one TEST: in its sandbox
one()
{
	read -r begin _ </proc/uptime
	said=$(prove -q "$1" 2>&1 3>&-)
	result $? "$1" "$begin" "$said"
}

# part TEST: on this machine, until it ends; fails where reboot_vm ended it
part()
{
	mkdir -p /run/test "$dir/test/work" "$dir/test/tmp"
	mount --bind "$dir/test" /run/test
	read -r begin _ </proc/uptime
	status=0
	timeout "$CTR_TEST_TIMEOUT" sh "$1" </dev/null >>"$dir/out" 2>>"$dir/err" 3>&- || status=$?
	umount -l /run/test
	[ "$status" != 194 ] || return 1
	said=$(prove -q -e cat "$dir/out" 2>&1) && [ "$status" = 0 ]
	wrong=$?
	[ "$wrong" = 0 ] || said="status $status
$(cat "$dir/err" "$dir/out")
$said"
	result "$wrong" "$1" "$begin" "$said"
	rm -rf --one-file-system "$dir/out" "$dir/err" "$dir/mark" "$dir/test"
	echo "$1" >>"$dir/done"
}

if [ "${1-}" = one ]; then
	one "$2"
	exit
fi

exec 3>/dev/ttyS1 && stty -F /dev/ttyS1 raw && cd "$top" &&
mount -o ro /dev/vdc build-bases/debian || exit 1
# A group in which controllers can be enabled has no processes: this one's is below the unit's.
group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
mkdir "$group/tests" && echo $$ >"$group/tests/cgroup.procs" || exit 1
sed 's/ / +/g; s/^/+/' "$group/cgroup.controllers" >"$group/cgroup.subtree_control" || exit 1

CTR_TEST_TIMEOUT=$(cat limit)
export CTR_TEST_TIMEOUT CTR_TEST_SLOW=10 CTR_TEST_NO_SKIP=1 BUILD="$dir/build" LC_ALL=C TZ=UTC HOME=/root TERM=dumb
others=
if [ ! -d "$dir" ]; then
	mkdir -p "$dir/build/bin"
	echo "1..$(wc -l <tests)" >&3
	dpkg -i ctrkit_*.deb >"$dir/dpkg.log" 2>&1 || { sed 's/^/# /' "$dir/dpkg.log" >&3; exit 1; }
	# The package is what is tested, laid out as a build.
	for f in $(dpkg -L ctrkit | grep ^/usr/bin/.); do
		ln -s "$f" "$dir/build/bin/"
	done
	ln -s /usr/libexec "$dir/build/libexec"
	touch "$dir/done"
	grep -v ^t/vm/ tests | xargs -r -P "$jobs" -n 1 sh t/vm/guest.sh one &
	others=$!
fi
while sleep 60; do
	read -r now _ </proc/uptime
	say "# ${now%.*} s after the boot"
done &
minutes=$!
grep ^t/vm/ tests | grep -vxFf "$dir/done" | while read -r t; do part "$t" || exit 1; done
status=$?
[ -z "$others" ] || wait "$others"
kill "$minutes"
if [ "$status" = 0 ]; then
	systemctl --no-block poweroff
else
	systemctl --no-block reboot
fi
