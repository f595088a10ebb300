#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What it takes to make the network so: ctr-net where all is so, and what links and ports add to `up`.
. "${0%/*}/lib.sh"
. "$top/t/bench.sh"

project 8 clones >8.yml
sed '/ports:/d' 8.yml >without.yml
sed 's/^  c\([2-8]\):/&\n    links: ["c1:one"]/' 8.yml >with.yml
without() { up -f without.yml; }
with() { up -f with.yml; }
by_turns 21 fresh with without
median_figure 'up of 8, with links and ports : without' with without 1.1

ctr-parse -p "p$try" -f with.yml >records
net() { ctr-net <records; }
reads() { ctr-select <records; }
by_turns 30 true reads net
milliseconds 'ctr-net, 8 containers on a host that is ready : what reads records' "$took_net" "$took_reads" 5
