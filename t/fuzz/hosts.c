/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hosts file that anybody may have written: the block of ctr-link in a container's, which ctr-link replaces and
 * ctr-status reads, and that of ctr-hosts in the host's.
 */
#include "fuzz.h"

#define main ctr_hosts
#include "../../cmd/ctr-hosts.c"
#undef main

#include "ctr-status/linked.h"
#include "fact.h"

#define LINKS "10.0.0.1\tdb\nfd00::1\tdb\n"
#define ENTRY "10.0.0.2\ta.p p_a\n"

/* What is replaced, and what comes of it. */
struct text {
	const char *old;
	size_t len;
	char *new;
	size_t size;
};

static bool
same(const char *a, size_t n, const char *b, size_t m)
{
	return n == m && memcmp(a, b, n) == 0;
}

/* The block is what it is to be; what is around it stays; it can be taken out again. */
static int
link_block(void *arg)
{
	const struct text *t = arg;
	const char *found;
	char *with, *twice, *without, *bare;
	size_t n, nwith, ntwice, nwithout, nbare;

	with = block_replace(t->old, t->len, "ctr-link", LINKS, &nwith);
	found = block_find(with, nwith, "ctr-link", &n);
	HOLDS(found != NULL && same(found, n, LINKS, strlen(LINKS)));
	twice = block_replace(with, nwith, "ctr-link", LINKS, &ntwice);
	HOLDS(same(twice, ntwice, with, nwith));
	without = block_replace(with, nwith, "ctr-link", "", &nwithout);
	bare = block_replace(t->old, t->len, "ctr-link", "", &nbare);
	HOLDS(block_find(bare, nbare, "ctr-link", &n) == NULL);
	if (block_find(t->old, t->len, "ctr-link", &n) == NULL) {
		HOLDS(same(bare, nbare, t->old, t->len));
		HOLDS(same(without, nwithout, t->old, t->len));
	}
	return 0;
}

/* What ctr-status reads of it can stand in a record. */
static int
status_links(void *arg)
{
	const struct text *t = arg;
	struct record *r = record_new("p_a");

	linked_read(r, NULL, t->old, t->len);
	record_write(stdout, r);
	return 0;
}

/* What ctr-hosts makes of it where p_a is to have a line, and p_b none. */
static int
hosts_block(void *arg)
{
	struct text *t = arg;
	struct entry e[] = { { .r = record_new("p_a"), .lines = xstrdup(ENTRY) },
		{ .r = record_new("p_b"), .lines = xstrdup("") } };
	size_t n = 0;
	const char *old = block_find(t->old, t->len, "ctr-hosts", &n);
	char *lines = merge(old == NULL ? "" : old, n, e, 2);

	HOLDS(memmem(lines, strlen(lines), ENTRY, strlen(ENTRY)) != NULL);
	t->new = block_replace(t->old, t->len, "ctr-hosts", lines, &t->size);
	if (fwrite(t->new, 1, t->size, stdout) != t->size)
		return 1;
	return e[0].changed || e[1].changed;
}

void
fuzz_one(const char *bytes, size_t len)
{
	struct text text = { .old = bytes, .len = len };
	struct run r = { 0 }, again = { 0 };

	fuzz_run(&r, link_block, &text);
	free(r.out);

	fuzz_run(&r, status_links, &text);
	again = (struct run){ .in = r.out, .len = r.nout };
	fuzz_run(&again, fuzz_copy, NULL);
	HOLDS(again.status == 0 && same(r.out, r.nout, again.out, again.nout));
	free(r.out);
	free(again.out);

	fuzz_run(&r, hosts_block, &text);
	text = (struct text){ .old = r.out, .len = r.nout };
	fuzz_run(&again, hosts_block, &text);
	HOLDS(again.status == 0 && same(r.out, r.nout, again.out, again.nout));
	free(r.out);
	free(again.out);
}
