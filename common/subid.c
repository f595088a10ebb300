/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

enum {
	FILE_MAX = 16 * 1024 * 1024,
};

/* (uid_t)-1 is no id. */
#define IDS_END UINT64_C(0xffffffff)

/* The number at *S, which ends before END. Whether there is one; *S is then behind END. */
static bool
take_number(const char **s, char end, uint64_t *n)
{
	const char *begin = *s;

	for (*n = 0; **s >= '0' && **s <= '9' && *n <= IDS_END; ++*s)
		*n = *n * 10 + (uint64_t)(**s - '0');
	if (*s == begin || *n > IDS_END || (**s != end && (end != '\n' || **s != '\0')))
		return false;
	*s += **s != '\0';
	return true;
}

/* Calls EACH with every range of the file PATH. Lines that are none are passed over. 0, or -1 with errno. */
static int
each(const char *path, void (*take)(bool root, struct subid range, void *arg), void *arg)
{
	struct subid range;
	char *text, *line;
	const char *s;
	uint64_t count;
	size_t len;
	bool root;

	if (read_at(AT_FDCWD, path, &text, &len, FILE_MAX) < 0)
		return errno == ENOENT ? 0 : -1;
	for (line = text; *line != '\0'; line += *line == '\n') {
		root = strncmp(line, "root:", 5) == 0 || strncmp(line, "0:", 2) == 0;
		s = line + strcspn(line, ":\n");
		if (*s++ == ':' && take_number(&s, ':', &range.first) && take_number(&s, '\n', &count) && count > 0) {
			range.end = range.first + count;
			if (range.end > IDS_END)
				range.end = IDS_END;
			if (range.first < range.end)
				take(root, range, arg);
		}
		line += strcspn(line, "\n");
	}
	free(text);
	return 0;
}

struct list {
	struct subid *range;
	size_t n;
};

static void
add(struct list *l, struct subid range)
{
	l->range = xrealloc(l->range, l->n + 1, sizeof(*l->range));
	l->range[l->n++] = range;
}

static void
add_roots(bool root, struct subid range, void *arg)
{
	if (root)
		add(arg, range);
}

long
subid_read(const char *path, struct subid **ranges)
{
	struct list l = { NULL, 0 };
	int status = each(path, add_roots, &l);

	*ranges = l.range;
	return status < 0 ? -1 : (long)l.n;
}

long
subid_both(struct subid **ranges, const char **failed)
{
	struct subid *uids = NULL, *gids = NULL, both;
	struct list l = { NULL, 0 };
	long nu, ng, i, k;

	*ranges = NULL;
	*failed = SUBID_UIDS;
	nu = subid_read(SUBID_UIDS, &uids);
	if (nu >= 0)
		*failed = SUBID_GIDS;
	ng = nu < 0 ? -1 : subid_read(SUBID_GIDS, &gids);
	for (i = 0; i < nu && ng >= 0; i++)
		for (k = 0; k < ng; k++) {
			both.first = uids[i].first > gids[k].first ? uids[i].first : gids[k].first;
			both.end = uids[i].end < gids[k].end ? uids[i].end : gids[k].end;
			if (both.first < both.end)
				add(&l, both);
		}
	free(uids);
	free(gids);
	*ranges = l.range;
	return ng < 0 ? -1 : (long)l.n;
}

static void
go_beyond(bool root, struct subid range, void *arg)
{
	uint64_t *unused = arg;

	(void)root;
	if (range.end > *unused)
		*unused = range.end;
}

uint64_t
subid_unused(void)
{
	uint64_t unused = 1000000;

	each(SUBID_UIDS, go_beyond, &unused);
	each(SUBID_GIDS, go_beyond, &unused);
	return unused;
}
