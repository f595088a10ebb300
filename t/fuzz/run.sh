#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh SECONDS TARGET: runs the fuzz target of the build's directory $BUILD for that time. What it finds lies in
# $BUILD/found then, to be kept in t/fuzz/TARGET when it is mended.
set -eu
cd "${0%/*}"
seeds=$PWD/$2 corpus=$BUILD/corpus/$2 found=$BUILD/found
mkdir -p "$corpus" "$found"
dict=
[ ! -f "$2.dict" ] || dict=-dict=$PWD/$2.dict
cd "$BUILD"
# In a program that exits, memory that is left is none that leaks.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:malloc_context_size=3:quarantine_size_mb=16
if ! "./fuzz-$2" -max_total_time="$1" -timeout=20 -rss_limit_mb=1500 -malloc_limit_mb=700 -max_len=8192 -detect_leaks=0 \
    -print_final_stats=1 -artifact_prefix="$found/$2-" ${dict:+"$dict"} "$corpus" "$seeds" >"$2.log" 2>&1; then
	tail -n 60 "$2.log"
	echo "fuzz: $2: see $BUILD/$2.log"
	exit 1
fi
echo "fuzz: $2: nothing found; $(sed -n 's/^stat::number_of_executed_units: *//p' "$2.log") inputs, $(grep -c . <<END
$(ls "$corpus")
END
) kept"
