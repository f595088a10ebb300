#!/bin/sh
# ctr-config: environment, command, raw settings, autostart.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
ctr-create -q shop_db container=shop:db template=busybox >/dev/null || exit 1
ctr=$CTR_LXCPATH/shop_db/ctr

# The files, with their inode numbers: a file that is replaced has another.
files()
{
	(cd "$ctr" && stat -c '%n %i %Y' env.conf raw.conf record && cat env.conf raw.conf record)
}

inits_child()
{
	pgrep -P "$(lxc-info -n shop_db -p -H)"
}

# Environment and command.
env1=' a "b" '\''c'\'' $d # = ü€'
err='ctr-config: shop_db: set command
ctr-config: shop_db: set env'
out_like="*did${tab}ctr-config${tab}set command*"
check 'a command and an environment' 0 ctr-config -v shop_db 'command=httpd -f -p 80 -h /' "env=A=$env1" \
    'env=B="quoted"' 'env=C=' 'env=D=back\slash '
ctr-start -q shop_db >/dev/null
is 'the command runs, found in /usr/sbin' "$(tr '\0' ' ' <"/proc/$(inits_child)/cmdline")" \
    'httpd -f -p 80 -h / '
tr '\0' '\n' <"/proc/$(inits_child)/environ" >environ
is 'its environment, byte for byte' "$(cat environ; echo .)" "A=$env1
B=\"quoted\"
C=
D=back\\slash 
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
container=lxc
."
is 'and that of lxc-attach' "$(lxc-attach -n shop_db -- sh -c 'echo "$A."')" "$env1."
before=$(files)
out_like="shop_db${tab}command*"
check 'the same again' 0 ctr-config -v shop_db 'command=httpd -f -p 80 -h /' "env=A=$env1" \
    'env=B="quoted"' 'env=C=' 'env=D=back\slash '
out='shop_db
'
check 'a record that says nothing' 0 ctr-config -v shop_db
is 'nothing was written' "$(files)" "$before"

# LXC's own init stands above it: it reaps what the command leaves behind, and ends as soon as it is told to.
out_like='*set command*'
check 'a command that leaves children behind' 0 ctr-config shop_db \
    "command=sh -c '(sh -c \"exit 7\" &); (sleep 0.1 &); exec sleep 1000'"
ctr-start -qr shop_db >/dev/null
child_alone() { [ "$(inits_child | wc -l)" = 1 ]; }
ok 'they are reaped' wait_for 60 child_alone
like 'by an init that is not the command' "$(tr '\0' ' ' <"/proc/$(inits_child)/cmdline")" 'sleep 1000 '
out_like='*stopped'
check 'a shutdown ends it at once, by no kill' 0 timeout 60 ctr-stop -t 1000 shop_db
ctr-start -q shop_db >/dev/null

# Words that lxc.init.cmd cannot have.
out_like="*pending${tab}command*"
check 'a command with blanks, quotes and an empty word' 0 ctr-config shop_db \
    "command=sh -c 'printf \"<%s>\" \"\$@\" >/out; exec sleep 1000' sh \
	'a  b' '' \"it's\" '\"' '\\' '*' '\$x' '\`id\`'"
out_like="*pending${tab}command*"
check 'it still waits for the next start' 0 ctr-config -v shop_db
ctr-start -qr shop_db >/dev/null
out='shop_db
'
check 'nothing waits any more' 0 ctr-config -v shop_db
is 'the words reach the command' "$(cat "$CTR_LXCPATH/shop_db/rootfs/out")" \
    '<a  b><><it'\''s><"><\><*><$x><`id`>'
out_like="*pending${tab}env*"
check 'an environment that waits for the next start' 0 ctr-config shop_db env=PATH=/bin:/sbin
out_like="*pending${tab}config*"
check 'a setting that waits' 0 ctr-config shop_db config=lxc.prlimit.nofile=1000
ctr-stop -q shop_db >/dev/null
ctr-start -q shop_db >/dev/null
like 'the setting holds' "$(cat "/proc/$(inits_child)/limits")" '*Max open files *1000 *1000 *'
is 'a PATH of its own is the only one' "$(tr '\0' '\n' <"/proc/$(inits_child)/environ" | grep -c '^PATH=')" 1

# Raw settings that LXC does not take.
before=$(files)
err_like='ctr-config: shop_db: LXC does not take *lxc.nonesuch = 1*: *Unsupported config key "lxc.nonesuch"'
out_like='*error*'
check 'a setting that there is not' 1 ctr-config shop_db config=lxc.nonesuch=1
err="ctr-config: shop_db: LXC does not take 'lxc.start.auto = 7'"
out_like='*error*'
check 'a value that is none' 1 ctr-config shop_db config=lxc.cap.drop=mknod config=lxc.start.auto=7 env=E=1
is 'nothing was written' "$(files)" "$before"
err_like='*control character*'
in="shop_db${tab}config${tab}lxc.uts.name${tab}a\\nlxc.hook.start = /x"
check 'a line feed' 2 ctr-config
err_like='*control character*'
in="shop_db${tab}env${tab}A${tab}a\\nlxc.hook.start = /x"
check 'a line feed in the environment' 2 ctr-config
is 'nothing was written' "$(files)" "$before"

# What comes last holds.
ctr-stop -q shop_db >/dev/null
ctr-config -q shop_db autostart=false config=lxc.start.auto=1 >/dev/null
is 'a raw setting overrules' "$(lxc-autostart -L)" 'shop_db 0'
ctr-config -qu shop_db config=lxc.start.auto=1 >/dev/null
is 'no autostart' "$(lxc-autostart -L)" ''
ctr-config -q shop_db autostart=true >/dev/null
is 'autostart' "$(lxc-autostart -L)" 'shop_db 0'

# A whole record takes away what it does not say.
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}env${tab}A${tab}1"
out_like="*did${tab}ctr-config${tab}removed command*set env*removed config*removed autostart*"
check 'a whole record' 0 ctr-config
is 'env.conf' "$(cat "$ctr/env.conf")" 'lxc.environment = "A=1"'
is 'raw.conf' "$(cat "$ctr/raw.conf")" ''
is 'the record' "$(cat "$ctr/record")" "shop_db${tab}container${tab}shop${tab}db
shop_db${tab}template${tab}busybox
shop_db${tab}env${tab}A${tab}1"
ctr-start -q shop_db >/dev/null
like 'its own init runs again' "$(tr '\0' ' ' <"/proc/$(lxc-info -n shop_db -p -H)/cmdline")" '*init*'
ctr-stop -qt 0 shop_db >/dev/null

ctr-config -q shop_db env=B=2 >/dev/null
ctr-config -qu shop_db env=A=x >/dev/null
is 'undo of one' "$(cat "$ctr/env.conf")" 'lxc.environment = "B=2"'
out_like='*removed env*'
check 'undo of all' 0 ctr-config -u shop_db
is 'env.conf' "$(cat "$ctr/env.conf")" ''
ctr-config -q shop_db env=B=2 >/dev/null
ctr-start -q shop_db >/dev/null
ctr-config -qu shop_db >/dev/null
out="shop_db${tab}pending${tab}env
"
check 'what was taken away waits too' 0 ctr-config shop_db
ctr-stop -qt 0 shop_db >/dev/null
out='shop_none
'
check 'undo where nothing is' 0 ctr-config -u shop_none
err='ctr-config: shop_none: there is no such container'
out_like='*error*'
check 'a container that is not there' 1 ctr-config shop_none env=A=1

# A settings file that LXC takes no more can be replaced.
echo 'lxc.nonesuch = 1' >"$ctr/raw.conf"
out_like="*wrote its settings anew"
check 'a broken file is made anew' 0 ctr-config shop_db
ok 'and the container starts' ctr-start shop_db
ctr-stop -qt 0 shop_db >/dev/null

# Killed at any instant, the same again puts it right.
n=0
while [ $((n += 1)) -le 20 ]; do
	ctr-config -q shop_db 'command=sleep 1000' env=N=$n config=lxc.prlimit.nofile=$n >/dev/null 2>&1 &
	sleep 0.00$((n % 10))
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
done
wait
ctr-config -q shop_db 'command=sleep 1000' env=N=z config=lxc.prlimit.nofile=99 >/dev/null
is 'after kills' "$(grep -c 'N=z' "$ctr/env.conf") $(tail -n 1 "$ctr/raw.conf")" '1 lxc.prlimit.nofile = 99'
ok 'it starts' ctr-start shop_db
done_testing
