#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh BASES DEB TEST...: boots the virtual machine of BASES/vm with the package and this checkout, and writes, when it has
# ended, the TAP that t/vm/guest.sh prints there on the second serial port: a result a TEST (t/NAME.t, t/vm/NAME.t). For
# prove(1), which fails on what that says, on a plan that is missing, and on the time limit. The first serial port, with
# the kernel's messages, goes to $BUILD/vm/console.log, and what is written is in $BUILD/vm/tap.log as it comes.
#
# The processor is emulated, whatever this machine has: /dev/kvm is not everywhere, and not everywhere sound. What it
# cannot do fast is left out: clearing and copying memory by a byte, and translating a program anew
# because it lies at another address each time. A unit of systemd is given 20 minutes to start. Disks are
# written to copies that end with the machine. The time is that of the processor's counter, and no device's.
#
# An emulated machine may come to stand still, both its processors busy, and not one program of it running; once it was where
# the kernel began to use the device hpet for its clock: t/vm/guest.sh says each minute that it is there. Where nothing came
# for five, the machine is begun again, once; why it stood is on stderr: where its processors are, and what its kernel said
# last.
set -eu

bases=$1 deb=$2
shift 2
top=$(cd "${0%/*}/../.." && pwd)
dir=${BUILD:-$top/build}/vm
limit=${CTR_VM_TIMEOUT:-1800} # seconds
silence=${CTR_VM_SILENCE:-300}
rm -rf "$dir"
mkdir -p "$dir/ctrkit/build-bases/debian"
# What is built is the package's; the rest is what tests look at.
cp -r "$top/t" "$top/man" "$top/cmd" "$top/common" "$top/README" "$top/Makefile" "$deb" "$dir/ctrkit/"
printf '%s\n' "$@" >"$dir/ctrkit/tests"
echo $((limit * 2 / 3)) >"$dir/ctrkit/limit"
truncate -s 64M "$dir/ctrkit.ext4"
mke2fs -q -t ext4 -d "$dir/ctrkit" "$dir/ctrkit.ext4"

options="systemd.default_timeout_start_sec=1200 hpet=disable tsc=reliable"
disk=format=raw,if=virtio,snapshot=on

# boot: the machine, until it ends. Returns its status, 124 after the limit, 75 where it stood still.
boot()
{
	: >"$dir/tap.log"
	TMPDIR=$dir timeout --foreground -k 10 "$limit" qemu-system-x86_64 \
	    -nodefaults -no-user-config -display none -nic none -monitor "unix:$dir/monitor,server=on,wait=off" \
	    -machine q35 -accel tcg,thread=multi -cpu max,-erms,-fsrm -smp 2 -m 2048 \
	    -kernel "$bases/vm/vmlinuz" -initrd "$bases/vm/initrd.img" \
	    -append "root=/dev/vda rw console=ttyS0 mitigations=off norandmaps nokaslr init_on_alloc=0 panic=1 $options" \
	    -drive "file=$bases/vm/root.ext4,$disk" -drive "file=$dir/ctrkit.ext4,$disk" \
	    -drive "file=$bases/vm/debian.ext4,$disk" \
	    -serial "file:$dir/console.log" -serial "file:$dir/tap.log" </dev/null &
	machine=$!
	while kill -0 "$machine" 2>/dev/null; do
		sleep 1
		[ $(($(date +%s) - $(stat -c %Y "$dir/tap.log"))) -lt "$silence" ] || break
	done
	if kill -0 "$machine" 2>/dev/null; then
		echo 'info registers -a' | socat -t 5 - "unix:$dir/monitor" | grep -a '^CPU#\|[RE]IP=' >&2 || :
		kill "$machine"
		wait "$machine" || :
		return 75
	fi
	wait "$machine"
}

status=0
boot || status=$?
if [ "$status" = 75 ]; then
	tail -n 20 "$dir/console.log" "$dir/tap.log" >&2
	echo "run.sh: the virtual machine stood still for $silence seconds, and is begun again" >&2
	status=0
	boot || status=$?
fi
cat "$dir/tap.log"
if [ "$status" != 0 ]; then
	tail -n 20 "$dir/console.log" >&2
	echo "Bail out! the virtual machine ended with status $status; see $dir/console.log"
	exit "$status"
fi
