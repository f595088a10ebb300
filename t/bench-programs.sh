#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Start and end of each program, against true(1) with the same libraries.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

alone() { same 50 env LD_PRELOAD="$libs" /bin/true; }
version() { same 50 env LD_PRELOAD= "$p" --version; }
for p in "$build"/bin/*; do
	libs=$(readelf -d "$p" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v '^libc\.so' | tr '\n' ' ')
	by_turns 3 true alone version
	figure "${p##*/} --version : true with its libraries" "$took_version" "$took_alone" 2
done
