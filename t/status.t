#!/bin/sh
# ctr-status: what is so at this moment. It looks, and changes nothing.
. "${0%/*}/lib.sh"

cp "$top/man/examples/shop.yml" ctr.yml
cat >>ctr.yml <<EOT
    bridged:
        network: br-test
        command: sleep 1000
EOT
in='nix	container	n	ix'
out='shop_db	container	shop	db
shop_db	state	absent
'
in='shop_db	container	shop	db'
check 'nothing is there' 0 ctr-status

ip link add br-test type bridge && ip link set br-test up
ctrctl -q up db web || exit 1
# Nobody gives it an address: that is an error, but it runs.
ctr-parse | ctr-select bridged | ctr-create | ctr-addr | ctr-config | ctr-start -t 2 >"$T/out" 2>&1
ctr-parse >declared
# of NAME KEY: the fields
of() { ctr-status <declared | awk -F '\t' -v OFS='\t' -v r="$1" -v k="$2" '$1 == r && $2 == k { $1 = $2 = ""; print substr($0, 3) }'; }

is 'state' "$(of shop_web state)" running
is 'the process of its init' "$(of shop_web pid)" "$(lxc-info -n shop_web -pH)"
is 'IPv4, as the container has it' "$(of shop_web ipv4)" \
    "$(lxc-attach -n shop_web -- ip -4 -o addr show eth0 | sed 's/.*inet \([0-9.]*\).*/\1/')"
ok 'the host end of its interface' test -e "/sys/class/net/$(of shop_web veth)"
is 'what is published' "$(of shop_web published)" 'tcp	*	8080	80'
is 'who it knows, and by which names' "$(of shop_web linked)" 'shop_db	db.example.net	db	database'
is 'nothing is pending' "$(ctr-status <declared | grep pending)" ''
is 'what was declared stays, in front' "$(ctr-status <declared | sed -n '/^shop_web/,/^$/p' | sed '/mac/,$d')" \
    "$(sed -n '/^shop_web/,/^$/p' declared | grep .)"
ctr-status <declared >once
is 'its own output again' "$(ctr-status <once)" "$(cat once)"
is 'no memory, no cpu without -e' "$(grep -c 'memory\|cpu' once)" 0
ctr-status -e <declared >extended
is 'memory, without a limit, and cpu' "$(grep -cP '^shop_web\t(memory\t\d+|cpu\t\d+\.\d{3})$' extended)" 2
ctr-cgroup -q shop_web cgroup=memory.max=64M >/dev/null
is 'memory with a limit' "$(ctr-status -e shop_web | sed -n 's/^shop_web	memory	[0-9]*	//p')" 67108864

# On a bridge the addresses are the ones it has now.
is 'on a bridge, no address yet' "$(of shop_bridged ipv4)" ''
lxc-attach -n shop_bridged -- ip addr add 198.51.100.7/24 dev eth0
is 'on a bridge, the address that it has now' "$(of shop_bridged ipv4)" 198.51.100.7

# Ports: a range is told as it was declared, while it is whole.
ctr-ports -q shop_web port=9000-9003:80-83/udp port=192.0.2.9:1000:1000 >/dev/null
is 'a range, and one address' "$(ctr-status shop_web | sed -n 's/^shop_web	published	//p')" 'tcp	*	8080	80
udp	*	9000-9003	80-83
tcp	192.0.2.9	1000	1000'
nft delete element inet ctr any4 '{ udp . 9001 }' && nft delete element inet ctr any6 '{ udp . 9001 }'
is 'of a broken range, what is there' "$(ctr-status shop_web | grep -c 'published	udp	\*	900[023]	8[023]')" 3
ctr-ports -q shop_db port=0.0.0.0:7000:80 port='[::]:7001:81' port=0.0.0.0:7002-7004:90-92 port='[::]:7003:91' >/dev/null
is 'ports of one family' "$(ctr-status shop_db | sed -n 's/^shop_db	published	//p')" 'tcp	*	8000	8000
tcp	0.0.0.0	7000	80
tcp	::	7001	81
tcp	0.0.0.0	7002-7004	90-92
tcp	::	7003	91'
mkdir other
ctr-create -q -P "$PWD/other" shop_web container=shop:web template=busybox | ctr-addr -qP "$PWD/other" >got
like 'one of this name in another LXCPATH' "$(cat got)" '*	ipv4	*'
is 'has not published them' "$(ctr-status -P "$PWD/other" shop_web | grep published)" ''
nft delete element inet ctr any4 '{ tcp . 8080 }'
is 'what one family has lost is not published as it is declared' "$(ctr-status shop_web | grep -P 'published\ttcp\t.*8080')" \
    'shop_web	published	tcp	::	8080	80'
nft delete table inet ctr
is 'without the table nothing is published' "$(ctr-status <declared | grep -c published)" 0

# What waits for the next start, each by its key, and nothing else.
pending() { ctr-status shop_db | sed -n 's/^shop_db	pending	//p' | tr '\n' ' '; }
ctr-config -q shop_db command='sleep 1000' >/dev/null
is 'pending command' "$(pending)" 'command '
ctr-config -q shop_db env=A=b >/dev/null
is 'and env' "$(pending)" 'command env '
mkdir "$TMPDIR/x"
ctr-mount -q shop_db volume="$TMPDIR/x:/srv/x" >/dev/null
ctr-name -q shop_db fqdn=other.example.net >/dev/null
is 'and volume, fqdn' "$(pending)" 'command volume fqdn env '
ctr-config -q shop_db config=lxc.cap.drop=sys_time >/dev/null
is 'and config' "$(pending)" 'command volume fqdn env config '
ctr-start -qr -t 30 shop_db >/dev/null
is 'nothing after the start' "$(pending)" ''
ctr-config -qu shop_db config=lxc.cap.drop=sys_time >/dev/null
is 'a setting that is there no more' "$(pending)" 'config '
lxc-freeze -n shop_db
is 'frozen' "$(of shop_db state)" frozen
lxc-unfreeze -n shop_db

# What it refuses, and what its container's root can do to it.
busybox_base shop_hand
in='shop_hand	container	shop	hand'
out="shop_hand	container	shop	hand
shop_hand	error	ctr-status	'$CTR_LXCPATH/shop_hand' was not made by ctrkit
"
err="ctr-status: shop_hand: '$CTR_LXCPATH/shop_hand' was not made by ctrkit"
check 'one that was made by hand is not the project'"'"'s' 1 ctr-status
out='shop_hand	state	stopped
'
check 'but it can be looked at' 0 ctr-status shop_hand
cp "$CTR_LXCPATH/shop_db/ctr/record" "$T/record"
echo 'shop_db	port	x' >"$CTR_LXCPATH/shop_db/ctr/record"
out_like='*error	ctr-status	cannot read*'
err="ctr-status: $CTR_LXCPATH/shop_db/ctr/record: line 1: it has too few fields for its key
ctr-status: shop_db: cannot read '$CTR_LXCPATH/shop_db/ctr/record'"
check 'a stored record that cannot be read' 1 ctr-status shop_db
cp "$T/record" "$CTR_LXCPATH/shop_db/ctr/record"

hosts() { lxc-attach -n shop_web -- sh -c "$1"; { ctr-status shop_web >"$T/out"; } 2>&1; }
is '/etc/hosts is a link to a file of the host' "$(echo secret >"$T/file"; hosts "ln -sf $T/file /etc/hosts")" \
    "ctr-status: shop_web: its '/etc/hosts' is a symbolic link"
is '/etc/hosts is a FIFO' "$(hosts 'rm /etc/hosts; mkfifo /etc/hosts')" \
    "ctr-status: shop_web: its '/etc/hosts' is no regular file"
is '/etc/hosts is not there' "$(hosts 'rm /etc/hosts')" ''
is 'lines of its root in the block: names only, and as no link of its' "$(hosts 'printf "%b" "# ctr-link begin\n1 \033[31m x\n10.1.2.3 a b\n\
10.1.2.4\n10.1.2.5 x\377\n10.1.2.6 ../y\n# ctr-link end\n" >/etc/hosts'; grep linked "$T/out")" 'shop_web	backlinked	b	a'
check 'and the other programs can read it' 0 sh -c 'ctr-table <"$1" >/dev/null' - "$T/out"

echo 'lxc.nonsense = 1' >>"$CTR_LXCPATH/shop_web/config"
out_like='*shop_web	state	running
shop_web	pid	*shop_web	error	ctr-status	*cannot be loaded*'
err="ctr-status: shop_web: its configuration '$CTR_LXCPATH/shop_web/config' cannot be loaded"
check 'a configuration that was broken since: it runs, and the error is told' 1 ctr-status shop_web

# The same command leaves everything as it was.
state() { find "$CTR_LXCPATH" "$CTR_STATE" -newer "$T/mark" ! -name create ! -name create.log; }
sed -i '$d' "$CTR_LXCPATH/shop_web/config"
touch "$T/mark"
ctr-status -e <declared >"$T/out"
is 'nothing was written' "$(state)" ''

# It waits for no lock.
lock=$(echo "$CTR_STATE"/lock/shop_db@*)
exec 8<"$lock"
flock -x 8
ok 'a lock on a container does not hold it up' timeout 60 ctr-status shop_db

# One that is made or removed at this moment is absent.
mkdir "$CTR_LXCPATH/shop_new"
check 'what is left of a creation that was killed at once' 0 sh -c \
    'ctr-status shop_new | grep -qx "shop_new	state	absent"'
rmdir "$CTR_LXCPATH/shop_new"
printf '%s\n' 'shop_new	container	shop	new' 'shop_new	clone	shop_hand' >new
ok 'one is made' sh -c 'ctr-create <new'
strace -f -o trace -P "$CTR_LXCPATH/shop_new/ctr/record" -e inject=openat:delay_enter=2000000 ctr-status <new >new.now &
wait_for 20 test -s trace
ok 'and removed just before its record is read' sh -c 'ctr-destroy <new'
ok 'which is no error' wait $!
is 'but absent' "$(sed -n 's/.*	state	//p' new.now)" absent

# One whose monitor does not answer holds up the others for a while, and no longer.
monitor=$(ps -o ppid= -p "$(lxc-info -n shop_db -pH)" | tr -d ' ')
kill -STOP "$monitor"
out_like='shop	project*shop_db	error	ctr-status	*shop_web	state	running*'
err='ctr-status: shop_db: it cannot be looked at: that ended or took more than 5 seconds'
check 'one that does not answer is given up, the others are looked at' 1 ctr-status <declared
kill -CONT "$monitor"
done_testing
