#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults in the driver itself: what it started has ended when it says so, and the same command again does the rest.
. "${0%/*}/lib.sh"
. "$top/t/fault.sh"
export CTR_POOL6=fd00:1:2:3::/64 FAULT_IN=ctrctl

busybox_base
mkdir vol
echo '127.0.0.1 localhost' >"$CTR_HOSTS"
cat >a.yml <<'E'
name: p
containers:
  a: {clone: base, command: sleep 1000, ports: ["80:80"], cgroup: {pids.max: 100}}
E
# And whether it runs; none of its programs does any more.
state_more()
{
	echo "$(lxc-info -Hs -n p_a) p_a's_state"
	! pgrep -af '^ctr-' || echo 'they run'
}
up='ctrctl -q -f a.yml up' down='ctrctl -q -t 0 -f a.yml down'
for option in -n ''; do
	$up $option && state now && cat now >>between && $down || exit 1
done
reader 'malloc fork read write' 'ctrctl -f a.yml config'
writer 'malloc fork pipe read?' "$up" "$down"

# Memory is short when the first one comes out, which fails when the second is being made: what takes that away has ended before.
cat >slow <<'E'
#!/bin/sh
for i; do case $i in --path=*) path=${i#--path=} ;; esac; done
case $path in *p_q) until [ -e "$path/../begun" ]; do sleep 0.05; done; exit 1 ;; esac
mkdir -p "$path/rootfs/many" && seq -f "$path/rootfs/many/%g" 5000 | xargs touch && : >"$path/../begun" && sleep 1000
E
chmod +x slow
printf 'name: p\ndefaults: {template: %s/slow, network: none}\ncontainers: {q: {}, slow: {}}\n' "$PWD" >slow.yml
n=0
while [ ! -e "$CTR_LXCPATH/begun" ] && [ $((n += 3)) -lt 1000 ]; do
	rm -f "$TMPDIR/fault.log"
	LD_PRELOAD=$fault FAULT=malloc:$n FAULT_LOG=$TMPDIR/fault.log timeout 60 ctrctl -j 2 -f slow.yml create >out 2>err
	got=$? left=$(find "$CTR_LXCPATH" -maxdepth 1 -name p_slow -printf %f)
done
like "it ends after what it ran, malloc $n" "$got $left $(cat err)" \
    '1  *ctrctl: cannot allocate *ctr-create: p_slow: interrupted; nothing of it is left'
done_testing
