/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "document.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

enum {
	HINTS_MAX = 100, /* problems for which a word like the one given is looked for */
};

struct problem {
	size_t line, column, order;
	char *text;
};

static void
add_problem(struct document *d, size_t line, size_t column, const char *format, va_list args)
{
	d->problem = xgrow(d->problem, d->nproblem, sizeof(*d->problem));
	d->problem[d->nproblem] = (struct problem){ line, column, d->nproblem, say_text(format, args) };
	d->nproblem++;
}

void
document_problem_at(struct document *d, size_t line, size_t column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_problem(d, line, column, format, args);
	va_end(args);
}

void
document_problem(struct document *d, struct node *at, const char *format, ...)
{
	va_list args;

	if (at->told)
		return;
	at->told = true;
	va_start(args, format);
	add_problem(d, at->line, at->column, format, args);
	va_end(args);
}

static int
by_place(const void *a, const void *b)
{
	const struct problem *p = a, *q = b;

	if (p->line != q->line)
		return p->line < q->line ? -1 : 1;
	if (p->column != q->column)
		return p->column < q->column ? -1 : 1;
	return p->order < q->order ? -1 : p->order > q->order;
}

void
document_tell(struct document *d)
{
	const char *program = say_program;
	char *place;
	size_t i;

	if (d->nproblem > 0)
		qsort(d->problem, d->nproblem, sizeof(*d->problem), by_place);
	for (i = 0; i < d->nproblem; i++) {
		place = xasprintf("%s:%zu:%zu", d->file, d->problem[i].line, d->problem[i].column);
		/* Editors know this form of compilers: the place stands where else the program does. */
		say_program = place;
		say_error(NULL, "%s", d->problem[i].text);
		free(place);
	}
	say_program = program;
}

bool
node_check(struct document *d, struct node *at, unsigned kinds, const char *what)
{
	static const char *const kind[] = { "", "text", "a list", "text or a list", "a map", "text or a map",
		"a list or a map", "text, a list or a map" };

	if (at->empty)
		document_problem(d, at, "%s: the value is empty", what);
	else if ((kinds & 1u << at->kind) == 0)
		document_problem(
		    d, at, "%s: it is %s, where %s is expected", what, kind[1u << at->kind], kind[kinds]);
	return !at->told;
}

/* Whether A becomes B by K letters at most put in, left out, changed or swapped. */
static bool
near(const char *a, const char *b, int k)
{
	for (; *a != '\0' && *a == *b; a++)
		b++;
	if (*a == *b)
		return true;
	if (k == 0)
		return false;
	if (*a == '\0' || *b == '\0')
		return near(*a == '\0' ? a : a + 1, *b == '\0' ? b : b + 1, k - 1);
	return near(a + 1, b, k - 1) || near(a, b + 1, k - 1) || near(a + 1, b + 1, k - 1) ||
	       (a[0] == b[1] && a[1] == b[0] && near(a + 2, b + 2, k - 1));
}

const char *
document_hint(const struct document *d, const char *word, const char *(*known)(size_t i))
{
	static char text[256];
	size_t i;
	int k;

	for (k = 1; k <= 2 && (size_t)k * 3 <= strlen(word) + 1 && d->nproblem < HINTS_MAX; k++)
		for (i = 0; known(i) != NULL; i++)
			if (near(word, known(i), k) && strlen(known(i)) < 200) {
				snprintf(text, sizeof(text), " (did you mean '%s'?)", known(i));
				return text;
			}
	return "";
}

/* What document_hint chooses from, for node_pick. */
static const char *const *picked;

static const char *
picked_name(size_t i)
{
	return picked[i];
}

void
node_pick(struct document *d, const struct node *map, const char *const names[], struct node *values[])
{
	struct node *key;
	size_t i, k;

	picked = names;
	for (k = 0; names[k] != NULL; k++)
		values[k] = NULL;
	for (i = 0; i < map->n; i++) {
		key = map->pair[i].key;
		for (k = 0; names[k] != NULL && strcmp(names[k], key->text) != 0; k++)
			continue;
		if (names[k] != NULL)
			values[k] = map->pair[i].value;
		else
			document_problem(d, key, "unknown key '%s'%s", key->text,
			    document_hint(d, key->text, picked_name));
	}
}
