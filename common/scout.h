/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One child that finds out of one record after the other whether anything is to be done, where that takes asking what may never
 * answer: a monitor, a file system of a container. It lasts as long as records come: a fork for each would take longer than all
 * the rest.
 */
#ifndef SCOUT_H
#define SCOUT_H

#include <stdbool.h>
#include <time.h>

#include "child.h"
#include "record.h"

/* All zero before the first scout_ask, but for SETTLED: the caller's, of filter.h. */
struct scout {
	bool (*settled)(struct record *r);
	struct child child; /* while it is alive */
	bool alive;
	bool killed; /* for taking too long */
	int in, to;	 /* the ends of the pipe to it; -1 where they are closed */
	FILE *text;	 /* into unsent: what it is still to read */
	char *unsent;
	size_t len, sent; /* bytes of that */
	size_t asked, answered; /* records, since it began */
	size_t at;		/* in child.out, of the next answer */
	struct timespec since;	/* CLOCK_MONOTONIC: the last answer, or the first question after it had given all */
};

/*
 * Asks it about R, which stays as it is: SETTLED is called of a copy. What that says on stderr is not seen. Starts it where none
 * is alive. 0, or -1 with errno where it could not be started.
 */
int scout_ask(struct scout *s, const struct record *r, const sigset_t *blocked);

/* How many records it has not answered for. */
size_t scout_owes(const struct scout *s);

/* Gives it more to read. To be called when s->to, which does not block, can be written, as long as s->sent < s->len. */
void scout_push(struct scout *s);

/* Milliseconds until scout_answer is to be called even where nothing came; -1 where it owes nothing. */
int scout_wait(const struct scout *s);

/*
 * The next answer, if it has come: 1, *SETTLED, and where that is so, *TEXT of *LEN bytes, the record as it is now, in the
 * caller's to free; it is about the record s->answered counted last. 0 where none has come; where it took too long,
 * the child is killed then.
 */
int scout_answer(struct scout *s, bool *settled, char **text, size_t *len);

/*
 * Once the process has ended, and its answers are taken: the next scout_ask starts another. The first record that it owes an
 * answer for has got it stuck.
 */
void scout_end(struct scout *s);

/* Kills it, where it is alive, and frees what there is: at the end, when nothing more is asked. */
void scout_stop(struct scout *s);

#endif
