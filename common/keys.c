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

static const struct key keys[KEYS] = {
	{ "template", "template", TEXT | MAP | ORIGIN, 0, 0, form_template },
	{ "download", "template", MAP | ORIGIN, 0, 0, form_template },
	{ "clone", "clone", TEXT | MAP | ORIGIN, 0, 0, form_clone },
	{ "command", "command", TEXT | LIST, 0, 0, form_command },
	{ "ports", "port", TEXT | ITEMS, 0, 3, NULL },
	{ "volumes", "volume", TEXT | MAP | ITEMS | VARS, 1, 1, form_volume },
	{ "links", "link", TEXT | MAP | ITEMS, 0, 1, form_pairs },
	{ "after", "after", TEXT | ITEMS, 0, 1, NULL },
	{ "fqdn", "fqdn", TEXT | VARS, 0, 0, NULL },
	{ "cgroup", "cgroup", TEXT | MAP | ITEMS, 0, 1, form_pairs },
	{ "environment", "env", TEXT | MAP | ITEMS | VARS, 0, 1, form_pairs },
	{ "config", "config", TEXT | MAP | ITEMS | VARS, 0, 2, form_pairs },
	{ "autostart", "autostart", TEXT, 0, 0, NULL },
	{ "network", "network", TEXT, 0, 0, NULL },
	{ "address", "address", TEXT | ITEMS, 0, 1, NULL },
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
	size_t i;

	for (i = 0; i < KEYS; i++)
		value[i] = NULL;
	for (p = map->pair; p < map->pair + map->n; p++) {
		for (i = 0; i < KEYS && strcmp(keys[i].name, p->key->text) != 0; i++)
			continue;
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
		value[i] = p->value;
	}
}

void
keys_post(struct keys *in, const struct key *k, struct node *at)
{
	struct fact *f = &in->stage->fact[in->stage->nfact - 1];
	size_t size = 0, i;
	const char *bad = NULL;

	if (strcmp(k->fact, "link") == 0 || strcmp(k->fact, "after") == 0 || strcmp(k->fact, "clone") == 0)
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
	/* Grown in powers of two. */
	i = in->stage->nfact - 1;
	if ((i & (i - 1)) == 0)
		in->staged = xrealloc(in->staged, i == 0 ? 2 : i * 2, sizeof(*in->staged));
	in->staged[i] = (struct staged){ .at = at, .own = in->own };
}

static void
take(struct keys *in, const struct key *k, struct node *node)
{
	size_t i;

	if (!node_check(in->d, node, (k->flags & KINDS) | ((k->flags & ITEMS) != 0 ? LIST : 0), k->name))
		return;
	if (node->kind == NODE_TEXT)
		form_text(in, k, node, node->text);
	else if (node->kind == NODE_MAP || (k->flags & ITEMS) == 0)
		k->form(in, k, node);
	else
		for (i = 0; i < node->n && in->bytes <= RECORDS_BYTES; i++)
			if (!node_check(in->d, node->item[i], k->flags & KINDS, k->name))
				continue;
			else if (node->item[i]->kind == NODE_TEXT)
				form_text(in, k, node->item[i], node->item[i]->text);
			else
				k->form(in, k, node->item[i]);
}

/* What is sorted now, for the functions that qsort(3) calls. */
static const struct record *sorted_stage;
static const struct key *sorted_key;

static int
compare_about(size_t a, size_t b)
{
	const struct fact *p = &sorted_stage->fact[a], *q = &sorted_stage->fact[b];
	unsigned i;
	int order;

	for (i = sorted_key->about; i < sorted_key->about + sorted_key->nabout; i++) {
		order = strcmp(p->field[i], q->field[i]);
		if (order != 0)
			return order;
	}
	return 0;
}

static int
by_about(const void *a, const void *b)
{
	const size_t *p = a, *q = b;
	int order = compare_about(*p, *q);

	return order != 0 ? order : *p < *q ? -1 : *p > *q;
}

/* Adds the aliases that another fact of the same link has. Returns false where they become too many. */
static bool
join_aliases(struct fact *f, const struct fact *other)
{
	size_t i, k;

	for (i = 1; i < other->n; i++) {
		if (f->n > ALIASES)
			return false;
		for (k = 1; k < f->n && strcmp(f->field[k], other->field[i]) != 0; k++)
			continue;
		if (k < f->n)
			continue;
		f->field = xrealloc(f->field, f->n + 2, sizeof(*f->field));
		f->field[f->n++] = xstrdup(other->field[i]);
		f->field[f->n] = NULL;
	}
	return true;
}

/* Drops what repeats an earlier fact: defaults give way, what the container itself says twice is wrong. */
static void
drop_repeats(struct keys *in, const struct key *k)
{
	size_t *sorted, first, i;

	if (in->stage->nfact < 2 || k->nabout == 0)
		return;
	sorted = xrealloc(NULL, in->stage->nfact, sizeof(*sorted));
	for (i = 0; i < in->stage->nfact; i++)
		sorted[i] = i;
	sorted_stage = in->stage;
	sorted_key = k;
	qsort(sorted, in->stage->nfact, sizeof(*sorted), by_about);
	for (first = sorted[0], i = 1; i < in->stage->nfact; i++) {
		if (compare_about(first, sorted[i]) != 0) {
			first = sorted[i];
			continue;
		}
		in->staged[sorted[i]].dropped = true;
		if (strcmp(k->fact, "link") == 0) {
			if (!join_aliases(&in->stage->fact[first], &in->stage->fact[sorted[i]]))
				document_problem(in->d, in->staged[sorted[i]].at,
				    "links: a container has more than %d names here", ALIASES);
		} else if (in->staged[sorted[i]].own) {
			document_problem(in->d, in->staged[sorted[i]].at,
			    "%s: '%s' is given twice, first at %u:%u", k->name,
			    in->stage->fact[first].field[k->about + k->nabout - 1],
			    in->staged[first].at->line, in->staged[first].at->column);
		}
	}
	free(sorted);
}

void
keys_read(struct keys *in, size_t i, struct node *const value[KEYS], struct node *const defaults[KEYS],
    void (*each)(const struct fact *f, struct node *at, bool own))
{
	const struct key *k = &keys[i];
	struct node *under = defaults[i];
	size_t n;

	if (in->bytes > RECORDS_BYTES || (value[i] == NULL && under == NULL))
		return;
	/* Lists are joined; text and maps, such as one of variables, are overridden whole. */
	if (value[i] != NULL && under != NULL &&
	    ((k->flags & ITEMS) == 0 || (under->kind == NODE_MAP && k->form == form_pairs)))
		under = NULL;
	for (n = 0; (k->flags & ORIGIN) != 0 && n < KEYS; n++)
		if ((keys[n].flags & ORIGIN) != 0 && value[n] != NULL)
			under = NULL;
	in->stage = record_new("stage");
	in->own = true;
	if (value[i] != NULL)
		take(in, k, value[i]);
	in->own = false;
	if (under != NULL)
		take(in, k, under);
	drop_repeats(in, k);
	for (n = 0; n < in->stage->nfact; n++)
		if (!in->staged[n].dropped)
			each(&in->stage->fact[n], in->staged[n].at, in->staged[n].own);
	record_free(in->stage);
	in->stage = NULL;
}

void
keys_end(struct keys *in)
{
	free(in->staged);
	in->staged = NULL;
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
