#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-parse, with many containers.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

project 10000 >10000.yml
project 20000 >20000.yml
parse() { ctr-parse -f 10000.yml; }
events() { "$build/t/yaml-events" <10000.yml; }
by_turns 5 true events parse
figure 'ctr-parse, 10,000 containers : libyaml alone' "$took_parse" "$took_events" 3
# maxrss COMMAND...: in kB
maxrss()
{
	busybox time -f %M "$@" 2>&1 >/dev/null | tail -n 1
}
figure 'ctr-parse, memory, 20,000 containers : 10,000' "$(maxrss ctr-parse -f 20000.yml)" \
    "$(maxrss ctr-parse -f 10000.yml)" 2.2
