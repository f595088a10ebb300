/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fact.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "wrong.h"
#include "say.h"
#include "short.h"

enum {
	ANY = UINT_MAX,
	WHOLE = 0, /* facts are about the same thing where they are equal */
};

#define F(n) (1u << (n)) /* field n is part of what the fact is about */

/* What is known of a key. */
struct form {
	const char *key;
	unsigned min, max; /* number of fields */
	bool single;	   /* once in a record at most */
	unsigned about;	   /* fields that two facts about the same thing share; WHOLE: all */
	const char *(*check)(char *const *field, size_t n);
	const char *(*parse)(struct record *r, const char *key, char *text);
};

/* In canonical order. Man page ctr-records(5) lists them with their meaning. */
static const struct form forms[] = {
	{ "project", 0, 0, true, WHOLE, NULL, NULL },
	{ "lxcpath", 1, 1, true, WHOLE, wrong_path, short_field },
	{ "container", 2, 2, true, WHOLE, wrong_container, short_container },
	{ "template", 1, ANY, true, WHOLE, wrong_template, short_words },
	{ "clone", 1, ANY, true, WHOLE, wrong_clone, short_name_list },
	{ "idmap", 1, 1, true, WHOLE, wrong_idmap, short_field },
	{ "command", 1, ANY, true, WHOLE, wrong_words, short_words },
	{ "port", 4, 4, false, F(0) | F(1) | F(2), wrong_port, short_port },
	{ "expose", 2, 2, false, WHOLE, wrong_expose, short_expose },
	{ "volume", 3, 3, false, F(1), wrong_volume, short_volume },
	{ "link", 1, ANY, false, F(0), wrong_link, short_link },
	{ "backlink", 1, 1, false, F(0), wrong_name, short_field },
	{ "forward", 5, 5, false, F(1) | F(2) | F(3), wrong_forward, short_forward },
	{ "after", 1, 1, false, F(0), wrong_name, short_field },
	{ "fqdn", 1, 1, true, WHOLE, wrong_fqdn, short_field },
	{ "cgroup", 2, 2, false, F(0), wrong_cgroup, short_setting },
	{ "env", 2, 2, false, F(0), wrong_env, short_env },
	{ "config", 2, 2, false, WHOLE, wrong_config, short_setting },
	{ "autostart", 1, 1, true, WHOLE, wrong_bool, short_field },
	{ "network", 1, 1, true, WHOLE, wrong_network, short_field },
	{ "isolate", 1, 1, true, WHOLE, wrong_bool, short_field },
	{ "outbound", 1, 1, true, WHOLE, wrong_bool, short_field },
	{ "mtu", 1, 1, true, WHOLE, wrong_mtu, short_field },
	{ "address", 1, 1, false, F(0), wrong_address, short_field },
	{ "dns", 1, 1, false, F(0), wrong_dns, short_field },
	/* Here stand the keys that are not known. */
	{ "mac", 1, 1, true, WHOLE, wrong_mac, NULL },
	{ "veth", 1, 1, true, WHOLE, wrong_veth, NULL },
	{ "ipv4", 1, 1, false, WHOLE, wrong_ipv4, NULL },
	{ "ipv6", 1, 1, false, WHOLE, wrong_ipv6, NULL },
	{ "mapped", 3, 3, true, WHOLE, wrong_mapped, NULL },
	{ "chosen", 4, 4, false, WHOLE, wrong_published, NULL },
	{ "orphan", 0, 0, true, WHOLE, NULL, NULL },
	{ "state", 1, 1, true, WHOLE, NULL, NULL },
	{ "pid", 1, 1, true, WHOLE, NULL, NULL },
	{ "published", 4, 4, false, WHOLE, wrong_published, NULL },
	{ "linked", 1, ANY, false, WHOLE, NULL, NULL },
	{ "backlinked", 1, ANY, false, WHOLE, NULL, NULL },
	{ "forwarded", 5, 5, false, WHOLE, wrong_forward, NULL },
	{ "memory", 1, 2, true, WHOLE, NULL, NULL },
	{ "cpu", 1, 1, true, WHOLE, NULL, NULL },
	{ "pending", 1, 1, false, WHOLE, NULL, NULL },
	{ "did", 2, 2, false, WHOLE, NULL, NULL },
	{ "error", 2, 2, false, WHOLE, NULL, NULL },
};

enum {
	NFORM = sizeof(forms) / sizeof(forms[0]),
	FIRST_LIVE = 25, /* "mac" */
};

static const struct form *
form_find(const char *key)
{
	size_t i;

	/* The first byte tells nearly all keys apart, so that this is some 30 compared bytes. */
	for (i = 0; i < NFORM; i++)
		if (forms[i].key[0] == key[0] && strcmp(forms[i].key, key) == 0)
			return &forms[i];
	return NULL;
}

int
fact_order(const char *key)
{
	const struct form *f = form_find(key);
	int i;

	if (f == NULL)
		return FIRST_LIVE;
	i = (int)(f - forms);
	return i < FIRST_LIVE ? i : i + 1;
}

bool
fact_single(const char *key)
{
	const struct form *f = form_find(key);

	return f != NULL && f->single;
}

const char *
fact_check(const struct fact *f)
{
	const struct form *form = form_find(f->key);

	if (form == NULL)
		return NULL;
	if (f->n < form->min)
		return "it has too few fields for its key";
	if (f->n > form->max)
		return "it has too many fields for its key";
	return form->check == NULL ? NULL : form->check(f->field, f->n);
}

const char *
fact_short(struct record *r, const char *key, const char *text)
{
	const struct form *form = form_find(key);
	size_t n = r->nfact, at;
	struct fact *f;
	const char *bad;
	char *copy, *host;

	if (form == NULL || form->parse == NULL)
		return "there is no such key";
	copy = xstrdup(text);
	bad = form->parse(r, key, copy);
	free(copy);
	if (bad != NULL)
		return bad;
	/* The last of its key is the new one. */
	for (at = n; strcmp(r->fact[at].key, key) != 0; at--)
		continue;
	f = &r->fact[at];
	/* A volume's relative host path becomes absolute later: check the rest. */
	if (strcmp(key, "volume") == 0 && f->field[0][0] != '/' && f->field[0][0] != '\0') {
		host = f->field[0];
		f->field[0] = (char *)"/";
		bad = one_line(host) ? fact_check(f) : "the host's path has a control character";
		f->field[0] = host;
	} else {
		bad = fact_check(f);
	}
	if (bad != NULL)
		record_drop_fact(r, f);
	return bad;
}

bool
fact_same(const struct fact *a, const struct fact *b)
{
	const struct form *form = form_find(a->key);
	size_t i;

	if (strcmp(a->key, b->key) != 0)
		return false;
	if (form != NULL && form->single)
		return true;
	if (form == NULL || form->about == WHOLE)
		return fact_equal(a, b);
	for (i = 0; i < a->n && i < b->n; i++)
		if ((form->about & F(i)) != 0 && strcmp(a->field[i], b->field[i]) != 0)
			return false;
	if (strcmp(a->key, "cgroup") == 0)
		return cgroup_order(a, b) == 0;
	/* Of those that leave the host's port open, it is the container's port that tells them apart. */
	return strcmp(a->key, "port") != 0 || !port_open(a) || strcmp(a->field[3], b->field[3]) == 0;
}
