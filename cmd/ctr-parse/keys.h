/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a container in a project file, ctr-project(5), and the facts that they stand for. */
#ifndef KEYS_H
#define KEYS_H

#include "document.h"
#include "record.h"

/* In the order that their facts have in a record. One of which facts of several keys come is there once for each. */
enum {
	KEYS = 20,
	KEYS_LATE = 12, /* from this one on they stand behind `after` */
	KEYS_NETWORK = 17,

	KEYS_VALUE_BYTES = LINE_MAX_BYTES / 2 - 1024, /* a line of a record has it whole, with its escapes */
};

/* What goes with a fact that was read. */
struct key_fact {
	struct node *at;
	bool own;     /* not out of the defaults */
	bool dropped; /* not wanted in the record */
};

/* What the reading of keys needs to know; the caller sets the first part. */
struct keys {
	struct document *d;
	const char *project, *directory; /* that of the project file, absolute */
	/*
	 * Looks up whom F, a fact of `key`, refers to (link, after, clone), and puts the full name of the
	 * container in its first field, or notes a problem with AT.
	 */
	void (*refer)(const char *key, struct node *at, struct fact *f);

	const char *name; /* of the container: what $name is */
	struct record *r; /* its record */

	struct key_fact *read; /* of the last facts of the record, those of the key that is read now */
	size_t nread, cap;
	bool own;
	size_t bytes; /* of all facts so far, about */
};

/* Finds the VALUEs of MAP by key; a null pointer for each that is not there. Unknown keys are problems. */
void keys_find(struct keys *k, const struct node *map, struct node *value[KEYS]);

/*
 * Reads key number I of a container whose keys are VALUE, under DEFAULTS, and appends its facts to the
 * record. KEEP, called in order for each that is not the container's own affair (port, link, backlink, forward, after,
 * clone, address), says whether it stays there. What is wrong is noted as a problem.
 */
void keys_read(struct keys *k, size_t i, struct node *const value[KEYS], struct node *const defaults[KEYS],
    bool (*keep)(const struct fact *f, struct node *at, bool own));

/*
 * PATH, from DIRECTORY where it is relative, of the caller's to free; then its "." and ".." are taken out,
 * since a record has none.
 */
char *keys_path(const char *directory, const char *path);

/*
 * The absolute path of the directory that the project file FILE lies in, of the caller's to free. Exits 2
 * where there is none.
 */
char *keys_directory(const char *file);

#endif
