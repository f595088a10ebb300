#!/bin/sh
# ctrctl, while containers are made: what it shows, and how it ends when it is interrupted.
. "${0%/*}/lib.sh"

# A template that makes its container when it is told to.
cat >slow <<EOT
#!/bin/sh
for i; do case \$i in --name=*) name=\${i#--name=} ;; esac; done
echo \$\$ >"$T/pid-\$name"
until [ -e "$T/go-\$name" ]; do sleep 0.05; done
exec /usr/share/lxc/templates/lxc-busybox "\$@"
EOT
chmod +x slow
cat >ctr.yml <<EOT
name: p
defaults: { network: none }
containers:
  a: { template: busybox }
  b: { template: $PWD/slow }
  c: { template: $PWD/slow }
EOT

# On a terminal: which are being made, since when, how many remain.
script -qefc 'TERM=xterm ctrctl -j 3 create' shown </dev/null >/dev/null &
ok 'which are being made, and how many' wait_for 60 grep -qP '\d+ s, 2 to be made, now: p_b p_c\r' shown
touch "$T/go-p_b"
ok 'one less' wait_for 60 grep -qP '\d+ s, 1 to be made, now: p_c\r' shown
touch "$T/go-p_c"
wait $!
ok 'and the end' grep -q 'ctrctl: create: 3 done, 0 unchanged, 0 failed' shown
ctrctl -q rm -x; rm "$T"/go-*

# interrupt SIGNAL: sends it to ctrctl while b and c are being made, and a is; prints its status
interrupt()
{
	rm -f "$T"/pid-*
	# A background process of sh(1) ignores SIGINT, unless something restores it.
	perl -e '$SIG{INT} = $SIG{HUP} = "DEFAULT"; exec @ARGV' ctrctl -j 3 create >"$T/out" 2>&1 &
	pid=$!
	wait_for 60 test -s "$T/pid-p_b" && wait_for 60 test -s "$T/pid-p_c" && wait_for 60 made || echo 'not begun'
	kill -s "$1" "$pid"
	wait "$pid"
	echo "status $?"
}
made() { ctr-list p_a; }
ended() { ! kill -0 "$(cat "$T/pid-p_b")" && ! kill -0 "$(cat "$T/pid-p_c")"; }
for signal in INT:130 TERM:143 HUP:129; do
	is "SIG${signal%:*}" "$(interrupt "${signal%:*}")" "status ${signal#*:}"
	like 'it says what came of it' "$(cat "$T/out")" '*ctrctl: create: [01] done, 0 unchanged, 0 failed, [23] not finished'
	ok 'what it ran has ended' wait_for 60 ended
	is 'what was finished stays' "$(ctr-list | awk '$2 == "container" { print $1 }')" p_a
	touch "$T/go-p_b" "$T/go-p_c"
	err_like='*ctrctl: create: [23] done, [01] unchanged, 0 failed'
	check 'the same command makes the rest' 0 ctrctl create
	ctrctl -q rm -x
	rm "$T"/go-*
done

# Killed itself, nothing of it goes on.
rm -f "$T"/pid-*
ctrctl -j 3 create >"$T/out" 2>&1 &
wait_for 60 test -s "$T/pid-p_c" && wait_for 60 test -s "$T/pid-p_b"
kill -9 $!
wait $! 2>/dev/null
ok 'killed: what it ran has ended' wait_for 60 ended

# nohup(1): what was ignored from the start stays so, by ctrctl, what it runs, their children and the template; but
# not in the container.
cat >one.yml <<EOT
name: p
defaults: { network: none }
containers: { b: { template: $PWD/slow } }
EOT
rm -f "$T"/pid-*
nohup ctrctl -f one.yml up >"$T/nohup" 2>&1 & # the one before may still write to its own
pid=$!
ok 'under nohup: it is being made' wait_for 60 test -s "$T/pid-p_b"
family() # PID: it and all its descendants of these names
{
	case $(cat "/proc/$1/comm") in ctrctl | ctr-create | slow) echo "$1" ;; esac
	# shellcheck disable=SC2013 # words
	for child in $(cat "/proc/$1/task/"*/children); do
		family "$child"
	done
}
family "$pid" >pids 2>"$T/null" # what has just ended is no matter
is 'ctrctl, ctr-create, who makes it, and the template' \
    "$(xargs -I{} cat /proc/{}/comm <pids | sort -u | tr '\n' ' ')" 'ctr-create ctrctl slow '
xargs kill -HUP <pids
touch "$T/go-p_b"
wait "$pid"
like 'SIGHUP to each of them: it goes on' "$? $(cat "$T/nohup")" '0 *ctrctl: up: 1 done, 0 unchanged, 0 failed'
ignored() { echo $((0x$(awk '/^SigIgn/ { print $2 }' "/proc/$1/status") & 1)); }
is 'the init of the container does not ignore it' "$(ignored "$(lxc-info -n p_b -p -H)")" 0
ctrctl -q -f one.yml rm -x
rm "$T"/go-*

# A program that is killed is told of.
touch "$T/go-p_b" "$T/go-p_c"
mkdir bin && ln -s "$build"/bin/* bin && rm bin/ctrctl bin/ctr-config && cp "$build/bin/ctrctl" bin &&
	printf '#!/bin/sh\nkill -9 $$\n' >bin/ctr-config && chmod +x bin/ctr-config
err_like='*ctrctl: ctr-config: it was killed by signal 9*not finished'
check 'a program that was killed' 1 bin/ctrctl create
rm bin/ctr-name
err="ctrctl: cannot find program 'ctr-name' beside '$PWD/bin'"
check 'a program that is not there: nothing is begun' 1 bin/ctrctl create
done_testing
