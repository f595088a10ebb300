#!/bin/sh
# ctrctl with names: who is taken along, in which order, and who is told of.
. "${0%/*}/lib.sh"

cat >ctr.yml <<EOT
name: shop
defaults: { command: sleep 1000 }
containers:
  app: { template: busybox, links: [web], after: [db] }
  base: { template: busybox }
  db: { clone: base }
  other: { template: busybox }
  web: { template: busybox, links: ["db:database"] }
EOT
there() { lxc-ls -1 | tr '\n' ' '; }
running() { lxc-ls -1 --running | tr '\n' ' '; }

err_like='*ctrctl: create: 3 done, 0 unchanged, 0 failed'
check 'create: what it links to, and what that is a clone of' 0 ctrctl create web
is 'are there' "$(there)" 'shop_base shop_db shop_web '
err_like='*ctrctl: create: 1 done, 0 unchanged, 0 failed'
check 'create --no-deps' 0 ctrctl create --no-deps shop_other
is 'one more' "$(there)" 'shop_base shop_db shop_other shop_web '
err_like='*ctrctl: up: 4 done, 0 unchanged, 0 failed'
check 'up: all that it needs, transitively' 0 ctrctl up app
is 'run' "$(running)" 'shop_app shop_base shop_db shop_web '

err="ctr-stop: shop_db: 'shop_web' still links to it and runs
ctrctl: stop: 1 done, 0 unchanged, 0 failed"
check 'stop takes nobody along, and says who still links to it' 0 ctrctl stop db
is 'the others run' "$(running)" 'shop_app shop_base shop_web '
err='ctrctl: start: 1 done, 2 unchanged, 0 failed'
check 'start takes along what it needs' 0 ctrctl start web
err="ctr-stop: shop_web: 'shop_app' still links to it and runs
ctrctl: stop: 2 done, 0 unchanged, 0 failed"
check 'stop of two, of which one links to the other' 0 ctrctl stop db web --no-links
ctrctl -q start app
ctrctl -v stop db web app 2>stopped
is 'stop goes in reverse order' "$(sed -n 's/^ctr-stop: \([a-z_]*\): stopped.*/\1/p' stopped | tr '\n' ' ')" \
    'shop_app shop_web shop_db '
ctrctl -q start --no-deps app
is 'start --no-deps' "$(running)" 'shop_app shop_base '
ctrctl -q stop -t 5
is 'stop without names: all' "$(running)" ''

# Containers that the file has no more.
ctrctl -q up
sed -i '/other:/d; /app:/d' ctr.yml
out_like='Def.*
no *shop_app*running*
no *shop_other*running*'
check 'status shows them' 0 ctrctl status
is 'and those that the file has before them' "$(ctrctl status -o | awk '/^yes|^no/ { print $1, $2 }' | tr '\n' ' ')" \
    'yes shop_base yes shop_db yes shop_web no shop_app no shop_other '
err='ctrctl: stop: 1 done, 0 unchanged, 0 failed'
check 'one can be stopped by its name' 0 ctrctl stop app
ctrctl -q down
is 'down without names leaves them' "$(running)" 'shop_other '
err='ctrctl: rm: 1 done, 0 unchanged, 0 failed'
check 'rm by name' 0 ctrctl rm -x other
ctrctl -q rm -x
is 'rm without names leaves them' "$(there)" 'shop_app '
err="ctr-select: no record has the name '-q'"
check "a name behind '--' is no option of a program" 2 ctrctl stop -- -q
err="ctr-select: no record has the name '-v'"
check 'with -x neither' 2 ctrctl rm -x -- -v
err="ctr-select: no record has the name 'app'"
check 'up knows those of the file alone' 2 ctrctl up app
sed -i 's/^name: shop/name: blog/' ctr.yml
err="ctr-select: no record has the name 'app'
ctr-select: no record has the name 'shop_app'"
check 'another project has none of them' 2 ctrctl rm -x app shop_app
done_testing
