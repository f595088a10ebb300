#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# 50 containers that run: what they cost, and to look at them.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

project 50 clones >50.yml
us ctrctl -f 50.yml up
ls50() { lxc-ls -f; }
status50() { ctr-parse -f 50.yml | ctr-status; }
by_turns 3 true ls50 status50
figure 'ctr-status, 50 running containers : lxc-ls -f' "$took_status50" "$took_ls50" 0.2

# The monitor's own memory, in kB: what it wrote and does not share.
monitor()
{
	pid=$(lxc-info -n "$1" -p -H)
	parent=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
	sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' "/proc/$parent/smaps_rollup"
}
m=$(monitor b_c2)
us ctr-stop -t 0 b_c2
us lxc-start -n b_c2
figure 'memory of the monitor of ctr-start : of lxc-start' "$m" "$(monitor b_c2)" 1.01
