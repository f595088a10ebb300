#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-idmap: which block of ids is whose, under many at once; other ids for a container that is there; what is refused.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
root_ids
mapped() { ctr-status "$1" | awk -F '\t' '$2 == "mapped" { print $3, $4, $5 }'; }

# A container of no files, which is cheap to clone.
mkdir -p "$CTR_LXCPATH/tiny/rootfs" && echo "lxc.rootfs.path = dir:$CTR_LXCPATH/tiny/rootfs" >"$CTR_LXCPATH/tiny/config"
set --
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do set -- "$@" "p_$i" clone=tiny; done
ctr-create -q "$@" >got || exit 1

for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ctr-idmap -q p_$i idmap=auto >"out-$i" 2>&1 || echo "p_$i" >>failed &
done
wait
ok '20 at once' [ ! -e failed ]
is 'have 20 blocks, which lie side by side' "$(cat out-* | awk -F '\t' '$2 == "mapped" { print $3, $4, $5 }' | sort -n)" \
    "$(i=0; while [ $i -lt 20 ]; do echo $((1000000 + i * 65536)) 65536 mount; i=$((i + 1)); done)"
is 'and are known by them' "$(for f in "$CTR_STATE"/idmap/*; do echo "$(readlink "$f")" "${f##*/}"; done | sort)" \
    "$(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	echo "$CTR_LXCPATH/p_$i" "$(mapped p_$i | cut -d ' ' -f 1,2 | tr ' ' :)"
done | sort)"

# Killed after it took a block, before or after that was stored: it is nobody's, or the container's.
ctr-create -q p_21 clone=tiny p_22 clone=tiny p_23 clone=tiny >got
strace -f -qq -o trace -e trace=renameat -e inject=renameat:signal=KILL ctr-idmap -q p_21 idmap=auto >got 2>&1
is 'killed: not given' "$(mapped p_21)" ''
is 'and held by nothing but its link' "$(find "$CTR_STATE/idmap" -lname '*/p_21' | grep -c .)" 1
strace -f -qq -o trace -e trace=lchown -e inject=lchown:signal=KILL ctr-idmap -q p_22 idmap=auto >got 2>&1
is 'killed later: it has it' "$(mapped p_22; cat "$CTR_LXCPATH/p_22/ctr/idmap.conf")" '2310720 65536 mount'
ctr-idmap -q p_21 idmap=auto >got && ctr-idmap -q p_22 idmap=auto >got && ctr-idmap -q p_23 idmap=auto >got
is 'again: three that follow' "$(for i in 21 22 23; do mapped p_$i; done | sort)" '2310720 65536 mount
2376256 65536 mount
2441792 65536 mount'

# Of what is gone, by whomever, the blocks are free again; those of what was given another name are not.
rm -r "$CTR_LXCPATH/p_7" && ctr-destroy -q p_8 >got && mv "$CTR_LXCPATH/p_9" "$CTR_LXCPATH/other"
is 'ctr-destroy gives it up' "$(find "$CTR_STATE/idmap" -lname '*/p_8')" ''
ctr-create -q q_1 clone=tiny q_2 clone=tiny q_3 clone=tiny >got
for i in 1 2 3; do ctr-idmap -q q_$i idmap=auto >got; done
is 'two of three, and the next' "$(for i in 1 2 3; do mapped q_$i; done | sort -n | tail -n 1)" '2507328 65536 mount'
block=$(mapped q_2)

rm -r "$CTR_LXCPATH/other"

# A block of one's own choice.
out_like="*mapped${tab}5000000${tab}1000${tab}mount*" err='ctr-idmap: q_1: ids 5000000:1000'
check 'another block' 0 ctr-idmap -v q_1 idmap=5000000:1000
for n in 5000999:65536 4999000:1001; do
	out_like='*error*' err="ctr-idmap: q_2: idmap: of the ids $n, '$CTR_LXCPATH/q_1' has 5000000:1000"
	check "that lies in it: $n" 1 ctr-idmap q_2 idmap=$n
done
is 'it keeps its own' "$(mapped q_2) $(grep -c '^lxc.idmap' "$CTR_LXCPATH/q_2/ctr/idmap.conf")" "$block 2"
out_like='*' check '-u' 0 ctr-idmap -q -u q_1
is 'it has none' "$(mapped q_1; find "$CTR_STATE/idmap" -lname '*/q_1'; cat "$CTR_LXCPATH/q_1/ctr/idmap.conf")" ''
is 'and is as it was made' "$(stat -c '%a %g' "$CTR_LXCPATH/q_1")" '750 0'
out='q_1
' check '-u again' 0 ctr-idmap -v -u q_1
out='q_none
' check '-u: one that is not there' 0 ctr-idmap -u q_none

# What cannot have ids.
out_like='*error*' err="ctr-idmap: r_1: idmap: its root is an overlay, of which LXC cannot map the owners; make it without\
 'snapshot'"
check 'a snapshot' 1 sh -c 'ctr-create -q r_1 clone=tiny:snapshot >got && ctr-idmap r_1 idmap=auto'
out_like='*error*' err='ctr-idmap: q_1: idmap: its own configuration has lxc.idmap, and maps its ids already'
check 'a configuration that maps ids' 1 ctr-idmap q_1 idmap=auto 'config=lxc.idmap=u 0 1 1'
echo 'lxc.idmap = u 0 9000000 65536' >>"$CTR_LXCPATH/q_1/config"
out_like='*error*' err='ctr-idmap: q_1: idmap: its own configuration has lxc.idmap, and maps its ids already'
check 'its own, made by hand' 1 ctr-idmap q_1 idmap=auto
is 'and it was given none' "$(mapped q_1)" ''
for n in host container:q_1; do
	out_like='*error*' err="ctr-addr: q_2: with ids of its own, by idmap, it can share no network: '$n'"
	check "network: $n" 1 ctr-addr q_2 network=$n
done
mkdir -p shut/volume && chmod 700 shut && first=${block%% *}
out_like='*error*' err="ctr-mount: q_2: its root, $first on the host, cannot search '$PWD/shut', where its volume is; let it\
 with: setfacl -m u:$first:x $PWD/shut"
check 'a volume in a directory that is shut' 1 ctr-mount q_2 volume=./shut/volume:/srv
setfacl -m "u:$first:x" shut
out_like='*did*' check 'let in' 0 ctr-mount q_2 volume=./shut/volume:/srv
mkdir o o/u o/w o/l o/m && mount -t overlay -o "lowerdir=o/l,upperdir=o/u,workdir=o/w" overlay o/m
out_like='*error*' err="ctr-mount: q_2: the host's '$PWD/o/m' lies on a file system, or this kernel, that takes no idmapped\
 mount: its owners would be nobody in the container"
check 'a volume of such a file system' 1 ctr-mount q_2 volume=./o/m:/opt

# What both files give to root, by its name or its number, and no id that only one of them has.
ctr-create -q s_1 clone=tiny s_2 clone=tiny s_3 clone=tiny >got
printf '%s\n' root:6000000:65536 root:7000000:131072 >uids
printf '%s\n' root:7065536:131072 somebody:6000000:65536 >gids
mount --bind uids /etc/subuid && mount --bind gids /etc/subgid || exit 1
out_like='*did*' check 'each file has others' 0 ctr-idmap s_1 idmap=auto
is 'those of both' "$(mapped s_1)" '7065536 65536 mount'
out_like='*error*' err_like="ctr-idmap: s_2: idmap: there is no more free block of 65536 ids in the ranges that '/etc/subuid' and\
 '/etc/subgid' both give to root; *"
check 'and no more' 1 ctr-idmap s_2 idmap=auto
for n in 6000000:1000 7000000:1000 7131072:1000; do
	out_like='*error*' err_like="ctr-idmap: s_2: idmap: the ids $n are not root's in '/etc/subuid' and '/etc/subgid'; *"
	check "not of both: $n" 1 ctr-idmap s_2 idmap=$n
done
echo 0:8000000:65536 >uids && echo root:8000000:65536 >gids
ctr-idmap -q s_2 idmap=auto >got
is 'by its number in one' "$(mapped s_2)" '8000000 65536 mount'
printf '%s\n' 1:8100000:65536 0:8200000:65536 | tee uids >gids
ctr-idmap -q s_3 idmap=auto >got
is 'by its number in both' "$(mapped s_3)" '8200000 65536 mount'
umount /etc/subuid && umount /etc/subgid

# One that was made before there was this program has no such file, and gets it.
c=$CTR_LXCPATH/q_3/ctr
ctr-idmap -q -u q_3 >got && rm "$c/idmap.conf" && sed -i /idmap.conf/d "$c/config" && out='q_3
' && check 'an older container: nothing to do' 0 ctr-idmap -v -u q_3
ok 'nothing is made' [ ! -e "$c/idmap.conf" ]
out_like='*did*' check 'and ids, where they are declared' 0 ctr-idmap q_3 idmap=auto
is 'which LXC knows' "$(lxc-info -n q_3 -c lxc.idmap)" "$(mapped q_3 |
	awk '{ printf "lxc.idmap = u 0 %s 65536\ng 0 %s 65536\n", $1, $1 }')"
done_testing
