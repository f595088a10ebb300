#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-create: containers by template; what fails leaves nothing, what is there is left alone.
. "${0%/*}/lib.sh"

tab=$(printf '\t')

# template NAME: a template of our own, $T/NAME, whose body is stdin
template()
{
	{ printf '#!/bin/sh\nfor a; do case $a in --path=*) path=${a#*=} ;; --rootfs=*) rootfs=${a#*=} ;; esac; done\n'
	cat; } >"$T/$1"
	chmod 755 "$T/$1"
}

# Whether nothing is left of container $1, and no process that a template started.
nothing_of()
{
	[ ! -e "$CTR_LXCPATH/$1" ] && [ -z "$(ls -A "$CTR_STATE/create")" ] && ! grep -qs "$T/t-" /proc/[0-9]*/cmdline
}

# By template.
in="shop${tab}project

shop_db${tab}container${tab}shop${tab}db
shop_db${tab}template${tab}busybox
shop_db${tab}port${tab}tcp${tab}*${tab}8000${tab}8000
shop_db${tab}after${tab}shop_x"
out="$in
shop_db${tab}did${tab}ctr-create${tab}made by template 'busybox'
"
check 'a container by template' 0 ctr-create
dir=$CTR_LXCPATH/shop_db
is 'what is stored' "$(cat "$dir/ctr/record")" "shop_db${tab}container${tab}shop${tab}db
shop_db${tab}template${tab}busybox
shop_db${tab}after${tab}shop_x"
is 'one include, the last line' "$(grep -n '^lxc.include' "$dir/config")" \
    "$(wc -l <"$dir/config"):lxc.include = $dir/ctr/config"
is 'ctr/config includes all, in order' "$(sed "s,^lxc.include = ,,; s,^$dir/ctr/,," "$dir/ctr/config" | tr '\n' ' ')" \
    '/usr/share/lxc/config/common.conf.d idmap.conf net.conf name.conf mount.conf cgroup.conf env.conf raw.conf '
is 'its directory is for root alone' "$(stat -c '%a %U' "$dir/ctr")" '700 root'
is 'no note is left' "$(ls -A "$CTR_STATE/create")" ''
ok 'LXC starts it' lxc-start -n shop_db
is 'its host name is its own' "$(lxc-attach -n shop_db -- hostname)" shop_db
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}template${tab}busybox
shop_db${tab}after${tab}shop_x"
out="$in
"
check 'a second run does nothing' 0 ctr-create -v
lxc-stop -k -n shop_db

# What it was made by stays.
in="shop_db${tab}container${tab}shop${tab}db
shop_db${tab}template${tab}debian${tab}--release${tab}bookworm
shop_db${tab}after${tab}shop_y"
out="$in
shop_db${tab}did${tab}ctr-create${tab}noted what it starts after
"
err="ctr-create: shop_db: it stays as it was made, by template 'busybox', until it is removed and made again"
check 'another template for one that exists' 0 ctr-create
is 'its template stays stored, after changes' "$(sed 1d "$dir/ctr/record")" "shop_db${tab}template${tab}busybox
shop_db${tab}after${tab}shop_y"

# Somebody else's.
mkdir "$CTR_LXCPATH/shop_hand"
echo 'lxc.uts.name = mine' >"$CTR_LXCPATH/shop_hand/config"
out_like="*error${tab}ctr-create*" err="ctr-create: shop_hand: '$CTR_LXCPATH/shop_hand' was not made by ctrkit"
check 'one made by hand is refused' 1 ctr-create shop_hand template=busybox
is 'and left as it was' "$(cd "$CTR_LXCPATH/shop_hand" && cat -- *)" 'lxc.uts.name = mine'
out_like='*did*' check 'one of project shop_a' 0 ctr-create shop_a_b container=shop_a:b template=busybox
out_like='*' err="ctr-create: shop_a_b: it belongs to project 'shop_a', not to 'shop'"
check 'one of another project is refused' 1 ctr-create shop_a_b container=shop:a_b template=busybox
mkdir "$CTR_LXCPATH/shop_empty"
out_like='*' check 'an empty directory is in nobody'\''s way' 0 ctr-create shop_empty template=busybox

# What a template is given: each key of its map as an option, one word for the value. `download` is a template too.
template t-args <<'EOT'
mkdir -p "$rootfs" && echo "lxc.rootfs.path = $rootfs" >>"$path/config"
for a; do printf '<%s>' "$a"; done >"$rootfs/args"
EOT
mkdir -p args
cat >args/ctr.yml <<E2
t: {template: {name: $T/t-args, release: "a b", arch: '--x \$(id)'}}
d: {download: {dist: debian, release: 12, variant: ""}}
E2
mount --bind "$T/t-args" /usr/share/lxc/templates/lxc-download
out_like='*did*did*' check 'templates with options' 0 sh -c 'ctr-parse -f args/ctr.yml | ctr-create'
umount /usr/share/lxc/templates/lxc-download
by_lxc() { echo "<--path=$CTR_LXCPATH/$1><--name=$1><--rootfs=$CTR_LXCPATH/$1/rootfs>"; }
is 'a template has the options of its map' "$(cat "$CTR_LXCPATH/args_t/rootfs/args")" \
    "$(by_lxc args_t)"'<--release><a b><--arch><--x $(id)>'
is 'so has download' "$(cat "$CTR_LXCPATH/args_d/rootfs/args")" "$(by_lxc args_d)<--dist><debian><--release><12><--variant><>"

# The real one, which takes them, and for which there is no image server here: there is no way out.
mkdir real
cat >real/ctr.yml <<E2
d: {download: {dist: none, release: 12, arch: amd64, server: 192.0.2.1}}
E2
out_like='*real_d	error	ctr-create	*'
err="ctr-create: real_d: create.log: Downloading the image index
ctr-create: real_d: create.log: ERROR: Failed to download https://192.0.2.1//meta/1.0/index-system
ctr-create: real_d: template 'download' failed: Failed to create container from template"
check "LXC's own download, without a network" 1 sh -c 'ctr-parse -f real/ctr.yml | ctr-create'
ok 'nothing is left of it' nothing_of real_d
is 'nor of what it downloads to' "$(ls -A "$TMPDIR")" ''

# What cannot be made.
out_like='*' err='ctr-create: shop_x: it does not exist, and has neither template nor clone to make it by'
check 'neither template nor clone' 1 ctr-create shop_x
out_like='*' err='ctr-create: shop_x: it has both a template and a clone to make it by'
check 'both' 1 ctr-create shop_x template=busybox clone=base
out_like='*' err='ctr-create: x: its name is not of the form PROJECT_NAME'
check 'a name without project' 1 ctr-create x template=busybox
out_like='*' err="ctr-create: shop_x: its template cannot be given '--name': LXC does that"
check '--name for the template' 1 ctr-create shop_x 'template=busybox --name busybox'
out_like='*' err="ctr-create: shop_x: template 'nosuch' failed: No such file or directory - bad template: nosuch"
check 'a template that is not there' 1 ctr-create shop_x template=nosuch
ok 'nothing is left of it' nothing_of shop_x

# A template that fails: its last lines, made harmless, then the error; and the others go on.
template t-fail <<'EOT'
mkdir -p "$rootfs/etc" && ln -s / "$rootfs/host" && mkdir "$rootfs/dir"
for i in 1 2 3 4 5 6 7 8 9 10 11; do echo "line $i"; done
printf 'a \033[31mred\033[0m line\n' >&2
exit 3
EOT
err="$(for i in 3 4 5 6 7 8 9 10 11; do echo "ctr-create: shop_x: create.log: line $i"; done)
ctr-create: shop_x: create.log: a ?[31mred?[0m line
ctr-create: shop_x: template '$T/t-fail' failed: Failed to create container from template"
out="shop_x${tab}template${tab}$T/t-fail
shop_x${tab}error${tab}ctr-create${tab}template '$T/t-fail' failed: Failed to create container from template

shop_y${tab}template${tab}busybox
shop_y${tab}did${tab}ctr-create${tab}made by template 'busybox'
"
check 'a template that fails' 1 ctr-create shop_x "template=$T/t-fail" shop_y template=busybox
ok 'nothing is left of it' nothing_of shop_x

# A template that reads stdin or asks the terminal is not waited for; what it leaves running is ended.
template t-ask <<'EOT'
read -r answer; echo "answer: $answer"
read -r answer </dev/tty
mkdir -p "$rootfs" && echo "lxc.rootfs.path = $rootfs" >>"$path/config"
sleep 1000 &
EOT
out_like='*did*' check 'a template that asks, and leaves a process' 0 ctr-create shop_ask "template=$T/t-ask"
is 'its output is in create.log' "$(head -n 1 "$CTR_LXCPATH/shop_ask/ctr/create.log")" 'answer: '
ok 'the process is gone' sh -c '! grep -qs "sleep.100[0]" /proc/[0-9]*/cmdline'

# A template that hangs: SIGTERM and SIGINT end it, and nothing of the container is left.
template t-hang <<'EOT'
trap '' TERM INT HUP
mkdir -p "$rootfs/a/b"; sleep 2000 & touch "$rootfs/../../hangs"; sleep 2000; wait
EOT
for sig in TERM INT; do
	rm -f "$CTR_LXCPATH/hangs"
	# A background process of sh ignores SIGINT.
	env --default-signal=INT ctr-create shop_x "template=$T/t-hang" >"$T/hang.out" 2>"$T/hang.err" &
	pid=$!
	wait_for 60 test -e "$CTR_LXCPATH/hangs"
	kill -s $sig $pid
	wait $pid
	is "a template that hangs, SIG$sig" "$(kill -l $?) $(cat "$T/hang.out")" "$sig "
	is 'it says so' "$(cat "$T/hang.err")" 'ctr-create: shop_x: interrupted; nothing of it is left'
	ok 'nothing is left' wait_for 60 nothing_of shop_x
	ok 'no process of it' sh -c '! grep -qs "sleep.200[0]" /proc/[0-9]*/cmdline'
done

# The disk is full.
mkdir "$T/small" && mount -t tmpfs -o size=1m tmpfs "$T/small"
out_like='*error*' err_like="*No space left on device*ctr-create: shop_x: template 'busybox' failed: Failed to create*"
check 'a full disk' 1 ctr-create -P "$T/small" shop_x template=busybox
is 'nothing is left on it' "$(ls -A "$T/small")" ''
out_like='*error*' err_like="ctr-create: shop_x: cannot *make*'$T/nosuch/shop_x': No such file or directory"
check 'no directory of containers' 1 ctr-create -P "$T/nosuch" shop_x template=busybox
mkdir "$T/full" && mount -t tmpfs -o size=4k,nr_inodes=3 tmpfs "$T/full"
out_like='*error*' err_like='ctr-create: shop_x: cannot * No space left on device'
check 'CTR_STATE is full' 1 env CTR_STATE="$T/full" ctr-create shop_x template=busybox
ok 'nothing is left' nothing_of shop_x

# Two at once make it once.
ctr-create shop_two template=busybox >"$T/one" 2>"$T/one.err" &
pid=$!
ctr-create shop_two template=busybox >"$T/two" 2>"$T/two.err"
one=$?
wait $pid
is 'two at once' "$one $? $(cat "$T/one" "$T/two" | grep -c did) $(cat "$T/one.err" "$T/two.err")" '0 0 1 '
ok 'and it is whole' lxc-info -n shop_two

err_like='*usage: ctr-create *' check 'an unknown option' 2 ctr-create -u
done_testing
