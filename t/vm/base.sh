#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# base.sh BASES PACKAGE...: makes in BASES/vm the virtual machine of the tests: vmlinuz, initrd.img, and root.ext4, a
# Debian 12 with the packages, systemd and lxc-net's bridge, which at each boot runs t/vm/guest.sh from the
# checkout's disk; and debian.ext4, a disk with the container BASES/debian. Does nothing where that is there already, made by
# this script of the same.
set -eu

bases=$1 dir=$1/vm
here=${0%/*}
shift
wanted=$(cksum <"$0"; stat -c %i:%Y "$bases/debian/config"; printf '%s\n' "$@")
[ "$(cat "$dir/made-of" 2>/dev/null)" != "$wanted" ] || exit 0

. "$here/../mirror.sh"
root=$dir/root
rm -rf --one-file-system "$dir"
mkdir -p "$dir"

# The kernel needs the driver of its disk, and no other, before it has its root. What is not unpacked is said to dpkg when
# that is there: of the first packages mmdebstrap would filter each with a program of its own, which takes minutes.
PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap --variant=apt --include="$(printf '%s ' "$@")" \
    --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/etc/dpkg/dpkg.cfg.d"
	printf "path-exclude=/usr/share/%s/*\n" doc man info locale >"$1/etc/dpkg/dpkg.cfg.d/ctrkit"
	echo MODULES=list >"$1/etc/initramfs-tools/conf.d/ctrkit"
	printf "%s\n" virtio_pci virtio_blk >"$1/etc/initramfs-tools/modules"' \
    bookworm "$root" "deb $main bookworm main" ${security:+"deb $security bookworm-security main"} \
    >"$dir/log" 2>&1 </dev/null || {
	tail -n 20 "$dir/log" >&2
	echo "base.sh: mmdebstrap failed; $dir/log has it all" >&2
	exit 1
}

echo ctr-test >"$root/etc/hostname"
echo '127.0.0.1 localhost ctr-test' >"$root/etc/hosts"
echo 'USE_LXC_BRIDGE="true"' >"$root/etc/default/lxc-net"
mkdir "$root/ctrkit"
echo '/dev/vda / ext4 defaults 0 0' >"$root/etc/fstab"
cat >"$root/etc/systemd/system/ctr-tests.service" <<'UNIT'
[Unit]
Description=The tests of ctrkit
After=multi-user.target
FailureAction=poweroff

[Service]
Type=exec
Delegate=yes
ExecStartPre=mount -o ro /dev/vdb /ctrkit
ExecStart=/bin/sh /ctrkit/t/vm/guest.sh

[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl -q enable ctr-tests.service
# What is of no use here, and takes its time in emulation.
chroot "$root" systemctl -q mask getty@tty1.service serial-getty@ttyS0.service systemd-logind.service \
    e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
rm -f "$root"/etc/apparmor.d/nvidia_modprobe "$root"/etc/apparmor.d/lsb_release

cp "$root/vmlinuz" "$root/initrd.img" "$dir/"
# Files with holes.
truncate -s 4G "$dir/root.ext4"
truncate -s 1G "$dir/debian.ext4"
mke2fs -q -t ext4 -d "$root" "$dir/root.ext4"
mke2fs -q -t ext4 -d "$bases/debian" "$dir/debian.ext4"
rm -rf --one-file-system "$root"
printf '%s\n' "$wanted" >"$dir/made-of"
