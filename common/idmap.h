/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container's own block of the host's user and group ids, by the fact `mapped HOST COUNT HOW` that ctr-idmap stores:
 * the container's id N, below COUNT, is the host's HOST + N.
 */
#ifndef IDMAP_H
#define IDMAP_H

#include <stdint.h>

#include "record.h"

struct idmap {
	uint32_t host, count; /* COUNT is 0 where the container's ids are the host's */
	enum {
		IDMAP_MOUNT, /* its files keep the owners that it sees: an idmapped mount makes them the block's */
		IDMAP_CHOWN, /* its files are owned by the ids of the block */
		IDMAP_HALF,  /* some are, some not: their owners are being changed, or that did not end */
	} how;
};

extern const char *const idmap_how[]; /* as the fact has it */

/* What the first fact `mapped` of R says, which may be a null pointer. */
struct idmap idmap_of(const struct record *r);

/* Where the fields of an `idmap`, TEXT, are HOST:COUNT; `auto` is not. */
bool idmap_parse(const char *text, uint32_t *host, uint32_t *count);

/* The id of a file's owner, ID as the host sees it, as the container sees it where it is of its block; else ID. */
uint32_t idmap_inside(const struct idmap *m, uint32_t id);

/*
 * A user namespace of that mapping, for idmap_mountable: a descriptor, of the caller's to close, or -1 with errno.
 */
int idmap_space(const struct idmap *m);

/*
 * Whether what the descriptor FD is of can be mounted so that its owners are mapped by SPACE: it cannot where the kernel
 * (5.12 and later) or the file system does not do that. 1, 0, or -1 with errno.
 */
int idmap_mountable(int fd, int space);

/*
 * Whether who is root in the container can come to PATH on the host: LXC mounts as that one, but for a root with an
 * idmapped mount. 1; 0 and in *SHUT, which the caller frees, the directory that it cannot search; -1 with errno.
 */
int idmap_reaches(const struct idmap *m, const char *path, char **shut);

#endif
