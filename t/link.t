#!/bin/sh
# ctr-link: the names of linked containers in /etc/hosts.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
hosts=$CTR_LXCPATH/shop_web/rootfs/etc/hosts

cat >shop <<END
shop_db${tab}container${tab}shop${tab}db
shop_db${tab}template${tab}busybox
shop_db${tab}link${tab}shop_web
shop_db${tab}fqdn${tab}sql.example.net
shop_db${tab}address${tab}10.66.0.8

shop_my_q${tab}container${tab}shop${tab}my_q
shop_my_q${tab}template${tab}busybox
shop_my_q${tab}address${tab}10.66.0.9

shop_web${tab}container${tab}shop${tab}web
shop_web${tab}template${tab}busybox
shop_web${tab}link${tab}shop_db${tab}database${tab}DB${tab}postgres
shop_web${tab}link${tab}shop_my_q
shop_web${tab}address${tab}10.66.0.7

END
ctr-create <shop | ctr-addr | ctr-name | ctr-net >up || exit 1
v6()
{
	sed -n "s/^shop_$1${tab}ipv6${tab}//p" "$CTR_LXCPATH/shop_$1/ctr/record"
}
declared()
{
	grep "^$1$tab" shop
	echo
}

out=$(declared shop_web; echo .); out=${out%?.}
err='ctr-link: shop_web: it does not run, its links are made when it does'
declared shop_web >in
check 'one that does not run: nothing' 0 ctr-link -v <in
ok 'its file is left' sh -c '! grep -q ctr-link "$1"' - "$hosts"
ctr-start <up >got || exit 1

# Lines that only look like the block's, one that cannot be read as a line of hosts(5), and no newline at the end.
printf '127.0.0.1 localhost\n#10.66.0.8 old\n# ctr-link end\nx\240\001y\n# ctr-link begin\n10.0.0.1 end' >"$hosts"
chown 5:6 "$hosts" && chmod 604 "$hosts"
cp -p "$hosts" before
cat >block <<END
# ctr-link begin (after a line without end)
10.66.0.8${tab}sql.example.net sql db database postgres shop_db
$(v6 db)${tab}sql.example.net sql db database postgres shop_db
10.66.0.9${tab}my-q my_q shop_my_q
$(v6 my_q)${tab}my-q my_q shop_my_q
# ctr-link end
END
out_like="*shop_db${tab}did${tab}ctr-link${tab}linked to shop_web
*shop_web${tab}did${tab}ctr-link${tab}linked to shop_db, shop_my_q"
err_like='ctr-link: shop_*: linked to shop_*
ctr-link: shop_*: linked to shop_*'
check 'links, and those that link to each other' 0 ctr-link -v <up
{ cat before; echo; cat block; } >want
ok 'two links, three aliases, fqdn, IPv4 and IPv6; the rest byte for byte' cmp want "$hosts"
is 'owner and mode are kept' "$(stat -c '%u:%g %a' "$hosts")" '5:6 604'
is 'the other way' "$(grep -v '^127\|^::1\|^ff' "$CTR_LXCPATH/shop_db/rootfs/etc/hosts")" "# ctr-link begin
10.66.0.7${tab}web shop_web
$(v6 web)${tab}web shop_web
# ctr-link end"
for name in sql.example.net db database postgres shop_db my_q my-q; do
	ok "the container finds $name" wait_for 60 lxc-attach -n shop_web -- ping -c 1 -W 1 $name
done
is 'the links are stored' "$(ctr-list shop_web | grep link)" "$(grep "^shop_web${tab}link" shop)"

inode=$(stat -c %i "$hosts")
declared shop_web >in
out=$(declared shop_web; echo .); out=${out%?.}
check 'again: nothing' 0 ctr-link -v <in
is 'again: nothing is written' "$(stat -c %i "$hosts")" "$inode"

# From outside: what a program does in a namespace of the container's, its root may see and bend.
ctr-link -qu shop_web >got
declared shop_web >in
strace -f -y -qq -o trace -e trace=setns,renameat,renameat2 ctr-link -q <in >got 2>&1
is 'its file is changed' "$(grep -c '^[0-9]* *rename.*/etc>, "hosts".* = 0$' trace)" 1
is 'in none of its mount or user namespaces' "$(grep -E 'setns.*(CLONE_NEWNS|CLONE_NEWUSER|mnt:|user:)' trace)" ''
ok 'as it was' cmp want "$hosts"

# What does not hold any more.
ctr-stop -q -t 1 shop_my_q >got
declared shop_my_q | sed 's/10.66.0.9/10.66.0.99/' | ctr-addr >got
ctr-link <in >got
is 'another address of a linked container' "$(grep -c '^10.66.0.99' "$hosts") $(grep -c '^10.66.0.9	' "$hosts")" '1 0'
out_like='*linked to shop_my_q*'
grep -v 'link	shop_db' in >less
check 'a link less' 0 ctr-link <less
is 'its lines are gone' "$(grep -c shop_db "$hosts")" 0
out="shop_web${tab}link${tab}shop_db${tab}sql
shop_web${tab}did${tab}ctr-link${tab}linked to shop_my_q, shop_db
"
check 'a record that is not whole adds' 0 ctr-link shop_web link=shop_db:sql
is 'to what is there' "$(grep -c 'shop_my_q$' "$hosts") $(grep '^10.66.0.8' "$hosts")" \
    "2 10.66.0.8${tab}sql.example.net sql db shop_db"
out="shop_web${tab}link${tab}shop_my_q
shop_web${tab}did${tab}ctr-link${tab}linked to shop_db
"
check 'and with -u takes away' 0 ctr-link -u shop_web link=shop_my_q
is 'what it names' "$(grep -c 'shop_my_q$' "$hosts") $(grep -c 'shop_db$' "$hosts")" '0 2'

# What cannot be linked.
ctr-create shop_lone container=shop:lone template=busybox | ctr-addr >got
cat less - >bad <<END
shop_web${tab}link${tab}shop_no
shop_web${tab}link${tab}shop_lone

END
ctr-addr shop_lone network=none >got
err="ctr-link: shop_web: cannot link to 'shop_no': there is no such container
ctr-link: shop_web: cannot link to 'shop_lone', which has no address while it does not run"
sed '/^$/d' bad >in
out_like="*error*no such container*error*no address*"
check 'one is not there, one has no address' 1 ctr-link <in
is 'the third is linked' "$(grep -v '^127\|^#\|^x' "$hosts" | cut -f 2-)" '10.0.0.1 end
my-q my_q shop_my_q
my-q my_q shop_my_q'
is 'what failed is not stored' "$(ctr-list shop_web | grep link)" "shop_web${tab}link${tab}shop_my_q"
busybox_base other
out_like='*error*'
err="ctr-link: shop_web: cannot link to 'other', which has no stored record"
check 'one that was made by hand' 1 ctr-link shop_web link=other

# On a bridge: the address that it has at the time.
ip link add br0 type bridge && ip link set br0 up
ctr-addr shop_lone network=br0 | ctr-net | ctr-start -t 10 >got 2>&1
wait_for 60 lxc-attach -n shop_lone -- true
out_like='*error*'
err="ctr-link: shop_web: cannot link to 'shop_lone', which has no address"
check 'on a bridge, without an address' 1 ctr-link shop_web link=shop_lone
lxc-attach -n shop_lone -- ip addr add 192.0.2.7/24 dev eth0
out_like='*linked to*shop_lone*'
check 'on a bridge, with an address' 0 ctr-link shop_web link=shop_lone
is 'it is the one' "$(grep 'shop_lone$' "$hosts")" "192.0.2.7${tab}lone shop_lone"

# Away with it.
out="shop_web${tab}did${tab}ctr-link${tab}removed its links
"
check '-u' 0 ctr-link -u shop_web
ok '-u: the file is as it was' cmp before "$hosts"
is '-u: nothing is stored' "$(ctr-list shop_web | grep link)" ''
out='shop_web
'
check '-u again: nothing' 0 ctr-link -v -u shop_web
out='shop_none
'
check '-u on what is not there' 0 ctr-link -u shop_none
printf '10.0.0.1 a\n' >"$hosts"
cp "$hosts" before
declared shop_web >in
ctr-link <in >got
echo '10.0.0.2 b' >>"$hosts"
echo '10.0.0.2 b' >>before
ctr-link shop_web >got
is 'what somebody adds after the block is kept' "$(tail -n 1 "$hosts")" '10.0.0.2 b'
lxc-stop -k -n shop_web
out_like='*removed its links*'
grep -v link in >less
check 'one that was killed with its block' 0 ctr-link <less
ok 'it is gone' cmp before "$hosts"
rm "$hosts"
lxc-start -n shop_web || exit 1
ctr-link <in >got
is 'a missing file is made' "$(head -n 1 "$hosts")" '# ctr-link begin'

# A clone has the block of its source, which is not its own.
lxc-stop -k -n shop_web
ctr-create shop_copy container=shop:copy clone=shop_web >got || exit 1
lxc-start -n shop_copy || exit 1
ctr-link shop_copy >got
ok 'a clone does not keep the links of its source' sh -c '! grep -q . "$1"' - "$CTR_LXCPATH/shop_copy/rootfs/etc/hosts"
lxc-start -n shop_web || exit 1

# A volume over /etc: the block is in it.
lxc-stop -k -n shop_web
ctr-mount shop_web volume=etc:/etc >got
lxc-start -n shop_web || exit 1
ctr-link <in >got
ok 'where a volume covers it' lxc-attach -n shop_web -- grep -q 'shop_db$' /etc/hosts
ok 'the volume has it' grep -q 'shop_db$' etc/hosts
ctr-link -u shop_web >got
is 'and has it no more' "$(grep -c ctr-link etc/hosts)" 0
cp etc/hosts before
lxc-stop -k -n shop_web
ctr-mount shop_web volume=etc:/etc:ro >got
lxc-start -n shop_web || exit 1
out_like='*error*'
err="ctr-link: shop_web: its '/etc/hosts' lies in a read-only volume"
check 'where a read-only volume covers it' 1 ctr-link <in
ok 'which stays as it is' cmp before etc/hosts
lxc-stop -k -n shop_web
ctr-mount -u shop_web >got && ctr-mount shop_web volume=etc/hosts:/etc/hosts >got
lxc-start -n shop_web || exit 1
out_like='*error*'
err="ctr-link: shop_web: its '/etc/hosts' is a volume of one file, and what replaces it is not in it before its next start"
check 'where it is a volume of one file' 1 ctr-link <in
ok 'which stays as it is, too' cmp before etc/hosts
lxc-stop -k -n shop_web
ctr-mount -u shop_web >got && ctr-mount shop_web volume=etc:/etc >got
lxc-start -n shop_web || exit 1
ctr-mount -u shop_web >got
out_like='*error*'
err="ctr-link: shop_web: its '/etc/hosts' lies on a file system that is mounted in the container"
check 'where a volume that is none any more covers it' 1 ctr-link <in
lxc-stop -k -n shop_web && lxc-start -n shop_web || exit 1
ctr-mount shop_web volume=etc:/etc >got
ctr-link <in >got
is 'where one that waits will cover it, it is in what is there' \
    "$(grep -c shop_db etc/hosts) $(lxc-attach -n shop_web -- grep -c 'shop_db$' /etc/hosts)" '0 2'

# Killed at any instant: the file is whole, and the next run makes it right.
printf '10.0.0.1 a\n' >"$hosts"
for ms in 0 1 2 3 4 5 6 7 8 9; do
	timeout -s KILL "0.00$ms" ctr-link -u shop_web >got 2>&1
	case $(wc -l <"$hosts") in 1 | 7) ;; *) fail "killed: the file is whole" ;; esac
	timeout -s KILL "0.00$ms" ctr-link <in >got 2>&1
done
ctr-link <in >got
is 'killed twenty times, then run' "$(cut -f 1 "$hosts")" '10.0.0.1 a
# ctr-link begin
10.66.0.8
'"$(v6 db)"'
10.66.0.99
'"$(v6 my_q)"'
# ctr-link end'

# While its input keeps it waiting, it gets ready.
{
	for n in a b; do printf 'shop_%s\tcontainer\tshop\t%s\nshop_%s\tlink\tshop_web\n\n' $n $n $n; done
	wait_for 60 grep -q libnftables trace && touch early
} | strace -qq -o trace -e trace=openat ctr-link >got 2>err
ok 'libnftables is loaded while others in the pipe still work' [ -e early ]
done_testing
