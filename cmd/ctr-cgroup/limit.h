/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits by control groups: what facts come to in the version that the host has. */
#ifndef LIMIT_H
#define LIMIT_H

#include "record.h"
#include "table.h"

/* One file of a control group and what is to stand in it. */
struct limit {
	const struct limit_form *form;
	int version;
	char *key;   /* the file's name, such as memory.max */
	char *about; /* "8:0" where the file has a line for each disk, or for something else; or a null pointer */
	char *value; /* as the kernel takes it, without that */
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

/* Whether two facts, by keys of one version or of both, say the same limit. */
bool limit_alias(const struct fact *a, const struct fact *b);

/* Whether A and B are of one file, and one line of it. */
bool limit_same(const struct limit *a, const struct limit *b);

/* The first of the N LIMITS that is the same as L, or a null pointer. */
const struct limit *limits_find(const struct limit *limits, long n, const struct limit *l);

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

/* Whether CURRENT is VALUE for L, as the kernel rounds and writes it. */
bool limit_holds(const struct limit *l, const char *value, const char *current);

#endif
