#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-doctor: for each check a host on which it speaks, and one on which it is silent. What it proposes is done, and then
# nothing is found any more.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

# The findings and notes in `got` that have no proof or no remedy below them.
lacking()
{
	awk -F ': ' 'function end() { if (what != "" && !(proof && remedy)) print "no proof or no remedy: " what }
		$2 == "finding" || $2 == "note" { end(); what = $0; proof = remedy = 0 }
		$2 == "proof" { proof = 1 }
		$2 == "remedy" { remedy = 1 }
		END { end() }' got
}

# looks STATUS CHECK [EXPECTED]: runs it; what it says by CHECK, without proofs, must be EXPECTED. What else is there
# stays in `got`.
looks()
{
	ctr-doctor >got 2>err
	is "$2: $4" "$? $(lacking; sed -n "/^$2: proof: /d; s/^$2: //p" got; cat err)" "$1 $3"
}

# What is proposed by CHECK, run.
remedied()
{
	sed -n "s/^$1: remedy: //p" got >remedy.sh
	ok "$1: the remedy" sh -e remedy.sh
	looks 0 "$1" '' 'silent after it'
}

# What the proofs of CHECK are, run.
proved()
{
	sed -n "s/^$1: proof: //p" got >proof.sh
	ok "$1: the proof" sh -e -c 'test -s proof.sh; . ./proof.sh'
}

# What of the host could be changed.
host()
{
	find /proc/sys/net -type f -readable ! -path '*/nf_conntrack*' ! -path '*/neigh/*' ! -name tcp_fastopen_key -exec grep -aH . {} + 2>"$T/null"
	ls /sys/class/net
	nft -a list ruleset
	ip route show table all | grep -v fe80
	find "$CTR_STATE" /run ! -path '/run/test/*'
}

printf 'a: finding: 1\na: proof: p\na: remedy: r\na: note: 2\na: proof: p\na: finding: 3\na: remedy: r\n' >got
is 'what lacks a remedy or a proof is seen' "$(lacking)" 'no proof or no remedy: a: note: 2
no proof or no remedy: a: finding: 3'

# Nothing is there.
host >before
ctr-doctor -v >got 2>err
is 'a host without ctrkit' "$? $(cat err)" '0 '
is 'each check speaks with -v' "$(cut -d : -f 1 got | uniq | tr '\n' ' ')" \
    'kernel lxc forwarding table forward input rp_filter pool dnsmasq port stale cgroup apparmor lxcfs subid '
is 'nothing was changed' "$(host | diff before -)" ''
is 'the page has each check' "$(grep -c "$(cut -d : -f 1 got | uniq | sed 's/^/^.It Cm /; s/$/$/')" "$top/man/ctr-doctor.1")" 15

# Firewalls of others.
nft -f - <<'EOF2'
table ip filter {
	chain DOCKER-USER { }
	chain DOCKER { iifname != "docker0" oifname "docker0" ct state established accept; iifname != "docker0" oifname "docker0" drop; }
	chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; jump DOCKER; iifname "docker0" accept; }
	chain INPUT { type filter hook input priority 0; policy accept; ip saddr 192.0.2.99 drop; }
}
table inet other {
	chain some { log prefix "drop all " level warn counter;  ct state vmap { established : accept, invalid : drop }; ip daddr 10.66.0.0/16 tcp dport 22 accept; }
	chain on { type filter hook forward priority 10; policy accept; goto some; }
	chain late { type filter hook forward priority 20; policy accept; jump some; iifname "lo" accept; counter reject comment "not accept"; }
}
table bridge b { chain forward { type filter hook forward priority 0; policy drop; }; }
EOF2
looks 3 forward "finding: chain 'FORWARD' of table 'ip filter' has policy drop: what comes from containers and what goes to them ends there
remedy: iptables -I DOCKER-USER -i ctr+ -j ACCEPT
remedy: iptables -I DOCKER-USER -o ctr+ -j ACCEPT
finding: chain 'late' of table 'inet other' has the rule 'counter reject comment \"not accept\"': what comes from containers and what goes to them ends there
remedy: nft 'insert rule inet other late iifname \"ctr*\" accept'
remedy: nft 'insert rule inet other late oifname \"ctr*\" accept'" 'two at once, one of Docker'
is 'nothing else is found' "$(sed -n 's/: finding.*//p' got | uniq)" forward
proved forward
out='ctr-doctor: 2 findings: forward; see ctr-doctor(1)'
check 'in one line' 3 ctr-doctor -s
check 'without a word' 3 ctr-doctor -q
check 'nor a line' 3 ctr-doctor -q -s
err='ctr-doctor: cannot write to stdout: No space left on device'
check 'stdout is full' 1 sh -c 'exec ctr-doctor >/dev/full'
sed -i '/remedy: iptables/d' got
sed -n 's/^forward: remedy: //p' got | sh -e
nft 'add rule ip filter DOCKER-USER iifname "ctr*" counter accept'
looks 3 forward "finding: chain 'FORWARD' of table 'ip filter' has policy drop: what goes to containers ends there
remedy: iptables -I DOCKER-USER -o ctr+ -j ACCEPT" 'one way is accepted, in the chain that is jumped to'
nft 'add rule ip filter DOCKER-USER oifname "ctr*" ct state established accept'
looks 3 forward "finding: chain 'FORWARD' of table 'ip filter' has policy drop: what goes to containers ends there
remedy: iptables -I DOCKER-USER -o ctr+ -j ACCEPT" 'the other way only answers are accepted'
nft 'insert rule ip filter DOCKER-USER return'
looks 3 forward "finding: chain 'FORWARD' of table 'ip filter' has policy drop: what comes from containers and what goes to them ends there
remedy: iptables -I DOCKER-USER -i ctr+ -j ACCEPT
remedy: iptables -I DOCKER-USER -o ctr+ -j ACCEPT" 'what is not come to does not count'
nft 'flush chain ip filter DOCKER-USER; add rule ip filter DOCKER-USER iifname { "eth0", "ctr*" } accept; add rule ip filter DOCKER-USER oifname "c*" accept'
looks 3 forward "finding: chain 'FORWARD' of table 'ip filter' has policy drop: what comes from containers ends there
remedy: iptables -I DOCKER-USER -i ctr+ -j ACCEPT" 'a wider pattern, and a set, which is not looked into'
nft 'flush chain ip filter DOCKER-USER; add rule ip filter DOCKER-USER iifname != "eth0" accept; add rule ip filter DOCKER-USER iifname != "ctr*" accept'
looks 0 forward '' 'silent where what is accepted is all but others'
nft 'delete table ip filter; delete table inet other'
nft 'add table ip6 ufw; add chain ip6 ufw ufw6-user; add chain ip6 ufw F { type filter hook forward priority 0; policy drop; }'
looks 3 forward "finding: chain 'F' of table 'ip6 ufw' has policy drop: what comes from containers and what goes to them ends there
remedy: nft 'insert rule ip6 ufw F iifname \"ctr*\" accept'
remedy: nft 'insert rule ip6 ufw F oifname \"ctr*\" accept'
remedy: # to last, ufw itself must be told to accept what comes from and goes to interfaces ctr*" 'IPv6 alone, ufw'
remedied forward
nft 'table inet firewalld {
	chain filter_FORWARD { type filter hook forward priority 10; oifname "lo" accept; reject with icmpx admin-prohibited; }
}'
looks 3 forward "finding: chain 'filter_FORWARD' of table 'inet firewalld' has the rule \
'reject with icmpx admin-prohibited': what comes from containers and what goes to them ends there
remedy: nft 'insert rule inet firewalld filter_FORWARD iifname \"ctr*\" accept'
remedy: nft 'insert rule inet firewalld filter_FORWARD oifname \"ctr*\" accept'
remedy: # to last, firewalld itself must be told to accept what comes from and goes to interfaces ctr*" 'firewalld'
proved forward
remedied forward
nft delete table inet firewalld
nft 'add table inet fw; add chain inet fw in { type filter hook input priority 0; policy drop; }; add rule inet fw in iifname "lo" accept'
looks 3 input "finding: chain 'in' of table 'inet fw' has policy drop: what containers ask dnsmasq ends there
remedy: nft 'insert rule inet fw in iifname \"ctr*\" accept'" 'a policy'
proved input
nft 'add rule inet fw in iifname "ctr*" udp dport { 53, 67 } accept'
looks 0 input '' 'silent where something is accepted from ctr*'
nft 'delete table inet fw; delete table ip6 ufw; delete table bridge b'

# The older iptables, of whose table nftables knows nothing.
cannot='what comes from containers and what goes to them ends there'
legacy() # 4|6 POLICY RULE...
{
	old=$(cat "legacy.$1" 2>"$T/null" || echo 4)
	family=$1
	shift
	perl "$top/t/iptables-legacy.pl" "$family" "$old" "$@" >"legacy.$family" || fail "the table of iptables-legacy: $*"
}
legacy 4 drop
looks 3 forward "finding: chain 'FORWARD' of table 'iptables-legacy filter' has policy drop: $cannot
remedy: iptables-legacy -I FORWARD -i ctr+ -j ACCEPT
remedy: iptables-legacy -I FORWARD -o ctr+ -j ACCEPT" 'the older iptables, a policy'
legacy 4 drop 'eth0 eth1 drop' 'ctr+ - accept' '- - user' end 'c+ ctr+ accept' '- ctr+ accept' '- - drop'
looks 0 forward '' 'silent where the older iptables accepts'
legacy 4 accept 'ctr+ - user' '- - REJECT' end '- ctr+ accept' '- - return' '- - accept'
looks 3 forward "finding: chain 'FORWARD' of table 'iptables-legacy filter' has the rule 'reject': $cannot
remedy: iptables-legacy -I FORWARD -i ctr+ -j ACCEPT
remedy: iptables-legacy -I FORWARD -o ctr+ -j ACCEPT" 'the older iptables, a rule'
legacy 4 accept
legacy 6 drop '- ctr+ accept'
looks 3 forward "finding: chain 'FORWARD' of table 'ip6tables-legacy filter' has policy drop: what comes from containers ends there
remedy: ip6tables-legacy -I FORWARD -i ctr+ -j ACCEPT" 'the older iptables, IPv6'
legacy 6 accept
looks 0 forward '' 'silent where they drop nothing'

# Routes.
client_ns
ip link add second type veth peer name third
ip link set second up
ip link set third up
ip route add 10.0.0.0/8 dev second
looks 0 pool "note: the pool 10.66.0.0/16 lies in 10.0.0.0/8, which is routed by 'second': where a container has an address of others there, they are not reached
remedy: # have containers in another network, such as CTR_POOL4=172.16.0.0/16 in /etc/environment, or others out of this one" 'a wider route is a note'
ip route add 10.66.7.0/24 dev second
ip route del 10.0.0.0/8
ip route add fd00:1:2:3:4::/80 dev second
looks 3 pool "finding: the pool 10.66.0.0/16 overlaps 10.66.7.0/24, which is routed by 'second'
remedy: # have containers in another network, such as CTR_POOL4=10.67.0.0/16 in /etc/environment, or others out of this one
finding: the pool fd00:1:2:3::/64 overlaps fd00:1:2:3:4::/80, which is routed by 'second'
remedy: # have containers in another network, such as CTR_POOL6=fd66:66:66::/64 in /etc/environment, or others out of this one" 'in both families'
is 'the proof shows it' "$(sed -n 's/^pool: proof: //p' got | sh | grep -c second)" 2
is 'silent with the proposed one' "$(CTR_POOL4=10.67.0.0/16 CTR_POOL6=fd66:66:66::/64 ctr-doctor -s; echo $?)" 0
ip route del 10.66.7.0/24
ip route del fd00:1:2:3:4::/80
looks 0 pool '' 'silent without'
ip route add default via 192.0.2.2 metric 10
ip route add default dev second metric 20
echo 1 >/proc/sys/net/ipv4/conf/second/rp_filter
looks 3 rp_filter "finding: 'second' drops what others send to published ports by it, since the answers would leave by 'outside'
remedy: sysctl -w net/ipv4/conf/second/rp_filter=2" 'two default routes'
proved rp_filter
remedied rp_filter
echo 1 >/proc/sys/net/ipv4/conf/second/rp_filter
ip route del default dev second
looks 0 rp_filter '' 'silent with one default route'
ip link del second

# Containers that run. The host's own resolvers are out of reach.
: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
ctr-create -q p_a container=p:a template=busybox port=8080:80 port=8443:443/udp | ctr-addr -q >records || exit 1
ctr-net -q <records | ctr-start -q | ctr-ports -q >out || exit 1
looks 0 dnsmasq '' 'silent where it answers'
is 'all is well with a container' "$(ctr-doctor -s 2>&1; echo $?)" 0
echo 0 >/proc/sys/net/ipv4/ip_forward
looks 3 forwarding "finding: the host does not forward IPv4: containers reach it alone, and it them
remedy: ctr-list -P $CTR_LXCPATH | ctr-net -P $CTR_LXCPATH | ctr-ports -P $CTR_LXCPATH >/dev/null" 'of IPv4 is off'
is 'the proof shows it' "$(sed -n 's/^forwarding: proof: //p' got | sh)" 0
remedied forwarding
echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
looks 3 forwarding "finding: the host does not forward IPv6: containers reach it alone, and it them
remedy: ctr-list -P $CTR_LXCPATH | ctr-net -P $CTR_LXCPATH | ctr-ports -P $CTR_LXCPATH >/dev/null" 'of IPv6 is off'
remedied forwarding
nft flush ruleset
looks 3 table "finding: the table inet ctr is not there, though containers run: no port leads to them
remedy: ctr-list -P $CTR_LXCPATH | ctr-net -P $CTR_LXCPATH | ctr-ports -P $CTR_LXCPATH >/dev/null" 'after nft flush ruleset'
remedied table
is 'its ports are there again' "$(nft list map inet ctr any4 | grep -c p_a)" 2
nft flush chain inet ctr guard
looks 3 table "finding: the table inet ctr has other rules than ctr-net made
remedy: ctr-list -P $CTR_LXCPATH | ctr-net -P $CTR_LXCPATH | ctr-ports -P $CTR_LXCPATH >/dev/null" 'rules are gone'
proved table
remedied table

# dnsmasq.
daemon=$(cat /run/ctr/dnsmasq.pid)
kill -STOP "$daemon"
looks 3 dnsmasq "finding: dnsmasq does not answer at 10.66.0.1: Connection timed out
remedy: kill -9 \"\$(cat /run/ctr/dnsmasq.pid)\"; sleep 1
remedy: ctr-list -P $CTR_LXCPATH | ctr-net -P $CTR_LXCPATH | ctr-ports -P $CTR_LXCPATH >/dev/null" 'it is there, and does not answer'
remedied dnsmasq
daemon=$(cat /run/ctr/dnsmasq.pid)
kill -9 "$daemon"
wait_for 60 sh -c '! tr "\0" "\n" </proc/"$0"/cmdline | grep -q .' "$daemon" || fail 'it does not end'
looks 3 dnsmasq "finding: ctrkit's dnsmasq does not run, though containers do: they get no names
remedy: ctr-list -P $CTR_LXCPATH | ctr-net -P $CTR_LXCPATH | ctr-ports -P $CTR_LXCPATH >/dev/null" 'it was killed'
remedied dnsmasq
mount --bind /dev/null /usr/sbin/dnsmasq
looks 3 dnsmasq 'finding: there is no program dnsmasq: containers get no addresses by DHCP, and no names
remedy: apt-get install dnsmasq-base' 'it is not installed'
umount /usr/sbin/dnsmasq
looks 0 dnsmasq '' 'silent again'

# Ports.
busybox nc -l -p 8080 -e cat &
listener=$!
socat -u UDP-RECV:8443 OPEN:/dev/null &
listeners="$listener $!"
wait_for 60 sh -c 'grep -q :1F90 /proc/net/tcp* && grep -q :20FB /proc/net/udp*' || fail 'nothing listens'
looks 3 port "finding: port tcp 8080, published for 'p_a', hides a process of the host that listens on it
remedy: # end that process, or publish the container's port at another one
finding: port udp 8443, published for 'p_a', hides a process of the host that listens on it
remedy: # end that process, or publish the container's port at another one" 'processes of the host listen'
is 'the proof shows them' "$(sed -n 's/^port: proof: //p' got | sh | grep -c 'busybox\|socat')" 2
# shellcheck disable=SC2086 # a list
kill $listeners
# shellcheck disable=SC2046 # a list
wait $(jobs -p)
looks 0 port '' 'silent without them'
mv "$CTR_LXCPATH/p_a" moved
looks 3 stale "finding: port tcp 8080 is published for 'p_a', and there is no such container: it leads to whoever gets its address
remedy: ctr-ports -u -P $CTR_LXCPATH p_a >/dev/null
finding: 'p_a' has its names and what links to it still, and there is no such container: whoever gets its address has them
remedy: ctr-net -u -P $CTR_LXCPATH p_a >/dev/null" 'a container is gone'
is 'the proof shows it' "$(sed -n 's/^stale: proof: //p' got | sh | grep -c 8080)" 2
remedied stale
is 'they are withdrawn' "$(nft list map inet ctr any4 | grep -c p_a)" 0
is 'and what let it in' "$(nft list set inet ctr source4 | grep -c "$(sed -n 's/^p_a	ipv4	//p' records)"; find /run/ctr -name 'p_a@*')" 0
mv moved "$CTR_LXCPATH/p_a"
ctr-ports -q p_a >out
mkdir elsewhere
mv "$CTR_LXCPATH/p_a" elsewhere
ln -sfn "$PWD/elsewhere/p_a" "$CTR_STATE/addr/$(sed -n 's/^p_a	ipv4	//p' records)"
ln -sfn "$PWD/elsewhere/p_a" "$CTR_STATE/addr/$(sed -n 's/^p_a	ipv6	//p' records)"
looks 0 stale '' 'silent where it is of another directory'
mv elsewhere/p_a "$CTR_LXCPATH"

# What the system has. Some files are put in the place of others, for one run.
hidden()
{
	unshare -m sh -c "$1; ctr-doctor" >got 2>err
	echo "$? $(lacking; sed -n "/^$2: proof: /d; s/^$2: //p" got; cat err)"
}
grep -v 'memory\|pids' /proc/1/cgroup >cgroup
is 'cgroup: two are missing' "$(hidden 'mount --bind cgroup /proc/1/cgroup; mount -t tmpfs tmpfs /sys/fs/cgroup' cgroup)" \
    "3 finding: the kernel has no control groups for 'memory', or they are not mounted: its limits are void
remedy: # start the kernel without cgroup_disable=memory, and where it wants so, with cgroup_enable=memory
finding: the kernel has no control groups for 'pids', or they are not mounted: its limits are void
remedy: # start the kernel without cgroup_disable=pids, and where it wants so, with cgroup_enable=pids"
echo '0::/' >cgroup
echo 'cpuset cpu io memory hugetlb pids' >controllers
is 'cgroup: version 2 alone' "$(hidden 'mount --bind cgroup /proc/1/cgroup; mount -t tmpfs tmpfs /sys/fs/cgroup;
	cp controllers /sys/fs/cgroup/cgroup.controllers' cgroup)" '0 '
is 'cgroup: version 2 without cpu' "$(hidden 'mount --bind cgroup /proc/1/cgroup; mount -t tmpfs tmpfs /sys/fs/cgroup;
	sed "s/cpu //" controllers >/sys/fs/cgroup/cgroup.controllers' cgroup | head -n 1)" \
    "3 finding: the kernel has no control groups for 'cpu', or they are not mounted: its limits are void"
on='mount -t tmpfs tmpfs /sys/module; mkdir -p /sys/module/apparmor/parameters; echo Y >/sys/module/apparmor/parameters/enabled'
is 'apparmor: silent with its parser' "$(hidden "$on" apparmor)" '0 '
off='mount --bind /dev/null "$(command -v apparmor_parser)"'
is 'apparmor: without it' "$(hidden "$on; $off" apparmor)" \
    '3 finding: AppArmor is on, and there is no program apparmor_parser: LXC cannot load a profile, and starts nothing
remedy: apt-get install apparmor'
is 'apparmor: silent where the kernel has it off' "$(hidden "$on; $off; echo N >/sys/module/apparmor/parameters/enabled" apparmor)" '0 '
# A liblxc that says another version of itself.
for version in 4.0.6 5.0.1 5.0.2 6.0.0; do
	echo "const char *lxc_get_version(void); const char *lxc_get_version(void) { return \"$version\"; }" |
	    cc -shared -fPIC -o "$version.so" -x c - || fail 'cc'
	is "lxc: $version" "$(ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
	    hidden "export LD_PRELOAD=$PWD/$version.so" lxc)" "$(case $version in
		4.* | 5.0.1) printf '3 finding: LXC is of version %s, older than 5.0.2\n' $version
			echo 'remedy: # install LXC 5.0.2 or newer, such as Debian 12 has' ;;
		*) echo '0 ' ;;
	    esac)"
done
mkdir -p lib/lxcfs/proc
no='[ ! -e /usr/bin/lxcfs ] || mount --bind /dev/null /usr/bin/lxcfs'
is 'lxcfs: a note' "$(hidden "mount --bind $PWD/lib /var/lib; $no" lxcfs)" \
    '0 note: lxcfs does not run: limits hold, but free(1) and top(1) in a container show what the host has
remedy: apt-get install lxcfs'
touch lib/lxcfs/proc/meminfo
is 'lxcfs: silent where it runs' "$(hidden "mount --bind $PWD/lib /var/lib" lxcfs)" '0 '
echo root:1000000:65536 >ids
: >noids
uid='touch /etc/subuid; mount --bind ids /etc/subuid' gid='mount --bind ids /etc/subgid'
is 'subid: a note' "$(hidden 'mount --bind noids /etc/subuid; mount --bind noids /etc/subgid' subid)" \
    '0 note: root has no 65536 ids in both /etc/subuid and /etc/subgid: no container can have ids of its own, by idmap
remedy: echo root:1000000:6553600 | tee -a /etc/subuid >>/etc/subgid'
is 'subid: of one kind' "$(hidden 'mount --bind ids /etc/subuid; mount --bind noids /etc/subgid' subid)" \
    '0 note: root has no 65536 ids in both /etc/subuid and /etc/subgid: no container can have ids of its own, by idmap
remedy: echo root:1065536:6553600 | tee -a /etc/subuid >>/etc/subgid'
is 'subid: silent with both' "$(hidden 'mount --bind ids /etc/subuid; mount --bind ids /etc/subgid' subid)" '0 '

# What the kernel has, where system calls of it are taken away: in a container of the host's own files.
ctr-ports -qu p_a | ctr-stop -q -t 0 | ctr-net -qu >out
mkdir "$T/root"
mount --rbind / "$T/root"
without() # SYSTEM-CALLS: of libseccomp's form
{
	printf '2\ndenylist\n%s\n' "$1" >profile
	cat >conf <<EOF2
lxc.rootfs.path = dir:$T/root
lxc.autodev = 0
lxc.console.path = none
lxc.net.0.type = none
lxc.apparmor.profile = unconfined
lxc.seccomp.profile = $PWD/profile
EOF2
	lxc-execute -n probe -f conf -- "$build/bin/ctr-doctor" >got 2>err
	echo "$? $(lacking; sed -n '/^kernel: proof: /d; s/^kernel: //p' got; grep -v ^lxc-execute err)"
}
is 'kernel: silent where it has all' "$(without 'iopl errno 38')" '0 '
is 'kernel: it is too old' "$(without 'openat2 errno 38
pidfd_open errno 38' | grep -v remedy)" '3 finding: the kernel has no openat2(2), which came with Linux 5.6
finding: the kernel has no pidfd_open(2), which came with Linux 5.3'
is 'kernel: it has no nftables' "$(without 'socket errno 93 [0,16,SCMP_CMP_EQ] [2,12,SCMP_CMP_EQ]')" \
    '3 finding: the kernel has no nftables (CONFIG_NETFILTER_NETLINK)
remedy: # load the kernel'"'"'s module nf_tables, or run a kernel that has it'
is 'kernel: it has no namespaces of the network' "$(without 'unshare errno 22' | head -n 1)" \
    '3 finding: the kernel has no namespaces of the network (CONFIG_NET_NS): Invalid argument'
is 'kernel: what may not be tried is no finding' "$(without 'unshare errno 1')" \
    '1 ctr-doctor: kernel: cannot be checked: namespaces of the network: Operation not permitted'
# And where one thing of it is missing: the kernel refuses the very call that asks for it.
refused() # CALL N
{
	strace -f -o trace -e trace="$1" -e inject="$1:error=EOPNOTSUPP:when=$2" ctr-doctor >got 2>err
	echo "$? $(lacking; sed -n '/^kernel: proof: /d; s/^kernel: finding: //p' got |
	    sed 's/: Could not process rule//'; cat err)"
}
is 'kernel: it has no veth' "$(refused sendto 1)" '3 the kernel has no veth (CONFIG_VETH): Operation not supported'
n=0
while read -r option what; do
	n=$((n + 1))
	is "kernel: it has no $what" "$(refused sendmsg $n)" \
	    "3 the kernel has no $what (CONFIG_$option): Operation not supported"
done <<'E2'
NF_TABLES_INET tables of family inet
NF_TABLES sets with concatenated keys
NFT_NAT translation of addresses
NFT_FIB_INET fib, which tells the host's addresses
NFT_MASQ masquerading
E2

# What cannot be looked at.
out_like='lxcfs: *'
err='ctr-doctor: kernel: cannot be checked: veth: Operation not permitted
ctr-doctor: forward: cannot be checked: cannot list the chains of nftables: Operation not permitted
ctr-doctor: input: cannot be checked: cannot list the chains of nftables: Operation not permitted
ctr-doctor: port: cannot be checked: cannot list the published ports: Operation not permitted
ctr-doctor: stale: cannot be checked: cannot list the published ports: Operation not permitted'
check 'without the right to ask' 1 setpriv --bounding-set -net_admin --inh-caps -net_admin ctr-doctor
is 'cgroup: what cannot be read' "$(hidden 'mount --bind lib /proc/1; true' cgroup)" \
    "1 ctr-doctor: cgroup: cannot be checked: cannot read '/proc/1/cgroup': No such file or directory"
err='usage: ctr-doctor [-qsv] [-P lxcpath]'
check 'it takes no names' 2 ctr-doctor p_a
err="ctr-doctor: CTR_POOL4 is 'x', not an IPv4 network such as 10.66.0.0/16, from /8 to /29"
out_like='*'
check 'a variable that cannot be read' 2 env CTR_POOL4=x ctr-doctor
done_testing
