# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# For the tests in t/vm/, which begin with `. "${0%/*}/lib.sh"`: they run in the virtual machine, one after the other, as its
# administrator would: with its systemd, /etc/lxc, /var/lib/lxc, /run and network, and with what those before
# them left. They have the functions of t/lib.sh, and $T, which survives a reboot.
#
# $mark is empty when the test begins, and after `reboot_vm MARK` it is MARK:
#
#	if [ -z "$mark" ]; then
#		ok 'enable' ctrctl enable
#		reboot_vm enabled
#	fi
#	ok 'it is running' wait_for 120 running shop_web
#	done_testing

[ -d /var/lib/ctr-vm ] || { echo '1..0 # SKIP for the virtual machine: make check-vm'; exit 0; }
CTR_SANDBOX=vm
. "${0%/*}/../lib.sh"
top=${top%/t}
mark=$(cat /var/lib/ctr-vm/mark 2>/dev/null)

# reboot_vm MARK: ends this part of the test, reboots the machine, and begins the test again
reboot_vm()
{
	echo "${1:?}" >/var/lib/ctr-vm/mark
	done=1
	exit 194
}
