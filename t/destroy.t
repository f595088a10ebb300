#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-destroy: all of a container goes, and nothing else.
. "${0%/*}/lib.sh"

tab=$(printf '\t')

# make NAME [FACT]...: a container with an address
make()
{
	ctr-create "$@" | ctr-addr >"$T/make.out" || { diag <"$T/make.out"; exit 1; }
}

# reached PORT: whether port PORT leads to anybody
reached()
{
	nft list table inet ctr 2>/dev/null | grep -q "tcp \. $1 "
}

# Whether nothing of container $1 is left, addresses and notes included.
nothing_of()
{
	[ ! -e "$CTR_LXCPATH/$1" ] && [ -z "$(ls -A "$CTR_STATE/create")" ] && ! reached 8000 &&
	! find "$CTR_STATE/addr" -lname "*/$1" | grep .
}

make base_b template=busybox
make shop_db clone=base_b
mkdir "$T/data"
echo kept >"$T/data/file"
ctr-mount shop_db "volume=$T/data:/data" >/dev/null
out_like='*did*' err_like='ctr-addr: shop_db: *
ctr-destroy: shop_db: removed'
check 'a stopped container' 0 ctr-destroy -v shop_db
ok 'nothing of it is left' nothing_of shop_db
is 'the host directory of its volume stays' "$(cat "$T/data/file")" kept
out='shop_db
'
check 'one that is not there' 0 ctr-destroy -v shop_db

# A running one, with a port and a link to it.
make shop_db clone=base_b
make shop_web clone=base_b
in="shop_db${tab}container${tab}shop${tab}db

shop_web${tab}container${tab}shop${tab}web"
printf '%s\n' "$in" | ctr-net >/dev/null || exit 1
unset in
ctr-start shop_db shop_web >/dev/null && ctr-ports shop_db port=8000:80 >/dev/null &&
    ctr-link shop_web link=shop_db >/dev/null || exit 1
ok 'its port is published' reached 8000
out_like='*error*' err="ctr-destroy: shop_db: it runs; stop it with 'ctr-stop shop_db', or kill it with -k"
check 'a running one' 1 ctr-destroy shop_db
ok 'is left alone' reached 8000
out="shop_db${tab}state${tab}absent
shop_db${tab}did${tab}ctr-destroy${tab}killed
shop_db${tab}did${tab}ctr-destroy${tab}removed
"
check 'a running one with -k' 0 ctr-destroy -k shop_db
ok 'nothing of it is left' nothing_of shop_db
ok 'nobody links to it any more' sh -c "! grep shop_db '$CTR_LXCPATH/shop_web/rootfs/etc/hosts'"
ok 'its interface is gone' wait_for 60 sh -c '[ $(ls -d /sys/class/net/ctr* | wc -l) = 1 ]'
out_like='*did*' check 'the linking one' 0 ctr-destroy -k shop_web

# Ports and addresses of one that was removed by hand.
make shop_db clone=base_b
ctr-start shop_db >/dev/null && ctr-ports shop_db port=8000:80 >/dev/null
lxc-stop -k -n shop_db
rm -rf "$CTR_LXCPATH/shop_db"
ok 'removed by hand, it has its port' reached 8000
out_like='shop_db*' check 'what is left of it' 0 ctr-destroy shop_db
ok 'goes' nothing_of shop_db

# A broken configuration.
make shop_db clone=base_b
echo 'lxc.bad.key = 1' >>"$CTR_LXCPATH/shop_db/config"
out_like='*removed*' err_like="*ctr-destroy: shop_db: '$CTR_LXCPATH/shop_db/config' cannot be loaded (*): removed without its hooks*"
check 'a broken configuration' 0 ctr-destroy shop_db
ok 'nothing of it is left' nothing_of shop_db
make shop_db clone=base_b
lxc-start -n shop_db
echo 'lxc.bad.key = 1' >>"$CTR_LXCPATH/shop_db/config"
out_like='*killed*removed*' err_like="*cannot be loaded*"
check 'broken while it runs, with -k' 0 ctr-destroy -k shop_db
ok 'nothing of it is left' nothing_of shop_db

# What ctrkit did not make; another project's.
busybox_base
out_like='*error*' err="ctr-destroy: base: '$CTR_LXCPATH/base' was not made by ctrkit"
check 'made by hand' 1 ctr-destroy -k base
ok 'it stays' lxc-info -n base
out_like='*error*' err="ctr-destroy: base_b: it belongs to project 'base', not to 'x'"
ctr-create shop_a_b container=shop_a:b clone=base_b >/dev/null
out_like='*error*' err="ctr-destroy: shop_a_b: it belongs to project 'shop_a', not to 'shop'"
check "another project's" 1 ctr-destroy shop_a_b container=shop:a_b
out_like='*did*' check 'its own' 0 ctr-destroy shop_a_b container=shop_a:b

# Snapshots.
ctr-create shop_s clone=base_b:snapshot shop_t clone=base_b:snapshot >/dev/null
out_like='*error*' err_like="ctr-destroy: base_b: 'shop_[st]' is a snapshot clone of it and cannot be without it; remove that first"
check 'the source of snapshot clones' 1 ctr-destroy base_b
out_like='*did*did*' check 'the clones' 0 ctr-destroy shop_s shop_t
ok 'the source does not name them any more' [ ! -e "$CTR_LXCPATH/base_b/lxc_snapshots" ]
make shop_s clone=base_b:snapshot
in="base_b${tab}container${tab}base${tab}b

shop_s${tab}container${tab}shop${tab}s
shop_s${tab}clone${tab}base_b${tab}snapshot"
out_like='*removed*removed*' check 'source and clone in one stream' 0 ctr-destroy
make shop_db clone=base
mkdir -p "$CTR_LXCPATH/shop_db/snaps/snap0"
out_like='*error*' err="ctr-destroy: shop_db: it has snapshots in '$CTR_LXCPATH/shop_db/snaps'; remove them with 'lxc-snapshot -d'"
check 'snapshots of it' 1 ctr-destroy shop_db
rm -r "$CTR_LXCPATH/shop_db/snaps"

# What its root may have put there: links out, a tree deeper than any path, a file that cannot be changed.
mkdir "$T/host" && echo precious >"$T/host/file"
root=$CTR_LXCPATH/shop_db/rootfs
ln -s "$T/host" "$root/link"
ln "$T/host/file" "$root/hard"
mkfifo "$root/fifo"
perl -e 'chdir shift; for (1 .. 300) { mkdir "d" x 50; chdir "d" x 50 or die }' "$root" || exit 1
mkdir "$root/fixed" && touch "$root/fixed/file" && mkdir "$root/fixed/dir"
chattr +i "$root/fixed/file" "$root/fixed" 2>/dev/null
mount --bind "$T/host" "$root/mnt"
out_like='*error*' err="ctr-destroy: shop_db: '$root/mnt' is mounted"
check 'something is mounted in it' 1 ctr-destroy shop_db
ok 'it stays whole' lxc-info -n shop_db
umount "$root/mnt"
out_like='*removed*' check 'a hostile tree' 0 ctr-destroy shop_db
ok 'nothing of it is left' nothing_of shop_db
is 'the files of the host stay' "$(cat "$T/host/file")" precious

# The hooks of its own configuration, and a root elsewhere, which is somebody else's.
make shop_db clone=base
printf '#!/bin/sh\necho "$LXC_NAME" >%s\n' "$T/hook.out" >"$T/hook" && chmod 755 "$T/hook"
mkdir "$T/root"
echo "lxc.hook.destroy = /bin/false" >>"$CTR_LXCPATH/shop_db/config"
out_like='*error*' err_like='ctr-destroy: shop_db: its lxc.hook.destroy failed: *'
check 'a hook that fails' 1 ctr-destroy shop_db
ok 'it stays' lxc-info -n shop_db
sed -i '/false/d' "$CTR_LXCPATH/shop_db/config"
printf '%s\n' "lxc.hook.destroy = $T/hook" "lxc.rootfs.path = $T/root" >>"$CTR_LXCPATH/shop_db/config"
out_like='*removed*' check 'with a hook and a root elsewhere' 0 ctr-destroy shop_db
is 'the hook ran' "$(cat "$T/hook.out")" shop_db
ok 'the root elsewhere stays' [ -d "$T/root" ]
ok 'nothing else' nothing_of shop_db

# Killed anywhere: the same command finishes it, and meanwhile nobody takes it for whole.
bad='' n=0 m=0
for call in clone:when=2 wait4:when=1 wait4:when=2 fsync:when=1 renameat:when=1 getdents64:when=5 unlinkat:when=1 \
    unlinkat:when=20 unlinkat:when=300; do
	make shop_db clone=base
	ctr-ports shop_db port=8000:80 >/dev/null
	strace -f -o "$T/trace" -e "inject=$call:signal=KILL" ctr-destroy shop_db >/dev/null 2>&1
	! grep -q 'killed by SIGKILL' "$T/trace" || n=$((n + 1))
	if [ -n "$(ls -A "$CTR_STATE/create")" ]; then
		m=$((m + 1))
		! ctr-start shop_db >"$T/out" 2>&1 || bad="$bad $call: started"
	fi
	ctr-destroy shop_db >"$T/out" 2>"$T/err" || bad="$bad $call: $(cat "$T/err")"
	nothing_of shop_db || bad="$bad $call: $(ls -R "$CTR_LXCPATH/shop_db" "$CTR_STATE")"
done
is 'killed at some calls, finished by the next run' "$bad" ''
ok "killed indeed ($n)" [ $n -ge 8 ]
ok "some half removed ($m)" [ $m -ge 2 ]
make shop_db clone=base
strace -f -o "$T/trace" -e "inject=unlinkat:when=100:signal=KILL" ctr-destroy shop_db >/dev/null 2>&1
out_like='*did*' err='ctr-create: shop_db: its making or removal did not end the last time: what was left is gone'
check 'or made anew by ctr-create' 0 ctr-create shop_db template=busybox
ok 'whole' lxc-info -n shop_db

# Two at once.
ctr-destroy shop_db >"$T/one" 2>&1 &
pid=$!
ctr-destroy shop_db >"$T/two" 2>&1
one=$?
wait $pid
is 'two at once' "$one $? $(cat "$T/one" "$T/two" | grep -c removed)" '0 0 1'

# The removal of a snapshot clone has the clone's lock when it wants that of its source; ctr-ports wants both.
make shop_base template=busybox
make shop_copy clone=shop_base:snapshot,backend=overlay
printf '#!/bin/sh\ntouch %s/slow.runs; sleep 1\n' "$T" >"$T/slow"
chmod 755 "$T/slow"
echo "lxc.hook.destroy = $T/slow" >>"$CTR_LXCPATH/shop_copy/config"
timeout 60 ctr-destroy shop_copy >"$T/one" 2>&1 &
pid=$!
wait_for 60 test -e "$T/slow.runs"
timeout 60 ctr-ports shop_base shop_copy >"$T/two" 2>&1
two=$?
wait $pid
is 'a clone while the ports of it and its source are published' "$? $two $(grep ^ctr-ports "$T/two")" \
    '0 1 ctr-ports: shop_copy: there is no such container'
done_testing
