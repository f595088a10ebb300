/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says what on this host would make a container unreachable or a limit void. It looks, changes nothing of the host and
 * starts nothing that stays.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctr-doctor/checks.h"
#include "ctr-doctor/report.h"
#include "netlink.h"
#include "option.h"
#include "say.h"

static const char usage[] = "ctr-doctor [-qsv] [-P lxcpath]";

static const struct check {
	const char *name;
	bool nft; /* cannot be made where the kernel has no nftables, which the first one finds */
	void (*make)(void);
	const char *fine;
} checks[] = {
	{ "kernel", true, check_kernel, "the kernel has what is needed" },
	{ "lxc", false, check_lxc, "LXC is new enough" },
	{ "forwarding", false, check_forwarding, "packets are forwarded, or no container runs" },
	{ "table", true, check_table, "the table inet ctr is as ctr-net made it, or no container runs" },
	{ "forward", true, check_forward, "no other table drops all that comes from or goes to containers" },
	{ "input", true, check_input, "no other table drops all that containers ask the host" },
	{ "rp_filter", false, check_rp_filter,
	    "no interface drops packets for where their answers would leave" },
	{ "pool", false, check_pool, "no route of the host overlaps the pool" },
	{ "dnsmasq", false, check_dnsmasq, "dnsmasq is there, and answers where containers run" },
	{ "port", true, check_port, "no published port hides a process of the host" },
	{ "stale", true, check_stale, "each published port is of a container that is there" },
	{ "cgroup", false, check_cgroup, "memory, cpu and pids can be limited" },
	{ "apparmor", false, check_apparmor, "AppArmor is off, or can be used" },
	{ "lxcfs", false, check_lxcfs, "containers see their limits" },
	{ "subid", false, check_subid, "root has subordinate ids" },
};

int
main(int argc, char **argv)
{
	bool summary = false, nft;
	const struct check *c;
	char *names;

	say_begin(argv[0]);
	while (option(argc, argv, "s", usage) != -1)
		summary = true;
	if (optind < argc)
		option_usage(usage);
	/* libnftables ends the program where it has no socket. */
	nft = netlink_netfilter() >= 0;
	for (c = checks; c < checks + sizeof(checks) / sizeof(checks[0]); c++) {
		report_begin(c->name, summary || say_level < 0);
		if (!c->nft || nft) {
			c->make();
		} else if (c == checks) {
			finding("the kernel has no nftables (CONFIG_NETFILTER_NETLINK)");
			proof("nft list tables");
			remedy("# load the kernel's module nf_tables, or run a kernel that has it");
		}
		if (!report_said() && say_level > 0 && !summary && (!c->nft || nft))
			printf("%s: ok: %s\n", c->name, c->fine);
	}
	names = report_names();
	if (summary && report_findings > 0 && say_level >= 0)
		printf("%s: %lu finding%s: %s; see ctr-doctor(1)\n", say_program, report_findings,
		    report_findings == 1 ? "" : "s", names);
	free(names);
	/* Who could not be told does not know what was found. */
	if (say_end(EXIT_DONE) != EXIT_DONE || report_unknown > 0)
		return EXIT_FAILED;
	return report_findings > 0 ? EXIT_NO : EXIT_DONE;
}
