#!/bin/sh
# ctr-net: the host's part of the managed network, and what it lets in.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

in_a() { lxc-attach -n p_a -- "$@"; }
in_b() { lxc-attach -n p_b -- "$@"; }
get() { awk -F '\t' -v n="$1" -v k="$2" '$1 == n && $2 == k { print $3 }' up; }
daemon() { cat /run/ctr/dnsmasq.pid; }
# What of the host could be changed. Connections are counted and sizes follow memory: not those.
host()
{
	find /proc/sys/net -type f -readable ! -path '*/nf_conntrack*' ! -path '*/neigh/*' ! -name tcp_fastopen_key -exec grep -aH . {} + 2>"$T/null"
	ls /sys/class/net
	nft -a list ruleset
	ip route show table all | grep -v fe80
}

# The host's own resolvers are out of reach.
: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

nft -f - <<'EOF2'
table ip other { chain input { type filter hook input priority 0; policy accept; ip saddr 192.0.2.99 drop; }; }
table inet lxc { set s { type ipv4_addr; elements = { 192.0.2.1 } }; }
EOF2
client_ns
echo 1 >/proc/sys/net/ipv6/conf/outside/accept_ra
# A host that forwards gives that to a new network namespace.
echo 0 >/proc/sys/net/ipv4/ip_forward
echo 0 >/proc/sys/net/ipv4/conf/all/accept_redirects
host >before
others=$(nft -a list table ip other; nft -a list table inet lxc)

cat >records <<'EOF2'
p	project

p_a	container	p	a
p_a	template	busybox
p_a	fqdn	a.example.net
p_a	isolate	false

p_b	container	p	b
p_b	clone	p_a
p_b	isolate	false

EOF2
sed 's/^\(p_b\)	clone.*/\1	after	p_a/' records >plain
ctr-create <records 2>err | ctr-addr 2>>err | ctr-name 2>>err | ctr-dns >up 2>>err
is 'two containers' "$(cat err)" ''
four_a=$(get p_a ipv4) six_a=$(get p_a ipv6) four_b=$(get p_b ipv4) six_b=$(get p_b ipv6)
out_like="*p_a	did	ctr-net	let in with address $four_a*p_b	did	ctr-net	let in with address $four_b*"
err="ctr-net: forwarding is on
ctr-net: the table inet ctr was made
ctr-net: dnsmasq was started
ctr-net: p_a: let in with address $four_a
ctr-net: p_b: let in with address $four_b"
nft monitor >changes 2>&1 &
monitor=$!
hears() { nft 'add table ip probe; delete table ip probe' && [ -s changes ]; }
wait_for 10 hears
in=$(cat up) check 'makes the host ready' 0 ctr-net -v
wait_for 10 grep -q '^add element inet ctr source6 .*'"$six_b" changes
kill "$monitor"
# After that who closes a socket of netfilter waits, containers that start among them.
is 'with nothing taken out again' "$(grep '^delete .* inet ctr' changes)" ''
mkfifo pipe
ctr-net <pipe >streamed &
exec 8>pipe
printf 'p_a\tcontainer\tp\ta\n\n' >&8
ok 'a record goes on before the next one comes' wait_for 60 grep -q p_a streamed
exec 8>&-
wait $!
is 'the input ends' $? 0
is 'forwarding' "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding)" '1
1'
is "routers' advertisements still taken" "$(cat /proc/sys/net/ipv6/conf/outside/accept_ra)" 2
is 'the rules of others' "$(nft -a list table ip other; nft -a list table inet lxc)" "$others"
is 'dnsmasq has no pipe open' "$(readlink /proc/"$(daemon)"/fd/[012] | sort -u)" /dev/null
is 'its signals are not blocked' "$(grep -E 'SigBlk|SigIgn' /proc/"$(daemon)"/status | grep -c '[1-9a-f]$')" 0
nft -a list ruleset >rules
was=$(daemon)
out=$(cat up)'
' in=$(cat up) check 'a second run does nothing' 0 ctr-net -v
is 'neither to the table nor to dnsmasq' "$(nft -a list ruleset | diff rules -; daemon)" "$was"
strace -f -o trace -e trace=execve,fork,vfork,clone,clone3,sendmsg ctr-net <up >out
is 'starts no process, and sends no transaction' "$(grep -v ' exited with ' trace | sed 's/^[0-9]* *//; s/(.*//')" execve
nft flush set inet ctr source6
nft delete element inet ctr member4 "{ $four_a . $(nft list set inet ctr member4 | sed -n "s/.*$four_a \. \([0-9a-fx]*\).*/\1/p") }"
nft add element inet ctr inside4 "{ $four_b }"
ctr-net <up >out
is 'elements that somebody changed are as they should be' "$(nft -a list ruleset | diff rules -)" ''
ctr-start <up >out 2>err
is 'started' "$? $(cat err)" '0 '

# From the first instant, since ctr-veth-up leaves no duplicate address detection to wait for.
# The first packet may be lost: the kernel makes an interface ready in its own time after it is up.
ok 'IPv6 at once' wait_for 60 in_a ping -c 1 -W 1 "$six_b"
ok 'IPv4' wait_for 60 in_a ping -c 1 -W 1 "$four_b"
ok 'the other way' wait_for 60 in_b ping -c 1 -W 1 "$four_a"
ok 'the gateway' wait_for 60 in_a ping -c 1 -W 1 10.66.0.1
ok 'the gateway, IPv6' wait_for 60 in_a ping -c 1 -W 1 fd00:1:2:3::1
ok 'from the host' wait_for 60 busybox ping -c 1 -W 1 "$four_a"
ok 'from the host, IPv6' wait_for 60 busybox ping -c 1 -W 1 "$six_a"
ok 'another host, IPv4' wait_for 60 in_a ping -c 1 -W 1 192.0.2.2
ok 'another host, IPv6' wait_for 60 in_a ping -c 1 -W 1 2001:db8::2

# Names.
resolves() { in_b nslookup "$1" | awk '/^Name/ { n = 1 } n && /^Address/ { print $2 }' | sort; }
for n in p_a a a.p a.example.net; do
	is "resolves $n" "$(resolves $n)" "$four_a
$six_a"
done
is 'and back' "$(in_b nslookup "$four_a" | sed -n 's/.*name = //p')" a.example.net
is 'no name that is not there' "$(resolves nobody)" ''

# DHCP.
in_a ip addr flush dev eth0
is 'DHCP gives the very address' "$(in_a udhcpc -i eth0 -n -q -f -t 5 -T 1 2>&1 | grep -o 'lease of [^ ]* obtained')" \
    "lease of $four_a obtained"
ok 'which works, as a neighbour of the other' wait_for 60 in_a ping -c 1 -W 1 "$four_b"
ok 'and the gateway' wait_for 60 in_a ping -c 1 -W 1 10.66.0.1
in_a ip link set eth0 down
in_a ip link set eth0 address 02:66:00:00:00:99
in_a ip link set eth0 up
in_a udhcpc -i eth0 -n -q -f -t 1 -T 1 >out 2>&1
is 'nobody else is given one' "$? $(grep -c obtained out)" '1 0'
ctr-stop -t 0 p_a >out
ctr-start p_a >out

# 127.0.0.1 of the host, CVE-2020-8558: the container's root sends to it by way of the gateway.
echo inside >page
busybox httpd -f -p 127.0.0.1:7777 -h . &
httpd=$!
wait_for 60 grep -q '0100007F:1E61' /proc/net/tcp || fail 'nothing listens'
in_a sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
	ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1/32 via 10.66.0.1 dev eth0'
is "the host's 127.0.0.1 is out of reach" "$(in_a timeout 1 wget -q -O - http://127.0.0.1:7777/page 2>&1)" ''
nft -a list chain inet ctr guard | sed -n 's/.*ip daddr 127.* handle //p' >handle
nft "delete rule inet ctr guard handle $(cat handle); flush chain inet ctr host"
is 'which is due to the guard' "$(in_a timeout 2 wget -q -O - http://127.0.0.1:7777/page 2>&1)" inside
kill "$httpd"
out_like='*' err='ctr-net: the table inet ctr was made
ctr-net: p_a: let in with address '$four_a check 'a rule that is missing is made again' 0 ctr-net -v p_a
is 'as it was' "$(nft list chain inet ctr guard | grep -c '127.0.0.0/8 drop')" 1

# Published ports, which are elements of the maps: for the host itself and the container itself too.
in_b sh -c 'mkdir /www; echo page >/www/index.html; httpd -p 80 -h /www'
nft "add element inet ctr any4 { tcp . 8080 : $four_b . 80 }; add element inet ctr any6 { tcp . 8080 : $six_b . 80 }"
for to in 127.0.0.1 10.66.0.1 192.0.2.1 '[2001:db8::1]' '[fd00:1:2:3::1]'; do
	is "published, for the host by $to" "$(timeout 10 busybox wget -q -O - "http://$to:8080/" 2>&1)" page
done
for to in 10.66.0.1 192.0.2.1 '[2001:db8::1]'; do
	is "for the container itself by $to" "$(in_b timeout 10 wget -q -O - "http://$to:8080/" 2>&1)" page
	is "for another host by $to" "$(client timeout 10 busybox wget -q -O - "http://$to:8080/" 2>&1)" page
done
timeout 2 busybox wget -q -O - 'http://[::1]:8080/' >out 2>&1
is '::1 is the host alone, refused at once' "$? $(cat out)" "1 wget: can't connect to remote host: Connection refused"
nft "add element inet ctr any4 { udp . 53 : $four_b . 53 }; add element inet ctr any6 { udp . 53 : $six_b . 53 }"
is 'a published port 53 leaves the names alone' "$(resolves p_a)" "$four_a
$six_a"
for to in 10.66.0.1 fd00:1:2:3::1; do
	is "asked at $to" "$(in_a nslookup a.p $to 2>&1 | grep -c "Address: $four_a\$")" 1
	is "by the host at $to" "$(busybox nslookup a.p $to 2>&1 | grep -c "Address: $four_a\$")" 1
done

# dnsmasq comes back; what is not ours is left alone.
kill -9 "$(daemon)"
wait_for 60 sh -c "! kill -0 $(daemon)" || fail 'it lives'
out_like='*' err='ctr-net: dnsmasq was started
ctr-net: p_b: let in with address '$four_b check 'dnsmasq was killed' 0 ctr-net -v p_b
is 'and is back' "$(resolves p_a)" "$four_a
$six_a"
cp /run/ctr/dnsmasq.pid ours
sleep 100 &
echo $! >/run/ctr/dnsmasq.pid
kill "$(cat ours)"
wait_for 60 sh -c "! kill -0 $(cat ours)" || fail 'it lives'
ctr-net p_b >out 2>err
is 'another process under its number' "$? $(cat err; kill -0 $! && echo lives)" '0 lives'
kill $!
rm /run/ctr/dnsmasq.pid
ctr-net p_b >out 2>err
# Not the one that has ended, which nobody may have waited for yet.
is 'its number lost: another in its place' "$? $(cat err; pgrep -r R,S,D dnsmasq)" "0 $(daemon)"
# One that was on its way into the background is more than one.
sh -c 'sleep 1000; :' sh --pid-file=/run/ctr/dnsmasq.pid &
wait_for 60 grep -q pid-file "/proc/$!/cmdline"
rm /run/ctr/dnsmasq.pid
ctr-net p_b >out 2>err
is 'two whose number is lost' "$? $(cat err; pgrep -r R,S,D dnsmasq)" "0 $(daemon)"
is 'both were ended' "$(pgrep -r R,S,D -f '^sh .* --pid-file')" ''
ctr-net p_b >out 2>err &
ctr-net p_a >out2 2>>err &
ctr-net p_b >out3 2>>err &
# shellcheck disable=SC2046 # a list
wait $(jobs -p)
is 'three at once' "$(cat err; grep -lc dnsmasq.pid=\\\?/run/ctr /proc/[0-9]*/cmdline 2>"$T/null"; pgrep -r R,S,D -c dnsmasq)" 1

# All of it taken away by hand: those that run are let in again too.
nft delete table inet ctr
ctr-net p_a >out 2>err
is 'the table was deleted' "$? $(cat err; nft list set inet ctr source4 | grep -c "$four_b")" '0 1'
ok 'the other one is let in' wait_for 60 in_b ping -c 1 -W 1 "$four_a"

# The short name of another project's.
mkdir -p "$CTR_LXCPATH/q_a/ctr"
printf 'q_a\tcontainer\tq\ta\nq_a\ttemplate\tdebian\n\n' >"$CTR_LXCPATH/q_a/ctr/record"
out_like='*	error	*' err='ctr-net: q_a: it has no addresses: ctr-addr gives it some'
check 'no addresses' 1 ctr-net q_a
ctr-addr q_a >out
four_q=$(awk '$2 == "ipv4" { print $3 }' out) six_q=$(awk '$2 == "ipv6" { print $3 }' out)
ctr-net q_a >out
wait_for 60 sh -c 'lxc-attach -n p_b -- nslookup a.q >out' || fail 'a name of another project'
is "a short name is the project's own" "$(resolves a)" "$four_a
$six_a"
is "that of another is in its domain" "$(resolves a.q)" "$four_q
$six_q"
ctr-net -u q_a >out
wait_for 60 sh -c '! lxc-attach -n p_b -- nslookup a.q >out' || fail 'it is withdrawn'
is 'until it is withdrawn' "$(resolves a.q)" ''

# Another fqdn.
ctr-name p_a fqdn=other.example.net >out 2>&1
ctr-net p_a >out
wait_for 60 sh -c '! lxc-attach -n p_b -- nslookup a.example.net >out' || fail 'the old name'
is 'another fqdn' "$(resolves other.example.net) $(resolves a.example.net)" "$four_a
$six_a "

# Without the managed network there is nothing to do.
ctr-addr q_a network=none >out
out='q_a
' check 'another network' 0 ctr-net -v q_a
out_like='*	error	*' err='ctr-net: p_none: there is no such container' check 'no such container' 1 ctr-net p_none
mkdir -p "$CTR_LXCPATH/hand/rootfs"
out_like='*	error	*' err="ctr-net: hand: '$CTR_LXCPATH/hand' was not made by ctrkit"
check 'made by hand' 1 ctr-net hand

# An address that it will have at its next start.
ctr-addr p_b address=10.66.0.77 >out
out_like='*	pending	network*' check 'keeps the one that it runs with' 0 ctr-net -v p_b
is 'and its name' "$(resolves p_b | head -n 1)" "$four_b"
ok 'which works' wait_for 60 in_b ping -c 1 -W 1 10.66.0.1
ctr-stop -t 0 p_b >out
ctr-start p_b >out
is 'started with the new one' "$(in_b ip -o -4 addr show dev eth0 | awk '{ print $4 }')" 10.66.0.77/32
ok 'which is let in' wait_for 60 in_b ping -c 1 -W 1 10.66.0.1
wait_for 60 sh -c 'lxc-attach -n p_b -- nslookup p_b | grep -q 10.66.0.77'
is 'as its name' $? 0
printf 'p_b\tcontainer\tp\tb\np_b\tnetwork\tnone\n' | ctr-addr >out
out_like='p_b*' check 'another network, at its next start' 0 ctr-net -v p_b
ok 'until then let in' wait_for 60 in_b ping -c 1 -W 1 10.66.0.1
ctr-stop -t 0 p_b >out
out_like='*	did	ctr-net	address 10.66.0.77 withdrawn*' err='ctr-net: p_b: address 10.66.0.77 withdrawn'
check 'then withdrawn' 0 ctr-net -v p_b
printf 'p_b\tcontainer\tp\tb\n\n' | ctr-addr | ctr-net | ctr-start >up 2>err
four_b=$(get p_b ipv4)
is 'managed again' "$(cat err)" ''

# Another project's.
mkdir -p "$CTR_LXCPATH/p_x_y/ctr"
printf 'p_x_y\tcontainer\tp\tx_y\np_x_y\ttemplate\tdebian\n\n' >"$CTR_LXCPATH/p_x_y/ctr/record"
ctr-addr p_x_y >out
ctr-net p_x_y >out
for u in '' -u; do
	out_like='*	error	*' err="ctr-net: p_x_y: it belongs to project 'p', not to 'p_x'"
	# shellcheck disable=SC2086 # perhaps no word
	in='p_x_y	container	p_x	y' check "another project's $u" 1 ctr-net $u
done
is 'which is still let in' "$(nft list set inet ctr source4 | grep -c "$(awk '$2 == "ipv4" { print $3 }' \
    "$CTR_LXCPATH/p_x_y/ctr/record")")" 1
ctr-net -u p_x_y >out

# Withdrawn.
out_like="p_a	did	ctr-net	address $four_a withdrawn*" err="ctr-net: p_a: address $four_a withdrawn"
check 'one of two' 0 ctr-net -v -u p_a
is 'it is not let in' "$(nft list set inet ctr source4 | grep -c "$four_a"; find /run/ctr -name 'p_a*')" 0
out='p_a
' check 'not there any more' 0 ctr-net -v -u p_a
ok 'the rest is' wait_for 60 in_b ping -c 1 -W 1 10.66.0.1
ctr-stop -t 0 <plain >out
rm -r "$CTR_LXCPATH/p_b"
rm /run/ctr/dnsmasq.pid
err="ctr-net: no container is left: the host's network is as before
ctr-net: p_b: address $four_b withdrawn" out_like='*'
in=$(cat plain) check 'all, one being gone' 0 ctr-net -v -u
is 'the host is as before' "$(host | diff before -)" ''
is 'nothing runs, nothing is left' "$(pgrep dnsmasq; find /run -path '/run/ctr*')" ''
out=$(cat plain)'
' in=$(cat plain) check 'nothing to take away' 0 ctr-net -v -u

# What cannot be removed: the next run does it.
ctr-net p_a >out
mkdir /run/ctr/hosts/other
out_like='*	error	*' err="ctr-net: p_a: cannot remove '/run/ctr/hosts/other': Is a directory"
check 'a file that cannot be removed' 1 ctr-net -u p_a
rmdir /run/ctr/hosts/other
out='p_a
' check 'the next run puts that right' 0 ctr-net -u p_a
is 'the host is as before after it' "$(host | diff before -; pgrep dnsmasq; find /run -path '/run/ctr*')" ''
ctr-net p_a >out
file=$(echo /run/ctr/dhcp/p_a*)
mount --bind page "$file"
out_like='*	error	*' err="ctr-net: p_a: cannot remove '$file': Device or resource busy"
check 'a file of its own' 1 ctr-net -u p_a
umount "$file"
out_like="p_a	did	ctr-net	address $four_a withdrawn*" check 'the next run puts that right, too' 0 ctr-net -u p_a
is 'the host is as before again' "$(host | diff before -; pgrep dnsmasq; find /run -path '/run/ctr*')" ''

# A dnsmasq that takes no notice of SIGTERM, since it is stopped.
ctr-net p_a >out
kill -STOP "$(daemon)"
out_like='p_a	did	*' check 'dnsmasq does not end by itself' 0 ctr-net -u p_a
is 'it was killed, and all is as before' "$(host | diff before -; pgrep dnsmasq; find /run -path '/run/ctr*')" ''

# All made and taken away at once: who waits for a lock that goes meanwhile has the next one.
: >err
for i in 1 2 3 4 5; do
	for u in '' -u '' -u; do
		# shellcheck disable=SC2086 # perhaps no word
		ctr-net $u p_a >>out 2>>err &
	done
	# shellcheck disable=SC2046 # a list
	wait $(jobs -p)
done
ctr-net -u p_a >out 2>>err
is 'made and taken away at once' "$(cat err; host | diff before -; pgrep -r R,S,D dnsmasq
	find /run -path '/run/ctr*')" ''

# Errors of what it starts.
cat >dnsmasq <<EOF
#!/bin/sh
for f in /proc/self/fd/*; do readlink "\$f"; done | grep socket: >$PWD/sockets
printf '\ndnsmasq: failed for a test\n' >&2
exit 2
EOF
chmod +x dnsmasq
mount --bind dnsmasq /usr/sbin/dnsmasq
out_like='*	error	*' err='ctr-net: p_a: cannot start dnsmasq: failed for a test'
check 'dnsmasq fails' 1 ctr-net p_a
ok 'it was started after a transaction' nft list table inet ctr
is 'without its socket' "$(cat sockets)" ''
umount /usr/sbin/dnsmasq
nft delete table inet ctr
nft 'table inet ctr { set source4 { type ipv4_addr; }; }'
out_like='*	error	*' err_like='ctr-net: p_a: cannot make the table inet ctr: datatype mismatch, *'
check "a table that is another's" 1 ctr-net p_a
is 'is left as it is' "$(nft list table inet ctr | tr -d '\n\t')" 'table inet ctr {set source4 {type ipv4_addr}}'
ctr-net -u p_a >out
echo 0 >/proc/sys/net/ipv4/ip_forward
mount --bind /proc/sys /proc/sys
mount -o remount,ro,bind /proc/sys
out_like='*	error	*'
err="ctr-net: p_a: cannot turn on forwarding: '/proc/sys/net/ipv4/ip_forward': Read-only file system"
check 'forwarding cannot be turned on' 1 ctr-net p_a
umount /proc/sys
out_like='*	error	*' err='ctr-net: p_a: cannot open the runtime directory: Not a directory'
check 'no runtime directory' 1 env CTR_RUN=/dev/null/run ctr-net p_a
ctr-net -u p_a >out
is 'after which nothing is left' "$(host | diff before -)" ''
# It ended by itself, or a run was killed after it had ended it: its number stays behind.
ctr-net p_a >out
kill -9 "$(daemon)"
wait_for 60 sh -c "! kill -0 $(daemon)" || fail 'it lives'
ctr-net -u p_a >out
is 'nor where dnsmasq had ended' "$(host | diff before -; find /run -path '/run/ctr*')" ''
done_testing
