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
is 'projects by name, each with its record first' "$(ctr-list | cut -f 1 | uniq | grep . | tr '\n' ' ')" \
    'blog blog_z blog_b blog_a shop shop_z shop_m shop_db shop_web shop_a '
is '-p: a project alone' "$(ctr-list -p blog | cut -f 1 | uniq | grep . | tr '\n' ' ')" 'blog blog_z blog_b blog_a '
check 'sorted, a file in another order is the same' 0 sh -c 'cd other && ctr-parse | sort -s -k1,1 >p
	ctr-list -p blog | sort -s -k1,1 | diff p -'

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

# Stored records that cannot be used.
echo 'shop_a	port	x' >"$CTR_LXCPATH/shop_a/ctr/record"
err="ctr-list: shop_a/ctr/record: line 1: it has too few fields for its key
ctr-list: shop_a: cannot use '$CTR_LXCPATH/shop_a/ctr/record'"
out_like='*shop_web*'
check 'a broken stored record is told and left out, and the status says so' 1 ctr-list -p shop
done_testing
