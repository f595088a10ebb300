#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each action killed in the middle, at several instants: the same command again puts it right.
. "${0%/*}/lib.sh"
. "$top/t/state.sh"

busybox_base
root_ids
mkdir www
cat >ctr.yml <<'E'
name: k
defaults:
  clone: base
  command: httpd -f -p 80
containers:
  db:
    fqdn: db.example.net
    ports: ["8000-8019:8000-8019", "8000:8000/udp"]
    volumes: ["data:/var/log"]
    cgroup: ["memory.max=64M", "cpu.shares=512"]
  web:
    idmap: auto
    volumes: ["./www:/www:ro", "./more:/srv/more"]
    links: ["db:database"]
    ports: ["8080:80"]
    environment: {A: 1, B: "2 3"}
    config: ["lxc.cap.drop=sys_time"]
E

up='ctr-create ctr-idmap ctr-addr ctr-config ctr-mount ctr-name ctr-dns ctr-net ctr-cgroup ctr-start ctr-ports ctr-link ctr-unit'
ctr-parse >records
: >out
cp records now
for p in $up; do
	"$p" <now >next 2>err || { diag <err; fail "undisturbed: $p"; }
	mv next now
done
state k >"$TMPDIR/undisturbed"

# The instants, in seconds; all of them in make sanitize, where make check takes some.
at_once=$(of_all '0.0005 0.001 0.002 0.004 0.007 0.012' '0.001 0.004 0.012')
while_stopped=$(of_all '0.0005 0.0015 0.004 0.01' '0.0015 0.01')
all_of_it=$(of_all '0.02 0.05 0.1 0.2 0.3 0.5' '0.05 0.2 0.5')

# killed ACTION UNDO...: UNDO, then ACTION killed after some time, then ACTION whole; at several instants
killed()
{
	action=$1
	shift
	for after in $at_once; do
		"$@" <records >out 2>err || { diag <err; fail "$action: $*"; return; }
		timeout -s KILL "$after" "$action" <records >out 2>err
		"$action" <records >out 2>err || { diag <err; fail "$action again after it was killed"; return; }
		if [ "$action" = ctr-start ]; then
			ctr-link <records >out 2>err
		fi
		unchanged "$action killed after $after s, and again: the state is as it was" k undisturbed || return
	done
	pass "$action killed at $at_once s, and again: as undisturbed"
}

for p in ctr-ports ctr-link ctr-cgroup ctr-unit; do
	killed "$p" "$p" -u
done
killed ctr-net ctr-net -u
killed ctr-start ctr-stop -t 0

# What waits for the next start is undone and applied while they are stopped; they run when the state is taken.
for p in ctr-config ctr-mount ctr-name ctr-dns ctr-addr ctr-idmap; do
	for after in $while_stopped; do
		{ ctr-stop -t 0 <records && ctr-net -u <records && "$p" -u <records; } >out 2>err || diag <err
		timeout -s KILL "$after" "$p" <records >out 2>err
		{
			"$p" <records && ctr-net <records && ctr-start <records && ctr-ports <records && ctr-link <records
		} >out 2>err || diag <err
		unchanged "$p killed after $after s, and again: the state is as it was" k undisturbed || continue 2
	done
	pass "$p killed at $while_stopped s, and again: as undisturbed"
done

# All of it, from nothing: ctrctl killed, which ends what it runs.
for after in $all_of_it; do
	ctrctl -q rm -x -t 0 || fail 'rm'
	timeout -s KILL "$after" ctrctl -q up >out 2>&1
	ctrctl -q up >out 2>&1 || { fail "up again after it was killed: $after s"; diag <out; }
	ctrctl -v up >out 2>&1
	is "up killed after $after s, up, and then there is nothing left to do" "$(cat out; ctr-list -p k | diff records -)" \
	    'ctrctl: up: 0 done, 2 unchanged, 0 failed'
done
is 'and no note of a creation is left' "$(ls "$CTR_STATE/create")" ''
done_testing
