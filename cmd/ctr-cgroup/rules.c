/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In version 1 the kernel keeps the rules (Documentation/admin-guide/cgroup-v1/devices.rst): all is allowed, or
 * after `deny a` nothing, with exceptions, of which a later rule adds or removes some kinds of access. In version
 * 2 LXC makes a BPF program of them (src/lxc/cgroups/cgroup2_devices.c) by a logic of its own:
 *   - without a rule `a` nothing is allowed, so that a single `deny` denies all;
 *   - `deny a` alone is forgotten, and all is allowed;
 *   - a rule that is no exception to `a` is dropped, unless it names the very device and access of an
 *     earlier one, which it takes back then;
 *   - an exception holds for an access that is all in it: where writing alone is denied, opening for reading
 *     and writing is not.
 * So what is written for version 2 is what comes to the same there.
 */
#include "rules.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "replace.h"
#include "say.h"

#define ALLOW "lxc.cgroup2.devices.allow = "
#define DENY "lxc.cgroup2.devices.deny = "

enum {
	READ = 1,
	WRITE = 2,
	MKNOD = 4,
};

/* A device that is an exception to the rule for all, "c 1:3", and for which access. */
struct exception {
	char *device;
	int access;
	bool new; /* and not LXC's already */
};

struct filter_state {
	bool allow; /* what is no exception */
	struct exception *exception;
	size_t n;
	FILE *out;
	bool quiet; /* it is what LXC has already */
	bool ruled; /* there is a rule */
};

static int
parse_access(const char *s)
{
	return (strchr(s, 'r') != NULL ? READ : 0) | (strchr(s, 'w') != NULL ? WRITE : 0) |
	       (strchr(s, 'm') != NULL ? MKNOD : 0);
}

static void
write_line(const struct filter_state *f, bool allow, const char *device, int access)
{
	if (!f->quiet)
		fprintf(f->out, "%s%s %s%s%s\n", allow ? ALLOW : DENY, device, access & READ ? "r" : "",
		    access & WRITE ? "w" : "", access & MKNOD ? "m" : "");
}

static void
forget(struct filter_state *f)
{
	while (f->n > 0)
		free(f->exception[--f->n].device);
}

/* A rule for all begins anew. */
static void
begin(struct filter_state *f, bool allow)
{
	forget(f);
	f->allow = allow;
	if (f->quiet)
		return;
	fprintf(f->out, "%sa\n", allow ? ALLOW : DENY);
	/* Without any other rule LXC would make no program. This one says nothing. */
	if (!allow)
		fprintf(f->out, DENY "a *:* rwm\n");
}

static void
add_exception(struct filter_state *f, const char *device, int access)
{
	f->exception = xrealloc(f->exception, f->n + 1, sizeof(*f->exception));
	f->exception[f->n++] = (struct exception){ .device = xstrdup(device), .access = access, .new = !f->quiet };
	write_line(f, !f->allow, device, access);
}

/*
 * Access to a device becomes an exception too, or is none any more. The kernel has one exception a device; here
 * there may be several, with the access that LXC's rules have, of which the last has all.
 */
static void
change(struct filter_state *f, bool allow, const char *device, int access)
{
	int had = 0, left;
	size_t i, k;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->exception[i].device, device) == 0)
			had |= f->exception[i].access;
	if (allow != f->allow) {
		if ((had | access) != had)
			add_exception(f, device, had | access);
		return;
	}
	left = had & ~access;
	if (left == had)
		return;
	for (i = k = 0; i < f->n; i++)
		if (strcmp(f->exception[i].device, device) == 0) {
			write_line(f, allow, device, f->exception[i].access);
			free(f->exception[i].device);
		} else {
			f->exception[k++] = f->exception[i];
		}
	f->n = k;
	if (left != 0)
		add_exception(f, device, left);
}

static void
apply(struct filter_state *f, bool allow, const char *value)
{
	const char *access = strrchr(value, ' ');
	char *device;

	if (access == NULL) {
		/* Of all devices. */
		begin(f, allow);
		return;
	}
	device = xstrndup(value, (size_t)(access - value));
	change(f, allow, device, parse_access(access + 1));
	free(device);
}

/* Whether LXC's program can hold the new exceptions. */
static int
check(const struct filter_state *f, struct record *r)
{
	const struct exception *e;
	size_t i, k;
	int access;

	for (i = 0; f->allow && i < f->n; i++) {
		e = &f->exception[i];
		access = e->access;
		for (k = i + 1; k < f->n; k++)
			if (strcmp(f->exception[k].device, e->device) == 0)
				access |= f->exception[k].access;
		if (e->new && ((access & READ) != 0) != ((access & WRITE) != 0))
			return record_fail(r,
			    "LXC's filter in control groups of version 2 cannot deny one of reading and writing '%s'; "
			    "nearest is 'devices.deny' with '%s rw%s'",
			    e->device, e->device, access & MKNOD ? "m" : "");
	}
	return 0;
}

/* What the container's configuration says of devices without cgroup.conf, a line a rule; or a null pointer. */
static char *
configured(const struct container *c, struct record *r)
{
	struct lxc_container *lxc = lxc_open(c, r);
	char *text, *conf = NULL, *own;
	size_t len;

	if (lxc == NULL)
		return NULL;
	text = handle_item(lxc, "lxc.cgroup2");
	lxc_container_put(lxc);
	if (read_at(c->dirfd, "cgroup.conf", &conf, &len, 1 << 20) < 0)
		conf = NULL;
	/* The rules stand last there, so liblxc has them in a run. */
	own = conf == NULL ? NULL : strstr(conf, "lxc.cgroup2.devices.");
	if (own != NULL && strstr(text, own) != NULL) {
		len = strlen(own);
		own = strstr(text, own);
		memmove(own, own + len, strlen(own + len) + 1);
	}
	free(conf);
	return text;
}

static void
apply_configured(struct filter_state *f, char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "lxc.cgroup2.devices.", 20) != 0 || strstr(line, " = ") == NULL)
			continue;
		/* LXC begins with none allowed, once it has a rule. */
		if (f->allow && f->n == 0 && !f->ruled)
			f->allow = false;
		f->ruled = true;
		apply(f, strncmp(line + 20, "allow", 5) == 0, strstr(line, " = ") + 3);
	}
}

static char *
rules_two(const struct container *c, struct record *r, const struct limit *limits, long n)
{
	struct filter_state f = { .allow = true, .quiet = true };
	char *text = NULL, *before;
	bool global;
	size_t len;
	long i;

	before = configured(c, r);
	if (before == NULL)
		return NULL;
	f.out = xopen_memstream(&text, &len);
	apply_configured(&f, before);
	free(before);
	f.quiet = false;
	for (i = 0; i < n; i++)
		if (limit_is_rule(&limits[i])) {
			global = strcmp(limits[i].value, "a") == 0;
			if (!f.ruled && !global)
				begin(&f, true);
			f.ruled = true;
			apply(&f, strcmp(limits[i].key, "devices.allow") == 0, limits[i].value);
		}
	xfclose(f.out);
	if (check(&f, r) < 0) {
		free(text);
		text = NULL;
	}
	forget(&f);
	free(f.exception);
	return text;
}

char *
rules_text(const struct container *c, struct record *r, int version, const struct limit *limits, long n)
{
	char *text = xstrdup(""), *more;
	long i;

	if (version == 2) {
		free(text);
		return rules_two(c, r, limits, n);
	}
	for (i = 0; i < n; i++)
		if (limit_is_rule(&limits[i])) {
			more = xasprintf("%slxc.cgroup.%s = %s\n", text, limits[i].key, limits[i].value);
			free(text);
			text = more;
		}
	return text;
}
