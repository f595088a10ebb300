#!/bin/sh
# ctrctl: its options and commands, what it prints, asks and tells, and how it ends.
. "${0%/*}/lib.sh"

cp "$top/man/examples/shop.yml" ctr.yml
done_line() { echo "ctrctl: $1: $2 done, $3 unchanged, $4 failed"; }
running() { lxc-ls --running | tr -s ' \n' ' '; }

err_like='usage: ctrctl *'
check 'no command' 2 ctrctl
err="ctrctl: there is no command 'strat' (ctrctl --help lists them)"
check 'an unknown command' 2 ctrctl strat
err="ctrctl: explain: which command?"
check 'explain what?' 2 ctrctl explain
err="ctrctl: -j takes a number from 1 to 1000, not '0'"
check '-j 0' 2 ctrctl -j 0 up
mkdir empty
is 'no file' "$(cd empty && ctrctl up 2>&1; echo $?)" "$(cd empty && ctr-parse 2>&1; echo 2)"
for command in create start stop reboot rm status ports rmports links rmlinks cgroup up down list config doctor; do
	ctrctl --help | grep -q "^  $command " || fail "--help has no $command"
	ctrctl explain "$command" >explained || fail "explain $command"
	bash -n explained || fail "explain $command is no script"
	[ "$(grep -c '^ctr-' explained)" = "$(grep '^# ' explained | tail -n +2 | grep -c .)" ] ||
		fail "explain $command: a line on each program"
done
pass 'help and explain have all commands'
check 'each is in the man page too' 0 sh -c 'for c in $(ctrctl --help | sed -n "/^commands/,/^$/s/^  \([a-z]*\) .*/\1/p")
	do grep -q "^.It Cm.*\b$c\b" "$0" || echo "$c"; done' "$top/man/ctrctl.1"
for option in $(ctrctl --help | grep -oE -- '--[a-z-]+' | sort -u); do
	grep -qE -- "(Fl|,) -${option#--}( |\$)" "$top/man/ctrctl.1" || fail "ctrctl(1) has no $option"
done

# Errors come before anything is changed.
err_like='bad.yml:*'
echo 'db: { template: busybox, prots: ["80:80"] }' >bad.yml
check 'a file with an error' 2 ctrctl -f bad.yml up
err="ctr-select: no record has the name 'nix'"
check 'a name that is not there' 2 ctrctl up db nix
is 'nothing was made' "$(lxc-ls)" ''

# What --dry-run prints does the same.
ctrctl --dry-run up >script
is '--dry-run changes nothing' "$(lxc-ls)" ''
check 'the script runs' 0 sh -c 'bash script 2>/dev/null'
is 'and does what up does' "$(running)" 'shop_db shop_web '
pids=$(lxc-info -n shop_db -pH) pids="$pids $(lxc-info -n shop_web -pH)"
err=$(done_line up 0 2 0)
check 'up after it has nothing to do, nor to say with -v' 0 ctrctl -v up
is 'the processes are the same' "$(lxc-info -n shop_db -pH) $(lxc-info -n shop_web -pH)" "$pids"

# Options before and after the command; an option swallows no command.
ctrctl -q down
is 'down stops' "$(running)" ''
out_like='Def.*shop_db*stopped*shop_web*stopped*'
check '-v status starts nothing' 0 ctrctl -v status
is 'and so it was' "$(running)" ''
err=$(done_line start 2 0 0)
check 'start -n' 0 ctrctl start -n
is 'adds no ports' "$(ctr-parse | ctr-status | grep -c published)" 0
is 'but links' "$(ctr-parse | ctr-status | grep -c linked)" 1
err=$(done_line ports 2 0 0)
check 'ports' 0 ctrctl ports
is 'are published' "$(ctr-parse | ctr-status | grep -c published)" 2
err=$(done_line rmports 2 0 0)
check 'rmports' 0 ctrctl rmports
is 'are withdrawn' "$(ctr-parse | ctr-status | grep -c published)" 0
err=$(done_line rmlinks 1 1 0)
check 'rmlinks' 0 ctrctl rmlinks
is 'are gone' "$(ctr-parse | ctr-status | grep -c linked)" 0
err=$(done_line links 1 1 0)
check 'links' 0 ctrctl links
err=$(done_line stop 2 0 0)
check 'stop with an option after its names, and one before' 0 ctrctl -m stop web db -n
err=$(done_line start 2 0 0)
check 'start -m, whatever POSIXLY_CORRECT says' 0 env POSIXLY_CORRECT=1 ctrctl start -m
is 'ports; the links are left as they are' "$(ctr-parse | ctr-status | grep -c 'published\|linked')" 3
pid=$(lxc-info -n shop_web -pH)
err=$(done_line reboot 1 0 0)
check 'reboot of one' 0 ctrctl reboot web
is 'is a new process' "$(lxc-info -n shop_web -pH | grep -cvx "$pid")" 1
pid=$(lxc-info -n shop_db -pH)
err=$(done_line start 1 0 0)
check 'start -r restarts what runs' 0 ctrctl start --restart db
is 'is a new process, too' "$(lxc-info -n shop_db -pH | grep -cvx "$pid")" 1
sed -i 's/fqdn: .*/cgroup: ["memory.max=64M"]/' ctr.yml
err=$(done_line cgroup 1 1 0)
check 'cgroup' 0 ctrctl cgroup
out_like='*Memory*of 64M*'
check 'status -e' 0 ctrctl status -e

# What ctr-doctor finds comes after the table.
summary='ctr-doctor: 1 finding: forward; see ctr-doctor(1)'
is 'nothing is found' "$(ctrctl status -e | grep ctr-doctor)" ''
nft 'add table inet fw; add chain inet fw forward { type filter hook forward priority 0; policy drop; }'
is 'status does not look for it' "$(ctrctl status | grep ctr-doctor)" ''
is 'status -e ends with it, and it has no part in the status' "$(ctrctl status -e >out; echo $?; tail -n 1 out)" "0
$summary"
is 'the script does the same' "$(ctrctl status -e --dry-run >script; bash script >again; echo $?; sed 's/[0-9.]*[MG]//g' again | tail -n 1)" "0
$summary"
is 'explain has a line on it' "$(ctrctl explain status -e | grep -B 1 -A 1 ctr-doctor)" '# a line on what of the host is in their way
ctr-doctor -s
exit $status'
out_like='*Memory*of 64M*'
err="ctr-doctor: CTR_POOL6 is 'x', not an IPv6 network of /64"
check 'where ctr-doctor fails, the table is shown' 0 env CTR_POOL6=x ctrctl status -e
out_like='forward: finding: *'
check 'doctor' 3 ctrctl doctor
err_like='usage: ctr-doctor*'
check 'doctor takes no names' 2 ctrctl doctor web
nft delete table inet fw
out_like='forward: ok: *'
check 'options are handed on' 0 sh -c 'ctrctl doctor -v | grep "^forward:"'

out_like='shop	project*shop_db	cgroup	memory.max	64M*'
check 'list: what is on disk' 0 ctrctl list -p shop
out=$(ctr-parse | sed -n '1,/^$/p'; ctr-parse | sed -n '/^shop_web/,$p')
out="$out
"
check 'config: what the file says' 0 ctrctl config web
check '-p and -f are handed on' 0 sh -c 'ctrctl -f - -p other config <ctr.yml | grep -q "^other_db	container	other	db"'

# Two at once, from nothing and from something; a configuration that is broken.
mkdir twice
sed 's/^name: .*/name: twice/; s/8000:8000/8001:8000/; s/8080:80/8081:80/' ctr.yml >twice/ctr.yml
two() { # COMMAND...: prints both statuses
	(cd twice && "$@" >../first 2>&1; echo $? >../status) &
	(cd twice && "$@" >../second 2>&1; echo $?)
	wait $!
	cat status
}
is 'up twice at once' "$(two ctrctl up)" '0
0'
is 'made once, running, published' "$(cd twice && ctr-parse | ctr-status | grep -cP '\t(state\trunning|published\t)')" 4
is 'reboot twice at once' "$(two ctrctl reboot)" '0
0'
echo 'lxc.nonsense = 1' >>"$CTR_LXCPATH/twice_db/config"
err_like="*$(done_line rm 2 0 0)"
check 'rm of one that runs and whose configuration is broken' 0 ctrctl -f twice/ctr.yml rm -x
is 'it is gone' "$(lxc-ls -1 | grep -c twice)" 0

# A program that is not there, a container that fails.
cat >one.yml <<EOT
name: one
containers:
  bad: { template: nonesuch }
  good: { template: busybox, network: none }
EOT
err_like="*ctr-create: one_bad: *ctrctl: up: 1 done, 0 unchanged, 1 failed"
check 'one that fails does not hold up the other, and is told' 1 ctrctl -f one.yml up
is 'the other runs' "$(lxc-info -n one_good -sH)" RUNNING

# Those that are named, with what they need; or alone.
cat >deps.yml <<EOT
name: deps
defaults: { network: none, command: sleep 1000 }
containers:
  base: { template: busybox }
  db: { clone: base }
  web: { clone: base, after: [db] }
  other: { clone: base }
EOT
in_deps() { lxc-ls -1 "$@" | grep '^deps_' | tr -s ' \n' ' '; }
err="ctr-create: deps_web: its source 'deps_base' does not exist in '$CTR_LXCPATH'
$(done_line up 0 0 1)"
check 'up --no-deps of one whose source is not there' 1 ctrctl -f deps.yml up --no-deps web
is 'makes no source' "$(in_deps)" ''
err_like="*$(done_line create 4 0 0)"
check 'create' 0 ctrctl -f deps.yml create
err=$(done_line up 1 0 0)
check 'up --no-deps' 0 ctrctl -f deps.yml up --no-deps web
is 'starts that one alone' "$(in_deps --running)" 'deps_web '
ctrctl -q -f deps.yml stop
check 'start --no-deps' 0 ctrctl -q -f deps.yml start web --no-deps
is 'that one alone, too' "$(in_deps --running)" 'deps_web '
err=$(done_line up 2 1 0)
check 'up' 0 ctrctl -f deps.yml up web
is 'starts what it needs, and nothing else' "$(in_deps --running)" 'deps_base deps_db deps_web '
ctrctl -q -f deps.yml rm -x

# -j: one after another, or at once, when the first one ends after the second has begun.
cat >marks <<EOT
#!/bin/sh
for i; do case \$i in --name=*) name=\${i#--name=} ;; esac; done
echo "begin \$name" >>"$T/marks"
[ ! -e "$T/together" ] || until [ "\$(grep -c begin "$T/marks")" -ge 3 ]; do sleep 0.05; done
/usr/share/lxc/templates/lxc-busybox "\$@" || exit 1
echo "end \$name" >>"$T/marks"
EOT
chmod +x marks
printf 'name: jobs\ndefaults: { network: none, template: "%s" }\ncontainers: { a: , b: , c: }\n' "$PWD/marks" >jobs.yml
err_like="*$(done_line create 3 0 0)"
check '-j 1' 0 ctrctl -f jobs.yml -j 1 create
is 'one after another' "$(cat "$T/marks")" 'begin jobs_a
end jobs_a
begin jobs_b
end jobs_b
begin jobs_c
end jobs_c'
ctrctl -q -f jobs.yml rm -x
touch "$T/together"
# However few processors there are.
for jobs in '-j 3' ''; do
	rm "$T/marks"
	err_like="*$(done_line create 3 0 0)"
	# shellcheck disable=SC2086 # two words or none
	check "${jobs:-no -j}" 0 ctrctl -f jobs.yml create $jobs
	is 'at once' "$(head -n 3 "$T/marks" | cut -d ' ' -f 1 | uniq)" begin
	ctrctl -q -f jobs.yml rm -x
done

# Containers elsewhere: the file says where, the command line says it better.
mkdir else else2
sed "1a lxcpath: $PWD/else" one.yml | sed /bad/d >else.yml
err=$(done_line create 1 0 0) err_like="*$err"
check 'lxcpath of the project file' 0 ctrctl -f else.yml create
ok 'there it is' test -d else/one_good/ctr
is 'the script has it, too' "$(ctrctl -f else.yml --dry-run up | grep -c -- "-P $PWD/else")" 12
err_like="*$(done_line create 1 0 0)"
check '--lxcpath is stronger' 0 ctrctl -f else.yml create --lxcpath else2
ok 'there it is, too' test -d else2/one_good/ctr
mv else.yml "it's \$HOME; .yml"
is 'words are quoted in a script' "$(ctrctl -f "it's \$HOME; .yml" --dry-run config | bash)" \
    "$(ctr-parse -f "it's \$HOME; .yml")"
is 'without the programs in PATH the script finds them' \
    "$(PATH=/usr/bin:/bin "$build/bin/ctrctl" config --dry-run | PATH=/usr/bin:/bin bash)" "$(ctr-parse)"

# rm asks.
err='ctrctl: rm: there is no terminal to ask on, and no -x'
check 'rm without a terminal and without -x' 2 ctrctl rm
is 'changes nothing' "$(running)" 'one_good shop_db shop_web '
answer() { # TEXT COMMAND: on a terminal, which gets TEXT when it asks
	mkfifo answers
	( exec 3>answers; wait_for 60 grep -q 'y/N' asked; printf '%s' "$1" >&3 ) &
	script -qefc "$2" asked <answers >/dev/null
	echo "status $?" >>asked
	wait $!
	rm answers
	tr -d '\r' <asked
}
like 'rm on a terminal: no is no' "$(answer 'n

' 'ctrctl rm')" '*Delete shop_web? \[y/N\] *Delete shop_db? \[y/N\] *0 done, 0 unchanged, 0 failed*status 0'
is 'nothing is gone' "$(lxc-ls -1 | grep -c shop)" 2
like 'yes is yes, for each' "$(answer 'y
n
' 'ctrctl rm')" '*Delete shop_web*Delete shop_db*1 done, 0 unchanged, 0 failed*'
is 'one is gone' "$(lxc-ls -1 | grep shop)" shop_db
err=$(done_line rm 1 1 0)
check 'rm -x does not ask; what runs is stopped before' 0 ctrctl rm -x
is 'both are gone' "$(lxc-ls -1 | grep -c shop)" 0
ok 'the directories of volumes stay' test -d db
err=$(done_line rm 0 2 0)
check 'again' 0 ctrctl rm -x
done_testing
