#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the managed network costs: the first packets of a connection, with little and with much that is published, linked
# and running; and what passes then.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"
. "$top/t/serve.sh"

# PORT: takes connections, and closes them.
cat >"$T/take.pl" <<'E2'
use strict; use IO::Socket::IP;
my $s = IO::Socket::IP->new(LocalHost => "::", V6Only => 0, LocalPort => $ARGV[0], Listen => 4096, ReuseAddr => 1)
    or die "$@";
open my $f, ">", "taken"; close $f;
while (1) { my $c = $s->accept }
E2
# NUMBER ADDRESS PORT: connects that many times; the median of the microseconds until it is connected. It ends each by a
# reset, so that no port of its own stays in use.
cat >"$T/connect.pl" <<'E2'
use strict; use Socket qw(:DEFAULT :addrinfo); use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
my ($n, $addr, $port) = @ARGV;
my (undef, $to) = getaddrinfo($addr, $port, { socktype => SOCK_STREAM, flags => AI_NUMERICHOST });
my @took;
for (1 .. $n) {
	socket my $s, $to->{family}, SOCK_STREAM, 0 or die "$!";
	setsockopt $s, SOL_SOCKET, SO_LINGER, pack "ii", 1, 0 or die "$!";
	my $start = clock_gettime(CLOCK_MONOTONIC);
	connect $s, $to->{addr} or die "$addr $port: $!";
	push @took, clock_gettime(CLOCK_MONOTONIC) - $start;
	close $s;
}
@took = sort { $a <=> $b } @took;
printf "%.1f\n", 1e6 * $took[$n / 2];
E2
# take WHERE PORT: such a server, as serve. It and who connects have a processor each: where the scheduler puts both on one it takes a
# fifth less, or three times as long.
take()
{
	rm -f taken
	$1 taskset -c $(($(nproc) - 1)) perl "$T/take.pl" "$2" &
	wait_for 60 test -e taken || exit 1
}

# latency WHERE ADDRESS PORT [BEST]: the least of BEST and some more medians, in $latency. They differ by a third, and the machine's speed
# by as much from one minute to the next: what is compared is measured by turns.
latency()
{
	latency=${4-}
	for i in 1 2 3; do
		latency=$(least "$latency" "$($1 taskset -c 0 perl "$T/connect.pl" 1000 "$2" "$3")")
	done
}

client_ns
{
	project 200 clones
	echo 'defaults: { expose: 80 }'
} | awk '{ print } / c[0-9]*:$/ {
	i = substr($1, 2) + 0; split("199 7 19 53 101", off, " ")
	printf "    links: ["
	for (k = 1; k <= 5; k++) printf "%sc%d", k == 1 ? "" : ", ", (i - 1 + off[k]) % 200 + 1
	print "]"
}' >200.yml
sed '/^  c3:/,/^defaults/{ /^defaults/!d }; /^  c1:/,/^  c2:/s/links: .*/links: []/; s/links: \[c.*/links: [c1]/' \
    200.yml >2.yml
us ctrctl -f 200.yml create
us ctrctl -f 2.yml up
four=$(awk '$2 == "ipv4" { print $3 }' "$CTR_LXCPATH/b_c1/ctr/record")
take 'at b_c1' 80

# The ports that are published beside those of the project file.
facts()
{
	sed -n '/^b_c1	/p' b_c1.facts
	for i in $(seq "$1"); do printf 'b_c1\tport\ttcp\t*\t%d\t80\n' $((20000 + i)); done
	echo
}
ctr-parse -f 2.yml >b_c1.facts
facts 8 >10.facts
facts 9998 >10000.facts
publish() { ctr-ports <"$1.facts"; }
least_few=''
least_many=''
for round in $(seq 15); do
	us publish 10
	latency client 192.0.2.1 8001 "$least_few"
	least_few=$latency
	us publish 10000
	latency client 192.0.2.1 8001 "$least_many"
	least_many=$latency
done
us publish 10
figure 'first packet to a published port, 10,000 published : 10' "$least_many" "$least_few" 1.2

# The same by iptables, on another such host, without anything else: the port that is asked for is in the middle.
mkdir hand
for n in client host server; do
	touch hand/$n && unshare --net="hand/$n" true || exit 1
done
hand() { space=$1; shift; nsenter --net="hand/$space" "$@"; }
hand host sh -e -c '
	ip link add outside type veth peer name eth0
	ip link set eth0 netns hand/client
	ip link add inside type veth peer name eth0
	ip link set eth0 netns hand/server
	ip addr add 192.0.2.1/24 dev outside
	ip addr add 10.9.0.1/24 dev inside
	ip link set outside up
	ip link set inside up
	echo 1 >/proc/sys/net/ipv4/ip_forward' &&
hand client sh -e -c 'ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1' &&
hand server sh -e -c 'ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.9.0.1' || exit 1
take 'hand server' 80
iptables_rules()
{
	echo '*nat'
	for i in $(seq "$1"); do
		port=$((20000 + i))
		[ "$i" != $(($1 / 2)) ] || port=8001
		echo "-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport $port -j DNAT --to-destination 10.9.0.2:80"
	done
	echo COMMIT
}
for n in 10 10000; do
	iptables_rules $n >$n.rules
	hand host iptables-restore <$n.rules || exit 1
	for round in $(seq 5); do
		latency 'hand client' 192.0.2.1 8001 "${latency_hand-}"
		latency_hand=$latency
	done
	[ "$n" != 10 ] || other=$latency
	latency_hand=
done
figure '  beside it: by rules of iptables, 10,000 : 10' "$latency" "$other"
figure '  iptables : ctr-ports, with 10' "$other" "$least_few"
figure '  iptables : ctr-ports, with 10,000' "$latency" "$least_many"

# What passes: the same port by one rule of somebody's own, with nothing of ctrkit's beside it.
at b_c1 iperf3 -s -p 5201 >iperf.log 2>&1 &
server=$!
passed() # in bits a second
{
	client iperf3 -c 192.0.2.1 -p 5201 -t 1 -f k | awk '/receiver/ { print 1 / $7 }'
}
ours=''
theirs=''
for round in 1 2 3 4 5 6 7 8 9 10; do
	us ctr-ports b_c1 port=5201:5201
	ours=$(least "$ours" "$(passed)")
	nft delete table inet ctr
	nft "table ip hand { chain c { type nat hook prerouting priority -100;
		ip daddr 192.0.2.1 tcp dport 5201 dnat to $four; }; }"
	theirs=$(least "$theirs" "$(passed)")
	nft delete table ip hand
	ctr-list -p b | ctr-net | ctr-ports >bench.out
done
kill $server
figure 'throughput, one rule by hand : a published port' "$ours" "$theirs" 1.05

# Many that run and are linked; few before, and few after: so many are measured twice too.
both() # PUBLISHED LINKED: the least until now of each, and more; in $published and $linked
{
	published=$1 linked=$2
	for round in $(seq 10); do
		latency 'at b_c2' "$four" 80 "$linked"
		linked=$latency
		latency client 192.0.2.1 8001 "$published"
		published=$latency
	done
}
both '' ''
few="$published $linked"
us ctrctl -f 200.yml up
[ "$(nft list set inet ctr expose4 | grep -c 'tcp . 80')" = 1000 ] || { echo 'bench: not 1,000 links' >&2; exit 1; }
both '' ''
both "$published" "$linked"
many_published=$published many_linked=$linked
us ctrctl -f 200.yml stop $(seq -f c%g 3 200)
us ctrctl -f 2.yml up
# shellcheck disable=SC2086 # two numbers
both $few
figure 'first packet to a published port, 200 containers, 1,000 links : 2, 1' "$many_published" "$published" 1.2
figure 'first packet over a link, 200 containers, 1,000 links : 2, 1' "$many_linked" "$linked" 1.2
