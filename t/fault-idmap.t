#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults in giving a container ids of its own, and taking them back: by a mount that maps them, and file by file where the
# file system has none such.
. "${0%/*}/lib.sh"
. "$top/t/fault.sh"

root_ids
state_more() { find "$CTR_LXCPATH/p_t/rootfs" -printf '%U:%G  owner:%p\n'; }

# tiny: a container of few files, with all that goes with an owner
tiny()
{
	mkdir -p vol "$CTR_LXCPATH/tiny/rootfs/etc" && cd "$CTR_LXCPATH/tiny/rootfs/etc" || exit 1
	echo '127.0.0.1 localhost' | tee "$CTR_HOSTS" >hosts
	echo set >setuid && chown 5:6 setuid && chmod 6755 setuid && ln setuid hard && ln -s /nowhere link &&
	echo caps >caps && chown 11:12 caps && setcap cap_net_raw=ep caps &&
	echo acl >acl && setfacl -m u:1000:r acl && mkdir default && setfacl -m d:u:1000:r default && cd "$T/work" || exit 1
	printf '%s\n' "lxc.rootfs.path = dir:$CTR_LXCPATH/tiny/rootfs" 'lxc.uts.name = tiny' >"$CTR_LXCPATH/tiny/config"
	ctr-create -q p_t container=p:t clone=tiny >got && ctr-idmap -q p_t idmap=auto >got && ctr-idmap -qu p_t >got || exit 1
}
of_both='write rename fsync fork malloc stat? open? opendir? pipe? flock read?'
tiny
writer "$of_both unlink? space? chmod?" 'ctr-idmap -q p_t idmap=auto' 'ctr-idmap -qu p_t'

mkdir "$T/upper" "$T/work2" "$T/lower" &&
	mount -t overlay -o "lowerdir=$T/lower,upperdir=$T/upper,workdir=$T/work2" overlay "$CTR_LXCPATH" || exit 1
tiny
# Half of its files have other owners then, and it cannot be started.
disturbed xattr 1 'ctr-idmap -q p_t idmap=auto' && state between && ctr-idmap -qu p_t >got || exit 1
writer "$of_both unlink? xattr chmod" 'ctr-idmap -q p_t idmap=auto' 'ctr-idmap -qu p_t'
is 'and file by file it was' "$(ctr-idmap -q p_t idmap=auto | sed -n 's/.*mapped	.*	//p')" chown
done_testing
