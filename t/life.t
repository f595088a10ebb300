#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The example of the ancestor's README, its templates replaced by busybox, through its whole life by ctrctl.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"

client_ns
ip addr add 192.168.2.123/32 dev outside
client ip route add 192.168.2.123 via 192.0.2.1
busybox_base ubuntu
mkdir locker
cd locker || exit 1
sed -e 's/name: "ubuntu"/name: busybox/' -e '/release:/d' -e "s,/opt/data,$T/work/data," \
    "$top/man/examples/locker.yml" >locker.yml


ok 'create' ctrctl create
is 'create makes three containers' "$(lxc-ls | tr -s ' \n' ' ')" "locker_db locker_foo locker_web ubuntu "
ok 'create again' ctrctl create
ok 'start' ctrctl start
for c in db foo web; do
	is "locker_$c runs" "$(lxc-info -sH -n "locker_$c")" RUNNING
done
serve 'at locker_db' db 8000 8000
serve 'at locker_web' web 8003 8003

for address in 192.0.2.1 2001:db8::1; do
	like "db over tcp, $address" "$(client perl "$T/ask.pl" tcp "$address" 8000)" 'db *'
	like "db over udp, $address" "$(client perl "$T/ask.pl" udp "$address" 8000)" 'db *'
done
like 'web at its own address, tcp' "$(client perl "$T/ask.pl" tcp 192.168.2.123 8003)" 'web 192.0.2.2'
like 'web at its own address, udp' "$(client perl "$T/ask.pl" udp 192.168.2.123 8003)" 'web 192.0.2.2'
is 'web at another address: nobody' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8003)" nobody
like 'db from the host, tcp' "$(ask tcp 192.0.2.1 8000)" 'db *'
like 'db from the host, loopback' "$(ask tcp 127.0.0.1 8000)" 'db *'
like 'db from the host, udp over IPv6' "$(ask udp 2001:db8::1 8000)" 'db *'
like 'db from db itself' "$(at locker_db perl "$T/ask.pl" tcp 192.0.2.1 8000)" 'db *'
like 'db from db itself, udp over IPv6' "$(at locker_db perl "$T/ask.pl" udp 2001:db8::1 8000)" 'db *'

is 'the link: name, alias, fqdn' "$(lxc-attach -n locker_web -- sh -c '
	for n in db database locker_db db.example.net; do grep -cw "$n" /etc/hosts; done' | sort -u)" 2
is 'the fqdn' "$(lxc-attach -n locker_db -- hostname -f)" db.example.net
is 'the volume has what the container had' "$(ls -d ../data/db/etc/hostname)" ../data/db/etc/hostname
lxc-attach -n locker_web -- touch /var/log/here
ok 'the volume of $name' test -e ../data/web/var_log/here
limits='memory.limit_in_bytes cpuset.cpus cpu.shares' weight=512
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || limits='memory.max cpuset.cpus cpu.weight' weight=50
for key in $limits; do
	lxc-cgroup -n locker_foo "$key"
done | grep . >got
is 'the limits' "$(cat got)" '199999488
0-1
'$weight

ok 'status' ctrctl status
for line in '*locker_db *db.example.net *running *8000->8000/udp*' '*locker_foo *running*' \
    '*192.168.2.123:8002->8002/tcp *locker_db*'; do
	# shellcheck disable=SC2254
	like "status shows $line" "$(cat "$T/got.out")" "*$line*"
done

ok 'rmports' ctrctl rmports
is 'then nobody answers' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8000)" nobody
ok 'ports' ctrctl ports
like 'then db does' "$(client perl "$T/ask.pl" tcp 192.0.2.1 8000)" 'db *'
ok 'rmlinks' ctrctl rmlinks
is 'then the link is gone' "$(lxc-attach -n locker_web -- grep -c database /etc/hosts)" 0
ok 'links' ctrctl links
is 'then it is there' "$(lxc-attach -n locker_web -- grep -c database /etc/hosts)" 2
ok 'cgroup' ctrctl cgroup
before=$(lxc-info -pH -n locker_web)
ok 'reboot' ctrctl reboot web
ok 'it is another process then' test "$(lxc-info -pH -n locker_web)" != "$before"
is 'and has its link' "$(lxc-attach -n locker_web -- grep -c database /etc/hosts)" 2
ok 'stop one' ctrctl -t 0 stop web
is 'locker_web is stopped' "$(lxc-info -sH -n locker_web)" STOPPED
is 'locker_db is not' "$(lxc-info -sH -n locker_db)" RUNNING
ok 'down' ctrctl -t 0 down
is 'all are stopped' "$(lxc-ls --running)" ''
is 'no interface is left' "$(find /sys/class/net -name 'ctr*')" ''
ok 'rm' ctrctl rm -x
is 'only the source is left' "$(lxc-ls | tr -d ' ')" ubuntu
ok 'the data stays' test -e ../data/web/var_log/here
done_testing
