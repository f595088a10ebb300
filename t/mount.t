#!/bin/sh
# ctr-mount: volumes, and what they are filled with.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
conf=$CTR_LXCPATH/shop_db/ctr/mount.conf
root=$CTR_LXCPATH/shop_db/rootfs

create()
{
	ctr-create "shop_$1" "container=shop:$1" "${2:-template=busybox}" >"$T/create" || exit 1
}

# All that is known of a tree.
listing()
{
	(cd "$1" && find . -printf '%P %y %m %U:%G %n %l %T@ ' \( -type f -printf %s -o -true \) -printf '\n' | sort)
}

inside()
{
	lxc-attach -n shop_db -- "$@"
}

create db
mkdir -p "$root/data/deep" "$root/etc/one"
(
	cd "$root/data" || exit 1
	echo one >one
	ln one two
	ln -s one three
	ln -s /etc/shadow absolute
	ln -s nothing dangling
	mkfifo fifo
	mknod null c 1 3
	echo set >suid && chmod 4751 suid
	truncate -s 1G hole && printf x >>hole
	echo >"$(printf 'a\nb')" && echo >-rf && echo >"$(printf '\377')" && echo >deep/.hidden
	chmod 2700 deep && chown -h 11:22 dangling deep one && touch -d 2001-02-03T04:05:06.789 deep one
	setcap cap_kill=ep one
)
chown 33:44 "$root/data" && chmod 1751 "$root/data"
listing "$root/data" >want

in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}volume${tab}$PWD/new/er/a \\\\b${tab}/data${tab}rw
"
out="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}volume${tab}$PWD/new/er/a \\\\b${tab}/data${tab}rw
shop_db${tab}did${tab}ctr-mount${tab}filled '$PWD/new/er/a \\\\b' with its '/data'
shop_db${tab}did${tab}ctr-mount${tab}volume '$PWD/new/er/a \\\\b' on '/data'
"
check 'a new volume is filled' 0 ctr-mount
listing "$PWD/new/er/a \\b" >got
ok 'owners, modes, links, times, holes, special files, names' cmp want got
ok 'contents' diff -r --no-dereference "$root/data/deep" "$PWD/new/er/a \\b/deep"
is 'extended attributes' "$(getcap "new/er/a \\b/one")" 'new/er/a \b/one cap_kill=ep'
ok 'a hole stays one' test "$(stat -c %b "new/er/a \\b/hole")" -lt 1000
is 'its parents can be searched by all' "$(stat -c %a new new/er)" '755
755'
is 'blanks and backslashes are escaped' "$(cat "$conf")" \
    "lxc.mount.entry = $PWD/new/er/a\\040\\134b data none bind,rw,create=dir 0 0"
is 'it is stored' "$(ctr-list shop_db | grep volume)" "shop_db${tab}volume${tab}$PWD/new/er/a \\\\b${tab}/data${tab}rw"
inode=$(stat -c %i "$conf")
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}volume${tab}$PWD/new/er/a \\\\b${tab}/data${tab}rw
"
out=$in
check 'again: nothing' 0 ctr-mount -v
is 'again: nothing is written' "$(stat -c %i "$conf")" "$inode"

# Several: nested ones, a file, read-only, what is not filled.
mkdir -p full empty none "$root/opt/x/y" "$root/srv/f" "$root/home/e" && chown 7:8 "$root/home/e"
echo 1 >full/mine
echo file >"$root/etc/one/conf" && chmod 640 "$root/etc/one/conf"
for d in opt opt/x/y srv/f; do echo $d >"$root/$d/mark"; done
ctr-mount shop_db volume=./y:/opt/x/y volume=./opt:/opt volume=./conf:/etc/one/conf:ro volume=full:/srv/f \
    volume=empty:/srv:nocopy volume=./fresh/er:/a/b:ro volume=./e:/home/e >got || fail 'several volumes'
is 'parents come before what is in them' "$(sed 's/.* \(.*\) none bind,\(.*\) 0 0/\1 \2/' "$conf")" \
    'a/b ro,create=dir
data rw,create=dir
etc/one/conf ro,create=file
home/e rw,create=dir
opt rw,create=dir
opt/x/y rw,create=dir
srv rw,create=dir
srv/f rw,create=dir'
is 'the stored record keeps the order' "$(ctr-list shop_db | grep volume | cut -f 4 | tr '\n' ' ')" \
    '/data /opt/x/y /opt /etc/one/conf /srv/f /srv /a/b /home/e '
is 'nested ones are filled' "$(cat opt/mark opt/x/y/mark y/mark)" 'opt
opt/x/y
opt/x/y'
is 'a single file is filled' "$(cat conf; stat -c %a conf)" 'file
640'
is 'what has something in it is not' "$(ls full)" mine
is 'nor with nocopy' "$(ls empty)" ''
is 'where the container has nothing, it is made empty' "$(stat -c '%U %a' fresh/er; ls fresh/er)" 'root 755'
is 'an empty directory has the owner of the container'\''s' "$(stat -c %u:%g e)" 7:8
lxc-start -n shop_db || exit 1
is 'they are in the container' "$(inside cat /opt/x/y/mark /etc/one/conf /srv/f/mine /data/one)" 'opt/x/y
file
1
one'
ok 'read-write' inside touch /opt/mark /opt/x/y/new /data/new
ok 'read-only' inside sh -c '! touch /a/b/x && ! touch /etc/one/conf' 2>got.err
is 'blanks are no options' "$(grep -F 'a\040\134b' "/proc/$(lxc-info -pHn shop_db)/mountinfo" | cut -d ' ' -f 5,6)" \
    '/data rw,relatime'

# While it runs.
out="shop_db${tab}volume${tab}$PWD/full${tab}/late${tab}ro
shop_db${tab}pending${tab}volume
shop_db${tab}did${tab}ctr-mount${tab}volume '$PWD/full' on '/late'
"
check 'another one while it runs' 0 ctr-mount shop_db volume=full:/late:ro
out="shop_db${tab}pending${tab}volume
"
check 'again: it waits still' 0 ctr-mount -v shop_db
out_like="*pending${tab}volume*"
err="ctr-mount: shop_db: its '/bin' can be copied to the volume '$PWD/bin' only while it is stopped"
check 'one that must be filled' 0 ctr-mount shop_db volume=bin:/bin
is 'the status says so' "$(printf '%s\n' "shop_db${tab}container${tab}shop${tab}db" "shop_db${tab}volume${tab}$PWD/bin${tab}/bin${tab}rw" |
	ctr-status | grep -c 'pending	volume')" 1
is 'nothing is done for it' "$(grep -c " bin none" "$conf"; ls -d bin 2>&1)" "0
ls: cannot access 'bin': No such file or directory"
lxc-stop -k -n shop_db
ctr-mount shop_db volume=bin:/bin >got
ok 'but when it is stopped' test -x bin/busybox
out="shop_db
"
lxc-start -n shop_db || exit 1
check 'after a restart nothing waits' 0 ctr-mount -v shop_db
# Its path is edited, and edited back.
ctr-mount -q shop_db volume=back:/back >got
lxc-stop -k -n shop_db && lxc-start -n shop_db || exit 1
inside touch /back/mine
ctr-mount -q -u shop_db volume=back:/back >got
out_like="*did${tab}ctr-mount${tab}volume '$PWD/back' on '/back'*"
check 'one that it has mounted still comes back' 0 ctr-mount shop_db volume=back:/back
is 'with what was in it' "$(ls back; ctr-status shop_db | grep -c 'pending	volume')" 'mine
0'
# Gone under it: only when it is stopped it can be filled anew.
mv bin away
out_like="*pending${tab}volume*"
err="ctr-mount: shop_db: the host's '$PWD/bin' is gone, and is made anew only while it is stopped"
before=$(cat "$conf")
check 'gone while it runs' 0 ctr-mount shop_db
is 'nothing is changed' "$(cat "$conf"; ls -d bin 2>&1)" "$before
ls: cannot access 'bin': No such file or directory"
mv away bin
out="shop_db
"
check 'there again' 0 ctr-mount -v shop_db
ctr-mount -q -u shop_db volume=back:/back >got
lxc-stop -k -n shop_db && lxc-start -n shop_db || exit 1
is 'after a restart it is there' "$(inside cat /late/mine)" 1
out="shop_db${tab}volume${tab}$PWD/any${tab}/late${tab}rw
shop_db${tab}pending${tab}volume
shop_db${tab}did${tab}ctr-mount${tab}no more volume on '/late'
"
check '-u takes away what is named' 0 ctr-mount -u shop_db volume=any:/late
is 'that alone' "$(grep -c late "$conf"; grep -c . "$conf")" '0
9'
lxc-stop -k -n shop_db
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}volume${tab}$PWD/full${tab}/srv/f${tab}ro
"
out_like="*volume '$PWD/full' on '/srv/f'*no more volume on '/data'*no more volume on '/opt'*"
check 'a whole record takes away what it does not say' 0 ctr-mount
is 'and changes what it says' "$(cat "$conf")" "lxc.mount.entry = $PWD/full srv/f none bind,ro,create=dir 0 0"
ok 'the host keeps all' test -e opt/mark -a -e "new/er/a \\b/one" -a -e full/mine
out_like='*'
check '-u' 0 ctr-mount -u shop_db
is '-u: nothing is mounted, nothing stored' "$(cat "$conf"; ctr-list shop_db | grep volume)" ''
out='shop_no
'
check '-u on what is not there' 0 ctr-mount -u shop_no
ctr-mount -n shop_db volume=n:/data volume=nf:/etc/one/conf >got
is '-n fills nothing' "$(ls n; cat nf; stat -c %a n nf)" '1751
640'
ctr-mount -u shop_db >got
rm -r n nf

# Links on the host's side; one that is gone.
mkdir target && ln -s target link && ln -s nowhere nothing
ctr-mount shop_db volume=link:/opt >got
is 'a link of the host is followed, and stays' "$(cat target/mark; readlink link; cut -d ' ' -f 3 "$conf")" "opt
target
$PWD/link"
out_like='*error*'
err="ctr-mount: shop_db: the host's '$PWD/nothing' is a symbolic link to nothing"
check 'one to nothing' 1 ctr-mount shop_db volume=nothing:/a
rm -r target/*
out="shop_db
"
check 'what was emptied since is not filled again' 0 ctr-mount -v shop_db
rmdir target && rm link
out_like="*filled*"
err="ctr-mount: shop_db: the host's '$PWD/link' was gone and is made anew"
check 'one that is gone' 0 ctr-mount shop_db
ctr-mount -u shop_db >got

# Two containers with one directory.
create web
mkdir -p "$CTR_LXCPATH/shop_web/rootfs/data"
echo web >"$CTR_LXCPATH/shop_web/rootfs/data/web"
mkdir shared
ctr-mount -n shop_db volume=shared:/data >got
inode=$(stat -c %i shared)
ctr-mount shop_web volume=shared:/data >got
is 'the directory of another is left as it is' "$(ls shared; stat -c %i shared)" "$inode"
ctr-mount -u shop_db shop_web >got
rmdir shared
printf 'shop_%s\tvolume\t%s/shared\t/data\trw\n\n' db "$PWD" web "$PWD" | ctr-mount -j 2 >got
is 'both at once: one of them fills it' "$(find shared -name one -o -name web | wc -l)" 1
ok 'both at once: nothing else is left' sh -c '! ls -d .ctr-new*' 2>got
ctr-mount -u shop_db shop_web >got

# What is refused.
refused()
{
	what=$1 say=$2
	shift 2
	cp "$conf" before
	out_like='*error*'
	err="ctr-mount: shop_db: $say"
	check "$what" 1 ctr-mount shop_db "$@"
	ok "$what: nothing is changed" cmp before "$conf"
}
mkdir -p outer/in out2 "$root/var/real"
ln -s real "$root/var/link"
ln -s /var/real "$root/var/abs"
mkfifo "$root/var/fifo"
refused 'a host path in the container' "the host's '$root/x' lies in a container's own directory" "volume=$root/x:/x"
ln -s "$root" rootlink
refused 'the same by a link' "the host's '$PWD/rootlink/x' lies in a container's own directory" volume=rootlink/x:/x
refused 'a host path in a volume of its own' \
    "the host's '$PWD/outer/in' lies in its volume '$PWD/outer', where it could put a link" \
    volume=outer/in:/a volume=outer:/b
ctr-mount shop_db volume=outer:/b:ro volume=outer/in:/a >got
is 'but in a read-only one' "$(grep -c outer "$conf")" 2
ctr-mount -u shop_db >got
ctr-mount shop_web volume=outer:/b >got
out_like='*'
err="ctr-mount: shop_db: the host's '$PWD/outer/in' lies in a volume of shop_web, which could put a link there"
check 'in a volume of another container: a warning' 0 ctr-mount shop_db volume=outer/in:/a
ctr-mount shop_db volume=outer:/b:ro volume=outer/in:/a >got 2>&1
refused 'a read-only one that is read-write now' \
    "the host's '$PWD/outer/in' lies in its volume '$PWD/outer', where it could put a link" volume=outer:/b
ctr-mount -u shop_db >got && ctr-mount -u shop_web >got && ctr-mount shop_web volume=outer/in:/a >got
out_like='*'
err="ctr-mount: shop_db: the host's '$PWD/outer/in' lies in a volume of shop_db, which could put a link there"
check 'the volume of another container in its own: a warning' 0 ctr-mount shop_db volume=outer:/b
refused 'a link of the container' "of its '/var/link', '/var/link' is a symbolic link" volume=l:/var/link
refused 'an absolute one' "of its '/var/abs/x', '/var/abs' is a symbolic link" volume=l:/var/abs/x
refused 'a FIFO' "its '/var/fifo' is neither a directory nor a regular file" volume=l:/var/fifo
refused 'a file for a directory' "the host's '$PWD/conf' is a file, its '/var' is a directory" volume=conf:/var
refused 'a directory for a file' "the host's '$PWD/full' is a directory, its '/etc/one/conf' is a file" \
    volume=full:/etc/one/conf
mkdir readonly && mount -t tmpfs -o ro tmpfs readonly
refused 'a host that is read-only' "cannot make the host's '$PWD/readonly/a/b': Read-only file system" \
    volume=readonly/a/b:/none
umount readonly
refused '..' "volume '$PWD/../a': the host's path is not absolute, or has '.', '..', '//' or a control character" \
    volume=../a:/b
echo >plain
refused 'a host path below a file' "cannot use the host's '$PWD/plain/x': Not a directory" volume=plain/x:/x
long=$(printf '/%0200d' 1 2 3 4 5 6 7 8 9 10)
refused 'paths too long for LXC' "the paths of its volume '/c$long' are too long for LXC" "volume=.$long:/c$long"
ok 'none of them left anything' test ! -e l -a ! -e "$root/x"

# A read-only volume with another one in it.
ctr-mount -u shop_db >got
mkdir -p ronly && echo 1 >ronly/1
refused 'in a read-only one, where it is not there' "its '/b/c' is not there in its read-only volume '/b'" \
    volume=ronly:/b:ro volume=full:/b/c
mkdir ronly/c
ctr-mount shop_db volume=ronly:/b:ro volume=full:/b/c >got
lxc-start -n shop_db || exit 1
is 'in a read-only one, where it is' "$(inside cat /b/1 /b/c/mine)" '1
1'
lxc-stop -k -n shop_db
ctr-mount -u shop_db >got

# A disk that is full; a directory that is a mount point.
mkdir disk point
mount -t tmpfs -o size=1m tmpfs disk
head -c 3000000 /dev/urandom >"$root/opt/big"
out_like='*error*'
err_like="ctr-mount: shop_db: cannot copy its '/opt' to '$PWD/disk/opt': *No space left on device"
check 'a full disk' 1 ctr-mount shop_db volume=disk/opt:/opt
is 'a full disk: nothing is left there' "$(ls -A disk)" ''
is 'a full disk: nothing is mounted' "$(grep -c disk "$conf")" 0
mount -o remount,size=9m disk
ctr-mount shop_db volume=disk/opt:/opt >got
ok 'with room it is done' cmp "$root/opt/big" disk/opt/big
ctr-mount -u shop_db >got
mount -t tmpfs tmpfs point
out_like='*error*'
err="ctr-mount: shop_db: cannot copy its '/opt' to '$PWD/point': that is a mount point, \
in whose place no copy can be put; fill it, or say nocopy"
check 'an empty mount point' 1 ctr-mount shop_db volume=point:/opt
umount disk point

# What the host has mounted in the container's root is copied too.
mkdir "$root/opt/mnt" && mount -t tmpfs tmpfs "$root/opt/mnt" && echo m >"$root/opt/mnt/m"
ctr-mount shop_db volume=mounted:/opt/mnt volume=mounts:/opt >got
is 'a file system of its own in the root' "$(cat mounted/m mounts/mnt/m)" 'm
m'
umount "$root/opt/mnt"
ctr-mount -u shop_db >got

# Killed while it copies.
truncate -s 200M "$root/opt/hole" && head -c 60000000 /dev/urandom >"$root/opt/big"
ctr-mount shop_db volume=killed:/opt >got &
pid=$!
wait_for 60 sh -c 'ls .ctr-new*/big' && kill -9 $pid
wait $pid 2>got.err
is 'killed while it copies: status' "$?" 137
is 'killed: only a temporary is left' "$(find . -maxdepth 1 -name '*killed*' -o -name '.ctr-new*' | cut -d @ -f 1)" ./.ctr-new-shop_db
is 'killed: nothing is mounted' "$(cat "$conf")" ''
check_whole()
{
	listing "$root/opt" >want
	listing killed >got
	ok "$1" cmp want got
}
ctr-mount shop_db volume=killed:/opt >got || fail 'run again'
check_whole 'run again: it is whole'
ok 'run again: the temporary is gone' sh -c '! ls -d .ctr-new*' 2>got

# An overlay clone; others go on.
create o clone=shop_web:snapshot,backend=overlay
mkdir -p "$CTR_LXCPATH/shop_o/overlay/delta/data"
echo delta >"$CTR_LXCPATH/shop_o/overlay/delta/data/delta"
mounts=$(cat /proc/self/mountinfo)
out_like='*'
err='ctr-mount: shop_no: there is no such container'
check 'one is not there, the other is done' 1 ctr-mount shop_no volume=x:/x shop_o volume=o:/data
is 'the root of an overlay clone' "$(ls o)" 'delta
web'
is 'nothing stays mounted' "$(cat /proc/self/mountinfo)" "$mounts"
# A directory that cannot be given the owner of the container's: not once, and not the next time either.
create owner clone=shop_db
mkdir -p "$CTR_LXCPATH/shop_owner/rootfs/owned" owned
chown 7:7 "$CTR_LXCPATH/shop_owner/rootfs/owned"
if chattr +i owned 2>"$T/chattr"; then
	for time in first second; do
		out_like='*error*'
		err="ctr-mount: shop_owner: cannot make the host's '$PWD/owned': Operation not permitted"
		check "a directory that cannot be changed, the $time time" 1 ctr-mount shop_owner volume=owned:/owned
	done
	chattr -i owned
	out_like='*did*'
	check 'and when it can be' 0 ctr-mount shop_owner volume=owned:/owned
	is 'it is changed' "$(stat -c %u:%g owned)" 7:7
fi

# Where stdout takes no more, no further one is begun, however long the records.
for n in 1 2 3; do
	create $n clone=shop_db
	printf "shop_$n\tcontainer\tshop\t$n\nshop_$n\tvolume\t$PWD/no\t/no\trw\nshop_$n\tnote\t%020000d\n\n" 1
done >stream
err='ctr-mount: cannot write to stdout: No space left on device'
check 'stdout is full' 1 sh -c 'ctr-mount -j 1 <stream >/dev/full'
is 'the last is not begun' "$(wc -c <"$CTR_LXCPATH/shop_3/ctr/mount.conf")" 0
done_testing
