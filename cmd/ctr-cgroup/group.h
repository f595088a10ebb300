/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's control group, read and written a file at a time. */
#ifndef GROUP_H
#define GROUP_H

#include <lxc/lxccontainer.h>

#include "limit.h"

/*
 * The group of a running container, through its monitor LXC; or where that is a null pointer, one made where
 * LXC will make that of container NAME, with nobody in it, to try what the kernel takes.
 */
struct group {
	struct lxc_container *lxc;
	const char *name;
	int version; /* of control groups */
};

/* What the kernel has in file KEY, in the caller's to free; a null pointer with errno. */
char *group_read(const struct group *g, const char *key);

/* The same of the group above it, where that is in force. */
char *group_read_above(const struct group *g, const char *key);

/* Writes VALUE, for what L's line is about, to L's file. 0, or -1 with errno. */
int group_write(const struct group *g, const struct limit *l, const char *value);

/* Removes the groups that were made to try L, and those that a killed run left. */
void group_end(const struct group *g, const struct limit *l);

#endif
