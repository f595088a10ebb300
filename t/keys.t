#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every key of the project file at once, on running containers: what is up needs nothing more, what is on disk is what
# was declared, and rm leaves nothing.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64
root_ids

ip link add br7 type bridge && ip addr add 10.9.0.1/24 dev br7 && ip link set br7 up || exit 1
dnsmasq --conf-file=/dev/null --port=0 --interface=br7 --bind-interfaces --dhcp-range=10.9.0.10,10.9.0.20 \
    --dhcp-authoritative --no-ping --pid-file="$T/dnsmasq.pid" --dhcp-leasefile="$T/leases" \
    --log-facility="$T/dnsmasq.log"
busybox_base hand
mkdir none
echo one >one.conf
cat >ctr.yml <<'E'
name: all
defaults:
    template: busybox
    environment: [TZ=UTC]
    volumes: ["./log/$name:/var/log"]
containers:
    tmpl:
        template: {name: busybox}
        ports: ["8000:80", "8000:80/udp", "192.0.2.1:443:443", "[2001:db8::1]:443:443", "9000-9003:9000-9003", 81:81/sctp]
        fqdn: $name.$project.example.net
        environment: {A: "$project_$name a \"b\"", B: "$$x"}
        command: sh -c "echo \"$A\" >/out; exec sleep 1000"
        cgroup: {memory.max: 64M, cpu.shares: 512, pids.max: 100, cpuset.cpus: 0}
        config: ["lxc.cap.drop=sys_time", "lxc.prlimit.nofile=1024"]
        autostart: true
        address: [10.66.0.10, "fd00:1:2:3::10"]
    copy:
        clone: tmpl
        idmap: auto
        after: tmpl
        volumes: ["./one.conf:/etc/one.conf:ro", {host: none, container: /srv/none, options: [ro, nocopy]}]
        links: {tmpl: [t, tt], byhand: h}
        command: [sleep, "1000"]
        address: 10.66.0.11
    over:
        clone: {name: tmpl, snapshot: true, backend: overlay}
        links: [over, "copy:c"]
        volumes: "./etc:/etc"
        fqdn: over.example.net
    byhand:
        clone: hand
        idmap: 2000000:1000
        links: copy
        autostart: false
    bridged:
        network: br7
        command: udhcpc -i eth0 -f
    alone:
        network: none
        command: sleep 1000
E
pids() { for n in tmpl copy over byhand bridged alone; do lxc-info -n all_$n -pH; done; }
of() { ctr-status "all_$1" | awk -F '\t' -v k="$2" '$2 == k { print $3 }'; }

# Its identifier is of the interfaces that are in it.
bridge()
{
	find /sys/class/net/br7/bridge -type f -readable ! -name '*_timer' ! -name '*_id' ! -name flush -exec grep -H . {} + | sort
	ip -4 addr show dev br7 | grep inet
}
was=$(bridge)
ok 'up' ctrctl up
is 'a bridge is left as it is' "$(bridge)" "$was"
was=$(pids)
is 'six run' "$(echo "$was" | grep -c .)" 6
err='ctrctl: up: 0 done, 6 unchanged, 0 failed'
check 'up again has nothing to say, even with -v' 0 ctrctl -v up
is 'and they are the same processes' "$(pids)" "$was"
ctr-parse >declared
ctr-list -p all >applied
is 'what is on disk is what is declared' "$(diff declared applied)" ''
is 'nothing is pending' "$(ctr-parse | ctr-status | grep pending)" ''

is 'the command has its environment' "$(lxc-attach -n all_tmpl -- cat /out)" 'all_tmpl a "b"'
pid=$(lxc-info -n all_byhand -pH)
is 'its root is the first of a block by hand, on the host' "$(stat -c '%u %g' "/proc/$pid")" '2000000 2000000'
is 'and it has no id more' "$(sed 's/  */ /g; s/^ //' "/proc/$pid/uid_map" "/proc/$pid/gid_map")" '0 2000000 1000
0 2000000 1000'
like 'both fixed addresses' "$(lxc-attach -n all_tmpl -- ip -o addr show dev eth0)" '*10.66.0.10/*fd00:1:2:3::10/*'
like 'an address of the bridge' "$(of bridged ipv4)" '10.9.0.*'
is 'no network: the loopback alone' "$(lxc-attach -n all_alone -- ls /sys/class/net)" lo
is 'a volume that is a file' "$(lxc-attach -n all_copy -- cat /etc/one.conf)" one
is 'the links of an overlay clone, in its volume' "$(grep -o '	.*' etc/hosts | grep all_ | sort -u)" \
    '	copy c all_copy
	over.example.net over all_over'
is 'its name, there too' "$(lxc-attach -n all_over -- hostname -f)" over.example.net

ok 'rm' ctrctl rm -x -t 0
is 'nothing of it is left' "$(ls "$CTR_LXCPATH" "$CTR_STATE/addr" "$CTR_STATE/create" "$CTR_STATE/idmap"; nft list tables
	find /sys/class/net -name 'ctr*')" "$(printf '%s:\nhand\n\n%s:\nlock\n\n%s:\n\n%s:' "$CTR_LXCPATH" "$CTR_STATE/addr" "$CTR_STATE/create" "$CTR_STATE/idmap")"
ok 'but the data' test -e etc/hosts
done_testing
