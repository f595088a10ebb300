/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records: the text that flows through the pipes, ctr-records(5). */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	NAME_MAX_BYTES = 63,
	LINE_MAX_BYTES = 256 * 1024, /* of a record stream; longer ones are refused */
};

struct fact {
	char *key;
	char **field; /* unescaped; field[n] is a null pointer, so that it serves as an argv */
	size_t n;     /* all strings lie in one piece of memory with `field`: fact_set changes them */
};

struct record {
	char *name;
	struct fact *fact; /* in canonical order, as far as the stream gave it so */
	size_t nfact;
	unsigned long line; /* where it began in the stream, 1 and up; 0 where it came from operands */
};

/* A record without facts. The caller frees it with record_free, which takes a null pointer too. */
struct record *record_new(const char *name);
struct record *record_copy(const struct record *r);
void record_free(struct record *r);

/*
 * Adds a fact; the fields, strings that are copied, end with a null pointer: record_add(r, "fqdn", name,
 * NULL). It is put after the facts that precede it in canonical order (fact_order). Pointers to
 * facts of R are void afterwards.
 */
void record_add(struct record *r, const char *key, ...) __attribute__((sentinel));
void record_addv(struct record *r, const char *key, char *const field[], size_t n);

/* The first fact of KEY after AFTER (from the start where that is a null pointer), or a null pointer. */
struct fact *record_find(const struct record *r, const char *key, const struct fact *after);

/* The first field of the first fact of KEY, or a null pointer where there is none. */
const char *record_get(const struct record *r, const char *key);

/* Whether R has a fact of KEY whose first field is FIRST. */
bool record_has(const struct record *r, const char *key, const char *first);

/* Whether R has a fact that is equal to FACT. */
bool record_has_fact(const struct record *r, const struct fact *fact);

void record_drop_fact(struct record *r, struct fact *f);
void record_drop(struct record *r, const char *key); /* all facts of KEY */

/* Has the fact `container`: what it does not say is not wanted. */
bool record_whole(const struct record *r);

/* Whether it is a project's, and no container's. */
bool record_is_project(const struct record *r);

/* Gives F the fields 0 to N - 1 of FIELD, which may be F's own. Pointers to those it had are void afterwards. */
void fact_set(struct fact *f, char *const field[], size_t n);

bool fact_equal(const struct fact *a, const struct fact *b);

/* Whether A and B have the same facts of the keys (a list that ends with a null pointer), in the same order. */
bool record_equal(const struct record *a, const struct record *b, const char *const keys[]);

/*
 * Something went wrong with this container: says "PROGRAM: NAME: FORMAT" as say_error does, and adds the
 * fact `error PROGRAM MESSAGE`. Returns -1, for: return record_fail(...).
 */
int record_fail(struct record *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something was changed: says it with -v, and adds the fact `did PROGRAM MESSAGE`. */
void record_did(struct record *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds `pending KEY` unless it is there: a change that waits for the next start. */
void record_pending(struct record *r, const char *key);

/* Writes R, fields escaped, with its closing blank line. Errors are left in the stream for ferror(3). */
void record_write(FILE *out, const struct record *r);

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes. */
bool name_valid(const char *name);

/* A null pointer where the N bytes at S are UTF-8 without a NUL or a control character but tabs, else what is wrong. */
const char *text_check(const char *s, size_t n);

/*
 * A stream being read. Fill it with reader_fill, one read(2) at a time, and take whole records out
 * with reader_take until that wants more; or let reader_next do both.
 */
struct reader {
	int fd;
	const char *what; /* for messages: "stdin", a path */
	char *buf;
	size_t len, cap, pos;
	unsigned long line;
	struct record *open; /* the record whose lines are being read */
	bool eof;
};

void reader_begin(struct reader *in, int fd, const char *what);
void reader_end(struct reader *in); /* frees what it holds; does not close fd */

/* One read(2). Returns 1 where something came or the end was reached, -1 with errno where it failed. */
int reader_fill(struct reader *in);

/*
 * Returns 1 and a record, which the caller frees; 0 where more must be read or, with in->eof, there is no
 * more; -1 where a line cannot be read, which has then been told with its number. A fact whose key
 * is in ctr-records(5) must be of its form. What is open of the bad line's record is dropped.
 */
int reader_take(struct reader *in, struct record **r);

/* The next record: 1, 0 at the end, -1 as above or where reading failed (told). */
int reader_next(struct reader *in, struct record **r);

/*
 * A file of records whole, such as a stored one: the first record in it; or a null pointer with errno: EBADMSG where it
 * could be opened, and has none or cannot be read (told).
 */
struct record *record_read_file(int dirfd, const char *path);

/*
 * The records of operands: NAME begins one, KEY=VALUE adds a fact in its short form. Returns how many, in
 * *RECORDS, of the caller's to free. Exits 2 where one cannot be read.
 */
size_t record_operands(int argc, char **argv, struct record ***records);

#endif
