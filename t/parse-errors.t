#!/bin/sh
# ctr-parse: each error at its line and column, all errors of a file in one run, nothing on stdout.
. "${0%/*}/lib.sh"

# bad DESCRIPTION: of the file on stdin; expects $err, where each line lacks its "p.yml:"
bad()
{
	cat >p.yml
	err=$(echo "$err" | sed 's/^/p.yml:/')
	check "$1" 2 ctr-parse -f p.yml -p p
}

# key DESCRIPTION KEY...: of a container `a`, under whose key at line 3 the lines KEY stand, as bad
key()
{
	what=$1
	shift
	{ printf 'containers:\n  a:\n'; printf '    %s\n' "$@"; echo '  b: {}'; } | bad "$what"
}

# The document.
err="2:4: not YAML: mapping values are not allowed in this context" bad 'not YAML' <<'E2'
a: b
  c: d
E2
err="3:1: not YAML: did not find expected ',' or ']', while parsing a flow sequence that began at 1:8" \
    bad 'not YAML: what it was about' <<'E2'
a: {b: [c

E2
printf 'a:\n  fqdn: "\303\244 \377"\n' >p.yml
err='p.yml:2:12: not UTF-8 text: invalid leading UTF-8 octet'
check 'not UTF-8: the column counts characters' 2 ctr-parse -f p.yml
printf 'a: \300\200\n' >p.yml
err='p.yml:1:4: not UTF-8 text: invalid length of a UTF-8 sequence'
check 'not UTF-8: an overlong form' 2 ctr-parse -f p.yml
printf '\377\376a\0:\0' >p.yml
err='p.yml:1:1: not UTF-8 text: invalid leading UTF-8 octet'
check 'not UTF-8: UTF-16' 2 ctr-parse -f p.yml
printf 'a: {}\nb: \0\n' >p.yml
err='p.yml:2:4: not UTF-8 text: control characters are not allowed'
check 'a NUL' 2 ctr-parse -f p.yml
err='1:1: the file is empty' bad 'empty' </dev/null
err='1:1: the file is empty' bad 'only a comment' <<'E2'
# a: {}
E2
err="1:1: the project file: it is a list, where a map is expected" bad 'a list' <<'E2'
- a
E2
err='2:1: a second document begins here' bad 'two documents' <<'E2'
a: {template: busybox}
---
b: {template: busybox}
E2
err="1:4: there is no tag '!a'" bad 'an unknown tag' <<'E2'
a: !a {template: !!str busybox}
E2
err='1:3: a key must be text, not a list or a map' bad 'a key that is no text' <<'E2'
? [a]
: {}
E2
err="1:16: there is no anchor '&b' before the alias
2:12: the alias '*a' stands within what it means
4:5: a merge key, '<<', takes a map or a list of maps" bad 'aliases and merge keys' <<'E2'
a: {template:  *b}
b: &a {<<: *a}
c: {template: &t x}
d: {<<: *t}
E2
err="2:1: key 'a' is given twice, first on line 1
2:20: key 'template' is given twice, first on line 2" bad 'a key given twice' <<'E2'
a: {template: x}
a: {template: x,   template: y}
E2
err='1:15: it has a control character, or more than one line
2:15: it has a control character, or more than one line
3:15: it has a control character, or more than one line' bad 'control characters' <<'E2'
a: {template: "a\0"}
b: {template: "a\eb"}
c: {template: "a

  b"}
E2

# Its top.
err="1:1: unknown key 'nmae' (did you mean 'name'?)
2:1: unknown key 'default' (did you mean 'defaults'?)
3:1: unknown key 'volumes'
6:9: unknown key 'port' (did you mean 'ports'?)" bad 'unknown keys, and the nearest known' <<'E2'
nmae: x
default: {}
volumes: {}
containers:
    a:
        port: 1:1
E2
err="1:6: name: the value is empty
2:10: lxcpath: it is a list, where text is expected
3:11: defaults: it is text, where a map is expected
4:13: containers: it is a list, where a map is expected" bad 'top-level keys of the wrong kind' <<'E2'
name:
lxcpath: [a]
defaults: a
containers: [a]
E2
err="1:3: a: the value is empty
2:4: b: it is text, where a map is expected
3:4: c: it is a list, where a map is expected" bad 'a container that is no map' <<'E2'
a:
b: text
c: [x]
E2
err="2:3: '_a' is no name for a container: it takes letters, digits, '_', '.' and '-', and begins with a letter or digit
3:3: the full name 'p_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' is longer than 63 bytes
4:3: 'ä' is no name for a container: it takes letters, digits, '_', '.' and '-', and begins with a letter or digit" \
    bad 'names' <<'E2'
containers:
  _a: {}
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: {}
  ä: {}
E2
err="2:1: 'p_a' is the full name of 'a', too" bad 'a name that is the full name of another' <<'E2'
a: {}
p_a: {}
p_b: {}
b_p: {}
E2
printf 'name: a b\ncontainers: {}\n' >p.yml
err="p.yml:1:7: 'a b' is no name for a project: say another with -p"
check "a project's name" 2 ctr-parse -f p.yml
mkdir 'a b'
echo 'a: {}' >'a b/ctr.yml'
err="a b/ctr.yml:1:1: 'a b' is no name for a project: say another with -p, or with 'name' beside 'containers'"
check "a directory's name that is no project's" 2 ctr-parse -f 'a b/ctr.yml'
err="1:10: lxcpath: '/a//b' is not absolute, or has '.', '..' or '//'" bad 'lxcpath' <<'E2'
lxcpath: /a//b
containers: {}
E2

# The keys. The container's name is at 2:3, its keys at column 5.
err='3:14: template: the value is empty' key 'template: empty' 'template:'
err='3:15: template: it is a list, where text or a map is expected' key 'template: a list' 'template: [a]'
err="3:15: template: there is no 'name' among its keys" key 'template: no name' 'template: {release: x}'
err='3:29: r: it is a list, where text is expected
3:36: s: the value is empty' key 'template: values' 'template: {name: x, r:  [], s: }'
err="3:25: template: '-r' cannot be the name of an option
3:32: template: 'a b' cannot be the name of an option" key 'template: options' 'template: {name: x, -r: 1, a b: 2}'
err="3:15: template: '-x': the template's name begins with '-'" key 'template: an option as name' 'template: -x'
err='3:15: download: it is text, where a map is expected' key 'download: text' 'download: debian'
err='4:5: clone: a container is made from one of template, download and clone' \
    key 'template and clone' 'template: x' 'clone: b'
err="3:12: clone: 'b:copy': the options of a clone are snapshot and backend=overlay|dir|btrfs|zfs|lvm" \
    key 'clone: options' 'clone: b:copy'
err="3:13: unknown key 'nam' (did you mean 'name'?)" key 'clone: keys' 'clone: {nam: b, name: b}'
err="3:22: clone: there is no 'name' among its keys" key 'clone: no name' 'clone:           {snapshot: true}'
err="3:35: snapshot: 'yes' is neither true nor false" key 'clone: snapshot' 'clone: {name: b,    snapshot: yes}'
err='3:12: clone: the options of a clone are snapshot and backend=overlay|dir|btrfs|zfs|lvm' \
    key 'clone: backend' 'clone: {name: b, backend: zip}'
err="3:14: command: 'a \"b': a quote is not closed" key 'command: a quote' "command: a \"b"
err="3:14: command: '': there is no word in it" key 'command: an empty text' 'command: ""'
err="3:15: template: ' ': there is no word in it" key 'template: a blank' 'template: " "'
err='3:14: command: the list is empty' key 'command: none' 'command: []'
err='3:15: command: it is a list, where text is expected' key 'command: a list in a list' 'command: [[a]]'
err="4:7: ports: '8000': it is not [ADDRESS:][HOST]:CONTAINER[/PROTOCOL]
5:7: ports: '1:0': a port is a number from 1 to 65535, or a range of them such as 8000-8010
6:7: ports: '1:65536': a port is a number from 1 to 65535, or a range of them such as 8000-8010
7:7: ports: '1-2:1': the two ranges of ports differ in length
8:7: ports: '2-1:2-1': a port is a number from 1 to 65535, or a range of them such as 8000-8010
9:7: ports: '1:1/icmp': the protocol is none of tcp, udp and sctp
10:7: ports: '1.2.3:1:1': the address is not IPv4 (IPv6 ones stand in brackets)
11:7: ports: '[1.2.3.4]:1:1': the address in brackets is not IPv6
12:7: ports: '2001:db8::1:1:1': the address is not IPv4 (IPv6 ones stand in brackets)
13:7: ports: it is a map, where text is expected
14:6: ports: the value is empty" key 'ports' ports: '- 8000' '- 1:0' '- 1:65536' '- 1-2:1' '- 2-1:2-1' \
    '- 1:1/icmp' '- 1.2.3:1:1' '- "[1.2.3.4]:1:1"' '- 2001:db8::1:1:1' '- {host: 1}' '- '
err="4:7: volumes: '/a': it is not HOST:CONTAINER[:OPTIONS]
5:7: volumes: '/a:b': the container's path is not absolute, is '/', or has '.', '..', '//' or a control character
6:7: volumes: '/a:/': the container's path is not absolute, is '/', or has '.', '..', '//' or a control character
7:7: volumes: '/a:/b/../c': the container's path is not absolute, is '/', or has '.', '..', '//' or a control character
8:7: volumes: '/../a:/b': the host's path is not absolute, or has '.', '..', '//' or a control character
9:7: volumes: '/a:/b:rx': the options of a volume are ro, rw and nocopy
10:7: volumes: '/a:/b:ro,rw': a volume is either ro or rw
11:7: volumes: there is no 'container' among its keys
12:8: unknown key 'hots' (did you mean 'host'?)
12:40: host: the value is empty
13:7: volumes: the container's path is not absolute, is '/', or has '.', '..', '//' or a control character" \
    key 'volumes' volumes: '- /a' '- /a:b' '- /a:/' '- /a:/b/../c' '- /../a:/b' '- /a:/b:rx' '- /a:/b:ro,rw' \
    '- {host: /a}' '- {hots: /a, container: /a,  host: }' '- {host: /a, container: b}'
err="4:9: volumes: '/b' is given twice, first at 3:20" key 'volumes: a path given twice' \
    'volumes: [     /a:/b,' '    "/c/:/b/"]'
err="3:15: links: there is no container 'c' in the project
4:12: links: there is no container 'bb' in the project (did you mean 'b'?)
5:12: links: there is no container 'p_c' in the project
6:12: links: 'b:x!': an alias is no host name
7:16: b: the value is empty" key 'links' \
    'links: [  c,' '       bb,' '       p_c,' '       "b:x!",' '       {b: }]'
err="4:7: links: '128.0.0.1:80:b:80': the local address is none from 127.0.0.1 to 127.255.255.254
5:7: links: '127.255.255.255:80:b:80': the local address is none from 127.0.0.1 to 127.255.255.254
6:7: links: '[::1]:80:b:80': it is not [ADDRESS:]PORT:NAME:PORT[/PROTOCOL]
7:7: links: '127.0.0.1:0:b:80': a port is a number from 1 to 65535
8:7: links: '127.0.0.1:80:b:80-81': a port is a number from 1 to 65535
9:7: links: '127.0.0.1:80:b:80/sctp': the protocol is neither tcp nor udp
10:7: links: there is no container 'bb' in the project (did you mean 'b'?)
11:7: links: there is no container '127.0.0.1' in the project
13:7: links: '80' is given twice, first at 12:7" key 'links: forwards' \
    links: '- 128.0.0.1:80:b:80' '- 127.255.255.255:80:b:80' '- "[::1]:80:b:80"' '- 127.0.0.1:0:b:80' \
    '- 127.0.0.1:80:b:80-81' '- 127.0.0.1:80:b:80/sctp' '- 127.0.0.1:79:bb:80' '- "127.0.0.1:80"' \
    '- 127.0.0.1:80:b:80' '- 80:b:81/tcp'
err="4:17: unknown key 'alia' (did you mean 'alias'?)
5:7: links: there is no 'name' among its keys
6:18: backlink: 'maybe' is neither true nor false
7:27: backlink: it is a list, where text is expected
8:14: name: the value is empty
9:24: alias: the value is empty
10:14: links: there is no container 'bb' in the project (did you mean 'b'?)
11:14: links: 'b:x,y!': an alias is no host name
12:14: links: the name 'b:x' has a ':'" key 'links: maps of one' \
    links: '- {name: b, alia: x}' '- {backlink: true}' '- {backlink: maybe, b: x}' '- {name: b, backlink: [x]}' \
    '- {name: , alias: x}' '- {name: b, alias: }' '- {name: bb, backlink: true}' \
    '- {name: b, alias: [x, "y!"], backlink: true}' '- {name: "b:x", backlink: true}'
err="3:12: after: there is no container 'base' in the project" key 'after' 'after: base'
err="3:11: fqdn: '-a.b': a host name is of labels of letters, digits and '-', 63 at most each, joined by dots" \
    key 'fqdn' 'fqdn: -a.b'
err="4:7: cgroup: 'memory.max': it is not KEY=VALUE
5:7: cgroup: 'memory.max=': the value is empty or has a control character
6:7: cgroup: 'memory=1': a cgroup key is such as memory.max: a controller, a dot and a name
7:20: memory.low: it is a list, where text is expected
9:7: cgroup: 'cpu.max' is given twice, first at 8:7" key 'cgroup' \
    cgroup: '- memory.max' '- memory.max=' '- memory=1' '- {memory.low: [1]}' '- cpu.max=1' '- cpu.max=2'
err="4:7: environment: 'A': it is not NAME=VALUE
5:7: environment: '1=a': a variable's name is of letters, digits and '_', and begins with no digit
6:12: B: the value is empty
7:8: environment: the key 'A=' has a '='
9:7: environment: 'C' is given twice, first at 8:7" key 'environment' \
    environment: '- A' '- 1=a' '- { B: }' '- {A=: x}' '- C=1' '- C=2'
err="4:7: config: 'cap.drop=x': a setting is such as lxc.cap.drop: lxc., then letters, digits, '_', '-' and dots
5:7: config: 'lxc.x': it is not KEY=VALUE" key 'config' config: '- cap.drop=x' '- lxc.x'
err="3:16: autostart: 'yes': it is neither true nor false" key 'autostart' 'autostart: yes'
err="3:14: network: 'a b': it is neither none, host, container:NAME nor the name of a bridge, 15 bytes at most" key 'network' 'network: a b'
err="3:15: address: '10.1': it is neither an IPv4 nor an IPv6 address
5:14: address: an address of the family of '10.66.0.7' is given twice, first at 4:14" key 'address' \
    'address: [10.1,' '         10.66.0.7,' '         10.66.0.8]'
err="3:11: dns: '\$name': it is neither an IPv4 nor an IPv6 address, \$bridge nor \$copy
4:13: dns: 'resolver': it is neither an IPv4 nor an IPv6 address, \$bridge nor \$copy
5:13: dns: '\$copy' is given twice, first at 4:23" key 'dns' \
    'dns: [$name,' '        resolver, $copy,' '        $copy]'
err="4:7: volumes: '\$nam' is neither \$name nor \$project ('\$\$' is a '\$')
5:7: volumes: '\${name' is neither \$name nor \$project ('\$\$' is a '\$')
6:7: volumes: '\${' is neither \$name nor \$project ('\$\$' is a '\$')
7:7: volumes: '\$names' is neither \$name nor \$project ('\$\$' is a '\$')" key 'variables' \
    volumes: '- /$nam:/a' '- /${name:/b' '- "/${}:/c"' '- /$names:/d'

# Containers among each other.
err='1:12: clone: this closes a circle: a, a
4:12: clone: this closes a circle: b, c, d, b
6:12: after: this closes a circle: f, e, f
7:12: after: this closes a circle: g, g' bad 'circles' <<'E2'
a: {clone: a}
b: {clone: c}
c: {clone: d}
d: {clone: b}
f: {after: e}
e: {after: f}
g: {after: g}
E2
err="3:12: b: '8005:5' cannot be had: 'a' has '8000-8010:1-11' on line 1
4:12: c: '192.0.2.1:8000:1' cannot be had: 'a' has '8000-8010:1-11' on line 1
5:12: d: '[::1]:8010:1' cannot be had: 'a' has '8000-8010:1-11' on line 1
8:12: g: '192.0.2.1:9000:1' cannot be had: 'f' has '192.0.2.1:9000:2' on line 7
11:33: j: '9005:1/udp' cannot be had: 'j' has '9000-9010:1-11/udp' on line 11
13:12: l: '0.0.0.0:7:7' cannot be had: 'k' has '192.0.2.1:7:7' on line 12
14:12: n: '1:1/sctp' cannot be had: 'm' has '1:1/sctp' on line 14" bad 'two containers, one port' <<'E2'
a: {ports: 8000-8010:1-11}
h: {ports: 8000:1/udp}
b: {ports: 8005:5}
c: {ports: 192.0.2.1:8000:1}
d: {ports: "[::1]:8010:1"}
e: {ports: 7999:1}
f: {ports: 192.0.2.1:9000:2}
g: {ports: 192.0.2.1:9000:1}
i: {ports: 192.0.2.2:9000:2}
o: {ports: ["[::]:6:6", "0.0.0.0:6:6", "192.0.2.9:6:6"]}
j: {ports: [9000-9010:1-11/udp, 9005:1/udp]}
k: {ports: 192.0.2.1:7:7}
l: {ports: 0.0.0.0:7:7}
m: {ports: &one 1:1/sctp}
n: {ports: *one}
E2
err="2:15: b: '10.66.0.7' cannot be had: 'a' has '10.66.0.7' on line 1" bad 'two containers, one address' <<'E2'
a: {address:  10.66.0.7}
b: {address:  10.66.0.7}
E2

# The command line, and files.
rm -f p.yml
err="ctr-parse: there is no ctr.yml, ctr.yaml, locker.yml or locker.yaml here"
check 'no file' 2 ctr-parse
err="ctr-parse: cannot open 'p.yml': No such file or directory"
check 'no such file' 2 ctr-parse -f p.yml
err="ctr-parse: cannot read '.': Is a directory"
check 'a directory' 2 ctr-parse -f .
ln -s ctr.yml ctr.yml
err="ctr-parse: cannot open 'ctr.yml': Too many levels of symbolic links"
check 'a file that cannot be opened is no missing one' 2 ctr-parse
err='usage: ctr-parse [-q] [-f FILE] [-p PROJECT]'
check 'an operand' 2 ctr-parse a
err="ctr-parse: -p takes letters, digits, '_', '.' and '-', 63 at most, not 'a/b'"
check '-p' 2 ctr-parse -p a/b
echo 'a: {}' >p.yml
err='ctr-parse: cannot write to stdout: No space left on device'
check 'a full disk' 1 sh -c 'ctr-parse -f p.yml >/dev/full'

# Nothing is changed where the file has an error.
printf 'good: {template: busybox}\nbad: {template: busybox, port: 1:1}\n' >p.yml
err="p.yml:2:26: unknown key 'port' (did you mean 'ports'?)"
check 'ctrctl up with a bad file' 2 ctrctl -f p.yml up
is 'has made nothing' "$(find "$CTR_LXCPATH" "$CTR_STATE" -mindepth 1 | head)" ''
done_testing
