#!/bin/sh
# The completion of ctrctl for bash.
. "${0%/*}/lib.sh"

cp "$top/man/examples/shop.yml" .
mkdir project && sed 's/db:/store:/' shop.yml >project/ctr.yml
cat >complete <<EOT
. "$top/cmd/ctrctl.bash"
COMP_WORDS=("\$@") COMP_CWORD=\$((\$# - 1))
_ctrctl
echo "\${COMPREPLY[*]}"
EOT
completes() { bash complete "$@" 2>&1; }

is 'commands' "$(completes ctrctl sta)" 'start status'
is 'all of them' "$(completes ctrctl '' | tr ' ' '\n' | grep -c .)" "$(ctrctl --help | sed -n '/^commands/,/^$/p' | grep -c '^  ')"
is 'options' "$(completes ctrctl --no-)" '--no-deps --no-ports --no-links --no-color'
is 'options after the command' "$(completes ctrctl up --dry)" '--dry-run'
is 'names, of the file in the directory' "$(cd project && bash ../complete ctrctl stop '')" 'store web'
is 'names, of another file' "$(completes ctrctl -f shop.yml -j 4 stop web d)" db
is 'a command after explain' "$(completes ctrctl explain r)" 'reboot rm rmports rmlinks'
is 'no names, where none are taken' "$(completes ctrctl enable '')" ''
is 'files' "$(completes ctrctl -f sh)" shop.yml
is 'no project: no names, no message' "$(completes ctrctl start '')" ''
is 'bash finds it' "$(bash -c '. "$0"; complete -p ctrctl' "$top/cmd/ctrctl.bash")" 'complete -F _ctrctl ctrctl'
done_testing
