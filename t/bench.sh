# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# For t/bench-*.sh, after lib.sh: measures on real containers. Each figure is the ratio of two things of this one run,
# the best of some tries each or the median of the tries, beside the bound that it should keep. Times alone say nothing on
# another machine.
done=1
umount /usr/share/lxc/templates/lxc-busybox # the distribution's own
mount -o remount,barrier "$T" || exit 1 # what is synced is waited for

# us COMMAND...: its time in microseconds, in $us
us()
{
	start=$(date +%s%N)
	"$@" >"$T/bench.out" 2>&1 || { echo "bench: $* failed:"; cat "$T/bench.out"; exit 1; } >&2
	us=$((($(date +%s%N) - start) / 1000))
}

# by_turns TRIES BEFORE FUNCTION...: the least time of that many tries of each, in $took_FUNCTION, and all of them in the file
# $T/took_FUNCTION; BEFORE is run before each with the function's name. By turns, each time another one first, so that whatever else the
# machine does, and its speed, and what the one before has left to do, meet all of them.
by_turns()
{
	tries=$1 before=$2
	shift 2
	for f; do
		eval "took_$f="
		: >"$T/took_$f"
	done
	while [ $((tries -= 1)) -ge 0 ]; do
		for f; do
			$before "$f" >/dev/null 2>&1
			us "$f"
			eval "took_$f=\$(least \"\$took_$f\" $us)"
			echo "$us" >>"$T/took_$f"
		done
		first=$1
		shift
		set -- "$@" "$first"
	done
}

# least A B: the lesser of two numbers, the first of which may be empty
least()
{
	echo "$1 $2" | awk 'NF < 2 || $1 > $2 { print $NF; next } { print $1 }'
}

# figure WHAT OURS OTHER [BOUND]: a line of the table. Without a bound it only stands beside others.
figure()
{
	awk -v what="$1" -v a="$2" -v b="$3" -v bound="${4-}" 'BEGIN {
		r = a / b
		printf "%-68s %9.2f %8s  %s\n", what, r, bound == "" ? "" : "< " bound,
		    (bound != "" && r >= bound) ? "OVER" : ""
	}'
}

# median_figure WHAT OURS OTHER [BOUND]: the same of two functions of by_turns, by the median of the ratios of its turns: for what takes
# so much at once, of so many processes, that the least time is luck
median_figure()
{
	figure "$1" "$(paste "$T/took_$2" "$T/took_$3" | awk '{ print $1 / $2 }' | sort -n |
	    awk '{ r[NR] = $1 } END { print NR % 2 ? r[(NR + 1) / 2] : (r[NR / 2] + r[NR / 2 + 1]) / 2 }')" 1 "${4-}"
}

# milliseconds WHAT OURS OTHER BOUND: how many more ours takes than the other, both in microseconds
milliseconds()
{
	awk -v what="$1" -v a="$2" -v b="$3" -v bound="$4" 'BEGIN {
		d = (a - b) / 1000
		printf "%-68s %6.2f ms %8s  %s\n", what, d, "< " bound " ms", (d >= bound) ? "OVER" : ""
	}'
}

# same NUMBER COMMAND...: that many times
same()
{
	n=$1
	shift
	while [ $((n -= 1)) -ge 0 ]; do
		"$@" >/dev/null 2>&1 || return
	done
}

# project NUMBER [clones]: a project file of that many busybox containers, each but the first a clone
project()
{
	echo 'name: b'
	echo 'containers:'
	for i in $(seq "$1"); do
		echo "  c$i:"
		if [ -n "${2-}" ] && [ "$i" -gt 1 ]; then echo '    clone: c1'; else echo '    template: busybox'; fi
		echo "    ports: ['$((8000 + i)):80', '$((9000 + i)):81/udp']"
	done
}

# up OPTION...: in a project of its own, the one of this try
try=0
up() { ctrctl -p "p$try" "$@" up; }

# Before each try: nothing is there.
fresh()
{
	ctr-list | ctr-destroy -k | ctr-net -u
	for n in $(lxc-ls); do lxc-destroy -f -n "$n"; done
	nft delete table inet hand
	try=$((try + 1))
	sync # what the last one wrote
}
