#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A container under a name of ours that ctrkit did not make, or that another project has: every action refuses it,
# leaves it as it is, and does the others.
. "${0%/*}/lib.sh"

tab=$(printf '\t')
busybox_base shop_hand
ctr-create -q shop_x_y container=shop:x_y template=busybox >got && ctr-addr -q shop_x_y >got || exit 1
mkdir theirs

# All that is known of the two, but for what their own processes write.
all()
{
	for c in shop_hand shop_x_y; do
		find "$CTR_LXCPATH/$c" -path '*/rootfs/*' ! -path '*/etc*' -o -printf '%p %i %y %m %s %T@ %C@ %l\n' | sort
		lxc-info -n "$c" -pH
	done
	ls theirs
	find "$CTR_STATE/addr" -lname '*/shop_x_y'
	nft list table inet ctr 2>got.err | grep -e hand -e x_y -e 8000
}

# What an action could do with a record.
facts()
{
	printf '%s\tcontainer\t%s\t%s\n' "$1" "$2" "${1#"$2"_}"
	cat <<E
$1${tab}template${tab}busybox
$1${tab}command${tab}sleep${tab}1000
$1${tab}port${tab}tcp${tab}*${tab}8000${tab}80
$1${tab}volume${tab}$PWD/theirs${tab}/var/log${tab}rw
$1${tab}link${tab}shop_ours
$1${tab}fqdn${tab}theirs.example.net
$1${tab}cgroup${tab}pids.max${tab}7
$1${tab}env${tab}A${tab}b
$1${tab}autostart${tab}true

E
}

# refused WHEN: by all actions, in an order in which they can all be done with ours
refused()
{
	for p in create addr config mount name net cgroup start ports link 'start -r' 'link -u' 'ports -u' 'cgroup -u' \
	    'stop -t 0' 'net -u' 'name -u' 'mount -u' 'config -u' 'addr -u' 'destroy -k'; do
		facts shop_hand shop >in
		facts shop_x_y shop_x >>in
		printf 'shop_ours\tcontainer\tshop\tours\nshop_ours\tclone\tbase\n\n' >>in
		all >before
		# shellcheck disable=SC2086 # words
		timeout 60 ctr-$p <in >out 2>err
		status=$?
		all >after
		hand="ctr-${p%% *}: shop_hand: '$CTR_LXCPATH/shop_hand' was not made by ctrkit
"
		case $p in
		'net -u' | 'addr -u') # there is nothing that they could take from it
			hand=''
			sed -i /shop_hand/d err
			;;
		esac
		is "ctr-$p, $1: it refuses the two" "$status $(sort err)" \
		    "1 ${hand}ctr-${p%% *}: shop_x_y: it belongs to project 'shop', not to 'shop_x'"
		is "ctr-$p, $1: and does the third" "$(grep -c "^shop_ours${tab}error" out)" 0
		ok "ctr-$p, $1: and leaves them as they were" cmp before after
	done
}
busybox_base
refused 'they being stopped'
lxc-start -n shop_hand && lxc-start -n shop_x_y || exit 1
wait_for 60 sh -c 'for n in hand x_y; do pgrep -P "$(lxc-info -n shop_$n -pH)" -f getty || exit 1; done'
refused 'they running'
done_testing
