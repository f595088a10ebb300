#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctrctl up, down and rm killed at instants spread over their run: the same command again, and all is as it is without that.
. "${0%/*}/lib.sh"
. "$top/t/state.sh"

busybox_base
cat >ctr.yml <<'E2'
name: k
defaults: { clone: base }
containers:
  db:
    fqdn: db.example.net
    ports: ["8000-8019:8000-8019", "8000:8000/udp", ":80"]
    volumes: ["./data:/srv/data"]
    cgroup: ["memory.max=64M", "cpu.shares=512"]
    expose: 80
  web:
    links: ["db:database"]
    ports: ["8080:80"]
    volumes: ["./data:/srv/data:ro"]
E2
mkdir data

up() { ctrctl -q up; }
down() { ctrctl -q -t 0 down; }
rm_all() { ctrctl -q -x -t 0 rm; }

# undisturbed ACTION: its state in the file of that name, its milliseconds in $ms_ACTION
undisturbed()
{
	start=$(date +%s%3N)
	"$1" >"$TMPDIR/out" 2>&1 || { fail "$1, undisturbed"; diag <"$TMPDIR/out"; exit 1; }
	eval "ms_$1=$(($(date +%s%3N) - start))"
	state k >"$TMPDIR/$1"
}
undisturbed up
undisturbed rm_all
undisturbed up
undisturbed down
undisturbed up

# killed ACTION NUMBER OF: the ACTION is killed at that one of so many instants, and run again
killed()
{
	eval "ms=\$ms_$1"
	after=$(awk -v ms="$ms" -v k="$2" -v n="$3" 'BEGIN { printf "%.4f", ms / 1000 * (k - 0.5) / n }')
	case $1 in
	up) timeout -s KILL "$after" ctrctl -q up ;;
	down) timeout -s KILL "$after" ctrctl -q -t 0 down ;;
	rm_all) timeout -s KILL "$after" ctrctl -q -x -t 0 rm ;;
	esac >"$TMPDIR/out" 2>&1
	"$1" >"$TMPDIR/out" 2>&1 || { fail "$1 again, after it was killed at $after s"; diag <"$TMPDIR/out"; }
	same_state "$1 killed at $after s, and again" k "$1"
}

# Each is killed, and leads to the next: up from where all is stopped and from where nothing is, down and rm from where all runs.
kills=${CTR_TEST_ROUNDS:-20}
quarter=$((kills / 4))
down >"$TMPDIR/out" 2>&1
n=0
while [ $((n += 1)) -le $quarter ]; do
	killed up $n $quarter
	killed rm_all $n $quarter
	killed up $n $quarter
	killed down $n $quarter
done
done_testing
