/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "replace.h"
#include "say.h"

static bool
is_false(const struct record *r, const char *key)
{
	const char *value = record_get(r, key);

	return value != NULL && strcmp(value, "false") == 0;
}

struct names_entry
names_entry(const struct record *stored)
{
	struct names_entry e = { .mark = 2166136261u, /* FNV-1a, 32 bits */
		.open = is_false(stored, "isolate"),
		.inside = is_false(stored, "outbound") };
	char *project = xasprintf("%s/%s", container_path(), record_get(stored, "container")), *s;

	for (s = project; *s != '\0'; s++)
		e.mark = (e.mark ^ (unsigned char)*s) * 16777619u;
	free(project);
	snprintf(e.ipv4, sizeof(e.ipv4), "%s", record_get(stored, "ipv4"));
	snprintf(e.ipv6, sizeof(e.ipv6), "%s", record_get(stored, "ipv6"));
	return e;
}

bool
names_first(const char *line, struct names_entry *e)
{
	int open, inside;

	if (sscanf(line, "# %*s %15s %45s %" SCNu32 " %d %d", e->ipv4, e->ipv6, &e->mark, &open, &inside) != 5)
		return false;
	e->open = open != 0;
	e->inside = inside != 0;
	return true;
}

int
names_read(int hosts, const char *file, struct names_entry *e)
{
	char *text;
	size_t len;
	bool found;

	if (read_at(hosts, file, &text, &len, NAMES_BYTES) < 0)
		return -1;
	found = names_first(text, e);
	free(text);
	return found ? 0 : -1;
}
