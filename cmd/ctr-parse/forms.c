/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "say.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/*
 * TEXT with $name and $project replaced: TEXT itself where there is nothing to replace, else *MADE, of the
 * caller's to free; a null pointer after a problem.
 */
static const char *
replace_variables(struct keys *in, const struct key *k, struct node *at, const char *text, char **made)
{
	const char *word, *value;
	size_t size = strlen(text) + 1, n, brace;
	char *to;

	*made = NULL;
	if (size > KEYS_VALUE_BYTES)
		document_problem(
		    in->d, at, "%s: the value is longer than %d bytes", k->name, KEYS_VALUE_BYTES);
	if (at->told)
		return NULL;
	if ((k->flags & VARS) == 0 || strchr(text, '$') == NULL)
		return text;
	for (word = text; *word != '\0'; word++)
		size += *word == '$' ? NAME_MAX_BYTES : 0;
	to = *made = xmalloc(size);
	while (*text != '\0') {
		if (*text != '$') {
			*to++ = *text++;
			continue;
		}
		brace = text[1] == '{';
		word = text + 1 + brace;
		n = strspn(word, LETTERS);
		if (n == 4 && strncmp(word, "name", n) == 0)
			value = in->name;
		else
			value = n == 7 && strncmp(word, "project", n) == 0 ? in->project : NULL;
		if ((n > 0 || brace == 1) && (value == NULL || (brace == 1 && word[n] != '}'))) {
			document_problem(in->d, at,
			    "%s: '%.*s' is neither $name nor $project ('$$' is a '$')", k->name,
			    (int)(1 + brace + n), text);
			free(*made);
			return NULL;
		}
		if (value == NULL)
			value = "$";
		memcpy(to, value, strlen(value));
		to += strlen(value);
		if (n > 0)
			text = word + n + brace;
		else
			text += text[1] == '$' ? 2 : 1;
	}
	*to = '\0';
	return *made;
}

void
form_text(struct keys *in, const struct key *k, struct node *at, const char *text)
{
	char *made, *path;
	const char *all = replace_variables(in, k, at, text, &made), *bad;
	struct fact *f;

	if (all == NULL)
		return;
	/* The managed network is what a record without the fact has, and the ids of the host. */
	if ((strcmp(all, "default") == 0 && strcmp(k->fact, "network") == 0) ||
	    (strcmp(all, "none") == 0 && strcmp(k->fact, "idmap") == 0))
		return;
	bad = fact_short(in->r, k->fact, all);
	if (bad == NULL && (k->flags & PATHS) != 0) {
		f = &in->r->fact[in->r->nfact - 1];
		path = keys_path(in->directory, f->field[0]);
		f->field[0] = path;
		fact_set(f, f->field, f->n);
		free(path);
		bad = fact_check(f);
	}
	if (bad != NULL)
		document_problem(in->d, at, "%s: '%s': %s", k->name, all, bad);
	else
		keys_post(in, k, at);
	free(made);
}

static void
take_fields(struct keys *in, const struct key *k, struct node *at, char **field, size_t n)
{
	const struct fact f = { (char *)k->fact, field, n };
	const char *bad = fact_check(&f);

	if (bad != NULL) {
		document_problem(in->d, at, "%s: %s", k->name, bad);
	} else {
		record_addv(in->r, k->fact, field, n);
		keys_post(in, k, at);
	}
}

void
form_template(struct keys *in, const struct key *k, struct node *node)
{
	bool download = strcmp(k->name, "download") == 0;
	char **field = xrealloc(NULL, 2 * node->n + 2, sizeof(*field));
	const struct pair *p;
	size_t n = 1, i;

	field[0] = download ? xstrdup(k->name) : NULL;
	for (p = node->pair; p < node->pair + node->n; p++) {
		if (!node_check(in->d, p->value, TEXT, p->key->text))
			continue;
		if (!download && strcmp(p->key->text, "name") == 0) {
			field[0] = xstrdup(p->value->text);
		} else if (p->key->text[strspn(p->key->text, LETTERS "0123456789_-")] != '\0' ||
			   p->key->text[0] == '-' || p->key->text[0] == '\0') {
			document_problem(
			    in->d, p->key, "%s: '%s' cannot be the name of an option", k->name, p->key->text);
		} else {
			field[n++] = xasprintf("--%s", p->key->text);
			field[n++] = xstrdup(p->value->text);
		}
	}
	if (field[0] != NULL)
		take_fields(in, k, node, field, n);
	else
		document_problem(in->d, node, "template: there is no 'name' among its keys");
	for (i = 0; i < n; i++)
		free(field[i]);
	free(field);
}

void
form_clone(struct keys *in, const struct key *k, struct node *node)
{
	static const char *const names[] = { "name", "snapshot", "backend", NULL };
	struct node *value[3];
	char *field[3];
	size_t n = 1, i;

	node_pick(in->d, node, names, value);
	for (i = 0; i < 3; i++)
		if (value[i] != NULL && !node_check(in->d, value[i], TEXT, names[i]))
			return;
	if (value[0] == NULL) {
		document_problem(in->d, node, "clone: there is no 'name' among its keys");
		return;
	}
	field[0] = xstrdup(value[0]->text);
	if (value[1] != NULL && strcmp(value[1]->text, "true") == 0)
		field[n++] = xstrdup("snapshot");
	else if (value[1] != NULL && strcmp(value[1]->text, "false") != 0)
		document_problem(in->d, value[1], "snapshot: '%s' is neither true nor false", value[1]->text);
	if (value[2] != NULL)
		field[n++] = xasprintf("backend=%s", value[2]->text);
	take_fields(in, k, node, field, n);
	while (n > 0)
		free(field[--n]);
}

/* The managed network, with what is not as usual: each is a fact of its own. */
void
form_network(struct keys *in, const struct key *k, struct node *node)
{
	static const char *const names[] = { "isolate", "outbound", "mtu", NULL };
	struct key option = *k;
	struct node *value[3];
	size_t i;

	option.flags &= ~(unsigned)NAMES;
	node_pick(in->d, node, names, value);
	for (i = 0; i < 3; i++)
		if (value[i] != NULL && node_check(in->d, value[i], TEXT, names[i])) {
			option.name = option.fact = names[i];
			/* What is so anyway is not said. */
			if (i == 2 || strcmp(value[i]->text, "true") != 0)
				form_text(in, &option, value[i], value[i]->text);
		}
}

/* The texts of a list of texts, joined by commas, of the caller's to free; a null pointer after a problem. */
static char *
join(struct keys *in, struct node *list, const char *what)
{
	char *all;
	size_t size, i;
	FILE *f = xopen_memstream(&all, &size);

	for (i = 0; i < list->n && node_check(in->d, list->item[i], TEXT, what); i++)
		fprintf(f, "%s%s", i == 0 ? "" : ",", list->item[i]->text);
	xfclose(f);
	if (i == list->n)
		return all;
	free(all);
	return NULL;
}

void
form_command(struct keys *in, const struct key *k, struct node *node)
{
	char **field = xrealloc(NULL, node->n, sizeof(*field));
	size_t i;

	for (i = 0; i < node->n && node_check(in->d, node->item[i], TEXT, k->name); i++)
		field[i] = (char *)node->item[i]->text;
	if (node->n == 0)
		document_problem(in->d, node, "command: the list is empty");
	else if (i == node->n)
		take_fields(in, k, node, field, node->n);
	free(field);
}

void
form_volume(struct keys *in, const struct key *k, struct node *node)
{
	static const char *const names[] = { "host", "container", "options", NULL };
	struct node *value[3];
	char *field[3] = { 0 }, *made;
	const char *text;
	size_t i, len;

	node_pick(in->d, node, names, value);
	for (i = 0; i < 3; i++) {
		if (i < 2 && value[i] == NULL)
			document_problem(in->d, node, "volumes: there is no '%s' among its keys", names[i]);
		if (value[i] != NULL && !node_check(in->d, value[i], i < 2 ? TEXT : TEXT | LIST, names[i]))
			node->told = true;
	}
	if (node->told)
		return;
	for (i = 0; i < 2; i++) {
		text = replace_variables(in, k, value[i], value[i]->text, &made);
		if (text != NULL) {
			field[i] = i == 0 ? keys_path(in->directory, text) : xstrdup(text);
			/* A slash at its end means nothing. */
			for (len = strlen(field[i]); len > 1 && field[i][len - 1] == '/'; len--)
				field[i][len - 1] = '\0';
		}
		free(made);
	}
	if (value[2] != NULL && value[2]->kind == NODE_LIST)
		field[2] = join(in, value[2], names[2]);
	else
		field[2] = xstrdup(value[2] == NULL ? "rw" : value[2]->text);
	if (field[0] != NULL && field[1] != NULL && field[2] != NULL)
		take_fields(in, k, node, field, 3);
	for (i = 0; i < 3; i++)
		free(field[i]);
}

/* KEY, the character BETWEEN and VALUE in one, of the caller's to free. */
static char *
pair_text(const char *key, char between, const char *value)
{
	size_t n = strlen(key), len = strlen(value);
	char *text = xmalloc(n + len + 2);

	memcpy(text, key, n);
	text[n] = between;
	memcpy(text + n + 1, value, len + 1);
	return text;
}

void
form_pairs(struct keys *in, const struct key *k, struct node *node)
{
	bool config = strcmp(k->fact, "config") == 0;
	const struct pair *p;
	struct node *value;
	char *text;
	size_t i;

	for (p = node->pair; p < node->pair + node->n; p++) {
		value = p->value;
		if (!node_check(in->d, value, config ? TEXT | LIST : TEXT, p->key->text))
			continue;
		if (strchr(p->key->text, '=') != NULL) {
			document_problem(in->d, p->key, "%s: the key '%s' has a '='", k->name, p->key->text);
			continue;
		}
		if (value->kind == NODE_TEXT) {
			text = pair_text(p->key->text, '=', value->text);
			form_text(in, k, p->key, text);
			free(text);
		}
		for (i = 0; value->kind == NODE_LIST && i < value->n; i++)
			if (node_check(in->d, value->item[i], TEXT, p->key->text)) {
				text = pair_text(p->key->text, '=', value->item[i]->text);
				form_text(in, k, value->item[i], text);
				free(text);
			}
	}
}

/* Takes a link to NAME, or of a key for backlinks that there is one. ALIAS may be a null pointer. */
static void
take_link(struct keys *in, const struct key *k, struct node *at, const char *name, struct node *alias)
{
	char *all = NULL, *text;

	if (alias != NULL && !node_check(in->d, alias, TEXT | LIST, name))
		return;
	if (strchr(name, ':') != NULL) {
		document_problem(in->d, at, "%s: the name '%s' has a ':'", k->name, name);
		return;
	}
	if (alias == NULL || strcmp(k->fact, "link") != 0) {
		form_text(in, k, at, name);
		return;
	}
	if (alias->kind == NODE_LIST)
		all = join(in, alias, name);
	text = pair_text(name, ':', alias->kind == NODE_TEXT ? alias->text : all == NULL ? "" : all);
	form_text(in, k, at, text);
	free(text);
	free(all);
}

void
form_link(struct keys *in, const struct key *k, struct node *node)
{
	static const char *const names[] = { "name", "alias", "backlink", NULL };
	bool forward = strcmp(k->fact, "forward") == 0, back = strcmp(k->fact, "backlink") == 0;
	struct node *value[3] = { NULL }, *said = NULL;
	const struct pair *p;

	if (node->kind == NODE_TEXT) {
		if (!back && forward_text(node->text) == forward)
			form_text(in, k, node, node->text);
		return;
	}
	for (p = node->pair; p < node->pair + node->n; p++)
		if (strcmp(p->key->text, names[0]) == 0)
			node_pick(in->d, node, names, value);
		else if (strcmp(p->key->text, names[2]) == 0)
			said = p->value;
	if (said != NULL && !node_check(in->d, said, TEXT, names[2]))
		return;
	if (said != NULL && strcmp(said->text, "true") != 0 && strcmp(said->text, "false") != 0)
		document_problem(in->d, said, "backlink: '%s' is neither true nor false", said->text);
	if (said != NULL && node->n == 1)
		document_problem(in->d, node, "links: there is no 'name' among its keys");
	if (forward || (back && (said == NULL || strcmp(said->text, "true") != 0)) ||
	    (value[1] != NULL && !node_check(in->d, value[1], TEXT | LIST, names[1])))
		return;
	if (value[0] != NULL && node_check(in->d, value[0], TEXT, names[0]))
		take_link(in, k, value[0], value[0]->text, value[1]);
	for (p = node->pair; value[0] == NULL && p < node->pair + node->n; p++)
		if (p->value != said)
			take_link(in, k, p->key, p->key->text, p->value);
}
