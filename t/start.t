#!/bin/sh
# ctr-start: containers of all kinds, and what goes wrong at a start.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
ctr-create -q shop_db container=shop:db template=busybox >/dev/null &&
ctr-create -q shop_web container=shop:web clone=shop_db >/dev/null &&
ctr-create -q shop_b_c container=shop:b_c clone=shop_db >/dev/null &&
ctr-create -q shop_bad container=shop:bad clone=shop_db >/dev/null &&
ctr-config -q shop_db 'command=sleep 1000' >/dev/null || exit 1

pid()
{
	lxc-info -n "$1" -p -H
}

monitor()
{
	ps -eo pid=,args= | awk -v name="$1" '/^ *[0-9]+ \[lxc monitor\]/ && $NF == name {print $1}'
}

# The memory of process $1 that is its own, in kB.
own()
{
	awk '/^Private_(Clean|Dirty)/ {n += $2} END {print n}' "/proc/$1/smaps_rollup"
}

out_like="shop_db${tab}state${tab}running
shop_db${tab}pid${tab}[0-9]*
shop_db${tab}did${tab}ctr-start${tab}started"
err='ctr-start: shop_db: started'
check 'a start' 0 ctr-start -v shop_db
is 'the init is the one that the record names' "$(awk '$2 == "pid" {print $3}' "$T/got.out")" "$(pid shop_db)"

was=$(pid shop_db)
out="shop_db${tab}state${tab}running
shop_db${tab}pid${tab}$was
"
check 'a running one is left as it is' 0 ctr-start -v shop_db

is 'the monitor keeps neither pipe nor lock open' "$(for f in "/proc/$(monitor shop_db)"/fd/*; do
	readlink "$f"
done | grep -e pipe: -e "$CTR_STATE")" ''
lxc-start -n shop_web
# What it shares with the process that it is a fork of is its own when that has ended.
no_bigger()
{
	mine=$(own "$(monitor shop_db)") theirs=$(own "$(monitor shop_web)")
	[ "$mine" -le "$theirs" ]
}
# A sanitizer's own memory is no measure.
if ! sanitized; then
	wait_for 10 no_bigger
	ok "the monitor is no bigger than that of lxc-start: $mine kB, $theirs kB" no_bigger
fi
lxc-stop -k -n shop_web

out_like="*did${tab}ctr-start${tab}restarted"
check 'restart' 0 ctr-start -r shop_db
ok 'it has another init' test "$was" != "$(pid shop_db)"

lxc-freeze -n shop_db
out="shop_db${tab}error${tab}ctr-start${tab}it is frozen; 'lxc-unfreeze -n shop_db' thaws it
"
err="ctr-start: shop_db: it is frozen; 'lxc-unfreeze -n shop_db' thaws it"
check 'a frozen one is an error' 1 ctr-start shop_db
out_like="*did${tab}ctr-start${tab}restarted"
check 'but can be restarted' 0 ctr-start -r shop_db
ctr-stop -qt 0 shop_db >/dev/null

# Failures; the others go on.
err='ctr-start: shop_bad: its command '\''false'\'' ended at once after the start'
out_like="*shop_bad${tab}error*shop_db${tab}did${tab}ctr-start${tab}started"
ctr-config -q shop_bad command=false >/dev/null
check 'a command that ends at once' 1 ctr-start shop_bad shop_db
is 'nothing is left of it' "$(lxc-info -n shop_bad -s -H)" STOPPED
ctr-stop -qt 0 shop_db >/dev/null
ctr-start shop_bad shop_db after=shop_bad >got 2>err
is 'what waits for it starts all the same' "$? $(awk '$2 == "error" || $2 == "state" { print $1, $2 }' got)" '1 shop_bad error
shop_db state'
# On a busy host it takes longer than that. It waits in the kernel, as for a disk: clone(2) with CLONE_VFORK. The template's
# containers have the host's /lib.
cp /usr/bin/perl "$CTR_LXCPATH/shop_bad/rootfs/bin/"
cat >"$CTR_LXCPATH/shop_bad/rootfs/bin/waits" <<'E2'
#!/bin/perl
my $own = syscall 56, 0x4000 | 17, 0, 0, 0, 0;
select undef, undef, undef, 0.3 if $own == 0;
exit 1;
E2
chmod +x "$CTR_LXCPATH/shop_bad/rootfs/bin/waits"
works "$CTR_LXCPATH/shop_bad/rootfs/bin/works"
at_once()
{
	ctr-config -q shop_bad "command=$1" >/dev/null
	err="ctr-start: shop_bad: its command '$1' ended at once after the start"
	out_like='*error*'
	check "a command that ends at once, but $1" 1 ctr-start shop_bad
}
at_once works
# Where all is slow perl has had its half second before it waits.
[ -n "${CTR_TEST_SLOW-}" ] || at_once waits
ctr-config -q shop_bad command=nonesuch >/dev/null
err_like="ctr-start: shop_bad: its command 'nonesuch' ended at once after the start"
out_like='*error*'
check 'a command that is not there' 1 ctr-start shop_bad
ctr-config -qu shop_bad >/dev/null
ctr-config -q shop_bad config=lxc.init.cmd=/nonesuch >/dev/null
err_like='ctr-start: shop_bad: cannot start: *Failed to exec "/nonesuch"'
out_like='*error*'
check 'an init that is not there, in the words of LXC' 1 ctr-start shop_bad
ctr-config -qu shop_bad >/dev/null
ctr-config -q shop_bad config=lxc.init.cmd=/bin/false >/dev/null
err='ctr-start: shop_bad: its init ended at once after the start'
out_like='*error*'
check 'an init that ends at once' 1 ctr-start shop_bad
ctr-config -qu shop_bad >/dev/null
cp "$CTR_LXCPATH/shop_bad/config" config
echo 'lxc.nonesuch = 1' >>"$CTR_LXCPATH/shop_bad/config"
err_like="ctr-start: shop_bad: its configuration '*/shop_bad/config' cannot be loaded: *\"lxc.nonesuch\""
out_like='*error*'
check 'a configuration that LXC does not load' 1 ctr-start shop_bad
cp config "$CTR_LXCPATH/shop_bad/config"

err='ctr-start: shop_none: there is no such container'
out_like='*error*'
check 'a container that is not there' 1 ctr-start shop_none
busybox_base shop_hand
err_like='ctr-start: shop_hand: * was not made by ctrkit'
out_like='*error*'
check 'a container made by hand' 1 ctr-start shop_hand
in="shop_b_c${tab}container${tab}shop_b${tab}c"
err="ctr-start: shop_b_c: it belongs to project 'shop', not to 'shop_b'"
out_like='*error*'
check 'a container of another project' 1 ctr-start
in="shop_db${tab}error${tab}ctr-addr${tab}no address is left"
out="$in
"
check 'a record with an error goes by' 1 ctr-start
out_like='usage: *'
check 'help' 0 ctr-start --help
err_like="ctr-start: -t takes a number *"
check 'a time that is none' 2 ctr-start -t 1x shop_db
ctr-stop -qt 0 shop_db >/dev/null

# A start that takes its time: hooks of the configuration.
printf '#!/bin/sh\nexec sleep "$(cat %s/seconds)"\n' "$PWD" >hook && chmod +x hook
echo 0.3 >seconds
ctr-config -q shop_db "config=lxc.hook.pre-start=$PWD/hook" >/dev/null
ctr-start shop_web after=shop_db shop_db >started
born()
{
	cut -d ' ' -f 22 "/proc/$(pid "$1")/stat"
}
ok 'one that names another in `after` starts when that runs' test "$(born shop_web)" -gt "$(born shop_db)"
is 'the output has the order of the input' "$(awk '$2 == "did" {print $1}' started)" 'shop_web
shop_db'
ctr-stop -qt 0 shop_db shop_web >/dev/null

echo 30 >seconds
err='ctr-start: shop_db: its start has not ended within 1 seconds'
out_like='*error*'
check 'a start that does not end' 1 ctr-start -t 1 shop_db
for p in $(pgrep -x -f 'sleep 30'); do kill "$p"; done
echo 0.5 >seconds
ctr-start shop_db >killed 2>&1 &
wait_for 60 pgrep -x -f 'sleep 0.5'
kill -9 $!
wait $! 2>/dev/null
out_like="*state${tab}running*"
check 'after a kill in the middle of a start, the same again' 0 ctr-start shop_db
is 'it runs' "$(lxc-info -n shop_db -s -H)" RUNNING
ctr-stop -qt 0 shop_db >/dev/null
ctr-start shop_db >one & ctr-start shop_db >two; wait
is 'two at once: one of them starts it' "$(cat one two | grep -c started)" 1
ctr-stop -qt 0 shop_db >/dev/null
lxc-start -n shop_db &
wait_for 60 pgrep -x -f 'sleep 0.5'
ctr-start shop_db >got
is 'one that somebody else is starting' "$(cat got)" "shop_db${tab}state${tab}running
shop_db${tab}pid${tab}$(pid shop_db)"
wait
ctr-stop -qt 0 shop_db >/dev/null

# An address by DHCP, on a bridge.
ip link add br9 type bridge && ip addr add 10.9.0.1/24 dev br9 && ip link set br9 up || exit 1
ctr-addr -q shop_bad network=br9 >/dev/null
err="ctr-start: shop_bad: it runs, but has no IPv4 address from 'br9' after 2 seconds"
out_like='*error*'
check 'no address from a bridge' 1 ctr-start -t 2 shop_bad
ctr-stop -qt 0 shop_bad >/dev/null
ctr-start -t $((${CTR_TEST_SLOW:-1} + 1)) -v shop_bad shop_db after=shop_bad >got 2>err
is 'what waits for it waits for its address' "$(sed 's/^\(ctr-start: [a-z_]*: \(started\)*\).*/\1/' err)" 'ctr-start: shop_bad: started
ctr-start: shop_bad: 
ctr-start: shop_db: started'
ctr-stop -qt 0 shop_bad shop_db >/dev/null
# As nohup(1) has it.
(trap '' HUP; exec ctr-start -t 3 shop_bad) >got 2>&1 &
wait_for 60 sh -c 'lxc-info -n shop_bad -s -H | grep RUNNING'
kill -HUP $!
wait $!
is 'a signal that is ignored stays so' "$? $(grep -c 'no IPv4 address' got)" '1 2'
ctr-stop -qt 0 shop_bad >/dev/null
dnsmasq --conf-file=/dev/null --port=0 --interface=br9 --bind-interfaces --dhcp-range=10.9.0.10,10.9.0.20 \
    --dhcp-authoritative --no-ping --pid-file="$T/dnsmasq.pid" --dhcp-leasefile="$T/leases" \
    --log-facility="$T/dnsmasq.log"
out_like="*did${tab}ctr-start${tab}started"
check 'a start on a bridge' 0 ctr-start -t 20 shop_bad
shown=$(nsenter -t "$(pid shop_bad)" -n ip -4 addr show dev eth0)
like 'when it ends, the address is there' "$shown" '*inet 10.9.0.*'

# A monitor that does not answer is waited for, and a signal ends that.
ctr-start -q shop_db >/dev/null
printf 'shop_db\tcontainer\tshop\tdb\n\n' >in
kill -STOP "$(monitor shop_db)"
ctr-start <in >got 2>&1 &
asking() { pgrep -P "$1" | while read -r p; do readlink "/proc/$p/fd/"*; done | grep -q socket:; }
ok 'it asks' wait_for 60 asking $!
kill $!
wait_for 60 sh -c "! kill -0 $! 2>/dev/null || grep -q zombie /proc/$!/status"
is 'a signal ends the wait for a monitor' "$? $(cat got)" '0 '
# The others are not kept by it.
ctr-stop -qt 0 shop_web >/dev/null
printf 'shop_web\tcontainer\tshop\tweb\n\n' >>in
ctr-start -v <in >got 2>&1 &
ok 'one behind it is started' wait_for 60 grep -q 'shop_web: started' got
kill $!
wait $! 2>/dev/null
kill -CONT "$(monitor shop_db)"

# A profile of AppArmor that a power cut left empty: LXC would not start it any more.
lxc-stop -k -n shop_db
mkdir -p "$CTR_LXCPATH/shop_db/apparmor" && : >"$CTR_LXCPATH/shop_db/apparmor/lxc-a" && echo b >"$CTR_LXCPATH/shop_db/apparmor/lxc-b"
ctr-start shop_db >got
is 'an empty profile is removed, another one stays' "$(ls "$CTR_LXCPATH/shop_db/apparmor")" lxc-b

done_testing
