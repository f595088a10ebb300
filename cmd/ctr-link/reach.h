/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container's links come to, for the container itself: what it reaches, and by what names. */
#ifndef REACH_H
#define REACH_H

#include "container.h"
#include "forward.h"
#include "linkset.h"

struct reach {
	char *lines; /* of its block, without those of backlinks to it */
	struct linkset set;
	struct forwards forwards;
	bool unknown; /* the stored record of one that it leads to cannot be read: nothing is to be changed */
};

/*
 * Makes L, which is all zero, of WANT, for the container with the stored record OWN. What cannot be linked is taken out
 * of WANT: its address may be another's by now. 0, or -1 after record_fail(R).
 */
int reach_make(struct reach *l, struct record *r, struct record *want, const struct record *own);
void reach_free(struct reach *l);

/* Takes the backlinks out of WANT that stand beside no link. */
void reach_drop_lone(struct record *want);

/*
 * Brings the elements from the container's addresses to WANT, in one transaction. 1 where something was changed, 0
 * where it was so, -1 after record_fail(R).
 */
int reach_put_elements(const struct container *c, struct record *r, const struct linkset *want);

/* The same with what leads from its local addresses, in its own network, where it runs. */
int reach_put_forwards(const struct container *c, struct record *r, const struct forwards *want);

#endif
