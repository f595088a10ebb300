#!/bin/sh
# ctr-stop: a clean shutdown, a kill where that fails, many at once.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
ctr-create -q shop_a container=shop:a template=busybox >/dev/null || exit 1
for n in b c d e; do
	ctr-create -q shop_$n container=shop:$n clone=shop_a >/dev/null || exit 1
done

state()
{
	lxc-info -n "$1" -s -H
}

# busybox's init takes two seconds for a shutdown.
ctr-start -q shop_a shop_b shop_c shop_d shop_e >/dev/null
wait_for 60 sh -c 'for n in a b c d e; do pgrep -P "$(lxc-info -n shop_$n -p -H)" -f getty || exit 1; done'
out="shop_a${tab}state${tab}stopped
shop_a${tab}did${tab}ctr-stop${tab}stopped
"
err='ctr-stop: shop_a: stopped'
check 'a stop' 0 ctr-stop -v shop_a
is 'it is stopped' "$(state shop_a)" STOPPED
# The signal that counts is the one it was started with: SIGUSR1 for a busybox init, which restarts at the
# SIGTERM that ends a command.
ctr-config -q shop_e 'command=sleep 1000' >/dev/null
out_like="*shop_b${tab}did${tab}ctr-stop${tab}stopped*shop_e${tab}did${tab}ctr-stop${tab}stopped"
check 'four stops' 0 ctr-stop shop_b shop_c shop_d shop_e
is 'the last by the signal of its start' "$(state shop_e)" STOPPED

out='shop_a

shop_none
'
check 'nothing to do' 0 ctr-stop -v shop_a shop_none
in="shop_a${tab}error${tab}ctr-start${tab}oh
"
out="$in"
check 'a record with an error, where there is nothing to do' 1 ctr-stop

# Commands end at once.
for n in a b c d e; do
	ctr-config -q shop_$n 'command=sleep 1000' >/dev/null
done
ctr-start -q shop_a shop_b shop_c shop_d shop_e >/dev/null
in="shop_a${tab}error${tab}ctr-start${tab}oh
"
out_like="*did${tab}ctr-stop${tab}stopped*"
check 'a record with an error is stopped' 1 ctr-stop
lxc-freeze -n shop_b
out_like="*did${tab}ctr-stop${tab}stopped"
check 'a frozen one' 0 ctr-stop shop_b
out_like="*did${tab}ctr-stop${tab}killed"
check 'a kill' 0 ctr-stop -t 0 shop_c
ctr-start -q shop_a shop_c >/dev/null
lxc-freeze -n shop_c
out_like="*did${tab}ctr-stop${tab}killed"
check 'a kill of a frozen one' 0 ctr-stop -t 0 shop_c
is 'it is stopped' "$(state shop_c)" STOPPED

echo 'lxc.nonesuch = 1' >>"$CTR_LXCPATH/shop_d/config"
out_like="*did${tab}ctr-stop${tab}stopped"
check 'one whose configuration is broken' 0 ctr-stop shop_d
sed -i '$d' "$CTR_LXCPATH/shop_d/config"

# An init that takes no notice.
ctr-config -q shop_d config=lxc.init.cmd='/bin/sleep 1000' >/dev/null
ctr-config -q shop_c config=lxc.init.cmd='/bin/sleep 1000' >/dev/null
ctr-start -q shop_c shop_d >/dev/null
# It has 30 seconds, where nothing else is said, while the tests go on.
ctr-stop shop_c >default 2>&1 &
default=$!
out_like="*did${tab}ctr-stop${tab}killed, having not ended within 1 seconds"
check 'one that does not end' 0 ctr-stop -t 1 shop_d
is 'it is stopped' "$(state shop_d)" STOPPED
is 'the other one is not yet' "$(state shop_c)" RUNNING
wait "$default"
is 'without -t it is killed after 30 seconds' "$? $(cat default)" "0 shop_c${tab}state${tab}stopped
shop_c${tab}did${tab}ctr-stop${tab}killed, having not ended within 30 seconds"
is 'as the man page says' "$(grep -c '^How long a shutdown may take; 30 by default' "$top/man/ctr-stop.1")" 1
ctr-config -qu shop_c >/dev/null
ctr-config -q shop_c 'command=sleep 1000' >/dev/null

# Those that link to what is stopped, and run; what ctr-link stores.
ctr-start -q shop_b shop_c >/dev/null
for n in a b; do
	file=$CTR_LXCPATH/shop_$n/ctr/record
	{ grep . "$file"; printf 'shop_%s\tlink\tshop_c\n\n' $n; } >record && cp record "$file"
done
err="ctr-stop: shop_c: 'shop_a' still links to it and runs"
out_like="*shop_c${tab}did${tab}ctr-stop${tab}stopped*shop_b*"
check 'a warning of what links to it, but for what is stopped too' 0 ctr-stop shop_c shop_b
ctr-start -q shop_c >/dev/null
out_like='*stopped'
check 'no warning with -q' 0 ctr-stop -q shop_c

# Those that name it in `after` come first, whatever the order of the input.
ctr-start -q shop_a shop_b >/dev/null
in="shop_a${tab}container${tab}shop${tab}a

shop_b${tab}container${tab}shop${tab}b
shop_b${tab}after${tab}shop_a"
err='ctr-stop: shop_b: stopped
ctr-stop: shop_a: stopped'
out_like='shop_a*shop_b*'
check 'the reverse order' 0 ctr-stop -v

# Killed in the middle, while busybox's init takes its two seconds, and right at its beginning: the same again.
for n in a b c; do
	ctr-config -qu shop_$n >/dev/null
done
for after in 0.002 0.5; do
	ctr-start -q shop_a shop_b shop_c >/dev/null
	wait_for 60 sh -c 'for n in a b c; do pgrep -P "$(lxc-info -n shop_$n -p -H)" -f getty || exit 1; done'
	timeout -s KILL $after ctr-stop shop_a shop_b shop_c >got 2>&1
	ctr-stop shop_a shop_b shop_c >got 2>got.err
	is "killed after $after s, and again" "$? $(cat got.err) $(state shop_a) $(state shop_b) $(state shop_c) $(pgrep -c ctr-stop)" \
	    '0  STOPPED STOPPED STOPPED 0'
done
is 'and none was killed' "$(grep -c killed got)" 0

in="shop_a_b${tab}container${tab}shop_a${tab}b"
mv "$CTR_LXCPATH/shop_a" "$CTR_LXCPATH/shop_a_b" && sed -i 's/^shop_a	/shop_a_b	/
s/	a$/	a_b/' "$CTR_LXCPATH/shop_a_b/ctr/record"
err="ctr-stop: shop_a_b: it belongs to project 'shop', not to 'shop_a'"
out_like='*error*'
check 'a container of another project' 1 ctr-stop

# Where liblxc cannot be asked whether it runs, it is not taken for one that does not.
ctr-start -q shop_b >/dev/null
mv /run/lxc /run/lxc.away && touch /run/lxc
err_like="*ctr-stop: cannot ask liblxc about 'shop_b': it cannot make '/run/lxc/lock', or has no memory
ctr-stop: shop_b: its process left no record"
out="shop_b${tab}error${tab}ctr-stop${tab}its process left no record
"
check 'nobody can be asked' 1 ctr-stop shop_b
is 'then nothing is destroyed' "$(ctr-destroy shop_b 2>got; echo "$?"; grep -c "cannot ask" got; ls "$CTR_LXCPATH/shop_b")" "shop_b${tab}error${tab}ctr-destroy${tab}its process left no record

1
1
config
ctr
rootfs"
rm /run/lxc && mv /run/lxc.away /run/lxc
is 'it runs' "$(state shop_b)" RUNNING

# No more at once than there are descriptors for.
# shellcheck disable=SC2046 # words
prlimit --nofile=128 ctr-stop $(seq -f shop_none%g 200) >got 2>&1
is 'two hundred with few descriptors' "$? $(grep -c shop_none got)" '0 200'
done_testing
