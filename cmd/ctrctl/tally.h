/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the containers came out of a pipeline. */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>

#include "records.h"

struct tally {
	size_t done, unchanged, failed;
	size_t missing; /* of those that went in */
};

/*
 * Counts in *T the containers whose records come from FD, up to its end, of those in KNOWN that went in. With PROGRESS it
 * shows meanwhile, on stderr, which are being made. Returns 0, or -1 where FD could not be read to its end (told).
 */
int tally_read(struct tally *t, int fd, const struct records *known, bool progress);

#endif
