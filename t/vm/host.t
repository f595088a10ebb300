#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A host as Debian makes it: LXC's own configuration with a profile of AppArmor made for each container, lxc-net's bridge,
# and limits of version 2, said in either version's keys, beside systemd's groups.
. "${0%/*}/lib.sh"

mkdir -p /srv/site/pages && cd /srv/site || exit 1
echo hello >pages/index.html
of() { ctr-status -e "$1" | sed -n "s/^$1	$2	//p"; }
fetch() { wget -q -T 60 -t 1 -O - "$1"; }

# kernel CONTAINER FILE...: what the kernel has, of the group that the container's init is in, or one above it
kernel()
{
	group=/sys/fs/cgroup/lxc.payload.$1
	shift
	for f in "$@"; do
		cat "$group/$f"
	done | paste -sd ' '
}
limits()
{
	is "$1: limits said in keys of version 2" "$(kernel site_db memory.max cpu.weight cpu.max pids.max cpuset.cpus)" \
	    '67108864 50 20000 100000 40 0'
	is "$1: in keys of version 1" "$(kernel site_web memory.max memory.swap.max cpu.weight cpu.max pids.max cpuset.cpus)" \
	    '100663296 33554432 200 30000 50000 30 1'
}

cat >ctr.yml <<'YAML'
name: site
defaults:
    template: busybox
containers:
    db:
        command: nc -ll -p 8000 -e cat
        cgroup: [memory.max=64M, cpu.weight=50, "cpu.max=20000 100000", pids.max=40, cpuset.cpus=0]
    web:
        command: httpd -f -p 80 -h /srv/www
        cgroup: [memory.limit_in_bytes=96M, memory.memsw.limit_in_bytes=128M, cpu.shares=2048, cpu.cfs_quota_us=30000,
            cpu.cfs_period_us=50000, pids.max=30, cpuset.cpus=1]
        ports: ["8080:80"]
        volumes: ["./pages:/srv/www:ro"]
        links: ["db:database"]
    own:
        idmap: auto
        command: httpd -f -p 80 -h /srv/www
        cgroup: [memory.max=64M, pids.max=20]
        ports: ["8081:80"]
        volumes: ["./pages:/srv/www"]
    bridged:
        network: lxcbr0
YAML
is 'the host: control groups of version 2 alone' "$(stat -f -c %T /sys/fs/cgroup) $(grep -c ' cgroup ' /proc/mounts)" \
    'cgroup2fs 0'
echo root:1000000:6553600 | tee -a /etc/subuid >>/etc/subgid
ok 'up' ctrctl -t 120 up
pid=$(of site_web pid)
like 'AppArmor: a profile of its own' "$(cat "/proc/$pid/attr/apparmor/current")" 'lxc-site_web_<*>* (enforce)'
ok 'the memory of the kernel: the host can read it' head -c 1 /proc/kcore
like 'that profile denies it' "$(lxc-attach -n site_web -- head -c 1 /proc/kcore 2>&1)" '*Permission denied'
is 'its init is in the group' "$(sed 's,^0::/lxc.payload.site_web.*,in,' "/proc/$pid/cgroup")" in
is 'on the bridge of lxc-net' "$(ip -o link show master lxcbr0 | wc -l)" 1
ok 'which gives it an address' wait_for 60 sh -c "lxc-info -n site_bridged -iH | grep '^10[.]0[.]3[.]'"
limits 'after up'
like 'memory and its limit' "$(of site_db memory)" '[1-9]*	67108864'
like 'processor time' "$(of site_db cpu)" '[0-9]*.[0-9][0-9][0-9]'
is 'a published port' "$(fetch http://127.0.0.1:8080/)" hello
ok 'a link' lxc-attach -n site_web -- ping -c 1 -w 60 database

# With ids of its own.
own=$(of site_own pid)
like 'ids of its own: under a profile' "$(cat "/proc/$own/attr/apparmor/current")" 'lxc-site_own_<*>* (enforce)'
is 'nobody on the host' "$(stat -c '%u %g' "/proc/$own")" '1000000 1000000'
is 'its limits' "$(kernel site_own memory.max pids.max)" '67108864 20'
is 'its port' "$(fetch http://127.0.0.1:8081/)" hello
lxc-attach -n site_own -- sh -c 'echo mine >/srv/www/mine'
is 'its volume: whose files are' "$(stat -c %u pages/mine)" 0

# They hold: the kernel's own count, and what it does where one is passed.
before=$(awk '/^oom_kill / { print $2 }' /sys/fs/cgroup/lxc.payload.site_db/memory.events)
lxc-attach -n site_db -- sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1' >got 2>&1
is 'more memory than the limit: killed' "$(($(awk '/^oom_kill / { print $2 }' \
    /sys/fs/cgroup/lxc.payload.site_db/memory.events) > before))" 1

# What else changes groups and rules on such a host.
ok 'lxc-net is restarted' systemctl restart lxc-net
is 'after it, a published port' "$(fetch http://127.0.0.1:8080/)" hello
ok 'systemd reads its units anew' systemctl daemon-reload
ok 'and makes a unit with limits' systemd-run -q --wait -p CPUWeight=200 -p IOWeight=50 -p MemoryMax=100M true
limits 'systemd has been at its groups'

ok 'a limit changed' sed -i 's/memory.max=64M/memory.max=80M/; s/cpu.shares=2048/cpu.shares=512/' ctr.yml
ok 'up' ctrctl -t 120 up
is 'the running ones have it' "$(kernel site_db memory.max) $(kernel site_web cpu.weight)" '83886080 50'
is 'and are the same' "$(of site_web pid)" "$pid"

ok 'rm' ctrctl -t 120 rm -x
is 'no profile is left' "$(grep -c site_ /sys/kernel/security/apparmor/profiles)" 0
is 'no group is left' "$(find /sys/fs/cgroup -name '*site_*')" ''
is 'nothing is published' "$(nft list ruleset | grep -c 'site_')" 0
done_testing
