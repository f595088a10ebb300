/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One child that finds out of several records whether anything is to be done, where that takes asking what may never answer:
 * a monitor, a file system of a container. A fork for each would take longer than all the rest.
 */
#ifndef SCOUT_H
#define SCOUT_H

#include <stdbool.h>
#include <time.h>

#include "child.h"
#include "record.h"

struct scout {
	struct child child;
	bool (*settled)(struct record *r);
	struct record **record; /* as given */
	size_t n, answered;
	size_t at;		/* in child.out, of the next answer */
	struct timespec since;	/* CLOCK_MONOTONIC: of its start or last answer */
	bool killed;
};

/*
 * Starts it: SETTLED (filter.h) is asked of each of the N records, which stay the caller's, as stays the array, until
 * scout_end. What SETTLED says on stderr is not seen. 0, or -1 with errno.
 */
int scout_start(struct scout *s, bool (*settled)(struct record *r), struct record **records, size_t n,
    const sigset_t *blocked);

/* Milliseconds until scout_answer is to be called even where nothing came. */
int scout_wait(const struct scout *s);

/*
 * The next answer, if it has come: 1, *SETTLED, and where that is so, *TEXT of *LEN bytes, the record as it is now, in the
 * caller's to free; it is about the record s->answered counted last. 0 where none has come; where it took too long,
 * the child is killed then.
 */
int scout_answer(struct scout *s, bool *settled, char **text, size_t *len);

/*
 * Once the process has ended, and its answers are taken. True where it ended in the middle: record s->answered has got it stuck, and
 * those after it were not asked.
 */
bool scout_end(struct scout *s);

#endif
