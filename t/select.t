#!/bin/sh
# ctr-select: which records go on, in which order.
. "${0%/*}/lib.sh"

cat >stream <<EOT
shop	project

shop_base	container	shop	base

shop_db	container	shop	db
shop_db	clone	shop_base

shop_web	container	shop	web
shop_web	link	shop_db	database
shop_web	after	shop_db

shop_top	container	shop	top
shop_top	after	shop_web
shop_top	link	shop_top

blog	project

blog_web	container	blog	web

part	port	tcp	*	80	80

EOT

# names ARGUMENT...: of the records that are chosen
names() { ctr-select "$@" <stream | cut -f 1 | uniq | grep . | tr '\n' ' '; }

check 'without names: all, as they are' 0 sh -c 'ctr-select <stream | diff stream -'
is 'a full name, with its project' "$(names shop_web)" 'shop shop_web '
is 'a short name' "$(names db)" 'shop shop_db '
is 'the order is that of the stream, a name may come twice' "$(names web_none top base top 2>/dev/null)$(names top base top)" \
    'shop shop_base shop_top '
is 'a record that is not whole, by its name' "$(names part)" 'part '
is '-a: what it needs, by clone, link and after' "$(names -a web 2>/dev/null)$(names -a shop_web)" \
    'shop shop_base shop_db shop_web '
is '-b: what needs it' "$(names -b db)" 'shop shop_db shop_web shop_top '
is '-a and -b' "$(names -a -b db)" 'shop shop_base shop_db shop_web shop_top '
is '-r: reversed in each project, whose record stays first' "$(names -r)" \
    'shop shop_top shop_web shop_db shop_base blog part blog_web '
is '-r with names' "$(names -r top db)" 'shop shop_top shop_db '
is '-r of the reversed' "$(ctr-select -r <stream | ctr-select -r)" "$(cat stream)"

err="ctr-select: 'web' may be 'shop_web' or 'blog_web'"
check 'a short name of two projects' 2 ctr-select web <stream
err="ctr-select: no record has the name 'nix'
ctr-select: no record has the name 'shop'"
check 'names that match nothing: nothing goes on, all are told' 2 ctr-select db nix shop <stream

# A link to itself, a circle, one that is not there.
in='a_x	container	a	x
a_x	after	a_y

a_y	container	a	y
a_y	after	a_x
a_y	link	a_none'
out='a_x	container	a	x
a_x	after	a_y

a_y	container	a	y
a_y	after	a_x
a_y	link	a_none
'
check 'a circle' 0 ctr-select -a a_y

out='a	project

a_x	container	a	x
a_x	error	ctr-create	no room
'
in=$out
check 'a record with an error goes on, and the status is 1' 1 ctr-select x
in='a	project

a_x	container	a	x
a_x	error	ctr-create	no room

a_y	container	a	y'
out='a	project

a_y	container	a	y
'
check 'one that is not chosen is no failure' 0 ctr-select y

# A chain against its direction, for which each pass finds one more.
awk 'BEGIN { print "c\tproject\n"; for (i = 1; i <= 3000; i++)
	printf "c_%d\tcontainer\tc\t%d\nc_%d\tlink\tc_%d\n\n", i, i, i, i + 1 }' >chain
is 'a chain of 3000' "$(timeout 60 ctr-select -a 1 <chain | grep -c container)" 3000
done_testing
