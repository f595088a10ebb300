#!/bin/sh
# ctr-parse: what a project file may say, and the records that come of it.
. "${0%/*}/lib.sh"

# parse DESCRIPTION [ARG]...: of ./ctr.yml, which is stdin of this; expects $out, tabs written as |
parse()
{
	what=$1
	shift
	cat >ctr.yml
	out="$(echo "$out" | tr '|' '\t')
"
	check "$what" 0 ctr-parse "$@"
}

# facts DESCRIPTION: of a container `a` with the keys on stdin, in project p beside b, c and d; expects $out, its facts
facts()
{
	{
		printf 'name: p\ncontainers:\n  a:\n'
		sed 's/^/    /'
		printf '  b: {template: x}\n  c: {template: x}\n  d: {template: x}\n'
	} >ctr.yml
	ctr-parse >got 2>err || diag <err
	is "$1" "$(sed -n 's/^p_a	\(.*\)/\1/p' got | grep -v ^container | tr '\t' '|')" "$out"
	unset out
}

cp "$top/man/examples/locker.yml" .
out="$(tr '|' '\t' <<'E2'
locker|project

locker_db|container|locker|db
locker_db|template|ubuntu|--release|precise
locker_db|port|tcp|*|8000|8000
locker_db|port|udp|*|8000|8000
locker_db|port|tcp|*|8001|8001
locker_db|volume|/opt/data/db/var_log|/var/log|rw
locker_db|volume|/opt/data/db/etc|/etc|rw
locker_db|fqdn|db.example.net

locker_web|container|locker|web
locker_web|clone|ubuntu
locker_web|port|tcp|192.168.2.123|8002|8002
locker_web|port|tcp|192.168.2.123|8003|8003
locker_web|port|udp|192.168.2.123|8003|8003
locker_web|volume|/opt/data/web/var_log|/var/log|rw
locker_web|link|locker_db|database
locker_web|after|locker_db

locker_foo|container|locker|foo
locker_foo|template|ubuntu|--release|precise
locker_foo|link|locker_db
locker_foo|after|locker_db
locker_foo|cgroup|memory.limit_in_bytes|200000000
locker_foo|cgroup|cpuset.cpus|0,1
locker_foo|cgroup|cpu.shares|512
E2
)
"
check "the example of the ancestor's README" 0 ctr-parse -p locker

# The two forms, and names.
out='shop|project

shop_db|container|shop|db
shop_db|template|busybox'
parse 'with the key containers' <<'E2'
name: shop
containers:
    db: {template: busybox}
E2
out='work|project

work_name|container|work|name
work_name|template|busybox'
parse 'without it, every key is a container, the directory gives the name' <<'E2'
name: {template: busybox}
E2
out='q|project

q_db|container|q|db
q_db|template|busybox'
parse '-p overrides both' -p q <<'E2'
name: shop
containers:
    db: {template: busybox}
E2
out='shop|project
shop|lxcpath|/run/test/work/lxc'
parse 'lxcpath, and no container at all' <<'E2'
name: shop
lxcpath: lxc
containers: {}
E2

# Where the file is.
rm -f ctr.yml locker.yml
for f in locker.yaml locker.yml ctr.yaml ctr.yml; do
	echo "$f: {template: busybox}" >$f
	is "$f before those after it" "$(ctr-parse | sed -n 's/.*	container	work	//p')" $f
done
mkdir sub
echo 'a: {volumes: [x:/x, ../y/./z/:/y/, $name/$project:/z]}' >sub/p.yml
out=$(printf 'sub\tproject\n\nsub_a\tcontainer\tsub\ta\nsub_a\tvolume\t/run/test/work/sub/x\t/x\trw
sub_a\tvolume\t/run/test/work/y/z\t/y\trw\nsub_a\tvolume\t/run/test/work/sub/a/sub\t/z\trw\n.')
out=${out%.}
check '-f: the directory is that of the file, its name too' 0 ctr-parse -f sub/p.yml
ln -s sub/p.yml link.yml
is '-f with a link: where the link is' "$(ctr-parse -f link.yml | sed -n 's/.*volume	\(.*\)	.x	rw/\1/p')" /run/test/work/x
in='a: {volumes: x:/x}'
out=$(printf 'work\tproject\n\nwork_a\tcontainer\twork\ta\nwork_a\tvolume\t/run/test/work/x\t/x\trw\n.')
out=${out%.}
check '-f -: stdin, in this directory' 0 ctr-parse -f -
rm -f locker.* ctr.yaml

# Each key, in each form.
out='template|busybox' facts 'template' <<'E2'
template: busybox
E2
out='template|ubuntu|--release|precise|--arch|amd64' facts 'template: a map' <<'E2'
template: {release: precise, name: ubuntu, arch: amd64}
E2
out='template|download|--dist|debian|--release|12|--arch|amd64' facts 'download' <<'E2'
download: {dist: debian, release: 12, arch: amd64}
E2
out='clone|p_b' facts 'clone: of the same project' <<'E2'
clone: b
E2
out='clone|base' facts 'clone: of another container' <<'E2'
clone: base
E2
out='clone|base|snapshot|backend=overlay' facts 'clone: a map' <<'E2'
clone: {name: base, snapshot: true, backend: overlay}
E2
out='clone|p_c' facts 'clone: a map, no snapshot' <<'E2'
clone: {name: c, snapshot: false}
E2
out='port|tcp|*|22|22
port|udp|*|80|8080
port|sctp|*|81|81
port|tcp|192.0.2.1|443|443
port|tcp|2001:db8::1|443|443
port|udp|::1|5|5
port|tcp|*|8000-8010|8000-8010' facts 'ports' <<'E2'
ports:
- 22:22
- 80:8080/udp
- 81:81/sctp
- 192.0.2.1:443:443
- "[2001:db8::1]:443:443/tcp"
- "[::1]:5:5/udp"
- 8000-8010:8000-8010
E2
out='port|tcp|*|22|22' facts 'one item where a list is expected' <<'E2'
ports: 22:22
E2
out='volume|/a|/b|rw
volume|/a|/c|ro
volume|/a|/d|ro,nocopy
volume|/run/test/work/e|/e|rw
volume|/run/test/f:g|/f|ro,nocopy
volume|/g|/g|nocopy' facts 'volumes' <<'E2'
volumes:
- /a:/b
- /a/:/c/:ro
- /a:/d:ro,nocopy
- ./e:/e:rw
- {host: "../f:g/", container: /f/, options: [ro, nocopy]}
- host: /g
  container: /g
  options: nocopy
E2
out='link|p_b
link|p_c|x|y.example.net
link|p_d|z
after|p_b
after|p_c
after|p_d' facts 'links' <<'E2'
links:
- b
- c:x,y.example.net
- p_d:z
E2
out='link|p_b|x|y|z
after|p_b' facts 'links: all names of one container' <<'E2'
links: [b, "b:x,y", "p_b:y,z"]
E2
out='link|p_b|x
link|p_c|y|z
after|p_b
after|p_c' facts 'links: a map' <<'E2'
links: {b: x, c: [y, z]}
E2
out='link|p_b
link|p_c|x|y
link|p_d|z
backlink|p_b
backlink|p_c
backlink|p_d
after|p_b
after|p_c
after|p_d' facts 'links: backlinks, in both kinds of map' <<'E2'
links:
- {name: b, backlink: true}
- {name: c, alias: [x, y], backlink: true}
- {d: z, backlink: true}
- {name: b, backlink: true}
- {name: c, backlink: false}
E2
out='link|p_b|name
backlink|p_b
after|p_b' facts 'links: one map' <<'E2'
links: {name: b, alias: name, backlink: true}
E2
out='link|p_b|5432
forward|p_b|tcp|127.0.0.1|5432|5432
forward|p_c|udp|127.1.2.3|53|5353
forward|p_b|tcp|127.0.0.1|53|1
forward|p_b|udp|127.0.0.1|53|2
after|p_b
after|p_c' facts 'links: forwards' <<'E2'
links: ["127.0.0.1:5432:b:5432", 127.1.2.3:53:p_c:5353/udp, 53:b:1/tcp, 53:b:2/udp, b:5432]
E2
out='after|p_b
after|p_c' facts 'after' <<'E2'
after: [b, p_c]
E2
out='link|p_b
after|p_b' facts 'after, said by a link too' <<'E2'
links: b
after: b
E2
out='fqdn|a.p.example.net' facts 'fqdn' <<'E2'
fqdn: $name.${project}.example.net
E2
out='cgroup|memory.max|200M
cgroup|cpuset.cpus|0,1
cgroup|cpu.shares|a=b' facts 'cgroup: blanks around the first = dropped' <<'E2'
cgroup:
- memory.max = 200M
- cpuset.cpus=0,1
- "cpu.shares= a=b "
E2
out='cgroup|memory.max|200M
cgroup|cpu.weight|010' facts 'cgroup: a map, its text as written' <<'E2'
cgroup: {memory.max: 200M, cpu.weight: 010}
E2
out='env|A|1
env|B|x=y z
env|C|' facts 'environment' <<'E2'
environment: [A=1, B=x=y z, C=]
E2
out='env|A|yes
env|B|~
env|C|
env|D|1e3' facts 'environment: a map, its text as written' <<'E2'
environment: {A: yes, B: ~, C: "", D: 1e3}
E2
out="command|sh|-c|echo \"it's\" \$name|" facts 'command: words with quotes' <<'E2'
command: sh -c "echo \"it's\" $name" ''
E2
out='command|sh|-c|echo $name|' facts 'command: a list' <<'E2'
command: [sh, -c, echo $name, ""]
E2
out='command|httpd|-f|-p|80' facts 'command: a folded text' <<'E2'
command: >
    httpd -f
    -p 80
E2
out='config|lxc.cap.drop|sys_time
config|lxc.cap.drop|sys_module
config|lxc.environment|X=a' facts 'config' <<'E2'
config: [lxc.cap.drop=sys_time, lxc.cap.drop = sys_module, lxc.environment=X=$name]
E2
out='config|lxc.cap.drop|sys_time
config|lxc.cap.drop|sys_module
config|lxc.prlimit.nofile|1024' facts 'config: a map' <<'E2'
config: {lxc.cap.drop: [sys_time, sys_module], lxc.prlimit.nofile: 1024}
E2
out='autostart|true' facts 'autostart' <<'E2'
autostart: true
E2
out='autostart|false' facts 'autostart: false' <<'E2'
autostart: false
E2
out='' facts 'network: the default' <<'E2'
network: default
E2
out='network|none' facts 'network: none' <<'E2'
network: none
E2
out='network|br0' facts 'network: a bridge' <<'E2'
network: br0
E2
out='address|10.66.0.7' facts 'address' <<'E2'
address: 10.66.0.7
E2
out='address|10.66.0.7
address|fd00::7' facts 'address: both families' <<'E2'
address: [10.66.0.7, "fd00::7"]
E2
out='dns|$bridge' facts 'dns' <<'E2'
dns: $bridge
E2
out='dns|192.0.2.53
dns|fd00::53
dns|$copy' facts 'dns: a list' <<'E2'
dns: [192.0.2.53, "fd00::53", $copy]
E2
out='template|x
command|c
port|tcp|*|1|1
volume|/v|/v|rw
link|p_b
after|p_b
after|p_c
fqdn|f
cgroup|memory.max|1
env|E|1
config|lxc.a|1
autostart|true
network|none
address|10.66.0.7' facts 'facts in their canonical order, whatever that of the keys' <<'E2'
address: 10.66.0.7
network: none
autostart: true
config: lxc.a=1
environment: E=1
cgroup: memory.max=1
fqdn: f
after: c
links: b
volumes: /v:/v
ports: 1:1
command: c
template: x
E2

# What is replaced, and where.
out='volume|/a/p/p_a/a.p|/p|rw
volume|/$/$5/x$|/a/a|rw
env|A|p_a $name $$ ${name} a1 $_
config|lxc.x|p' facts '$name, $project, $$' <<'E2'
volumes:
- /$name/$project/$project_$name/${name}.${project}:/$project
- /$$/$5/x$:/$name/$name
environment: {A: "$project_$name $$name $$$$ $${name} ${name}1 $_"}
config: {lxc.x: $project}
E2

# Aliases and merge keys.
out='p|project

p_a|container|p|a
p_a|template|busybox
p_a|port|tcp|*|1|1
p_a|env|A|1
p_a|env|B|2

p_b|container|p|b
p_b|template|busybox
p_b|port|tcp|*|2|2
p_b|env|A|1
p_b|env|B|2

p_c|container|p|c
p_c|clone|p_a
p_c|port|tcp|*|3|3
p_c|env|C|4
p_c|env|A|3
p_c|env|B|2

p_d|container|p|d
p_d|template|busybox
p_d|port|tcp|*|4|4
p_d|env|A|1
p_d|env|B|2
p_d|autostart|true'
parse 'aliases and merge keys' -p p <<'E2'
a: &a
    template: &t busybox
    ports: 1:1
    environment: &e {A: 1, B: 2}
b: {template: *t, ports: 2:2, environment: *e}
c: {<<: *a, clone: a, ports: 3:3, environment: {C: 4, A: 3, <<: *e}}
d: {ports: 4:4, <<: [{autostart: true}, *a, {autostart: false}]}
E2

# Defaults.
out='p|project

p_a|container|p|a
p_a|template|busybox
p_a|command|one
p_a|volume|/own|/v|rw
p_a|volume|/default|/w|rw
p_a|cgroup|cpu.weight|5
p_a|env|A|own
p_a|env|C|own
p_a|env|B|default

p_b|container|p|b
p_b|clone|p_a
p_b|command|two
p_b|volume|/default|/v|rw
p_b|volume|/default|/w|rw
p_b|link|p_a|y|x
p_b|after|p_a
p_b|cgroup|memory.max|1
p_b|cgroup|cpu.weight|1
p_b|env|A|default
p_b|env|B|default

p_c|container|p|c
p_c|template|debian
p_c|command|one
p_c|volume|/default|/v|rw
p_c|volume|/default|/w|rw
p_c|link|p_a|x
p_c|after|p_a
p_c|cgroup|memory.max|1
p_c|cgroup|cpu.weight|1
p_c|env|A|default
p_c|env|B|default

p_d|container|p|d
p_d|template|busybox
p_d|command|one
p_d|volume|/default|/v|rw
p_d|volume|/default|/w|rw
p_d|link|p_a|x
p_d|after|p_a
p_d|cgroup|memory.max|1
p_d|cgroup|cpu.weight|1
p_d|env|A|default
p_d|env|B|default'
parse 'defaults: text and maps are overridden, lists joined, repeats dropped' <<'E2'
name: p
defaults:
    template: {name: busybox}
    command: one
    volumes: [/default:/v, /default:/w]
    links: a:x
    cgroup: {memory.max: 1, cpu.weight: 1}
    environment: [A=default, B=default]
containers:
    a: {volumes: /own:/v, cgroup: {cpu.weight: 5}, environment: [A=own, C=own]}
    b: {clone: a, command: two, links: "a:y"}
    c: {template: debian}
    d:
E2

# The order of records, and circles of links.
order()
{
	cat >ctr.yml
	ctr-parse | sed -n 's/.*	container	work	/:/p; s/.*	after	work_/</p' | tr -d '\n'
}
is 'records as in the file' "$(printf 'c: {}\na: {}\nb: {}\n' | order)" ':c:a:b'
is 'what others need comes before them' "$(order <<'E2'
web: {after: [db, mail], clone: base}
foo: {}
mail: {}
db: {clone: disk}
disk: {}
base: {}
E2
)" ':base:disk:db:mail:web<db<mail:foo'
is 'two that link to each other' "$(order <<'E2'
a: {links: b}
b: {links: a}
E2
)" ':b:a<b'
is 'a circle of links, and an after that stays' "$(order <<'E2'
a: {links: b}
b: {links: c}
c: {after: a, links: b}
E2
)" ':b:a<b:c<b<a'
is 'a circle of links in file order' "$(order <<'E2'
a: {links: b}
c: {links: a}
b: {links: c}
E2
)" ':b:a<b:c<a'
is 'a clone that is started before its source' "$(order <<'E2'
a: {after: b}
b: {clone: a}
E2
)" ':b:a<b'
is 'a link to itself' "$(echo 'a: {links: a:me}' | order)" ':a'
is 'forwards order as links do' "$(order <<'E2'
a: {links: "80:b:80"}
b: {}
E2
)" ':b:a<b'
cat >ctr.yml <<'E2'
name: p
defaults:
    links: [{name: b, backlink: true}, 127.0.0.1:1:b:1, 127.0.0.1:2:b:2]
containers:
    a: { links: [127.0.0.1:1:a:9, b:x] }
    b: {}
E2
is 'defaults: forwards give way to own ones, nobody tells itself names' "$(ctr-parse | grep 'link\|forward' | tr '\t' '|')" \
    'p_a|link|p_b|x
p_a|backlink|p_b
p_a|forward|p_a|tcp|127.0.0.1|1|9
p_a|forward|p_b|tcp|127.0.0.1|2|2'

# Text is UTF-8, and stays what it is.
out="env|A|grün \\\\ 'q' \"" facts 'text' <<'E2'
environment: {A: "gr\u00fcn \\ 'q' \""}
E2
printf '\357\273\277a: {template: busybox}\n' >ctr.yml
is 'a byte order mark' "$(ctr-parse | sed -n 3p)" "work_a	container	work	a"

# What it writes is what the other programs read.
ctr-parse -f "$top/man/examples/locker.yml" -p locker >records
check 'a record stream' 0 sh -c 'ctr-select <records | cmp - records'
done_testing
