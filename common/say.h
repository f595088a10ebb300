/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to people, on stderr, one write(2) each: "PROGRAM: NAME: what, on what: why". */
#ifndef SAY_H
#define SAY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdnoreturn.h>

/* Exit statuses, the same in every program. 125 to 127 are those of env(1). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,	/* at least one container failed, the rest is done */
	EXIT_UNUSABLE = 2,	/* usage, or input that cannot be read */
	EXIT_NO = 3,		/* the answer to a question is no */
};

extern const char *say_program; /* the last component of argv[0] */
extern int say_level;		/* -1 with -q, 1 with -v, else 0 */

/*
 * To be called first in main(). Sets say_program, and makes sure that the descriptors 0 to 2 are
 * taken, so that a file opened later does not become somebody's stdout: where stdout was closed,
 * writing to it still fails, with EBADF.
 */
void say_begin(const char *argv0);

/*
 * The message "PROGRAM: NAME: FORMAT", without NAME where that is a null pointer. A format
 * that ends in ':' has the text of errno after it, as with sbase. Control characters in the result are
 * shown as '?'. errno is kept. say_error always speaks, say_warning not with -q, say_note only
 * with -v.
 */
void say_error(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_warning(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_note(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text that say_error would put after the name, in the caller's to free. */
char *say_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* say_error without a name, then exit(STATUS). Not for forked children. */
noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Flushes stdout and closes it. Returns STATUS, or EXIT_FAILED with a message where a write failed
 * and STATUS was EXIT_DONE. Every program ends with it: return say_end(status).
 */
int say_end(int status);

/* malloc(3) and friends, that exit with a message where there is no memory. */
void *xmalloc(size_t size);
void *xrealloc(void *p, size_t count, size_t size); /* checked for overflow */

/* P with room for one more of SIZE than the N it has: for an array that grows one by one, and is moved at powers of two. */
void *xgrow(void *p, size_t n, size_t size);

char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A stream into memory, and its end, after which *TEXT is the caller's to free; they exit like these. */
FILE *xopen_memstream(char **text, size_t *len);
void xfclose(FILE *memory);

#endif
