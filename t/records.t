#!/bin/sh
# ctr-records(5) is the one list of facts: the programs are held against it.
. "${0%/*}/lib.sh"

page=$top/man/ctr-records.5

# The page as lines "KEY<tab>WRITERS<tab>READERS".
list=$(awk '
	/^\.Sh/ { facts = $2 == "FACTS" }
	facts && /^\.It Cm/ { key = $3 }
	facts && /^Written by/ {
		gsub(/,|\./, "")
		sub(/^Written by /, "")
		sub(/; read by /, "\t")
		print key "\t" $0
	}
' "$page")

is 'the keys in the order of the page are those that the programs know, in their order' \
    "$(echo "$list" | cut -f 1)" "$(sed -n 's/^\t{ "\([a-z0-9]*\)", .*/\1/p' "$top/common/fact.c")"

# A program's source and its other parts, what they include of common/, and what that includes. fact.c has all keys.
sources()
{
	perl -e '
		my ($top, $first) = @ARGV;
		my (%seen, @todo) = ();
		push @todo, "$top/cmd/$first.c", glob "$top/cmd/$first/*.[ch]";
		while (my $f = shift @todo) {
			next if $seen{$f}++ || !-e $f || $f =~ m{/fact\.c$};
			print "$f\n";
			open my $in, "<", $f or die;
			/^#include "(\w+)\.h"/ and push @todo, "$top/common/$1.c", "$top/common/$1.h" while <$in>;
		}
	' "$top" "$1"
}

# Each program that the page names for a key has it in its sources.
claims=$(echo "$list" | perl -F'\t' -lane '
	for (1, 2) {
		next if $F[$_] =~ /^all /;
		print "$_ $F[0]" for split / /, $F[$_];
	}' | sort -u)
missing=$(echo "$claims" | while read -r program key; do
	case $program in ctr-list | ctr-parse) continue ;; esac # all that can be declared
	sources "$program" | xargs grep -q "\"$key\"" || echo "$program $key"
done)
is 'each program that is named for a fact has it' "$missing" ''

# And the other way round: a key that stands in a program itself is the page's too; but some words only look so.
unsaid=$(echo "$list" | while IFS=$(printf '\t') read -r key writers readers; do
	case $readers in all\ *) continue ;; esac
	grep -rl "\"$key\"" "$top"/cmd --include='*.c' --exclude=pending.c | while read -r file; do
		program=${file#"$top/cmd/"}
		program=${program%%[/.]*}
		case "$program $key" in
		ctr-json\ * | ctr-parse\ * | ctr-veth-up\ *) continue ;;
		'ctr-create config' | 'ctr-list mac' | 'ctr-ports published') continue ;;
		'ctr-doctor port' | 'ctr-doctor cgroup') continue ;; # checks
		'ctr-unit did') continue ;; # written by all actions
		esac
		case " $writers $readers " in
		*" $program "*) ;;
		*) echo "$program $key" ;;
		esac
	done
done)
is 'a fact that a program has is said of it' "$unsaid" ''

# The order of the facts, whatever order they came in; what is unknown stands before the live ones.
out='shop_db	template	busybox
shop_db	port	tcp	*	8000	8000
shop_db	fqdn	db.example.net
shop_db	env	A	b
shop_db	error	ctr-config	there is no such container
'
err='ctr-config: shop_db: there is no such container'
check 'facts of operands come in their order' 1 ctr-config shop_db env=A=b fqdn=db.example.net port=8000:8000 \
    template=busybox

# What the page says of a stream.
in='# a comment
shop_db	container	shop	db
shop_db	x-y	a\tb\nc\\d	
shop_web	container	shop	web
shop_web	env	A	' out='shop_db	container	shop	db
shop_db	x-y	a\tb\nc\\d	

shop_web	container	shop	web
shop_web	env	A	
'
check 'a record ends where another name begins; unknown facts and empty fields stay' 0 ctr-select
in='shop_web	container	shop	db'
err="ctr-select: stdin: line 1: the record's name is not PROJECT_NAME of its fact 'container'"
check 'a name that is not the project and the short name' 2 ctr-select
in='shop	project

shop_db	port	tcp	*	65536	80

shop_web	after	shop_db'
out='shop	project
'
err='ctr-select: stdin: line 3: a port is a number from 1 to 65535, or a range of them such as 8000-8010'
check 'the records before a bad line are finished, the others left' 2 ctr-select
done_testing
