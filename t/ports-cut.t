#!/bin/sh
# ctr-ports: a withdrawn port's connections are cut off, from both ends; all others stay.
. "${0%/*}/lib.sh"

. "$top/t/serve.sh"

# stream.pl NAME TCP-PORT... udp UDP-PORT...: sends "tick" without end to whoever has connected, or sent it
# something; in NAME.ticks a line a round, in NAME.gone the port of each that has ended.
cat >"$T/stream.pl" <<'E2'
use strict; use IO::Socket::IP; use IO::Select; use Socket qw(:addrinfo);
my $name = shift; my ($proto, $all, %tcp, %udp, %at) = ("tcp", IO::Select->new);
$SIG{PIPE} = "IGNORE";
sub note { open my $f, ">>", "$name.$_[0]"; print $f "$_[1]\n" }
for my $port (@ARGV) {
	if ($port eq "udp") { $proto = "udp"; next }
	my $s = IO::Socket::IP->new(LocalHost => "::", V6Only => 0, LocalPort => $port, Proto => $proto,
	    $proto eq "tcp" ? (Listen => 9, ReuseAddr => 1, Type => SOCK_STREAM) : (Type => SOCK_DGRAM)) or die "$@";
	$at{$s} = $proto; $all->add($s);
}
note("ready", "");
while (1) {
	select undef, undef, undef, 0.05; # not as fast as who talks back
	for my $h ($all->can_read(0)) {
		if ($at{$h} eq "tcp") { my $c = $h->accept or next; $at{$c} = $c->peerport; $tcp{$c} = $c; $all->add($c) }
		elsif ($at{$h} eq "udp") { my $a = $h->recv(my $q, 99); $udp{$a} = $h if defined $a }
		elsif (!$h->sysread(my $q, 99)) { note("gone", $at{$h}); $all->remove($h); delete $tcp{$h}; close $h }
	}
	$_->syswrite("tick\n") for values %tcp;
	send($udp{$_}, "tick\n", 0, $_) for keys %udp;
	note("ticks", "");
}
E2
# hold.pl NAME PROTOCOL ADDRESS PORT [talk]: connects, and writes what comes to NAME.got, and at last "cut". With
# `talk` it goes on sending. In NAME.port is its own port.
cat >"$T/hold.pl" <<'E2'
use strict; use IO::Socket::IP; use IO::Select;
my ($name, $proto, $addr, $port, $talk) = @ARGV;
$SIG{PIPE} = "IGNORE";
sub note { open my $f, ">>", "$name.$_[0]"; print $f "$_[1]\n" }
my $c = IO::Socket::IP->new(PeerHost => $addr, PeerPort => $port, Proto => $proto,
    Type => $proto eq "tcp" ? SOCK_STREAM : SOCK_DGRAM) or die "$name: $@";
note("port", $c->sockport);
my $s = IO::Select->new($c);
$c->syswrite("?");
while (1) {
	if ($s->can_read(0.05)) {
		my $n = $c->sysread(my $got, 99);
		if ($n) { note("got", "tick") } elsif ($proto eq "tcp") { note("got", "cut"); exit }
	}
	$c->syswrite("?") if $talk;
}
E2

# hold NAME WHERE...: starts hold.pl, by the command $WHERE
hold()
{
	where=$1
	shift
	$where perl "$T/hold.pl" "$@" &
	wait_for 60 grep -qs tick "$1.got" || fail "$1 is connected"
}

# goes_on NAME: more comes; cut NAME: it was told of the end
goes_on()
{
	n=$(grep -c tick "$1.got")
	wait_for 60 sh -c "[ \$(grep -c tick $1.got) -gt $((n + 5)) ]"
}

cut()
{
	wait_for 60 grep -q cut "$1.got"
}

# ticks N: waits until the server has sent N times more
ticks()
{
	n=$(wc -l <web.ticks)
	wait_for 60 sh -c "[ \$(wc -l <web.ticks) -gt $((n + $1)) ]"
}

# silent NAME...: nothing comes while the server sends on
silent()
{
	ticks 2 # what was under way
	before=$(cat "$@" | wc -l)
	ticks 10
	[ "$(cat "$@" | wc -l)" = "$before" ]
}

client_ns
printf 'shop_web\tcontainer\tshop\tweb\nshop_web\ttemplate\tbusybox\nshop_web\tisolate\tfalse\n\nshop_db\tcontainer\tshop\tdb
shop_db\tclone\tshop_web\nshop_db\tisolate\tfalse\n\n' >records
ctr-create <records | ctr-addr | ctr-net | ctr-start >started || diag <started
web4=$(sed -n 's/^shop_web	ipv4	//p' started)
ctr-ports shop_web port=8080:80 port=7070:7070 port=192.0.2.1:9090:80 port=9090:80 port=9091:80 port=5353:5353/udp \
    port=5354:53/udp >published || diag <published
at shop_web perl "$T/stream.pl" web 80 7070 udp 53 5353 &
serve 'at shop_db' db 80 53
wait_for 60 test -e web.ready

hold client out4 tcp 192.0.2.1 8080 talk
hold client out6 tcp 2001:db8::1 8080 talk
hold env loop tcp 127.0.0.1 8080 talk
hold env host tcp 192.0.2.1 8080 talk
hold 'at shop_db' other tcp 192.0.2.1 8080 talk
hold 'at shop_web' self tcp 192.0.2.1 8080 talk
hold client same4 tcp 192.0.2.1 7070
hold client same6 tcp 2001:db8::1 7070
hold client udp4 udp 192.0.2.1 5353
hold client udp6 udp 2001:db8::1 5353
hold client talk udp 192.0.2.1 5354 talk
hold client one tcp 192.0.2.1 9090 talk
hold client any tcp 2001:db8::1 9090 talk
hold client next tcp 192.0.2.1 9091 talk
hold 'at shop_db' direct tcp "$web4" 80 talk

ctr-ports -u shop_web port=8080:80 >out || diag <out
for who in out4 out6 loop host other self; do
	ok "is cut off: $who" cut "$who"
	ok 'the container learns it too' wait_for 60 grep -qx "$(cat "$who.port")" web.gone
done
for who in same4 udp6 talk one next direct; do
	ok "stays: $who" goes_on "$who"
done

# With equal ports what the container sends on its own, once it is forgotten, is no part of the old connection.
ctr-ports -u shop_web port=7070:7070 port=5353:5353/udp >out || diag <out
ok 'who only listens is cut off, TCP' wait_for 60 grep -qx "$(cat same4.port)" web.gone
ok 'and by IPv6' wait_for 60 grep -qx "$(cat same6.port)" web.gone
ok 'and UDP, by both' silent udp4.got udp6.got

# At any address and at one: the one that is left has led there all the while.
ctr-ports -u shop_web port=9090:80 >out || diag <out
ok 'of any address' cut any
ok 'not what another element still leads there' goes_on one

# The port goes to another container, and to another port of the same one.
printf 'shop_web\tcontainer\tshop\tweb\nshop_web\tport\ttcp\t*\t9091\t81\nshop_web\tport\tudp\t*\t5354\t53\n
shop_db\tcontainer\tshop\tdb\nshop_db\tport\ttcp\t192.0.2.1\t9090\t80\n\n' | ctr-ports >out || diag <out
ok 'of a port that goes to another container' cut one
is 'which is reached' "$(client perl "$T/ask.pl" tcp 192.0.2.1 9090)" 'db 192.0.2.2'
ok 'of a port that leads to another one of the container' cut next
ok 'all the others stay' goes_on direct
ok 'by UDP too' goes_on talk

# One that was killed after it changed the maps: the second run finds no element.
ctr-ports -q shop_web port=9092:80 >out
hold client killed tcp 192.0.2.1 9092 talk
nft 'delete element inet ctr any4 { tcp . 9092 }; delete element inet ctr any6 { tcp . 9092 }'
ok 'it stands without the element' goes_on killed
ctr-ports -u shop_web port=9092:80 >out || diag <out
ok 'and is cut off in the second run' cut killed

# A container that stopped.
wait_for 60 grep -q "dport=5354.*src=$web4" /proc/net/nf_conntrack || fail 'the sender is known'
lxc-stop -k -n shop_web
ctr-ports shop_web >out || diag <out
is 'of a container that stopped no connection is left' "$(grep -c "dport=5354.*src=$web4" /proc/net/nf_conntrack)" 0

# One that was removed, while somebody goes on sending to it.
ctr-start shop_web | ctr-ports >out || diag <out
ok 'by UDP who went on sending comes to it again' wait_for 60 grep -q "dport=5354.*src=$web4" /proc/net/nf_conntrack
ctr-destroy -k shop_web >out || diag <out
is 'nor of one that was removed' "$(grep -c "dport=5354.*src=$web4" /proc/net/nf_conntrack)" 0

out='shop_db	did	ctr-ports	withdrew port 192.0.2.1:9090:80/tcp
'
check 'what nobody uses is withdrawn all the same' 0 ctr-ports -u shop_db
done_testing
