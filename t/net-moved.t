#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-net: nothing stays of an address that a container has no more, and who has it then is let in.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

busybox_base
cat >a.yml <<'YAML'
name: p
defaults: {clone: base}
network: {isolate: false}
containers:
    a: {address: 10.66.0.10, links: c}
    c: {address: 10.66.0.30, links: a}
YAML
for n in q r s; do
	echo "x: {clone: base, network: {isolate: false}, address: 10.66.0.10}" >$n.yml
done
# What the sets have of 10.66.0.N: in how many of them, with which marks.
of() { nft list table inet ctr | grep -v accept | grep -o "[^ ]* [.:] 10\.66\.0\.$1\>\|\<10\.66\.0\.$1 [.:] [^ ,]*" | sort -u; }
mark() { printf '0x%s' "$(of "$1" | sed -n 's/.* : 0x//p')"; }

ok 'up' ctrctl -q -f a.yml up
like 'an address is in the sets' "$(of 10)" '*ctr0a42000a*10.66.0.10 . 10.66.0.30*'
sed -i 's/0\.10/0.20/' a.yml
out_like='*' err_like='*'
check 'another one waits while it runs' 0 ctrctl -f a.yml up
like 'it has the first still' "$(of 10)" '*ctr0a42000a*'
ok 'it is started again' ctrctl -q -f a.yml up -r
is 'of the first nothing is left' "$(of 10)" ''
like 'the other has its links' "$(of 20)" '*10.66.0.20 . 10.66.0.30*'
old=$(mark 20)
ok 'another project takes the first' ctrctl -q -f q.yml -p q up
ok 'it is of that project' test "$(mark 10)" != "$old"
# Removed without a word.
ok 'lxc-destroy' sh -c 'lxc-stop -k -n q_x && lxc-destroy -q -n q_x'
old=$(mark 10)
ok 'a third takes it then' ctrctl -q -f r.yml -p r up
third=$(mark 10)
ok 'it is of the third' test "$third" != "$old"
is 'of the second nothing is left' "$(of 10 | grep -c "$old") $(find /run/ctr -name 'q_*')" '0 '
like 'the name is that of the third' "$(lxc-attach -n r_x -- nslookup -type=ptr 10.0.66.10.in-addr.arpa; lxc-attach -n r_x -- nslookup x.r)" \
    '*10.66.0.10*'
# One that runs does not lose its address, though it has no record of it.
rm -r "$CTR_LXCPATH/r_x/ctr"
out_like='*' err_like='*s_x: *'
check 'a fourth is not let in' 1 ctrctl -f s.yml -p s up
is 'the third has it' "$(mark 10) $(find /run/ctr/hosts -name 'r_x*' | wc -l)" "$third 1"
done_testing
