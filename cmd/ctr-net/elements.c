/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "filter.h"
#include "links.h"
#include "linkset.h"
#include "netlink.h"
#include "pool.h"
#include "present.h"
#include "say.h"
#include "share.h"
#include "table.h"

/* Those in the directory HOSTS, beside those of a run. */
struct others {
	const struct entry *e;
	size_t n;
	FILE *out;
	struct names_entry *gone; /* with which nobody is let in any more */
	size_t ngone;
};

bool
elements_taken(const struct entry *e, size_t n, const char *file, const struct names_entry *was)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (e[i].fresh && !record_failed(e[i].r) && strcmp(e[i].file, file) != 0 &&
		    (strcmp(e[i].is.ipv4, was->ipv4) == 0 || strcmp(e[i].is.ipv6, was->ipv6) == 0))
			return !pool_veth_up(was->ipv4);
	return false;
}

/* Whether it is none of the others: what it was let in with is not what it is to be let in with, or not any more. */
static bool
is_gone(const struct others *o, const char *file, const struct names_entry *was)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (o->e[i].fresh && !record_failed(o->e[i].r) && strcmp(o->e[i].file, file) == 0)
			return true;
	return elements_taken(o->e, o->n, file, was);
}

static void
find_gone(const char *file, const struct names_entry *was, void *arg)
{
	struct others *o = arg;

	if (is_gone(o, file, was)) {
		o->gone = xgrow(o->gone, o->ngone, sizeof(*o->gone));
		o->gone[o->ngone++] = *was;
	}
}

static void
let_other_in(const char *file, const struct names_entry *was, void *arg)
{
	const struct others *o = arg;

	if (!is_gone(o, file, was))
		table_elements(o->out, false, was);
}

static int
by_name(const void *name, const void *record)
{
	return strcmp(name, (*(struct record *const *)record)->name);
}

static bool
is_fresh(const struct entry *e, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (e[i].fresh && strcmp(e[i].r->name, name) == 0)
			return true;
	return false;
}

/* The links, as they are stored, from and to those of E that are let in afresh, or with EVERY all there are. */
static void
stored_links(struct linkset *set, const struct entry *e, size_t n, bool every)
{
	struct record **stored, **to;
	size_t count = container_stored(&stored, NULL), i;
	const struct fact *f;

	for (i = 0; i < count; i++)
		for (f = NULL; (f = link_next(stored[i], f)) != NULL;)
			if (every || is_fresh(e, n, stored[i]->name) || is_fresh(e, n, f->field[0])) {
				to = bsearch(f->field[0], stored, count, sizeof(struct record *), by_name);
				if (to != NULL)
					linkset_link(set, stored[i], *to, f);
			}
	for (i = 0; i < count; i++)
		record_free(stored[i]);
	free(stored);
}

/*
 * The links of those that are let in afresh are what is stored, whoever had their addresses before; of those withdrawn
 * there are none.
 */
static int
set_links(const struct others *o, bool undo, bool every, char **error)
{
	const struct entry *e = o->e;
	struct linkset is, want = { NULL, 0 };
	size_t n = o->n, i, k;
	bool drop;

	if (linkset_read(&is) < 0) {
		*error = xasprintf("cannot read the sets of links: %s", strerror(errno));
		return -1;
	}
	if (!undo)
		stored_links(&want, e, n, every);
	for (i = 0; i < is.n; i++) {
		if (linkset_has(&want, &is.element[i]))
			continue;
		drop = false;
		for (k = 0; k < n && !drop; k++)
			drop = (e[k].withdrawn || e[k].fresh) && e[k].ours &&
			    linkset_of(&is.element[i], e[k].is.ipv4, e[k].is.ipv6, true);
		for (k = 0; k < o->ngone && !drop; k++)
			drop = linkset_of(&is.element[i], o->gone[k].ipv4, o->gone[k].ipv6, true);
		if (drop)
			linkset_write(o->out, true, &is.element[i]);
	}
	for (i = 0; i < want.n; i++)
		if (!linkset_has(&is, &want.element[i]))
			linkset_write(o->out, false, &want.element[i]);
	linkset_free(&want);
	linkset_free(&is);
	return 0;
}

int
elements_set(const struct entry *e, size_t n, int hosts, bool undo, bool every, char **error)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);
	struct others o = { .e = e, .n = n, .out = out };
	bool any = false, anew;
	int status = 0, fd = netlink_open();

	for (i = 0; i < n; i++)
		any = any || e[i].fresh;
	if (any && share_each(hosts, find_gone, &o) < 0)
		status = -1;
	/* What the elements of an address that is gone lead to may be other than what it is let in with now: all are set anew. */
	anew = every || o.ngone > 0;
	if (o.ngone > 0)
		table_flush(out);
	if (status == 0 && anew && share_each(hosts, let_other_in, &o) < 0)
		status = -1;
	if (status < 0)
		*error = xasprintf("cannot read who was let in: %s", strerror(errno));
	any = false;
	for (i = 0; i < n; i++)
		if (e[i].ours && (undo || !record_failed(e[i].r)) &&
		    (anew || e[i].withdrawn || e[i].fresh || fd < 0 || !present(fd, &e[i].is))) {
			table_elements(out, e[i].withdrawn, &e[i].is);
			any = any || e[i].withdrawn || e[i].fresh;
		}
	if (fd >= 0)
		close(fd);
	if (status == 0 && (any || every) && set_links(&o, undo, every, error) < 0)
		status = -1;
	xfclose(out);
	if (status == 0 && len > 0)
		status = table_run(text, "change the sets of the table inet ctr", error);
	free(text);
	free(o.gone);
	return status;
}
