/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets a running container open connections to those that it links to, and makes them known to it. What it may reach is
 * elements of the sets of links, linkset.h; names are lines of a marked block in its /etc/hosts, and with a backlink in
 * that of the other, too; what a local address leads to is in a table in its own network, forward.h. All are made from
 * the linked containers' stored records, so that a link is there, and goes, as one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "ctr-link/back.h"
#include "ctr-link/hosts.h"
#include "ctr-link/reach.h"
#include "execute.h"
#include "filter.h"
#include "links.h"
#include "lxc.h"
#include "names.h"
#include "nft.h"
#include "option.h"
#include "say.h"

#define USAGE "ctr-link [-uvq] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

enum {
	JOBS = 16, /* more than processors: each waits for the kernel after its transaction */
};

static const char *const keys[] = { "link", "backlink", "forward", NULL };
/* With `pending link' while the names, in /etc/hosts or in DNS, may not be what they are to be. */
static const char *const stored_keys[] = { "link", "backlink", "forward", "pending", NULL };
static bool undo;

/* What a container's block is made of. */
struct block {
	const char *name, *lines;
	const struct record *want;
	bool all; /* of no others, either */
	bool *unknown; /* whether another's lines are as they were, whose record cannot be read */
};

static void
write_block(FILE *out, const char *old, size_t len, const void *arg)
{
	const struct block *b = arg;

	fputs(b->lines, out);
	if (!b->all && !back_lines(out, b->name, b->want, old, len))
		*b->unknown = true;
}

/* All is to be undone. */
static bool
undo_all(const struct record *r)
{
	size_t i;

	for (i = 0; undo && !record_whole(r) && keys[i] != NULL; i++)
		if (record_find(r, keys[i], NULL) != NULL)
			return false;
	return undo;
}

static void
say_done(struct record *r, const struct record *stored, const struct record *want)
{
	char *text, *to;
	const struct fact *f = NULL;
	size_t len;
	FILE *out;

	if (link_next(want, NULL) == NULL) {
		record_did(r, link_next(stored, NULL) != NULL ? "removed its links" : "set the names of those that link to it");
		return;
	}
	out = xopen_memstream(&text, &len);
	for (to = ""; (f = link_next(want, f)) != NULL; to = ", ")
		if (strcmp(f->key, "link") == 0)
			fprintf(out, "%s%s", to, f->field[0]);
		else
			fprintf(out, "%s%s:%s/%s at %s:%s", to, f->field[0], f->field[4], f->field[1], f->field[2], f->field[3]);
	xfclose(out);
	record_did(r, "linked to %s", text);
	free(text);
}

/* Takes out of WANT what is not stored. */
static void
keep_stored(struct record *want, const struct record *stored)
{
	size_t i = want->nfact;

	while (i-- > 0)
		if (!record_has_fact(stored, &want->fact[i]))
			record_drop_fact(want, &want->fact[i]);
	reach_drop_lone(want);
}

/* Closes what was opened and could not be given a name: what is stored stays. */
static void
take_back(struct container *c, struct record *r, bool running)
{
	struct reach l = { 0 };

	reach_make(&l, r, c->stored, c->stored);
	if (reach_put_elements(c, r, &l.set) >= 0 && running)
		reach_put_forwards(c, r, &l.forwards);
	reach_free(&l);
}

/*
 * Whether the aliases in DNS are those of WANT. They are ctr-net's, which comes before this program in a pipe and has written
 * those that a whole record declares: not so what is withdrawn here, or linked again. Where it was called here and failed, it may
 * have come no further than to this container's own file.
 */
static bool
in_dns(const struct record *stored, const struct record *want)
{
	char *file = state_name(stored->name), *aliases = names_aliases(stored, want);
	int hosts = run_find("hosts");
	bool has = !record_has(stored, "pending", "link") &&
		   (hosts < 0 ? errno == ENOENT : names_has_aliases(hosts, file, aliases));

	if (hosts >= 0)
		close(hosts);
	free(aliases);
	free(file);
	return has;
}

/* Has ctr-net write the aliases that are stored; `pending link' is, until that is done. */
static int
tell_dns(struct container *c, struct record *r, struct record *want)
{
	if (execute((const char *const[]){ "ctr-net", "-q", "-P", container_path(), r->name, NULL }) != 0)
		return record_fail(r, "ctr-net cannot change the aliases in DNS");
	record_drop(want, "pending");
	return container_store(c, want, stored_keys) < 0 ? record_fail(r, "cannot store what was applied:") : 0;
}

/* What is withdrawn is so, with its rule, also where the names cannot be: a table that is made anew must not have it. */
static int
forget_withdrawn(struct container *c, struct record *r, const struct record *want)
{
	struct record *kept = record_copy(want);
	int status = 0;

	keep_stored(kept, c->stored);
	if (!record_equal(kept, c->stored, keys)) {
		record_pending(kept, "link");
		if (container_store(c, kept, stored_keys) < 0)
			status = record_fail(r, "cannot store what was withdrawn:");
	}
	record_free(kept);
	return status;
}

/* Brings the container to WANT, which is stored then. */
static int
bring(struct container *c, struct record *r, struct record *want, bool running)
{
	static const char *const named[] = { "link", "pending", NULL };
	struct record *was = record_copy(c->stored);
	struct reach l = { 0 };
	bool unknown = false;
	struct block block = { .name = r->name, .want = want, .all = undo_all(r), .unknown = &unknown };
	bool names = running || !record_equal(was, want, named), told;
	pid_t pid = running ? lxc_init_pid(c->name) : -1;
	int bad = reach_make(&l, r, want, was), opened, led = 0, changed = -1;

	if (l.unknown) {
		reach_free(&l);
		record_free(was);
		return -1;
	}
	/* First: whatever the container has made of its files, what it may not reach any more it does not reach. */
	opened = reach_put_elements(c, r, &l.set);
	if (opened >= 0)
		led = forget_withdrawn(c, r, want);
	if (opened >= 0 && led >= 0 && running)
		led = reach_put_forwards(c, r, &l.forwards);
	block.lines = l.lines;
	if (opened >= 0 && led >= 0)
		changed = names ? hosts_change(c, r, write_block, &block) : 0;
	if (unknown)
		bad = record_fail(r, "cannot read the stored record of one whose names it has");
	/* What is not known now the next run looks at again. */
	told = unknown || !running || in_dns(was, want);
	if (unknown || !told)
		record_pending(want, "link");
	if (changed >= 0 && container_store(c, want, stored_keys) < 0)
		changed = record_fail(r, "cannot store what was applied:");
	/* Rebooted from within meanwhile, its new network was made as it was stored before. */
	else if (changed >= 0 && running && lxc_init_pid(c->name) != pid && lxc_running(c->name))
		changed = reach_put_forwards(c, r, &l.forwards) < 0 ? -1 : changed;
	if (changed >= 0 && !told && tell_dns(c, r, want) < 0)
		bad = -1;
	if (changed >= 0 && (changed > 0 || opened > 0 || led > 0))
		say_done(r, was, want);
	else if (changed < 0 && opened >= 0)
		take_back(c, r, running);
	reach_free(&l);
	record_free(was);
	return changed < 0 ? -1 : bad;
}

/* What is wanted of the links of C. */
static struct record *
wanted(const struct container *c, const struct record *r)
{
	struct record *want = container_want(c, r, keys, undo);

	/* A backlink goes with its link. */
	if (undo)
		reach_drop_lone(want);
	return want;
}

static int
change(struct record *r, struct record *told)
{
	struct container c;
	struct record *want;
	const struct fact *f;
	bool running;
	int status = 0;
	size_t n;

	if (container_open(&c, r) < 0)
		return -1;
	want = wanted(&c, r);
	for (f = NULL; (f = record_find(c.stored, "backlink", f)) != NULL;)
		record_addv(told, f->key, f->field, f->n);
	n = want->nfact;
	reach_drop_lone(want);
	if (want->nfact < n)
		status = record_fail(r, "a backlink stands beside a link to the same container");
	for (f = NULL; (f = record_find(want, "backlink", f)) != NULL;)
		if (!record_has_fact(told, f))
			record_addv(told, f->key, f->field, f->n);
	running = lxc_running(c.name);
	if (!running && want->nfact > 0)
		say_note(r->name, "it does not run, its links are made when it does");
	/* Nothing is added to one that does not run. */
	if (!running)
		keep_stored(want, c.stored);
	/* One that was killed has its block still: what is not wanted any more goes. */
	if ((running || !record_equal(c.stored, want, stored_keys)) && bring(&c, r, want, running) < 0)
		status = -1;
	record_free(want);
	container_close(&c);
	return status;
}

/* Those to whom R's container has told its names, and is not to any more. -1 after record_fail. */
static int
find_withdrawn(struct record *r, struct record *withdrawn)
{
	struct container c;
	struct record *want;
	const struct fact *f = NULL;

	if (container_open(&c, r) < 0)
		return -1;
	want = wanted(&c, r);
	while ((f = record_find(c.stored, "backlink", f)) != NULL)
		if (!record_has_fact(want, f))
			record_addv(withdrawn, f->key, f->field, f->n);
	record_free(want);
	container_close(&c);
	return 0;
}

/* Brings its lines to what is to be with all of TOLD, but for those of FAILED, which gets those that cannot be told. */
static int
tell(struct record *r, const struct record *told, struct record *failed, bool withdraw)
{
	const struct fact *f = NULL;
	int status = 0, one;

	while ((f = record_find(told, "backlink", f)) != NULL) {
		one = record_has_fact(failed, f) ? 0 : back_tell(r, f->field[0], withdraw);
		if (one > 0)
			record_did(r, "its names in %s are %s", f->field[0], withdraw ? "gone" : "set");
		if (one >= 0)
			continue;
		record_addv(failed, f->key, f->field, f->n);
		status = -1;
	}
	return status;
}

static int
apply(struct record *r)
{
	struct record *withdrawn = record_new(r->name), *told = record_new(r->name), *failed = record_new(r->name);
	int status = 0;

	if (!undo || container_exists(r->name)) {
		/* Before that is forgotten; and again after it, where somebody else told them meanwhile. */
		if (back_any(r->name, true))
			status = find_withdrawn(r, withdrawn);
		if (status == 0) {
			status = tell(r, withdrawn, failed, true);
			status = change(r, told) < 0 ? -1 : status;
			status = tell(r, told, failed, false) < 0 ? -1 : status;
		}
	}
	record_free(withdrawn);
	record_free(told);
	record_free(failed);
	return status;
}

/* Several have links: each would load libnftables in its own process. */
static void
prepare(struct record **records, size_t n)
{
	size_t linked = 0, i;

	for (i = 0; i < n; i++)
		linked += link_next(records[i], NULL) != NULL;
	if (linked > 1)
		nft_prepare();
}

static int
all(struct record **records, size_t n)
{
	prepare(records, n);
	back_read();
	return 0;
}

/* It has no links, and had none before, nor has anybody told it names. Others are looked for in the container. */
static bool
settled(struct record *r)
{
	struct record *stored = NULL;
	bool any = undo || back_any(r->name, false), is;
	size_t i;

	for (i = 0; keys[i] != NULL; i++)
		any = any || record_find(r, keys[i], NULL) != NULL;
	if (!any)
		stored = container_settled(r, keys, NULL);
	is = stored != NULL && record_find(stored, "pending", NULL) == NULL;
	record_free(stored);
	return is;
}

int
main(int argc, char **argv)
{
	/* Two that link to each other: the second one has its addresses when the input has come to its end. */
	static struct filter f = { .apply = apply, .settled = settled, .gather = true, .all = all, .waits = prepare };
	int o;

	say_begin(argv[0]);
	filter_jobs = JOBS;
	while ((o = option(argc, argv, "uj:", USAGE)) != -1)
		undo = undo || o == 'u';
	f.ends = undo;
	return filter(&f, argc - optind, argv + optind);
}
