/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

struct place {
	struct record *r;
	bool seen;
};

struct order {
	struct place *place;   /* as they came */
	struct place **byname; /* sorted */
	struct record **out;
	size_t n, done;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct place *const *)a)->r->name, (*(struct place *const *)b)->r->name);
}

static struct place *
find(const struct order *o, const char *name)
{
	struct record r = { .name = (char *)name };
	struct place key = { .r = &r }, *p = &key, **found;

	found = bsearch(&p, o->byname, o->n, sizeof(struct place *), by_name);
	return found == NULL ? NULL : *found;
}

/* The next record after fact *F that P's names and that has no place yet; a null pointer after the last. */
static struct place *
next_need(const struct order *o, const struct place *p, size_t *f)
{
	const struct fact *fact;
	struct place *need;

	while (*f < p->r->nfact) {
		fact = &p->r->fact[(*f)++];
		if (strcmp(fact->key, "clone") != 0 && strcmp(fact->key, "after") != 0)
			continue;
		need = find(o, fact->field[0]);
		if (need != NULL && !need->seen)
			return need;
	}
	return NULL;
}

/* P after what it needs: depth first, with a stack of its own, since a chain may be as long as the stream. */
static void
put(struct order *o, struct place *p)
{
	struct step {
		struct place *p;
		size_t f;
	} *stack = NULL;
	size_t depth = 0;

	while (p != NULL) {
		p->seen = true;
		if ((depth & (depth - 1)) == 0)
			stack = xrealloc(stack, depth == 0 ? 1 : depth * 2, sizeof(*stack));
		stack[depth++] = (struct step){ .p = p };
		while (depth > 0 && (p = next_need(o, stack[depth - 1].p, &stack[depth - 1].f)) == NULL)
			o->out[o->done++] = stack[--depth].p->r;
	}
	free(stack);
}

void
order_records(struct record **records, size_t n)
{
	struct order o = { .n = n };
	size_t i;

	o.place = xrealloc(NULL, n, sizeof(*o.place));
	o.byname = xrealloc(NULL, n, sizeof(*o.byname));
	o.out = xrealloc(NULL, n, sizeof(*o.out));
	for (i = 0; i < n; i++) {
		o.place[i] = (struct place){ .r = records[i] };
		o.byname[i] = &o.place[i];
	}
	if (n > 0)
		qsort(o.byname, n, sizeof(*o.byname), by_name);
	for (i = 0; i < n; i++)
		if (!o.place[i].seen)
			put(&o, &o.place[i]);
	if (n > 0)
		memcpy(records, o.out, n * sizeof(*records));
	free(o.place);
	free(o.byname);
	free(o.out);
}
