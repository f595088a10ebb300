/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A YAML document as a tree whose nodes know where they stand, and the problems found in it. */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a document may be at most. Aliases lead to the node itself, so that a document of aliases to aliases
 * stays as small as its text; only what merge keys bring in counts as values again.
 */
enum {
	DOCUMENT_BYTES = 16 * 1024 * 1024,
	DOCUMENT_VALUES = 1000 * 1000,
	DOCUMENT_DEPTH = 32,
};

enum node_kind {
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
};

/* Of one key, keys being text; `merged` where it came by a merge key, `<<`. */
struct pair {
	struct node *key, *value;
	bool merged;
};

struct node {
	enum node_kind kind;
	bool empty;	       /* text: nothing is written there */
	bool open;	       /* its end has not been read */
	bool told;	       /* a problem with it is known */
	unsigned line, column; /* from 1 */
	size_t n;	       /* how many items or pairs */
	union {
		const char *text; /* as it is written, whatever YAML makes of it; no control characters */
		struct node **item;
		struct pair *pair; /* merged in order, the map's own first; no key twice */
	};
};

struct document {
	const char *file;  /* for messages */
	struct node *root; /* a null pointer where the document is empty or could not be read to its end */
	struct problem *problem;
	size_t nproblem;
};

/*
 * Reads the document in the LEN bytes at BYTES. What is wrong with it is among the problems. All that belongs
 * to it lives as long as the process.
 */
void document_load(struct document *d, const char *file, const char *bytes, size_t len);

/* Notes a problem with the node AT: the first one only, so that an alias does not repeat it. */
void document_problem(struct document *d, struct node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As document_problem, at a place that is no node's. */
void document_problem_at(struct document *d, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Whether the node AT is of one of KINDS (bits, 1 << NODE_TEXT and so on) and not left empty; else that
 * is a problem with WHAT.
 */
bool node_check(struct document *d, struct node *at, unsigned kinds, const char *what);

/*
 * Takes the values of NAMES, ending with a null pointer, out of MAP; a null pointer for what is not there.
 * Other keys are problems.
 */
void node_pick(struct document *d, const struct node *map, const char *const names[], struct node *values[]);

/*
 * " (did you mean 'NAME'?)" for the word nearest to WORD of those that KNOWN(0), KNOWN(1) ... gives up to a
 * null pointer, or "". Good until the next call.
 */
const char *document_hint(const struct document *d, const char *word, const char *(*known)(size_t i));

/* Says all problems on stderr, in the order of the file: "FILE:LINE:COLUMN: FORMAT". */
void document_tell(struct document *d);

#endif
