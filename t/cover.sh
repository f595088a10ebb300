#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# cover.sh LIMIT FILE.c...: what the programs of the build's directory $BUILD counted in these source files, as a table,
# the least first: lines that were run, and branches that were taken at least once, in percent of all; then the files that
# have less than LIMIT % of their lines. Exits 1 where there are any, or nothing is known of one.
set -eu
limit=$1
shift
objects=$(for f; do echo "$BUILD/${f%.c}.o"; done)
# shellcheck disable=SC2086 # a list
gcov -n -b $objects 2>/dev/null | awk -v limit="$limit" -v sources="$*" '
	function row(name, l, ln, b, bn)
	{
		return sprintf("%-32s %6.1f %% of %5d %6.1f %% of %5d", name, ln ? 100 * l / ln : 100, ln,
		    bn ? 100 * b / bn : 100, bn)
	}
	/^(Calls executed|No calls)/ { file = "" } # the sum of all has no such line
	/^File / { file = substr($2, 2, length($2) - 2) }
	/^Lines executed:/ { split($2, p, /[:%]/); ln[file] = $4; l[file] = p[2] * $4 / 100 }
	/^Taken at least once:/ { split($4, p, /[:%]/); bn[file] = $6; b[file] = p[2] * $6 / 100 }
	END {
		printf "%-32s %17s %17s\n", "", "lines", "branches"
		n = split(sources, source, " ")
		for (i = 1; i <= n; i++) {
			f = source[i]
			if (!(f in ln)) { print "nothing is known of " f; bad = 1; continue }
			share = ln[f] ? 100 * l[f] / ln[f] : 100
			printf "%09.4f %s\n", share, row(f, l[f], ln[f], b[f], bn[f]) | "sort -s -k1,1 | cut -d \" \" -f 2-"
			if (share < limit) under = under "\n" row(f, l[f], ln[f], b[f], bn[f])
			if (share < limit) k++
			tl += l[f]; tln += ln[f]; tb += b[f]; tbn += bn[f]
		}
		close("sort -s -k1,1 | cut -d \" \" -f 2-")
		print row("all", tl, tln, tb, tbn)
		if (limit > 0)
			print k ? k " of " n " files have less than " limit " % of their lines run:" under : "all " n " files have " limit " % of their lines run"
		exit bad || k > 0
	}'
