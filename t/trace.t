#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole life by ctrctl on a host that has rules of its own: they stay byte for byte as they are, at each step; and
# after the last `down` nothing is left of the toolkit's, in the kernel or in /run.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"

: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
client_ns
client_settled
ip addr add 198.51.100.1/32 dev lo
# As Docker, lxc-net, a firewall and somebody by hand have them: with counters, names like ours, and what is deleted.
nft -f - <<'E2'
table ip nat {
	chain DOCKER { iifname "docker0" counter return; tcp dport 9999 counter dnat to 172.17.0.2:80; }
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local counter jump DOCKER
	}
	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 172.17.0.0/16 counter masquerade
	}
}
table inet lxc {
	set s { type ipv4_addr; elements = { 192.0.2.1 }; }
	chain input { type filter hook input priority filter; iifname "lxcbr0" accept; }
}
table inet fw {
	set bad { type ipv4_addr; flags interval, timeout; elements = { 203.0.113.0/24 comment "theirs" }; }
	map m { type inet_service : verdict; elements = { 22 : accept }; }
	counter seen { }
	chain input { type filter hook input priority filter; ip saddr @bad counter name "seen" drop; }
	chain forward { type filter hook forward priority filter; ip saddr 203.0.113.7 log prefix "f " drop; }
}
table ip ctr { chain c { type filter hook output priority 0; ip daddr 203.0.113.9 drop comment "another"; }; }
table inet ctrl { map any4 { type inet_service : ipv4_addr; elements = { 8080 : 203.0.113.1 }; }; }
table bridge b { chain forward { type filter hook forward priority 0; policy drop; }; }
table netdev n { chain in { type filter hook ingress device "outside" priority 0; ip saddr 203.0.113.8 drop; }; }
E2
nft 'add rule inet fw forward ip saddr 203.0.113.6 drop; add rule inet fw forward ip saddr 203.0.113.5 drop'
handle=$(nft -a list chain inet fw forward | sed -n 's/.*203.0.113.6 drop # handle //p')
nft "delete rule inet fw forward handle $handle"

# The rules of others, with their handles, but for what is counted.
others()
{
	nft list tables | grep -vx 'table inet ctr' | while read -r _ family table _; do
		nft -a list table "$family" "$table"
	done | sed 's/packets [0-9]* bytes [0-9]*/packets N bytes N/'
}
# What else of the host could be changed. Connections are counted and sizes follow memory: not those.
host()
{
	find /proc/sys/net -type f -readable ! -path '*/nf_conntrack*' ! -name tcp_fastopen_key \
	    -exec grep -aH . {} + 2>"$T/null"
	ip -o addr show | sed 's/valid_lft.*//'
	ip -d link show
	ip route show table all
	ip -6 route show table all
	ip rule
	ip neigh show nud permanent
	find /run ! -path '/run/test/*' ! -path '/run/lxc*' ! -path /run/lock/lxc\* | sort
	find /etc -newer start
}

cat >ctr.yml <<'YAML'
name: shop
containers:
    db:
        template: busybox
        expose: [80, 53/udp]
        ports: ["8080:80", "192.0.2.1:8053:53/udp", "[2001:db8::1]:8081:80", "127.0.0.1:8082:80",
            "9000-9010:9000-9010", "0:80"]
        cgroup: { pids.max: 77 }
        dns: $bridge
        fqdn: db.example.net
    web: { clone: db, links: "db:database", network: { isolate: false, mtu: 1400 } }
    idle: { clone: db, network: { outbound: false } }
YAML
printf 'containers: { a: { template: busybox, ports: "8090:80", network: { isolate: false } } }\n' >other.yml
# What forwarding changes, and names that the host has.
echo 0 >/proc/sys/net/ipv4/conf/outside/forwarding
echo 1 >/proc/sys/net/ipv6/conf/outside/accept_ra
printf '127.0.0.1\tlocalhost\n' >"$CTR_HOSTS"
cp "$CTR_HOSTS" hosts
: >start
others >others.before
host >host.before
is 'which are all there are' "$(grep -c . others.before)" "$(nft -a list ruleset | grep -c .)"

# step DESCRIPTION ARGUMENT...: of ctrctl, after which the rules of others are as they were
step()
{
	what=$1
	shift
	ok "$what" ctrctl "$@"
	others | cmp -s others.before - || { fail "$what: the rules of others"; others | diff others.before - | diag; }
}
step 'create' create
is 'after create the host is as it was' "$(host | diff host.before -)" ''
step 'up, one' up db
step 'up, all' up
step 'another project' -f other.yml -p other up
is 'the table is there' "$(nft list tables | grep -c 'inet ctr$')" 1
db=$(awk '$2 == "ipv4" { print $3 }' "$CTR_LXCPATH/shop_db/ctr/record")
serve 'at shop_db' db 80 53
is 'it works' "$(client perl "$T/ask.pl" tcp 2001:db8::1 8080; client perl "$T/ask.pl" udp 192.0.2.1 8053
	ask tcp 127.0.0.1 8082; at shop_web perl "$T/ask.pl" tcp "$db" 80 | cut -d ' ' -f 1)" 'db 2001:db8::2
db 192.0.2.2
db 10.66.0.1
db'
step 'rmports' rmports
step 'ports' ports
step 'rmlinks' rmlinks
step 'links' links
step 'stop, one' -t 0 stop web
step 'start, with names for the host' start -a
step 'reboot' -t 60 reboot idle
sed -i 's/8080:80/8088:80/; s/expose: .*/expose: 81/; s/, mtu: 1400//' ctr.yml
step 'other ports, without the rest' up
step 'status' status
kill -9 "$(cat /run/ctr/dnsmasq.pid)"
step 'with another dnsmasq' up
step 'the project down' -t 0 down
is 'the other one stays' "$(nft list table inet ctr | grep -c 8090)" 2
step 'the last one down' -t 0 -f other.yml -p other down
is 'rules' "$(nft list tables | grep 'inet ctr$')" ''
is 'the host is as it was: interfaces, addresses, routes, settings, files' "$(host | diff host.before -)" ''
is 'no process' "$(pgrep -r R,S,D 'dnsmasq|ctr|lxc')" ''
ok "the host's names" cmp hosts "$CTR_HOSTS"

# And a second time, up to rm.
step 'up again' up
step 'rm' -t 0 -x rm
step 'rm, the other' -t 0 -x -f other.yml -p other rm
is 'the host is as it was again' "$(host | diff host.before -)" ''
is 'no process again' "$(pgrep -r R,S,D 'dnsmasq|ctr|lxc')" ''
is 'no container' "$(lxc-ls; ls "$CTR_LXCPATH")" ''
is 'no address that is taken, no intent' \
    "$(find "$CTR_STATE/addr" "$CTR_STATE/create" -type l -o -type f ! -name lock)" ''
done_testing
