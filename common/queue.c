/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "queue.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->r->name, ((const struct item *)b)->r->name);
}

static struct item *
find(struct queue *q, const char *name)
{
	struct record r = { .name = (char *)name };
	struct item key = { .r = &r }, **found = tfind(&key, &q->by_name, by_name);

	return found == NULL ? NULL : *found;
}

struct item *
queue_add(struct queue *q, struct record *r)
{
	struct item *item = xmalloc(sizeof(*item));

	*item = (struct item){ .r = r };
	q->item = xrealloc(q->item, q->n + 1, sizeof(*q->item));
	q->item[q->n++] = item;
	if (tsearch(item, &q->by_name, by_name) == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	return item;
}

/* Counts, or with BY of -1 uncounts, ITEM as one that those which it names wait for. */
static void
count(struct queue *q, const struct item *item, int by)
{
	const struct fact *f = NULL;
	struct item *other;

	while ((f = record_find(item->r, q->key, f)) != NULL)
		if ((other = find(q, f->field[0])) != NULL && other != item)
			other->waiters += (size_t)by;
}

void
queue_count(struct queue *q)
{
	size_t i;

	q->counted = true;
	for (i = 0; i < q->n; i++)
		if (q->item[i]->state == WAITING)
			count(q, q->item[i], 1);
}

bool
queue_blocked(struct queue *q, const struct item *item)
{
	const struct fact *f = NULL;
	const struct item *other;

	if (q->backwards)
		return item->waiters > 0;
	while ((f = record_find(item->r, q->key, f)) != NULL) {
		other = find(q, f->field[0]);
		if (other != item && (other == NULL ? !q->complete : other->state != DONE && !other->passed))
			return true;
	}
	return false;
}

void
queue_done(struct queue *q, struct item *item)
{
	item->state = DONE;
	if (q->counted)
		count(q, item, -1);
}

void
queue_free(struct queue *q)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		tdelete(q->item[i], &q->by_name, by_name);
		record_free(q->item[i]->r);
		free(q->item[i]->child.out);
		free(q->item[i]);
	}
	free(q->item);
}
