/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of files given to other owners, as a whole: each user and group id out of one range becomes the same one of
 * another, in the files' owners, their ACLs and their capabilities; modes, set-id bits among them, are kept. Killed at
 * any instant, it is finished, or taken back, by another call: what has its new owner is out of the range.
 */
#ifndef SHIFT_H
#define SHIFT_H

#include <stdint.h>

struct shift {
	uint32_t from, to, count; /* the two ranges have no id in common */
};

/*
 * The tree of the directory ROOT, a descriptor, itself counted. Nobody may write in it meanwhile. However deep it is;
 * follows no link and enters no mount point. Synced to the disk. Returns 0, or -1 with errno, and in *FAILED, which the
 * caller frees, the name of what could not be changed.
 */
int shift_tree(int root, struct shift s, char **failed);

#endif
