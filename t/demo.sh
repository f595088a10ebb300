#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `make demo` and `make demo-clean` do, in the directory $BUILD/demo: brings man/examples/demo.yml up, fetches its
# page, resolves a name, shows the status; `demo.sh clean` removes it again, and all that ctrkit keeps on the host where
# nothing else is left that needs it.
set -eu

top=$(cd "${0%/*}/.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
dir=$build/demo
PATH=$build/bin:$PATH

# show COMMAND...: as it would be typed, then what it does
show()
{
	echo "# $*"
	"$@"
}

clean()
{
	if [ -e "$dir/ctr.yml" ]; then
		cd "$dir"
		show ctrctl down
		show ctrctl rm -x
		cd "$top"
		rm -r "$dir"
	fi
	state=${CTR_STATE:-/var/lib/ctr} run=${CTR_RUN:-/run/ctr}
	# Addresses are held as long as there is a container.
	if [ -z "$(ctr-list)" ] && [ -z "$(find "$state/addr" -type l 2>/dev/null)" ]; then
		ctr-net -u
		rm -rf "$state" "$run"
	fi
}

up()
{
	mkdir -p "$dir/pages"
	cp "$top/man/examples/demo.yml" "$dir/ctr.yml"
	echo 'A page of the host, served by a container.' >"$dir/pages/index.html"
	cd "$dir"
	show cat ctr.yml
	show ctrctl -v up
	# The server was executed; it listens a moment later.
	tries=0
	until busybox wget -q -O /dev/null http://127.0.0.1:18080/ 2>/dev/null || [ $((tries += 1)) -gt 50 ]; do
		sleep 0.1
	done
	# The host's own address on the containers' network: it has one of each family everywhere.
	set -- "$(ctr-status demo_web | awk -F '\t' '$2 == "ipv6" { sub(/::.*/, "::1", $3); print $3 }')"
	show busybox wget -q -O - http://127.0.0.1:18080/
	show busybox wget -q -O - "http://[$1]:18080/"
	show lxc-attach -P "$(lxc_path)" -n demo_web -- ping -c 2 -w 5 db
	show ctrctl status
	echo 'make demo-clean removes all of it.'
}

# As ctrkit finds it, for LXC's own tools.
lxc_path()
{
	if [ -n "${CTR_LXCPATH-}" ]; then
		echo "$CTR_LXCPATH"
	else
		lxc-config lxc.lxcpath
	fi
}

case ${1-up} in
up) up ;;
clean) clean ;;
*)
	echo "usage: $0 [up | clean]" >&2
	exit 2
	;;
esac
