#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-link: backlinks, the names of who links in the /etc/hosts of the linked container.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"

tab=$(printf '\t')
cat >ctr.yml <<'YAML'
name: shop
defaults: { template: busybox }
containers:
    db: {}
    web:
        fqdn: www.example.net
        links: { name: db, alias: data, backlink: true }
    app: { links: { db: d, backlink: true } }
YAML
hosts() { sed -n '/^# ctr-link begin/,/^# ctr-link end/p' "$CTR_LXCPATH/shop_$1/rootfs/etc/hosts" | grep -v '^#'; }
get() { sed -n "s/^shop_$1$tab$2$tab//p" "$CTR_LXCPATH/shop_$1/ctr/record"; }
# names CONTAINER: who has lines in its block, once for the two families
names() { hosts "$1" | cut -f 2 | sort -u | awk '{ print $NF }' | tr '\n' ' '; }
declared()
{
	ctr-parse | grep "^shop_$1$tab"
	echo
}
cp ctr.yml first.yml

ctrctl up >out 2>&1 || diag <out
is 'up: the linked one has the names, without the alias, of both families' "$(hosts db | sort)" \
    "$({ for n in web app; do for f in ipv4 ipv6; do echo "$(get $n $f)$tab$n shop_$n"; done; done; } |
    sed "s/${tab}web/${tab}www.example.net www web/" | sort)"
is 'and finds it by these' "$(lxc-attach -n shop_db -- ping -c 1 -W 1 www | sed -n 's/^PING www (\([^)]*\)).*/\1/p')" "$(get web ipv4)"
serve 'at shop_web' web 80 53
serve 'at shop_db' db 80 53
is 'names only: it reaches nobody by that' "$(at shop_db perl "$T/ask.pl" tcp "$(get web ipv4)" 80 2
at shop_db perl "$T/ask.pl" udp "$(get web ipv6)" 53 2)" 'nobody
nobody'
is 'as it is reached' "$(at shop_web perl "$T/ask.pl" tcp "$(get db ipv4)" 80)" "db $(get web ipv4)"
is 'status: who has told whom' "$(ctr-parse | ctr-status | grep linked | sort)" "shop_app${tab}linked${tab}shop_db${tab}db${tab}d
shop_db${tab}backlinked${tab}shop_app${tab}app
shop_db${tab}backlinked${tab}shop_web${tab}www.example.net${tab}www${tab}web
shop_web${tab}linked${tab}shop_db${tab}db${tab}data"
is 'in the table' "$(ctr-parse | ctr-status | ctr-table -c name,links | grep -c '<-shop_\(web\|app\)$')" 2
ctr-parse >all
inode=$(stat -c %i "$CTR_LXCPATH/shop_db/rootfs/etc/hosts")
out=$(cat all; echo .) out=${out%?.}
check 'again: nothing' 0 ctr-link -v <all
is 'and nothing is written' "$(stat -c %i "$CTR_LXCPATH/shop_db/rootfs/etc/hosts")" "$inode"
ctr-list -p shop >listed
is 'what is on disk is what is declared' "$(diff all listed)" ''

# One that does not run is told when it does.
ctrctl stop db >out 2>&1 || diag <out
is 'stopped: its block is gone' "$(hosts db)" ''
declared web >in
out=$(cat in; echo .) out=${out%?.}
check 'nothing is written to one that is stopped' 0 ctr-link -v <in
is 'really nothing' "$(hosts db)" ''
out_like="*shop_db${tab}did${tab}ctr-link${tab}set the names of those that link to it*" err_like='*'
check 'started' 0 sh -c 'ctr-start shop_db | ctr-link -v'
is 'it is told' "$(names db)" 'shop_app shop_web '
ctr-stop -q -t 1 shop_db >out
lxc-start -n shop_db
sed -i '/ctr-link begin/,/ctr-link end/d' "$CTR_LXCPATH/shop_db/rootfs/etc/hosts"
declared db | ctr-link >out || diag <out
is 'by its whole record, which has no link, too' "$(names db)" 'shop_app shop_web '

# Withdrawn.
sed -i 's/alias: data, backlink: true/alias: data/' ctr.yml
out_like="*did${tab}ctr-link${tab}its names in shop_db are gone*"
declared web >in
check 'a record that says it no more' 0 ctr-link <in
is 'its lines are gone' "$(names db)" 'shop_app '
is 'the link stays' "$(names web)" 'shop_db '
lxc-stop -k -n shop_db
out_like='*' err_like='ctr-link: shop_app: its names in shop_db are gone
ctr-link: shop_app: removed its links'
check 'from one that was killed with its block' 0 ctr-link -uv shop_app
is 'they go, too' "$(hosts db)" ''
lxc-start -n shop_db

# Operands.
out="shop_web${tab}backlink${tab}shop_db
shop_web${tab}did${tab}ctr-link${tab}its names in shop_db are set
"
check 'an operand' 0 ctr-link shop_web backlink=shop_db
is 'tells it' "$(names db)" 'shop_web '
out_like="*its names in shop_db are gone*"
check '-u of the backlink alone' 0 ctr-link -u shop_web backlink=shop_db
is 'the link stays there' "$(names db)$(names web)" 'shop_db '
ctr-link -q shop_web backlink=shop_db >out
out_like="*its names in shop_db are gone*did${tab}ctr-link${tab}removed its links*"
check '-u of the link' 0 ctr-link -u shop_web link=shop_db
is 'takes it along' "$(names db)$(names web)" ''
out_like='*error*' err='ctr-link: shop_web: a backlink stands beside a link to the same container'
check 'one without a link' 1 ctr-link shop_web backlink=shop_app
out_like='*error*' err="ctr-link: shop_web: cannot link to 'shop_none': there is no such container"
check 'to nobody' 1 ctr-link shop_web link=shop_none backlink=shop_none
is 'nothing of that is stored' "$(ctr-list shop_web | grep link)" ''

# Two that tell each other.
cat >ctr.yml <<'YAML'
name: shop
defaults: { template: busybox }
containers:
    db: { links: { name: web, alias: w, backlink: true } }
    web: { fqdn: www.example.net, links: { name: db, alias: d, backlink: true } }
    app: {}
YAML
ctr-parse | ctr-link -q >out || diag <out
ctr-parse >in
out=$(cat in; echo .) out=${out%?.}
check 'two that tell each other: the second run does nothing' 0 ctr-link -v <in
is 'each has its own link' "$(hosts web | cut -f 2 | sort -u); $(hosts db | cut -f 2 | sort -u)" \
    'db d shop_db; www.example.net www web w shop_web'
ctr-link -q -u shop_db link=shop_web >out
is 'where that goes, what the other tells stays' "$(hosts web | cut -f 2 | sort -u); $(hosts db | cut -f 2 | sort -u)" \
    'db d shop_db; www.example.net www web shop_web'

# Another address, and who is gone.
cp first.yml ctr.yml
ctr-parse | ctr-link -q >out || diag <out
ctr-addr -q shop_app address=10.66.0.99 >out
declared app | ctr-link -q >out || diag <out
is 'another address' "$(hosts db | grep 'shop_app$' | head -n 1)" "10.66.0.99${tab}app shop_app"
is 'of that one alone, in its place' "$(hosts db | awk '{ print $NF }' | uniq | sort | tr '\n' ' ')" 'shop_app shop_web '
ctr-destroy -q -k shop_app >out || diag <out
is 'one that is destroyed' "$(names db)" 'shop_web '

# What the linked one's root has made of its file.
ctrctl up >out 2>&1 || diag <out
mv "$CTR_LXCPATH/shop_db/rootfs/etc/hosts" kept
echo secret >"$T/file"
ln -s "$T/file" "$CTR_LXCPATH/shop_db/rootfs/etc/hosts"
ctr-link -q -u shop_app >out 2>err
is 'a symbolic link' "$? $(cat err) $(cat "$T/file")" "1 ctr-link: shop_db: its '/etc/hosts' is a symbolic link
ctr-link: shop_app: cannot take its names out of 'shop_db' secret"
mv kept "$CTR_LXCPATH/shop_db/rootfs/etc/hosts"
ctr-parse | ctr-link -q >out || diag <out
is 'and as it was: all is there' "$(names db)" 'shop_app shop_web '

# Many at once; killed at any instant, and run again.
{
	for i in 1 2 3 4 5; do
		printf 'NAME\tcontainer\tshop\t%s\nNAME\tclone\tbase\nNAME\tlink\tshop_db\nNAME\tbacklink\tshop_db\n\n' "n$i" |
		    sed "s/NAME/shop_n$i/"
	done
} >many
busybox_base
ctr-create -j 4 <many | ctr-addr | ctr-net | ctr-start >up || diag <up
ctr-link -q -j 5 <up >out || diag <out
is 'five at once: all are told' "$(names db)" 'shop_app shop_n1 shop_n2 shop_n3 shop_n4 shop_n5 shop_web '
for ms in 2 5 13 30; do
	timeout -s KILL "0.0$(printf %02d $ms)" ctr-link -u <many >out 2>&1
	timeout -s KILL "0.0$(printf %02d $ms)" ctr-link <many >out 2>&1
done
ctr-link -q <many >out 2>&1 || diag <out
is 'killed, then run' "$(names db)" 'shop_app shop_n1 shop_n2 shop_n3 shop_n4 shop_n5 shop_web '
for ms in 4 17; do timeout -s KILL "0.0$(printf %02d $ms)" ctr-link -u <many >out 2>&1; done
ctr-link -q -u <many >out 2>&1 || diag <out
is 'and the other way' "$(names db)" 'shop_app shop_web '
done_testing
