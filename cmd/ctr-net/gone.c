/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gone.h"

#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "pool.h"
#include "say.h"
#include "share.h"

struct search {
	struct gone *g;
	const struct entry *e;
	size_t n;
};

static void
look(const char *file, const struct names_entry *was, void *arg)
{
	const struct search *s = arg;
	bool own = false, taken = false;
	size_t i;

	for (i = 0; i < s->n && !own; i++) {
		if (!s->e[i].fresh || record_failed(s->e[i].r))
			continue;
		own = strcmp(s->e[i].file, file) == 0;
		taken = taken || strcmp(s->e[i].is.ipv4, was->ipv4) == 0 || strcmp(s->e[i].is.ipv6, was->ipv6) == 0;
	}
	if (own || (taken && !pool_veth_up(was->ipv4))) {
		s->g->one = xgrow(s->g->one, s->g->n, sizeof(*s->g->one));
		s->g->one[s->g->n++] = (struct gone_one){ xstrdup(file), *was, !own };
	}
}

int
gone_find(struct gone *g, const struct entry *e, size_t n, int hosts)
{
	struct search s = { .g = g, .e = e, .n = n };
	bool any = false;
	size_t i;

	*g = (struct gone){ NULL, 0 };
	for (i = 0; i < n; i++)
		any = any || e[i].fresh;
	return any ? share_each(hosts, look, &s) : 0;
}

bool
gone_has(const struct gone *g, const char *file)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (strcmp(g->one[i].file, file) == 0)
			return true;
	return false;
}

void
gone_free(struct gone *g)
{
	while (g->n > 0)
		free(g->one[--g->n].file);
	free(g->one);
	g->one = NULL;
}
