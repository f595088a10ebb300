# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# For tests with real traffic: servers in containers and elsewhere, and who answers where. After lib.sh.

# A server that answers each question with its name and the address that it sees the client at: NAME, then the
# port for each of TCP and UDP. It forks nothing, and tells by a file that it listens.
cat >"$T/server.pl" <<'E2'
use strict; use IO::Socket::IP; use IO::Select; use Socket qw(:DEFAULT :addrinfo);
my ($name, $tcp, $udp, $host) = @ARGV;
my @where = (LocalHost => $host // "::", defined $host ? () : (V6Only => 0));
my $t = IO::Socket::IP->new(@where, LocalPort => $tcp, Listen => 9, ReuseAddr => 1, Proto => "tcp") or die "$@";
my $u = IO::Socket::IP->new(@where, LocalPort => $udp, Proto => "udp", Type => SOCK_DGRAM) or die "$@";
open my $f, ">", "$name.ready"; close $f;
my $s = IO::Select->new($t, $u);
sub peer { my ($e, $h) = Socket::getnameinfo($_[0], NI_NUMERICHOST | NI_NUMERICSERV); $h =~ s/^::ffff://; $h }
while (1) {
	for my $h ($s->can_read) {
		if ($h == $t) { my ($c, $a) = $t->accept; print $c "$name " . peer($a) . "\n" if $c }
		else {
			my $a = $u->recv(my $q, 99);
			$u->send("$name " . peer($a) . "\n", 0, $a);
			open my $f, ">>", "$name.asked"; print $f peer($a), "\n";
		}
	}
}
E2
# PROTOCOL ADDRESS PORT [SECONDS]: what the server there says. It is run hundreds of times, and IO::Socket takes three times as
# long to load.
cat >"$T/ask.pl" <<'E2'
use strict; use Socket qw(:DEFAULT :addrinfo); use Time::HiRes qw(alarm);
my ($proto, $addr, $port, $limit) = @ARGV;
my $type = $proto eq "tcp" ? SOCK_STREAM : SOCK_DGRAM;
my ($wrong, $to) = getaddrinfo($addr, $port, { flags => AI_NUMERICHOST, socktype => $type });
die "$addr: $wrong\n" if $wrong;
$SIG{ALRM} = sub { print "nobody\n"; exit };
alarm(($limit // 3) + 0.01); # of 0, there would be none
my ($s, $answer) = (undef, "");
if (socket($s, $to->{family}, $type, 0) && connect($s, $to->{addr})) {
	send($s, "?", 0) if $proto eq "udp";
	recv($s, $answer, 99, 0);
}
print length $answer ? $answer : "nobody\n";
E2
ask()
{
	perl "$T/ask.pl" "$@"
}

# at NAME COMMAND...: in the network of the running container
at()
{
	name=$1
	shift
	nsenter --net="/proc/$(lxc-info -Hp -n "$name")/ns/net" "$@"
}

# serve WHERE NAME TCP UDP [ADDRESS]: starts a server; WHERE is a command to run it with, such as `at shop_web`
serve()
{
	where=$1
	shift
	rm -f "$1.ready"
	$where perl "$T/server.pl" "$@" &
	wait_for 60 test -e "$1.ready" || fail "the server of $1 listens"
}

# heard_at WHERE IPV4 IPV6 TCP UDP: the names of who answers there by TCP and UDP, at the one address and at the other;
# WHERE as for serve
heard_at()
{
	where=$1 asking=
	for address in "$2" "$3"; do
		$where perl "$T/ask.pl" tcp "$address" "$4" 2 >"$T/heard.$address.tcp" &
		asking="$asking $!"
		$where perl "$T/ask.pl" udp "$address" "$5" 2 >"$T/heard.$address.udp" &
		asking="$asking $!"
	done
	# shellcheck disable=SC2086 # four of them, at once: each may wait for nobody
	wait $asking
	cat "$T/heard.$2.tcp" "$T/heard.$2.udp" "$T/heard.$3.tcp" "$T/heard.$3.udp" | cut -d ' ' -f 1 | tr '\n' ' '
}
