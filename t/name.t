#!/bin/sh
# ctr-name: the host name, /etc/hostname, /etc/hosts.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
root=$CTR_LXCPATH/shop_db/rootfs

create()
{
	ctr-create "shop_$1" "container=shop:$1" "${2:-template=busybox}" >"$T/create" || exit 1
}

create db
# xattr FILE [VALUE]: sets, or prints, its attribute user.t; setxattr(2) and getxattr(2) have numbers of each machine
xattr()
{
	perl -MConfig -e 'my ($set, $get) = $Config{archname} =~ /^x86_64/ ? (188, 191) : (5, 8);
		my ($file, $value) = @ARGV;
		my $name = "user.t";
		if (@ARGV == 2) { exit(syscall($set, $file, $name, $value, length $value, 0) != 0) }
		my $buf = " " x 99;
		my $n = syscall($get, $file, $name, $buf, 99);
		print substr($buf, 0, $n) if $n > 0' "$@"
}

local_lines="127.0.0.1${tab}localhost
127.0.1.1${tab}db.example.net db
::1${tab}localhost ip6-localhost ip6-loopback
ff02::1${tab}ip6-allnodes
ff02::2${tab}ip6-allrouters"

in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}fqdn${tab}db.example.net
"
out="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}fqdn${tab}db.example.net
shop_db${tab}did${tab}ctr-name${tab}named db.example.net
"
err='ctr-name: shop_db: named db.example.net'
check 'a name before the first boot' 0 ctr-name -v
is 'name.conf' "$(cat "$CTR_LXCPATH/shop_db/ctr/name.conf")" 'lxc.uts.name = db'
is '/etc/hostname is made' "$(cat "$root/etc/hostname")" db
is '/etc/hosts is made, with localhost' "$(cat "$root/etc/hosts")" "$local_lines"
is 'they can be read by all' "$(stat -c %a "$root/etc/hosts" "$root/etc/hostname")" '644
644'
is 'the fqdn is stored' "$(ctr-list shop_db | grep fqdn)" "shop_db${tab}fqdn${tab}db.example.net"

inode=$(stat -c %i "$root/etc/hosts" "$root/etc/hostname")
out="shop_db${tab}fqdn${tab}db.example.net
"
check 'again: nothing' 0 ctr-name -v shop_db fqdn=db.example.net
is 'again: nothing is written' "$(stat -c %i "$root/etc/hosts" "$root/etc/hostname")" "$inode"
rm "$root/etc/hostname"
ctr-name shop_db >got
is 'a file that is gone is made again' "$(cat "$root/etc/hostname")" db

# What is in /etc/hosts already: kept, but for the line of 127.0.1.1.
printf '#127.0.1.1 old\n127.0.0.1 localhost # a\n\n 127.0.1.1\n127.0.1.12 x\n10.0.0.1 a\240\001b\n127.0.1.1 b c\n127.0.1.1 d\nend' \
    >"$root/etc/hosts"
sed "s/^127.0.1.1 b c/127.0.1.1${tab}db.example.net db/" "$root/etc/hosts" >want
chown 12:34 "$root/etc/hosts" && chmod 640 "$root/etc/hosts" && xattr "$root/etc/hosts" blue
ctr-name shop_db >got
ok 'the rest is kept byte for byte' cmp want "$root/etc/hosts"
is 'owner and mode are kept' "$(stat -c '%u:%g %a' "$root/etc/hosts")" '12:34 640'
is 'extended attributes are kept' "$(xattr "$root/etc/hosts")" blue
printf '127.0.1.1\t \tdb.example.net   db \n' >"$root/etc/hosts"
cp "$root/etc/hosts" want
ctr-name shop_db >got
ok 'a line that says so with other blanks is left' cmp want "$root/etc/hosts"
printf '10.0.0.1 a\n127.0.0.1 localhost' >"$root/etc/hosts"
ctr-name shop_db >got
printf '10.0.0.1 a\n127.0.0.1 localhost\n127.0.1.1\tdb.example.net db\n' >want
ok 'after the line of 127.0.0.1, which had no newline' cmp want "$root/etc/hosts"
printf '10.0.0.1 a\n' >"$root/etc/hosts"
ctr-name shop_db >got
printf '127.0.1.1\tdb.example.net db\n10.0.0.1 a\n' >want
ok 'without one, at the start' cmp want "$root/etc/hosts"

# A container that runs.
lxc-start -n shop_db || exit 1
is 'the kernel has it' "$(lxc-attach -n shop_db -- hostname)" db
is 'hostname -f in the container' "$(lxc-attach -n shop_db -- hostname -f)" db.example.net
out="shop_db${tab}fqdn${tab}new.example.net
shop_db${tab}pending${tab}fqdn
shop_db${tab}did${tab}ctr-name${tab}named new.example.net
"
check 'another name while it runs' 0 ctr-name shop_db fqdn=new.example.net
is 'the files at once' "$(lxc-attach -n shop_db -- cat /etc/hostname /etc/hosts)" "new
127.0.1.1${tab}new.example.net new
10.0.0.1 a"
out="shop_db${tab}pending${tab}fqdn
"
check 'again: it waits still' 0 ctr-name -v shop_db
lxc-stop -k -n shop_db && lxc-start -n shop_db || exit 1
out='shop_db
'
check 'after a restart nothing waits' 0 ctr-name -v shop_db
is 'after a restart the kernel has it' "$(lxc-attach -n shop_db -- hostname)" new

# A volume over /etc: one that waits, then one that is there.
mkdir etc
echo keep >etc/passwd
ctr-mount shop_db "volume=$PWD/etc:/etc" >got
out_like="*named again.example.net*"
check 'while a volume over /etc waits' 0 ctr-name shop_db fqdn=again.example.net
is 'in the container as it is' "$(lxc-attach -n shop_db -- cat /etc/hostname)" again
is 'and in the volume' "$(cat etc/hostname; sed -n 2p etc/hosts)" "again
127.0.1.1${tab}again.example.net again"
lxc-stop -k -n shop_db
ctr-name shop_db fqdn=cover.example.net >got
is 'in the volume of a stopped one' "$(cat etc/hostname)" cover
is 'not below it' "$(cat "$root/etc/hostname")" again
: >etc/hostname
ctr-mount -u shop_db >got && ctr-mount shop_db "volume=$PWD/etc/hostname:/etc/hostname" >got
ctr-name shop_db fqdn=file.example.net >got
is 'in a volume that is this one file' "$(cat etc/hostname)" file
ctr-mount -u shop_db >got && ctr-mount shop_db "volume=$PWD/etc:/etc:ro" >got
cp -r etc etc.before
out_like='*named ro.example.net*'
err="ctr-name: shop_db: its '/etc/hostname' lies in a read-only volume and stays as it is
ctr-name: shop_db: its '/etc/hosts' lies in a read-only volume and stays as it is"
check 'below a read-only volume' 0 ctr-name shop_db fqdn=ro.example.net
ok 'which stays as it is' diff -r etc.before etc
ctr-mount -u shop_db >got

# An overlay clone.
mounts=$(cat /proc/self/mountinfo)
ctr-create shop_o container=shop:o clone=shop_db:snapshot,backend=overlay >got || exit 1
ctr-name shop_o fqdn=o.example.net >got
is 'an overlay clone has its own' "$(cat "$CTR_LXCPATH/shop_o/overlay/delta/etc/hostname")" o
is 'what it was cloned from has its own' "$(cat "$root/etc/hostname")" again
is 'nothing stays mounted' "$(cat /proc/self/mountinfo)" "$mounts"
lxc-start -n shop_o || exit 1
is 'and knows its name' "$(lxc-attach -n shop_o -- hostname -f)" o.example.net
lxc-stop -k -n shop_o

# Names that are no host names.
create Web_1.a-
root=$CTR_LXCPATH/shop_Web_1.a-/rootfs
rm -r "${root:?}/etc"
out="shop_Web_1.a-${tab}did${tab}ctr-name${tab}named Web-1-a
"
check 'a name that is no host name, without fqdn' 0 ctr-name shop_Web_1.a-
is 'it has a line too' "$(sed -n 2p "$root/etc/hosts")" "127.0.1.1${tab}Web-1-a"
is 'a missing /etc is made' "$(stat -c '%u:%g %a' "$root/etc")" '0:0 755'

# -u, and containers that are not ours.
root=$CTR_LXCPATH/shop_db/rootfs
out="shop_db${tab}did${tab}ctr-name${tab}named db
"
check '-u: the short name again' 0 ctr-name -u shop_db
is '-u: in the files' "$(cat "$root/etc/hostname"; head -n 1 "$root/etc/hosts")" "db
127.0.1.1${tab}db"
is '-u: no fqdn is stored' "$(ctr-list shop_db | grep fqdn)" ''
out='shop_no
'
check '-u on what is not there' 0 ctr-name -u shop_no
out="shop_no${tab}error${tab}ctr-name${tab}there is no such container

shop_db${tab}fqdn${tab}db.example.net
shop_db${tab}did${tab}ctr-name${tab}named db.example.net
"
err='ctr-name: shop_no: there is no such container'
check 'one is not there, the other is done' 1 ctr-name shop_no shop_db fqdn=db.example.net
busybox_base shop_hand
out_like='*error*'
err="ctr-name: shop_hand: '$CTR_LXCPATH/shop_hand' was not made by ctrkit"
check 'one that was made by hand' 1 ctr-name shop_hand
ok 'it is left alone' test ! -e "$CTR_LXCPATH/shop_hand/rootfs/etc/hostname"
err_like="ctr-name: shop_db: operand 'fqdn=a b'*"
check 'no host name' 2 ctr-name shop_db 'fqdn=a b'

# Killed at any instant: the files are whole, and the next run makes them right.
for ms in 0 1 2 3 4 5 6 7 8 9; do
	timeout -s KILL "0.00$ms" ctr-name shop_db "fqdn=n$ms.example.net" >got 2>&1
	case $(wc -l <"$root/etc/hosts") in 2) ;; *) fail "killed after $ms ms: /etc/hosts is whole" ;; esac
done
ctr-name shop_db fqdn=end.example.net >got
is 'killed ten times, then run' "$(cat "$root/etc/hostname" "$root/etc/hosts" "$CTR_LXCPATH/shop_db/ctr/name.conf")" "end
127.0.1.1${tab}end.example.net end
10.0.0.1 a
lxc.uts.name = end"
is 'nothing else is left' "$(find "$root/etc" "$CTR_LXCPATH/shop_db/ctr" -name '*.ctr-new*')" ''
done_testing
