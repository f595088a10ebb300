#!/bin/sh
# The EXAMPLES of the man pages, run.
#
# Each literal display (.Bd -literal) of a page's section EXAMPLES that begins with a prompt, `# ` or `$ `, is run by
# one bash -e and must exit 0. A line with a prompt is a command; a line after it that begins with a tab, or
# follows one that ends with a backslash, continues it; other lines are output, for people. A display that
# does not begin with a prompt is not run.
#
# Each page has a sandbox of its own. In its directory are the files of man/examples, ctr.yml being
# shop.yml, which is up, and a page to serve, pages/index.html; the displays of a page are run in order, so that one sees what the one before it did.
# Without a terminal, and without a network outside.

if [ $# = 0 ]; then
	# Not in a sandbox: only runs itself for each page, some at once, and puts the results together.
	cd "${0%/*}" || exit 1
	out=$(mktemp -d) || exit 1
	trap 'rm -r "$out"' EXIT
	printf '%s\n' ../man/*.[1-8] | xargs -P "$(nproc)" -n 1 sh -c \
	    'sh "$1" "$2" >"$0/${2##*/}" 2>&1 || echo "# exit status $?" >>"$0/${2##*/}"' "$out" ./examples.t
	cat "$out"/* | grep -v '^1\.\.\|^#'
	# What went wrong is for stderr, which prove(1) shows.
	cat "$out"/* | grep '^#' >&2
	echo "1..$(cat "$out"/* | grep -c '^ok\|^not ok')"
	! grep -q '^not ok\|^# exit status\|^Bail out' "$out"/*
	exit $?
fi

page=${1##*/}
. "${0%/*}/lib.sh"

mandoc -T html -O fragment "$top/man/$page" | perl -ne '
	$in = /"EXAMPLES"/ if /<h1 /;
	next unless $in;
	if (s/^.*<pre>//) { $file = sprintf "%02d", ++$n; $cmd = $run = ""; $first = 1 }
	$end = s/<\/pre>.*//s;
	if ($file) {
		s/<[^>]*>//g; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#x00A0;/ /g; s/&amp;/&/g;
		chomp;
		if (s/^[#\$] //) { $run .= "$_\n"; $cont = 1 }
		elsif ($cont && ($run =~ /\\\n$/ || /^\t/)) { $run .= "$_\n" }
		else { $cont = 0; $file = "" if $first }
		$first = 0;
	}
	if ($end && $file) { open my $f, ">", "../$file.cmd" or die; print $f $run; close $f; $file = "" }
'
if ! ls ../*.cmd >/dev/null 2>&1; then
	pass "$page has no examples"
	done_testing
fi

cp -r "$top"/man/examples/* . && cp shop.yml ctr.yml && mkdir -p pages && echo 'It works' >pages/index.html || exit 1
ok "$page: before: ctrctl up" ctrctl up
for f in ../*.cmd; do
	ok "$page: $(head -n 1 "$f")" bash -ex "$f"
done
done_testing
