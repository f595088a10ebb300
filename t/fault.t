#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults in what reads and writes pipes, and in what brings a container that does not run to what is declared.
. "${0%/*}/lib.sh"
. "$top/t/fault.sh"
export CTR_POOL6=fd00:1:2:3::/64

busybox_base
mkdir -p vol/v1 vol/v2
echo '127.0.0.1 localhost' >"$CTR_HOSTS"
cat >a.yml <<'E'
name: p
containers:
  a:
    clone: base
    command: sleep 1000
    fqdn: a.example.net
    ports: ["80:80"]
    volumes: ["./vol/v1:/v"]
    links: ["b:x"]
    cgroup: {cpu.shares: 512}
    environment: {A: 1}
    config: {lxc.cap.drop: sys_time}
    network: {mtu: 1400}
    dns: 192.0.2.1
    autostart: true
  b: {clone: base}
E
cat >b.yml <<'E'
name: p
containers:
  a:
    clone: base
    ports: ["81:80", "82:82/udp"]
    volumes: ["./vol/v2:/v:ro"]
    cgroup: {cpu.shares: 256}
    environment: {A: 2}
    autostart: false
    dns: [192.0.2.2, 192.0.2.3]
  b: {clone: base}
E
ctr-parse -f b.yml | ctr-select a >b.rec
ctr-parse -f a.yml >all.rec && ctr-select a <all.rec >a.rec || exit 1
ctr-create <all.rec >got && ctr-addr <got >now && mv now got || exit 1

printf 'a: {template: x y, volumes: "./v:/v", links: b}\nb: {}\n' >small.yml
ctr-parse -p p -f small.yml | ctr-select a >small.rec
reader 'malloc malloc+ read write?' 'ctr-parse -p p -f small.yml'
reader 'malloc read write' 'ctr-select <small.rec'
reader 'malloc read write' 'ctr-json <small.rec'
reader 'malloc read write' 'ctr-table <small.rec'
reader 'malloc read write open?' 'ctr-list -p p'

# What brings a container that does not run to what is declared.
for p in ctr-config ctr-mount ctr-addr ctr-cgroup; do
	writer 'write rename fsync fork malloc' "$p <a.rec" "$p <b.rec"
done
# These two have a child that looks first, and do without it.
writer 'write? rename fsync fork?' 'ctr-name <a.rec' 'ctr-name <b.rec'
writer 'rename fsync fork?' 'ctr-dns <a.rec' 'ctr-dns <b.rec'
writer 'write rename fsync' 'ctr-hosts p_a' 'ctr-hosts -u p_a'
writer 'malloc? malloc+ open? stat? pipe? flock' 'ctr-name <a.rec' 'ctr-name <b.rec'

done_testing
