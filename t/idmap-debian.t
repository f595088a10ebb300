#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A distribution with systemd, Debian 12, made by LXC's debian template, with ids of its own.
. "${0%/*}/lib.sh"

debian_base
root_ids
cat >ctr.yml <<'YAML'
name: shop
containers:
    sys:
        clone: debian
        idmap: auto
        fqdn: sys.example.net
        ports: "8022:22"
        volumes: ["./log:/var/log"]
        cgroup: {pids.max: 300}
YAML
in_sys() { timeout 60 lxc-attach -n shop_sys -- "$@"; }
running()
{
	state=$(in_sys systemctl is-system-running 2>/dev/null)
	[ "$state" = running ] || [ "$state" = degraded ]
}

ok 'up' ctrctl -t 120 up
wait_for 120 running
is 'systemd is done, and nothing failed' "$state $(in_sys systemctl --failed --plain --no-legend)" 'running '
is 'its root is nobody on the host' "$(stat -c %u "/proc/$(lxc-info -n shop_sys -pH)")" 1000000
is 'the host name, by its own DNS' "$(in_sys hostname -f)" sys.example.net
like 'its DHCP client was answered' "$(in_sys cat /var/lib/dhcp/dhclient.eth0.leases)" \
    "*fixed-address $(ctr-status shop_sys | awk '$2 == "ipv4" {print $3}');*"
is 'set-id programs are those of its root' "$(in_sys su -s /bin/sh daemon -c 'id -un; passwd -S daemon' | cut -d ' ' -f 1,2)" 'daemon
daemon L'
is 'a volume that was filled has the owners that it sees' "$(stat -c '%U %G' log/btmp) $(in_sys stat -c '%U %G' /var/log/btmp)" \
    'root utmp root utmp'
is 'the limit' "$(lxc-cgroup -n shop_sys pids.max)" 300
like 'the published port' "$(timeout 20 bash -c 'exec 3<>/dev/tcp/127.0.0.1/8022; head -n 1 <&3' 2>&1)" 'SSH-2.0*'
ok 'stop' ctrctl -t 120 stop
is 'shut down, not killed' "$(grep -c killed "$T/got.out")" 0
done_testing
