/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the fuzz targets: a program, or a part of one, is run again and again in one process. What its run allocated is
 * given back afterwards, exit(3) ends only the run, stdin is a text, stdout a text, and what is said on stderr
 * is looked at and counted. Each t/fuzz/TARGET.c has fuzz_one.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
	/* Set by the caller. */
	const char *in; /* what stdin has */
	size_t len;
	size_t chunk; /* bytes a read(2), 0: as many as are asked for */
	/* Set by fuzz_run; the caller frees `out`. */
	char *out; /* what came to stdout */
	size_t nout;
	int status;	 /* of exit(3), or what WORK returned */
	size_t nmessage; /* lines on stderr */
};

/* Runs WORK(ARG) as described above. */
void fuzz_run(struct run *r, int (*work)(void *arg), void *arg);

/* The target: uses the input BYTES. */
void fuzz_one(const char *bytes, size_t len);

/* Work for fuzz_run: writes each record of stdin to stdout; what reader_next(record.h) returned at last. */
int fuzz_copy(void *arg);

/* What always holds. */
#define HOLDS(what)                                                                          \
	do {                                                                                 \
		if (!(what))                                                                 \
			fuzz_broken(__FILE__, __LINE__, #what);                              \
	} while (0)

_Noreturn void fuzz_broken(const char *file, int line, const char *what);

#endif
