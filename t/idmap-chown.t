#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-idmap where the file system takes no idmapped mount, such as overlayfs: a container's files are given to its ids, and
# back, as a whole, also where that is killed.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
root_ids
mkdir "$T/upper" "$T/work2" "$T/lower" &&
	mount -t overlay -o "lowerdir=$T/lower,upperdir=$T/upper,workdir=$T/work2" overlay "$CTR_LXCPATH" || exit 1
mapped() { ctr-status "$1" | awk -F '\t' '$2 == "mapped" { print $3, $4, $5 }'; }

# All that a change of owner could take from a file.
busybox_base
mkdir "$CTR_LXCPATH/base/rootfs/x" && cd "$CTR_LXCPATH/base/rootfs/x" || exit 1
echo set >setuid && chown 5:6 setuid && chmod 6755 setuid
ln setuid hard && ln -s /nowhere link && chown -h 7:8 link
mkfifo fifo && mknod dev c 1 3 && mkdir sticky && chown 9:10 fifo dev sticky && chmod 2640 fifo && chmod 3777 sticky
echo caps >caps && chown 11:12 caps && setcap cap_net_raw=ep caps && echo beyond >beyond && chown 70000:70000 beyond
echo acl >acl && setfacl -m u:1000:r,g:1001:rw acl && mkdir default && setfacl -m d:u:1000:r,u:70000:r default || exit 1
deep=.; i=0
while [ $i -lt 150 ]; do deep=$deep/d i=$((i + 1)); done
mkdir -p "$deep"
cd "$T/work" || exit 1

# list FIRST: each file with its owners, less FIRST, mode, links and target, ACL and capabilities.
list()
{
	(
		cd "$CTR_LXCPATH/shop_a/rootfs" || exit 1
		find . -printf '%U %G %m %y %n %p %l\n' | awk -v first="$1" '{
			for (i = 1; i <= 2; i++) if ($i >= first && $i < first + 65536) $i -= first; else $i = "not " $i
			print }' | sort -k6
		cd x && getfacl -cn acl default | awk -F : -v first="$1" -v OFS=: '
			/[0-9]:...$/ { for (i = 2; i < NF; i++) if ($i >= first && $i < first + 65536) $i -= first }
			{ print }'
		getcap -n caps | sed "s/ *\[rootid=$1\]//"
		getfattr -d -m trusted setuid caps
	)
}
ctr-create -q shop_a clone=base >got
list 0 >plain
# The tree is deeper than there are descriptors.
out="shop_a${tab}idmap${tab}auto
shop_a${tab}mapped${tab}1000000${tab}65536${tab}chown
shop_a${tab}did${tab}ctr-idmap${tab}ids 1000000:65536, and its files are theirs
"
check 'its files are given to its ids' 0 sh -c 'ulimit -n 64; ctr-idmap shop_a idmap=auto'
list 1000000 >got
is 'each has its owner, and all else that it had' "$(diff plain got)" ''
is 'capabilities are those of its root' "$(getcap -n "$CTR_LXCPATH/shop_a/rootfs/x/caps" | grep -o 'rootid=.*]')" \
    'rootid=1000000]'
out="shop_a${tab}idmap${tab}auto
shop_a${tab}mapped${tab}1000000${tab}65536${tab}chown
"
check 'again: nothing to do' 0 ctr-idmap -v shop_a idmap=auto
out_like='*' err='ctr-idmap: shop_a: gives its files to the ids from 0 on ...
ctr-idmap: shop_a: has the host'\''s ids'
check 'and given back' 0 ctr-idmap -v -u shop_a
list 0 >got
is 'as they were' "$(diff plain got)" ''
is 'capabilities of no root' "$(getcap -n "$CTR_LXCPATH/shop_a/rootfs/x/caps" | grep -o rootid)" ''

# refused DESCRIPTION ERROR [FACT]: its files stay as they are
refused()
{
	out_like='*error*' err="ctr-idmap: shop_a: $2"
	check "$1" 1 ctr-idmap shop_a "${3-idmap=auto}"
}
root=$CTR_LXCPATH/shop_a/rootfs
mount --bind "$T/lower" "$root/mnt"
refused 'something is mounted in it' "idmap: its files cannot be given to other ids: '$root/mnt' is mounted"
umount "$root/mnt"
echo root:1000:6553600 >ids
refused 'ids that its files may have already' 'idmap: its files cannot be given to the ids 1000:65536, some of which they have already' \
    idmap=1000:65536
echo root:1000000:6553600 >ids
chmod 700 "$CTR_LXCPATH"
refused 'its root cannot search the way' "idmap: its root, 1000000 on the host, cannot search '$CTR_LXCPATH'; let it with:\
 setfacl -m u:1000000:x $CTR_LXCPATH"
chmod 755 "$CTR_LXCPATH"
cp "$CTR_LXCPATH/shop_a/config" config
sed -i "s,^lxc.rootfs.path.*,lxc.rootfs.path = dir:$PWD/config," "$CTR_LXCPATH/shop_a/config"
refused 'its root is a file' "idmap: its root '$PWD/config' is no directory"
cp config "$CTR_LXCPATH/shop_a/config"
list 0 >got
is 'refused: as they were' "$(diff plain got)" ''

# Killed at what changes anything, on the way there and back; then LXC does not start it, and the same command, or the
# opposite, makes it whole.
half=0
for step in setxattr:when=1 setxattr:when=4 fchownat:when=20 chmod,fchmodat:when=1 removexattr:when=1 syncfs:when=1 \
    renameat:when=3 renameat:when=4; do
	for way in idmap=auto -u; do
		set -- ctr-idmap -q shop_a idmap=auto
		[ $way != -u ] || set -- ctr-idmap -q -u shop_a
		strace -f -qq -o trace -e "trace=${step%%:*}" -e "inject=${step%%:*}:signal=KILL:${step#*:}" "$@" >got 2>&1
		case $(mapped shop_a) in
		*half)
			half=$((half + 1))
			[ $half -gt 3 ] || ! timeout 60 lxc-start -n shop_a 2>got || fail "started half: $step, $way"
			;;
		esac
		# Every other one is taken back.
		case $half$way in
		*[02468]idmap=auto)
			ctr-idmap -q -u shop_a >got || fail "taken back: $step"
			list 0 >got
			cmp -s plain got || { fail "taken back: $step" && diff plain got | diag; }
			;;
		esac
		"$@" >got || { fail "again: $step, $way"; diag <got; }
		if [ $way = -u ]; then list 0; else list 1000000; fi >got
		cmp -s plain got || { fail "as a whole: $step, $way"; diff plain got | diag; }
	done
done
ok "killed at each step, $half times half way" [ $half -ge 8 ]
is 'nothing is left of it' "$(getfattr -R -d -m trusted "$CTR_LXCPATH/shop_a/rootfs" 2>/dev/null)" ''

# A container with volumes, which lie elsewhere, and what it has there copied to one.
strace -f -qq -o trace -e trace=chmod -e inject=chmod,fchmodat:signal=KILL:when=2 ctr-idmap -q shop_a idmap=auto >got 2>&1
ctr-create -q shop_c clone=shop_a >got
is 'a clone of it half way has the owners that it sees' "$(mapped shop_a) $(cd "$CTR_LXCPATH/shop_c/rootfs/x" &&
	stat -c '%u %g %a' setuid sticky caps; getcap -n caps; getfattr -d -m trusted .)" '1000000 65536 half 5 6 6755
9 10 3777
11 12 644
caps cap_net_raw=ep'
ctr-destroy -q shop_c >got
cat >ctr.yml <<'YAML'
name: shop
defaults: {idmap: auto}
containers:
    a:
        clone: base
        command: sh -c "echo ready >/tmp/ready; exec sleep 1000"
        volumes: [./x:/x, ./etc:/etc]
    b:
        clone: a
        network: none
YAML
ok 'up' ctrctl up
is 'both own their files' "$(for n in a b; do mapped shop_$n; done)" '1000000 65536 chown
1065536 65536 chown'
is 'a volume has what was there, with the owners that it sees' "$(stat -c '%u %g %a' x/setuid x/sticky x/caps; getcap -n x/caps)" \
    '5 6 6755
9 10 3777
11 12 644
x/caps cap_net_raw=ep'
ok 'it runs' wait_for 60 timeout 60 lxc-attach -n shop_a -- test -e /tmp/ready
is 'and sees so too' "$(timeout 60 lxc-attach -n shop_a -- stat -c '%u %g' /x/setuid /etc/hostname /bin)" '5 6
0 0
0 0'
is 'one that was cloned of one that owns its files' "$(stat -c %u "$CTR_LXCPATH/shop_b/rootfs/x/caps" "$CTR_LXCPATH/shop_b/rootfs/bin")" \
    '1065547
1065536'
is 'a new file of one that runs' "$(rm -f etc/hostname; ctr-name -q shop_b >got; rm "$CTR_LXCPATH/shop_b/rootfs/etc/hostname"
	ctr-name -q shop_b >got; stat -c %u etc/hostname "$CTR_LXCPATH/shop_b/rootfs/etc/hostname" 2>/dev/null)" 1065536
out_like='*error*' err="ctr-create: shop_c: the files of its source 'shop_a' are those of the ids 1000000:65536, which a\
 snapshot cannot make others; clone it without"
check 'no snapshot of it' 1 sh -c 'ctr-stop -q -t 0 shop_a >got; ctr-create shop_c clone=shop_a:snapshot'
done_testing
