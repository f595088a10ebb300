#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Start and end of each program, against true(1) with the same libraries.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

for p in "$build"/bin/*; do
	libs=$(readelf -d "$p" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v '^libc\.so' | tr '\n' ' ')
	best 3 true same 50 env LD_PRELOAD="$libs" /bin/true
	t=$best
	best 3 true same 50 env LD_PRELOAD= "$p" --version
	figure "${p##*/} --version : true with its libraries" "$best" "$t" 2
done
