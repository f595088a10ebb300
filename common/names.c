/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "fact.h"
#include "replace.h"
#include "resolv.h"
#include "say.h"

enum {
	NAME_MAX_DNS = 253,
};

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
		return errno == ENOENT ? 0 : -1;
	found = names_first(text, e);
	free(text);
	return found;
}

char *
names_aliases(const struct record *stored, const struct record *links)
{
	char *domain = resolv_domain(stored), *text, *to;
	const struct fact *f = NULL;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);

	while ((f = record_find(links, "link", f)) != NULL) {
		to = state_name(f->field[0]);
		for (i = 1; i < f->n; i++)
			if (strlen(f->field[i]) + 1 + strlen(domain) <= NAME_MAX_DNS)
				fprintf(out, "# alias %s.%s %s\n", f->field[i], domain, to);
		free(to);
	}
	xfclose(out);
	free(domain);
	return text;
}

bool
names_has_aliases(int hosts, const char *file, const char *aliases)
{
	size_t len, n = strlen(aliases);
	char *text, *s;
	bool has;

	/* Where it cannot be read, ctr-net says so. */
	if (read_at(hosts, file, &text, &len, NAMES_BYTES) < 0)
		return errno == ENOENT;
	/* They stand behind the line of options. */
	s = strstr(text, "\n# options ");
	s = s == NULL ? NULL : strchr(s + 1, '\n');
	has = s != NULL && strncmp(s + 1, aliases, n) == 0 && strncmp(s + 1 + n, "# alias ", 8) != 0;
	free(text);
	return has;
}
