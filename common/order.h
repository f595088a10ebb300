/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of records: what others need comes before them, and else it is that of the project file. No
 * container's own record can say its place among the others, so the names of all are kept in their order,
 * one a line, in a file of CTR_STATE for each LXCPATH.
 */
#ifndef ORDER_H
#define ORDER_H

#include "record.h"

/*
 * Puts each of the N RECORDS after those that it names in `clone` and `after`, and otherwise leaves them in
 * the order in which they are: one that stands too early is taken to the place behind the last that it needs. The
 * names are unique.
 */
void order_records(struct record **records, size_t n);

/*
 * Reads the order that is kept, for order_place: the place of container NAME in it, or SIZE_MAX where it has none.
 * Returns 0, or -1 with errno.
 */
int order_load(void);
size_t order_place(const char *name);

/*
 * Keeps the order in which the whole ones of the N RECORDS stand. Where they are not all that there are, the others
 * keep their places, and a new one gets the place behind the one that it follows. Returns 1 where known ones
 * stand in another order now, 0 where not, -1 with errno.
 */
int order_note(struct record *const *records, size_t n);

/* Takes those of the N NAMES out of which there is no container any more. Returns 0, or -1 with errno. */
int order_forget(char *const *names, size_t n);

#endif
