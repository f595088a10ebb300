#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A distribution with systemd, Debian 12: it boots without waiting for anything, with its name, links, volumes,
# limits and a published port. How long that takes is for `make bench`.
. "${0%/*}/lib.sh"

debian_base
client_ns
mkdir -p shop/data && echo kept >shop/data/file
cd shop || exit 1
cat >ctr.yml <<'YAML'
containers:
    db:
        template: busybox
        command: nc -ll -p 8000 -e cat
        fqdn: db.example.net
    sys:
        clone: debian
        fqdn: sys.example.net
        ports:
        - "8022:22"
        volumes:
        - ./data:/srv/data
        - ./log:/var/log
        links:
        - db:database
        environment:
        - GREETING=good morning
        cgroup:
        - memory.max=512M
        - pids.max=300
YAML

in_sys()
{
	lxc-attach -n shop_sys -- "$@"
}

running()
{
	state=$(in_sys systemctl is-system-running 2>/dev/null)
	[ "$state" = running ] || [ "$state" = degraded ]
}

ok 'create' ctrctl create
ok 'start' ctrctl start
# Not a wait for something: what a person finds who comes back then.
sleep 5
is '5 s later it runs, with its name, fqdn, link, volume and limit' \
    "$(lxc-info -Hs -n shop_sys) $(in_sys hostname) $(in_sys hostname -f) $(in_sys getent hosts database | awk '{ print $2 }') $(
	in_sys cat /srv/data/file) $(lxc-cgroup -n shop_sys pids.max)" 'RUNNING sys sys.example.net db.example.net kept 300'
wait_for 120 running
is 'systemd is done, and nothing failed' "$state $(in_sys systemctl --failed --plain --no-legend)" 'running '
# Without an answer, its client asks for a minute, and the boot waits for it.
like 'its DHCP client was answered' "$(in_sys cat /var/lib/dhcp/dhclient.eth0.leases)" \
    "*fixed-address $(ctr-status shop_sys | awk '$2 == "ipv4" {print $3}');*"

is 'the host name' "$(in_sys hostname)" sys
is 'the fqdn' "$(in_sys hostname -f)" sys.example.net
is '/etc/hostname' "$(in_sys cat /etc/hostname)" sys
is 'the address, after DHCP' \
    "$(in_sys ip -4 -o addr show dev eth0 | awk '{sub("/.*", "", $4); print $4}' | sort -u)" \
    "$(ctr-status shop_sys | awk '$2 == "ipv4" {print $3}')"
like 'the IPv6 address' "$(in_sys ip -6 -o addr show dev eth0)" "*$(ctr-status shop_sys |
	awk '$2 == "ipv6" {print $3}')/*"
# Its DHCP client has written the file anew by now, or not: it says the same.
is 'the servers and the domain' "$(in_sys grep -E '^(search|nameserver)' /etc/resolv.conf | sed 's/\.$//')" 'search shop
nameserver 10.66.0.1'
for name in db.shop sys.shop; do
	like "by DNS: $name" "$(in_sys getent ahosts "$name")" "*$(ctr-status "shop_${name%.shop}" | awk '$2 == "ipv4" {print $3}')*"
done
for name in db shop_db database db.example.net; do
	like "the link: $name" "$(in_sys getent hosts $name)" '*db.example.net*'
done
in_sys sh -c 'echo hello | timeout 20 bash -c "exec 3<>/dev/tcp/database/8000; cat >&3; head -n 1 <&3"' >got
is 'the link leads there' "$(cat got)" hello
is 'the volume' "$(in_sys cat /srv/data/file)" kept
in_sys touch /srv/data/back
ok 'and back' test -e data/back
ok 'a volume was filled with what the container had' test -e log/dpkg.log
is 'the environment' "$(in_sys printenv GREETING)" 'good morning'
is 'a limit' "$(lxc-cgroup -n shop_sys pids.max)" 300
[ -e /sys/fs/cgroup/cgroup.controllers ] && key=memory.max || key=memory.limit_in_bytes
is 'a limit, in the key of the host' "$(lxc-cgroup -n shop_sys "$key")" 536870912
for address in 192.0.2.1 '2001:db8::1'; do
	like "the published port, $address" "$(client timeout 20 bash -c "
		exec 3<>/dev/tcp/$address/8022; head -n 1 <&3" 2>&1)" 'SSH-2.0*'
done

ok 'a second up changes nothing' ctrctl -v up
is 'not a line of it' "$(grep -c '^ctr-' "$T/got.out")" 0
ok 'stop' ctrctl -t 120 stop
is 'shut down, not killed' "$(grep -c killed "$T/got.out")" 0
done_testing
