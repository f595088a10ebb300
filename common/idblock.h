/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which block of ids is whose on this host: links CTR_STATE/idmap/HOST:COUNT -> LXCPATH/NAME. Whoever makes one holds a
 * lock until the container's stored record has the block, so one that no stored record has is nobody's, and goes.
 */
#ifndef IDBLOCK_H
#define IDBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idblock {
	uint32_t host, count;
	char *owner; /* LXCPATH/NAME */
};

struct idblocks {
	int dir, lock;
	struct idblock *block; /* all that are held, in no order; also those of containers that ctrkit did not make */
	size_t n;
};

/* Takes the lock and finds all blocks that are held. 0, or -1 with errno. idblock_close gives up the lock. */
int idblock_open(struct idblocks *b);
void idblock_close(struct idblocks *b);

/* The block of another than OWNER that one of COUNT ids from HOST on would overlap, or a null pointer. */
const struct idblock *idblock_other(const struct idblocks *b, uint32_t host, uint32_t count, const char *owner);

/*
 * The first COUNT ids of root's ranges (subid.h) that are free for OWNER, into *HOST. 1; 0 where none are, -1 with errno
 * and the file that could not be read in *FAILED. *ANY says whether root has any range of that size.
 */
int idblock_choose(const struct idblocks *b, const char *owner, uint32_t count, uint32_t *host, bool *any,
    const char **failed);

/* Holds it for OWNER. 0, or -1 with errno. */
int idblock_take(struct idblocks *b, uint32_t host, uint32_t count, const char *owner);

/* Gives up those of OWNER. 0, or -1 with errno. Takes the lock. */
int idblock_release(const char *owner);

#endif
