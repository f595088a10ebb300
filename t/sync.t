#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is on the disk after a power cut: a file is renamed into its place when it has been synced, whichever program writes
# it; and what must be there before something else is, or is asked for after a boot, is, since its directory was synced too.
. "${0%/*}/lib.sh"

cat >ctr.yml <<'E2'
name: p
containers:
  a:
    template: busybox
    fqdn: a.example.org
    ports: '8080:80'
    volumes: 'data:/etc/init.d'
    links: b
    environment: {A: '1'}
    config: {lxc.uts.name: a}
    cgroup: {pids.max: 100}
  b: {clone: base}
E2
busybox_base
# The containers and dnsmasq are traced too, until they end.
cat >all.sh <<'E2'
ctrctl up && ctr-unit -q p && ctr-hosts p_a >/dev/null
touch all.done
E2
strace -f -y -o all.trace -e trace=fsync,syncfs,renameat,renameat2 sh all.sh >out 2>err &
tracer=$!
check 'all programs have run' 0 wait_for 60 test -e all.done
ctrctl down >/dev/null 2>&1
wait "$tracer"

# Of each that was renamed: its path, and whether the same process had synced it; and what was synced, in order.
cat >order.awk <<'E2'
{ pid = $1 }
/ (fsync|syncfs)\(/ {
	path = $0
	sub(/[^<]*</, "", path)
	sub(/(\(deleted\))?>.*/, "", path)
	synced[pid, path] = 1
	print "sync", path
}
/ renameat2?\(/ && !/ = -1 / {
	split($0, part, "\"")
	dir = part[1]
	sub(/[^<]*</, "", dir)
	sub(/>.*/, "", dir)
	print "rename", dir "/" part[4], synced[pid, dir "/" part[2]] ? "synced" : "NOT synced"
}
E2
awk -f order.awk all.trace | sed "s#$T/##" >order
grep '^rename' order | sort -u >renames
# A link has nothing to be synced.
is 'no file is renamed before it was synced' "$(grep 'NOT synced' renames | grep -v '\.wants/')" ''
for file in lxc/p_a/config lxc/p_a/ctr/config lxc/p_a/ctr/record lxc/p_a/ctr/boot lxc/p_a/ctr/net.conf lxc/p_a/ctr/name.conf \
    lxc/p_a/ctr/mount.conf lxc/p_a/ctr/env.conf lxc/p_a/ctr/raw.conf lxc/p_a/ctr/cgroup.conf lxc/p_b/config \
    lxc/p_a/rootfs/etc/hostname lxc/p_a/rootfs/etc/hosts state/create/p_a@ work/data /etc/hosts; do
	check "$file was, and was synced" 0 grep -q "^rename .*$file.* synced$" renames
done

# after FIRST SECOND WHAT: that a line like SECOND comes after one like FIRST, both extended regular expressions
after()
{
	check "$3" 0 awk -v first="$1" -v second="$2" '
		$0 ~ first { found = 1 }
		found && $0 ~ second { seen = 1; exit }
		END { exit !seen }' order
}
after '^rename .*state/create/p_a@' '^sync .*state/create$' 'the note that a container is being made stays'
after '^rename .*lxc/p_a/ctr/boot ' '^sync .*lxc/p_a/ctr$' 'the note that it is to run after a boot stays'
after '^rename units/ctr-p.service ' '^sync units$' 'the unit that starts it then stays'
after '^rename units/.*wants/ctr-p.service ' '^sync units/.*wants$' 'the link by which it is wanted stays'
after '^rename .*work/data ' '^sync .*work$' 'what a volume was filled with stays'
done_testing
