/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who links to whom, by what is stored. */
#ifndef LINKS_H
#define LINKS_H

#include "record.h"

struct link {
	char *from, *to;
};

/*
 * The links to the containers of the N RECORDS of those that are not among them. Returns their number; they are the
 * caller's to free.
 */
size_t links_from_others(struct record *const *records, size_t n, struct link **links);

#endif
