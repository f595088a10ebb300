/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who links to whom, by what is stored. */
#ifndef LINKS_H
#define LINKS_H

#include "record.h"

/*
 * The fact after AFTER (from the start where that is a null pointer) by which R may open connections to another
 * container, whose name is its first field: a `link` or `forward`; or a null pointer.
 */
const struct fact *link_next(const struct record *r, const struct fact *after);

struct link {
	char *from, *to;
	char *operand; /* the fact in its short form, "link=TO" */
};

/*
 * What those that are not among the N RECORDS have stored about one of them: links, forwards and backlinks. Those of one
 * container stand together. Returns their number; they are the caller's to free.
 */
size_t links_from_others(struct record *const *records, size_t n, struct link **links);

#endif
