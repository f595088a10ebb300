/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of both versions of control groups, a row for each limit. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>

/* What the values are. */
enum limit_kind {
	SIZE,	/* bytes, or no limit */
	COUNT,	/* a number, or no limit, which both versions call max */
	NUMBER, /* the same in both versions */
	RATE,	/* a size or number, 0 is no limit */
	WEIGHT, /* in version 2 from 1 to 10000, usually 100 */
	QUOTA,	/* cpu.cfs_quota_us: -1 is no limit */
	CPU_MAX,
	PERCENT, /* with two decimals, or max */
	LIST,	 /* of processors or memory nodes: 0-3,5 */
	CHOICE,	 /* one of the words */
	PAIRS,	 /* WORD=LIMIT, some of the words */
	RULE,	 /* of the filter of devices */
};

/* Limits of one family are said by other keys in the other version, several together. */
enum limit_family {
	ALONE,
	CPU,
	SHARE,
	SWAP,
	IO,
};

/* Values may begin with what they are about, a line of the file each. */
enum limit_about {
	ALL,
	DISK,  /* MAJOR:MINOR */
	NAMED, /* another device, a resource or an interface */
};

struct limit_form {
	const char *v1, *v2; /* a null pointer where that version has none; a * stands for a size of pages */
	enum limit_kind kind;
	enum limit_family family;
	enum limit_about about;
	long min, max, usual;	   /* of numbers, of weights in version 1 */
	const char *none1, *none2; /* limits nothing; a null pointer: as in the group above */
	const char *near1, *near2; /* what comes nearest where a version or its kernel has no such key */
	const char *words;
};

/*
 * The row of KEY; of two that share it, that which VALUE is for, by whether it begins with a disk. A null
 * pointer where there is none.
 */
const struct limit_form *form_find(const char *key, const char *value);

/* The row of KEY, a key that is there, and of no disk where it has two. */
const struct limit_form *form_get(const char *key);

/* Whether KEY is the form's in VERSION. */
bool form_said(const struct limit_form *form, const char *key, int version);

/* The form's key in VERSION, with the size of pages that KEY has, in the caller's to free. */
char *form_key(const struct limit_form *form, int version, const char *key);

/* What is to be said of a key that is in control groups and limits nothing, or a null pointer. */
const char *form_no_limit(const char *key);

#endif
