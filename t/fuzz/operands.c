/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The short forms: each line of the input is an operand after the name of a container. */
#include "fuzz.h"

#include <string.h>

#include "ctr-cgroup/limit.h"
#include "fact.h"
#include "hostname.h"
#include "publish.h"
#include "record.h"
#include "say.h"

enum {
	OPERANDS_MAX = 64,
};

struct operands {
	char *arg[OPERANDS_MAX];
	int n;
	bool relative; /* a volume whose host path is, which no stream has */
};

static void
check_limits(const struct record *r, int version)
{
	struct limit *limits, *none;
	char *error, *text, *current;
	long n = limits_make(r, version, &limits, &error), i;

	HOLDS(n >= 0 || *error != '\0');
	for (i = 0; i < n; i++) {
		text = limit_text(&limits[i]);
		current = limit_current(&limits[i], text);
		HOLDS(limit_is_rule(&limits[i]) || limit_holds(&limits[i], limits[i].value, current));
		HOLDS(limit_same(&limits[i], &limits[i]));
		none = limit_none(&limits[i]);
		limits_free(none, 1);
	}
}

static void
count(const struct publish *p, void *arg)
{
	char text[PUBLISH_TEXT];

	HOLDS(p->port > 0 && p->to_port > 0 && (p->first == 0 || p->first < p->last));
	HOLDS(*publish_text(p, text) != '\0');
	++*(size_t *)arg;
}

/* What programs do with a record of operands. */
static int
use(void *arg)
{
	struct operands *o = arg;
	struct record **list;
	const struct fact *f;
	size_t n = record_operands(o->n, o->arg, &list), i, k, ports = 0;

	for (i = 0; i < n; i++) {
		for (f = list[i]->fact; f < list[i]->fact + list[i]->nfact; f++) {
			o->relative = o->relative || (strcmp(f->key, "volume") == 0 && f->field[0][0] != '/');
			if (strcmp(f->key, "port") == 0 && !port_open(f))
				publish_expand(f, count, &ports);
			HOLDS(strcmp(f->key, "cgroup") != 0 || limit_alias(f, f));
			for (k = 0; k < list[i]->nfact; k++)
				HOLDS(fact_same(f, &list[i]->fact[k]) == fact_same(&list[i]->fact[k], f));
		}
		free(host_name(list[i]));
		check_limits(list[i], 1);
		check_limits(list[i], 2);
		record_write(stdout, list[i]);
	}
	return EXIT_DONE;
}

void
fuzz_one(const char *bytes, size_t len)
{
	char *text = xstrndup(bytes, len), name[] = "p_a", *s = text;
	struct operands o = { .arg = { name }, .n = 1 };
	struct run first = { 0 }, second = { 0 };

	for (; s != NULL && o.n < OPERANDS_MAX - 1; o.n++)
		o.arg[o.n] = strsep(&s, "\n");
	fuzz_run(&first, use, &o);
	HOLDS(first.status == EXIT_DONE || (first.status == EXIT_UNUSABLE && first.nmessage == 1));
	/* A stream may have all that operands may. */
	if (first.status == EXIT_DONE && !o.relative) {
		second.in = first.out;
		second.len = first.nout;
		fuzz_run(&second, fuzz_copy, NULL);
		HOLDS(second.status == 0);
		HOLDS(second.nout == first.nout && memcmp(second.out, first.out, first.nout) == 0);
		free(second.out);
	}
	free(first.out);
	free(text);
}
