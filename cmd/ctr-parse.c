/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-parse writes the records of a project file, ctr-project(5). The document is read whole, then each
 * container key by key in the order that facts have in a record. What links, clones and `after` say of other
 * containers becomes the edges of a graph, and of that the facts `after` and the order of the records. All
 * problems are gathered, and records written only where there is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctr-parse/claim.h"
#include "ctr-parse/document.h"
#include "ctr-parse/keep.h"
#include "ctr-parse/keys.h"
#include "fact.h"
#include "graph.h"
#include "option.h"
#include "replace.h"
#include "say.h"

#define USAGE "ctr-parse [-q] [-f FILE] [-p PROJECT]"
#define NOWHERE SIZE_MAX

enum {
	MAP = 1 << NODE_MAP,
	TEXT = 1 << NODE_TEXT,

	CLONE = 1, /* kinds of edges */
	AFTER = 2,
	LINK = 4,
};

struct ctr {
	const char *name, *full;
	struct node *value;
	size_t edges; /* the first of them that goes out from here */
	struct text {
		const char *text; /* smaller than the record */
		size_t len;
	} early, late; /* the lines of its facts before and behind `after` */
};

static struct document doc;
static struct keys keys = { .d = &doc };
static struct node nothing = { .kind = NODE_MAP }, *defaults, *network;
static char *lxcpath;
static struct ctr *ctrs, *ctr; /* all, and the one whose keys are read */
static size_t nctr;
static struct ctr **by_name; /* all, sorted, once somebody asks */
static struct edge *edges;
static struct node **edge_at; /* where the edge of the same number is written */
static size_t nedge;
static struct claims claims;
static FILE *record; /* the text of one record, used again for the next */
static char *record_text;
static size_t record_len;

/* Opens the project file: FILE, or the first of the usual names. *FILE gets its name for messages. */
static int
open_file(const char **file)
{
	static const char *const usual[] = { "ctr.yml", "ctr.yaml", "locker.yml", "locker.yaml", NULL };
	const char *const given[] = { *file, NULL }, *const *name = *file == NULL ? usual : given;
	int fd = -1;

	if (*file != NULL && strcmp(*file, "-") == 0) {
		*file = "stdin";
		return STDIN_FILENO;
	}
	for (errno = ENOENT; *name != NULL && fd < 0 && errno == ENOENT; name++)
		fd = open(*file = *name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && name == usual + 4)
		die(EXIT_UNUSABLE, "there is no ctr.yml, ctr.yaml, locker.yml or locker.yaml here");
	if (fd < 0)
		die(EXIT_UNUSABLE, "cannot open '%s':", *file);
	return fd;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp((*(struct ctr *const *)a)->name, (*(struct ctr *const *)b)->name);
}

/* The container of the project with this short name, or NOWHERE. */
static size_t
find_short(const char *name)
{
	struct ctr wanted = { .name = name }, *key = &wanted, **found;
	size_t i;

	if (by_name == NULL) {
		by_name = xrealloc(NULL, nctr, sizeof(struct ctr *));
		for (i = 0; i < nctr; i++)
			by_name[i] = &ctrs[i];
		qsort(by_name, nctr, sizeof(struct ctr *), compare_names);
	}
	found = bsearch(&key, by_name, nctr, sizeof(struct ctr *), compare_names);
	return found == NULL ? NOWHERE : (size_t)(*found - ctrs);
}

/* The container of the project with this full name, or NOWHERE. */
static size_t
find_full(const char *name)
{
	size_t n = strlen(keys.project);

	return strncmp(name, keys.project, n) == 0 && name[n] == '_' ? find_short(name + n + 1) : NOWHERE;
}

static const char *
ctr_name(size_t i)
{
	return i < nctr ? ctrs[i].name : NULL;
}

/* The container that a fact which may refer to one means, by whatever name, or a null pointer. */
static const char *
referred(const struct fact *f)
{
	return strcmp(f->key, "network") == 0 ? network_shared(f->field[0]) : f->field[0];
}

/* Gives a link, an `after`, a clone, a shared network and so on the full name of the container that it means. */
static void
refer(const char *key, struct node *at, struct fact *f)
{
	const char *name = referred(f);
	size_t i = name == NULL ? NOWHERE : find_short(name);
	char *full;

	if (name == NULL)
		return;
	if (i != NOWHERE) {
		full = xasprintf("%.*s%s", (int)(name - f->field[0]), f->field[0], ctrs[i].full);
		f->field[0] = full;
		fact_set(f, f->field, f->n);
		free(full);
	} else if (strcmp(key, "clone") != 0 && find_full(name) == NOWHERE) {
		document_problem(&doc, at, "%s: there is no container '%s' in the project%s", key, name,
		    document_hint(&doc, name, ctr_name));
	}
}

static void
add_edge(size_t to, unsigned kind, struct node *at)
{
	edges = xgrow(edges, nedge, sizeof(*edges));
	edge_at = xgrow(edge_at, nedge, sizeof(struct node *));
	edges[nedge] = (struct edge){ (size_t)(ctr - ctrs), to, kind };
	edge_at[nedge++] = at;
}

/* Takes in a fact of `ctr` that was read. Returns whether it stays in the record. */
static bool
take(const struct fact *f, struct node *at, bool own)
{
	unsigned kind = 0;
	size_t to;

	if (strcmp(f->key, "port") == 0 || strcmp(f->key, "address") == 0) {
		claim_add(&claims, f, (size_t)(ctr - ctrs), at);
		return true;
	}
	if (strcmp(f->key, "link") == 0 || strcmp(f->key, "forward") == 0)
		kind = LINK;
	else if (strcmp(f->key, "after") == 0 || strcmp(f->key, "network") == 0)
		kind = AFTER;
	else if (strcmp(f->key, "clone") == 0)
		kind = CLONE;
	else if (strcmp(f->key, "backlink") != 0)
		return true;
	to = referred(f) == NULL ? NOWHERE : find_full(referred(f));
	/* What the defaults say for all does not mean a container to itself. */
	if (to != NOWHERE && ctrs + to == ctr && !own && kind != CLONE)
		return false;
	if (to != NOWHERE && kind != 0)
		add_edge(to, kind, at);
	/* The facts `after` are made from the edges, since others make some, too. */
	return strcmp(f->key, "after") != 0;
}

/* Makes the record in `keys` the lines T, and ends it. */
static void
end_record(struct text *t)
{
	t->text = "";
	rewind(record);
	record_write(record, keys.r);
	if (fflush(record) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	if (keys.r->nfact > 0) {
		t->len = record_len - 1; /* without the blank line */
		t->text = memcpy(keep(t->len), record_text, t->len);
	}
	record_free(keys.r);
}

static void
read_containers(struct node *const under[KEYS])
{
	struct node *value[KEYS];
	size_t i;

	for (ctr = ctrs; ctr < ctrs + nctr; ctr++) {
		keys.name = name_valid(ctr->name) ? ctr->name : "NAME";
		keys_find(&keys, ctr->value->kind == NODE_MAP ? ctr->value : &nothing, value);
		ctr->edges = nedge;
		keys.r = record_new(ctr->full);
		record_add(keys.r, "container", keys.project, ctr->name, NULL);
		for (i = 0; i < KEYS_LATE; i++)
			keys_read(&keys, i, value, under, take);
		end_record(&ctr->early);
		while (i < KEYS && value[i] == NULL && under[i] == NULL)
			i++;
		if (i == KEYS)
			continue;
		keys.r = record_new(ctr->full);
		for (; i < KEYS; i++)
			keys_read(&keys, i, value, under, take);
		end_record(&ctr->late);
	}
}

/* Two containers, or one twice, want what only one can have. */
static void
clash(const struct clash *c)
{
	const struct node *p = c->at[0], *q = c->at[1];
	/* The one that comes later in the file is wrong. */
	bool later = p->line < q->line || (p->line == q->line && p->column <= q->column);
	struct node *a = c->at[later], *b = c->at[!later];

	document_problem(&doc, a, "%s: '%s' cannot be had: '%s' has '%s' on line %u",
	    ctrs[c->owner[later]].name, a->text, ctrs[c->owner[!later]].name, b->text, b->line);
}

/* The key whose circles are looked for. */
static const char *circle_of;

static void
circle(const size_t *thing, size_t n, const struct edge *closing)
{
	size_t i, size;
	char *names;
	FILE *f = xopen_memstream(&names, &size);

	for (i = 0; i < n && i < 8; i++)
		fprintf(f, "%s, ", ctrs[thing[i]].name);
	fprintf(f, "%s%s", i < n ? "..., " : "", ctrs[thing[0]].name);
	xfclose(f);
	document_problem(&doc, edge_at[closing - edges], "%s: this closes a circle: %s", circle_of, names);
	free(names);
}

/* Sets `ctrs` from the pairs of MAP. */
static void
read_names(const struct node *map)
{
	size_t n = strlen(keys.project) + 2, size, other;
	const struct pair *p;
	char *full;

	ctrs = ctr = keep(map->n * sizeof(*ctrs));
	nctr = map->n;
	for (p = map->pair; p < map->pair + map->n; p++, ctr++) {
		size = n + strlen(p->key->text);
		full = keep(size);
		snprintf(full, size, "%s_%s", keys.project, p->key->text);
		*ctr = (struct ctr){ .name = p->key->text, .full = full, .value = p->value, .late.text = "" };
		if (!name_valid(ctr->name))
			document_problem(&doc, p->key, "'%s' is no name for a container: it takes letters, "
			    "digits, '_', '.' and '-', and begins with a letter or digit", ctr->name);
		else if (!name_valid(full))
			document_problem(&doc, p->key, "the full name '%s' is longer than 63 bytes", full);
		/* An empty one is all defaults. */
		if (!p->value->empty || defaults == NULL)
			node_check(&doc, p->value, MAP, ctr->name);
	}
	/* A link to it, by the short name first, would not be to what ctr-select(1) chooses, by the full name first. */
	for (p = map->pair; p < map->pair + map->n; p++)
		if ((other = find_full(p->key->text)) != NOWHERE)
			document_problem(&doc, p->key, "'%s' is the full name of '%s', too", p->key->text, ctrs[other].name);
}

/* Reads the document's top level. GIVEN is the project's name by option, or a null pointer. */
static void
read_top(const char *given)
{
	static const char *const names[] = { "containers", "defaults", "network", "lxcpath", "name", NULL };
	struct node *value[5] = { 0 }, *root = doc.root;
	size_t i;

	if (!node_check(&doc, root, MAP, "the project file"))
		return;
	for (i = 0; i < root->n && strcmp(root->pair[i].key->text, names[0]) != 0; i++)
		continue;
	if (i < root->n)
		node_pick(&doc, root, names, value);
	else
		value[0] = root;
	for (i = 0; i < 5; i++)
		if (value[i] != NULL && !node_check(&doc, value[i], i < 3 ? MAP : TEXT, names[i]))
			value[i] = NULL;
	defaults = value[1];
	network = value[2];
	if (value[3] != NULL) {
		lxcpath = keys_path(keys.directory, value[3]->text);
		if (!path_valid(lxcpath))
			document_problem(&doc, value[3],
			    "lxcpath: '%s' is not absolute, or has '.', '..' or '//'", lxcpath);
	}
	if (given != NULL)
		keys.project = given;
	else if (value[4] != NULL)
		keys.project = value[4]->text;
	else
		keys.project = strrchr(keys.directory, '/') + 1;
	if (!name_valid(keys.project)) {
		document_problem(&doc, given == NULL && value[4] != NULL ? value[4] : root,
		    "'%s' is no name for a project: say another with -p%s", keys.project,
		    value[4] != NULL ? "" : ", or with 'name' beside 'containers'");
		keys.project = "PROJECT";
	}
	if (value[0] != NULL)
		read_names(value[0]);
}

/* Reads the project that the document is. */
static void
read_project(const char *given)
{
	struct node *under[KEYS];

	read_top(given);
	keys_find(&keys, defaults == NULL ? &nothing : defaults, under);
	/* The network of the whole project is what a container has that says no other. */
	if (under[KEYS_NETWORK] == NULL)
		under[KEYS_NETWORK] = network;
	record = xopen_memstream(&record_text, &record_len);
	__fsetlocking(record, FSETLOCKING_BYCALLER); /* there is one thread */
	read_containers(under);
	fclose(record);
	circle_of = "clone";
	graph_order(nctr, edges, nedge, CLONE, NULL, circle);
	circle_of = "after";
	if (!graph_order(nctr, edges, nedge, AFTER, NULL, circle))
		graph_harden(nctr, edges, nedge, LINK, AFTER, CLONE);
	claim_check(&claims, clash);
}

static void
write_records(void)
{
	size_t *order = keep(nctr * sizeof(*order)), *last = keep(nctr * sizeof(*last));
	size_t i, e;
	struct record *r = record_new(keys.project);

	record_add(r, "project", NULL);
	if (lxcpath != NULL)
		record_add(r, "lxcpath", lxcpath, NULL);
	record_write(stdout, r);
	/* A clone may be started before its source: then `after` has its way; ctr-create reads all first. */
	if (graph_order(nctr, edges, nedge, CLONE | AFTER, order, NULL))
		graph_order(nctr, edges, nedge, AFTER, order, NULL);
	for (i = 0; i < nctr; i++)
		last[i] = NOWHERE;
	for (i = 0; i < nctr; i++) {
		ctr = &ctrs[order[i]];
		fwrite(ctr->early.text, 1, ctr->early.len, stdout);
		for (e = ctr->edges; e < nedge && edges[e].from == order[i]; e++)
			if (edges[e].kind == AFTER && last[edges[e].to] != i) {
				printf("%s\tafter\t%s\n", ctr->full, ctrs[edges[e].to].full);
				last[edges[e].to] = i;
			}
		fwrite(ctr->late.text, 1, ctr->late.len, stdout);
		putchar('\n');
	}
}

/* Nothing is freed at the end: exit does that, and at once. */
int
main(int argc, char **argv)
{
	const char *file = NULL, *given = NULL;
	char *bytes;
	size_t len;
	int o, fd;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "f:p:", USAGE)) != -1)
		if (o == 'f')
			file = optarg;
		else
			given = optarg;
	if (optind < argc)
		option_usage(USAGE);
	if (given != NULL && !name_valid(given))
		die(EXIT_UNUSABLE, "-p takes letters, digits, '_', '.' and '-', 63 at most, not '%s'", given);
	fd = open_file(&file);
	if (read_all(fd, &bytes, &len, DOCUMENT_BYTES) < 0) {
		if (errno == EFBIG)
			die(EXIT_UNUSABLE, "'%s' is larger than 16 MiB, which no project file may be", file);
		die(EXIT_UNUSABLE, "cannot read '%s':", file);
	}
	keys.directory = keys_directory(fd == STDIN_FILENO ? "stdin" : file);
	keys.refer = refer;
	document_load(&doc, file, bytes, len);
	if (doc.root != NULL)
		read_project(given);
	else if (doc.nproblem == 0)
		document_problem_at(&doc, 1, 1, "the file is empty");
	document_tell(&doc);
	if (doc.nproblem > 0)
		return say_end(EXIT_UNUSABLE);
	write_records();
	return say_end(EXIT_DONE);
}
