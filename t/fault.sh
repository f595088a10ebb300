# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# For the tests of faults, after lib.sh: one call after the other fails, of those that a program of ctrkit makes itself.
# It says so, nothing is lost, and the same command again, undisturbed, puts it right.

# t/fault.c. The address sanitizer, which wants to be first, is second then.
fault=$build/t/fault.so
make -s -C "$top" BUILD="$build" "$fault" >"$TMPDIR/make" 2>&1 || { diag <"$TMPDIR/make"; exit 1; }
faults=0
many=$(of_all 32 4) # from there on they are thinned out
ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0

# All that the programs write to disk, a line each, into the file $1; but for locks and logs. What they keep in the kernel
# is told by the second, undisturbed run.
state()
{
	to=$1
	set -- "$CTR_STATE" "$PWD/vol" "$CTR_HOSTS"
	for f in "$CTR_LXCPATH"/p_*; do
		[ ! -d "$f/rootfs/etc" ] || set -- "$@" "$f/rootfs/etc"
		[ ! -d "$f" ] || set -- "$@" "$f"
	done
	find "$@" \( -name rootfs -o -name lock -o -name '*.log' \) -prune -o \( -type l -printf '%l  %p\n' \
	    -o -type d -printf 'directory  %p\n' -o -exec md5sum {} + \) >"$to"
	state_more >>"$to"
}

# What else a test compares: a word and a name a line.
state_more() { :; }

# same STATE STATE
same()
{
	awk 'FILENAME == ARGV[1] { a[$0]; next } $0 in a { n++; next } { print "not there: " $0; bad = 1 }
	END { for (f in a) m++; if (n != m) print "of " m " there are " n; exit bad || n != m }' "$1" "$2"
}

# settled STATE: whether in ./now each file is as in ./a or ./b, or on the way from one to the other in ./between, and what
# both have is there; and ./after is as STATE. That a container is half made stands in CTR_STATE/create meanwhile, and then
# its files may be anything.
settled()
{
	awk 'FILENAME == "a" { a[$2] = $1 } FILENAME == "b" { b[$2] = $1 }
	FILENAME == "between" { c[$2 $1] } FILENAME == want { w[$0] }
	FILENAME == "now" && match($2, "/state/create/[^@]*@") { half = substr($2, RSTART + 14, RLENGTH - 15) }
	FILENAME == "now" && $2 !~ "/state/create/" && !(half != "" && index($2, "/lxc/" half "/")) {
		seen[$2]
		if ($1 != a[$2] && $1 != b[$2] && !($2 $1 in c)) { print "neither old nor new: " $2; bad = 1 }
	}
	FILENAME == "after" && !($0 in w) { print "not put right: " $0; bad = 1 }
	FILENAME == "after" { delete w[$0] }
	END {
		for (f in a) if (f in b && !(f in seen)) { print "lost: " f; bad = 1 }
		for (f in w) { print "not made good: " f; bad = 1 }
		exit bad
	}' "want=$1" a b between now after
}
: >between

undisturbed()
{
	( eval "exec $1" ) >out 2>err || { echo "status $? of $1"; cat err; return 1; }
	[ ! -s err ] || { echo "said by $1:"; cat err; return 1; }
}

# disturbed CLASS N COMMAND: runs it so; with a '+' behind the class, all calls from the Nth on fail. 2 where there was no such
# call any more, 3 where it did without, which is for the caller to judge; else it must fail, and say why.
disturbed()
{
	log=$TMPDIR/fault.$((faults += 1))
	case $1 in *+) which=${1%+}:$2+ ;; *) which=$1:$2 ;; esac
	( eval "export LD_PRELOAD=$fault FAULT=$which FAULT_LOG=$log; exec $3" ) >out 2>err
	got=$?
	if [ ! -s "$log" ]; then
		[ "$got" = 0 ] && return 2
		echo "status $got without a fault"
		return 1
	fi
	[ "$got" != 0 ] || return 3
	case $got in 1 | 2) ;; *) echo "status $got"; return 1 ;; esac
	[ -s err ] || { echo "status $got, and not a word"; return 1; }
	while read -r line; do
		case $line in *': Success') echo "no reason: $line"; return 1 ;; ctr*': '?*) ;; *) echo "no message: $line"; return 1 ;; esac
	done <err
}

# step: to the next N: with CTR_TEST_ALL, as make sanitize and make cover have it, each call fails once; else each
# N is half as large again as the one before.
step()
{
	[ -n "${CTR_TEST_ALL-}" ] || n=$((n + n / 2))
	n=$((n + 1))
}

# reader CLASSES COMMAND: of what only reads and writes pipes, each call of these classes fails once. Of a class with a '?'
# it may do without, and then writes what it always does. The last run is undisturbed.
reader()
{
	undisturbed "$2" >why || { fail "$2"; diag <why; return; }
	mv out whole
	for class in $1; do
		n=0 may=0 bad=
		case $class in *\?) may=1 class=${class%?} ;; esac
		while step && [ $n -le 400 ] && [ ${#bad} -lt 20 ]; do
			disturbed "$class" "$n" "$2" >why
			got=$?
			[ "$got" != 2 ] || break
			if [ "$got" = 1 ] || { [ "$got" = 3 ] && ! { [ "$may" = 1 ] && cmp whole out >>why; }; }; then
				bad="$bad $n"
				{ echo "$2: $class $n:"; cat why out err; } | diag
			fi
		done
		is "$2: $class, up to $((n - 1))" "$bad" ''
		[ "$n" -gt 1 ] || fail "$2: there is no $class"
	done
}

# writer CLASSES COMMAND BACK: the same for COMMAND and by turns for BACK, which leads to where it began: afterwards each file is
# old or new, and when it is run again, undisturbed, all are new. Of allocations, and of what it may do without, only some are
# taken where they are many.
writer()
{
	if ! { undisturbed "$3" >why && state b && undisturbed "$2" >why && state a && undisturbed "$3" >why; }; then
		fail "$2"
		diag <why
		return
	fi
	for class in $1; do
		may=0 n=1 bad=
		case $class in *\?) may=1 class=${class%?} ;; esac
		while [ "$n" -le 1000 ] && [ ${#bad} -lt 20 ]; do
			more=
			turn a "$2"
			turn b "$3"
			[ -n "$more" ] || break
			case $class$may in malloc* | *1) [ "$n" -lt "$many" ] || n=$((n + n / 4)) ;; esac
			step
		done
		is "$2: $class, up to $((n - 1))" "$bad" ''
		[ "$n" -gt 1 ] || fail "$2: there is no $class"
	done
}

# turn STATE COMMAND: the writer's, for one call of one class.
turn()
{
	disturbed "$class" "$n" "$2" >why
	got=$?
	[ "$got" != 2 ] || return
	more=1
	# Its child may live on for an instant, where it had no memory for more than to say so. Ended with it, the child
	# leaves what it was writing beside a file or a directory, as after any kill; the undisturbed run takes that away.
	case $class in malloc*) for lock in "$CTR_STATE"/lock/*; do flock "$lock" true; done ;; esac
	state now
	case $class in malloc*) sed -i '/\/\.[^/]*ctr-new[^/]*\(\/.*\)\?$/d' now ;; esac
	if [ "$got" = 3 ]; then
		[ "$may" = 1 ] && same "$1" now >>why && return
	elif [ "$got" = 0 ]; then
		undisturbed "$2" >>why && state after && settled "$1" >>why && return
	fi
	bad="$bad $n"
	{ echo "$2: $class $n: $got"; cat why err; } | diag
	undisturbed "$2" >why
}
