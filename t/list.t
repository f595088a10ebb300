#!/bin/sh
# ctr-list: what is on disk, in the order of ctr-parse, and what the project file has no more.
. "${0%/*}/lib.sh"

check 'no container: no record' 0 ctr-list
check 'no directory of containers' 0 ctr-list -P "$T/none"

cat >ctr.yml <<EOT
name: shop
containers:
  a:
    clone: z
    after: [m, web]
    fqdn: a.example.net
    environment: { E: "a b", BACK: 'a\b' }
  db:
    template: busybox
    ports: ["8000:8000", "[2001:db8::1]:80-81:90-91/udp"]
    volumes: ["./db:/srv/db:ro"]
    cgroup: ["memory.max = 64M"]
    config: ["lxc.cap.drop=sys_time"]
    command: ["sh", "-c", "sleep 1000"]
    autostart: true
  m:
    clone: z
  web:
    clone: z
    links: ["db:database,d", m]
  z:
    template: busybox
EOT
busybox_base shop_hand
ctr-parse | ctr-create -q | ctr-addr | ctr-config | ctr-mount | ctr-name | ctr-net | ctr-cgroup | ctr-start | ctr-ports |
    ctr-link >applied
ok 'all is applied' sh -c '! grep -P "\terror\t" applied'
check 'diff of what is declared and what is on disk is empty' 0 sh -c 'ctr-parse >p && ctr-list -p shop | diff p -'
is 'and it has them all, and not what was made by hand' "$(ctr-list | grep -c container)" 5

# Another project, and a file that is not in the order of the names.
mkdir other && cat >other/ctr.yml <<EOT
name: blog
containers:
  z: { template: busybox, network: none }
  b: { clone: z, network: none }
  a: { clone: b, network: none }
EOT
(cd other && ctr-parse | ctr-create | ctr-addr >applied)
order() { ctr-list -p "$1" | cut -f 1 | uniq | grep . | tr '\n' ' '; }
is 'projects by name, each with its record first' "$(ctr-list | cut -f 1 | uniq | grep . | tr '\n' ' ')" \
    "blog blog_z blog_b blog_a $(order shop)"
is '-p: a project alone' "$(ctr-list -p blog | cut -f 1 | uniq | grep . | tr '\n' ' ')" 'blog blog_z blog_b blog_a '
out='blog	project

blog_a	container	blog	a
blog_a	clone	blog_b
blog_a	network	none
'
check 'by full name' 0 ctr-list blog_a
out='blog	project

blog_a	container	blog	a
blog_a	clone	blog_b
blog_a	network	none
'
check 'by short name, with -p' 0 ctr-list -p blog a
err='ctr-list: nix: ctrkit made no such container
ctr-list: shop_hand: ctrkit made no such container'
out_like='blog*blog_a*'
check 'a name that is not there, one that was made by hand: the others are written' 1 ctr-list nix blog_a shop_hand
err='ctr-list: db: ctrkit made no such container in this project'
check 'a name of another project' 1 ctr-list -p blog db
err="ctr-list: 'a/b' is no name of a project"
check 'a project that cannot be' 2 ctr-list -p a/b
err_like='usage: ctr-list *'
check '-o takes no names' 2 ctr-list -o shop_a

# Orphans.
ctr-parse | awk -F '\t' '$1 != "shop_m" && $1 != "shop_web"' | ctr-list -o >orphans
is '-o: those that the stream lacks come after it' "$(cut -f 1 orphans | uniq | grep . | tr '\n' ' ')" \
    'shop shop_z shop_db shop_a shop_m shop_web '
is 'with the fact `orphan`' "$(grep orphan orphans)" 'shop_m	orphan
shop_web	orphan'
is 'and what they declared' "$(grep -c '^shop_web	link' orphans)" 2
in='shop_db	x	y'
out='shop_db	x	y
'
check '-o: a stream that names no project has none' 0 ctr-list -o
is '-o: a project by -p' "$(printf 'shop_z\tx\n' | ctr-list -o -p shop | grep -c orphan)" 4
is '-o: the project of a whole record' "$(printf 'blog_a\tcontainer\tblog\ta\n' | ctr-list -o | grep -c orphan)" 2

# Other orders of a file, which ctr-create notes: only then, and once.
blog() # CONTAINER[:AFTER]...: a project file of clones of z, in this order
{
	printf 'name: blog\ncontainers:\n  z: { template: busybox, network: none }\n'
	for c; do
		case $c in *:*) after=", after: [${c#*:}]" ;; *) after= ;; esac
		printf '  %s: { clone: z, network: none%s }\n' "${c%:*}" "$after"
	done
}
same() { check "$1" 0 sh -c 'ctr-parse -f blog.yml >p && ctr-list -p blog | diff p -'; }
ctr-parse -f other/ctr.yml >p
is 'in the order of the file, whatever the names are' "$(ctr-list -p blog | diff p -)" ''
ctr-destroy -q blog_a >applied
blog d a c:b b >blog.yml
ctr-parse -f blog.yml | ctr-create -v 2>err | ctr-addr >applied
is 'new ones between old ones' "$(grep -c noted err) $(order blog)" '0 blog blog_z blog_d blog_a blog_b blog_c '
same 'as in the file'
blog c:d d b a >blog.yml
out_like='*' err='ctr-create: noted that the containers are in another order now
ctr-create: blog_c: noted what it starts after'
check 'in another order: it says so' 0 sh -c 'ctr-parse -f blog.yml | ctr-create -v'
same 'and that is the order'
before=$(ls --full-time "$CTR_STATE"/order@*)
out_like='*'
check 'again, it says nothing' 0 sh -c 'ctr-parse -f blog.yml | ctr-create -v'
is 'and writes nothing' "$(ls --full-time "$CTR_STATE"/order@*)" "$before"
ctrctl -q -f blog.yml create
blog c:d d a b >blog.yml
err='ctr-create: noted that the containers are in another order now
ctrctl: create: 0 done, 5 unchanged, 0 failed'
check 'ctrctl: nothing else has changed' 0 ctrctl -f blog.yml create
same 'and it is the order of the file'
err='ctrctl: create: 0 done, 5 unchanged, 0 failed'
check 'again' 0 ctrctl -f blog.yml create
was=$(order blog)
err='ctrctl: create: 0 done, 2 unchanged, 0 failed'
check 'some of them' 0 ctrctl -f blog.yml create --no-deps b d
is 'leave all in their places' "$(order blog)" "$was"
ctr-create blog_0 clone=blog_z >applied
is 'one by operands comes last' "$(order blog)" "${was}blog_0 "
ctr-destroy -q blog_0 blog_c blog_d >applied

# One that the file has no more does not move the others.
blog a x:a b c >blog.yml
ctr-parse -f blog.yml | ctr-create -q | ctr-addr >applied
blog b c a >blog.yml
ctr-parse -f blog.yml | ctr-create -q >applied
is 'one that starts after the last' "$(order blog)" 'blog blog_z blog_b blog_c blog_a blog_x '
ctr-destroy -q blog_x >applied
same 'without it, all is as in the file'

# Killed where it writes, it does so the next time.
for call in rename fsync flock; do
	if [ "$(order blog)" = 'blog blog_z blog_b blog_c blog_a ' ]; then blog a b c; else blog b c a; fi >blog.yml
	ctr-parse -f blog.yml >p
	timeout 60 strace -qq -o trace -e "trace=/^$call" -e "inject=/^$call:signal=KILL:when=1" ctr-create <p >applied 2>&1
	is "killed at $call" "$(grep -c SIGKILL trace)" 1
	ctr-create <p >applied 2>&1
	same 'and again'
done

# The order cannot be written: one has the error, and all is done. It goes with the last that it names.
blog c b a >blog.yml
mv "$CTR_STATE"/order@* order && mkdir "$CTR_STATE/$(basename "$CTR_STATE"/lock/blog_a@* | sed 's/.*@/order@/')"
out_like='*' err='ctr-create: blog_z: cannot note its place in CTR_STATE: Invalid argument'
check 'the order cannot be noted' 1 sh -c 'ctr-parse -f blog.yml | ctr-create'
out_like='*' err='ctr-list: cannot read the order of the containers in CTR_STATE: Invalid argument'
check 'nor be read' 1 ctr-list -p blog
out_like='*' err='ctr-destroy: cannot take the places of what was removed out of CTR_STATE: Invalid argument'
check 'nor be left' 1 ctr-destroy blog_c
rmdir "$CTR_STATE"/order@* && mv order "$CTR_STATE/$(basename "$CTR_STATE"/lock/blog_a@* | sed 's/.*@/order@/')"
ctr-destroy -q blog_a blog_b blog_c blog_z >applied
is 'what is removed has no place' "$(grep blog "$CTR_STATE"/order@*)" ''

# Stored records that cannot be used.
cp "$CTR_LXCPATH/shop_a/ctr/record" .
echo 'shop_a	port	x' >"$CTR_LXCPATH/shop_a/ctr/record"
err="ctr-list: shop_a/ctr/record: line 1: it has too few fields for its key
ctr-list: shop_a: cannot use '$CTR_LXCPATH/shop_a/ctr/record'"
out_like='*shop_web*'
check 'a broken stored record is told and left out, and the status says so' 1 ctr-list -p shop
cp record "$CTR_LXCPATH/shop_a/ctr/record"
ctrctl -q rm -x
is 'and when none is left there is no file' "$(ls "$CTR_STATE")" 'addr
create
idmap
lock'

# Where the containers are is said by LXC's own configuration, if by nothing else: one that cannot be read is not left out.
unset CTR_LXCPATH
mv /etc/lxc/lxc.conf conf && ln -s "$PWD/conf" /etc/lxc/lxc.conf
echo 'lxc.lxcpath = none' >conf
err="ctr-list: cannot use 'none' as directory of containers: No such file or directory"
check 'a link to it is followed' 2 ctr-list
rm /etc/lxc/lxc.conf && mkdir /etc/lxc/lxc.conf
err="ctr-list: cannot read '/etc/lxc/lxc.conf': Is a directory"
check 'it cannot be read' 2 ctr-list
done_testing
