#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-unit: the unit of a project, and that what it runs brings back, after all is gone, what ran before. Here its
# commands are run by hand; t/unit-systemd.t has systemd itself.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
busybox_base
client_ns
unit=$CTR_UNITS/ctr-shop.service
mkdir shop other && cd shop || exit 1
cat >ctr.yml <<'YAML'
defaults:
    clone: base
    command: sleep 1000
containers:
    db:
        command: nc -ll -p 8000 -e cat
    web:
        command: httpd -f -p 80
        ports:
        - "8080:80"
        links:
        - db:database
        cgroup:
        - pids.max=50
    old:
    off:
        autostart: false
    on:
        autostart: true
    lx:
    hand:
YAML

# The words after KEY= in the unit, as systemd would take them (systemd.syntax(7), systemd.service(5)), each in a line.
words()
{
	perl -ne '
		next unless s/^'"$1"'=//;
		while (/\G\s*("(?:[^"\\]|\\.)*"|[^\s"]+)/g) {
			$w = $1;
			$w =~ s/^"(.*)"$/$1/s;
			$w =~ s/\\(.)/$1/g;
			$w =~ s/%%/%/g;
			$w =~ s/^:// if "'"$1"'" =~ /^Exec/;
			print "$w\n";
		}' "${2:-$unit}"
}

# Runs the command that the unit has for KEY, as systemd would.
unit_runs()
{
	words Environment >../env && words "$1" >../exec || return 1
	set -- PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin ASAN_OPTIONS="$ASAN_OPTIONS" \
	    UBSAN_OPTIONS="$UBSAN_OPTIONS"
	while read -r line; do set -- "$@" "$line"; done <../env
	while read -r line; do set -- "$@" "$line"; done <../exec
	(cd / && env -i "$@")
}

running()
{
	lxc-ls --running -1 2>/dev/null | sort | sed 's/^shop_//' | tr '\n' ' '
}

# No container and nothing of the host's runtime is left, as after a power cut.
power_cut()
{
	for n in $(lxc-ls --running -1); do
		init=$(lxc-info -n "$n" -p -H)
		read -r _ _ _ monitor _ <"/proc/$init/stat"
		kill -9 "$monitor" "$init"
	done
	wait_for 60 sh -c '[ -z "$(lxc-ls --running -1)" ] && ! ls /sys/class/net/ctr*' || return 1
	kill -9 "$(cat /run/ctr/dnsmasq.pid)"
	nft delete table inet ctr
	rm -r /run/ctr
	echo 0 >/proc/sys/net/ipv4/ip_forward
}

page()
{
	client timeout 20 busybox wget -q -O - http://192.0.2.1:8080/index.html
}

# Before all else, and by itself.
out="shop${tab}did${tab}ctr-unit${tab}enabled ctr-shop.service
"
err="ctr-unit: shop: systemd does not run here; 'ctr-shop.service' is for a boot with it
ctr-unit: shop: enabled ctr-shop.service"
check 'enabled' 0 ctr-unit -v shop
is 'the link that wants it' "$(readlink "$CTR_UNITS/multi-user.target.wants/ctr-shop.service")" "$unit"
check 'systemd finds nothing wrong with it' 0 systemd-analyze verify "$unit"
for line in Delegate=yes Type=oneshot RemainAfterExit=yes Wants=network-online.target; do
	ok "$line" grep -qx "$line" "$unit"
done
ok 'after the network too' grep -q '^After=.*\<network-online\.target\>' "$unit"
out='shop
'
check 'a second time nothing is done' 0 ctr-unit -v shop
out="shop${tab}did${tab}ctr-unit${tab}removed ctr-shop.service
"
err='ctr-unit: shop: removed ctr-shop.service'
check 'removed' 0 ctr-unit -uv shop
is 'with its link' "$(find "$CTR_UNITS" ! -type d)" ''
out='shop
'
check 'a second time nothing is done' 0 ctr-unit -uv shop

ok 'up' ctrctl up
err="ctr-unit: shop: systemd does not run here; 'ctr-shop.service' is for a boot with it
ctrctl: enable: 7 done, 0 unchanged, 0 failed"
check 'ctrctl enable' 0 ctrctl enable
err='ctrctl: enable: 0 done, 7 unchanged, 0 failed'
check 'again' 0 ctrctl enable
err='ctrctl: enable: it is for the whole project, and takes no names'
check 'not a part of the project' 2 ctrctl enable web

# The host goes down by itself. One was stopped by hand, one is not to start by itself, one always is.
echo page >index.html && lxc-attach -n shop_web -- sh -c 'cat >/index.html' <index.html
is 'the page before' "$(page)" page
ok 'stopped by hand' ctrctl stop old on
mv ctr.yml ..
ok 'a power cut' power_cut
is 'nothing runs' "$(running)" ''
err='ctrctl: boot: 5 done, 0 unchanged, 0 failed'
check 'the boot, without the project file' 0 unit_runs ExecStart
is 'what ran, and no more' "$(running)" 'db hand lx on web '
is 'its port' "$(page)" page
is 'its link, by name and by rule' \
    "$(lxc-attach -n shop_web -- sh -c 'echo hello | timeout 20 nc database 8000 | head -n 1')" hello
is 'its limit' "$(lxc-cgroup -n shop_web pids.max)" 50
pids=$(ctr-status shop_db shop_web | awk '$2 == "pid"')
err='ctrctl: boot: 0 done, 5 unchanged, 0 failed'
check 'once more, nothing is done' 0 unit_runs ExecStart
is 'the same processes' "$(ctr-status shop_db shop_web | awk '$2 == "pid"')" "$pids"

# Another way: LXC's own programs have stopped and started some. Then the host is shut down.
lxc-stop -k -n shop_lx
ok 'stopped by hand' ctr-stop shop_hand shop_on
lxc-start -n shop_hand
lxc-start -n shop_off
err_like="*shop_web: stopped*shop_db: stopped*
ctr-ports: shop_web: withdrew port 8080:80/tcp
ctr-net: no container is left: the host's network is as before
*ctrctl: halt: *, 0 failed"
check 'the shutdown, in order' 0 ctrctl -v -p shop halt
is 'nothing runs' "$(running)" ''
err='ctrctl: halt: 0 done, 7 unchanged, 0 failed'
check 'as the unit runs it: nothing is left to do' 0 unit_runs ExecStop
out_like="shop${tab}project
*shop_db${tab}container*shop_web${tab}container*shop_on${tab}container*shop_hand${tab}container*"
check 'what is to run' 0 ctr-list -b -p shop
err='ctrctl: boot: 4 done, 0 unchanged, 0 failed'
check 'the boot' 0 unit_runs ExecStart
is 'what ran, however it was started' "$(running)" 'db hand on web '
is 'its port' "$(page)" page

# What a boot cannot start is tried at the next one. The others come up.
power_cut
echo 'lxc.nonesuch = 1' >>"$CTR_LXCPATH/shop_db/config"
echo another boot >"$CTR_LXCPATH/shop_db/ctr/boot"
err_like="ctr-*: shop_db: *
ctrctl: boot: 3 done, 0 unchanged, 1 failed"
check 'one that cannot be started' 1 unit_runs ExecStart
is 'the others run' "$(running)" 'hand on web '
err_like='ctrctl: halt: *, 0 failed'
check 'the shutdown' 0 unit_runs ExecStop
sed -i '$d' "$CTR_LXCPATH/shop_db/config"
err='ctrctl: boot: 4 done, 0 unchanged, 0 failed'
check 'the boot' 0 unit_runs ExecStart
is 'it is back' "$(running)" 'db hand on web '

# A broken one stops nothing.
mv "$CTR_LXCPATH/shop_lx/ctr/record" ../record
echo oh >"$CTR_LXCPATH/shop_lx/ctr/record"
err_like='*ctrctl: halt: 4 done, * unchanged, 0 failed'
check 'a shutdown with a broken record' 1 unit_runs ExecStop
err_like='*ctrctl: boot: 4 done, 0 unchanged, 0 failed'
check 'a boot with it' 1 unit_runs ExecStart
is 'all are back' "$(running)" 'db hand on web '
mv ../record "$CTR_LXCPATH/shop_lx/ctr/record"

# The program that notes: only what changes, and whole.
ok 'ctr-stop is by hand' ctr-stop shop_hand
ok 'then -b changes nothing of that' ctr-stop -b shop_hand
is 'it is not to run' "$(ctr-list -b shop_hand)" ''
ok 'a restart is none' ctr-start -r -t "${CTR_TEST_SLOW:-1}" shop_db
ok 'it is to run' grep -q . "$CTR_LXCPATH/shop_db/ctr/boot"
rm "$CTR_LXCPATH/shop_db/ctr/boot" && mkdir -p "$CTR_LXCPATH/shop_db/ctr/boot/x"
out_like="*${tab}error${tab}ctr-start${tab}it runs, but cannot write '$CTR_LXCPATH/shop_db/ctr/boot': Is a directory*"
err="ctr-start: shop_db: it runs, but cannot write '$CTR_LXCPATH/shop_db/ctr/boot': Is a directory"
check 'ctr-start cannot note it' 1 ctr-start shop_db
out_like="*state${tab}stopped*error${tab}ctr-stop${tab}cannot change '$CTR_LXCPATH/shop_db/ctr/boot': Is a directory*"
err_like="ctr-stop: shop_db: cannot change '$CTR_LXCPATH/shop_db/ctr/boot': Is a directory*"
check 'ctr-stop cannot, and stops it all the same' 1 ctr-stop shop_db
rmdir "$CTR_LXCPATH/shop_db/ctr/boot/x" "$CTR_LXCPATH/shop_db/ctr/boot"

# The unit goes with the last container.
mv ../ctr.yml .
ok 'rm of one' ctrctl rm -x lx
ok 'the unit stays' test -f "$unit"
ok 'rm of all' ctrctl rm -x
is 'the unit is gone' "$(find "$CTR_UNITS" ! -type d)" ''
err='ctrctl: disable: 0 done, 7 unchanged, 0 failed'
check 'disable, where there is none' 0 ctrctl disable
ok 'enable before anything is created' ctrctl enable
err='ctrctl: boot: 0 done, 0 unchanged, 0 failed'
check 'a boot without containers' 0 unit_runs ExecStart
err='ctrctl: disable: 7 done, 0 unchanged, 0 failed'
check 'disable' 0 ctrctl disable

# Records: all of a project share its unit.
in="shop${tab}project

shop_db${tab}container${tab}shop${tab}db

blog_a${tab}container${tab}blog${tab}a
blog_a${tab}error${tab}ctr-start${tab}oh

blog_b${tab}container${tab}blog${tab}b"
out="shop${tab}project
shop${tab}did${tab}ctr-unit${tab}enabled ctr-shop.service

shop_db${tab}container${tab}shop${tab}db
shop_db${tab}did${tab}ctr-unit${tab}enabled ctr-shop.service

blog_a${tab}container${tab}blog${tab}a
blog_a${tab}error${tab}ctr-start${tab}oh

blog_b${tab}container${tab}blog${tab}b
blog_b${tab}did${tab}ctr-unit${tab}enabled ctr-blog.service
"
check 'two projects in a stream' 1 ctr-unit -q
in="x_y${tab}link${tab}x_z"
out="x_y${tab}link${tab}x_z
x_y${tab}error${tab}ctr-unit${tab}it does not say of which project it is
"
err='ctr-unit: x_y: it does not say of which project it is'
check 'a record of no project' 1 ctr-unit
in="shop_db${tab}container${tab}shop${tab}db

shop_web${tab}port"
out="shop_db${tab}container${tab}shop${tab}db
"
err_like='ctr-unit: stdin: line 3: *'
check 'a line that cannot be read' 2 ctr-unit

# What is not its own stays.
echo '[Unit]' >"$CTR_UNITS/ctr-mine.service"
out_like='*error*'
err="ctr-unit: mine: '$CTR_UNITS/ctr-mine.service' was not written by ctr-unit"
check 'a unit that somebody wrote' 1 ctr-unit mine
out_like='*error*'
err="ctr-unit: mine: '$CTR_UNITS/ctr-mine.service' was not written by ctr-unit"
check 'nor removed' 1 ctr-unit -u mine
is 'it stands' "$(cat "$CTR_UNITS/ctr-mine.service")" '[Unit]'
out_like='*error*'
err="ctr-unit: shop: '$unit' is for other containers: \
'# Written by ctr-unit(1) for the containers of shop in $CTR_LXCPATH'"
check 'the project of that name in another directory' 1 ctr-unit -P "$T/other" shop
out='shop
'
check 'which has no containers there' 0 ctr-unit -e -P "$T/other" shop
ok 'it stands' test -f "$unit"
ln -s /dev/null "$CTR_UNITS/ctr-masked.service"
out_like='*error*'
err="ctr-unit: masked: cannot read '$CTR_UNITS/ctr-masked.service': Too many levels of symbolic links"
check 'one that is masked' 1 ctr-unit masked
out_like='*error*'
err="ctr-unit: a: cannot open '$T/none', where systemd's units are: No such file or directory"
check 'no systemd at all' 1 env CTR_UNITS="$T/none" ctr-unit a
mkdir "$T/some" && touch "$T/some/multi-user.target.wants"
out_like='*error*'
err="ctr-unit: a: cannot link '$T/some/multi-user.target.wants/ctr-a.service': Not a directory"
check 'no directory for the link' 1 env CTR_UNITS="$T/some" ctr-unit a
mkdir "$T/some/ctr-b.service"
out_like='*error*'
err="ctr-unit: b: cannot read '$T/some/ctr-b.service': Invalid argument"
check 'no file' 1 env CTR_UNITS="$T/some" ctr-unit b
mount -t tmpfs -o ro tmpfs "$T/some"
out_like='*error*'
err="ctr-unit: a: cannot write '$T/some/ctr-a.service': Read-only file system"
check 'one that cannot be written' 1 env CTR_UNITS="$T/some" ctr-unit a
umount "$T/some"
err='ctr-unit: the directory of containers '\''/a/../b'\'' is not absolute, or has '\''.'\'', '\''..'\'' or '\''//'\'
check 'no directory of containers' 2 ctr-unit -P /a/../b shop

# What stands in it: values that are awkward, and such as cannot.
lxc="$T/a b\"c'd\\e%f\$g;h#ü" state="$T/s t%\\\"'\$HOME"
mkdir "$lxc"
ok 'awkward paths' env CTR_STATE="$state" CTR_POOL4=10.67.0.0/16 CTR_PORTS=30000-30009 \
    ctr-unit -qP "$lxc" Odd.name-1_x.service
odd=$CTR_UNITS/ctr-Odd.name-1_x.service.service
check 'systemd finds nothing wrong with that' 0 systemd-analyze verify "$odd"
is 'the words of it' "$(words ExecStart "$odd")" "$(readlink -f "$build/bin/ctrctl")
-p
Odd.name-1_x.service
-P
$lxc
boot"
is 'the environment' "$(words Environment "$odd")" "CTR_STATE=$state
CTR_POOL4=10.67.0.0/16
CTR_PORTS=30000-30009"
ok 'removed' env CTR_STATE="$state" ctr-unit -uP "$lxc" Odd.name-1_x.service
bad=$(printf '/x\377')
out_like='*error*'
err="ctr-unit: a: cannot write the directory of containers into a unit: it is not UTF-8"
check 'a path that is no text' 1 ctr-unit -P "$bad" a
out_like='*error*'
err="ctr-unit: a: cannot write CTR_PORTS into a unit: it has a control character"
check 'a newline' 1 env CTR_PORTS='1
2' ctr-unit a
mkdir "$T/it's" && cp "$build/bin/ctr-unit" "$build/bin/ctrctl" "$T/it's" || exit 1
out_like='*error*'
err="ctr-unit: a: cannot write the path of ctrctl into a unit: \
systemd runs no program with a quote or a backslash in its path"
check 'a program whose path systemd does not take' 1 "$T/it's/ctr-unit" a

# Where systemd is said to run, and does not answer, and where there is no systemctl.
mkdir -p /run/systemd/system
out_like='*error*' err_like="*
ctr-unit: a: 'systemctl daemon-reload' failed"
check 'systemd does not answer' 1 ctr-unit a
out_like='*error*' err="ctr-unit: cannot execute 'systemctl': No such file or directory
ctr-unit: a: 'systemctl daemon-reload' failed"
check 'there is no systemctl' 1 env PATH="$T" "$build/bin/ctr-unit" a
rmdir /run/systemd/system
ok 'the same again, without systemd' ctr-unit -u a
done_testing
