#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The first inputs of the fuzz targets, t/fuzz/, given to the programs themselves: what was found once stays mended.
. "${0%/*}/lib.sh"
export CTR_POOL6=fd00:1:2:3::/64

# answers STATUSES COMMAND...: it ends with one of these, and where it is 2 it says why
answers()
{
	statuses=$1
	shift
	"$@" >got 2>err
	got=$?
	case " $statuses " in *" $got "*) ;; *) echo "status $got"; cat err; return 1 ;; esac
	[ "$got" != 2 ] || [ -s err ]
}

# An answer of its own for each, and records that every program takes.
project()
{
	answers '0 2' ctr-parse -p p -f "$1" || return 1
	if [ "$got" = 2 ]; then
		[ ! -s got ] && ! grep -v "^$1:[0-9]*:[0-9]*: " err
	else
		mv got records && ctr-select <records >got && cmp records got
	fi
}

records()
{
	answers '0 1 2' ctr-select <"$1" && mv got records &&
	answers '0 1' ctr-select <records && cmp records got &&
	answers '0 1 2' ctr-json <"$1" && answers '0 1 2' ctr-table <"$1"
}

operands()
{
	# xargs(1) makes 123 of what fails.
	answers '0 123' xargs -d '\n' -a "$1" ctr-json p_a && { [ "$got" = 0 ] || [ "$(grep -c . err)" = 1 ]; }
}

# changes WANTED COMMAND...: whether it says that it did something, which is 0 or 1
changes()
{
	want=$1
	shift
	if ! "$@" >got 2>err || [ -s err ] || [ "$(grep -c '	did	' got)" != "$want" ]; then
		echo "$*"
		cat got err
		return 1
	fi
}

# Whatever the file has: the names are in it, nothing is done twice, and no block stays.
link_hosts()
{
	cp "$1" "$CTR_LXCPATH/p_a/rootfs/etc/hosts" &&
	changes 1 ctr-link p_a link=p_b:alias &&
	changes 0 ctr-link p_a &&
	changes 0 ctr-status p_a && grep -q '^p_a	linked	p_b	b	alias$' got &&
	changes 1 ctr-link -u p_a &&
	changes 0 ctr-link -u p_a &&
	changes 0 ctr-status p_a && ! grep -q linked got
}

host_hosts()
{
	cp "$1" hosts &&
	changes 1 ctr-hosts p_a && changes 0 ctr-hosts p_a &&
	changes 1 ctr-hosts -u p_a && changes 0 ctr-hosts -u p_a
}
export CTR_HOSTS="$PWD/hosts"

printf 'a: {template: busybox}\nb: {clone: a}\n' >ctr.yml
ctrctl -q -p p up || exit 1
for target in project records operands link_hosts host_hosts; do
	for f in "$top/t/fuzz/${target#*_}"/*; do
		ok "$target: ${f##*/}" "$target" "$f"
	done
done
ok 'a block in what is left of another' link_hosts "$top/t/fuzz/hosts/nested"
is 'what stood between them is kept' "$(cat "$CTR_LXCPATH/p_a/rootfs/etc/hosts")" '127.0.0.1 a
mine
# ctr-link end'
done_testing
