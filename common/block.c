/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/*
 * What follows "begin" where the file did not end in a newline before the block was added: that newline
 * goes with the block.
 */
#define JOINED " (after a line without end)"

struct span {
	size_t begin, lines, end, after; /* the first mark, the lines, the last mark, what follows */
	bool joined;
};

static bool
is_mark(const char *line, size_t len, const char *owner, const char *what)
{
	size_t n = strlen(owner);

	return len == n + strlen(what) + 3 && memcmp(line, "# ", 2) == 0 && memcmp(line + 2, owner, n) == 0 &&
	       line[n + 2] == ' ' && memcmp(line + n + 3, what, strlen(what)) == 0;
}

/* The first block at or after FROM. */
static bool
next_block(const char *text, size_t len, const char *owner, size_t from, struct span *s)
{
	bool open = false, joined;
	size_t n, next;
	const char *nl;

	for (; from < len; from = next) {
		nl = memchr(text + from, '\n', len - from);
		n = nl == NULL ? len - from : (size_t)(nl - text) - from;
		next = nl == NULL ? len : from + n + 1;
		joined = is_mark(text + from, n, owner, "begin" JOINED);
		if (joined || is_mark(text + from, n, owner, "begin")) {
			/* The last one before an end counts. */
			*s = (struct span){ .begin = from, .lines = next, .joined = joined };
			open = true;
		} else if (open && is_mark(text + from, n, owner, "end")) {
			s->end = from;
			s->after = next;
			return true;
		}
	}
	return false;
}

const char *
block_find(const char *text, size_t len, const char *owner, size_t *n)
{
	struct span s;

	if (!next_block(text, len, owner, 0, &s))
		return NULL;
	*n = s.end - s.lines;
	return text + s.lines;
}

/* Where the last of the last marks begins that no block ends with, or 0. */
static size_t
stray_end(const char *text, size_t len, const char *owner)
{
	bool open = false;
	size_t n, at, stray = 0;
	const char *nl;

	for (at = 0; at < len; at += n + 1) {
		nl = memchr(text + at, '\n', len - at);
		n = nl == NULL ? len - at : (size_t)(nl - text) - at;
		if (is_mark(text + at, n, owner, "begin") || is_mark(text + at, n, owner, "begin" JOINED)) {
			open = true;
		} else if (is_mark(text + at, n, owner, "end")) {
			stray = open ? stray : at;
			open = false;
		}
	}
	return stray;
}

/*
 * Writes TEXT from FROM to TO, between blocks, without the first marks before STRAY: what was their block's has gone, and
 * that last mark would make another one of what stands there now.
 */
static void
write_between(FILE *f, const char *text, size_t from, size_t to, const char *owner, size_t stray)
{
	const char *nl;
	size_t n;

	for (; from < to && from < stray; from += n) {
		nl = memchr(text + from, '\n', to - from);
		n = nl == NULL ? to - from : (size_t)(nl - text) - from + 1;
		if (!is_mark(text + from, n - (nl != NULL), owner, "begin") &&
		    !is_mark(text + from, n - (nl != NULL), owner, "begin" JOINED))
			fwrite(text + from, 1, n, f);
	}
	if (from < to)
		fwrite(text + from, 1, to - from, f);
}

char *
block_replace(const char *text, size_t len, const char *owner, const char *lines, size_t *new)
{
	struct span s;
	size_t from = 0, stray = stray_end(text, len, owner);
	char *out;
	FILE *f = xopen_memstream(&out, new);
	bool put = *lines == '\0', cut;

	while (next_block(text, len, owner, from, &s)) {
		/* The newline before stays where something was written after the block meanwhile. */
		cut = s.joined && put && s.after == len && s.begin > from && text[s.begin - 1] == '\n';
		write_between(f, text, from, s.begin - cut, owner, stray);
		if (!put)
			fprintf(f, "# %s begin%s\n%s# %s end\n", owner, s.joined ? JOINED : "", lines, owner);
		put = true;
		from = s.after;
	}
	fwrite(text + from, 1, len - from, f);
	if (!put && len > from && text[len - 1] != '\n')
		fprintf(f, "\n# %s begin" JOINED "\n%s# %s end\n", owner, lines, owner);
	else if (!put)
		fprintf(f, "# %s begin\n%s# %s end\n", owner, lines, owner);
	xfclose(f);
	return out;
}
