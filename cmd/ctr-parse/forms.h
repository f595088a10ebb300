/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the value of a key of the project file becomes facts: used by keys.c alone. */
#ifndef FORMS_H
#define FORMS_H

#include "keys.h"

enum {
	TEXT = 1 << NODE_TEXT,
	LIST = 1 << NODE_LIST,
	MAP = 1 << NODE_MAP,
	KINDS = TEXT | LIST | MAP,
	ITEMS = 8,   /* the kinds are those of an item, which may stand alone or in a list */
	ORIGIN = 16, /* what a container is made from: one of them */
	VARS = 32,   /* $name and $project are replaced */
	NAMES = 64,  /* the first field is a container's name */
	ASKED = 128, /* whether it stays in the record is for the caller to say */
	FAMILY = 256, /* one fact for each family of addresses */
	PATHS = 512,  /* the first field is a path, which may be relative to the project file's directory */
	PAIRS = 1024, /* a map is what else is a list: in the defaults it is overridden whole */
	TEXTS = 2048, /* `form` takes text as well */
	JOINED = 4096, /* of several facts about the same, one has what all say */
};

struct key {
	const char *name, *fact;
	unsigned flags;
	unsigned about, nabout; /* the fields that say what a fact is about: one fact for each */
	/* Takes what is neither text nor a list of items; with TEXTS, text too. */
	void (*form)(struct keys *in, const struct key *k, struct node *node);
};

/* Takes TEXT, which stands at AT, in the key's short form. */
void form_text(struct keys *in, const struct key *k, struct node *at, const char *text);

/* A map of what is handed to the template, each K: V as --K V; `download` is a template of LXC's. */
void form_template(struct keys *in, const struct key *k, struct node *map);

/* A map of name, snapshot and backend. */
void form_clone(struct keys *in, const struct key *k, struct node *map);

/* A map of isolate, outbound and mtu. */
void form_network(struct keys *in, const struct key *k, struct node *map);

/* A list of words. */
void form_command(struct keys *in, const struct key *k, struct node *list);

/* A map of host, container and options. */
void form_volume(struct keys *in, const struct key *k, struct node *map);

/*
 * Text, or a map: of links NAME: ALIAS, or of one with the keys name and alias; in both, backlink. Takes of it what is a
 * fact of K.
 */
void form_link(struct keys *in, const struct key *k, struct node *node);

/* A map of what else stands as KEY=VALUE in a list; of config a value may be a list of values. */
void form_pairs(struct keys *in, const struct key *k, struct node *map);

/* Takes in the fact that was just appended, in keys.c. */
void keys_post(struct keys *in, const struct key *k, struct node *at);

#endif
