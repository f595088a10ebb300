#!/bin/sh
# README: what it shows at a prompt is run, in order, and must give what is shown there. Addresses are others on
# each host, and widths depend on them; containers are made side by side, so the order of lines is not compared.
. "${0%/*}/lib.sh"

# Each command into N.cmd, what is shown after it into N.out; the project file is what `cat ctr.yml` shows.
perl -e '
	while (<>) {
		last if /^NEWS/;
		$in = 0, next unless s/^    // || ($in && /^$/);
		# What explains a pipeline has lines with a # too.
		if (s/^[\$#] (?=(ctr[a-z-]*|cat|echo|busybox|lxc-attach|diff|join|grep) )//) {
			$in = 1;
			$n++;
			open $cmd, ">", sprintf("%02d.cmd", $n) or die;
			open $out, ">", sprintf("%02d.out", $n) or die;
			print $cmd $_;
		} elsif ($in) {
			print $out $_;
		}
	}' "$top/README"
cp 01.out ctr.yml
same() { sed -E 's/10\.66\.[0-9]+\.[0-9]+/ADDRESS/g; s/fd[0-9a-f]{2}:[0-9a-f:]+/ADDRESS/g; s/-{9,}/-/; s/ +/ /g; /^$/d' "$1" | sort; }

is 'the project file is the example' "$(cat ctr.yml)" "$(sed '/^#/d' "$top/man/examples/shop.yml")"
for cmd in [0-9]*.cmd; do
	bash "$cmd" >got 2>&1 </dev/null
	same got >"$T/got"
	is "$(cat "$cmd")" "$(cat "$T/got")" "$(same "${cmd%.cmd}.out")"
done

# The Makefile.
sed -n '/^    deploy:/,/^NEWS/{/^NEWS/d; s/^    //; p;}' "$top/README" >Makefile
echo 'a page' >index.md
ctrctl -q down
ok 'the Makefile deploys' make deploy
is 'its page' "$(busybox wget -q -O - http://127.0.0.1:8080/)" '<pre>
a page
</pre>'
out_like='*Name*shop_web*'
check 'again, it changes nothing' 0 make deploy
is 'indeed' "$(grep -c 'shop_web .*ctr-' "$T/got.out")" 0

# The table of programs, and the man pages.
is 'the table has every program' "$(sed -n '/^Programs/,/^Each/s/^    \(ctr[a-z-]*\) .*/\1/p' "$top/README" | sort)" \
    "$(ls "$build/bin")"
for program in "$build"/bin/*; do
	[ -e "$top/man/${program##*/}.1" ] || fail "${program##*/} has no man page"
done
done_testing
