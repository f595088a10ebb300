/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The project file: what ctr-parse makes of it, the reader of records must take. */
#include "fuzz.h"

#define main ctr_parse
#include "../../cmd/ctr-parse.c"
#undef main
#include "../../cmd/ctr-parse/keep.c"

#include <getopt.h>

static int
parse(void *arg)
{
	static char *argv[] = { "ctr-parse", "-p", "p", "-f", "-", NULL };

	(void)arg;
	optind = 0;
	/* All variables of both as they are at the start; the function-local ones are constant. */
	keys = (struct keys){ .d = &doc };
	nothing = (struct node){ .kind = NODE_MAP };
	defaults = network = NULL;
	lxcpath = NULL;
	ctrs = ctr = NULL;
	by_name = NULL;
	edges = NULL;
	edge_at = NULL;
	nctr = nedge = record_len = 0;
	claims = (struct claims){ 0 };
	record = NULL;
	record_text = NULL;
	block = NULL;
	used = size = blocks = 0;
	circle_of = NULL;
	return ctr_parse(5, argv);
}

void
fuzz_one(const char *bytes, size_t len)
{
	struct run first = { .in = bytes, .len = len }, second = { 0 };

	fuzz_run(&first, parse, NULL);
	HOLDS(first.status == EXIT_DONE || first.status == EXIT_UNUSABLE);
	if (first.status == EXIT_UNUSABLE) {
		HOLDS(first.nmessage > 0 && first.nout == 0);
	} else {
		second.in = first.out;
		second.len = first.nout;
		fuzz_run(&second, fuzz_copy, NULL);
		HOLDS(second.status == 0);
		HOLDS(second.nout == first.nout && memcmp(second.out, first.out, first.nout) == 0);
		free(second.out);
	}
	free(first.out);
}
