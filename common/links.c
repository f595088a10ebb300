/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "say.h"

const struct fact *
link_next(const struct record *r, const struct fact *after)
{
	const struct fact *f = after == NULL ? r->fact : after + 1;

	for (; f < r->fact + r->nfact; f++)
		if (strcmp(f->key, "link") == 0 || strcmp(f->key, "forward") == 0)
			return f;
	return NULL;
}

static bool
among(struct record *const *records, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(records[i]->name, name) == 0)
			return true;
	return false;
}

static char *
operand_of(const struct fact *f)
{
	if (strcmp(f->key, "forward") != 0)
		return xasprintf("%s=%s", f->key, f->field[0]);
	return xasprintf("forward=%s:%s:%s:%s/%s", f->field[2], f->field[3], f->field[0], f->field[4], f->field[1]);
}

size_t
links_from_others(struct record *const *records, size_t n, struct link **links)
{
	struct record **stored;
	const struct fact *f;
	size_t count = container_stored(&stored, NULL), found = 0, i;

	*links = NULL;
	for (i = 0; i < count; i++) {
		for (f = stored[i]->fact; f < stored[i]->fact + stored[i]->nfact; f++) {
			if (strcmp(f->key, "link") != 0 && strcmp(f->key, "backlink") != 0 && strcmp(f->key, "forward") != 0)
				continue;
			if (among(records, n, f->field[0]) && !among(records, n, stored[i]->name)) {
				*links = xrealloc(*links, found + 1, sizeof(**links));
				(*links)[found++] = (struct link){ .from = xstrdup(stored[i]->name),
					.to = xstrdup(f->field[0]), .operand = operand_of(f) };
			}
		}
		record_free(stored[i]);
	}
	free(stored);
	return found;
}
