/* SPDX-License-Identifier: GPL-2.0-or-later */
/* document_load: the events of libyaml become a tree. */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "document.h"
#include "keep.h"
#include "say.h"

struct anchor {
	char *name;
	struct node *node;
};

struct loader {
	struct document *d;
	yaml_parser_t yaml;
	struct node *open[DOCUMENT_DEPTH]; /* the lists and maps around what is read now */
	size_t start[DOCUMENT_DEPTH];	   /* where in `pending` their children begin */
	size_t depth;
	struct node **pending;
	size_t npending, cap;
	void *anchors; /* a tree of tsearch(3) */
	size_t values;
};

/* A pair of a map that ends, for the search for keys given twice. */
struct candidate {
	struct pair pair;
	bool dropped;
};

static int
by_anchor(const void *a, const void *b)
{
	return strcmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

static void
free_anchor(void *p)
{
	struct anchor *a = p;

	free(a->name);
	free(a);
}

/* A later anchor of the same name takes the earlier one's place (YAML 1.1, 3.2.2.2). */
static void
anchor_set(struct loader *l, const yaml_char_t *name, struct node *node)
{
	struct anchor *a;
	void *found;

	if (name == NULL)
		return;
	a = xmalloc(sizeof(*a));
	*a = (struct anchor){ xstrdup((const char *)name), node };
	found = tsearch(a, &l->anchors, by_anchor);
	if (found == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	if (*(struct anchor **)found != a) {
		(*(struct anchor **)found)->node = node;
		free_anchor(a);
	}
}

static int
by_key(const void *a, const void *b)
{
	const struct candidate *p = *(struct candidate *const *)a, *q = *(struct candidate *const *)b;
	int order = strcmp(p->pair.key->text, q->pair.key->text);

	/* Both point into one array. */
	return order != 0 ? order : p < q ? -1 : p > q;
}

/* Puts the pairs of MAP, merged by KEY, after the N entries in *ENTRY; returns how many there are now. */
static size_t
merge(struct loader *l, struct candidate **entry, size_t n, struct node *key, const struct node *map)
{
	size_t i;

	if (map->kind != NODE_MAP) {
		if (!map->told)
			document_problem(l->d, key, "a merge key, '<<', takes a map or a list of maps");
		return n;
	}
	l->values += map->n;
	if (l->values > DOCUMENT_VALUES || map->n == 0)
		return n;
	*entry = xrealloc(*entry, n + map->n, sizeof(**entry));
	for (i = 0; i < map->n; i++, n++)
		(*entry)[n] = (struct candidate){ .pair = { map->pair[i].key, map->pair[i].value, true } };
	return n;
}

static void
drop_repeats(struct document *d, struct candidate *entry, size_t n)
{
	struct candidate **sorted = xrealloc(NULL, n, sizeof(*sorted)), *first;
	size_t i;

	for (i = 0; i < n; i++)
		sorted[i] = &entry[i];
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (first = sorted[0], i = 1; i < n; i++)
		if (strcmp(first->pair.key->text, sorted[i]->pair.key->text) != 0) {
			first = sorted[i];
		} else {
			sorted[i]->dropped = true;
			if (!sorted[i]->pair.merged)
				document_problem(d, sorted[i]->pair.key,
				    "key '%s' is given twice, first on line %u", first->pair.key->text,
				    first->pair.key->line);
		}
	free(sorted);
}

static bool
is_merge_key(const struct node *key)
{
	return key->text[0] == '<' && strcmp(key->text, "<<") == 0;
}

/*
 * The pairs of MAP where that is simple: few keys, all text, none there twice, nothing merged. Most maps
 * are so. Returns false where it is not.
 */
static bool
end_small_map(struct node *map, struct node **child, size_t n)
{
	const char *key;
	size_t i, k;

	if (n > 32)
		return false;
	map->pair = keep(n / 2 * sizeof(*map->pair));
	for (i = 0; i < n / 2; i++) {
		if (child[2 * i]->kind != NODE_TEXT || is_merge_key(child[2 * i]))
			return false;
		key = child[2 * i]->text;
		for (k = 0; k < i; k++)
			if (key[0] == map->pair[k].key->text[0] && strcmp(key, map->pair[k].key->text) == 0)
				return false;
		map->pair[i] = (struct pair){ child[2 * i], child[2 * i + 1], false };
	}
	map->n = n / 2;
	return true;
}

/* Makes the pairs of MAP out of its children, N keys and values by turns. */
static void
end_map(struct loader *l, struct node *map, struct node **child, size_t n)
{
	struct candidate *entry;
	size_t i, k, count = 0;
	struct node *from;

	if (end_small_map(map, child, n))
		return;
	entry = xrealloc(NULL, n / 2, sizeof(*entry));
	for (i = 0; i < n; i += 2)
		if (child[i]->kind == NODE_TEXT)
			entry[count++] = (struct candidate){ .pair = { child[i], child[i + 1], false } };
		else
			document_problem(l->d, child[i], "a key must be text, not a list or a map");
	for (i = 0; i < n; i += 2) {
		from = child[i + 1];
		if (child[i]->kind != NODE_TEXT || !is_merge_key(child[i]))
			continue;
		if (from->kind != NODE_LIST)
			count = merge(l, &entry, count, child[i], from);
		else
			for (k = 0; k < from->n; k++)
				count = merge(l, &entry, count, child[i], from->item[k]);
	}
	if (count > 0)
		drop_repeats(l->d, entry, count);
	map->pair = keep(count * sizeof(*map->pair));
	for (i = 0; i < count; i++)
		if (!entry[i].dropped && !is_merge_key(entry[i].pair.key))
			map->pair[map->n++] = entry[i].pair;
	free(entry);
}

static void
push(struct loader *l, struct node *node)
{
	if (l->npending == l->cap) {
		l->cap = l->cap == 0 ? 256 : l->cap * 2;
		l->pending = xrealloc(l->pending, l->cap, sizeof(struct node *));
	}
	l->pending[l->npending++] = node;
	l->values++;
}

static struct node *
node_new(struct loader *l, const yaml_event_t *e, enum node_kind kind, const yaml_char_t *tag)
{
	struct node *node = keep(sizeof(*node));

	*node = (struct node){ .kind = kind,
		.line = (unsigned)e->start_mark.line + 1,
		.column = (unsigned)e->start_mark.column + 1 };
	/* The standard ones say what is known: everything is taken as it is written. */
	if (tag != NULL && strcmp((const char *)tag, "!") != 0 &&
	    strncmp((const char *)tag, "tag:yaml.org,2002:", 18) != 0)
		document_problem(l->d, node, "there is no tag '%s'", (const char *)tag);
	push(l, node);
	return node;
}

static void
take_scalar(struct loader *l, const yaml_event_t *e)
{
	struct node *node = node_new(l, e, NODE_TEXT, e->data.scalar.tag);
	const unsigned char *value = e->data.scalar.value;
	size_t i, len = e->data.scalar.length;
	yaml_scalar_style_t style = e->data.scalar.style;
	char *text;

	/* The last line break of a block is its end, not part of what is said in it. */
	if ((style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) && len > 0 &&
	    value[len - 1] == '\n')
		len--;
	text = keep(len + 1);
	memcpy(text, value, len);
	text[len] = '\0';
	for (i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] == 0x7f) {
			document_problem(l->d, node, "it has a control character, or more than one line");
			text[i] = '?';
		}
	node->text = text;
	node->empty = len == 0 && style == YAML_PLAIN_SCALAR_STYLE;
	anchor_set(l, e->data.scalar.anchor, node);
}

static void
take_alias(struct loader *l, const yaml_event_t *e)
{
	struct anchor wanted = { (char *)e->data.alias.anchor, NULL }, **found;
	struct node *node;

	found = tfind(&wanted, &l->anchors, by_anchor);
	if (found != NULL && !(*found)->node->open) {
		push(l, (*found)->node);
		return;
	}
	node = node_new(l, e, NODE_TEXT, NULL);
	node->text = "";
	document_problem(l->d, node,
	    found == NULL ? "there is no anchor '&%s' before the alias"
			  : "the alias '*%s' stands within what it means",
	    wanted.name);
}

/* Returns false where the document cannot be read on. */
static bool
take_start(struct loader *l, const yaml_event_t *e, enum node_kind kind, const yaml_char_t *tag,
    const yaml_char_t *anchor)
{
	struct node *node = node_new(l, e, kind, tag);

	if (l->depth == DOCUMENT_DEPTH) {
		document_problem(l->d, node, "it is nested more than %d deep", DOCUMENT_DEPTH);
		return false;
	}
	anchor_set(l, anchor, node);
	node->open = true;
	l->open[l->depth] = node;
	l->start[l->depth++] = l->npending;
	return true;
}

static void
take_end(struct loader *l)
{
	struct node *node = l->open[--l->depth], **child;
	size_t start = l->start[l->depth], n = l->npending - start;

	/* Where there is no child, there may be no array either. */
	child = n == 0 ? NULL : l->pending + start;
	if (node->kind == NODE_MAP) {
		end_map(l, node, child, n);
	} else if (n > 0) {
		node->item = keep(n * sizeof(struct node *));
		memcpy(node->item, child, n * sizeof(struct node *));
		node->n = n;
	}
	node->open = false;
	l->npending = start;
}

static void
yaml_problem(struct loader *l, const char *bytes)
{
	const yaml_parser_t *y = &l->yaml;
	size_t line = 1, column = 1, i;

	if (y->error == YAML_MEMORY_ERROR)
		die(EXIT_FAILED, "cannot allocate memory for the parser");
	if (y->error == YAML_READER_ERROR) {
		/* It gives the byte; lines and characters are for people. */
		for (i = 0; i < y->problem_offset; i++)
			if (bytes[i] == '\n') {
				line++;
				column = 1;
			} else if (((unsigned char)bytes[i] & 0xc0) != 0x80) {
				column++;
			}
		document_problem_at(l->d, line, column, "not UTF-8 text: %s", y->problem);
	} else if (y->context != NULL) {
		document_problem_at(l->d, y->problem_mark.line + 1, y->problem_mark.column + 1,
		    "not YAML: %s, %s that began at %zu:%zu", y->problem, y->context,
		    y->context_mark.line + 1, y->context_mark.column + 1);
	} else {
		document_problem_at(
		    l->d, y->problem_mark.line + 1, y->problem_mark.column + 1, "not YAML: %s", y->problem);
	}
}

/* Returns false where the document cannot be read on. */
static bool
take(struct loader *l, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (l->npending == 0)
			return true;
		document_problem_at(
		    l->d, e->start_mark.line + 1, e->start_mark.column + 1, "a second document begins here");
		return false;
	case YAML_ALIAS_EVENT:
		take_alias(l, e);
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(l, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
		return take_start(l, e, NODE_LIST, e->data.sequence_start.tag, e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return take_start(l, e, NODE_MAP, e->data.mapping_start.tag, e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		take_end(l);
		break;
	default:
		break;
	}
	if (l->values <= DOCUMENT_VALUES)
		return true;
	document_problem_at(l->d, e->start_mark.line + 1, e->start_mark.column + 1,
	    "the file has more than %d values, or its merge keys make as many", DOCUMENT_VALUES);
	return false;
}

void
document_load(struct document *d, const char *file, const char *bytes, size_t len)
{
	struct loader l = { .d = d };
	bool more = true;
	yaml_event_t e;

	*d = (struct document){ .file = file };
	if (yaml_parser_initialize(&l.yaml) == 0)
		die(EXIT_FAILED, "cannot allocate memory for the parser");
	/* With the encoding set, which keeps UTF-16 out, libyaml does not look for a byte order mark. */
	yaml_parser_set_encoding(&l.yaml, YAML_UTF8_ENCODING);
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	yaml_parser_set_input_string(&l.yaml, (const unsigned char *)bytes, len);
	while (more) {
		if (yaml_parser_parse(&l.yaml, &e) == 0) {
			yaml_problem(&l, bytes);
			break;
		}
		more = take(&l, &e) && e.type != YAML_STREAM_END_EVENT;
		if (e.type == YAML_STREAM_END_EVENT && l.npending == 1)
			d->root = l.pending[0];
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&l.yaml);
	tdestroy(l.anchors, free_anchor);
	free(l.pending);
}
