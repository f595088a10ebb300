#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# prove.sh OPERAND...: runs prove(1) with these, and exits as it does. What the tests write on stderr comes after what prove
# says, not between its lines; where one failed, what failed comes last of all, as short as can be, and is added to the file
# $CTR_FAILED, where that is set: of a log that was cut short, the end is what is there.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
{ prove "$@" 2>"$dir/err"; echo $? >"$dir/status"; } | tee "$dir/out"
cat "$dir/err" >&2
read -r status <"$dir/status" || exit 1
[ "$status" != 0 ] || exit 0
{
	grep -h '^not ok\|: not ok - \|^FAILED--' "$dir/err" "$dir/out"
	sed -n '/^Test Summary Report/,$p' "$dir/out"
} | tee -a "${CTR_FAILED:-/dev/null}"
exit "$status"
