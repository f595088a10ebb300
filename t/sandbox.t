#!/bin/sh
# The sandbox of t/lib.sh: one is made within this one, which stands for the host.
. "${0%/*}/lib.sh"

is 'an interface of its own' "$(ls /sys/class/net)" lo
ok 'which is up' busybox ping -c 1 -w 5 127.0.0.1
is 'empty directories' "$(cd "$T" && ls -A home tmp lxc state work)" 'home:

lxc:

state:

tmp:

work:'
ok '/proc/sys can be written' sysctl -q net.ipv4.ip_forward=1
is 'PID 1 in a group that the sandbox was made for' "$(sed 's,.*/\(ctr-test-\)[^/]*,\1,' /proc/1/cgroup | uniq)" \
    ctr-test-/init.scope

# The busybox template is the distribution's, but for a line.
tree()
{
	lxc-create -n "$1" -t busybox >"$T/got.out" 2>&1 || diag <"$T/got.out"
	find "$CTR_LXCPATH/$1" -printf '%P %y %m %U:%G %s %n %l\n' | sort
	sed '/^#/d' "$CTR_LXCPATH/$1/config"
	find "$CTR_LXCPATH/$1/rootfs" -type f -exec cksum {} + | sort
	lxc-destroy -n "$1"
}
tree base >ours
ok 'the busybox template that is in the way' umount /usr/share/lxc/templates/lxc-busybox
ok "is not the distribution's" test "$(cksum <"$T/lxc-busybox")" != "$(cksum </usr/share/lxc/templates/lxc-busybox)"
tree base >theirs
check 'and makes the same' 0 diff ours theirs
ok 'which is a lot' test "$(wc -l <theirs)" -gt 300

# A checkout beside this one's: /run is not to be seen in the inner sandbox.
mount -t tmpfs tmpfs /srv
mkdir /srv/t /srv/tmp
ln -s "$top/t/lib.sh" /srv/t/lib.sh
mounts=$(wc -l </proc/self/mounts)

# inner [NAME=VALUE]...: runs a test with stdin as its body
inner()
{
	{ printf '#!/bin/sh\n. "${0%%/*}/lib.sh"\n'; cat; } >/srv/t/inner.t
	env -u CTR_SANDBOX TMPDIR=/srv/tmp "$@" sh /srv/t/inner.t
}

# Whether neither groups are left of it, nor interfaces, processes, mounts or files.
nothing_left()
{
	name=$(sed -n 's/^# group //p' out)
	[ -n "$name" ] &&
	[ -z "$(find /sys/fs/cgroup -name "$name*")" ] &&
	[ "$(ls /sys/class/net)" = lo ] &&
	[ -z "$(ls -A /srv/tmp)" ] &&
	! grep -q inner.t /proc/[0-9]*/cmdline &&
	[ "$(wc -l </proc/self/mounts)" = "$mounts" ]
}

# Where AppArmor is on, that is one result more.
apparmor=0
[ "$(cat /sys/module/apparmor/parameters/enabled 2>"$T/null")" != Y ] || apparmor=1

# shellcheck disable=SC2016 # expanded by the inner test
body='
	name=$(sed -n "s,.*/\(ctr-test-[^/]*\)/.*,\1,p" /proc/self/cgroup | head -n 1)
	echo "# group $name"
	busybox_base
	echo "lxc.net.0.type = veth" >>"$CTR_LXCPATH/base/config"
	echo "lxc.net.0.veth.pair = ctrtest" >>"$CTR_LXCPATH/base/config"
	ok start lxc-start -n base
	ok running lxc-wait -n base -s RUNNING -t 10
	ok attach lxc-attach -n base -- true
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>"$T/null")" != Y ] ||
		like "confined" "$(cat "/proc/$(lxc-info -n base -pH)/attr/apparmor/current")" "lxc-container-*(enforce)"
	ok "its interface" test -d /sys/class/net/ctrtest
	ok "its group" test -n "$(find /sys/fs/cgroup -path "*/$name/lxc.payload.base")"
	client_ns
	ok "outside, IPv4" client busybox ping -c 1 -w 5 192.0.2.1
	ok "outside, IPv6" client busybox ping -c 1 -w 5 2001:db8::1
'

inner >out 2>&1 <<EOF2
$body
done_testing
EOF2
is 'a container runs in it' "$? $(grep -c '^ok' out)" "0 $((7 + apparmor))"
! grep '^not' out || diag <out
ok 'nothing is left' nothing_left

rm out # what it says so far is of the one before
inner >out 2>&1 <<EOF2 &
$body
sleep 1000
EOF2
outside=$!
ok 'another, to be killed' wait_for 60 grep '^ok - outside, IPv6' out
# The job is a subshell, whose child is the shell outside.
pgrep -P "$outside" | xargs kill -9
ok 'nothing is left of what was killed' wait_for 60 nothing_left
nothing_left || {
	find /sys/fs/cgroup -name "$(sed -n 's/^# group //p' out)*"
	ls /sys/class/net /srv/tmp
	grep -l inner.t /proc/[0-9]*/cmdline
	cat /proc/self/mounts
} | diag

# What the functions hold against a test.
inner >out 2>&1 <<'EOF2'
ok 'succeeds' false
is 'the same' a b
like 'a pattern' abc 'b*'
check 'a status' 0 false
check 'no output' 0 echo unexpected
check 'no message' 0 sh -c 'echo unexpected >&2'
out=expected check 'output' 0 true
err=expected check 'message' 0 true
err_like='*not found*' check 'a command that is not there' 127 sh -c 'nonesuch'
check 'a crash' 139 sh -c 'kill -11 $$'
out=one
check 'without the last newline' 0 printf one
wait_for 0 false && pass 'waits for ever'
done_testing
EOF2
is 'a failed test fails' "$?" 1
is 'each of its failures is one' "$(grep -c '^not ok' out) $(grep -c '^ok' out)" '11 0'
[ "$(grep -c '^not ok' out)" = 11 ] || diag <out

inner >out 2>&1 <<'EOF2'
ok 'succeeds' true
is 'the same' a a
like 'a pattern' abc '*b*'
in='one
two'
out='one'
check 'input and output' 0 head -n 1
out_like='*' err_like='one*'
check 'message' 3 sh -c 'echo one >&2; exit 3'
check 'nothing' 0 true
wait_for 60 true && pass 'waited for'
(pass 'in a subshell')
plan 8
done_testing
EOF2
is 'a good one succeeds' "$?" 0
is 'with a plan' "$(grep -c '^ok' out) $(tail -n 1 out)" '8 1..8'
[ "$(grep -c '^ok' out)" = 8 ] || diag <out

echo 'pass one' | inner >out 2>&1
is 'an end before its time fails' "$?" 1
echo 'skip "no reason"' | inner CTR_TEST_NO_SKIP= >out 2>&1
is 'a skip' "$? $(cat out)" '0 1..0 # SKIP no reason'
echo 'skip "no reason"' | inner CTR_TEST_NO_SKIP=1 >out 2>&1
is 'a skip, where skips are forbidden' "$?" 1
echo 'sleep 100' | inner CTR_TEST_TIMEOUT=1 >out 2>&1
is 'a limit for all' "$?" 124
done_testing
