/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What containers take of the host, and may not take twice: published ports, fixed addresses. */
#ifndef CLAIM_H
#define CLAIM_H

#include "record.h"

struct claims {
	struct claim_chunk *chunk; /* the last; those before it follow */
	size_t n;
	/* The ports of each protocol, a bit each, as long as none is there twice: then nothing can clash. */
	unsigned char port[3][65536 / 8];
	bool address, twice;
};

/*
 * Adds what F takes, a fact `port` or `address` of the right form; other facts take nothing. OWNER is the
 * container's number, AT what a clash is to be shown with.
 */
void claim_add(struct claims *c, const struct fact *f, size_t owner, void *at);

/* Two of which only one can be had. */
struct clash {
	size_t owner[2];
	void *at[2];
};

/*
 * Calls EACH with ports that overlap, of one protocol, on one address, or, if of two owners, on any address
 * and on one; and with an address that is fixed twice. For each claim one other is shown. The time is that of
 * sorting.
 */
void claim_check(struct claims *c, void (*each)(const struct clash *clash));

#endif
