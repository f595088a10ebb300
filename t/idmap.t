#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# idmap: containers whose root is nobody on the host.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
root_ids && : >ids
roots() { printf '%s\n' "$@" >ids; }
mapped() { ctr-status "$1" | awk -F '\t' '$2 == "mapped" { print $3, $4, $5 }'; }
in_a() { timeout 60 lxc-attach -n shop_a -- "$@"; }

busybox_base
mkdir -p pages secret && echo 'It works' >pages/index.html && echo secret >secret/file && chmod 600 secret/file
cat >ctr.yml <<'YAML'
name: shop
defaults:
    idmap: auto
containers:
    a:
        template: busybox
        command: sh -c "echo ready >/tmp/ready; exec sleep 1000"
        volumes: [./data:/srv/data, ./etc:/etc, "./secret/file:/srv/file"]
        links: [{name: web, backlink: true}, "127.0.0.1:9000:web:80"]
        fqdn: a.example.net
        cgroup: {pids.max: 50}
    web:
        clone: base
        command: httpd -f -p 80 -h /srv/www
        volumes: ["./pages:/srv/www:ro"]
        ports: "8080:80"
    plain:
        idmap: none
        clone: base
        command: sleep 1000
YAML

# Without ids to give.
out_like='*error*' err="ctr-idmap: shop_web: idmap: there is no block of 65536 ids in the ranges that '/etc/subuid' and\
 '/etc/subgid' both give to root; add one with: echo root:1000000:6553600 | tee -a /etc/subuid >>/etc/subgid"
check 'no subordinate ids' 1 sh -c 'ctr-create -q shop_web clone=base >got && ctr-idmap shop_web idmap=auto'
roots 'root:100000:1000' user:2000000:65536 root:x:y nonsense
out_like='*error*' err_like='*: there is no block of 65536 ids *; add one with: echo root:2065536:6553600 | *'
check 'too few' 1 ctr-idmap shop_web idmap=auto
out_like='*error*' err_like="*: the ids 100000:2000 are not root's in *; where nobody has them, add them with: echo root:100000:2000 | *"
check 'a block beyond them' 1 ctr-idmap shop_web idmap=100000:2000
for bad in 0:65536 1000 1000: 1000:0 :1 a:b 4294967295:1 4294967290:10 10:20:30 none; do
	err_like="*operand 'idmap=$bad': it is neither auto nor HOST:COUNT*"
	check "idmap=$bad" 2 ctr-idmap shop_web "idmap=$bad"
done

# By hand, somebody has the first of these.
roots root:1000000:6553600
mkdir "$CTR_LXCPATH/hand" && echo 'lxc.idmap = u 0 1000000 65536' >"$CTR_LXCPATH/hand/config"
ok 'up' ctrctl up
is 'blocks that nobody else has' "$(for n in a web plain; do mapped shop_$n; done | sort)" '1065536 65536 mount
1131072 65536 mount'
first=$(mapped shop_a) first=${first%% *}
err='ctrctl: up: 0 done, 3 unchanged, 0 failed'
check 'up again has nothing to say' 0 ctrctl -v up
ctr-parse >declared && ctr-list -p shop >applied
is 'what is on disk is what is declared' "$(diff declared applied)" ''
is 'nothing is pending' "$(ctr-parse | ctr-status | grep pending)" ''
like 'as a table' "$(ctr-parse | ctr-status | ctr-table -c name,mapped)" "*shop_a *$first 65536 mount*"
like 'as JSON' "$(ctr-parse | ctr-status | ctr-json)" "*\"idmap\":\"auto\"*\"mapped\":{\"host\":$first,\"count\":65536,\"how\":\"mount\"}*"

# What works on it.
pid=$(lxc-info -n shop_a -pH)
is 'its root is nobody on the host' "$(stat -c '%u %g' "/proc/$pid")" "$first $first"
ok 'a command by way of a script' wait_for 60 in_a test -e /tmp/ready
is 'its files are its own' "$(in_a stat -c '%u %g' /bin /etc /etc/passwd /srv/data /srv/file | sort -u)" '0 0'
in_a sh -c 'echo new >/srv/data/new; chown 1000:1001 /srv/data/new; echo >/new; echo more >>/srv/file'
is 'and on the host what it makes has the owner that it sees' \
    "$(stat -c '%u %g' data/new "$CTR_LXCPATH/shop_a/rootfs/new" etc secret/file)" '1000 1001
0 0
0 0
0 0'
is 'a file of root alone, in a volume' "$(cat secret/file)" "$(printf 'secret\nmore')"
is 'the names, in a volume' "$(in_a hostname) $(in_a hostname -f) $(stat -c %u etc/hosts)" 'a a.example.net 0'
is 'the link' "$(in_a wget -q -O - http://web/)" 'It works'
is 'a forward' "$(in_a wget -q -O - http://127.0.0.1:9000/)" 'It works'
is 'a backlink' "$(timeout 60 lxc-attach -n shop_web -- grep -c '\<shop_a$' /etc/hosts)" 2
is 'DNS' "$(in_a nslookup web.shop 10.66.0.1 | grep -c "$(ctr-status shop_web | awk '$2 == "ipv4" {print $3}')")" 1
like 'DHCP' "$(in_a udhcpc -i eth0 -n -q -f -s /bin/true 2>&1)" "*lease of $(ctr-status shop_a | awk '$2 == "ipv4" {print $3}') obtained*"
is 'the published port' "$(busybox wget -q -O - http://127.0.0.1:8080/)" 'It works'
is 'a link to one that runs, in its own root' "$(ctr-link -q shop_web link=shop_a:friend >got &&
	timeout 60 lxc-attach -n shop_web -- grep -c friend /etc/hosts; stat -c %u "$CTR_LXCPATH/shop_web/rootfs/etc/hosts")" '2
0'
is 'names of one that runs' "$(ctr-name -q shop_web fqdn=web.example.net >got &&
	timeout 60 lxc-attach -n shop_web -- grep -c web.example.net /etc/hosts)" 1
is 'the limit' "$(lxc-cgroup -n shop_a pids.max)" 50
like 'which refuses a process' "$(in_a sh -c 'trap "kill \$p" EXIT
	while :; do sleep 1000 & p="$p $!"; done' 2>&1)" \
    "*can't fork: Resource temporarily unavailable"
ok 'and holds no longer than that' wait_for 60 in_a true
for f in "$CTR_LXCPATH/shop_a" "$CTR_LXCPATH/shop_a/ctr"; do
	is "other users cannot look into ${f##*/}" "$(stat -c '%A %g' "$f")" "drwx--x--- $first"
done

# By LXC's own download, in whose place is what makes a root of busybox: it is not told of the ids, which come later.
printf '#!/bin/sh\necho "$@" >%s\nexec %s "$1" "$2" "$3"\n' "$T/download-args" "$T/lxc-busybox" >"$T/download"
chmod 755 "$T/download"
mount --bind "$T/download" /usr/share/lxc/templates/lxc-download || exit 1
cat >down.yml <<'YAML'
name: down
containers: { d: { download: { dist: debian, release: 12, arch: amd64 }, idmap: auto, command: sleep 1000 } }
YAML
ok 'a download' ctrctl -q -f down.yml up
umount /usr/share/lxc/templates/lxc-download
is 'has its options alone' "$(cut -d ' ' -f 4- "$T/download-args")" '--dist debian --release 12 --arch amd64'
is 'and ids of its own' "$(stat -c %u "/proc/$(lxc-info -n down_d -pH)") $(timeout 60 lxc-attach -n down_d -- stat -c %u /bin)" \
    "$(mapped down_d | cut -d ' ' -f 1) 0"
ok 'it goes' ctrctl -q -x -t 0 -f down.yml rm

# What root in it tries, each with success where it is root of the host: at files of root's that are mounted as they are,
# at the kernel's settings, at its own limit.
cat >try <<'E'
case $1 in
device) mknod /tmp/disk b 7 0 ;;
owner) chown 0:0 /host/file ;;
read) cat /host/private ;;
write) echo >>/host/file ;;
mode) chmod 4755 /host/file ;;
remove) rm -f /host/private ;;
sysctl) cat /host/sys/vm/swappiness >/tmp/was && cat /tmp/was >/host/sys/vm/swappiness ;;
sysrq) echo h >/host/sysrq ;;
limit) echo 51 >/host/limit ;;
esac
E
mkdir -p host/sys && touch host/sysrq host/limit
set -- device owner write mode sysctl limit read remove
[ ! -e /proc/sysrq-trigger ] || set -- sysrq "$@"
for n in plain a; do
	echo private >host/private && chmod 600 host/private && echo file >host/file && chmod 644 host/file
	ctr-cgroup -q "shop_$n" cgroup=pids.max=50 >got
	file=$(find "$(sed -n 's,^cgroup[2]* \(/[^ ]*\) .*,\1,p' /proc/self/mounts | sort -u | while read -r d; do
		find "$d" -path "*shop_$n/pids.max"; done | head -n 1)")
	ctr-stop -q -t 0 "shop_$n" >got
	binds="config=lxc.mount.entry=$PWD/host host none bind,create=dir 0 0
config=lxc.mount.entry=/proc/sys host/sys none bind 0 0
config=lxc.mount.entry=$file host/limit none bind 0 0"
	[ ! -e /proc/sysrq-trigger ] || binds="$binds
config=lxc.mount.entry=/proc/sysrq-trigger host/sysrq none bind 0 0"
	printf '%s\n' "$binds" | tr '\n' '\0' | xargs -0 ctr-config -q "shop_$n" >got
	ctr-start -q -t 60 "shop_$n" >got || diag <got
	for t in "$@"; do
		if timeout 60 lxc-attach -n "shop_$n" -- sh -s "$t" <try >got 2>&1; then echo "$t"; fi
	done >"done-$n"
done
is 'root of a container without ids of its own' "$(cat done-plain)" "$(printf '%s\n' "$@")"
is 'with ids of its own: it may do none of this' "$(cat done-a)" ''
is 'and nothing of the host is another' "$(cat host/private host/file; stat -c '%a %u' host/private host/file)" \
    "$(printf 'private\nfile\n600 0\n644 0')"
done_testing
