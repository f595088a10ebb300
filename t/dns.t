#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Names: what DNS at the gateway answers to whom, and /etc/resolv.conf by ctr-dns.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

tab=$(printf '\t')
in_web() { lxc-attach -n shop_web -- "$@"; }
four() { awk '$2 == "ipv4" { print $3 }' "$CTR_LXCPATH/$1/ctr/record"; }
six() { awk '$2 == "ipv6" { print $3 }' "$CTR_LXCPATH/$1/ctr/record"; }
# addresses CONTAINER NAME: what it gets for it
addresses() { lxc-attach -n "$1" -- nslookup "$2" 2>&1 | awk '/^Name/ { n = 1 } n && /^Address/ { print $2 }' | sort; }
known() { [ -n "$(addresses shop_web "$1")" ]; }
unknown() { ! known "$1"; }
name_of() { in_web nslookup "$1" 2>&1 | sed -n 's/.*name = //p'; }
conf() { cat "$CTR_LXCPATH/$1/rootfs/etc/resolv.conf"; }

# The host asks another one, which has an answer for all that is in the world's domain `shop'.
client_ns
client dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --pid-file="$T/upstream.pid" --address=/shop/203.0.113.66 \
    --host-record=www.outside.example,198.51.100.7,2001:db8:5::7 --ptr-record=7.100.51.198.in-addr.arpa,www.outside.example ||
    exit 1
echo 'nameserver 192.0.2.2' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf

mkdir shop blog
cat >shop/ctr.yml <<'YAML'
containers:
    base: {template: busybox}
    db: {clone: base}
    d_b: {clone: base, fqdn: api.example.net}
    web: {clone: base, links: ["db:database,db", "d_b:backend"]}
YAML
cat >blog/ctr.yml <<'YAML'
containers:
    db: {template: busybox}
    alone: {clone: db}
YAML
in_shop() { (cd shop && ctrctl "$@"); }
ok 'a project' in_shop up
ok 'another' sh -c 'cd blog && ctrctl up'
wait_for 60 known alone.blog || fail 'the names are read'

# Both families, by every name.
for n in db db.shop shop_db shop_db.shop DB.Shop; do
	is "its own: $n" "$(addresses shop_web $n)" "$(four shop_db)
$(six shop_db)"
done
for n in d-b d-b.shop api.example.net shop_d_b backend backend.shop; do
	is "one with a full name and an alias: $n" "$(addresses shop_web $n)" "$(four shop_d_b)
$(six shop_d_b)"
done
is 'the alias of another is one of the project' "$(addresses shop_db database)" "$(four shop_db)
$(six shop_db)"
ok 'as the C library resolves it' wait_for 60 in_web ping -c 1 -W 1 d-b
is 'back, IPv4' "$(name_of "$(four shop_db)")" db.shop
is 'back, IPv6' "$(name_of "$(six shop_db)")" db.shop
is 'back, with a full name, IPv4' "$(name_of "$(four shop_d_b)")" api.example.net
is 'back, with a full name, IPv6' "$(name_of "$(six shop_d_b)")" api.example.net
is 'over IPv6' "$(in_web nslookup db.shop fd00:1:2:3::1 2>&1 | grep -c "^Address: $(four shop_db)\$")" 1
# By TCP, as RFC 1035, 4.2.2 has it; an answer begins as the question does.
cat >tcp.pl <<'E2'
use strict; use IO::Socket::IP;
my $c = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 53, Proto => "tcp", Timeout => 9) or die "$@";
my $question = pack "nnnnnn(C/a*)2xnn", 7, 0x100, 1, 0, 0, 0, qw(db shop), 1, 1;
print $c pack "n/a*", $question;
read $c, my $length, 2;
read $c, my $answer, unpack "n", $length;
print join(".", unpack "x" . (length($question) + 12) . "C4", $answer), "\n";
E2
net=/proc/$(lxc-info -Hp -n shop_web)/ns/net
for at in 10.66.0.1 fd00:1:2:3::1; do
	is "by TCP, at $at" "$(nsenter --net="$net" perl tcp.pl $at 2>&1)" "$(four shop_db)"
done

# Each project its own.
is 'the same short name in the other project' "$(addresses blog_alone db)" "$(four blog_db)
$(six blog_db)"
is "another project's short name is not seen" "$(addresses shop_web alone)" ''
is 'nor is a short name a name for everybody' "$(addresses shop_web db.)" ''
is "nor an alias another's" "$(addresses blog_alone database)" ''

# The rest is the host's resolvers'.
is 'forwarded' "$(addresses shop_web www.outside.example)" '198.51.100.7
2001:db8:5::7'
is 'back' "$(name_of 198.51.100.7)" www.outside.example
is "but nothing of a project's" "$(addresses shop_web nobody.shop)$(addresses shop_web nobody)" ''

# An alias that means two containers in the project means none in DNS.
sed -i 's/fqdn: api.example.net/&, links: ["base:database"]/' shop/ctr.yml
ok 'an alias for another container' in_shop up d_b
wait_for 60 unknown database.shop
is 'is answered to nobody' $? 0
is 'who links still knows it' "$(in_web grep -cw database /etc/hosts)" 2
sed -i 's/, links: \["base:database"\]//' shop/ctr.yml
in_shop up d_b >got 2>&1
wait_for 60 known database.shop
is 'until it is one again' $? 0

# It goes with its link, and comes with it.
in_shop rmlinks web >got 2>&1
ok 'an alias without its link' wait_for 20 unknown database.shop
in_shop links web >got 2>&1
ok 'and with it' wait_for 20 known database.shop
ctr-link -u shop_web link=shop_db:database >got 2>&1
ok 'withdrawn by ctr-link' wait_for 20 unknown database.shop
ctr-link shop_web link=shop_db:database >got 2>&1
ok 'linked by it' wait_for 20 known database.shop

# DHCP: no name of a container's own, and the domain.
cat >script <<'E2'
#!/bin/sh
[ "$1" != bound ] || echo "$ip $domain $search $dns" >/lease
E2
chmod +x script && cp script "$CTR_LXCPATH/shop_web/rootfs/script"
in_web udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /script -x hostname:evil -F evil.shop -O search >got 2>&1
is 'the domain and the gateway by DHCP' "$(cat "$CTR_LXCPATH/shop_web/rootfs/lease")" "$(four shop_web) shop shop 10.66.0.1"
in_web udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /script -x hostname:db -F www.outside.example >got 2>&1
is 'a name that is claimed is not believed' "$(addresses shop_db evil)$(addresses shop_db evil.shop)$(addresses shop_db evil.)" ''
is "nor one that is another's" "$(addresses shop_db db)" "$(four shop_db)
$(six shop_db)"
is 'the address is called as it was' "$(name_of "$(four shop_web)")" web.shop
is 'nor the name of somebody outside' "$(addresses shop_db www.outside.example)" '198.51.100.7
2001:db8:5::7'

# dnsmasq died.
kill -9 "$(cat /run/ctr/dnsmasq.pid)"
wait_for 60 unknown db || fail 'it lives'
ok 'the next run' in_shop start
is 'brings it back' "$(addresses shop_web db)$(addresses blog_alone db)" "$(four shop_db)
$(six shop_db)$(four blog_db)
$(six blog_db)"

# /etc/resolv.conf.
is 'the default' "$(conf shop_db)" 'search shop
nameserver 10.66.0.1'
ok 'a second run' in_shop -v up
is 'changes nothing' "$(grep -c '^ctr-' "$T/got.out")" 0
root=$CTR_LXCPATH/shop_db/rootfs/etc
printf 'nameserver 9.9.9.9\n# mine\noptions ndots:2\ndomain  x.example\nsortlist 10.0.0.0' >"$root/resolv.conf"
chmod 640 "$root/resolv.conf" && chown 7:8 "$root/resolv.conf"
out="shop_db${tab}did${tab}ctr-dns${tab}asks 10.66.0.1 in the domain shop
" err='ctr-dns: shop_db: asks 10.66.0.1 in the domain shop'
check 'what others have written' 0 ctr-dns -v shop_db
is 'is kept, but for servers and domain' "$(conf shop_db; stat -c '%a %u %g' "$root/resolv.conf")" 'search shop
nameserver 10.66.0.1
# mine
options ndots:2
sortlist 10.0.0.0
640 7 8'
printf 'domain shop\nsearch shop.\nnameserver  10.66.0.1\n' >"$root/resolv.conf"
out='shop_db
' check 'what says the same in other words is left' 0 ctr-dns -v shop_db
is 'as it is' "$(head -n 1 "$root/resolv.conf")" 'domain shop'
out_like='*' err="ctr-dns: shop_db: asks 192.0.2.53, 10.66.0.1, 2001:db8::53 in the domain shop"
check 'addresses and the gateway' 0 ctr-dns -v shop_db dns=192.0.2.53 'dns=$bridge' dns=2001:db8::53
is 'in their order' "$(conf shop_db)" 'search shop
nameserver 192.0.2.53
nameserver 10.66.0.1
nameserver 2001:db8::53'
is 'are stored' "$(grep -c "^shop_db${tab}dns${tab}" "$CTR_LXCPATH/shop_db/ctr/record")" 3
ctr-net shop_db >got
cp script "$CTR_LXCPATH/shop_db/rootfs/script"
leased()
{
	lxc-attach -n shop_db -- udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /script >got 2>&1
	[ "$(cat "$CTR_LXCPATH/shop_db/rootfs/lease")" = "$1" ]
}
ok 'and given by DHCP' wait_for 60 leased "$(four shop_db) shop  192.0.2.53 10.66.0.1"
out_like='*' err="ctr-dns: shop_db: asks 10.66.0.1, 2001:db8::53 in the domain shop"
check '-u: without one' 0 ctr-dns -v -u shop_db dns=192.0.2.53
out_like='*' err="ctr-dns: shop_db: asks 10.66.0.1 in the domain shop"
check '-u: without all' 0 ctr-dns -v -u shop_db
out="shop_db
" check '-u again' 0 ctr-dns -v -u shop_db
out='shop_no
' check '-u: one that is not there' 0 ctr-dns -u shop_no

printf 'nameserver 127.0.0.53\nnameserver 192.0.2.2\nnameserver ::1\nnameserver fe80::1%%eth0\nnameserver 2001:db8::2\n' >resolv.conf
cat >>shop/ctr.yml <<'YAML'
defaults: {dns: $copy}
YAML
ok "the host's, of a project" in_shop up db
is 'loopback left out, and no domain of a project for the world' "$(conf shop_db)" 'nameserver 192.0.2.2
nameserver 2001:db8::2'
ok 'given by DHCP, without a domain' wait_for 60 leased "$(four shop_db)   192.0.2.2"
echo 'nameserver 127.0.0.1' >resolv.conf
ok 'loopback alone' in_shop up db
is 'dnsmasq asks that' "$(conf shop_db)" 'search shop
nameserver 10.66.0.1'
mkdir -p /run/systemd/resolve && echo 'nameserver 192.0.2.54' >/run/systemd/resolve/resolv.conf
ok "systemd-resolved's" in_shop up db
is 'whom it asks itself' "$(conf shop_db)" 'nameserver 192.0.2.54'
sed -i 's/^defaults: .*/defaults: {dns: [192.0.2.55]}/; s/db: {clone: base}/db: {clone: base, dns: ["$bridge"]}/' shop/ctr.yml
ok 'defaults and its own' in_shop up db
is 'its own first' "$(conf shop_db)" 'search shop
nameserver 10.66.0.1
nameserver 192.0.2.55'
sed -i '/^defaults:/d; s/, dns: \[.*\]//' shop/ctr.yml
ok 'not declared any more' in_shop up
is 'as before' "$(conf shop_db)" 'search shop
nameserver 10.66.0.1'
echo 'nameserver 192.0.2.2' >resolv.conf

# Links.
for to in ../run/systemd/resolve/stub-resolv.conf /run/systemd/resolve/stub-resolv.conf; do
	ln -sf "$to" "$root/resolv.conf"
	out_like='*' err="ctr-dns: shop_db: its '/etc/resolv.conf' is a link to '$to' and stays as it is"
	check "systemd-resolved: $to" 0 ctr-dns -v shop_db dns=192.0.2.53
	is 'stays' "$(readlink "$root/resolv.conf")" "$to"
done
is 'nothing was made' "$(find "$CTR_LXCPATH/shop_db/rootfs" -name 'systemd*')" ''
ln -sf /etc/hosts "$root/resolv.conf"
out_like="*error${tab}ctr-dns*" err="ctr-dns: shop_db: its '/etc/resolv.conf' is a symbolic link"
check 'another link' 1 ctr-dns shop_db dns=192.0.2.53
out_like='*' err="ctr-dns: shop_db: its '/etc/resolv.conf' is a link to '/etc/hosts' and stays as it is"
check 'another, nothing being declared' 0 ctr-dns -v -u shop_db
is 'which is not written to' "$(readlink "$root/resolv.conf"; grep -c nameserver "$root/hosts")" '/etc/hosts
0'
rm "$root/resolv.conf"
ctr-dns shop_db >got
is 'none: it is made' "$(conf shop_db; stat -c '%a %u' "$root/resolv.conf")" 'search shop
nameserver 10.66.0.1
644 0'
is 'which works' "$(addresses shop_db web | wc -l)" 2

# Volumes. The host's own file is not to be written.
in_shop stop db >got 2>&1
mkdir etc && cp -a "$root/." etc && : >etc/resolv.conf && echo 'nameserver 192.0.2.9' >file
ctr-mount -q shop_db volume=etc:/etc >got
ctr-dns shop_db >got
is 'a volume over /etc' "$(cat etc/resolv.conf)" 'search shop
nameserver 10.66.0.1'
ctr-mount -q -u shop_db >got && ctr-mount -q shop_db volume=etc:/etc:ro >got && : >etc/resolv.conf
out_like='*' err="ctr-dns: shop_db: its '/etc/resolv.conf' lies in a read-only volume and stays as it is"
check 'a read-only one' 0 ctr-dns shop_db
out_like='*' err="ctr-dns: shop_db: its '/etc/resolv.conf' lies in a read-only volume"
check 'a read-only one, dns declared' 1 ctr-dns shop_db dns=192.0.2.53
ctr-mount -q -u shop_db >got && ctr-mount -q shop_db volume=file:/etc/resolv.conf >got
out_like='*' err="ctr-dns: shop_db: its '/etc/resolv.conf' is a volume and stays as it is"
check 'the file is a volume' 0 ctr-dns -v shop_db
out_like='*' err="ctr-dns: shop_db: its '/etc/resolv.conf' is a volume"
check 'the file is a volume, dns declared' 1 ctr-dns shop_db dns=192.0.2.53
is 'it is left alone' "$(cat file)" 'nameserver 192.0.2.9'
ctr-mount -q -u shop_db >got

# Other networks.
ip link add br7 type bridge
ctr-addr -q shop_db network=none >got
out='shop_db
' check 'no network: as it is' 0 ctr-dns -v shop_db
out_like='*' err='ctr-dns: shop_db: dns: there is no $bridge without a network'
check 'no bridge without one' 1 ctr-dns shop_db 'dns=$bridge'
ctr-addr -q shop_db network=br7 >got
out_like='*' err="ctr-dns: shop_db: dns: the \$bridge 'br7' has no address on this host"
check 'a bridge without an address' 1 ctr-dns shop_db 'dns=$bridge'
ip addr add 10.9.0.1/24 dev br7 && ip addr add fd00:9::1/64 dev br7 nodad
out_like='*' err='ctr-dns: shop_db: asks 10.9.0.1, fd00:9::1'
check 'a bridge with addresses' 0 ctr-dns -v shop_db 'dns=$bridge'
is 'which are the servers' "$(conf shop_db)" 'nameserver 10.9.0.1
nameserver fd00:9::1'
echo 'nameserver 127.0.0.1' >resolv.conf && rm -r /run/systemd
out_like='*'
err="ctr-dns: shop_db: dns: \$copy: the host's '/etc/resolv.conf' names no server that a container could ask"
check 'nobody to copy' 1 sh -c 'ctr-dns -q -u shop_db >got; ctr-dns shop_db dns=\$copy'
is 'and the file is not emptied' "$(conf shop_db)" 'nameserver 10.9.0.1
nameserver fd00:9::1'

# What cannot be read.
err_like='*dns=resolver*neither an IPv4 nor an IPv6 address, $bridge nor $copy*'
check 'no address' 2 ctr-dns shop_db dns=resolver
err="ctr-dns: shop_none: there is no such container" out_like='*error*'
check 'no such container' 1 ctr-dns shop_none
err_like='*usage: ctr-dns *' check 'usage' 2 ctr-dns -x
ok 'all ends' sh -c 'cd blog && ctrctl down && cd ../shop && ctrctl down'
is 'and nothing is left' "$(find /run -path '/run/ctr*')" ''
kill "$(cat "$T/upstream.pid")"
done_testing
