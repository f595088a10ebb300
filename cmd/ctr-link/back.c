/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "back.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "lxc.h"
#include "say.h"

static struct {
	char *from, *to;
} *backs;
static size_t nback;

void
back_read(void)
{
	struct record **stored;
	const struct fact *f;
	size_t n = container_stored(&stored, NULL), i;

	for (i = 0; i < n; i++) {
		for (f = NULL; (f = record_find(stored[i], "backlink", f)) != NULL; nback++) {
			backs = xrealloc(backs, nback + 1, sizeof(*backs));
			backs[nback].from = xstrdup(stored[i]->name);
			backs[nback].to = xstrdup(f->field[0]);
		}
		record_free(stored[i]);
	}
	free(stored);
}

bool
back_any(const char *name, bool from)
{
	size_t i;

	for (i = 0; i < nback && strcmp(from ? backs[i].from : backs[i].to, name) != 0; i++)
		continue;
	return i < nback;
}

/* The lines of FROM for TARGET, where its stored record says so now; none where it says not. Whether that could be read. */
static bool
write_back(FILE *out, const char *from, const char *target)
{
	struct record *stored = container_record(from);
	bool known = stored != NULL || errno == ENOENT;

	if (stored != NULL && record_has(stored, "backlink", target))
		hosts_lines(out, stored, NULL);
	record_free(stored);
	return known;
}

bool
back_lines(FILE *out, const char *name, const struct record *want, const char *old, size_t len)
{
	/* The names that were dealt with: no more than once. */
	struct record *done = record_new(name), *kept = record_new(name);
	const char *s, *next;
	bool known;
	size_t n, i;
	char *from;

	for (; (s = hosts_name(old, len, &next, &n)) != NULL; len -= (size_t)(next - old), old = next) {
		from = xstrndup(s, n);
		if (name_valid(from) && !record_has(want, "link", from) && !record_has(done, "backlink", from)) {
			record_add(done, "backlink", from, NULL);
			if (!write_back(out, from, name))
				record_add(kept, "backlink", from, NULL);
		}
		if (record_has(kept, "backlink", from))
			fwrite(old, 1, (size_t)(next - old), out);
		free(from);
	}
	known = kept->nfact == 0;
	for (i = 0; i < nback; i++)
		if (strcmp(backs[i].to, name) == 0 && !record_has(want, "link", backs[i].from) &&
		    !record_has(done, "backlink", backs[i].from))
			known = write_back(out, backs[i].from, name) && known;
	record_free(done);
	record_free(kept);
	return known;
}

struct change {
	const char *from;     /* whose lines these are */
	const char *lines;    /* what they are to be */
	bool keep;	      /* they are its own, by a link of its */
};

/* OLD with the lines of one other: in their place, else at the end. */
static void
change_lines(FILE *out, const char *old, size_t len, const void *arg)
{
	const struct change *c = arg;
	bool put = c->keep;
	const char *s, *next;
	size_t n;

	for (; (s = hosts_name(old, len, &next, &n)) != NULL; len -= (size_t)(next - old), old = next) {
		if (c->keep || n != strlen(c->from) || strncmp(s, c->from, n) != 0) {
			fwrite(old, 1, (size_t)(next - old), out);
		} else if (!put) {
			fputs(c->lines, out);
			put = true;
		}
	}
	if (!put)
		fputs(c->lines, out);
}

static int
tell(struct container *c, struct record *t, const char *from, bool withdraw)
{
	struct change change = { .from = from, .keep = record_has(c->stored, "link", from) };
	char *lines;
	size_t len;
	FILE *out;
	int status;

	out = xopen_memstream(&lines, &len);
	if (!withdraw)
		write_back(out, from, t->name);
	xfclose(out);
	change.lines = lines;
	status = len > 0 && !lxc_running(t->name) ? 0 : hosts_change(c, t, change_lines, &change);
	free(lines);
	return status;
}

int
back_tell(struct record *r, const char *target, bool withdraw)
{
	struct record *t = record_new(target);
	struct container c = { .dirfd = -1, .lock = -1 };
	int status = 0;

	if (container_lock(&c, t) < 0)
		status = -1;
	/* One that is gone has nothing to be told. */
	else if (container_exists(target) && !container_making(target))
		status = container_read(&c, t) < 0 ? -1 : tell(&c, t, r->name, withdraw);
	container_close(&c);
	record_free(t);
	return status < 0 ? record_fail(r, "cannot %s '%s'", withdraw ? "take its names out of" : "tell its names to", target)
			  : status;
}
