#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Twenty ctrctl at once on one project, with mixed commands: each ends, nothing is lost, no address is given twice, and the
# next `up` brings all to what it is without that.
. "${0%/*}/lib.sh"
. "$top/t/state.sh"

busybox_base
{
	echo 'name: k'
	echo 'defaults: { clone: base, expose: 80 }'
	echo 'containers:'
	for i in 1 2 3 4; do
		echo "  c$i: { ports: ['$((8000 + i)):80', ':81/udp'], links: [c$((i % 4 + 1))], cgroup: [memory.max=6${i}M] }"
	done
} >ctr.yml
for command in up '-x -t 0 rm' up; do
	# shellcheck disable=SC2086 # words
	ok "undisturbed: $command" ctrctl -q $command
done
state k >"$TMPDIR/up"

# Which ports were chosen is kept, and so is each address, whatever runs.
at_once()
{
	i=0
	while read -r command; do
		i=$((i + 1))
		# shellcheck disable=SC2086 # words
		{
			timeout -s KILL 240 ctrctl -q -t 1 $command >"$TMPDIR/out.$i" 2>&1
			echo "$? $command" >"$TMPDIR/status.$i"
		} &
		pids="${pids-} $!"
	done
	# shellcheck disable=SC2086 # a list
	wait $pids
	cat "$TMPDIR"/status.*
}
round()
{
	at_once >"$TMPDIR/statuses" <<'E2'
up
down
up
stop c1
start c1
rmlinks
links
rmports c2
ports
up c3
cgroup
reboot c2
status
create
up
down
links c4
ports c1
start
up
E2
	# One that was stopped meanwhile is an error for who has work to do on it; nothing else is.
	is "$1: each ended" "$(wc -l <"$TMPDIR/statuses")" 20
	is "$1: none was killed, or crashed" "$(grep -v '^[01] ' "$TMPDIR/statuses")" ''
	wrong=$(cd "$TMPDIR" && grep -lE '^[^0].* (status|create)$' status.*)
	is "$1: status and create are always done" "$(for f in $wrong; do cat "$TMPDIR/$f" "$TMPDIR/out.${f#*.}"; done)" ''
	ok "$1: then up" ctrctl -q up
	same_state "$1: then all is as without that" k up
	for f in mac ipv4 ipv6 veth; do
		is "$1: no $f twice" "$(ctr-list -p k | awk -v f=$f '$2 == f { print $3 }' | sort | uniq -d)" ''
	done
}
round 'twenty where all runs'
ctrctl -q -t 0 down >"$TMPDIR/out" 2>&1
round 'twenty where all is stopped'
ctrctl -q -x -t 0 rm >"$TMPDIR/out" 2>&1
round 'twenty where nothing is'

# What each of the four gets is independent of the others, so all is determined whatever the order: before any `up`,
# which would put right what one process overwrote with what it had read before another wrote.
ok 'up, for what is determined' ctrctl -q up
for i in 1 2 3 4 5; do printf '%s\n' 'rmports c1' 'rmlinks c2' 'rmports c3' 'rmlinks c4'; done >"$TMPDIR/taken.commands"
sed 's/^rm//' "$TMPDIR/taken.commands" >"$TMPDIR/given.commands"
for what in taken given; do
	head -n 4 "$TMPDIR/$what.commands" | while read -r command; do
		# shellcheck disable=SC2086 # words
		ctrctl -q $command || echo "$command"
	done >"$TMPDIR/out" 2>&1
	is "one after another: $what" "$(cat "$TMPDIR/out")" ''
	state k >"$TMPDIR/$what"
done
ok 'which changes the state' test "$(diff "$TMPDIR/taken" "$TMPDIR/given" | grep -c '^[<>]')" -gt 8
for round in $(of_all '1 2 3' 1); do
	for what in taken given; do
		at_once <"$TMPDIR/$what.commands" >"$TMPDIR/statuses"
		is "twenty at once, $what: each is done" "$(cut -d ' ' -f 1 "$TMPDIR/statuses" | sort | uniq -c | sed 's/^ *//')" '20 0'
		same_state "twenty at once, $what: no rule is lost ($round)" k "$what"
	done
done
ok 'down' ctrctl -q -t 0 down
is 'and no veth is left' "$(ls /sys/class/net)" lo
done_testing
