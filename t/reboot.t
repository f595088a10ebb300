#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A reboot inside a container, of which nothing on the host is told: all holds after it that held before.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"
export CTR_POOL6=fd00:1:2:3::/64

: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
client_ns
cat >shop.yml <<'YAML'
name: shop
containers:
    db:
        template: busybox
        expose: [80, 53/udp]
        ports: ["8080:80", "8053:53/udp", "127.0.0.1:8081:80", "0:80"]
        cgroup: { pids.max: 77 }
    web: { clone: db, links: { name: db, alias: database, backlink: true }, network: { mtu: 1400 } }
    idle: { clone: db, network: { outbound: false } }
    near: { clone: db, network: { isolate: false } }
    far: { clone: db, network: { isolate: false } }
defaults: { volumes: "/:/host:ro" }
YAML
ctrctl -f shop.yml create >out 2>&1 || diag <out
# Servers that say whose they are, which its init starts: by the host's perl(1).
for c in db web idle near far; do
	root=$CTR_LXCPATH/shop_$c/rootfs
	cp "$T/server.pl" "$root"
	cat >>"$root/etc/init.d/rcS" <<E2
cd /
chroot /host perl - $c 80 53 </server.pl &
chroot /host perl - $c 81 54 </server.pl &
E2
done
ctrctl -f shop.yml up >out 2>&1 || diag <out
get() { awk -F '\t' -v k="$2" '$2 == k { print $3 }' "$CTR_LXCPATH/shop_$1/ctr/record"; }
db4=$(get db ipv4) db6=$(get db ipv6) web4=$(get web ipv4) web6=$(get web ipv6)
idle="$(get idle ipv4) $(get idle ipv6)"
auto=$(awk '$2 == "chosen" { print $5 }' "$CTR_LXCPATH/shop_db/ctr/record")
# Its servers answer, and it is answered for names.
says()
{
	for p in 80 81; do
		ask tcp "$(get "$1" ipv4)" $p | grep "^$1 " || return
	done
	lxc-attach -n "shop_$1" -- nslookup database.shop
}
serve client client 80 53
client ip route replace "$db4" via 192.0.2.1
for c in db web idle near far; do
	wait_for 60 says $c || fail "the servers of $c run"
done

# answers WHERE QUESTION...: what is heard there to "PROTOCOL ADDRESS PORT [SECONDS]", each, by one perl(1)
answers()
{
	where=$1
	shift
	$where perl -e 'my $ask = shift;
		for (@ARGV) { if (fork) { wait } else { @ARGV = split; do $ask; exit } }' "$T/ask.pl" "$@" | tr '\n' ' '
}
all()
{
	echo "outside: $(answers client "tcp 192.0.2.1 8080" "udp 192.0.2.1 8053" "tcp 2001:db8::1 8080" \
	    "udp 2001:db8::1 8053" "tcp 192.0.2.1 $auto" "tcp $db4 80 2")"
	echo "the host: $(answers env "tcp 127.0.0.1 8081" "udp 127.0.0.1 8053" "tcp 2001:db8::1 8080")"
	echo "itself: $(answers 'at shop_db' "tcp 192.0.2.1 8080")"
	echo "linked: $(answers 'at shop_web' "tcp $db4 80" "udp $db4 53" "tcp $db6 80" "udp $db6 53")"
	echo "not exposed: $(answers 'at shop_web' "tcp $db4 81" "udp $db6 54")"
	echo "not linked: $(answers 'at shop_idle' "tcp $db4 80" "udp $db6 53"
		answers 'at shop_db' "tcp $web4 80" "udp $web6 53")"
	for c in web idle; do
		echo "the world, $c: $(answers "at shop_$c" "tcp 192.0.2.2 80" "udp 192.0.2.2 53" "tcp 2001:db8::2 80" \
		    "udp 2001:db8::2 53")"
	done
	for c in 'near far' 'far near' 'near db' 'db near'; do
		to=${c#* }
		echo "$c: $(answers "at shop_${c% *}" "tcp $(get "$to" ipv4) 80" "udp $(get "$to" ipv4) 53" \
		    "tcp $(get "$to" ipv6) 80" "udp $(get "$to" ipv6) 53")"
	done
	for c in db web; do
		# In its /etc/hosts, by DNS, back, and its own.
		# shellcheck disable=SC2046 # words
		echo "names of $c:" $(lxc-attach -n shop_$c -- grep -w 'database\|db\|web' /etc/hosts | cut -f 2-
			for n in db web.shop database shop_idle; do
				lxc-attach -n shop_$c -- nslookup $n | awk '/^Name/ { n = 1 } n && /^Address/ { print $2 }' | sort
			done
			lxc-attach -n shop_$c -- nslookup "$db6" | sed -n 's/.*name = //p'
			lxc-attach -n shop_$c -- hostname)
		at shop_$c ip -o addr show dev eth0 | awk '{ print $4 }' | sort
		at shop_$c ip route
		at shop_$c ip -6 route | grep -v fe80::/64
		at shop_$c ip link show dev eth0 | grep -o 'mtu [0-9]*\|link/ether [^ ]*'
		ip -o addr show dev "$(get $c veth)" | awk '{ print $4 }' | grep -v 'fe80::[^1]' | sort
		for f in proxy_arp route_localnet rp_filter accept_redirects; do cat "/proc/sys/net/ipv4/conf/$(get $c veth)/$f"; done
		for f in accept_ra accept_redirects; do cat "/proc/sys/net/ipv6/conf/$(get $c veth)/$f"; done
	done
	echo "limit: $(lxc-cgroup -n shop_db pids.max)"
	nft list table inet ctr
	ip route show table all | grep 'ctr' | grep -v 'fe80::\|multicast\|anycast' | sort
	ctrctl -f shop.yml status
}

all >before
near4=$(get near ipv4) near6=$(get near ipv6) far4=$(get far ipv4) far6=$(get far ipv6)
is 'before' "$(head -n 12 before)" "outside: db 192.0.2.2 db 192.0.2.2 db 2001:db8::2 db 2001:db8::2 db 192.0.2.2 nobody 
the host: db 10.66.0.1 db 10.66.0.1 db 2001:db8::1 
itself: db 10.66.0.1 
linked: db $web4 db $web4 db $web6 db $web6 
not exposed: nobody nobody 
not linked: nobody nobody nobody nobody 
the world, web: client 192.0.2.1 client 192.0.2.1 client 2001:db8::1 client 2001:db8::1 
the world, idle: nobody nobody nobody nobody 
near far: far $near4 far $near4 far $near6 far $near6 
far near: near $far4 near $far4 near $far6 near $far6 
near db: nobody nobody nobody nobody 
db near: nobody nobody nobody nobody "
is 'before, names' "$(grep '^names' before)" \
    "names of db: db web shop_web web shop_web $db4 $db6 $web4 $web6 $db4 $db6 $idle db.shop db
names of web: web db database shop_db db database shop_db $db4 $db6 $web4 $web6 $db4 $db6 $idle db.shop web"

for c in db web near; do
	lxc-info -Hp -n shop_$c >$c.pid
	lxc-attach -n shop_$c -- reboot
done
again() { p=$(lxc-info -Hp -n "shop_$1") && [ -n "$p" ] && [ "$p" != "$(cat "$1.pid")" ]; }
for c in db web near; do
	ok "$c has another first process" wait_for 60 again $c
	ok "and its servers" wait_for 60 says $c
done
is 'all is as before' "$(all | diff before -)" ''
is 'nothing is to be done' "$(ctr-parse -f shop.yml | ctr-net | ctr-start | ctr-ports | ctr-link | ctr-cgroup |
    grep -c '	did	\|	error	')" 0
done_testing
