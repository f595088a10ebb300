/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-select - choose records by name, with what they need (-a) or what needs them (-b), and reverse them
 * (-r). It reads its whole input before it writes: where a name matches nothing, no record goes on.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "option.h"
#include "record.h"
#include "say.h"

#define USAGE "ctr-select [-abqrv] [name ...]"

struct item {
	struct record *r;
	bool chosen;
};

struct stream {
	struct item *item;
	struct item **byname; /* sorted by name, in the order of the stream where names are the same */
	size_t n;
};

static int
by_name(const void *a, const void *b)
{
	const struct item *ia = *(struct item *const *)a, *ib = *(struct item *const *)b;
	int order = strcmp(ia->r->name, ib->r->name);

	return order != 0 ? order : ia < ib ? -1 : ia > ib;
}

static int
read_stream(struct stream *s)
{
	struct reader in;
	struct record *r;
	int got;
	size_t i;

	reader_begin(&in, STDIN_FILENO, "stdin");
	while ((got = reader_next(&in, &r)) > 0) {
		s->item = xgrow(s->item, s->n, sizeof(*s->item));
		s->item[s->n++] = (struct item){ .r = r };
	}
	reader_end(&in);
	s->byname = xrealloc(NULL, s->n, sizeof(*s->byname));
	for (i = 0; i < s->n; i++)
		s->byname[i] = &s->item[i];
	if (s->n > 0)
		qsort(s->byname, s->n, sizeof(*s->byname), by_name);
	return got;
}

/* Where the items of this name begin in byname. */
static size_t
lower_bound(const struct stream *s, const char *name)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(s->byname[mid]->r->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_project(const struct item *i)
{
	return record_is_project(i->r);
}

/* The item after AFTER of this full name that is no project record, or a null pointer. */
static struct item *
find(const struct stream *s, const char *name, const struct item *after)
{
	size_t i;

	for (i = lower_bound(s, name); i < s->n && strcmp(s->byname[i]->r->name, name) == 0; i++)
		if ((after == NULL || s->byname[i] > after) && !is_project(s->byname[i]))
			return s->byname[i];
	return NULL;
}

/* Chooses all items of this full name; whether there is one. */
static bool
choose_full(struct stream *s, const char *name)
{
	struct item *i = NULL;

	while ((i = find(s, name, i)) != NULL)
		i->chosen = true;
	return find(s, name, NULL) != NULL;
}

/* By full name, else by short name, of a record that says it or of a project in the stream. */
static bool
choose(struct stream *s, const char *name)
{
	const struct fact *f;
	const char *first = NULL;
	bool ok = true;
	char *full;
	size_t i;

	if (choose_full(s, name))
		return true;
	for (i = 0; i < s->n; i++) {
		f = record_find(s->item[i].r, "container", NULL);
		if (is_project(&s->item[i]))
			full = xasprintf("%s_%s", s->item[i].r->name, name);
		else if (f != NULL && strcmp(f->field[1], name) == 0)
			full = xstrdup(s->item[i].r->name);
		else
			continue;
		if ((first == NULL || strcmp(first, full) != 0) && choose_full(s, full)) {
			if (first != NULL) {
				say_error(NULL, "'%s' may be '%s' or '%s'", name, first, full);
				ok = false;
			}
			first = s->byname[lower_bound(s, full)]->r->name;
		}
		free(full);
	}
	if (first == NULL)
		say_error(NULL, "no record has the name '%s'", name);
	return first != NULL && ok;
}

/* The fact after AFTER by which R names another container. */
static const struct fact *
next_named(const struct record *r, const struct fact *after)
{
	const struct fact *f = after == NULL ? r->fact : after + 1;

	for (; f < r->fact + r->nfact; f++)
		if (strcmp(f->key, "clone") == 0 || strcmp(f->key, "link") == 0 ||
		    strcmp(f->key, "forward") == 0 || strcmp(f->key, "after") == 0)
			return f;
	return NULL;
}

/*
 * Chooses what the chosen ones name. What is named mostly stands before: one pass, and one that finds no
 * more.
 */
static void
choose_needed(struct stream *s)
{
	const struct fact *f;
	const struct item *other;
	bool more = true;
	size_t i;

	while (more) {
		more = false;
		for (i = s->n; i-- > 0;)
			for (f = NULL; s->item[i].chosen && (f = next_named(s->item[i].r, f)) != NULL;)
				if ((other = find(s, f->field[0], NULL)) != NULL && !other->chosen)
					more = choose_full(s, f->field[0]);
	}
}

/* Chooses what names the chosen ones. */
static void
choose_needing(struct stream *s)
{
	const struct fact *f;
	const struct item *other;
	bool more = true;
	size_t i;

	while (more) {
		more = false;
		for (i = 0; i < s->n; i++)
			for (f = NULL; !s->item[i].chosen && (f = next_named(s->item[i].r, f)) != NULL;)
				if ((other = find(s, f->field[0], NULL)) != NULL && other->chosen)
					more = s->item[i].chosen = true;
	}
}

/* A project's record goes on where a container of the project does. */
static void
choose_projects(struct stream *s)
{
	size_t i, k, len;
	const char *name;

	for (i = 0; i < s->n; i++) {
		if (!is_project(&s->item[i]))
			continue;
		name = s->item[i].r->name;
		len = strlen(name);
		for (k = 0; k < s->n && !s->item[i].chosen; k++)
			s->item[i].chosen = s->item[k].chosen && !is_project(&s->item[k]) &&
					    strncmp(s->item[k].r->name, name, len) == 0 &&
					    s->item[k].r->name[len] == '_';
	}
}

/* Reverses the containers between one project record and the next. */
static void
reverse(struct stream *s)
{
	struct item swap;
	size_t first, last, end;

	for (first = 0; first < s->n; first = end) {
		for (end = first; end < s->n && !is_project(&s->item[end]);)
			end++;
		for (last = end; first + 1 < last; first++) {
			swap = s->item[--last];
			s->item[last] = s->item[first];
			s->item[first] = swap;
		}
		if (end < s->n)
			end++;
	}
}

int
main(int argc, char **argv)
{
	bool needed = false, needing = false, reversed = false, all, unknown = false;
	struct stream s = { 0 };
	int o, status = EXIT_DONE;
	size_t i;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "abr", USAGE)) != -1) {
		needed = needed || o == 'a';
		needing = needing || o == 'b';
		reversed = reversed || o == 'r';
	}
	argc -= optind;
	argv += optind;

	if (read_stream(&s) < 0)
		status = EXIT_UNUSABLE;
	all = argc == 0;
	for (; argc > 0; argc--, argv++)
		if (!choose(&s, *argv))
			unknown = true;
	if (unknown)
		return say_end(EXIT_UNUSABLE);

	if (needing)
		choose_needing(&s);
	if (needed)
		choose_needed(&s);
	choose_projects(&s);
	if (reversed)
		reverse(&s);
	for (i = 0; i < s.n; i++) {
		if (all || s.item[i].chosen) {
			record_write(stdout, s.item[i].r);
			if (record_failed(s.item[i].r) && status == EXIT_DONE)
				status = EXIT_FAILED;
		}
		record_free(s.item[i].r);
	}
	free(s.item);
	free(s.byname);
	return say_end(status);
}
