/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "choose.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fact.h"
#include "listen.h"
#include "pool.h"
#include "say.h"

static struct ports range = { 20000, 29999 };

/* By protocol: what is published by anybody in any form, and what was chosen here. */
static unsigned char taken[3][65536 / 8];

void
choose_range(void)
{
	const char *text = getenv("CTR_PORTS");

	if (text != NULL && text[0] != '\0' && !ports_parse(text, &range))
		die(EXIT_UNUSABLE, "CTR_PORTS is '%s', not a range of ports such as 20000-29999", text);
}

const struct fact *
choose_kept(const struct record *chosen, const struct fact *f)
{
	const struct fact *g = NULL;

	while ((g = record_find(chosen, "chosen", g)) != NULL)
		if (strcmp(g->field[0], f->field[0]) == 0 && strcmp(g->field[1], f->field[1]) == 0 &&
		    strcmp(g->field[3], f->field[3]) == 0)
			break;
	return g;
}

static int
take(const struct publish *at, void *arg)
{
	unsigned char *bits = taken[at->proto == IPPROTO_TCP ? 0 : at->proto == IPPROTO_UDP ? 1 : 2];

	(void)arg;
	bits[at->port / 8] |= (unsigned char)(1u << at->port % 8);
	return 0;
}

static bool
is_taken(const char *proto, unsigned short port)
{
	const unsigned char *bits = taken[*proto == 't' ? 0 : *proto == 'u' ? 1 : 2];

	return (bits[port / 8] & 1u << port % 8) != 0;
}

/* What is published is asked of the kernel once: the lock of the maps is held. Returns 0, or -1 with errno. */
static int
take_published(const struct plan *p, int maps)
{
	static bool read;
	size_t i;

	for (i = 0; i < p->nelement; i++)
		if (p->element[i].why == WANTED)
			take(&p->element[i].at, NULL);
	if (!read && (publish_ranges(maps) < 0 || publish_each(maps, false, take, NULL) < 0 ||
			 publish_each(maps, true, take, NULL) < 0))
		return -1;
	read = true;
	return 0;
}

/* One port, looked at for one fact. */
struct candidate {
	const struct owner *owner;
	int maps;
	bool held, other, heard; /* it is the owner's now, or somebody else's; a process listens on it */
	bool failed;
};

static void
look_at(const struct publish *key, void *arg)
{
	struct candidate *c = arg;
	struct publish at = *key;

	if (publish_get(c->maps, &at) < 0)
		c->failed = true;
	else if (at.present && publish_held(&at, c->owner->r->name, c->owner->c.stored))
		c->held = true;
	else if (at.present)
		c->other = true;
	if (listens(at.proto, at.family, at.any ? NULL : at.addr, at.port))
		c->heard = true;
}

/* Whether OWNER, LXCPATH/NAME, has stored that it keeps the port. What it has not stored, it does not have. */
static bool
keeps(const char *owner, const char *proto, const char *port)
{
	struct record *stored = container_owner_record(owner);
	bool has = stored == NULL && errno != ENOENT;
	const struct fact *f = NULL;

	while (stored != NULL && !has && (f = record_find(stored, "chosen", f)) != NULL)
		has = strcmp(f->field[0], proto) == 0 && strcmp(f->field[2], port) == 0;
	record_free(stored);
	return has;
}

/*
 * Has PORT kept for the container in DIR: a link to it in CTR_STATE/port. 1 where it is, 0 where another keeps it, -1
 * with errno.
 */
static int
keep(const char *dir, const char *proto, const char *port)
{
	char *name = xasprintf("%s-%s", proto, port), by[PATH_MAX];
	int fd = state_open("port"), r = -1, saved;
	ssize_t n = 0;

	if (fd >= 0)
		r = symlinkat(dir, fd, name) == 0 ? 1 : -1;
	if (r < 0 && fd >= 0 && errno == EEXIST && (n = readlinkat(fd, name, by, sizeof(by) - 1)) >= 0) {
		by[n] = '\0';
		if (strcmp(by, dir) == 0)
			r = 1;
		else if (keeps(by, proto, port))
			r = 0;
		else if (unlinkat(fd, name, 0) == 0)
			r = symlinkat(dir, fd, name) == 0 ? 1 : -1;
	}
	saved = errno;
	if (fd >= 0)
		close(fd);
	free(name);
	errno = saved;
	return r;
}

/* The fact F with the host's PORT, to look at its keys. Returns why nobody could reach it so, or a null pointer. */
static const char *
look(const struct fact *f, const char *port, struct candidate *c)
{
	char *field[] = { f->field[0], f->field[1], (char *)port, f->field[3], NULL };
	const struct fact real = { f->key, field, 4 };

	return publish_expand(&real, look_at, c);
}

/* Whether F may have PORT, which is its OLD one or which it did not have. As keep. */
static int
suits(const struct owner *o, const struct fact *f, const char *port, bool old, int maps)
{
	struct candidate c = { .owner = o, .maps = maps };
	const struct fact *g = NULL;
	bool busy = is_taken(f->field[0], (unsigned short)strtoul(port, NULL, 10));

	if (busy && !old)
		return 0;
	/* Its own one of another fact. */
	while (!old && (g = record_find(o->chosen, "chosen", g)) != NULL)
		if (strcmp(g->field[0], f->field[0]) == 0 && strcmp(g->field[2], port) == 0)
			return 0;
	look(f, port, &c);
	if (c.failed)
		return -1;
	if (!(old && c.held) && (c.heard || busy))
		return 0;
	return c.other ? 0 : keep(o->c.dir, f->field[0], port);
}

char *
choose_port(const struct plan *p, size_t owner, const struct fact *f, int maps)
{
	struct owner *o = &p->owner[owner];
	const struct fact *kept = choose_kept(o->chosen, f);
	unsigned size = range.last - range.first + 1u, start, i;
	char *key = xasprintf("%s %s %s %s", o->c.dir, f->field[0], f->field[1], f->field[3]), port[8];
	const char *wrong = look(f, "1", &(struct candidate){ .owner = o, .maps = maps });
	int r = wrong == NULL ? take_published(p, maps) : 0;

	/* Who asks again after it was removed is likely to find its old one free. */
	start = pool_start(key) % size;
	free(key);
	if (wrong != NULL)
		return xasprintf("cannot publish at %s: %s", f->field[1], wrong);
	if (r == 0 && kept != NULL) {
		snprintf(port, sizeof(port), "%s", kept->field[2]);
		r = suits(o, f, port, true, maps);
	}
	for (i = 0; r == 0 && i < size; i++) {
		snprintf(port, sizeof(port), "%u", range.first + (start + i) % size);
		r = suits(o, f, port, false, maps);
	}
	if (r < 0)
		return xasprintf("cannot choose a port: %s", strerror(errno));
	if (r == 0)
		return xasprintf("no port from %u to %u is free for port %s:%s/%s", range.first, range.last,
		    f->field[2], f->field[3], f->field[0]);
	if (kept != NULL)
		record_drop_fact(o->chosen, (struct fact *)kept);
	record_add(o->chosen, "chosen", f->field[0], f->field[1], port, f->field[3], NULL);
	return NULL;
}
