#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-create: clones, which are made their own.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
busybox_base
base=$CTR_LXCPATH/base

# A source with all that a clone must not share, made by hand: a name, a MAC, a machine-id, and an /etc/hostname
# that leads to a file of the host.
printf '%s\n' 'lxc.net.0.type = veth' 'lxc.net.0.hwaddr = 02:00:00:aa:bb:cc' >>"$base/config"
echo 0123456789abcdef0123456789abcdef >"$base/rootfs/etc/machine-id"
mkdir -p "$base/rootfs/var/lib/dbus"
cp "$base/rootfs/etc/machine-id" "$base/rootfs/var/lib/dbus"
echo precious >"$T/precious"
ln -s "$T/precious" "$base/rootfs/etc/hostname"

out="shop_a${tab}clone${tab}base
shop_a${tab}did${tab}ctr-create${tab}cloned from 'base'
"
err="ctr-create: shop_a: cloned from 'base'"
check 'a clone of a container made by hand' 0 ctr-create -v shop_a clone=base
a=$CTR_LXCPATH/shop_a
is 'what is stored' "$(cat "$a/ctr/record")" "shop_a${tab}container${tab}shop${tab}a
shop_a${tab}clone${tab}base"
is 'its own name' "$(grep uts.name "$a/config")" 'lxc.uts.name = shop_a'
is 'its own MAC, one' "$(grep -c hwaddr "$a/config") $(grep -c 02:00:00:aa:bb:cc "$a/config")" '1 0'
is 'its own include' "$(grep '^lxc.include' "$a/config")" "lxc.include = $a/ctr/config"
is 'its machine-id is empty' "$(stat -c %s "$a/rootfs/etc/machine-id")" 0
ok 'and none is left for dbus' [ ! -e "$a/rootfs/var/lib/dbus/machine-id" ]
is 'the source keeps its own' "$(cat "$base/rootfs/etc/machine-id")" 0123456789abcdef0123456789abcdef
is 'the link of /etc/hostname was not followed' "$(cat "$T/precious")" precious
ok 'it has a copy of its own' [ "$a/rootfs/bin/busybox" -ef "$a/rootfs/sbin/init" ]
ok 'apart from the source' sh -c "! [ '$a/rootfs/bin/busybox' -ef '$base/rootfs/bin/busybox' ]"
sed -i '/lxc.net.0/d' "$base/config" "$a/config"

# LXC's own hook on clones edits /etc/hosts, through a link too, with the host's root's rights.
mkdir "$T/hostetc" && echo '127.0.1.1 hooked' >"$T/hostetc/hosts"
busybox_base hooked
rm -r "$CTR_LXCPATH/hooked/rootfs/etc"
ln -s "$T/hostetc" "$CTR_LXCPATH/hooked/rootfs/etc"
echo 'lxc.hook.clone = /usr/share/lxc/hooks/clonehostname' >>"$CTR_LXCPATH/hooked/config"
out_like='*did*' check 'a source whose /etc is a link to a directory of the host' 0 ctr-create shop_h clone=hooked
is 'the file there is untouched' "$(cat "$T/hostetc/hosts")" '127.0.1.1 hooked'
is 'the line of the hook is kept' "$(grep -c 'lxc.hook.clone = /' "$CTR_LXCPATH/shop_h/config")" 1
is 'and no other added' "$(grep -c lxc.hook "$CTR_LXCPATH/shop_h/config")" 1

# A snapshot, and clones of what ctrkit made: nothing of what its programs gave the source.
out_like='*did*' check 'a snapshot' 0 ctr-create shop_s clone=base:snapshot
is 'is an overlay' "$(grep rootfs.path "$CTR_LXCPATH/shop_s/config")" \
    "lxc.rootfs.path = overlay:$base/rootfs:$CTR_LXCPATH/shop_s/overlay/delta"
ctr-config shop_a env=SECRET=1 >/dev/null
out_like='*did*did*did*did*'
check 'clones of clones' 0 ctr-create shop_b clone=shop_a shop_c clone=shop_s shop_d clone=shop_s:snapshot \
    shop_e clone=base:backend=overlay
is 'the copy of a snapshot is a directory' "$(grep rootfs.path "$CTR_LXCPATH/shop_c/config")" \
    "lxc.rootfs.path = dir:$CTR_LXCPATH/shop_c/rootfs"
is 'nothing of the source is included' "$(grep -r shop_a "$CTR_LXCPATH"/shop_b/config "$CTR_LXCPATH/shop_b/ctr" |
    grep -v /record:)" ''
for c in a b c d e s; do
	lxc-start -n "shop_$c" && wait_for 60 lxc-attach -n "shop_$c" -- true
	is "shop_$c runs under its own name" "$(lxc-attach -n "shop_$c" -- hostname)" "shop_$c"
done
out_like='*error*' err="ctr-create: shop_x: its source 'shop_a' runs and cannot be cloned; stop it with 'ctr-stop shop_a'"
check 'a source that runs' 1 ctr-create shop_x clone=shop_a
lxc-start -n base
out_like='*error*' err="ctr-create: shop_x: its source 'base' runs and cannot be cloned; stop it with 'lxc-stop -n base'"
check 'one made by hand' 1 ctr-create shop_x clone=base
out_like='*error*' err="ctr-create: shop_x: its source 'nosuch' does not exist in '$CTR_LXCPATH'"
check 'no source' 1 ctr-create shop_x clone=nosuch
out_like='*error*' err='ctr-create: shop_x: it cannot be a clone of itself'
check 'a clone of itself' 1 ctr-create shop_x clone=shop_x
for c in base shop_a shop_b shop_c shop_d shop_e shop_s; do lxc-stop -k -n $c; done
echo 'lxc.bad.key = 1' >>"$CTR_LXCPATH/shop_b/config"
out_like='*error*' err_like="*ctr-create: shop_x: cannot clone 'shop_b': *lxc.bad.key*"
check 'a source with a broken configuration' 1 ctr-create shop_x clone=shop_b
ok 'nothing of it is left' [ ! -e "$CTR_LXCPATH/shop_x" ]

# A root that is a plain directory is copied as it is: kinds of files, owners, modes, times, links, holes, capabilities.
busybox_base kinds
kinds=$CTR_LXCPATH/kinds
(
	cd "$kinds/rootfs/home" && echo one >one && ln one two && ln -s "$T/precious" link && mkfifo fifo &&
	mknod null c 1 3 && cp /bin/true ping && chown 7:8 ping && setcap cap_net_raw=ep ping && echo 1 >-f &&
	truncate -s 64M holes && mkdir -m 1750 "a  b" && touch "a  b/$(printf 'c\nd')" && chown -h 5:6 link &&
	cp /bin/true suid && chown 9:9 suid && chmod 6711 suid && touch -d '2001-02-03 04:05:06.789' -h link . ..
)
chmod 2751 "$kinds/rootfs"
listing() { (cd "$1/rootfs" && find . -printf '%p %y %m %U:%G %n %T@ %l\n' | sort); }
out_like='*did*' check 'a clone of a root with all kinds of files' 0 ctr-create kinds_a clone=kinds kinds_b clone=kinds:backend=dir
for c in kinds_a kinds_b; do
	a=$CTR_LXCPATH/$c
	is "$c: names, kinds, modes, owners, links, times" "$(listing "$a")" "$(listing "$kinds")"
	is "$c: capabilities" "$(cd "$a/rootfs/home" && getcap ping)" 'ping cap_net_raw=ep'
	ok "$c: a hard link" [ "$a/rootfs/home/one" -ef "$a/rootfs/home/two" ]
	ok "$c: holes" [ "$(stat -c %b "$a/rootfs/home/holes")" -lt 1000 ]
	is "$c: contents" "$(cd "$kinds/rootfs" && find . -type f -exec sha256sum {} + | (cd "$a/rootfs" && sha256sum --quiet -c 2>&1))" ''
	is "$c: its configuration differs in root, name, include" "$(diff "$kinds/config" "$a/config" | grep '^[<>]')" \
	    "< lxc.rootfs.path = dir:$kinds/rootfs
< lxc.uts.name = \"kinds\"
> lxc.uts.name = $c
> lxc.rootfs.path = dir:$a/rootfs
> lxc.include = $a/ctr/config"
done
is 'a copy hangs together with nothing' "$(cd "$CTR_LXCPATH" && ls kinds kinds_a)" 'kinds:
config
rootfs

kinds_a:
config
ctr
rootfs'
ok 'LXC starts it' lxc-start -n kinds_a
lxc-stop -k -n kinds_a
ok 'copies it' lxc-copy -n kinds_a -N kinds_c
ok 'and destroys it' lxc-destroy -n kinds_a
ok 'all of it' [ ! -e "$CTR_LXCPATH/kinds_a" ]
strace -f -o "$T/trace" -e trace=execve ctr-create kinds_d clone=kinds >/dev/null
is 'by cp(1)' "$(grep -c '"cp", .* = 0' "$T/trace") $(grep -c rsync "$T/trace")" '1 0'

# What needs more than that is LXC's: here a file beside the root.
echo 'none mnt tmpfs size=4k 0 0' >"$kinds/fstab"
echo "lxc.mount.fstab = $kinds/fstab" >>"$kinds/config"
out_like='*did*' check 'a source with a file of its own beside the root' 0 ctr-create kinds_e clone=kinds
is 'the clone has a copy of it' "$(grep fstab "$CTR_LXCPATH/kinds_e/config")" \
    "lxc.mount.fstab = $CTR_LXCPATH/kinds_e/fstab"
ok 'indeed' cmp "$kinds/fstab" "$CTR_LXCPATH/kinds_e/fstab"

# The disk is full.
mkdir "$T/small" && mount -t tmpfs -o size=5m tmpfs "$T/small"
lxc-create -P "$T/small" -n base -t busybox >/dev/null 2>&1
before=$(find "$T/small" | sort)
head -c 2m /dev/zero >"$T/small/base/rootfs/home/zeros"
err="ctr-create: shop_x: cannot clone 'base': cp: error *: No space left on device"
out_like="*error*" err_like=$err
check 'a full disk' 1 ctr-create -P "$T/small" shop_x clone=base
is 'nothing is left on it' "$(find "$T/small" | sort)" "$(printf '%s\n' "$before" "$T/small/base/rootfs/home/zeros" | sort)"
is 'nor a note' "$(ls -A "$CTR_STATE/create")" ''

# In one stream: the source first, wherever it stands, and no record goes on before all clones are made.
in="two_web${tab}container${tab}two${tab}web
two_web${tab}clone${tab}two_db

two_db${tab}container${tab}two${tab}db
two_db${tab}template${tab}busybox

two_bad${tab}container${tab}two${tab}bad
two_bad${tab}template${tab}nosuch

two_none${tab}container${tab}two${tab}none
two_none${tab}clone${tab}two_bad
two_none${tab}port${tab}tcp${tab}*${tab}1${tab}1"
out="two_web${tab}container${tab}two${tab}web
two_web${tab}clone${tab}two_db
two_web${tab}did${tab}ctr-create${tab}cloned from 'two_db'

two_db${tab}container${tab}two${tab}db
two_db${tab}template${tab}busybox
two_db${tab}did${tab}ctr-create${tab}made by template 'busybox'

two_bad${tab}container${tab}two${tab}bad
two_bad${tab}template${tab}nosuch
two_bad${tab}error${tab}ctr-create${tab}template 'nosuch' failed: No such file or directory - bad template: nosuch

two_none${tab}container${tab}two${tab}none
two_none${tab}clone${tab}two_bad
two_none${tab}port${tab}tcp${tab}*${tab}1${tab}1
two_none${tab}error${tab}ctr-create${tab}its source 'two_bad' does not exist in '$CTR_LXCPATH'
"
err="ctr-create: two_bad: template 'nosuch' failed: No such file or directory - bad template: nosuch
ctr-create: two_none: its source 'two_bad' does not exist in '$CTR_LXCPATH'"
check 'a source after its clone, and one that fails' 1 ctr-create -j 4

for i in 1 2 3 4 5 6; do
	printf 'six_%s\tcontainer\tsix\t%s\nsix_%s\tclone\tsix_0\n\n' $i $i $i
done >"$T/clones"
{ printf 'six_0\tcontainer\tsix\t0\nsix_0\ttemplate\tbusybox\n\n'; cat "$T/clones"; } | ctr-create -j 3 >"$T/out"
is 'six clones at once of one source' "$? $(grep -c cloned "$T/out")" '0 6'
(cd "$T" && printf 'six_0\tcontainer\tsix\t0\nsix_0\ttemplate\tbusybox\n\nsix_7\tcontainer\tsix\t7\nsix_7\tclone\tsix_0\n') |
    ctr-create -j 3 | while IFS="$tab" read -r name key _; do
	[ "$key" != container ] || [ -e "$CTR_LXCPATH/six_7/ctr/record" ] || echo "$name went on too early"
done >"$T/early"
is 'a source goes on when its clone is made' "$(cat "$T/early")" ''

# Killed in the middle of a copy: the whole run, or cp alone.
bad='' n=0
for call in waitid:when=1 execve:when=2 symlinkat:when=100 symlinkat:when=200 renameat:when=2 renameat:when=4; do
	strace -f -o "$T/trace" -e "inject=$call:signal=KILL" ctr-create shop_x clone=six_0 >"$T/out" 2>"$T/err"
	! grep -q 'killed by SIGKILL' "$T/trace" || n=$((n + 1))
	ctr-create shop_x clone=six_0 >"$T/out" 2>"$T/err" || bad="$bad $call: $(cat "$T/err")"
	[ "$(cd "$CTR_LXCPATH/shop_x/rootfs" && find . | wc -l)" = "$(cd "$CTR_LXCPATH/six_0/rootfs" && find . | wc -l)" ] ||
		bad="$bad $call: not whole"
	ctr-destroy shop_x >/dev/null 2>"$T/err" || bad="$bad $call: $(cat "$T/err")"
done
is 'a copy killed at some calls, made anew' "$bad" ''
ok "killed indeed ($n)" [ $n = 6 ]
err="ctr-create: shop_x: cannot clone 'six_0': cp ended by signal 9" out_like='*error*'
check 'cp alone is killed' 1 strace -f -o "$T/trace" -e inject=symlinkat:when=100:signal=KILL ctr-create shop_x clone=six_0
ok 'nothing is left' [ ! -e "$CTR_LXCPATH/shop_x" ]

# Killed in the middle of a snapshot, which LXC notes down with the source as well.
bad='' n=0
for call in mount:when=1 mount:when=4 rename:when=1 renameat:when=2 renameat:when=3 unlinkat:when=2; do
	strace -f -o "$T/trace" -e "inject=$call:signal=KILL" ctr-create shop_x clone=base:snapshot >/dev/null 2>&1
	! grep -q 'killed by SIGKILL' "$T/trace" || n=$((n + 1))
	ctr-create shop_x clone=base:snapshot >"$T/out" 2>"$T/err" || bad="$bad $call: $(cat "$T/err")"
	[ "$(grep -c shop_x "$base/lxc_snapshots")" = 1 ] || bad="$bad $call: $(cat "$base/lxc_snapshots")"
	ctr-destroy shop_x >/dev/null 2>"$T/err" || bad="$bad $call: $(cat "$T/err")"
	! grep -q shop_x "$base/lxc_snapshots" || bad="$bad $call: the source still names it"
done
is 'killed at some calls, made anew' "$bad" ''
ok "killed indeed ($n)" [ $n -ge 5 ]
done_testing
