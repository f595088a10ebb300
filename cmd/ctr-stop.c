/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stops containers: asks each one's init to shut down, kills it where that takes too long, and tells which running
 * containers still link to what it stopped. It works on all at once, as nearly all of the time is waiting.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "halt.h"
#include "option.h"
#include "say.h"

#define USAGE "ctr-stop [-qv] [-j jobs] [-P lxcpath] [-t seconds] [name ...]"

enum {
	JOBS = 256,
};

static unsigned long seconds = HALT_SECONDS;

/* Who links to what is being stopped, and is not itself to be stopped. */
static struct link {
	char *from, *to;
} *links;
static size_t nlinks;

static bool
among(struct record *const *records, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(records[i]->name, name) == 0)
			return true;
	return false;
}

/* The stored records say what running containers link to; they are read once for all. */
static int
read_links(struct record **records, size_t n)
{
	struct record **stored;
	const struct fact *f;
	size_t count = container_stored(&stored), i;

	for (i = 0; i < count; i++) {
		if (!among(records, n, stored[i]->name))
			for (f = NULL; (f = record_find(stored[i], "link", f)) != NULL;) {
				links = xrealloc(links, nlinks + 1, sizeof(*links));
				links[nlinks++] = (struct link){ .from = xstrdup(stored[i]->name),
					.to = xstrdup(f->field[0]) };
			}
		record_free(stored[i]);
	}
	free(stored);
	return 0;
}

static void
warn_of_links(const char *name)
{
	size_t i;

	for (i = 0; i < nlinks; i++)
		if (strcmp(links[i].to, name) == 0 && lxc_running(links[i].from))
			say_warning(name, "'%s' still links to it and runs", links[i].from);
}

static int
stop(struct record *r)
{
	struct container c;
	struct lxc_container *lxc;
	unsigned long given = seconds;
	int killed = 0;
	bool running;

	if (!container_exists(r->name))
		return 0;
	if (container_open(&c, r) < 0)
		return -1;
	lxc = halt_handle(r->name);
	if (lxc == NULL) {
		container_close(&c);
		return record_fail(r, "liblxc has no memory");
	}
	running = lxc->is_running(lxc);
	/* The signal that shuts it down stands in its configuration: without that, it can only be killed. */
	if (running && given > 0 && !lxc->load_config(lxc, NULL)) {
		say_warning(r->name, "its configuration '%s/config' cannot be loaded: it is killed", c.dir);
		given = 0;
	}
	if (running)
		killed = halt(lxc, r, given);
	lxc_container_put(lxc);
	container_close(&c);
	if (!running)
		return 0;
	if (killed < 0)
		return -1;
	if (killed == 0)
		record_did(r, "stopped");
	else if (given == 0)
		record_did(r, "killed");
	else
		record_did(r, "killed after %lu seconds", given);
	record_drop(r, "state");
	record_drop(r, "pid");
	record_add(r, "state", "stopped", NULL);
	warn_of_links(r->name);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct filter f = { .apply = stop, .ends = true, .gather = true, .all = read_links };
	int o;

	say_begin(argv[0]);
	filter_jobs = JOBS;
	while ((o = option(argc, argv, "j:t:", USAGE)) != -1)
		if (o == 't')
			seconds = option_number('t', optarg, 0, 86400);
	return filter(&f, argc - optind, argv + optind);
}
