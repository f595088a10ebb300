/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "container.h"
#include "graph.h"
#include "replace.h"
#include "say.h"

enum {
	CLONE = 1, /* kinds of edges, as ctr-parse has them */
	AFTER = 2,

	LIST_MAX = 64 * 1024 * 1024, /* bytes of the file: a million names */
};

struct place {
	const char *name;
	size_t i;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

static void
sort_places(struct place *places, size_t n)
{
	if (n > 0)
		qsort(places, n, sizeof(*places), by_name);
}

static const struct place *
find_place(const struct place *places, size_t n, const char *name)
{
	const struct place key = { .name = name };

	return n == 0 ? NULL : bsearch(&key, places, n, sizeof(*places), by_name);
}

void
order_records(struct record **records, size_t n)
{
	struct place *places = xrealloc(NULL, n, sizeof(*places));
	size_t *order = xrealloc(NULL, n, sizeof(*order)), i, k, m = 0;
	struct record **out = xrealloc(NULL, n, sizeof(*out));
	struct edge *edge = NULL;
	const struct place *to;
	unsigned kind;

	/*
	 * From the end, and with the edges turned round: so it is the one in need that moves. That may be one
	 * which the project file has no more, and which is not to move the others.
	 */
	for (i = 0; i < n; i++)
		places[i] = (struct place){ .name = records[i]->name, .i = n - 1 - i };
	sort_places(places, n);
	for (i = 0; i < n; i++)
		for (k = 0; k < records[i]->nfact; k++) {
			kind = strcmp(records[i]->fact[k].key, "clone") == 0   ? CLONE
			       : strcmp(records[i]->fact[k].key, "after") == 0 ? AFTER
									       : 0;
			if (kind == 0)
				continue;
			to = find_place(places, n, records[i]->fact[k].field[0]);
			if (to == NULL)
				continue;
			edge = xgrow(edge, m, sizeof(*edge));
			edge[m++] = (struct edge){ .from = to->i, .to = n - 1 - i, .kind = kind };
		}
	/* Where clones and starts together make a circle, the starts count. */
	if (graph_order(n, edge, m, CLONE | AFTER, order, NULL))
		graph_order(n, edge, m, AFTER, order, NULL);
	for (i = 0; i < n; i++)
		out[n - 1 - i] = records[n - 1 - order[i]];
	if (n > 0)
		memcpy(records, out, n * sizeof(struct record *));
	free(places);
	free(order);
	free(edge);
	free(out);
}

/* The file of this LXCPATH. */
struct list {
	int dir, lock;
	char *file, *text;
	struct place *line; /* in their order */
	size_t n;
};

static void
list_close(struct list *l)
{
	int saved = errno;

	if (l->dir >= 0)
		close(l->dir);
	if (l->lock >= 0)
		close(l->lock);
	free(l->file);
	free(l->text);
	free(l->line);
	errno = saved;
}

/*
 * Reads it; with CHANGE, holding its lock until list_close, which is to be called in any case. Without, a
 * CTR_STATE that cannot be made or looked into has none.
 */
static int
list_open(struct list *l, bool change)
{
	char *s, *end;
	size_t len;

	*l = (struct list){ .dir = state_open(""), .lock = -1, .file = state_name("order") };
	if (change && (l->lock = state_lock("order", LOCK_EX)) < 0)
		return -1;
	if (l->dir < 0)
		return change ? -1 : 0;
	if (read_at(l->dir, l->file, &l->text, &len, LIST_MAX) < 0)
		return errno == ENOENT ? 0 : -1;
	for (s = l->text; (end = strchr(s, '\n')) != NULL; s = end + 1) {
		*end = '\0';
		l->line = xgrow(l->line, l->n, sizeof(*l->line));
		l->line[l->n] = (struct place){ .name = s, .i = l->n };
		l->n++;
	}
	return 0;
}

/* Writes the N NAMES in its place, where they are not those that it has; a file of none is none. */
static int
list_write(const struct list *l, const char *const *names, size_t n)
{
	char *text;
	size_t i, len;
	FILE *out;
	int status;

	for (i = 0; i < n && i < l->n && strcmp(names[i], l->line[i].name) == 0;)
		i++;
	if (i == n && i == l->n)
		return 0;
	if (n == 0)
		return unlinkat(l->dir, l->file, 0);
	out = xopen_memstream(&text, &len);
	for (i = 0; i < n; i++)
		fprintf(out, "%s\n", names[i]);
	xfclose(out);
	status = replace_at(l->dir, l->file, text, len, -1, 0600);
	free(text);
	return status;
}

static struct list kept;

int
order_load(void)
{
	int status = list_open(&kept, false);

	sort_places(kept.line, kept.n);
	return status;
}

size_t
order_place(const char *name)
{
	const struct place *p = find_place(kept.line, kept.n, name);

	return p == NULL ? SIZE_MAX : p->i;
}

static struct place *
sorted_copy(const struct place *places, size_t n)
{
	struct place *copy = xrealloc(NULL, n, sizeof(*copy));

	if (n > 0)
		memcpy(copy, places, n * sizeof(*copy));
	sort_places(copy, n);
	return copy;
}

int
order_note(struct record *const *records, size_t n)
{
	struct place *stream = xrealloc(NULL, n, sizeof(*stream)), *coming, *known = NULL;
	const char **names = NULL;
	struct list l;
	size_t m = 0, total = 0, i, next = 0;
	int status, moved = 0;

	for (i = 0; i < n; i++)
		if (record_whole(records[i]))
			stream[m++] = (struct place){ .name = records[i]->name };
	if (m == 0) {
		free(stream);
		return 0;
	}
	coming = sorted_copy(stream, m);
	status = list_open(&l, true);
	if (status == 0) {
		known = sorted_copy(l.line, l.n);
		names = xrealloc(NULL, l.n + m, sizeof(*names));
		/* Where one of the stream is, the next one of the stream comes, and the new ones round it. */
		for (i = 0; i < l.n; i++) {
			if (find_place(coming, m, l.line[i].name) == NULL) {
				names[total++] = l.line[i].name;
				continue;
			}
			while (next < m && find_place(known, l.n, stream[next].name) == NULL)
				names[total++] = stream[next++].name;
			if (next < m) {
				if (strcmp(stream[next].name, l.line[i].name) != 0)
					moved = 1;
				names[total++] = stream[next++].name;
			}
			while (next < m && find_place(known, l.n, stream[next].name) == NULL)
				names[total++] = stream[next++].name;
		}
		while (next < m)
			names[total++] = stream[next++].name;
		status = list_write(&l, names, total);
	}
	list_close(&l);
	free(stream);
	free(coming);
	free(known);
	free(names);
	return status < 0 ? -1 : moved;
}

int
order_forget(char *const *names, size_t n)
{
	struct place *gone = xrealloc(NULL, n, sizeof(*gone));
	const char **left = NULL;
	struct list l;
	size_t m = 0, total = 0, i;
	int status;

	for (i = 0; i < n; i++)
		if (!container_exists(names[i]))
			gone[m++] = (struct place){ .name = names[i] };
	sort_places(gone, m);
	status = list_open(&l, true);
	if (status == 0) {
		left = xrealloc(NULL, l.n, sizeof(*left));
		for (i = 0; i < l.n; i++)
			if (find_place(gone, m, l.line[i].name) == NULL)
				left[total++] = l.line[i].name;
		status = list_write(&l, left, total);
	}
	list_close(&l);
	free(gone);
	free(left);
	return status;
}
