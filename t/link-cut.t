#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-link: connections that stand are not cut, whatever links and forwards come and go; new ones are not made.
. "${0%/*}/lib.sh"
. "$top/t/serve.sh"

tab=$(printf '\t')
cat >ctr.yml <<'YAML'
name: shop
defaults: { template: busybox }
containers:
    db: { expose: 8002 }
    web: { links: [db, 127.0.0.1:1:db:8002] }
YAML
get() { sed -n "s/^shop_$1$tab$2$tab//p" "$CTR_LXCPATH/shop_$1/ctr/record"; }
ctrctl up >out 2>&1 || diag <out
# The first answers each question with what it was; a new connection it greets.
cat >stream.pl <<'E2'
use strict; use IO::Socket::IP; use IO::Select;
my ($l, $all) = (IO::Socket::IP->new(LocalHost => "::", V6Only => 0, LocalPort => $ARGV[0], Listen => 9, ReuseAddr => 1), IO::Select->new);
$all->add($l); open my $f, ">", "stream.ready";
while (1) { for ($all->can_read) { if ($_ == $l) { my $c = $l->accept; $c->syswrite("hello\n"); $all->add($c) } elsif ($_->sysread(my $q, 9)) { $_->syswrite($q) } else { $all->remove($_); close $_ } } }
E2
cat >hold.pl <<'E2'
use strict; use IO::Socket::IP; use IO::Select;
my ($name, $to, $port) = @ARGV;
my $c = IO::Socket::IP->new(PeerHost => $to, PeerPort => $port, Type => SOCK_STREAM, Timeout => 5) or die "$@";
while (1) {
	$c->syswrite("?"); # each answer is for a question of its own
	my $n = IO::Select->new($c)->can_read(30) ? $c->sysread(my $got, 9) : 0;
	open my $f, ">>", "$name.got"; print $f $n ? "tick\n" : "cut\n"; exit unless $n; select undef, undef, undef, 0.05;
}
E2
hold()
{
	at shop_web perl hold.pl "$@" &
	wait_for 60 grep -qs tick "$1.got" || fail "$1 is connected"
}
from_web() { at shop_web perl "$T/ask.pl" "$@"; }
# goes_on NAME: two more answers at least, so that one was asked for after now
goes_on()
{
	n=$(wc -l <"$1.got")
	wait_for 60 sh -c '[ "$(wc -l <"$0")" -gt "$1" ]' "$1.got" $((n + 2)) && ! grep -q cut "$1.got"
}
at shop_db perl stream.pl 8002 &
wait_for 60 test -e stream.ready
hold forward 127.0.0.1 1
hold link "$(get db ipv4)" 8002
hold link6 "$(get db ipv6)" 8002
ctr-link -q shop_web forward=127.0.0.1:2:shop_db:8002 >out
is 'another forward comes' "$(from_web tcp 127.0.0.1 2)" hello
ok 'who stands goes on' goes_on forward
ctr-link -q -u shop_web forward=127.0.0.1:1:shop_db:8002 link=shop_db >out
is 'a forward and a link go, one that leads there stays: new ones' "$(from_web tcp 127.0.0.1 1; from_web tcp "$(get db ipv6)" 8002
from_web tcp 127.0.0.1 2)" 'nobody
nobody
hello'
for who in forward link link6; do
	ok "who stands goes on: $who" goes_on $who
done
ctr-parse | sed '/link\|forward/d' | ctr-link >out || diag <out
is 'by a whole record, all of them: no new ones' "$(from_web tcp 127.0.0.1 2; from_web tcp "$(get db ipv4)" 8002
ctr-list shop_web | grep 'link\|forward')" 'nobody
nobody'
for who in forward link link6; do
	ok "and goes on: $who" goes_on $who
done
ctr-link -q -u shop_db shop_web >out
ok 'as after rmlinks' goes_on forward
done_testing
