#!/bin/sh
# ctr-table: what people see, and what never reaches their terminal.
. "${0%/*}/lib.sh"

cat >stream <<EOT
shop	project

shop_db	container	shop	db
shop_db	fqdn	db.example.net
shop_db	port	tcp	*	8000	8000
shop_db	ipv4	10.66.0.5
shop_db	ipv6	fd00::5
shop_db	state	running
shop_db	pid	4711
shop_db	published	tcp	*	8000	8000
shop_db	published	udp	192.0.2.1	8000-8010	9000-9010
shop_db	published	tcp	2001:db8::1	80	80
shop_db	memory	1234567	200000000
shop_db	cpu	1.234
shop_db	pending	env

shop_web	container	shop	web
shop_web	link	shop_db	database
shop_web	state	stopped
shop_web	memory	1023

shop_old	container	shop	old
shop_old	orphan
shop_old	state	frozen
shop_old	linked	shop_db	db

EOT
out='Def.   Name       FQDN             State          IPs         Ports                                Links
----------------------------------------------------------------------------------------------------------
yes    shop_db    db.example.net   running        10.66.0.5   *:8000->8000/tcp
                                   pending: env   fd00::5     192.0.2.1:8000-8010->9000-9010/udp
                                                              [2001:db8::1]:80->80/tcp
yes    shop_web                    stopped
no     shop_old                    frozen                                                          shop_db'
check 'the columns of the ancestor' 0 ctr-table <stream
out='Name       PID    Memory          CPU
----------------------------------------
shop_db    4711   1.1M of 190M    1.234s
shop_web          1023B of none
shop_old'
check '-e, and memory without a limit' 0 ctr-table -e -c name <stream
out='Ports              Links     Project
------------------------------------
*:8000->8000/tcp             shop
                   shop_db   shop
                             shop'
check 'without a state, what is declared' 0 sh -c 'grep -v state stream | ctr-table -c ports,links,project'
out='Name   Volumes
---------------
web    /a /b rw
       /c /d ro'
check 'operands' 0 ctr-table -c name,volumes web volume=/a:/b volume=/c:/d:ro
out='Name
----'
check 'no records' 0 ctr-table -c name </dev/null
err_like="ctr-table: there is no column 'nix'; those are: def name *"
check 'a column that there is not' 2 ctr-table -c name,nix <stream
err='ctr-table: -c names no column'
check 'no column' 2 ctr-table -c , <stream
out='Name   State   Error
---------------------------------
a_b    error   ctr-create no room'
in='a_b	container	a	b
a_b	error	ctr-create	no room'
check 'an error' 1 ctr-table -c name,state,error

# Characters that are wide, that have no width, that act on a terminal, that turn text round.
printf 'a_b\tdid\tp\t日本\na_b\tstate\trunning\n\na_c\tdid\tp\te\314\201 x\\ty\\nz\na_c\tstate\tx\n\n' >wide
printf 'a_d\tdid\tp\t\302\2331mC1 \342\200\256rtl \342\200\250\na_d\tstate\ty\n' >>wide
out='Did              State
------------------------
p 日本           running
p é x?y?z        x
p ?1mC1 ?rtl ?   y'
out=$(printf '%s' "$out" | sed "s/é/e$(printf '\314\201')/")
check 'widths, and what is no text' 0 ctr-table -c did,state <wide

# On a terminal. script(1) makes one; TERM is "dumb" in the sandbox.
terminal() { script -qefc "$*" /dev/null </dev/null | tr -d '\r'; }
bold=$(printf '\033[1m') green=$(printf '\033[32m') red=$(printf '\033[31m') off=$(printf '\033[0m')
is 'colours on a terminal' "$(terminal 'TERM=xterm ctr-table -c name,state <stream' | head -n 3)" \
    "${bold}Name$off       ${bold}State$off
-----------------------
shop_db    ${green}running$off"
is 'and red for what does not run' "$(terminal 'TERM=xterm ctr-table -c state <stream' | grep stopped)" "${red}stopped$off"
plain=$(ctr-table -c name,state <stream)
is 'none with NO_COLOR' "$(terminal 'NO_COLOR=1 TERM=xterm ctr-table -c name,state <stream')" "$plain"
is 'an empty NO_COLOR says nothing' "$(terminal 'NO_COLOR= TERM=xterm ctr-table -c state <stream' | grep -cF "$red")" 1
is 'none with -o' "$(terminal 'TERM=xterm ctr-table -o -c name,state <stream')" "$plain"
is 'none on a dumb terminal' "$(terminal 'ctr-table -c name,state <stream')" "$plain"
done_testing
