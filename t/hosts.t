#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-hosts: the names of containers in the host's /etc/hosts, and ctrctl -a.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

tab=$(printf '\t')
# The tests have one of their own, in a directory of its own.
mkdir etc
export CTR_HOSTS="$PWD/etc/hosts"
printf '127.0.0.1\tlocalhost\n# mine' >etc/hosts
chmod 664 etc/hosts && chown 7:8 etc/hosts
cp -p etc/hosts before
four() { awk '$2 == "ipv4" { print $3 }' "$CTR_LXCPATH/$1/ctr/record"; }
six() { awk '$2 == "ipv6" { print $3 }' "$CTR_LXCPATH/$1/ctr/record"; }
lines() { for a in "$(four "$1")" "$(six "$1")"; do printf '%s\t%s\n' "$a" "$2"; done; }
block() { sed -n '/^# ctr-hosts begin/,/^# ctr-hosts end/p' etc/hosts | grep -v '^#'; }

cat >ctr.yml <<'YAML'
name: shop
containers:
    db: {template: busybox, fqdn: db.example.net}
    w_b: {clone: db}
YAML
ok 'without -a' ctrctl up
ok "the host's file is not touched" cmp before etc/hosts
ok 'nor by stop' ctrctl -t 0 stop
ok 'which has nothing to take out' cmp before etc/hosts
is 'explained' "$(ctrctl -a explain start | grep -c '^ctr-hosts ')$(ctrctl explain start | grep -c '^ctr-hosts')" 10
ok 'start -a' ctrctl start -a
is 'the others stand as they were, and the names in a block' "$(cat etc/hosts; stat -c '%a %u %g' etc/hosts)" \
    "127.0.0.1${tab}localhost
# mine
# ctr-hosts begin (after a line without end)
$(lines shop_db 'db.example.net db.shop shop_db')
$(lines shop_w_b 'w-b.shop shop_w_b')
# ctr-hosts end
664 7 8"
cp etc/hosts with
out='shop_db
' check 'a second run' 0 ctr-hosts -v shop_db
ok 'changes nothing' cmp with etc/hosts
mount --bind etc/hosts /etc/hosts
ok 'as the host resolves it' busybox ping -c 1 -W 5 w-b.shop
umount /etc/hosts

# Another project, whose lines stay.
mkdir blog && printf 'containers: {db: {template: busybox}}\n' >blog/ctr.yml
ok 'another project' sh -c 'cd blog && ctrctl up --add-hosts'
ok 'stop of one' ctrctl -t 0 stop w_b
is 'takes its lines out, and no others' "$(block)" "$(lines shop_db 'db.example.net db.shop shop_db')
$(lines blog_db 'db.shop' | sed 's/db.shop/db.blog blog_db/')"
ctr-name -q shop_db fqdn=new.example.net >got
out="shop_db${tab}did${tab}ctr-hosts${tab}put into $PWD/etc/hosts
" err="ctr-hosts: shop_db: put into $PWD/etc/hosts"
check 'another name' 0 ctr-hosts -v shop_db
is 'in its place' "$(block | head -n 2)" "$(lines shop_db 'new.example.net db.shop shop_db')"
printf '10.0.0.9\tx\n' >>etc/hosts
ctrctl -q -t 0 down
ok 'down' grep -q blog_db etc/hosts
is 'of all of the project' "$(grep -c shop etc/hosts)" 0
ok 'rm' sh -c 'cd blog && ctrctl -t 0 rm -x'
is 'the block goes with the last' "$(cat etc/hosts)" "$(cat before)
10.0.0.9${tab}x"

# The live addresses of one on a bridge.
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}ipv4${tab}10.9.0.5
" out_like='*' check 'addresses in the record' 0 ctr-hosts
is 'go before' "$(block | head -n 1)" "10.9.0.5${tab}new.example.net db.shop shop_db"
out="shop_db${tab}did${tab}ctr-hosts${tab}taken out of $PWD/etc/hosts
" check '-u' 0 ctr-hosts -u shop_db
out='shop_none
' check '-u: one that is not there' 0 ctr-hosts -u shop_none
ctr-addr -q shop_w_b network=none >got
out='shop_w_b
' err='ctr-hosts: shop_w_b: it has no address that is known here' check 'without an address' 0 ctr-hosts -v shop_w_b

# Many at once.
ctr-hosts shop_db >got.1 & ctr-hosts -u shop_w_b >got.2 & ctr-hosts shop_db >got.3 &
# shellcheck disable=SC2046 # a list
wait $(jobs -p)
is 'three at once' "$(block | wc -l)" 2

# Errors.
out_like='*error*' err='ctr-hosts: shop_none: there is no such container' check 'no such container' 1 ctr-hosts shop_none
mkdir -p "$CTR_LXCPATH/p_x_y/ctr"
printf 'p_x_y\tcontainer\tp\tx_y\np_x_y\ttemplate\tdebian\n\n' >"$CTR_LXCPATH/p_x_y/ctr/record"
for u in '' -u; do
	# shellcheck disable=SC2086 # perhaps no word
	in="p_x_y${tab}container${tab}p_x${tab}y" out_like='*error*' err="ctr-hosts: p_x_y: it belongs to project 'p', not to 'p_x'" \
	    check "another project's $u" 1 ctr-hosts $u
done
mkdir -p "$CTR_LXCPATH/hand/rootfs"
out_like='*error*' err="ctr-hosts: hand: '$CTR_LXCPATH/hand' was not made by ctrkit"
check 'made by hand' 1 ctr-hosts hand
for u in '' -u; do
	ln -sf before link
	# shellcheck disable=SC2086 # perhaps no word
	out_like='*error*' err="ctr-hosts: shop_db: cannot change '$PWD/link': Too many levels of symbolic links" \
	    check "a link $u" 1 env CTR_HOSTS="$PWD/link" ctr-hosts $u shop_db
done
out_like='*error*' err="ctr-hosts: shop_db: cannot change '$PWD/no/hosts': No such file or directory"
check 'no directory' 1 env CTR_HOSTS="$PWD/no/hosts" ctr-hosts shop_db
cp before mounted && mount --bind mounted mounted
out_like='*error*' err="ctr-hosts: shop_db: cannot change '$PWD/mounted': Device or resource busy"
check 'a mount point' 1 env CTR_HOSTS="$PWD/mounted" ctr-hosts shop_db
umount mounted
out_like='*did*' check 'none: it is made' 0 env CTR_HOSTS="$PWD/etc/new" ctr-hosts shop_db
is 'as it is to be' "$(stat -c %a etc/new; head -n 1 etc/new)" '644
# ctr-hosts begin'
err_like='*usage: ctr-hosts *' check 'usage' 2 ctr-hosts -x
done_testing
