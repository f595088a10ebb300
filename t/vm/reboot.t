#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# After a boot of the host: what ran is back with its ports, links and limits, what was stopped by hand is not. After an
# orderly shutdown, and after one that is none.
. "${0%/*}/lib.sh"

project() { mkdir -p "/srv/$1" && cd "/srv/$1" || exit 1; }
running() { lxc-ls --running -1 | sort | tr '\n' ' '; }
fetch() { busybox wget -q -O - "$1"; }
dnsmasq() { kill -0 "$(cat /run/ctr/dnsmasq.pid)"; }

# holds WHEN NAMES: these containers run, each name with a blank after it, and all is as declared
holds()
{
	now=$(running)
	is "$1: what ran, and no more" "$now" "$2"
	[ "$now" = "$2" ] || journalctl -b --no-pager -u 'ctr-*' | tail -n 60 | diag
	is "$1: no unit has failed" "$(systemctl --failed --plain --no-legend)" ''
	is "$1: the units are active" "$(systemctl is-active ctr-shop ctr-blog | tr '\n' ' ')" 'active active '
	is "$1: its port" "$(fetch http://127.0.0.1:8080/)" page
	is "$1: its link" "$(lxc-attach -n shop_web -- sh -c 'echo hello | timeout 120 nc database 8000 | head -n 1')" hello
	is "$1: its ids" "$(ctr-status shop_web | sed -n 's/.*	mapped	\([0-9]*\)	.*/\1/p')" \
	    "$(stat -c %u "/proc/$(lxc-info -pHn shop_web)")"
	is "$1: its limits" "$(cd /sys/fs/cgroup/lxc.payload.shop_web && cat memory.max pids.max | tr '\n' ' ')" '67108864 50 '
}

if [ -z "$mark" ]; then
	busybox_base base
	project blog
	printf 'a:\n    clone: base\n    command: sleep 100000\n' >ctr.yml
	ok 'another project' ctrctl up
	ok 'enabled' ctrctl enable
	project shop
	mkdir pages && echo page >pages/index.html
	# Who goes down, and comes up, in which order: as LXC tells it, with the name and what happens as operands.
	printf '#!/bin/sh\necho "$3 $1" >>/srv/order\n' >/srv/note && chmod +x /srv/note
	echo root:1000000:6553600 | tee -a /etc/subuid >>/etc/subgid
	cat >ctr.yml <<'YAML'
defaults:
    clone: base
    command: sleep 100000
    config: [lxc.hook.pre-start=/srv/note, lxc.hook.post-stop=/srv/note]
containers:
    db:
        command: nc -ll -p 8000 -e cat
    web:
        command: httpd -f -p 80 -h /srv/www
        ports: ["8080:80"]
        volumes: ["./pages:/srv/www:ro"]
        links: ["db:database"]
        idmap: auto
        cgroup: [memory.max=64M, pids.max=50]
    old:
    lx:
    off:
        autostart: false
    on:
        autostart: true
YAML
	ok 'up' ctrctl -t 120 up
	ok 'enabled' ctrctl enable
	check 'systemd finds nothing wrong' 0 systemd-analyze verify /etc/systemd/system/ctr-shop.service
	is 'it is enabled' "$(systemctl is-enabled ctr-shop)" enabled
	ok 'stopped by hand' ctrctl stop old on
	ok 'by LXC' lxc-stop -k -n shop_lx
	holds 'before' 'blog_a shop_db shop_off shop_web '
	mv ctr.yml ..
	reboot_vm orderly
fi

if [ "$mark" = orderly ]; then
	holds 'after a reboot' 'blog_a shop_db shop_on shop_web '
	is 'who links went down first, and came up last' "$(grep 'shop_db\|shop_web' /srv/order | tail -n 4)" \
	    'post-stop shop_web
post-stop shop_db
pre-start shop_db
pre-start shop_web'
	# Nothing of these two is written to the disk but by the programs themselves.
	echo cut >/var/lib/ctr-vm/mark
	sync
	ctr-start -q shop_old >/dev/null && ctr-stop -q shop_on >/dev/null && echo b >/proc/sysrq-trigger
	sleep 60
fi

# One with autostart: true is up after each boot.
holds 'after a power cut' 'blog_a shop_db shop_old shop_on shop_web '
mv /srv/ctr.yml /srv/shop && cd /srv/shop || exit 1

# The one dnsmasq is nobody's own.
ok 'dnsmasq runs' dnsmasq
ok 'a unit stopped' systemctl stop ctr-shop
is 'its containers alone' "$(running)" 'blog_a '
ok 'dnsmasq runs' dnsmasq
ok 'and started' systemctl start ctr-shop
ok 'the other one stopped' systemctl stop ctr-blog
ok 'dnsmasq runs' dnsmasq
ok 'and started' systemctl start ctr-blog
ok 'restarted' systemctl restart ctr-shop
holds 'after a restart of the unit' 'blog_a shop_db shop_old shop_on shop_web '

ok 'disabled' ctrctl disable
is 'all goes on' "$(running)" 'blog_a shop_db shop_old shop_on shop_web '
show() { systemctl show -P "$1" ctr-shop; }
is 'systemd does not know the unit any more' "$(show LoadState) $(show ActiveState)" 'not-found inactive'
ok 'rm' ctrctl -t 120 rm -x
cd /srv/blog || exit 1
ok 'rm of the other project' ctrctl -t 120 rm -x
is 'its unit is gone with it' "$(find /etc/systemd/system -name 'ctr-blog*')" ''
is 'and inactive' "$(systemctl is-active ctr-blog)" inactive
lxc-destroy -n base
done_testing
