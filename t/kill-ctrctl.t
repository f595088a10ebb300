#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctrctl up, down and rm killed at instants spread over their run: the same command again, and all is as it is without that.
. "${0%/*}/lib.sh"
. "$top/t/state.sh"

busybox_base
root_ids
cat >ctr.yml <<'E2'
name: k
defaults: { clone: base }
containers:
  db:
    fqdn: db.example.net
    ports: ["8000-8019:8000-8019", "8000:8000/udp", ":80"]
    volumes: ["./data:/srv/data"]
    cgroup: ["memory.max=64M", "cpu.shares=512", "pids.max=100"]
    expose: 80
    dns: 192.0.2.53
  web:
    idmap: auto
    links: ["db:database", "127.0.0.1:9000:db:80"]
    ports: ["8080:80"]
    volumes: ["./data:/srv/data:ro"]
    dns: $bridge
E2
mkdir data

make() { ctrctl -q up; } # from nothing
up() { ctrctl -q up; } # from where all is stopped
down() { ctrctl -q -t 0 down; }
rm_all() { ctrctl -q -x -t 0 rm; }

# least ACTION MS: $ms_ACTION is the fewest milliseconds that it took so far
least() { eval "[ \${ms_$1:-$2} -lt $2 ] || ms_$1=$2"; }

# undisturbed ACTION: its state in the file of that name
undisturbed()
{
	start=$(date +%s%3N)
	"$1" >"$TMPDIR/out" 2>&1 || { fail "$1, undisturbed"; diag <"$TMPDIR/out"; exit 1; }
	least "$1" $(($(date +%s%3N) - start))
	state k >"$TMPDIR/$1"
}
for _ in 1 2; do
	undisturbed make
	undisturbed down
	undisturbed up
	undisturbed rm_all
done
is 'up from nothing leads to the same as from where all is stopped' "$(diff "$TMPDIR/make" "$TMPDIR/up")" ''

# killed ACTION NUMBER OF: the ACTION is killed at that one of so many instants, and run again
killed()
{
	eval "ms=\$ms_$1"
	after=$(awk -v ms="$ms" -v k="$2" -v n="$3" 'BEGIN { printf "%.4f", ms / 1000 * (k - 0.5) / n }')
	start=$(date +%s%3N)
	case $1 in
	make | up) timeout -s KILL "$after" ctrctl -q up ;;
	down) timeout -s KILL "$after" ctrctl -q -t 0 down ;;
	rm_all) timeout -s KILL "$after" ctrctl -q -x -t 0 rm ;;
	esac >"$TMPDIR/out" 2>&1
	if [ $? = 137 ]; then
		dead=$((dead + 1))
	else
		# The machine is faster now than it was.
		least "$1" $(($(date +%s%3N) - start))
	fi
	runs=$((runs + 1))
	"$1" >"$TMPDIR/out" 2>&1 || { fail "$1 again, after it was killed at $after s"; diag <"$TMPDIR/out"; }
	same_state "$1 killed at $after s, and again" k "$1"
}

# Each is killed, and leads to the next: up from nothing and from where all is stopped, down and rm from where all runs. What
# ended before that shows nothing, and does not count.
kills=${CTR_TEST_ROUNDS:-16}
quarter=$((kills / 4))
n=0 runs=0 dead=0
while [ $dead -lt "$kills" ] && [ $n -lt $((3 * quarter)) ]; do
	k=$((n % quarter + 1))
	killed make $k $quarter
	killed down $k $quarter
	killed up $k $quarter
	killed rm_all $k $quarter
	n=$((n + 1))
done
ok "of $runs runs $dead were killed before their end, and $kills are wanted" test $dead -ge "$kills"
done_testing
