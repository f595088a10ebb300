#!/bin/sh
# What all programs do alike: --help and --version, options that are unknown, a stdout that cannot be written,
# records that cannot be read, records that are not for them.
. "${0%/*}/lib.sh"

# Each program: what it is, and a command that reads stdin or a file and writes.
programs='
ctr-parse	source	ctr-parse -f ctr.yml
ctr-list	source	ctr-list
ctr-select	filter	ctr-select
ctr-create	filter	ctr-create
ctr-destroy	ender	ctr-destroy
ctr-idmap	filter	ctr-idmap
ctr-config	filter	ctr-config
ctr-addr	filter	ctr-addr
ctr-net		filter	ctr-net
ctr-mount	filter	ctr-mount
ctr-name	filter	ctr-name
ctr-dns		filter	ctr-dns
ctr-start	filter	ctr-start
ctr-stop	ender	ctr-stop
ctr-ports	filter	ctr-ports
ctr-link	filter	ctr-link
ctr-hosts	filter	ctr-hosts
ctr-cgroup	filter	ctr-cgroup
ctr-idmap	ender	ctr-idmap -u
ctr-config	ender	ctr-config -u
ctr-addr	ender	ctr-addr -u
ctr-net		ender	ctr-net -u
ctr-mount	ender	ctr-mount -u
ctr-name	ender	ctr-name -u
ctr-dns		ender	ctr-dns -u
ctr-ports	ender	ctr-ports -u
ctr-link	ender	ctr-link -u
ctr-hosts	ender	ctr-hosts -u
ctr-cgroup	ender	ctr-cgroup -u
ctr-status	sink	ctr-status
ctr-table	sink	ctr-table
ctr-json	sink	ctr-json
ctr-doctor	source	ctr-doctor -v
ctr-unit	unit	ctr-unit
ctr-unit	undoer	ctr-unit -u
ctrctl		driver	ctrctl list
'

# Lines that cannot be read, for printf.
bad_lines='
a field missing	shop_db\tport\ttcp
a field too many	shop_db\tfqdn\tdb.example.net\tagain
a port out of range	shop_db\tport\ttcp\t*\t65536\t80
a volume that is not absolute	shop_db\tvolume\tdb\t/srv\trw
an empty key	shop_db\t
an empty name	\tport\ttcp\t*\t8000\t8000
a name with a slash	../db\tcontainer\tshop\tdb
a name of 64 bytes	shop_45678901234567890123456789012345678901234567890123456789abcd\tafter\tshop_web
a NUL	shop_db\tenv\tA\tb\0c
an escape that there is not	shop_db\tenv\tA\tb\\x
a backslash at the end	shop_db\tenv\tA\tb\\
a carriage return	shop_db\tfqdn\tdb.example.net\r
an escape character	shop_db\tenv\tA\t\033[31m
bytes that are not UTF-8	shop_db\tenv\tA\t\377
an address that is none	shop_db\taddress\t10.66.0.256
a cgroup key with a slash	shop_db\tcgroup\t../memory.max\t1
a setting with a newline	shop_db\tconfig\tlxc.environment\ta\\nlxc.hook.start = /x
a fact twice	shop_db\tfqdn\ta.example.net\nshop_db\tfqdn\tb.example.net
'

tab=$(printf '\t')
cp "$top/man/examples/shop.yml" ctr.yml
project="shop${tab}project
"

# each KINDS FUNCTION: calls it with the program and the words of its command, for each of those kinds
each()
{
	echo "$programs" | while IFS=$tab read -r name a b c; do
		[ -n "$a" ] || { a=$b; b=$c; }
		# shellcheck disable=SC2086 # words
		case " $1 " in *" $a "*) "$2" "$name" $b ;; esac
	done
}

is 'the table has every program' "$(echo "$programs" | cut -f 1 | grep . | sort -u)" "$(ls "$build/bin")"

options()
{
	[ $# -lt 3 ] || [ "$3" != -u ] || return
	out_like="usage: $1*"
	check "$1 --help" 0 "$1" --help
	out_like="$1 [0-9]*"
	check "$1 --version" 0 "$1" --version
	err_like="$1: *nonesuch*usage: $1*"
	check "$1: unknown long option" 2 "$1" --nonesuch
	err_like="$1: *~*usage: $1*"
	check "$1: unknown option" 2 "$1" '-~'
	err="$1: cannot write to stdout: No space left on device"
	check "$1 --help, stdout full" 1 sh -c '"$1" --help >/dev/full' - "$1"
	err="$1: cannot write to stdout: Bad file descriptor"
	check "$1 --version, stdout closed" 1 sh -c '"$1" --version >&-' - "$1"
}
each 'source filter ender sink driver unit' options

full()
{
	shift
	who=$1
	[ "$who" != ctrctl ] || who=ctr-list # which it runs
	in=$project
	err="$who: cannot write to stdout: No space left on device"
	check "$*: stdout full" 1 sh -c '"$@" >/dev/full' - "$@"
	in=$project
	err="$who: cannot write to stdout: Bad file descriptor"
	check "$*: stdout closed" 1 sh -c '"$@" >&-' - "$@"
}
ok 'a container, for those that list' sh -c 'ctr-create shop_db container=shop:db template=busybox'
each 'source filter ender sink driver undoer' full

for c in status config 'explain up' '--dry-run up'; do
	err_like='ctr*: cannot write to stdout: No space left on device'
	check "ctrctl $c: stdout full" 1 sh -c "ctrctl $c >/dev/full"
	err_like='ctr*: cannot write to stdout: Bad file descriptor'
	check "ctrctl $c: stdout closed" 1 sh -c "ctrctl $c >&-"
done

# Records that are not for them: of another kind, with unknown facts, with an error on them. In one way the
# stream is not as writers write it: no blank line between records, a comment.
passes()
{
	shift
	in="# a comment
shop${tab}project
shop${tab}motto${tab}tab\\ttab${tab}
other${tab}project"
	out="shop${tab}project
shop${tab}motto${tab}tab\\ttab${tab}

other${tab}project
"
	check "$*: passes on what is not for it" 0 "$@"
	in=''
	out=''
	check "$*: nothing to do" 0 "$@" </dev/null
}
each 'filter ender' passes

failed()
{
	shift
	in="shop_no${tab}container${tab}shop${tab}no
shop_no${tab}port${tab}tcp${tab}*${tab}8000${tab}8000
shop_no${tab}error${tab}ctr-create${tab}no room
"
	out=$in
	check "$*: passes on what failed, and fails" 1 "$@"
}
each 'filter ender' failed

bad()
{
	shift
	printf '%s\n' "$bad_lines" | grep . | while IFS=$tab read -r what line; do
		# shellcheck disable=SC2059 # a format
		printf "shop\tproject\n\n$line\n\nother\tproject\n\n" >stream
		case $what in 'a fact twice') n=4 ;; *) n=3 ;; esac
		case $1 in ctr-select | ctr-table | ctr-json) out_like='*' ;; *) out=$project ;; esac
		err_like="$1: stdin: line $n: *"
		check "$*: $what" 2 "$@" <stream
	done
	case $1 in ctr-select | ctr-table | ctr-json) out_like='*' ;; *) out=$project ;; esac
	{ printf 'shop\tproject\n\nshop_db\tenv\tA\t'; head -c 1048576 /dev/zero | tr '\0' a; echo; } >stream
	err_like="$1: stdin: line 3: *longer than*"
	check "$*: a line of 1 MB" 2 "$@" <stream
	case $1 in ctr-select | ctr-table | ctr-json) out_like='*' ;; *) out=$project ;; esac
	printf 'shop\tproject\n\nshop_db\tafter\tshop_w' >stream
	err_like="$1: stdin: line 3: the input ends in the middle of it"
	check "$*: an end in the middle of a line" 2 "$@" <stream
}
each 'filter ender sink' bad
done_testing
