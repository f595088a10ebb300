/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those that were let in with addresses which are not theirs any more. */
#ifndef GONE_H
#define GONE_H

#include <stddef.h>

#include "elements.h"

struct gone {
	struct gone_one {
		char *file; /* its name in the directories hosts and dhcp */
		struct names_entry was;
		bool taken; /* one of a run has one of them now; else it is of the run itself, and let in with others */
	} *one;
	size_t n;
};

/*
 * Finds in the directory HOSTS those that are gone by what of the N containers E is let in afresh. One that still runs with an
 * address has not lost it. Returns 0, or -1 with errno; G is for gone_free in any case.
 */
int gone_find(struct gone *g, const struct entry *e, size_t n, int hosts);

/* Whether FILE is that of one of them. */
bool gone_has(const struct gone *g, const char *file);

void gone_free(struct gone *g);

#endif
