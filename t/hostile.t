#!/bin/sh
# The root of a container against the host: what it puts in the place of its files, and what programs on the host
# then do. Nothing on the host is changed or read, the container is reported, the others go on, in bounded time.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
evil=$CTR_LXCPATH/shop_evil/rootfs
good=$CTR_LXCPATH/shop_good/rootfs
up=../../../../../../../../../../../..

# Files of the host, below a path that the container knows.
mkdir -p victim/log
for f in hosts hostname passwd log/secret; do echo "host $f" >"victim/$f"; done
n=0
while [ $((n += 1)) -le 100 ]; do cp victim/log/secret "victim/log/secret$n"; done
listing()
{
	find "$PWD/victim" -printf '%p %y %m %U:%G %n %s %i %T@ %C@\n' | sort
}
listing >left-alone

for n in evil good; do
	ctr-create "shop_$n" "container=shop:$n" template=busybox | ctr-addr | ctr-name | ctr-net >up || exit 1
done
cp -a "$evil/etc" etc.good
cat >shop <<END
shop_evil${tab}container${tab}shop${tab}evil
shop_evil${tab}link${tab}shop_good

shop_good${tab}container${tab}shop${tab}good
shop_good${tab}link${tab}shop_evil

END

reset()
{
	rm -rf "${evil:?}/etc"
	cp -a etc.good "$evil/etc"
	printf '127.0.1.1 old\n' >"$good/etc/hosts"
}

# attack DESCRIPTION SAYS COMMAND...: after COMMAND in the root of `evil`, PROGRAM reports it, with SAYS among what it
# says, does `good`, and leaves the host alone
attack()
{
	attack="$program: $1" says=$2
	shift 2
	reset
	(cd "$evil/etc" && "$@") || fail "$attack: cannot be set up"
	out_like="*shop_evil${tab}error${tab}$program${tab}*shop_good*shop_good${tab}did${tab}$program${tab}*"
	err_like="$program: shop_evil: *$says*"
	check "$attack: is reported, the other is done" 1 timeout 60 "$program" <shop
	listing >got
	ok "$attack: the host is left alone" cmp left-alone got
}

attacks()
{
	attack 'an absolute link' "'/etc/hosts'*symbolic link" ln -sf "$PWD/victim/hosts" hosts
	attack 'a link by ../..' "'/etc/hosts'*symbolic link" ln -sf "$up$PWD/victim/hosts" hosts
	attack 'a link to a link' "'/etc/hosts'*symbolic link" sh -c 'ln -s "$1" a && ln -sf a hosts' - "$PWD/victim/hosts"
	attack 'a link to itself' "'/etc/hosts'*symbolic link" sh -c 'rm hosts && ln -s hosts hosts'
	attack 'a FIFO' "'/etc/hosts'*no regular file" sh -c 'rm hosts && mkfifo hosts'
	attack 'a directory' "'/etc/hosts'*no regular file" sh -c 'rm hosts && mkdir hosts'
	attack 'a device that never ends' "'/etc/hosts'*no regular file" sh -c 'rm hosts && mknod hosts c 1 5'
	attack 'a socket' "'/etc/hosts'*no regular file" perl -MIO::Socket::UNIX -e \
	    'unlink "hosts"; IO::Socket::UNIX->new(Local => "hosts", Listen => 1) or die'
	attack 'a file of 100 MB' "'/etc/hosts': File too large" truncate -s 100M hosts
	attack '/etc an absolute link' "'/etc/host*" sh -c 'cd .. && rm -r etc && ln -s "$1" etc' - "$PWD/victim"
	attack '/etc a link by ../..' "'/etc/host*" sh -c 'cd .. && rm -r etc && ln -s "$1" etc' - "$up$PWD/victim"
	attack '/etc a FIFO' "'/etc/host*" sh -c 'cd .. && rm -r etc && mkfifo etc'
	attack 'a directory in the place of the new file' "'/etc/hosts'" \
	    sh -c 'echo >hosts && mkdir -p .hosts.ctr-new/x'
}

program=ctr-name attacks
program=ctr-name attack '/etc/hostname an absolute link' "'/etc/hostname'*symbolic link" \
    ln -sf "$PWD/victim/hostname" hostname
# In the place of the new file, a link is removed and not followed.
reset
echo >"$evil/etc/hosts" && ln -s "$PWD/victim/hosts" "$evil/etc/.hosts.ctr-new"
ctr-name <shop >got
is 'a link in the place of the new file' "$(head -n 1 "$evil/etc/hosts")" "127.0.1.1${tab}evil"
reset
# The programs run containers whose /etc is as it should be; then it changes.
ctr-start <shop >got || exit 1
program=ctr-link attacks

# A file system in its /etc that never answers (FUSE): who looks something up in it cannot be killed.
if [ -c /dev/fuse ]; then
	reset
	# mount(2) in its mount namespace; setns(2) and mount(2) have numbers of each machine
	perl -MConfig -MFcntl -e 'my ($setns, $mount) = $Config{archname} =~ /^x86_64/ ? (308, 165) : (268, 40);
		my ($what, $where, $type) = ("none", "/etc", "fuse");
		sysopen(my $dev, "/dev/fuse", O_RDWR) or die "/dev/fuse: $!";
		open(my $ns, "<", "/proc/$ARGV[0]/ns/mnt") or die;
		my $options = "fd=" . fileno($dev) . ",rootmode=40000,user_id=0,group_id=0";
		syscall($setns, fileno($ns), 0) == 0 or die "setns: $!";
		syscall($mount, $what, $where, $type, 0, $options) == 0 or die "mount: $!";
		sleep 60' "$(lxc-info -pHn shop_evil)" &
	pid=$!
	wait_for 60 grep -q ' /etc .* fuse ' "/proc/$(lxc-info -pHn shop_evil)/mountinfo" || fail 'cannot mount FUSE'
	printf '127.0.1.1 old\n' >"$good/etc/hosts"
	out_like="*shop_evil${tab}error${tab}ctr-link${tab}*shop_good*shop_good${tab}did${tab}ctr-link${tab}*"
	err="ctr-link: shop_evil: its '/etc/hosts' lies on a file system that is mounted in the container"
	check 'a file system that never answers' 1 timeout -s KILL 10 ctr-link <shop
	kill $pid
	wait_for 60 lxc-attach -n shop_evil -- umount /etc
fi

# A link is good where it stays in the container: what is below it is its own.
reset
mv "$evil/etc" "$evil/private" && mkdir -p "$evil$PWD" && ln -s "$PWD/victim" "$evil/etc" &&
    mv "$evil/private" "$evil$PWD/victim"
ctr-link <shop >got
ok 'an absolute link is of the container'\''s root' grep -q shop_good "$evil$PWD/victim/hosts"
rm "$evil/etc" && rm -r "$evil$PWD"
listing >got
ok 'and not of the host'\''s' cmp left-alone got

# Its root changes all that as fast as it can, while the programs work on it.
reset
cat >"$evil/change" <<END
cd /
while :; do
	ln -sf $PWD/victim/hosts /etc/hosts
	ln -sf $up$PWD/victim/hosts /etc/.hosts.ctr-new
	rm -f /etc/hosts; mkdir /etc/hosts; rmdir /etc/hosts
	echo 10.0.0.1 a >/etc/hosts
	mv /etc /was; ln -s $PWD/victim /etc; rm /etc
	ln -s $up$PWD/victim /etc; rm /etc; mv /was /etc
done
END
lxc-attach -n shop_evil -- sh /change >/dev/null 2>&1 &
pid=$!
n=0 late=0 bad=0 rounds=$(of_all 40 15)
while [ $((n += 1)) -le "$rounds" ]; do
	for p in ctr-link 'ctr-link -u' ctr-name; do
		timeout 60 sh -c "$p" <shop >got 2>got.err
		case $? in 0 | 1) ;; 124) late=1 ;; *) bad=1 ;; esac
		grep -q "shop_good${tab}error" got && bad=1
		[ "$bad" = 0 ] || break 2
	done
done
[ "$bad" = 0 ] || { echo "$p"; cat got got.err; } | diag
is 'files change all the time: always done in time' $late 0
is 'files change all the time: the other is always done' $bad 0
listing >got
ok 'files change all the time: the host is left alone' cmp left-alone got
kill $pid
lxc-stop -k -n shop_evil
rm -rf "${evil:?}/was"
reset
lxc-stop -k -n shop_good

# /etc/resolv.conf, which ctr-dns writes, and the busybox template's start script, which ctr-addr does.
echo 'host resolv.conf' >victim/resolv.conf
cp etc.good/init.d/rcS victim/rcS
listing >left-alone
for how in link up directory FIFO; do
	for f in resolv.conf init.d/rcS; do
		program=ctr-addr
		[ "$f" = init.d/rcS ] || program=ctr-dns
		reset
		case $how in
		link) ln -sf "$PWD/victim/${f#*/}" "$evil/etc/$f" ;;
		up) ln -sf "$up$PWD/victim/${f#*/}" "$evil/etc/$f" ;;
		directory) rm -f "$evil/etc/$f" && mkdir "$evil/etc/$f" ;;
		FIFO) rm -f "$evil/etc/$f" && mkfifo "$evil/etc/$f" ;;
		esac
		if [ $program = ctr-dns ]; then
			for dns in 192.0.2.53 '$copy'; do
				out_like="*error${tab}ctr-dns*" err_like="ctr-dns: shop_evil: its '/etc/$f' is *"
				check "ctr-dns: $how, $dns" 1 timeout 60 ctr-dns shop_evil "dns=$dns"
			done
			timeout 60 ctr-dns -u shop_evil >got 2>&1
			case "$how $?" in link\ 0 | up\ 0 | directory\ 1 | FIFO\ 1) ;; *) fail "ctr-dns: $how, nothing declared" ;; esac
		else
			timeout 60 ctr-addr shop_evil network=none >got 2>&1
			printf 'shop_evil\tcontainer\tshop\tevil\n' | timeout 60 ctr-addr >got 2>&1
			case "$? $(grep -c "did${tab}ctr-addr" got)" in '0 1' | '1 0') ;; *) fail "ctr-addr: $f, $how" ;; esac
		fi
		is "$program: $f, $how: it is left as it was" "$(stat -c %F "$evil/etc/$f")" "$(case $how in
			link | up) echo symbolic link ;; FIFO) echo fifo ;; *) echo "$how" ;; esac)"
	done
done
listing >got
ok 'ctr-addr, ctr-dns: the host is left alone' cmp left-alone got
reset

# The same where /etc is a volume: its root writes a directory of the host.
mkdir covered && cp -a etc.good/. covered
ctr-mount shop_evil volume=covered:/etc >got
ctr-start <shop >got || exit 1
for how in link up directory FIFO; do
	for f in hosts hostname; do
		find covered -mindepth 1 -delete && cp -a etc.good/. covered
		case $how in
		link) ln -sf "$PWD/victim/$f" "covered/$f" ;;
		up) ln -sf "$up$PWD/victim/$f" "covered/$f" ;;
		directory) rm "covered/$f" && mkdir "covered/$f" ;;
		FIFO) rm "covered/$f" && mkfifo "covered/$f" ;;
		esac
		out_like="*error${tab}ctr-name*" err_like="ctr-name: shop_evil: its '/etc/$f' is *"
		check "a volume over /etc, $f, $how: ctr-name" 1 timeout 60 ctr-name shop_evil fqdn=evil.example.net
	done
done
lxc-stop -k -n shop_evil && lxc-stop -k -n shop_good
listing >got
ok 'a volume over /etc: the host is left alone' cmp left-alone got
ctr-mount -u shop_evil >got && ctr-name -u shop_evil >got

# What a volume is filled with.
volume()
{
	attack="volume: $1" says=$2
	shift 2
	(cd "$evil" && rm -r var && mkdir -p var/log && "$@") || fail "$attack: cannot be set up"
	out_like="*shop_evil${tab}error${tab}ctr-mount${tab}*shop_good*did${tab}ctr-mount${tab}volume*"
	err_like="ctr-mount: shop_evil: *$says*"
	check "$attack: is reported, the other is done" 1 timeout 60 ctr-mount shop_evil \
	    volume=evil-log:/var/log shop_good volume=good-log:/var/log
	listing >got
	ok "$attack: the host is left alone" cmp left-alone got
	ok "$attack: nothing comes out" test ! -e evil-log
	ctr-mount -u shop_good >got
}
volume 'an absolute link' "'/var/log' is a symbolic link" sh -c 'rmdir var/log; ln -s "$1" var/log' - "$PWD/victim/log"
volume 'a link by ../..' "'/var/log' is a symbolic link" sh -c 'rmdir var/log; ln -s "$1" var/log' - \
    "$up$PWD/victim/log"
volume 'a link above it' "'/var' is a symbolic link" sh -c 'rm -r var; ln -s "$1" var' - "$PWD/victim"
volume 'a FIFO' "neither a directory nor a regular file" sh -c 'rmdir var/log; mkfifo var/log'
volume 'a device' "neither a directory nor a regular file" sh -c 'rmdir var/log; mknod var/log c 1 5'

# Links in it are copied as links.
rm -r "${evil:?}/var" && mkdir -p "$evil/var/log"
ln -s "$PWD/victim/log/secret" "$evil/var/log/absolute"
ln -s "$up$PWD/victim/log/secret" "$evil/var/log/up"
ln -s "$PWD/victim/log" "$evil/var/log/dir"
ctr-mount shop_evil volume=evil-log:/var/log >got
is 'links in a volume are copied as links' "$(find evil-log -type l | sort | tr '\n' ' ')$(find evil-log -type f)" \
    'evil-log/absolute evil-log/dir evil-log/up '
ctr-mount -u shop_evil >got
rm -r evil-log

# What it was cloned from changes while it is filled: an overlay clone sees that.
mkdir "$evil/data"
for d in 0 1 2; do
	cp -r victim/log "$evil/data/$d"
	for f in "$evil/data/$d"/*; do echo own >"$f"; done
done
ctr-create shop_clone container=shop:clone clone=shop_evil:snapshot,backend=overlay >got || exit 1
cat >"$evil/change" <<END
while :; do
	for d in 0 1 2; do
		mv /data/\$d /was; ln -s $PWD/victim/log /data/\$d; rm /data/\$d
		ln -s $up$PWD/victim/log /data/\$d; rm /data/\$d; mv /was /data/\$d
	done
done
END
ctr-start shop_evil >got || exit 1
lxc-attach -n shop_evil -- sh /change >/dev/null 2>&1 &
pid=$!
n=0 late=0 out=0 rounds=$(of_all 20 8)
while [ $((n += 1)) -le "$rounds" ]; do
	timeout 60 ctr-mount shop_clone volume=clone-data:/data >got 2>got.err
	[ $? != 124 ] || late=1
	grep -rqs 'host log/secret' clone-data && out=1
	rm -rf clone-data
	ctr-mount -u shop_clone >got 2>&1
done
kill $pid
is 'a tree changes while it is copied: done in time' $late 0
is 'a tree changes while it is copied: nothing of the host comes in' $out 0
listing >got
ok 'a tree changes while it is copied: the host is left alone' cmp left-alone got
unset out
done_testing
