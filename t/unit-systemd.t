#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-unit where systemd runs: in a container of Debian, whose systemd enables the unit, starts it, starts it again
# after a reboot, takes its words for what was meant, and forgets it.
. "${0%/*}/lib.sh"

debian_base sys
root=$CTR_LXCPATH/sys/rootfs

# The programs, and what they are linked with, where they are here.
mount_in()
{
	echo "lxc.mount.entry = $1 ${1#/} none bind,ro,create=$2 0 0" >>"$CTR_LXCPATH/sys/config"
}
mount_in "$build/bin" dir
ldd "$build"/bin/* | awk '$3 ~ /^\// { print $3 }' | sort -u | while read -r lib; do
	[ -e "$root$lib" ] || mount_in "$(realpath "$lib")" file
	[ -e "$root$lib" ] || [ "$(realpath "$lib")" = "$lib" ] || ln -s "$(realpath "$lib")" "$root/usr/${lib#/}"
done

in_sys()
{
	lxc-attach -n sys --clear-env -- env PATH="$build/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
	    ASAN_OPTIONS=detect_leaks=0 "$@"
}

up()
{
	case $(in_sys systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) return 1 ;; esac
}

show()
{
	in_sys systemctl show -P "$1" "${2:-ctr-shop.service}"
}

lxc-start -n sys
ok 'systemd runs' wait_for 120 up
ok 'enabled' in_sys ctr-unit shop
is 'systemd says so' "$(in_sys systemctl is-enabled ctr-shop.service)" enabled
is 'and has started it' "$(in_sys systemctl is-active ctr-shop.service)" active
is 'Delegate' "$(show Delegate)" yes
like 'after the network' "$(show After)" '*network-online.target*'

# Awkward paths, and one container among them that cannot be read: its message names the path.
lxc="/srv/a b\"c'd\\e%f\$g;h" state="/srv/s t%\\\"'\$HOME"
mkdir -p "$root$lxc/odd_x/ctr" && echo oh >"$root$lxc/odd_x/ctr/record"
in_sys env CTR_STATE="$state" ctr-unit -P "$lxc" odd >out 2>&1
is 'one that fails makes no failed unit' "$? $(in_sys systemctl is-active ctr-odd.service)" '0 active'
is 'the directory of containers' "$(in_sys journalctl -b -u ctr-odd.service -o cat | grep ^ctr-list)" \
    "ctr-list: odd_x: cannot use '$lxc/odd_x/ctr/record'"
ok 'CTR_STATE' test -d "$root$state/create"
eval "set -- $(show RequiresMountsFor ctr-odd.service)" # for a shell to read, in no order
is 'the mounts that it needs' "$(printf '%s\n' "$@" | sort)" "$(printf '%s\n' "$lxc" "$state" | sort)"
check 'systemd finds nothing wrong' 0 in_sys systemd-analyze verify /etc/systemd/system/ctr-shop.service \
    /etc/systemd/system/ctr-odd.service

rm -r "${root:?}$state"
first=$(lxc-info -n sys -p -H)
in_sys systemctl reboot >out 2>&1
again() { pid=$(lxc-info -n sys -p -H) && [ -n "$pid" ] && [ "$pid" != "$first" ] && up; }
ok 'a reboot' wait_for 120 again
is 'it was started again' "$(in_sys systemctl is-active ctr-shop.service ctr-odd.service | tr '\n' ' ')" \
    'active active '
ok 'and ran' test -d "$root$state/create"

ok 'removed' in_sys ctr-unit -u shop
is 'systemd does not know it any more' "$(show LoadState) $(show ActiveState)" 'not-found inactive'
is 'nothing is left' "$(find "$root/etc/systemd" -name '*ctr-shop*')" ''
chmod 0 "$root/usr/bin/systemctl" 2>/dev/null && rm "$root/usr/bin/systemctl"
out_like='*error*'
err="ctr-unit: cannot execute 'systemctl': No such file or directory
ctr-unit: shop: 'systemctl daemon-reload' failed"
check 'no systemctl' 1 in_sys ctr-unit shop
done_testing
