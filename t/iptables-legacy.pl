# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the table `filter` of the older iptables as that program does, for t/doctor.t: by the kernel's
# setsockopt(2), linux/netfilter_ipv4/ip_tables.h and ip6_tables.h.
#
#	perl iptables-legacy.pl 4|6 OLD POLICY [RULE...] [end RULE...]
#
# FORWARD has the rules and the policy; those after `end` are a chain, `user`, of their own. A rule is `IN OUT TARGET`:
# interfaces, `-` where none is demanded; accept, drop, return, user, or REJECT. OLD is the number of rules that the
# table has, 4 at first. Prints how many it has then.
use strict;
use Socket;

my ($family, $old, $policy, @rules) = @ARGV;
my $six = $family == 6;
my %verdict = (drop => -1, accept => -2, return => -5);
my ($ip, $size) = $six ? (136, 168) : (84, 112);

sub name { my $n = shift; $n =~ s/\+$//; $n eq '-' ? '' : $n }
# The bytes of it that count: with the NUL at its end, unless it is a pattern.
sub mask { my $n = shift; "\xff" x ($n eq '-' ? 0 : $n =~ /\+$/ ? length($n) - 1 : length($n) + 1) }

sub entry
{
	my ($in, $out, $target) = @_;
	my $e = ("\0" x ($six ? 64 : 16)) . pack('a16 a16 a16 a16', name($in), name($out), mask($in), mask($out));
	$e .= "\0" x ($ip - length $e);
	$e .= pack 'L S S', 0, $size, $size + length $target;
	return $e . "\0" x ($size - length $e) . $target;
}

my (@forward, @user);
my $to = \@forward;
for (@rules) {
	if ($_ eq 'end') { $to = \@user } else { push @$to, [split] }
}
my $policy_at = 1 + @forward;
my @list = (['-', '-', 'accept'], @forward, ['-', '-', $policy], ['-', '-', 'accept']);
push @list, ['-', '-', 'ERROR:user'], @user, ['-', '-', 'return'] if @user;
push @list, ['-', '-', 'ERROR:ERROR'];

my ($at, @offset) = (0);
for (@list) {
	push @offset, $at;
	$at += $size + ($$_[2] =~ /^ERROR/ ? 64 : 40);
}
my $entries = '';
for (@list) {
	my ($in, $out, $t) = @$_;
	$entries .= entry($in, $out, $t =~ /^ERROR:(.*)/ ? pack('S a29 C a30 x2', 64, 'ERROR', 0, $1)
	    : $t eq 'REJECT' ? pack('S a29 C L x4', 40, 'REJECT', 0, 0)
	    : pack('S a29 C l x4', 40, '', 0, $t eq 'user' ? $offset[$policy_at + 3] : $verdict{$t}));
}
my $counters = "\0" x (16 * $old);
my $head = pack 'a32 L3 L5 L5 L P', 'filter', 14, scalar @list, length $entries,
    0, 0, $offset[1], $offset[$policy_at + 1], 0, 0, 0, $offset[$policy_at], $offset[$policy_at + 1], 0, $old, $counters;
socket my $s, $six ? AF_INET6 : AF_INET, SOCK_RAW, 255 or die "socket: $!\n";
setsockopt $s, $six ? 41 : 0, 64, $head . $entries or die "setsockopt: $!\n";
print scalar @list, "\n";
