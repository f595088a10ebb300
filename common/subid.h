/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids that /etc/subuid and /etc/subgid set aside for root's containers, so that no user of the host has them
 * (subuid(5)): lines NAME:FIRST:COUNT.
 */
#ifndef SUBID_H
#define SUBID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUBID_UIDS "/etc/subuid"
#define SUBID_GIDS "/etc/subgid"

struct subid {
	uint64_t first, end; /* END is the one after the last */
};

/*
 * Root's ranges in the file PATH, in its order. Returns how many, none where there is no such file, or -1 with errno;
 * the caller frees *RANGES.
 */
long subid_read(const char *path, struct subid **ranges);

/*
 * What lies in a range of both files, since a container's user and group ids get the same numbers here. Not joined
 * where two meet: newuidmap(1) wants a block in one line. As subid_read; *FAILED is the file that could not be read.
 */
long subid_both(struct subid **ranges, const char **failed);

/* The first id from 1000000 on that no line of the two files, nor one after it, has: where a new range can begin. */
uint64_t subid_unused(void);

#endif
