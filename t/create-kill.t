#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ctr-create, killed with SIGKILL at many instants: the same command makes the container, whole.
. "${0%/*}/lib.sh"

tab=$(printf '\t')

# A template that tells whether the container was made by one run alone: each writes its own mark.
cat >"$T/t-slow" <<'EOT'
#!/bin/sh
for a; do case $a in --path=*) path=${a#*=} ;; --rootfs=*) rootfs=${a#*=} ;; esac; done
mark=$(cat /proc/sys/kernel/random/uuid)
mkdir -p "$rootfs"
[ -z "$(ls -A "$rootfs")" ] || echo "not empty" >>"$path/../dirty"
for i in 1 2 3 4 5; do
	echo "$mark" >"$rootfs/$i" || exit 1
	sleep 0.01
done
mkdir "$rootfs/dev" "$rootfs/proc" "$rootfs/sys"
echo "lxc.rootfs.path = $rootfs" >>"$path/config"
EOT
chmod 755 "$T/t-slow"
slow="template=$T/t-slow"
dir=$CTR_LXCPATH/shop_x

# Whether shop_x is whole and made by one run.
whole()
{
	[ "$(cat "$dir"/rootfs/[1-5] | sort | uniq -c | awk '{ print $1 }')" = 5 ] &&
	[ "$(grep -c '^lxc.include' "$dir/config")" = 1 ] &&
	[ "$(cat "$dir/ctr/record")" = "shop_x${tab}container${tab}shop${tab}x
shop_x${tab}template${tab}$T/t-slow" ] &&
	[ "$(sed 's/.* = //' "$dir/ctr/config" | xargs ls -d | wc -l)" = "$(wc -l <"$dir/ctr/config")" ] &&
	[ -z "$(ls -A "$CTR_STATE/create")" ] && [ ! -e "$CTR_LXCPATH/dirty" ] && lxc-info -n shop_x -s >/dev/null
}

# killed SECONDS: a run of its own process group, killed after that time, all of it or the first process only
killed()
{
	setsid ctr-create shop_x "$slow" >/dev/null 2>&1 &
	pid=$!
	sleep "$1"
	if [ "$2" = group ]; then
		for p in $(ps -o pid= -s $pid); do kill -9 "$p"; done 2>/dev/null
	else
		kill -9 $pid 2>/dev/null
	fi
	wait $pid
} 2>/dev/null

# Each loop puts its three results into one.
made=0 bad=
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
	what=first
	[ $((i % 2)) = 0 ] || what=group
	killed "0.$(printf %03d $((i * 9)))" $what
	[ -e "$dir/ctr/record" ] && [ -z "$(ls -A "$CTR_STATE/create")" ] && made=$((made + 1))
	ctr-create shop_x "$slow" >"$T/out" 2>"$T/err" || bad="$bad $i: $(cat "$T/err");"
	whole || bad="$bad $i: not whole: $(ls -R "$dir");"
	rm -rf "$dir"
done
is 'killed at 15 instants, made anew each time' "$bad" ''
ok "most of them in the middle ($made of 15 were done)" [ "$made" -lt 10 ]

# At each step that changes something, by strace's fault injection; the note is what the next run goes by.
bad='' n=0
for call in mkdir:when=1 mkdir:when=2 renameat:when=1 renameat:when=2 renameat:when=3 renameat:when=4 \
    unlinkat:when=1 unlinkat:when=2 unlinkat:when=5 unlinkat:when=6 unshare:when=1 waitid:when=1 setns:when=1; do
	strace -f -o "$T/trace" -e "inject=$call:signal=KILL" ctr-create shop_x "$slow" >/dev/null 2>&1
	ctr-create shop_x "$slow" >"$T/out" 2>"$T/err" || bad="$bad $call: $(cat "$T/err");"
	whole || bad="$bad $call: not whole: $(ls -R "$dir");"
	grep -q 'killed by SIGKILL' "$T/trace" && n=$((n + 1))
	rm -rf "$dir"
done
is 'killed at each call that changes something' "$bad" ''
ok "killed indeed ($n)" [ $n -ge 8 ]

# A template that hangs in the killed run does not go on writing into the new container.
cat >"$T/t-hang" <<'EOT'
#!/bin/sh
for a; do case $a in --path=*) path=${a#*=} ;; --rootfs=*) rootfs=${a#*=} ;; esac; done
mkdir -p "$rootfs"
touch "$path/../hangs"
trap '' HUP TERM INT
while :; do touch "$rootfs/by-the-old-one"; sleep 0.01; done
EOT
chmod 755 "$T/t-hang"
ctr-create shop_x "template=$T/t-hang" >/dev/null 2>&1 &
pid=$!
wait_for 60 test -e "$CTR_LXCPATH/hangs"
kill -9 $pid
wait $pid 2>/dev/null
out_like="*did*"
check 'the killed run had a template that hangs' 0 ctr-create shop_x template=busybox
ok 'it is gone' sh -c '! grep -qs "t-han[g]" /proc/[0-9]*/cmdline'
ok 'and wrote nothing into the new container' [ ! -e "$dir/rootfs/by-the-old-one" ]

# What somebody made by hand under the name meanwhile is not taken for half made.
rm -rf "$dir"
rm "$CTR_LXCPATH/hangs"
setsid ctr-create shop_x "template=$T/t-hang" >/dev/null 2>&1 &
pid=$!
wait_for 60 test -e "$CTR_LXCPATH/hangs"
for p in $(ps -o pid= -s $pid); do kill -9 "$p"; done 2>/dev/null
wait $pid 2>/dev/null
set -- "$CTR_STATE"/create/*
like 'a note is left' "$*" "$CTR_STATE/create/shop_x@*"
out_like='*error*' err="ctr-addr: shop_x: its creation did not end; create it again"
check 'other programs refuse what is half made' 1 ctr-addr shop_x
out='shop_x
'
check 'to ctr-stop it is stopped' 0 ctr-stop shop_x
rm -rf "$dir"
busybox_base shop_x
out_like='*error*' err="ctr-create: shop_x: '$dir' was not made by ctrkit"
check 'made by hand meanwhile' 1 ctr-create shop_x template=busybox
ok 'it is still there' [ -x "$dir/rootfs/bin/busybox" ]
done_testing
