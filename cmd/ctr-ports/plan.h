/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be changed in the maps of published ports, so that they are as some containers want them. */
#ifndef PLAN_H
#define PLAN_H

#include "container.h"
#include "publish.h"

struct owner {
	struct record *r;
	struct container c;	   /* its lock is held as long as this is */
	struct record *old, *want; /* the stored ports, those to be stored; null pointers where it is gone */
	struct record *chosen;	   /* the `chosen` ones of those that are open, as they are to be stored */
	bool differ, leaves;	   /* these are not the same; something in OLD is not wanted */
	bool running, failed;	   /* of one that failed nothing is added */
	bool open;		   /* ports are to be chosen for it */
};

/* A key. WANTED and HAD ones are of their owner's facts; a WANTED one could collide with LOOKED ones. */
struct element {
	struct publish at; /* the key, and what the kernel has there */
	enum { WANTED, HAD, LOOKED } why;
	unsigned char to[16]; /* what a WANTED one shall lead to */
	unsigned short to_port, first, last; /* and the range that it shall be in, as in AT */
	size_t owner, fact; /* their numbers; the fact's is the caller's */
	bool drop, add;	    /* with both, it leads elsewhere than it should */
};

struct plan {
	struct owner *owner;
	struct element *element;
	size_t nowner, nelement, room;
};

/*
 * Adds the keys of F, a fact `port` of OWNER, to which the caller gives a number. Returns a null pointer, or
 * why it cannot be published.
 */
const char *plan_fact(struct plan *p, size_t owner, const struct fact *f, int why, size_t number);

/*
 * Asks the kernel by FD (publish_open) what there is, and decides what to drop and to add. An owner whose
 * keys are another's, or in the way of another's, fails: nothing of it is added. The elements of owners
 * that are gone are found by name. Returns 0, or -1 with errno.
 */
int plan_make(struct plan *p, int fd);

/*
 * It as commands of nft(8), of the caller's to free; a null pointer where there is nothing to do. Takes back what is to be
 * dropped of owners that have failed and must stay then.
 */
char *plan_text(struct plan *p);

#endif
