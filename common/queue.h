/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a filter, in the order they came, and which of them wait for which. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "record.h"

enum item_state {
	WAITING,
	ASKED, /* by the scout */
	RUNNING,
	DONE,
};

struct item {
	struct record *r;
	enum item_state state;
	bool asked;	    /* it was, and something is to be done */
	bool passed;	    /* not done, but no other need wait for it any more */
	size_t waiters;	    /* once they are counted: records not done that name this one */
	struct child child; /* while it runs; what comes is the record as the child leaves it */
};

struct queue {
	const char *key; /* of the facts that name the records to wait for */
	bool backwards;	 /* a record waits for those that name it, and not for those that it names */
	bool complete;	 /* no more will come */
	bool counted;	 /* queue_count was called */
	struct item **item;
	size_t n;
	void *by_name; /* a tree of tsearch(3) */
};

/* Adds R, which is freed with the queue. The item is WAITING. */
struct item *queue_add(struct queue *q, struct record *r);

/* Counts, among the items that are WAITING, for each those that name it. */
void queue_count(struct queue *q);

/*
 * Whether ITEM is to wait for another, neither done nor passed: backwards only once they are counted. One that is named and has
 * not come may still come.
 */
bool queue_blocked(struct queue *q, const struct item *item);

void queue_done(struct queue *q, struct item *item);

void queue_free(struct queue *q);

#endif
