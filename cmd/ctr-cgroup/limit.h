/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits by control groups: the keys of both versions, and what one version's settings are in the other. */
#ifndef LIMIT_H
#define LIMIT_H

#include "record.h"

struct limit_form;

/* One file of a control group and what is to stand in it. */
struct limit {
	const struct limit_form *form;
	int version;
	const char *key; /* the file's name, such as memory.max */
	char *device;	 /* "8:0" where the file has a line a device, else a null pointer */
	char *value;	 /* as the kernel takes it, without the device */
};

/*
 * The version of control groups that this host has, 1 or 2: what LXC makes of it, which takes a mixed one
 * for 1.
 */
int limit_version(void);

/*
 * What the facts `cgroup` of R come to with control groups of VERSION, in an order that suits the kernel.
 * Returns their number, in *LIMITS the caller's to free; or -1, and in *ERROR, the caller's too, what cannot
 * be.
 */
long limits_make(const struct record *r, int version, struct limit **limits, char **error);
void limits_free(struct limit *limits, long n);

/* Whether two keys, of one version or of both, say the same limit. */
bool limit_alias(const char *a, const char *b);

/* Whether A and B are of one file, and one device. */
bool limit_same(const struct limit *a, const struct limit *b);

/* Whether it is a rule of the device filter, which adds to others and cannot be read back. */
bool limit_is_rule(const struct limit *l);

/* What is to be written for L, in the caller's to free. */
char *limit_text(const struct limit *l);

/*
 * L with the value that limits nothing; where that is a null pointer, it is that of the group above. Free
 * with limits_free(, 1).
 */
struct limit *limit_none(const struct limit *l);

/* Of TEXT, which the kernel has in L's file, the value that L is about, in the caller's to free. */
char *limit_current(const struct limit *l, const char *text);

/* Whether CURRENT is L's value, as the kernel rounds and writes it. */
bool limit_holds(const struct limit *l, const char *current);

#endif
