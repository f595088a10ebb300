/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owner.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "fact.h"
#include "lxc.h"
#include "pool.h"
#include "say.h"

static const char *const keys[] = { "port", NULL }, *const stored_keys[] = { "port", "chosen", NULL };

void
owner_fail(struct owner *o, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = say_text(format, args);
	va_end(args);
	if (!o->failed)
		record_fail(o->r, "%s", text);
	o->failed = true;
	free(text);
}

/* Tells of a port that is to be withdrawn and is part of a range that was declared whole. */
static void
check_parts(struct owner *o)
{
	const struct fact *f = NULL, *g;
	struct ports part, range;

	/* The error makes F void. */
	while (!o->failed && (f = record_find(o->r, "port", f)) != NULL)
		for (g = NULL; !o->failed && !record_has_fact(o->old, f) && (g = record_find(o->old, "port", g)) != NULL;)
			if (!fact_same(f, g) && strcmp(f->field[0], g->field[0]) == 0 &&
			    strcmp(f->field[1], g->field[1]) == 0 && ports_parse(f->field[2], &part) &&
			    ports_parse(g->field[2], &range) && part.first <= range.last && range.first <= part.last)
				owner_fail(o, "port %s:%s/%s can only be withdrawn as a whole, not %s", g->field[2],
				    g->field[3], g->field[0], f->field[2]);
}

int
owner_begin(struct owner *o, bool undo)
{
	const struct fact *f = NULL;
	const char *network, *address;

	if (container_read(&o->c, o->r) < 0) {
		o->failed = true;
		return -1;
	}
	address = record_get(o->c.stored, "ipv4");
	o->running = lxc_running(o->r->name);
	if (!undo && o->running && address != NULL && !pool_veth_up(address) &&
	    (record_find(o->r, "port", NULL) != NULL || record_find(o->c.stored, "port", NULL) != NULL)) {
		/* They lead to the address that it has, and lead nowhere at the one that it will have. */
		say_warning(o->r->name, "it has another address than %s until its next start: its ports stay as they are",
		    address);
		record_pending(o->r, "port");
		container_close(&o->c);
		o->failed = true;
		return -1;
	}
	o->want = container_want(&o->c, o->r, keys, undo);
	o->old = record_new(o->r->name);
	while ((f = record_find(o->c.stored, "port", f)) != NULL)
		record_addv(o->old, f->key, f->field, f->n);
	o->chosen = record_new(o->r->name);
	while ((f = record_find(o->c.stored, "chosen", f)) != NULL)
		record_addv(o->chosen, f->key, f->field, f->n);
	if (undo && !record_whole(o->r))
		check_parts(o);
	if (o->failed)
		return -1;
	o->differ = !record_equal(o->old, o->want, keys);
	while (o->differ && !o->leaves && (f = record_find(o->old, "port", f)) != NULL)
		o->leaves = !record_has_fact(o->want, f);
	if (record_find(o->want, "port", NULL) != NULL) {
		network = record_get(o->c.stored, "network");
		if (network != NULL)
			owner_fail(o, "ports need the managed network, and its network is %s%s",
			    network_bridge(network) ? "the bridge " : "", network);
		else if (!o->running)
			say_note(o->r->name, "it is not running: its ports are published when it is");
	}
	return 0;
}

static void
store(struct owner *o, const struct record *facts)
{
	if (container_store_begin(&o->c, facts, stored_keys) < 0)
		owner_fail(o, "cannot write '%s/ctr/record':", o->c.dir);
}

void
owner_stored(struct owner *o)
{
	if (container_store_end(&o->c) < 0)
		owner_fail(o, "cannot write '%s/ctr/record':", o->c.dir);
}

void
owner_store_first(struct owner *o)
{
	const struct fact *f = NULL;
	struct record *both;

	if (o->failed || o->old == NULL || (!o->differ && !o->open))
		return;
	both = record_copy(o->old);
	while ((f = record_find(o->chosen, "chosen", f)) != NULL)
		record_addv(both, f->key, f->field, f->n);
	while ((f = record_find(o->want, "port", f)) != NULL)
		if (!record_has_fact(o->old, f))
			record_addv(both, f->key, f->field, f->n);
	store(o, both);
	record_free(both);
}

void
owner_store_last(struct owner *o, bool undo)
{
	const struct record *from = o->failed ? o->c.stored : o->chosen;
	const struct fact *f = NULL, *g = NULL;
	struct record *last = record_copy(o->failed ? o->old : o->want);
	bool all = undo || o->failed || !record_whole(o->r);

	record_drop(o->r, "chosen");
	while (!undo && !o->failed && (g = record_find(o->want, "port", g)) != NULL)
		if (port_open(g) && (f = choose_kept(from, g)) != NULL)
			record_addv(o->r, f->key, f->field, f->n);
	for (f = NULL; (f = record_find(all ? from : o->r, "chosen", f)) != NULL;)
		record_addv(last, f->key, f->field, f->n);
	store(o, last);
	record_free(last);
}
