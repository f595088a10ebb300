/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a limit of one version of control groups is in the other. */
#ifndef TRANSLATE_H
#define TRANSLATE_H

#include "limit.h"

struct limit_list {
	struct limit *limit;
	long n;
};

/* Adds a limit of FORM in VERSION; KEY is one of the form's keys, VALUE is the list's then. */
void limit_list_add(struct limit_list *list, const struct limit_form *form, int version, const char *key,
    const char *about, char *value);

/*
 * Adds to TO what L, one of the limits SAID, is in VERSION, which is not its own; several of SAID may be one
 * there. Returns a null pointer, or what is wrong, in the caller's to free.
 */
char *translate(const struct limit_list *said, const struct limit *l, int version, struct limit_list *to);

#endif
