/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Applies limits by control groups, in the keys that this host has: to the running container, where the
 * kernel's refusal of one leaves all as they were, and to cgroup.conf for its next start. Of a container that
 * does not run, the kernel is asked first with a group made for it, so that no start fails on what was
 * written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctr-cgroup/enforce.h"
#include "ctr-cgroup/rules.h"
#include "filter.h"
#include "handle.h"
#include "option.h"
#include "running.h"
#include "say.h"

#define USAGE "ctr-cgroup [-nuqv] [-c version] [-j jobs] [-P lxcpath] [name [cgroup=key=value ...] ...]"

static const char *const keys[] = { "cgroup", NULL };
static bool undo, dry;
static int version;

/* The lines for LXC; RULES are those of the device filter. */
static char *
conf_text(const struct limit *limits, long n, const char *rules)
{
	char *text = NULL, *value;
	size_t len;
	FILE *out = xopen_memstream(&text, &len);
	long i;

	for (i = 0; i < n; i++)
		if (!limit_is_rule(&limits[i])) {
			value = limit_text(&limits[i]);
			fprintf(out, "lxc.cgroup%s.%s = %s\n", version == 2 ? "2" : "", limits[i].key, value);
			free(value);
		}
	fputs(rules, out);
	xfclose(out);
	return text;
}

/* Says what became other than it was stored. */
static void
tell(struct record *r, const struct limit *limits, long n, const struct limit *old, long nold)
{
	const struct limit *was;
	char *text;
	long i;

	for (i = 0; i < nold; i++)
		if (limits_find(limits, n, &old[i]) == NULL)
			record_did(r, "took the limit '%s' away", old[i].key);
	for (i = 0; i < n; i++) {
		was = limits_find(old, nold, &limits[i]);
		if (was != NULL && strcmp(was->value, limits[i].value) == 0)
			continue;
		text = limit_text(&limits[i]);
		record_did(r, "set '%s' to '%s'", limits[i].key, text);
		free(text);
	}
}

/* Whether the running container was started with other rules of devices than it has on disk. */
static int
tell_pending(struct lxc_container *lxc, const struct container *c, struct record *r)
{
	if (handle_load(lxc, c, r) < 0)
		return -1;
	if (running_devices_differ(lxc))
		record_pending(r, "cgroup");
	return 0;
}

/* Of two keys that say one limit, WANT keeps the one that R has: operands say it in either form. */
static void
drop_aliases(struct record *want, const struct record *r)
{
	const struct fact *f = NULL;
	struct fact *g;

	while ((f = record_find(r, "cgroup", f)) != NULL)
		for (g = NULL; (g = record_find(want, "cgroup", g)) != NULL;)
			if ((undo || !fact_equal(f, g)) && limit_alias(f, g)) {
				record_drop_fact(want, g);
				g = NULL;
			}
}

static int
apply_limits(
    struct container *c, struct record *r, const struct record *want, const struct limit *limits, long n)
{
	struct group g = { .name = c->name, .version = version };
	struct limit *old = NULL;
	char *error = NULL, *text, *lines = xstrdup("");
	bool rules = false, changed = !record_equal(c->stored, want, keys);
	long nold = limits_make(c->stored, version, &old, &error), count = 0, i;
	int status = 0;

	free(error);
	for (i = 0; i < nold; i++)
		rules = rules || limit_is_rule(&old[i]);
	for (i = 0; i < n; i++)
		rules = rules || limit_is_rule(&limits[i]);
	if (rules) {
		free(lines);
		lines = rules_text(c, r, version, limits, n);
		if (lines == NULL) {
			limits_free(old, nold);
			return -1;
		}
	}
	if (n > 0 || nold > 0) {
		g.lxc = handle_new(c->name);
		if (!g.lxc->is_running(g.lxc)) {
			lxc_container_put(g.lxc);
			g.lxc = NULL;
		}
		if (g.lxc != NULL) {
			count = enforce(&g, r, limits, n, old, nold);
		} else if (changed && n > 0) {
			for (i = 0; i < n; i++)
				group_end(&g, &limits[i]);
			count = enforce(&g, r, limits, n, NULL, 0);
			for (i = 0; i < n; i++)
				group_end(&g, &limits[i]);
		}
	}
	text = conf_text(limits, n, lines);
	free(lines);
	if (count < 0)
		status = -1;
	else if ((status = container_conf(c, "cgroup.conf", text)) < 0)
		record_fail(r, "cannot write '%s/ctr/cgroup.conf':", c->dir);
	free(text);
	if (status >= 0) {
		if (changed)
			tell(r, limits, n, old, nold);
		else if (status > 0 || (g.lxc != NULL && count > 0))
			record_did(r, "restored its limits");
		status = container_store(c, want, keys);
		if (status < 0)
			record_fail(r, "cannot store its record:");
	}
	if (status >= 0 && g.lxc != NULL && rules)
		status = tell_pending(g.lxc, c, r);
	if (g.lxc != NULL)
		lxc_container_put(g.lxc);
	limits_free(old, nold);
	return status < 0 ? -1 : 0;
}

static int
bring(struct container *c, struct record *r, struct record *want)
{
	struct limit *limits = NULL;
	char *error = NULL;
	int status = -1;
	long n;

	if (!record_whole(r))
		drop_aliases(want, r);
	n = limits_make(want, version, &limits, &error);
	if (n < 0)
		record_fail(r, "%s", error);
	else
		status = apply_limits(c, r, want, limits, n);
	free(error);
	limits_free(limits, n);
	return status;
}

static int
limit(struct record *r)
{
	return container_apply(r, keys, undo, bring);
}

/* With -n: the record says what would be written, and nothing is. */
static int
show(struct record *r)
{
	struct limit *limits = NULL;
	char *error = NULL, *text;
	long n = limits_make(r, version, &limits, &error), i;

	if (n < 0) {
		record_fail(r, "%s", error);
		free(error);
		return -1;
	}
	record_drop(r, "cgroup");
	for (i = 0; i < n; i++) {
		text = limit_text(&limits[i]);
		record_add(r, "cgroup", limits[i].key, text, NULL);
		free(text);
	}
	limits_free(limits, n);
	return 0;
}

/* It has no limits, and is to have none. Others are asked of the kernel. */
static bool
settled(struct record *r)
{
	bool asks = undo || record_find(r, "cgroup", NULL) != NULL;
	struct record *stored = asks ? NULL : container_settled(r, keys, "cgroup.conf");

	record_free(stored);
	return stored != NULL;
}

int
main(int argc, char **argv)
{
	struct filter f = { .apply = limit, .settled = settled };
	int o;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "c:j:nu", USAGE)) != -1)
		switch (o) {
		case 'c':
			version = (int)option_number('c', optarg, 1, 2);
			break;
		case 'n':
			dry = true;
			break;
		case 'u':
			undo = true;
			break;
		}
	if (version != 0 && !dry)
		option_usage(USAGE);
	if (version == 0)
		version = limit_version();
	f.ends = undo;
	if (dry)
		f = (struct filter){ .apply = show };
	return filter(&f, argc - optind, argv + optind);
}
