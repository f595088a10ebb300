#!/bin/sh
# ctr-json: an object a line, with types that stay.
. "${0%/*}/lib.sh"

in='shop	project
shop	lxcpath	/srv/lxc

shop_db	container	shop	db
shop_db	template	busybox	--a	b
shop_db	idmap	auto
shop_db	command	sh	-c	echo "x"
shop_db	port	udp	192.0.2.1	8000-8010	9000-9010
shop_db	expose	tcp	5432
shop_db	volume	/a	/b	rw,nocopy
shop_db	link	shop_web	w	www
shop_db	link	shop_x
shop_db	backlink	shop_x
shop_db	forward	shop_x	udp	127.0.0.1	53	5353
shop_db	after	shop_web
shop_db	fqdn	db.example.net
shop_db	cgroup	memory.max	200M
shop_db	env	A	a quote"back\\slash
shop_db	config	lxc.cap.drop	sys_time
shop_db	autostart	false
shop_db	network	none
shop_db	isolate	false
shop_db	outbound	false
shop_db	mtu	1400
shop_db	address	10.66.0.5
shop_db	dns	$bridge
shop_db	motto	ü	tab\there\nthere

shop_web	container	shop	web
shop_web	clone	shop_base	snapshot	backend=overlay
shop_web	mac	02:66:0a:42:00:05
shop_web	veth	ctr0a420005
shop_web	ipv4	10.66.0.5
shop_web	ipv6	fd00::5
shop_web	mapped	1000000	65536	mount
shop_web	chosen	tcp	*	20000	80
shop_web	orphan
shop_web	state	running
shop_web	pid	4711
shop_web	published	tcp	*	80	80
shop_web	linked	shop_db	db
shop_web	backlinked	shop_x	x
shop_web	forwarded	shop_db	tcp	127.0.0.1	5432	8000
shop_web	memory	5
shop_web	cpu	0.500
shop_web	pending	env
shop_web	did	ctr-start	started'
out='{"name":"shop","kind":"project","lxcpath":"/srv/lxc"}
{"name":"shop_db","kind":"container","project":"shop","short":"db",'\
'"template":{"name":"busybox","args":["--a","b"]},"idmap":"auto","command":["sh","-c","echo \"x\""],'\
'"port":[{"protocol":"udp","address":"192.0.2.1","host":8000,"container":9000,"count":11}],'\
'"expose":[{"protocol":"tcp","port":"5432"}],"volume":[{"host":"/a","container":"/b","options":["rw","nocopy"]}],'\
'"link":[{"name":"shop_web","aliases":["w","www"]},{"name":"shop_x","aliases":[]}],"backlink":["shop_x"],'\
'"forward":[{"name":"shop_x","protocol":"udp","address":"127.0.0.1","port":53,"to":5353}],'\
'"after":["shop_web"],"fqdn":"db.example.net","cgroup":[{"key":"memory.max","value":"200M"}],'\
'"env":[{"name":"A","value":"a quote\"back\\slash"}],"config":[{"key":"lxc.cap.drop","value":"sys_time"}],'\
'"autostart":false,"network":"none","isolate":false,"outbound":false,"mtu":1400,"address":["10.66.0.5"],"dns":["$bridge"],"other":[{"key":"motto","fields":["ü","tab\there\nthere"]}]}
{"name":"shop_web","kind":"container","project":"shop","short":"web",'\
'"clone":{"name":"shop_base","options":["snapshot","backend=overlay"]},"mac":"02:66:0a:42:00:05",'\
'"veth":"ctr0a420005","ipv4":["10.66.0.5"],"ipv6":["fd00::5"],'\
'"mapped":{"host":1000000,"count":65536,"how":"mount"},'\
'"chosen":[{"protocol":"tcp","address":"*","host":20000,"container":80,"count":1}],"orphan":true,"state":"running","pid":4711,'\
'"published":[{"protocol":"tcp","address":"*","host":80,"container":80,"count":1}],'\
'"linked":[{"name":"shop_db","aliases":["db"]}],"backlinked":[{"name":"shop_x","aliases":["x"]}],'\
'"forwarded":[{"name":"shop_db","protocol":"tcp","address":"127.0.0.1","port":5432,"to":8000}],"memory":{"bytes":5,"limit":null},"cpu":0.500,"pending":["env"],'\
'"did":[{"program":"ctr-start","message":"started"}]}'
check 'every fact' 0 ctr-json
cp "$T/got.out" all.json
ok 'a JSON parser takes it' perl -MJSON::PP -ne 'decode_json($_)' all.json
is 'each key of ctr-json(1) is one that is written, and the other way round' \
    "$(perl -MJSON::PP -ne '$k{$_} = 1 for keys %{decode_json($_)}; END { print "$_\n" for sort "error", keys %k }' all.json)" \
    "$(sed -n 's/^\.It Cm \(.*\) Ta .*/\1/p' "$top/man/ctr-json.1" | tr -s ', ' '\n' | sort)"

in='x	memory	many
x	name	y'
out='{"name":"x","kind":"part","memory":{"bytes":null,"limit":null},"other":[{"key":"name","fields":["y"]}]}'
err="ctr-json: x: 'many' is no number"
check 'a number that is none, an unknown fact with the name of a key' 2 ctr-json
out='{"name":"x","kind":"part","error":[{"program":"ctr-create","message":"no room"}]}'
in='x	error	ctr-create	no room'
check 'an error' 1 ctr-json
out='{"name":"x","kind":"part","port":[{"protocol":"tcp","address":"*","host":8080,"container":80,"count":1}]}'
check 'operands' 0 ctr-json x port=8080:80
done_testing
