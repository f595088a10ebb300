#!/bin/sh
# What `make demo` and `make demo-clean` do, here in the sandbox: without systemd, without lxc-net.
. "${0%/*}/lib.sh"

# A build directory of its own: the demo writes there.
rmdir "$CTR_STATE"
mkdir b && ln -s "$build/bin" "$build/libexec" b
demo() { BUILD=$PWD/b "$top/t/demo.sh" "$@"; }
trace() { find "$CTR_LXCPATH" /run/ctr "$CTR_STATE" b ! -path b 2>/dev/null; ip -o link; nft list tables
	sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.all.route_localnet; }
trace >before

demo >out 2>err || diag <err
is 'the page, over IPv4 and over IPv6' "$(grep -c '^A page of the host, served by a container\.$' out)" 2
ok 'db is resolved in web' grep -q '^PING db (10\.66\.' out
ok 'the status' grep -qP '^yes +demo_web +running +10\.66\.\S+ +\*:18080->80/tcp +demo_db$' out
is 'what was said' "$(tail -n 1 err)" 'ctrctl: up: 2 done, 0 unchanged, 0 failed'
ok 'again' demo
demo clean >out 2>&1 || diag <out
is 'no trace is left' "$(trace)" "$(cat before)"
ok 'cleaning what is clean' demo clean

# Somebody else's container keeps what it needs.
ctr-create -q shop_x container=shop:x template=busybox >/dev/null && ctr-addr shop_x >/dev/null
demo >/dev/null 2>&1
demo clean >/dev/null 2>&1
is 'the addresses of others stay' "$(find "$CTR_STATE/addr" -type l | grep -c .)" 2
err="usage: $top/t/demo.sh [up | clean]"
check 'usage' 2 demo down
done_testing
