#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# debian-base.sh DIRECTORY: makes DIRECTORY/debian, the LXC container of Debian 12 that the tests which want
# systemd start from (debian_base in lib.sh), by LXC's debian template, from the mirror that this machine's apt uses.
# Does nothing where it is there. On the machine nothing else is changed: the template's cache, its lock and
# its configuration are in a mount namespace of their own.
set -eu

dir=$1
[ ! -d "$dir/debian" ] || exit 0

if [ -z "${2-}" ]; then
	mkdir -p "$dir" /var/cache/lxc
	exec unshare --mount --pid --fork --kill-child --mount-proc sh "$0" "$dir" inside
fi

mount --make-rprivate /
mkdir -p "$dir/cache" "$dir/part" "$dir/etc"
mount --bind "$dir/cache" /var/cache/lxc
mount --bind "$dir/etc" /etc/lxc
: >"$dir/etc/default.conf"

. "${0%/*}/mirror.sh"

rm -rf --one-file-system "$dir/part/debian"
LANG=C lxc-create -P "$dir/part" -n debian -t debian -- -r bookworm --mirror="$main" \
    ${security:+--security-mirror="$security"} >"$dir/log" 2>&1 </dev/null || {
	tail -n 20 "$dir/log" >&2
	echo "debian-base.sh: the template failed; $dir/log has it all" >&2
	exit 1
}
rm -rf --one-file-system "$dir/cache/debian"
rm -rf "$dir/part/debian/rootfs/var/lib/apt/lists" "$dir/part/debian/rootfs/var/cache/apt/archives"
mv "$dir/part/debian" "$dir/debian"
