#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the Python program that this toolkit follows did wrong, each thing once, as its users would meet it. What takes
# more than a few lines to show has a test of its own: hostile.t, mount.t, ports.t, kill.t.
. "${0%/*}/lib.sh"

busybox_base
long=a-project-with-a-name-of-forty-characters-1
cat >ctr.yml <<E
name: $long
containers:
  db:
    template:
      name: busybox
    fqdn: db.example.net
    ports: [2022:22, "8001:80/udp"]
  web:
    clone: base
    links: ["db:one,two", "cache:c"]
    volumes: ["./with blank,ro:/srv:ro"]
    ports: ["8080:80"]
    cgroup: ["cpu.shares = 512"]
  cache:
    clone: base
E
ctr()
{
	ctrctl -t 20 "$@"
}
in_web()
{
	lxc-attach -n "${long}_web" -- "$@"
}
present()
{
	nft list table inet ctr | grep -c "comment \"${long}_$1\" : 10.66"
}

# Security
mkdir bad
for fqdn in 'a.net; touch /pwned' '$(id).net' 'a.net\nlxc.hook.start = /bin/sh' "../a" 'a b'; do
	printf 'db: {template: busybox, fqdn: "%s"}\n' "$fqdn" >bad/ctr.yml
	err_like='bad/ctr.yml:1:31: *'
	check "an fqdn is a host name: $fqdn" 2 ctrctl -f bad/ctr.yml -p p create
done
ok 'up, with a project name of 40 characters' ctr up
is 'no hook lies in the reach of a container' \
    "$(cat "$CTR_LXCPATH"/*/config "$CTR_LXCPATH"/*/ctr/*.conf | grep 'lxc.hook.*rootfs')" ''
is 'a blank and a comma in a path are no mount options' "$(in_web sh -c 'touch /srv/x 2>&1; mount | grep -c " on /srv type"')" \
    "touch: /srv/x: Read-only file system
1"

# Correctness
is 'the template map sets no host name' "$(lxc-attach -n "${long}_cache" -- hostname)" cache
is 'all links, all aliases' "$(in_web sh -c 'for n in one two db cache c; do grep -cw $n /etc/hosts; done' | sort -u)" 2
is '2022:22, unquoted, is no sexagesimal number' "$(ctr-parse | grep -c '	port	tcp	\*	2022	22$')" 1
lxc-info -pH -n "${long}_db" >pid
ok 'down' ctr down
ok 'status, -v before it' ctrctl -v status
is 'starts nothing' "$(lxc-ls --running)" ''
ok 'start -n' ctr start -n
is 'publishes nothing' "$(present db)" 0
ok 'start' ctr start
is 'then what is declared is published' "$(present db)" 2

lxc-stop -k -n "${long}_db"
sed -i '/fqdn:/i\    address: 10.66.9.9' ctr.yml
ok 'start after a crash, with another address' ctr start
is 'publishes at the new address, and nothing at the old one' \
    "$(nft list table inet ctr | grep -o "comment \"${long}_db\" : [0-9.]* " | sort -u)" "comment \"${long}_db\" : 10.66.9.9 "

sed 's/cpu.shares = 512/cpu.sharez = 512/' ctr.yml >bad/ctr.yml
err_like="*ctr-cgroup: ${long}_web: *cpu.sharez*"
out_like='*'
check 'a bad cgroup key is refused' 1 ctr -f bad/ctr.yml up
lxc-stop -k -n "${long}_web"
ok 'and nothing of it is kept: it starts with the file mended' ctr up
[ -e /sys/fs/cgroup/cgroup.controllers ] && weight='cpu.weight 50' || weight='cpu.shares 512'
is 'a blank beside = is no part of the key' "${weight% *} $(lxc-cgroup -n "${long}_web" "${weight% *}")" "$weight"

cat >bad/ctr.yml <<'E'
p: {template: {name: busybox, nosuch: option}}
q: {clone: base}
E
err_like='*bad_p:*'
check 'a create that fails says so' 1 ctrctl -f bad/ctr.yml create
is 'leaves nothing, and makes the others' "$(lxc-ls | tr ' ' '\n' | grep bad)" bad_q
sed -i 's/, nosuch: option//' bad/ctr.yml
ok 'and is no obstacle to the next' ctrctl -f bad/ctr.yml create
ok 'rm' ctrctl -f bad/ctr.yml rm -x

in_web sh -c 'printf "#10.0.0.1 commented\nwhat is this\n" >>/etc/hosts; echo nameserver 9.9.9.9 >/etc/resolv.conf'
ok 'a second start of links' ctr rmlinks
ok 'and again' ctr links
is 'comments and lines that nobody understands stay' "$(in_web grep -c -e '^#10.0.0.1 commented' -e '^what is this' /etc/hosts)" 2
is 'and the links are there' "$(in_web grep -cw one /etc/hosts)" 2
ok 'a reboot' ctr reboot web
is 'resolv.conf is not emptied' "$(in_web cat /etc/resolv.conf)" "search $(echo "$long" | tr _. --)
nameserver 10.66.0.1"

ok 'status -e' ctrctl status -e
is 'no limit is no number of MB' "$(grep -c 9223372036854 "$T/got.out")" 0

# Exit statuses
err_like='*nosuch*'
check 'a name that nobody has' 2 ctrctl start nosuch
err_like='*nosuch*'
check 'a command that nobody knows' 2 ctrctl nosuch
err_like='*nosuch.yml*'
check 'a file that is not there' 2 ctrctl -f nosuch.yml start
err_like='*'
check 'rm that cannot ask' 2 ctrctl rm
ok 'rm of what runs' ctr rm -x
is 'and its rules are gone' "$(nft list table inet ctr 2>/dev/null | grep -c "comment \"$long")" 0

# What lxc-destroy removed has its ports still; whoever gets its address next does not get them.
cat >ctr.yml <<'E'
one: {clone: base, address: 10.66.7.7, ports: ["7000:80"]}
two: {clone: base}
E
ok 'up' ctr -p gone up
lxc-destroy -f -n gone_one
is 'the port of one that lxc-destroy removed is there' "$(nft list table inet ctr | grep -c 'comment "gone_one" : 10.66.7.7 ')" 1
cat >ctr.yml <<'E'
two: {clone: base, address: 10.66.7.7}
E
mkdir "$CTR_LXCPATH/gone_one"
for lock in "$CTR_STATE"/lock/gone_one@????????; do
	flock "$lock" timeout 60 ctr-addr gone_two address=10.66.7.7 >out 2>err
done
is 'while somebody makes that anew, its address is not had, and not waited for' "$? $(cat err)" \
    "1 ctr-addr: gone_two: address 10.66.7.7 is held by '$CTR_LXCPATH/gone_one'"
rmdir "$CTR_LXCPATH/gone_one"
ok 'up of another with its address' ctr -p gone up
ok 'and its reboot' ctr -p gone reboot two
is 'which it has' "$(lxc-info -n gone_two -iH | grep 10.66)" 10.66.7.7
is 'and the port does not lead there' "$(nft list table inet ctr | grep -c gone_one)" 0
ok 'rm' ctr -p gone rm -x

# A short name with characters that no host name has is one name, by file and by DNS.
echo 'my_app.x: {clone: base}
other: {clone: base, links: [my_app.x]}' >ctr.yml
ok 'up' ctr -p n up
is 'its host name' "$(lxc-attach -n n_my_app.x -- hostname)" my-app-x
is 'by DNS' "$(lxc-attach -n n_other -- nslookup my-app-x | grep -c '^Name:')" 2
is 'by file' "$(lxc-attach -n n_other -- grep -cw my-app-x /etc/hosts)" 2
ok 'rm' ctr -p n rm -x

# Races
{
	for c in 1 2 3 4; do
		printf 'c%s: {clone: base, ports: ["900%s:80", "901%s:80"]}\n' "$c" "$c" "$c"
	done
} >ctr.yml
ok 'create four' ctr -p r create
for c in 1 2 3 4; do
	ctr -p r start "c$c" >"$c.out" 2>&1 &
	started="${started-} $!"
done
for pid in $started; do
	wait "$pid" || fail 'four starts at once: one failed'
done
is 'four addresses' "$(ctr -p r config | ctr-status | grep -c '	ipv4	')" 4
is 'that differ' "$(ctr -p r config | ctr-status | grep '	ipv4	' | cut -f3 | sort -u | wc -l)" 4
is 'and all that is published' "$(nft list table inet ctr | grep -c 'comment "r_c. *" : 10.66')" 8
ok 'rm' ctr -p r rm -x
done_testing
