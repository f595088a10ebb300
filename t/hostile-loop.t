#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Root in four containers does what it can, as fast as it can, as long as they run: swaps files and links in /etc, in one also as ids of
# its own, fills its disk, forks without end, forges DHCP, ARP and sources. The host runs ctrctl up, links and down meanwhile: each
# ends in bounded time, nothing of the host changes, and the fifth container works.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"

busybox_base
client_ns
root_ids
up=../../../../../../../../../../../..
mkdir -p victim small pages "$CTR_LXCPATH/base/rootfs/www"
for f in hosts hostname resolv.conf passwd; do echo "host $f" >"victim/$f"; done
echo 'a page' >pages/index.html
mount -t tmpfs -o size=1m,mode=755 tmpfs small
cat >"$CTR_LXCPATH/base/rootfs/swap" <<END
cd /
while :; do
	for f in hosts hostname resolv.conf; do
		ln -sf $PWD/victim/\$f /etc/\$f
		ln -sf $up$PWD/victim/\$f /etc/.\$f.ctr-new
		rm -f /etc/\$f; mkdir /etc/\$f; rmdir /etc/\$f
		mkfifo /etc/\$f; rm -f /etc/\$f; mknod /etc/\$f c 1 5; rm -f /etc/\$f
		echo 10.0.0.1 a >/etc/\$f
	done
	mv /etc /was; ln -s $PWD/victim /etc; rm /etc
	ln -s $up$PWD/victim /etc; rm /etc; mv /was /etc
done
END
cat >"$CTR_LXCPATH/base/rootfs/fill" <<'END'
while :; do
	cat /dev/zero >/etc/full
	: >/etc/hosts
	cat /dev/zero >>/etc/hosts
	rm -f /etc/full
	echo 10.0.0.1 a >/etc/hosts
done 2>/dev/null
END
# A shell that cannot fork ends, unless command(1) catches that: the first one is the container's only program.
cat >"$CTR_LXCPATH/base/rootfs/bomb" <<'END'
b() { b | b & }
while :; do command eval b; done 2>/dev/null
END
# An eighth of a processor each, so that the tests beside it have some; in `make sanitize` what they can get.
quota=$(of_all '' ', "cpu.max=12500 100000"')
cat >ctr.yml <<E2
name: h
defaults: { clone: base, cgroup: [pids.max=64, memory.max=64M$quota], dns: \$bridge }
containers:
  swap: { command: sh /swap, links: [good, fill], fqdn: swap.example.net }
  mapped: { command: sh /swap, links: [good, fill], fqdn: mapped.example.net, idmap: auto }
  fill: { command: sh /fill, links: [good, swap], volumes: ["./small/etc:/etc"] }
  bomb: { command: sh /bomb, links: good }
  good: { command: "httpd -f -p 80 -h /www", ports: "8080:80", volumes: ["./pages:/www:ro"], expose: 80, links: bomb }
E2
# What no container is to change, in the host's own words.
nft 'table inet theirs { chain c { type filter hook input priority 5; tcp dport 23 drop; }; }'
host()
{
	find "$PWD/victim" /etc/hosts /etc/hostname /etc/resolv.conf -printf '%p %y %m %U:%G %n %s %i %T@\n'
	nft list table inet theirs
	ip -o addr show | grep -v ' ctr'
	ip route show | grep -v ' ctr'
	ip neigh show dev outside | awk '!/^fe80/ { print $1, $3 }' | sort
	cat "$PWD"/victim/*
	# Connections are counted and sizes follow memory: not those.
	find /proc/sys/net -type f -readable ! -path '*/nf_conntrack*' ! -name tcp_fastopen_key \
	    -exec grep -aH . {} + 2>"$TMPDIR/null"
}
# The files of the fifth, but for the names of its links, which ctr-link writes.
neighbour()
{
	find "$CTR_LXCPATH/h_good/rootfs" ! -type d ! -path '*/etc/hosts' -printf '%P %y %m %U:%G %l\n' | sort
	find "$CTR_LXCPATH/h_good/rootfs" pages -type f ! -path '*/etc/hosts' -exec cksum {} + | sort
}
page() { client wget -q -T 10 -O - "http://$1:8080/"; }

# run COMMAND...: ctrctl so. Counts what does not end, or ends otherwise than done or with an error of one of the four.
run()
{
	timeout -s KILL 120 ctrctl -q "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	status=$?
	case $status in
	0 | 1) ;;
	*) bad="$bad; $* ended with status $status" ;;
	esac
	if grep -q ': h_good: ' "$TMPDIR/err"; then
		bad="$bad; $*: $(grep -m 1 ': h_good: ' "$TMPDIR/err")"
	fi
}
# As long as there is the file, from the container that is neither stopped nor rebooted meanwhile. What was sent is noted.
forge()
{
	while [ -e "$TMPDIR/forging" ]; do
		at h_fill perl "$top/t/forge.pl" send eth0 "$link" <"$TMPDIR/frames" && echo sent >>"$TMPDIR/sent"
	done
}

# The page of the fifth, from outside, twice.
fetch()
{
	for a in 192.0.2.1 '[2001:db8::1]'; do
		fetched=$((fetched + 1))
		[ "$(page "$a")" = 'a page' ] || bad="$bad; after $1 no page from $a"
	done
}

swapped() { [ -L "$CTR_LXCPATH/h_$1/rootfs/etc/hosts" ]; }
full() { [ "$(df --output=avail small | tail -n 1)" -eq 0 ]; }
# The bomb was refused a process since its last start: in the cgroup that it has, which has another name while the last one's is
# there still.
bombed()
{
	group=$(sed -n 's/^[0-9]*:pids://p; s/^0:://p' "/proc/$(lxc-info -Hp -n h_bomb)/cgroup" | head -n 1)
	grep -sq '^max [1-9]' "/sys/fs/cgroup/pids$group/pids.events" "/sys/fs/cgroup$group/pids.events"
}

# Whether the four are at it.
attacked()
{
	for a in swap mapped fill bomb; do
		[ "$(lxc-info -H -s -n "h_$a")" = RUNNING ] || bad="$bad; $a does not run: $(grep "h_$a" "$TMPDIR/err")"
	done
	wait_for 60 swapped swap || bad="$bad; nothing was swapped"
	wait_for 60 swapped mapped || bad="$bad; nothing was swapped by ids of its own"
	wait_for 60 full || bad="$bad; its disk was never full"
	wait_for 60 bombed || bad="$bad; the bomb had all the processes that it wanted"
}

run_all()
{
	run up
	attacked
	fetch up
	good=$(awk '$2 == "ipv4" { print $3 }' "$CTR_LXCPATH/h_good/ctr/record")
	cat >"$TMPDIR/frames" <<-E3
		arp for-all $good $good
		arp answer 10.66.0.1 $good
		udp $good 53 192.0.2.2 53 forged
		udp 192.0.2.2 53 $good 80 forged
		dhcp 10.66.0.1 67 255.255.255.255 68 2 5 66:6f:72:67:65:64 10.66.77.77 10.66.66.66
		advertise fe80::1 ff02::1 2001:db8::1
		router fe80::1 ff02::1
	E3
	link=$(cat "/sys/class/net/$(awk '$2 == "veth" { print $3 }' "$CTR_LXCPATH/h_fill/ctr/record")/address")
	[ -e "$TMPDIR/neighbour" ] || neighbour >"$TMPDIR/neighbour"
	: >"$TMPDIR/forging"
	forge >"$TMPDIR/null" 2>&1 &
	forger=$!
	for command in rmlinks links status '-t 1 reboot bomb' links '-t 1 stop swap mapped' up; do
		# shellcheck disable=SC2086 # words
		run $command
		fetch "$command"
	done
	sent=$(wc -l <"$TMPDIR/sent")
	wait_for 60 sh -c 'test "$(wc -l <"$1")" -gt "$2"' - "$TMPDIR/sent" "$sent" || bad="$bad; nothing forged at the end"
	# Since its reboot, and after all those commands.
	wait_for 60 bombed || bad="$bad; the bomb ended"
	wait_for 60 full || bad="$bad; the disk is full no more"
	rm "$TMPDIR/forging"
	wait $forger
	fetch 'all that'
	neighbour >"$TMPDIR/neighbour.now"
	cmp -s "$TMPDIR/neighbour" "$TMPDIR/neighbour.now" ||
	    bad="$bad; files of the fifth: $(diff "$TMPDIR/neighbour" "$TMPDIR/neighbour.now" | head -n 5)"
	run -t 1 down
	# Without an /etc it would not be started again.
	for a in swap mapped; do
		root=$CTR_LXCPATH/h_$a/rootfs
		rm -rf "${root:?}/etc" "$root/was"
		cp -a "$CTR_LXCPATH/base/rootfs/etc" "$root/etc"
	done
	rm -f small/etc/full
	echo '127.0.0.1 localhost' >small/etc/hosts
}
page 192.0.2.2 >"$TMPDIR/null" 2>&1 # its neighbours are known from here on
client wget -q -T 2 -O - http://192.0.2.1:1/ >"$TMPDIR/null" 2>&1
client wget -q -T 2 -O - 'http://[2001:db8::1]:1/' >"$TMPDIR/null" 2>&1
client_settled
host >"$TMPDIR/before"
bad='' fetched=0 n=0
: >"$TMPDIR/sent"
rounds=${CTR_TEST_ROUNDS:-$(of_all 2 1)}
while [ $((n += 1)) -le "$rounds" ]; do
	run_all
done
is "$rounds rounds: each command ended in time, none failed for the fifth, which was reached all the time" "$bad" ''
ok "by $fetched pages, over IPv4 and IPv6" test "$fetched" = $((rounds * 18))
echo "# forged frames were sent $(wc -l <"$TMPDIR/sent") times"
ok 'forged frames were sent between all that' test "$(wc -l <"$TMPDIR/sent")" -ge $((rounds * 8))
host >"$TMPDIR/after"
ok 'nothing of the host was changed' cmp "$TMPDIR/before" "$TMPDIR/after"
diff "$TMPDIR/before" "$TMPDIR/after" | diag
is 'all are stopped' "$(ctr-list -p h | ctr-status | awk '$2 == "state" { print $3 }' | sort | uniq -c | sed 's/^ *//')" \
    '5 stopped'
is 'and nothing of theirs runs' "$(pgrep -af '^(sh|/bin/sh) /(swap|fill|bomb)')" ''
is 'no veth and no table is left' "$(find /sys/class/net -name 'ctr*'; nft list tables)" 'table inet theirs'
run -x rm
is 'all are removed' "$(ctr-list -p h)$bad" ''
ok 'the pages stay' grep -q 'a page' pages/index.html
done_testing
