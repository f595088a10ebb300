#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults in making and removing containers, in filling volumes, and in what is kept in the kernel.
. "${0%/*}/lib.sh"
. "$top/t/fault.sh"
export CTR_POOL6=fd00:1:2:3::/64

# A container of few files, for what copies and removes them all.
mkdir -p vol "$CTR_LXCPATH/tiny/rootfs/etc" "$CTR_LXCPATH/tiny/rootfs/srv/a/b" || exit 1
echo '127.0.0.1 localhost' | tee "$CTR_HOSTS" "$CTR_LXCPATH/tiny/rootfs/etc/hosts" >"$CTR_LXCPATH/tiny/rootfs/srv/a/b/c"
printf '%s\n' "lxc.rootfs.path = dir:$CTR_LXCPATH/tiny/rootfs" 'lxc.uts.name = tiny' >"$CTR_LXCPATH/tiny/config"
create='ctr-create -q p_t container=p:t clone=tiny'
$create >got && ctr-addr -u p_t >got && state between || exit 1 # ctr-destroy does that first
writer 'write rename fsync fork malloc unlink? stat? open? opendir? pipe flock read?' "$create" 'ctr-destroy p_t'

# A volume that is new each time is filled with what the container has.
$create >got || exit 1
: >between
volume="volume=$PWD/vol/new:/srv"
writer 'rename fsync fork malloc unlink? mkdir stat? open? opendir? pipe? chmod?' "ctr-mount p_t $volume" \
    "sh -c 'rm -rf vol/new; exec ctr-mount -u p_t $volume'"

# What is kept in the kernel. What may be published stands in the record before it is, and until it no longer is.
busybox_base
printf 'defaults: {clone: base}\ncontainers: {a: {ports: ["80:80"], links: "b:x"}, b: }\n' >a.yml
printf 'containers: {a: {clone: base, ports: ["81:80", "82:82/udp"]}}\n' >b.yml
ctr-parse -p p -f a.yml >all.rec && ctr-select a <all.rec >a.rec && ctr-parse -p p -f b.yml | sed 1,2d >b.rec || exit 1
ctr-create <all.rec | ctr-addr | ctr-config | ctr-name | ctr-net | ctr-start >got || exit 1
{ sed '/^$/d' a.rec; grep 'port	' b.rec; } | ctr-ports >got && state now
{ sed '/^$/d' b.rec; grep 'port	' a.rec; } | ctr-ports >got && state between && cat now >>between
writer 'write rename fsync malloc flock open?' 'ctr-ports <a.rec' 'ctr-ports <b.rec'
# A link that is withdrawn is so at once, before its names are.
hosts=$CTR_LXCPATH/p_a/rootfs/etc/hosts
ctr-link <a.rec >got && mv "$hosts" hosts && ln -s nothing "$hosts" || exit 1
err_like='*symbolic link*' out_like='*' check 'names that cannot be withdrawn' 1 sh -c 'ctr-link <b.rec'
mv hosts "$hosts" && state between || exit 1
# Its aliases in DNS, too.
state_more() { md5sum /run/ctr/hosts/*; }
ctr-link <b.rec >got && disturbed fork 2 'ctr-link <a.rec' && state now && cat now >>between || exit 1
writer 'write rename fsync fork malloc read? open?' 'ctr-link <a.rec' 'ctr-link <b.rec'
state_more() { :; }
# What leads from an address of the container elsewhere is in its own network.
ctr-start -q p_b >got || exit 1
writer 'rename malloc space stat? open? pipe?' 'ctr-link p_a forward=127.0.0.1:1:p_b:80' 'ctr-link -u p_a forward=127.0.0.1:1:p_b:80'
ctr-stop -q -t 0 p_b >got || exit 1
writer 'fork?' 'ctr-start -q p_b' 'ctr-stop -q -t 0 p_b'
# A command that works is looked at again and again, until it has ended: what cannot be read then is no file of it any more.
works "$CTR_LXCPATH/p_b/rootfs/bin/works" && ctr-config -q p_b command=works >got || exit 1
n=0 bad=
while step && [ "$n" -le 120 ]; do
	disturbed open "$n" 'ctr-start -q p_b' >why
	[ "$?" != 1 ] || [ "$(cat err)" = "ctr-start: p_b: its command 'works' ended at once after the start" ] ||
	    { bad="$bad $n"; diag <err; }
done
is "what is read of a command that works, up to $((n - 1))" "$bad" ''
done_testing
