#!/bin/sh
# ctr-parse on files that are large, deep or broken: an answer in little memory and time.
. "${0%/*}/lib.sh"

# bounded DESCRIPTION STATUS: of the file on stdin, within 5 s and 300 MB; expects in $err_like the message
bounded()
{
	cat >p.yml
	set -- "$1" "$2" sh -c 'ulimit -v "$0"; exec timeout 60 ctr-parse -f p.yml -p p' 300000
	# The address sanitizer reserves more address space than there is memory.
	! grep -q __asan_init "$build/bin/ctr-parse" || set -- "$1" "$2" timeout 50 ctr-parse -f p.yml -p p
	check "$@"
}

err="ctr-parse: 'p.yml' is larger than 16 MiB, which no project file may be"
truncate -s 100M p.yml
check 'a document of 100 MB' 2 timeout 60 ctr-parse -f p.yml
err="ctr-parse: 'stdin' is larger than 16 MiB, which no project file may be"
check 'one without an end' 2 sh -c 'exec timeout 60 ctr-parse -f - </dev/zero'

{
	echo 'name: p'
	echo 'defaults: &x0 {environment: &a0 [a, a, a, a, a, a, a, a, a]}'
	echo 'containers:'
	for i in 1 2 3 4 5 6 7 8 9; do
		a="*a$((i - 1))"
		echo "  c$i: {environment: &a$i [$a, $a, $a, $a, $a, $a, $a, $a, $a]}"
	done
} >laughs.yml
err_like="p.yml:2:29: environment: it is a list, where text or a map is expected
*p.yml:11:21: environment: it is a list, where text or a map is expected"
bounded 'a billion laughs in lists' 2 <laughs.yml

{
	echo 'containers:'
	echo "  c: {environment: &m {$(seq -f 'A%g: 1,' 2000 | tr -d '\n')}}"
	for i in $(seq 1000); do echo "  c$i: {environment: {<<: *m}}"; done
} >merge.yml
err_like='p.yml:499:30: the file has more than 1000000 values, or its merge keys make as many'
bounded 'merge keys that make a million values' 2 <merge.yml

{
	echo "defaults: {environment: [$(seq -f 'A%g=1,' 10000 | tr -d '\n')]}"
	echo 'containers:'
	for i in $(seq 1000); do echo "  c$i:"; done
} >defaults.yml
err_like="p.yml:1:*: environment: aliases and defaults make the file's records larger than 256 MiB; the rest is not read"
bounded 'defaults that make ten million facts' 2 <defaults.yml

yes '[' | head -n 100000 | tr -d '\n' >deep.yml
err='p.yml:1:33: it is nested more than 32 deep'
bounded 'nested 100,000 deep' 2 <deep.yml

err='p.yml:1:11: fqdn: the value is longer than 130048 bytes'
{ printf 'a: {fqdn: '; head -c 1000000 /dev/zero | tr '\0' a; echo '}'; } >text.yml
bounded 'a text of 1 MB' 2 <text.yml

# Nothing is quadratic: chains, knots, many of one kind.
seq 30000 | awk '{print "c" $1 ": {after: c" $1 + 1 "}"} END {print "c" $1 + 1 ": {}"}' >chain.yml
out_like='p	project

p_c30001	container	p	c30001

p_c30000	container	p	c30000
p_c30000	after	p_c30001
*'
bounded 'a chain of 30,000' 0 <chain.yml
seq 0 9999 | awk '{print "c" $1 ": {links: c" ($1 + 9999) % 10000 "}"}' >circle.yml
out_like='p	project*'
bounded 'a circle of 10,000 links' 0 <circle.yml
grep '^p_' "$T/got.out" >records
is 'of which all but one are followed' "$(grep -c '	link	' records) $(grep -c '	after	' records)" '10000 9999'
{ echo 'a: {ports: ['; seq -f '%g:1,' 65535 | tr -d '\n'; echo; echo ']}'; } >ports.yml
out_like='p	project

p_a	container	p	a
p_a	port	tcp	*	1	1
*'
bounded '65,535 ports' 0 <ports.yml
seq -s , -f 'key%g: x' 50000 | sed 's/.*/containers: {a: {&}}/' >keys.yml
err_like='p.yml:1:18: unknown key*'
bounded '50,000 unknown keys' 2 <keys.yml
is 'each is told' "$(grep -c 'unknown key' "$T/got.err")" 50000

# The projects above, changed in places that a fixed generator chooses: either records, each line of them well
# formed, or errors with their place.
cat >mutate.pl <<'E2'
use strict;
my ($seed, $file) = @ARGV;
sub number { $seed = ($seed * 1103515245 + 12345) % 2147483648; return int($seed / 65536) % $_[0]; }
local $/;
open my $in, '<', $file or die;
my $text = <$in>;
my @bits = ("\n", ' ', '  ', ':', ': ', '- ', '[', ']', '{', '}', ',', '"', "'", '&a ', '*a', '<<: ', '$', '${', '#', '!', '|',
    '>', '?', "\t", "\0", "\377", '%', '@', '0', '-', '/', '..', '=', "\\", 'name', "\n---\n", "\303\244");
for (0 .. number(2)) {
	my $at = number(length $text);
	my $what = number(3);
	if ($what == 0) { substr($text, $at, 0) = $bits[number(scalar @bits)]; }
	elsif ($what == 1) { substr($text, $at, number(8)) = ''; }
	else { substr($text, $at, 0) = substr($text, number(length $text), number(40)); }
}
print $text;
E2
cat >all.yml <<'E2'
name: shop
lxcpath: ./lxc
defaults: &d {template: busybox, environment: [TZ=UTC, A=default], links: db, command: sleep 1}
containers:
    db: {after: [], ports: 22:22, environment: [A=own], address: [10.66.0.7, "fd00::1"]}
    web: &web
        download: {dist: debian, release: bookworm, arch: amd64}
        ports: ["192.0.2.1:80:80", "[2001:db8::1]:80:80/tcp", "8000-8010:8000-8010/udp", 1:1/sctp]
        volumes:
        - {host: a:b/../c/, container: /x/, options: [ro, nocopy]}
        - $project_$name/${name}x/$$/$5:/v
        links: {db: [database, data.base]}
        after: shop_db
        cgroup: ["memory.max = 100M", cpu.weight=1]
        environment: {X: $name, Y: "", Z: "a=b $$x"}
        config: {lxc.cap.drop: [sys_time, sys_module], lxc.prlimit.nofile: 1024}
        network: none
        autostart: true
        fqdn: $name.$project.example.net
        command: [sh, -c, "echo $X", ""]
    clone: {<<: *web, clone: {name: web, snapshot: true, backend: overlay}, ports: [], network: default}
    ext: {clone: "base:snapshot", ports: "7:7", links: [clone, "web:w1", "web:w2,w3"], network: br0}
E2
wrong=0 good=0
seed=0
while [ $((seed += 1)) -le 200 ]; do
	perl mutate.pl "$seed" all.yml >m.yml
	ctr-parse -f m.yml >out 2>err
	case $? in
	0) [ ! -s err ] && ! grep -qvE '^($|shop[^	]*	[a-z]+(	|$))' out && good=$((good + 1)) ;;
	2) [ ! -s out ] && [ -s err ] && ! grep -qavE '^m\.yml:[0-9]+:[0-9]+: .' err ;;
	*) false ;;
	esac || { wrong=$((wrong + 1)); echo "seed $seed" | diag; diag <err; }
done
is '200 changed files' "$wrong" 0
ok 'some of which are good still' test "$good" -gt 10
ok 'as others are not' test "$good" -lt 190
done_testing
