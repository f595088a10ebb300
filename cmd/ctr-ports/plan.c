/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "say.h"

static struct element *
add(struct plan *p, const struct publish *at, int why, size_t owner, size_t fact)
{
	if (p->nelement == p->room) {
		p->room = p->room == 0 ? 256 : 2 * p->room;
		p->element = xrealloc(p->element, p->room, sizeof(*p->element));
	}
	p->element[p->nelement] =
	    (struct element){ .at = *at, .why = (unsigned)why, .owner = owner, .fact = fact };
	return &p->element[p->nelement++];
}

struct expansion {
	struct plan *p;
	size_t owner, fact;
	int why;
	unsigned char to[2][16]; /* by family: the container's addresses */
	bool has[2];
	const char *wrong;
};

static void
add_key(const struct publish *at, void *arg)
{
	struct expansion *x = arg;
	struct publish any = *at;
	struct element *e;
	int six = at->family == AF_INET6;

	if (x->why == WANTED && !x->has[six]) {
		/* With addresses of one family alone it is published at * in that. */
		if (!at->any || !x->has[!six])
			x->wrong = "the container has no address of its family, which ctr-addr gives";
		return;
	}
	e = add(x->p, at, x->why, x->owner, x->fact);
	e->to_port = at->to_port;
	e->first = at->first;
	e->last = at->last;
	memcpy(e->to, x->to[six], sizeof(e->to));
	if (x->why == WANTED && !at->any) {
		any.any = true;
		any.first = any.last = 0;
		memset(any.addr, 0, sizeof(any.addr));
		add(x->p, &any, LOOKED, x->owner, SIZE_MAX);
	}
}

const char *
plan_fact(struct plan *p, size_t owner, const struct fact *f, int why, size_t number)
{
	struct expansion x = { .p = p, .owner = owner, .fact = number, .why = why };
	const char *ipv4 = record_get(p->owner[owner].c.stored, "ipv4");
	const char *ipv6 = record_get(p->owner[owner].c.stored, "ipv6"), *wrong;

	x.has[0] = ipv4 != NULL && address_parse(ipv4, x.to[0]) == AF_INET;
	x.has[1] = ipv6 != NULL && address_parse(ipv6, x.to[1]) == AF_INET6;
	wrong = publish_expand(f, add_key, &x);
	return wrong == NULL ? x.wrong : wrong;
}

static void
refuse(struct plan *p, size_t owner, const struct publish *at, const char *why)
{
	char text[PUBLISH_TEXT];

	p->owner[owner].failed = true;
	record_fail(p->owner[owner].r, "port %s %s", publish_text(at, text), why);
}

static int
compare(const void *left, const void *right)
{
	const struct element *a = left, *b = right;
	int r = publish_compare(&a->at, &b->at);

	r = r == 0 ? (a->owner > b->owner) - (a->owner < b->owner) : r;
	r = r == 0 ? (int)a->why - (int)b->why : r;
	/* Of what is declared both alone and in a range, the range. */
	return r == 0 ? b->first - a->first : r;
}

/* Sorts the elements, so that each owner has a key once. */
static void
sort(struct plan *p)
{
	struct element *e, *last = NULL;
	size_t i;

	if (p->nelement > 0)
		qsort(p->element, p->nelement, sizeof(*p->element), compare);
	for (i = 0; i < p->nelement; i++) {
		e = &p->element[i];
		if (last == NULL || publish_compare(&last->at, &e->at) != 0 || last->owner != e->owner) {
			last = last == NULL ? p->element : last + 1;
			*last = *e;
		} else if (e->why == WANTED && last->to_port != e->to_port && !p->owner[e->owner].failed) {
			refuse(p, e->owner, &e->at, "is declared for two ports of the container");
		} else if (e->why == WANTED && e->first != 0 && last->first != 0 &&
			   (e->first != last->first || e->last != last->last) && !p->owner[e->owner].failed) {
			refuse(p, e->owner, &e->at, "is declared in two ranges");
		}
	}
	p->nelement = last == NULL ? 0 : (size_t)(last - p->element) + 1;
}

/* The elements of containers that are gone. */
static int
find_gone(const struct publish *at, void *arg)
{
	struct plan *p = arg;
	size_t i;

	for (i = 0; i < p->nowner; i++)
		if (p->owner[i].old == NULL && !p->owner[i].failed &&
		    publish_held(at, p->owner[i].r->name, NULL))
			add(p, at, HAD, i, SIZE_MAX);
	return 0;
}

struct search {
	struct plan *p;
	size_t sorted; /* so many of its elements are */
};

/* Those at one address that could be in the way of new ones at any. */
static int
find_one(const struct publish *at, void *arg)
{
	struct search *s = arg;
	size_t low = 0, high = s->sorted, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (publish_group(&s->p->element[middle].at, at) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < s->sorted && publish_group(&s->p->element[low].at, at) == 0)
		add(s->p, at, LOOKED, s->p->element[low].owner, SIZE_MAX);
	return 0;
}

/* Asks the kernel for all keys, and for those that are not known yet. */
static int
look_up(struct plan *p, int fd)
{
	struct search s = { .p = p };
	bool gone = false, fresh = false;
	struct element *e;
	size_t i;

	for (i = 0; i < p->nowner; i++)
		gone = gone || (p->owner[i].old == NULL && !p->owner[i].failed);
	if (gone && (publish_each(fd, false, find_gone, p) < 0 || publish_each(fd, true, find_gone, p) < 0))
		return -1;
	sort(p);
	if (publish_ranges(fd) < 0)
		return -1;
	for (i = 0; i < p->nelement; i++) {
		e = &p->element[i];
		if (publish_get(fd, &e->at) < 0)
			return -1;
		fresh = fresh || (e->why == WANTED && e->at.any && !e->at.present);
	}
	s.sorted = p->nelement;
	if (fresh && publish_each(fd, true, find_one, &s) < 0)
		return -1;
	sort(p);
	return 0;
}

/* What of an owner stays is what it wants and what leads where that says. */
static void
decide(struct plan *p)
{
	const struct owner *o;
	struct element *e;
	bool wrong;
	size_t i;

	for (i = 0; i < p->nelement; i++) {
		e = &p->element[i];
		o = &p->owner[e->owner];
		wrong = e->at.to_port != e->to_port || memcmp(e->at.to, e->to, sizeof(e->to)) != 0 ||
		    e->at.first != e->first || e->at.last != e->last;
		e->add = e->why == WANTED && (!e->at.present || wrong);
		e->drop = (e->why == HAD || e->add) && publish_held(&e->at, o->r->name, o->c.stored);
	}
}

/* Whether a container of this run gives up AT, in the group FIRST to END, so that another can have it. */
static bool
leaves(const struct plan *p, const struct publish *at, size_t first, size_t end)
{
	size_t i;

	for (i = first; i < end; i++)
		if (p->element[i].drop && p->element[i].why == HAD &&
		    publish_compare(&p->element[i].at, at) == 0)
			return true;
	return false;
}

/* Fails the owner of E where an element of its group, FIRST to END, is in its way. */
static void
check(struct plan *p, const struct element *e, size_t first, size_t end)
{
	const struct owner *o = &p->owner[e->owner];
	const struct element *x;
	const char *holder = NULL;
	char *why;
	size_t i;

	for (i = first; i < end && holder == NULL; i++) {
		x = &p->element[i];
		if (!e->at.any && !x->at.any && publish_compare(&e->at, &x->at) != 0)
			continue;
		if (x->at.present && !publish_held(&x->at, o->r->name, o->c.stored) &&
		    !leaves(p, &x->at, first, end))
			holder = x->at.holder[0] == '\0' ? "nobody known" : x->at.holder;
		else if (x->why == WANTED && x->owner < e->owner && !p->owner[x->owner].failed)
			holder = p->owner[x->owner].r->name;
	}
	if (holder == NULL)
		return;
	why = xasprintf("is published by %s", holder);
	refuse(p, e->owner, &x->at, why);
	free(why);
}

int
plan_make(struct plan *p, int fd)
{
	size_t first, end, i;

	if (look_up(p, fd) < 0)
		return -1;
	decide(p);
	for (first = 0; first < p->nelement; first = end) {
		end = first;
		while (end < p->nelement && publish_group(&p->element[first].at, &p->element[end].at) == 0)
			end++;
		for (i = first; i < end; i++)
			if (p->element[i].add && !p->owner[p->element[i].owner].failed)
				check(p, &p->element[i], first, end);
	}
	return 0;
}

static void
write_element(FILE *out, const struct element *e, const struct publish *key, const char *name, bool adding)
{
	char text[INET6_ADDRSTRLEN];

	if (!key->any)
		fprintf(out, "%s . ", inet_ntop(key->family, key->addr, text, sizeof(text)));
	if (key->first == 0)
		fprintf(out, "%u . %u", key->proto, key->port);
	else
		fprintf(out, "%u . %u-%u", key->proto, key->first, key->last);
	if (adding)
		fprintf(out, " comment \"%s\" : %s", name, inet_ntop(key->family, e->to, text, sizeof(text)));
	if (adding && key->first == 0)
		fprintf(out, " . %u", e->to_port);
}

/* Ranges that were seen already. */
struct ranges {
	struct publish *range;
	size_t n;
};

/* Whether the range of KEY is among SEEN. */
static bool
is_seen(const struct ranges *seen, const struct publish *key)
{
	const struct publish *r;
	size_t i;

	/* The last one is the likely one. */
	for (i = seen->n; i > 0; i--) {
		r = &seen->range[i - 1];
		if (r->proto == key->proto && r->family == key->family && r->any == key->any &&
		    r->first == key->first && r->last == key->last &&
		    memcmp(r->addr, key->addr, sizeof(key->addr)) == 0)
			return true;
	}
	return false;
}

static void
see(struct ranges *seen, const struct publish *key)
{
	if (key->first == 0 || is_seen(seen, key))
		return;
	seen->range = xrealloc(seen->range, seen->n + 1, sizeof(*seen->range));
	seen->range[seen->n++] = *key;
}

static bool
leads_right(const struct element *e)
{
	return e->at.present && e->at.to_port == e->to_port && memcmp(e->at.to, e->to, sizeof(e->to)) == 0;
}

/* Of one that failed, what it wants and has stays, though it be in another range than it should: nothing is added. */
static void
spare(struct plan *p)
{
	struct ranges kept = { 0 };
	struct element *e;
	size_t i;

	for (i = 0; i < p->nelement; i++) {
		e = &p->element[i];
		if (!p->owner[e->owner].failed || e->why != WANTED || !leads_right(e))
			continue;
		e->drop = false;
		see(&kept, &e->at);
	}
	for (i = 0; kept.n > 0 && i < p->nelement; i++) {
		e = &p->element[i];
		if (e->drop && e->at.first != 0 && is_seen(&kept, &e->at))
			e->drop = false;
	}
	free(kept.range);
}

char *
plan_text(struct plan *p)
{
	char *text = NULL;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);
	const struct element *e;
	const struct owner *o;
	struct ranges seen = { 0 };
	struct publish key;
	int adding, map;
	bool open, any = false;

	spare(p);
	/* All that goes comes first: a port may move from one container to another. */
	for (adding = 0; adding < 2; adding++)
		for (map = 0; map < PUBLISH_MAPS; map++) {
			seen.n = 0;
			for (open = false, i = 0; i < p->nelement; i++) {
				e = &p->element[i];
				o = &p->owner[e->owner];
				key = e->at;
				key.first = adding ? e->first : key.first;
				key.last = adding ? e->last : key.last;
				if (publish_map(&key) != publish_maps[map] ||
				    !(adding ? e->add && !o->failed : e->drop) || is_seen(&seen, &key))
					continue;
				/* A range is one element, whichever of its ports comes first. */
				see(&seen, &key);
				if (!open)
					fprintf(out, "%s element inet ctr %s { ", adding ? "add" : "delete",
					    publish_maps[map]);
				else
					fputs(", ", out);
				open = any = true;
				write_element(out, e, &key, o->r->name, adding);
			}
			if (open)
				fputs(" }\n", out);
		}
	free(seen.range);
	xfclose(out);
	if (any)
		return text;
	free(text);
	return NULL;
}
