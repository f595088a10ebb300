#!/bin/sh
# What is built, installed and packaged.
. "${0%/*}/lib.sh"

dest=$T/tmp/dest
programs=$(ls "$build/bin")

# Hardening, and the libraries that each program asks the loader for.
for p in "$build"/bin/* "$build"/libexec/ctrkit/*; do
	readelf -Wdl "$p" >dynamic
	name=${p##*/}
	like "$name: position independent, bound at start" "$(cat dynamic)" '*GNU_RELRO*FLAGS_1*NOW*PIE*'
	libs=$(sed -n 's/.*NEEDED.*\[lib\(lxc\|nftables\|yaml\).*/\1/p' dynamic | sort | tr '\n' ' ')
	case $name in
	ctr-parse) want='yaml ' ;;
	ctr-net | ctr-forward | ctr-hosts | ctr-list | ctr-select | ctr-table | ctr-json | ctr-unit | ctrctl | ctr-veth-up) want= ;;
	*) want='lxc ' ;;
	esac
	is "$name: libraries" "$libs" "$want"
done

# Which is loaded where it is needed.
lib=$(readlink -f /usr/lib/*/libnftables.so.1)
err_like="ctr-doctor: cannot load libnftables: *"
check 'without libnftables' 1 unshare -m sh -c "mount --bind /dev/null '$lib' && exec ctr-doctor"
ok 'what does not need it works' unshare -m sh -c "mount --bind /dev/null '$lib' && ctr-ports --version"

ok 'make install' make -C "$top" BUILD="$build" install DESTDIR="$dest" PREFIX=/usr
is 'the programs' "$(ls "$dest/usr/bin")" "$programs"
is 'the helpers' "$(ls "$dest/usr/libexec/ctrkit")" 'ctr-forward
ctr-veth-up'
is 'the man pages' "$(cd "$dest/usr/share/man" && find . -type f | sed 's,.*/,,' | sort)" \
    "$(cd "$top/man" && find . -maxdepth 1 -type f | sed 's,.*/,,' | sort)"
for p in $programs; do
	ok "$p has a man page" test -f "$dest/usr/share/man/man1/$p.1"
done
ok 'the completion is bash' bash -n "$dest/usr/share/bash-completion/completions/ctrctl"
is 'nothing else' "$(cd "$dest" && find . -type d | sort)" '.
./usr
./usr/bin
./usr/libexec
./usr/libexec/ctrkit
./usr/share
./usr/share/bash-completion
./usr/share/bash-completion/completions
./usr/share/doc
./usr/share/doc/ctrkit
./usr/share/doc/ctrkit/examples
./usr/share/man
./usr/share/man/man1
./usr/share/man/man5
./usr/share/man/man7
./usr/share/man/man8'

ok 'make install MANDIR=' make -C "$top" BUILD="$build" install DESTDIR="$dest/2" PREFIX=/opt/ctr MANDIR=/opt/man
is 'the man pages are there' "$(cd "$dest/2/opt" && ls man/man5; find ctr -name '*.[158]')" 'ctr-project.5
ctr-records.5'
rm -r "$dest/2"

# What was installed works by itself: its helper is found beside it.
cp "$top"/man/examples/* .
ok 'installed, it runs a project' env PATH="$dest/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    ctrctl -f shop.yml up
like 'with the helper from there' "$(cat "$CTR_LXCPATH/shop_web/ctr/net.conf")" \
    "*script.up = *$dest/usr/*libexec/ctrkit/ctr-veth-up*"

ok 'make uninstall' make -C "$top" BUILD="$build" uninstall DESTDIR="$dest" PREFIX=/usr
is 'nothing is left of it' "$(find "$dest" ! -type d)" ''

ok 'make deb' make -C "$top" BUILD="$build" deb
deb=$(echo "$build"/ctrkit_*.deb)
like 'what it depends on' "$(dpkg-deb -f "$deb" Depends)" '*liblxc1*lxc-templates*libnftables1*'
dpkg-deb -x "$deb" deb
is 'its programs' "$(ls deb/usr/bin)" "$programs"
for p in $programs; do
	out_like="$p *"
	check "$p runs from there" 0 "deb/usr/bin/$p" --version
done
ok 'its man pages are compressed' gzip -t deb/usr/share/man/man1/ctrctl.1.gz
done_testing
