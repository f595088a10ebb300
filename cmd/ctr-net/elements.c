/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "filter.h"
#include "gone.h"
#include "links.h"
#include "linkset.h"
#include "netlink.h"
#include "present.h"
#include "say.h"
#include "share.h"
#include "table.h"

struct others {
	const struct gone *gone;
	FILE *out;
};

static void
let_other_in(const char *file, const struct names_entry *was, void *arg)
{
	const struct others *o = arg;

	if (!gone_has(o->gone, file))
		table_elements(o->out, false, true, was);
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
set_links(const struct others *o, const struct entry *e, size_t n, bool undo, bool every, char **error)
{
	struct linkset is, want = { NULL, 0 };
	size_t i, k;
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
		for (k = 0; k < o->gone->n && !drop; k++)
			drop = linkset_of(&is.element[i], o->gone->one[k].was.ipv4, o->gone->one[k].was.ipv6, true);
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
elements_set(const struct entry *e, size_t n, const struct gone *gone, int hosts, bool undo, bool every, char **error)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);
	struct others o = { .gone = gone, .out = out };
	bool any = false, anew = every || gone->n > 0;
	int status = 0, fd = netlink_netfilter(), is;

	/* What the elements of an address that is gone lead to may be other than what it is let in with now: all are set anew. */
	if (gone->n > 0)
		table_flush(out);
	if (anew && share_each(hosts, let_other_in, &o) < 0) {
		*error = xasprintf("cannot read who was let in: %s", strerror(errno));
		status = -1;
	}
	for (i = 0; i < n; i++) {
		if (!e[i].ours || (!undo && record_failed(e[i].r)))
			continue;
		is = e[i].withdrawn ? PRESENT_MORE : present(fd, &e[i].is);
		if (anew || e[i].withdrawn || e[i].fresh || is != PRESENT_ALL) {
			table_elements(out, e[i].withdrawn, (is & PRESENT_MORE) != 0, &e[i].is);
			any = any || e[i].withdrawn || e[i].fresh;
		}
	}
	if (status == 0 && (any || every) && set_links(&o, e, n, undo, every, error) < 0)
		status = -1;
	xfclose(out);
	if (status == 0 && len > 0)
		status = table_run(text, "change the sets of the table inet ctr", error);
	free(text);
	return status;
}
