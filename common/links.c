/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "say.h"

static bool
among(struct record *const *records, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(records[i]->name, name) == 0)
			return true;
	return false;
}

size_t
links_from_others(struct record *const *records, size_t n, struct link **links)
{
	struct record **stored;
	const struct fact *f;
	size_t count = container_stored(&stored, NULL), found = 0, i;

	*links = NULL;
	for (i = 0; i < count; i++) {
		for (f = NULL; (f = record_find(stored[i], "link", f)) != NULL;)
			if (among(records, n, f->field[0]) && !among(records, n, stored[i]->name)) {
				*links = xrealloc(*links, found + 1, sizeof(**links));
				(*links)[found++] = (struct link){ .from = xstrdup(stored[i]->name),
					.to = xstrdup(f->field[0]) };
			}
		record_free(stored[i]);
	}
	free(stored);
	return found;
}
