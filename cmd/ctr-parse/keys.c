/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fact.h"
#include "forms.h"
#include "say.h"

enum {
	RECORDS_BYTES = 256 * 1024 * 1024, /* that the records of one file may take, about */
	ALIASES = 400,			   /* of one link: they stand in one line */
};

#define LINKS (TEXT | MAP | ITEMS | PAIRS | TEXTS | NAMES | ASKED)

static const struct key keys[KEYS] = {
	{ "template", "template", TEXT | MAP | ORIGIN, 0, 0, form_template },
	{ "download", "template", MAP | ORIGIN, 0, 0, form_template },
	{ "clone", "clone", TEXT | MAP | ORIGIN | NAMES | ASKED, 0, 0, form_clone },
	{ "idmap", "idmap", TEXT, 0, 0, NULL },
	{ "command", "command", TEXT | LIST, 0, 0, form_command },
	{ "ports", "port", TEXT | ITEMS | ASKED, 0, 3, NULL },
	{ "expose", "expose", TEXT | ITEMS, 0, 2, NULL },
	{ "volumes", "volume", TEXT | MAP | ITEMS | VARS | PATHS, 1, 1, form_volume },
	{ "links", "link", LINKS | JOINED, 0, 1, form_link },
	{ "links", "backlink", LINKS | JOINED, 0, 1, form_link },
	{ "links", "forward", LINKS, 1, 3, form_link },
	{ "after", "after", TEXT | ITEMS | NAMES | ASKED, 0, 1, NULL },
	{ "fqdn", "fqdn", TEXT | VARS, 0, 0, NULL },
	{ "cgroup", "cgroup", TEXT | MAP | ITEMS | PAIRS, 0, 1, form_pairs },
	{ "environment", "env", TEXT | MAP | ITEMS | PAIRS | VARS, 0, 1, form_pairs },
	{ "config", "config", TEXT | MAP | ITEMS | PAIRS | VARS, 0, 2, form_pairs },
	{ "autostart", "autostart", TEXT, 0, 0, NULL },
	{ "network", "network", TEXT | MAP | NAMES | ASKED, 0, 0, form_network },
	{ "address", "address", TEXT | ITEMS | ASKED | FAMILY, 0, 1, NULL },
	{ "dns", "dns", TEXT | ITEMS, 0, 1, NULL },
};

static const char *
key_name(size_t i)
{
	return i < KEYS ? keys[i].name : NULL;
}

void
keys_find(struct keys *in, const struct node *map, struct node *value[KEYS])
{
	const struct pair *p;
	bool origin = false;
	size_t i, n;

	for (i = 0; i < KEYS; i++)
		value[i] = NULL;
	for (p = map->pair; p < map->pair + map->n; p++) {
		for (i = 0; i < KEYS; i++)
			if (keys[i].name[0] == p->key->text[0] && strcmp(keys[i].name, p->key->text) == 0)
				break;
		if (i == KEYS) {
			document_problem(in->d, p->key, "unknown key '%s'%s", p->key->text,
			    document_hint(in->d, p->key->text, key_name));
			continue;
		}
		if ((keys[i].flags & ORIGIN) != 0) {
			/* A merged map may say another: the own one overrides it, whichever it is. */
			if (origin && p->merged)
				continue;
			if (origin)
				document_problem(in->d, p->key,
				    "%s: a container is made from one of template, download and clone",
				    keys[i].name);
			origin = true;
		}
		/* For all of its facts. */
		for (n = i; n < KEYS && strcmp(keys[n].name, keys[i].name) == 0; n++)
			value[n] = p->value;
	}
}

void
keys_post(struct keys *in, const struct key *k, struct node *at)
{
	struct fact *f = &in->r->fact[in->r->nfact - 1];
	size_t size = 0, i;
	const char *bad = NULL;

	if ((k->flags & NAMES) != 0)
		in->refer(k->name, at, f);
	for (i = 0; i < f->n; i++)
		size += strlen(f->field[i]) + 1;
	in->bytes += size + 128;
	if (size > KEYS_VALUE_BYTES)
		bad = "it is longer than a record's line may be";
	else if (in->bytes > RECORDS_BYTES)
		bad =
		    "aliases and defaults make the file's records larger than 256 MiB; the rest is not read";
	if (bad != NULL)
		document_problem(in->d, at, "%s: %s", k->name, bad);
	if (in->nread == in->cap) {
		in->cap = in->cap == 0 ? 64 : in->cap * 2;
		in->read = xrealloc(in->read, in->cap, sizeof(*in->read));
	}
	in->read[in->nread++] = (struct key_fact){ .at = at, .own = in->own };
}

static void
take_one(struct keys *in, const struct key *k, struct node *node)
{
	if (node->kind == NODE_TEXT && (k->flags & TEXTS) == 0)
		form_text(in, k, node, node->text);
	else
		k->form(in, k, node);
}

static void
take(struct keys *in, const struct key *k, struct node *node)
{
	size_t i;

	if (!node_check(in->d, node, (k->flags & KINDS) | ((k->flags & ITEMS) != 0 ? LIST : 0), k->name))
		return;
	if (node->kind != NODE_LIST || (k->flags & ITEMS) == 0)
		take_one(in, k, node);
	else
		for (i = 0; i < node->n && in->bytes <= RECORDS_BYTES; i++)
			if (node_check(in->d, node->item[i], k->flags & KINDS, k->name))
				take_one(in, k, node->item[i]);
}

/* What is sorted now, for the functions that qsort(3) calls: facts of this key, from the first one on. */
static const struct fact *sorted_facts;
static const struct key *sorted_key;

static int
compare_about(size_t a, size_t b)
{
	char *const *p = sorted_facts[a].field, *const *q = sorted_facts[b].field;
	unsigned i;
	int order = 0;

	if ((sorted_key->flags & FAMILY) != 0)
		return address_parse(p[0], NULL) - address_parse(q[0], NULL);
	if (strcmp(sorted_key->fact, "cgroup") == 0)
		return cgroup_order(&sorted_facts[a], &sorted_facts[b]);
	for (i = sorted_key->about; order == 0 && i < sorted_key->about + sorted_key->nabout; i++)
		order = strcmp(p[i], q[i]);
	if (order == 0 && strcmp(sorted_key->fact, "port") == 0 && port_open(&sorted_facts[a]))
		order = strcmp(p[3], q[3]);
	return order;
}

/* Whether none of a few is about the same as another: then sorting is spared. */
static bool
all_differ(size_t n)
{
	size_t a, b;

	for (a = 1; a < n; a++)
		for (b = 0; b < a; b++)
			if (compare_about(a, b) == 0)
				return false;
	return true;
}

static int
by_about(const void *a, const void *b)
{
	const size_t *p = a, *q = b;
	int order = compare_about(*p, *q);

	return order != 0 ? order : *p < *q ? -1 : *p > *q;
}

/* Adds what another fact about the same has besides, the aliases of a link. Returns false where they become too many. */
static bool
join_aliases(struct fact *f, const struct fact *other)
{
	char *field[ALIASES + 2];
	size_t i, k;

	for (i = 1; i < other->n; i++) {
		if (f->n > ALIASES)
			return false;
		for (k = 1; k < f->n && strcmp(f->field[k], other->field[i]) != 0; k++)
			continue;
		if (k < f->n)
			continue;
		memcpy(field, f->field, f->n * sizeof(*field));
		field[f->n] = other->field[i];
		fact_set(f, field, f->n + 1);
	}
	return true;
}

/* Drops what repeats an earlier fact: defaults give way, what the container itself says twice is wrong. */
static void
find_repeats(struct keys *in, const struct key *k, struct fact *fact)
{
	size_t *sorted, first, i, n = in->nread;
	struct key_fact *f;

	if (n < 2 || k->nabout == 0)
		return;
	sorted_facts = fact;
	sorted_key = k;
	if (n <= 8 && all_differ(n))
		return;
	sorted = xrealloc(NULL, n, sizeof(*sorted));
	for (i = 0; i < n; i++)
		sorted[i] = i;
	qsort(sorted, n, sizeof(*sorted), by_about);
	for (first = sorted[0], i = 1; i < n; i++) {
		if (compare_about(first, sorted[i]) != 0) {
			first = sorted[i];
			continue;
		}
		f = &in->read[sorted[i]];
		f->dropped = true;
		if ((k->flags & JOINED) != 0) {
			if (!join_aliases(&fact[first], &fact[sorted[i]]))
				document_problem(
				    in->d, f->at, "links: a container has more than %d names here", ALIASES);
		} else if (f->own) {
			document_problem(in->d, f->at, "%s: %s'%s' is given twice, first at %u:%u", k->name,
			    (k->flags & FAMILY) != 0 ? "an address of the family of " : "",
			    fact[first].field[k->about + k->nabout - 1], in->read[first].at->line,
			    in->read[first].at->column);
		}
	}
	free(sorted);
}

/* Takes the dropped ones out, in linear time: they are moved to the end first. */
static void
drop(struct keys *in, size_t ndropped)
{
	struct record *r = in->r;
	struct fact *dropped = xrealloc(NULL, ndropped, sizeof(*dropped)),
		    *fact = &r->fact[r->nfact - in->nread];
	size_t i, kept = 0, n = 0;

	for (i = 0; i < in->nread; i++)
		if (in->read[i].dropped)
			dropped[n++] = fact[i];
		else
			fact[kept++] = fact[i];
	memcpy(&fact[kept], dropped, n * sizeof(*dropped));
	free(dropped);
	while (n-- > 0)
		record_drop_fact(r, &r->fact[r->nfact - 1]);
}

void
keys_read(struct keys *in, size_t i, struct node *const value[KEYS], struct node *const defaults[KEYS],
    bool (*keep)(const struct fact *f, struct node *at, bool own))
{
	const struct key *k = &keys[i];
	struct node *under = defaults[i];
	size_t n, dropped = 0;

	if (in->bytes > RECORDS_BYTES || (value[i] == NULL && under == NULL))
		return;
	/* Lists are joined; text and maps, such as one of variables, are overridden whole. */
	if (value[i] != NULL && under != NULL &&
	    ((k->flags & ITEMS) == 0 || (under->kind == NODE_MAP && (k->flags & PAIRS) != 0)))
		under = NULL;
	for (n = 0; (k->flags & ORIGIN) != 0 && n < KEYS; n++)
		if ((keys[n].flags & ORIGIN) != 0 && value[n] != NULL)
			under = NULL;
	in->nread = 0;
	in->own = true;
	if (value[i] != NULL)
		take(in, k, value[i]);
	in->own = false;
	if (under != NULL)
		take(in, k, under);
	find_repeats(in, k, &in->r->fact[in->r->nfact - in->nread]);
	for (n = 0; n < in->nread; n++) {
		if (!in->read[n].dropped && (k->flags & ASKED) != 0)
			in->read[n].dropped = !keep(
			    &in->r->fact[in->r->nfact - in->nread + n], in->read[n].at, in->read[n].own);
		dropped += in->read[n].dropped;
	}
	if (dropped > 0)
		drop(in, dropped);
}

char *
keys_path(const char *directory, const char *path)
{
	char *all, *to, *from;
	size_t n;

	if (path[0] == '/' || path[0] == '\0')
		return xstrdup(path);
	all = xasprintf("%s/%s", directory, path);
	for (from = to = all; *from != '\0'; from += n) {
		from += strspn(from, "/");
		n = strcspn(from, "/");
		if (n == 2 && strncmp(from, "..", 2) == 0) {
			while (to > all && *--to != '/')
				continue;
		} else if (n > 0 && (n != 1 || *from != '.')) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
	}
	if (to == all)
		*to++ = '/';
	*to = '\0';
	return all;
}

char *
keys_directory(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *path = slash == NULL ? xstrdup(".") : xstrndup(file, (size_t)(slash - file) + 1);
	char *directory = realpath(path, NULL);

	if (directory == NULL)
		die(EXIT_UNUSABLE, "cannot find the directory '%s':", path);
	free(path);
	return directory;
}
