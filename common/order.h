/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of records in a stream: what others need comes before them. */
#ifndef ORDER_H
#define ORDER_H

#include "record.h"

/*
 * Puts each of the N RECORDS after those that it names in `clone` and `after`, and otherwise leaves them in
 * the order in which they are: one that stands too late is taken to the place of the first that needs it. The
 * order is that of ctr-parse. The names are unique.
 */
void order_records(struct record **records, size_t n);

#endif
