#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What it takes to make the network so: ctr-net where all is so, and what links and ports add to `up`.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

project 8 clones >8.yml
sed '/ports:/d' 8.yml >without.yml
sed 's/^  c\([2-8]\):/&\n    links: ["c1:one"]/' 8.yml >with.yml
# By turns: whatever else the machine does meets both.
with=''
without=''
for i in 1 2 3 4 5; do
	fresh >/dev/null 2>&1
	us up -f without.yml
	without=$(least "$without" "$us")
	fresh >/dev/null 2>&1
	us up -f with.yml
	with=$(least "$with" "$us")
done
figure 'up of 8, with links and ports : without' "$with" "$without" 1.1

ctr-parse -p "p$try" -f with.yml >records
net() { ctr-net <records; }
reads() { ctr-select <records; }
r=''
n=''
for i in $(seq 30); do
	us reads
	r=$(least "$r" "$us")
	us net
	n=$(least "$n" "$us")
done
milliseconds 'ctr-net, 8 containers on a host that is ready : what reads records' "$n" "$r" 5
