/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stops containers: asks each one's init to shut down, kills it where that takes too long, and tells which
 * running containers still link to what it stopped. It works on all at once, as nearly all of the time is
 * waiting.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "filter.h"
#include "halt.h"
#include "links.h"
#include "lxc.h"
#include "option.h"
#include "say.h"

#define USAGE "ctr-stop [-bqv] [-j jobs] [-P lxcpath] [-t seconds] [name ...]"

enum {
	JOBS = 256,
};

static unsigned long seconds = HALT_SECONDS;
static bool boot; /* the host goes down: they are to run again after its boot */

/* Who links to what is being stopped, and is not itself to be stopped; read once for all. */
static struct link *links;
static size_t nlinks;

static int
read_links(struct record **records, size_t n)
{
	nlinks = links_from_others(records, n, &links);
	return 0;
}

static void
warn_of_links(const char *name)
{
	const char *told = "";
	size_t i;

	/* One may have several links to it: they stand together. */
	for (i = 0; i < nlinks; i++)
		if (strcmp(links[i].to, name) == 0 && strcmp(links[i].from, told) != 0) {
			told = links[i].from;
			if (lxc_running(told))
				say_warning(name, "'%s' still links to it and runs", told);
		}
}

static int
stop(struct record *r)
{
	struct container c;
	int status, noted;

	if (!container_exists(r->name))
		return 0;
	/* Half made, or half removed: whoever goes on with that finds it stopped. */
	if (container_making(r->name) && !lxc_running(r->name))
		return 0;
	if (container_open(&c, r) < 0)
		return -1;
	/* First: that it was stopped, and by whom, is to hold where the power fails meanwhile. */
	noted = boot ? boot_keep(&c, lxc_running(r->name)) : boot_forget(&c);
	if (noted < 0)
		record_fail(r, "cannot change '%s/ctr/boot':", c.dir);
	status = halt(r, seconds);
	container_close(&c);
	switch (status) {
	case 0:
		record_did(r, "stopped");
		break;
	case 1:
		if (seconds == 0)
			record_did(r, "killed");
		else
			record_did(r, "killed, having not ended within %lu seconds", seconds);
		break;
	case 2:
		return noted;
	default:
		return -1;
	}
	record_drop(r, "state");
	record_drop(r, "pid");
	record_add(r, "state", "stopped", NULL);
	warn_of_links(r->name);
	return noted;
}

int
main(int argc, char **argv)
{
	static const struct filter f = { .apply = stop, .ends = true, .gather = true, .all = read_links };
	int o;

	say_begin(argv[0]);
	filter_jobs = JOBS;
	while ((o = option(argc, argv, "bj:t:", USAGE)) != -1)
		if (o == 'b')
			boot = true;
		else
			seconds = option_number('t', optarg, 0, 86400);
	return filter(&f, argc - optind, argv + optind);
}
