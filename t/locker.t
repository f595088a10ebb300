#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each command and option of Locker's help, the long ones too, does here what was said of it there, given before the
# command and after it.
. "${0%/*}/lib.sh"

cat >locker.yml <<'E'
db:
    template: {name: busybox}
    ports: ["8000:8000"]
    volumes: ["./data/$name:/etc/init.d"]
web:
    clone: db
    links: ["db:database"]
E
cat >other.yml <<'E'
one: {template: busybox}
E
facts() { ctr-parse -p p | ctr-status | cut -f 1,2 | grep -c "$1	$2"; }
pid() { lxc-info -pH -n "$1"; }

out_like='usage: ctrctl *' check '-h' 0 ctrctl -h
out_like='ctrctl [0-9]*' check '--version' 0 ctrctl --version
ok 'create --dont-copy-on-create' ctrctl create --project p --dont-copy-on-create
is 'fills no volume' "$(ls data/db)" ''
ok 'rm --delete-dont-ask, full names' ctrctl --delete-dont-ask -p p rm p_db p_web
is 'both are gone' "$(lxc-ls)" ''
ok 'create -d' ctrctl -d -p p create
is 'what is made is told in lines, where stderr is no terminal' "$(tr -d -c '\r\033' <"$T/got.out"; cat "$T/got.out")" \
    "ctr-create: p_db: made by template 'busybox'
ctr-create: p_web: cloned from 'p_db'
ctrctl: create: 2 done, 0 unchanged, 0 failed"
is 'fills none either' "$(ls data/db)" ''
ok 'rm -x' ctrctl rm -x -p p
ok 'create' ctrctl -p p create
is 'fills it' "$(ls data/db)" rcS
ok 'start --no-ports --no-links, full names' ctrctl start --no-ports --no-links -p p p_web p_db
is 'both run, with neither' "$(facts . state) $(facts p_db published) $(facts p_web linked)" '2 0 0'
ok 'start -n' ctrctl -n -p p start
is 'links' "$(facts p_db published) $(facts p_web linked)" '0 1'
ok 'start' ctrctl -p p start
is 'publishes' "$(facts p_db published) $(facts p_web linked)" '1 1'
before=$(pid p_web)
ok 'start --restart' ctrctl start web --restart -p p -m
ok 'is another process' test "$before" != "$(pid p_web)"
ctrctl -q -p p rmlinks
ok 'links, --verbose' ctrctl --verbose links -p p
is 'says what it did' "$(grep -c 'ctr-link: p_web: linked to p_db' "$T/got.out")" 1
ok 'status --extended --no-color' ctrctl -p p status --extended --no-color
like 'shows memory' "$(cat "$T/got.out")" '*Memory*p_db*running*p_web*running*p_db*'
for c in rmlinks rmports ports cgroup; do
	ok "$c" ctrctl -p p $c
done
is 'are as said' "$(facts p_db published) $(facts p_web linked)" '1 0'
ok 'reboot' ctrctl reboot -t 20 -p p db
is 'publishes again' "$(facts p_db published)" 1
ok 'stop -n -m' ctrctl stop -t 0 -n -m -p p
is 'stopped' "$(lxc-ls --running)" ''
ok '--file' ctrctl create --file other.yml --project o
is 'another project' "$(lxc-ls -1 | tr '\n' ' ')" 'o_one p_db p_web '
done_testing
