#!/bin/sh
# ctr-ports: killed at any instant, several at once, a thousand ports, two directories of containers.
. "${0%/*}/lib.sh"

elements()
{
	nft list map inet ctr any4 | grep -o 'tcp . [0-9]* comment "[^"]*" : [0-9.]* . [0-9]*'
}

cat >records <<'E2'
k_1	container	k	1
k_1	template	busybox

k_2	container	k	2
k_2	clone	k_1

k_3	container	k	3
k_3	clone	k_1

E2
ctr-create <records | ctr-addr | ctr-net | ctr-start >started || diag <started
addr=$(sed -n 's/^k_1	ipv4	//p' started)

# whole FIRST: the whole record of k_1, with four ports
whole()
{
	printf 'k_1\tcontainer\tk\t1\n'
	for p in 0 1 2 3; do printf 'k_1\tport\ttcp\t*\t%d\t80\n' $(($1 + p)); done
}

# Each run wants other ports than the one before. Whatever a killed one left, what the next does is right.
killed=0 wrong=0
set -- 002 004 006 008 010 012 014 016 019 022 026 033 050 # milliseconds, for machines fast and slow
for i in $(seq 42); do
	whole "$((1000 + 10 * i))" >next
	timeout -s KILL "0.$1" ctr-ports <next >/dev/null
	[ $? != 137 ] || killed=$((killed + 1))
	set -- "$@" "$1"
	shift
	if [ $((i % 3)) = 0 ]; then
		whole $((1005 + 10 * i)) | ctr-ports >/dev/null || wrong=$((wrong + 1))
		[ "$(elements | wc -l)" = 4 ] && [ "$(elements | grep -c " . 1[0-9]*[5-8] comment")" = 4 ] ||
		    wrong=$((wrong + 1))
	fi
done 2>killed.err # where the shell tells of each
grep -v '^Killed$' killed.err
is "killed $killed times, wrong" "$wrong" 0
ok 'many were killed' test "$killed" -gt 10
out='k_1	container	k	1
k_1	port	tcp	*	1425	80
k_1	port	tcp	*	1426	80
k_1	port	tcp	*	1427	80
k_1	port	tcp	*	1428	80
'
in=$(whole 1425)
check 'and then nothing is left to do' 0 ctr-ports -v

# Several at once, on different containers and on one.
for i in 1 2 3; do
	for p in 1 2 3 4; do
		ctr-ports "k_$i" "port=3$i$p:80" >"out.$i.$p" 2>&1 &
		pids="${pids-} $!"
	done
done
failed=0
for p in $pids; do wait "$p" || failed=$((failed + 1)); done
is 'twelve at once all succeed' "$failed" 0
is 'and all is there' "$(elements | grep -c ' . 3[1-3][1-4] ')" 12
is 'and stored' "$(cat "$CTR_LXCPATH"/k_?/ctr/record | grep -c '	3[1-3][1-4]	80')" 12
for i in 1 2 3; do
	ctr-ports "k_$i" port=4000:80 >"out.$i" 2>"err.$i" &
done
wait
is 'three that want one port: one has it' "$(cat err.? | sed 's/k_[123]/k/g')" 'ctr-ports: k: port tcp 4000 is published by k
ctr-ports: k: port tcp 4000 is published by k'
is 'which is named' "$(sed -n 's/.* by //p' err.? | sort -u)" "$(grep -h '	did	' out.? | cut -f 1)"

# A thousand.
ctr-ports -u k_1 k_2 k_3 >/dev/null
out='k_1	port	tcp	*	20000-20999	10000-10999
k_1	did	ctr-ports	published port 20000-20999:10000-10999/tcp
'
check 'a thousand ports' 0 ctr-ports k_1 port=20000-20999:10000-10999
is 'each leads to its own' "$(elements | sort)" "$(for p in $(seq 20000 20999); do
	echo "tcp . $p comment \"k_1\" : $addr . $((p - 10000))"; done | sort)"
out='k_1	did	ctr-ports	withdrew port 20000-20999:10000-10999/tcp
'
check 'withdrawn' 0 ctr-ports -u k_1
is 'all' "$(elements)" ''
for p in $(seq 30000 30999); do printf 'k_1\tport\tudp\t192.0.2.1\t%d\t7\n' "$p"; done >many
ctr-ports <many >out
is 'a thousand facts' "$(grep -c '	did	' out)" 1000
is 'in their order in the stored record' "$(grep '	port	' "$CTR_LXCPATH/k_1/ctr/record")" "$(cat many)"
ctr-ports -u <many >out
is 'withdrawn by name' "$(nft list map inet ctr one4 | grep -c comment)" 0

# More containers than select(2) has numbers for, which do not run; k_1 does.
perl -e 'for (10 .. 709) {
	mkdir "$ENV{CTR_LXCPATH}/k_$_"; mkdir "$ENV{CTR_LXCPATH}/k_$_/ctr";
	open my $f, ">", "$ENV{CTR_LXCPATH}/k_$_/ctr/record" or die;
	print $f "k_$_\tcontainer\tk\t$_\nk_$_\tport\ttcp\t*\t" . (2000 + $_) . "\t80\n";
	print "k_$_\n\n";
} print "k_1\tport\ttcp\t*\t80\t80\n"' >many
ctr-ports <many >out 2>err
is 'seven hundred containers' "$? $(grep '	did	' out) $(wc -l <err)" "0 k_1	did	ctr-ports	published port 80:80/tcp 0"
ctr-ports -u k_1 >out
rm -r "$CTR_LXCPATH"/k_??*

# The same name in another directory of containers is another container.
ctr-ports k_1 port=80:80 >/dev/null
mkdir "$T/lxc2"
printf 'k_1\tcontainer\tk\t1\nk_1\ttemplate\tbusybox\n' >one
ctr-create -P "$T/lxc2" <one | ctr-addr -P "$T/lxc2" | ctr-start -P "$T/lxc2" >started2 || diag <started2
err='ctr-ports: k_1: port tcp 80 is published by k_1'
out='k_1	port	tcp	*	80	80
k_1	error	ctr-ports	port tcp 80 is published by k_1
'
check 'it does not take what its namesake has' 1 ctr-ports -P "$T/lxc2" k_1 port=80:80
ctr-ports -P "$T/lxc2" k_1 port=81:80 >/dev/null
lxc-stop -P "$T/lxc2" -k -n k_1
rm -r "$T/lxc2/k_1"
ctr-ports -P "$T/lxc2" -u k_1 >/dev/null
is "nor takes that away" "$(elements)" "tcp . 80 comment \"k_1\" : $addr . 80"
done_testing
