#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A project whose name has 60 characters, through its whole life, up to the longest full name; and one that is longer.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"
export CTR_POOL6=fd00:1:2:3::/64

: >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
client_ns
p=a-project.of_sixty-characters.is_as-long.as_they-may.be_here60
p=$(printf %.60s "$p")
is 'a name of 60 characters' ${#p} 60
cat >ctr.yml <<E2
name: $p
containers:
    db:
        template: busybox
        ports: ["8080:80", "192.0.2.1:8053:53/udp", "9000-9001:9000-9001", "0:80"]
        expose: [80, 53/udp]
        cgroup: { pids.max: 77 }
        volumes: ./data:/srv
    w: { clone: db, links: "db:database" }
E2
d=$(echo "$p" | tr '_.' --)
out_like='*' err="ctr-create: ${p}_db: made by template 'busybox'
ctr-create: ${p}_w: cloned from '${p}_db'
ctrctl: up: 2 done, 0 unchanged, 0 failed"
check 'up, with a full name of 63' 0 ctrctl up
get() { awk -F '\t' -v k="$2" '$2 == k { print $3 }' "$CTR_LXCPATH/${p}_$1/ctr/record"; }
db4=$(get db ipv4) db6=$(get db ipv6) w4=$(get w ipv4) w6=$(get w ipv6)
is 'they run' "$(lxc-ls --running -1)" "${p}_db
${p}_w"
auto=$(awk '$2 == "chosen" { print $5 }' "$CTR_LXCPATH/${p}_db/ctr/record")
serve "at ${p}_db" db 80 53
is 'ports' "$(client perl "$T/ask.pl" tcp 2001:db8::1 8080; client perl "$T/ask.pl" udp 192.0.2.1 8053
	client perl "$T/ask.pl" tcp 192.0.2.1 "$auto"; ask tcp 127.0.0.1 8080)" 'db 2001:db8::2
db 192.0.2.2
db 192.0.2.2
db 10.66.0.1'
is 'a link, in rule' "$(at "${p}_w" perl "$T/ask.pl" tcp "$db4" 80; at "${p}_w" perl "$T/ask.pl" udp "$db6" 53)" "db $w4
db $w6"
is 'and in name' "$(lxc-attach -n "${p}_w" -- grep -w database /etc/hosts)" "$db4	db database ${p}_db
$db6	db database ${p}_db"
addresses()
{
	lxc-attach -n "${p}_w" -- nslookup "$1" 2>&1 | awk '/^Name/ { n = 1 } n && /^Address/ { print $2 }' | sort
}
known() { [ -n "$(addresses "$1")" ]; }
ok 'names are read' wait_for 60 known "database.$d"
for n in db "db.$d" "${p}_db" "${p}_db.$d" database; do
	is "the name $n" "$(addresses "$n")" "$db4
$db6"
done
is 'back' "$(lxc-attach -n "${p}_w" -- nslookup "$db6" | sed -n 's/.*name = //p')" "db.$d"
is 'the search domain' "$(lxc-attach -n "${p}_w" -- head -n 1 /etc/resolv.conf)" "search $d"
is 'its host name' "$(lxc-attach -n "${p}_db" -- hostname)" db
is 'the limit' "$(lxc-cgroup -n "${p}_db" pids.max)" 77
like 'status' "$(ctrctl status)" "*
yes    ${p}_db * running *:8080->80/tcp*"
ctr-parse >declared
is 'what is applied is what is declared' "$(ctr-list -p "$p" | diff declared -)" ''
ok 'again: nothing' ctrctl up
like 'as it says' "$(cat "$T/got.out")" '*0 done, 2 unchanged, 0 failed'
ok 'start -a' ctrctl start -a
is 'for the host' "$(grep -v '^#' "$CTR_HOSTS")" "$db4	db.$d ${p}_db
$db6	db.$d ${p}_db
$w4	w.$d ${p}_w
$w6	w.$d ${p}_w"
ok 'stop' ctrctl -t 0 stop
ok 'rm' ctrctl -x rm
is 'nothing is left' "$(lxc-ls; ls "$CTR_LXCPATH"; nft list ruleset; cat "$CTR_HOSTS"
	find /sys/class/net -name 'ctr*')" ''
ok 'but the data' test -d data

# A byte more.
sed 's/ w:/ www:/' ctr.yml >longer.yml
err="longer.yml:9:5: the full name '${p}_www' is longer than 63 bytes"
check 'a full name of 64' 2 ctrctl -f longer.yml up
sed 's/^name: ./&x/' ctr.yml >longer.yml
err="longer.yml:3:5: the full name 'ax${p#a}_db' is longer than 63 bytes"
check 'a project of 61, and a short name of two' 2 ctrctl -f longer.yml up
err="ctr-create: '${p}_www' is no name of a container"
check 'a record of 64' 2 ctr-create "${p}_www" template=busybox
is 'nothing was made' "$(ls "$CTR_LXCPATH")" ''
done_testing
