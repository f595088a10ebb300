/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "say.h"

enum {
	CLONE = 1, /* kinds of edges, as ctr-parse has them */
	AFTER = 2,
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

void
order_records(struct record **records, size_t n)
{
	struct place *places = xrealloc(NULL, n, sizeof(*places)), *to, key;
	size_t *order = xrealloc(NULL, n, sizeof(*order)), i, k, m = 0;
	struct record **out = xrealloc(NULL, n, sizeof(*out));
	struct edge *edge = NULL;
	unsigned kind;

	for (i = 0; i < n; i++)
		places[i] = (struct place){ .name = records[i]->name, .i = i };
	if (n > 0)
		qsort(places, n, sizeof(*places), by_name);
	for (i = 0; i < n; i++)
		for (k = 0; k < records[i]->nfact; k++) {
			kind = strcmp(records[i]->fact[k].key, "clone") == 0   ? CLONE
			       : strcmp(records[i]->fact[k].key, "after") == 0 ? AFTER
									       : 0;
			if (kind == 0)
				continue;
			key = (struct place){ .name = records[i]->fact[k].field[0] };
			to = bsearch(&key, places, n, sizeof(*places), by_name);
			if (to == NULL)
				continue;
			if ((m & (m - 1)) == 0)
				edge = xrealloc(edge, m == 0 ? 1 : m * 2, sizeof(*edge));
			edge[m++] = (struct edge){ .from = i, .to = to->i, .kind = kind };
		}
	/* Where clones and starts together make a circle, the starts count. */
	if (graph_order(n, edge, m, CLONE | AFTER, order, NULL))
		graph_order(n, edge, m, AFTER, order, NULL);
	for (i = 0; i < n; i++)
		out[i] = records[order[i]];
	if (n > 0)
		memcpy(records, out, n * sizeof(struct record *));
	free(places);
	free(order);
	free(edge);
	free(out);
}
