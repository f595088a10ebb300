/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Backlinks: names of a container in the block of one that it links to. */
#ifndef BACK_H
#define BACK_H

#include <stdio.h>

#include "record.h"

/* Reads who has stored backlinks to whom. Once, before the rest. */
void back_read(void);

/* Whether there was one to NAME, or with FROM, of its own. */
bool back_any(const char *name, bool from);

/*
 * Writes to OUT the lines of those that have backlinks to NAME, which links to those in WANT itself, and so knows them
 * already. Those with lines in its block, OLD of LEN bytes, come first, in their order there. False where a stored record cannot
 * be read: of that one they are as they were.
 */
bool back_lines(FILE *out, const char *name, const struct record *want, const char *old, size_t len);

/*
 * Brings the lines of R's container in the block of TARGET to what its stored record says, or with WITHDRAW takes them
 * out. In a TARGET that does not run none are added: it gets them when it does. Takes its lock; the caller holds no
 * other. Returns as hosts_change.
 */
int back_tell(struct record *r, const char *target, bool withdraw);

#endif
