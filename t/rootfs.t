#!/bin/sh
# The root of a container, as the programs that write into it open it: of which kinds, with what limits.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
config=$CTR_LXCPATH/shop_a/config
root=$CTR_LXCPATH/shop_a/rootfs
ctr-create shop_a container=shop:a template=busybox >got || exit 1
cp "$config" config

# rootfs PATH: shop_a has this lxc.rootfs.path.
rootfs()
{
	sed "s|^lxc.rootfs.path.*|lxc.rootfs.path = $1|" config >"$config"
}

# names DESCRIPTION: ctr-name does it
names()
{
	rm -f "$root/etc/hostname"
	out_like='*named a*'
	check "$1" 0 ctr-name shop_a
	is "$1: it is this one" "$(cat "$root/etc/hostname")" a
}

fails()
{
	out_like="*error${tab}ctr-name*"
	err="ctr-name: shop_a: $2"
	check "$1" 1 ctr-name shop_a
}

rootfs "$root"
names 'a directory without a kind'
rootfs "dir:$root"
names 'a directory'
rootfs "btrfs:$root"
names 'a subvolume, where it is mounted'
mkdir -p "$CTR_LXCPATH/shop_a/with:colon"
mv "$root" "$CTR_LXCPATH/shop_a/with:colon/root"
root=$CTR_LXCPATH/shop_a/with:colon/root
rootfs "dir:$root"
names 'a directory with a colon'
mv "$root" "$CTR_LXCPATH/shop_a/rootfs"
root=$CTR_LXCPATH/shop_a/rootfs
echo >disk
rootfs "loop:$PWD/disk"
fails 'an image' "its root '$PWD/disk' is no directory, and cannot be opened while it is stopped"
rootfs "dir:$PWD/none"
fails 'a directory that is not there' "cannot open its root '$PWD/none': No such file or directory"
sed -i '/^lxc.rootfs.path/d' "$config"
fails 'none at all' 'its configuration has no lxc.rootfs.path'
echo 'lxc.nonesuch = 1' >>"$config"
err_like="*ctr-name: shop_a: its configuration '$config' cannot be loaded: *lxc.nonesuch*"
out_like='*error*'
check 'a configuration that is broken' 1 ctr-name shop_a

# An overlay, its paths longer than the 255 bytes that fsconfig(2) takes.
long=$PWD/$(printf '%0200d/%0200d' 1 2)
mkdir -p "$long/delta" "$long/work"
cp -a "$root" "$long/lower"
rm -f "$long/lower/etc/hostname"
rootfs "overlay:$long/lower:$long/delta"
mounts=$(cat /proc/self/mountinfo)
out_like='*named a*'
check 'an overlay with long paths' 0 ctr-name shop_a
is 'an overlay: into its upper layer' "$(cat "$long/delta/etc/hostname"; ls "$long/lower/etc/hostname" 2>&1)" \
    "a
ls: cannot access '$long/lower/etc/hostname': No such file or directory"
is 'an overlay: nothing stays mounted' "$(cat /proc/self/mountinfo)" "$mounts"
rm -r "$long/delta" "$long/work"
out_like='*named a*'
check 'an overlay that LXC never mounted' 0 ctr-name shop_a
rootfs "overlay:$long/none:$long/delta"
fails 'an overlay without its lower layer' \
    "cannot mount its root, the overlay '$long/none:$long/delta': No such file or directory"
rootfs "dir:$root"

# What a file may be.
head -c 1048550 /dev/zero | tr '\0' '#' >"$root/etc/hosts"
names '/etc/hosts of 1 MiB'
head -c 1048577 /dev/zero >"$root/etc/hosts"
fails '/etc/hosts of a byte more' "cannot read its '/etc/hosts': File too large"
: >"$root/etc/hosts"
chown 100000:100001 "$root/etc"
rm -f "$root/etc/hostname"
ctr-name shop_a >got
is 'a new file belongs to whom its directory belongs' "$(stat -c '%u:%g %a' "$root/etc/hostname")" '100000:100001 644'
ln "$root/etc/hostname" outside
echo old >"$root/etc/hostname"
ctr-name shop_a >got
is 'a file with another name is not written through' "$(cat outside)" old
mount -t tmpfs tmpfs "$root" && mkdir "$root/etc" && mount -o remount,ro "$root"
fails 'a file system that is read-only' "cannot replace its '/etc/hostname': Read-only file system
ctr-name: shop_a: cannot replace its '/etc/hosts': Read-only file system"
mount -o remount,rw,size=4k "$root" && ! head -c 9999 /dev/zero >"$root/etc/full" 2>got
fails 'one that is full' "cannot replace its '/etc/hostname': No space left on device
ctr-name: shop_a: cannot replace its '/etc/hosts': No space left on device"
umount "$root"

# What the running container mounts may be a file system that never answers, which is not entered.
lxc-start -n shop_a || exit 1
lxc-attach -n shop_a -- mount -t tmpfs tmpfs /etc
out_like='*error*'
err="ctr-link: shop_a: its '/etc/hosts' lies on a file system that is mounted in the container"
check 'a mount of the container' 1 ctr-link shop_a
lxc-attach -n shop_a -- umount /etc
out='shop_a
'
check 'gone' 0 ctr-link shop_a
lxc-stop -k -n shop_a

# without_openat2 COMMAND...: with openat2(2) failing with ENOSYS, as on a kernel before 5.6
without_openat2()
{
	# seccomp(2): load the number; 437, openat2 on all machines: errno 38; else allow.
	perl -MConfig -e 'my $f = pack("SCCL" x 4, 0x20, 0, 0, 0, 0x15, 0, 1, 437, 6, 0, 0, 0x50026, 6, 0, 0, 0x7fff0000);
		my $prctl = $Config{archname} =~ /^x86_64/ ? 157 : 167;
		my $prog = pack("S x![P] P", 4, $f);
		syscall($prctl, 38, 1, 0, 0, 0) == 0 && syscall($prctl, 22, 2, $prog) == 0 or die "seccomp: $!";
		exec @ARGV' "$@"
}
out_like="*error${tab}ctr-name*"
err='ctr-name: shop_a: this kernel lacks openat2(2): its files are not safe to open'
check 'a kernel without openat2(2)' 1 without_openat2 ctr-name shop_a
lxc-start -n shop_a || exit 1
out_like="*error${tab}ctr-link*"
err='ctr-link: shop_a: this kernel lacks openat2(2): its files are not safe to open'
check 'the same while it runs' 1 without_openat2 ctr-link shop_a
out='shop_a
'
check 'with it' 0 ctr-link shop_a
done_testing
