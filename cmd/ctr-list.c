/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-list - records of the containers on disk that ctrkit made, as they were applied last: what each
 * declares, without what was assigned to it. They come in the order of ctr-parse, which ctr-create has noted, so that
 * diff(1) shows what is declared against what is applied. With -o a filter that adds what the stream lacks.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "container.h"
#include "fact.h"
#include "filter.h"
#include "option.h"
#include "order.h"
#include "record.h"
#include "say.h"

#define USAGE                                                                                                \
	"ctr-list [-bqv] [-P lxcpath] [-p project] [name ...]\n"                                             \
	"       ctr-list -o [-qv] [-P lxcpath] [-p project]"

/* A set of strings, sorted when it is complete. */
struct names {
	char **name;
	size_t n;
};

static void
add_name(struct names *s, const char *name)
{
	s->name = xgrow(s->name, s->n, sizeof(*s->name));
	s->name[s->n++] = xstrdup(name);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
has_name(const struct names *s, const char *name)
{
	return s->n > 0 && bsearch(&name, s->name, s->n, sizeof(*s->name), by_text) != NULL;
}

static void
sort_names(struct names *s)
{
	if (s->n > 0)
		qsort(s->name, s->n, sizeof(*s->name), by_text);
}

static void
free_names(struct names *s)
{
	while (s->n > 0)
		free(s->name[--s->n]);
	free(s->name);
}

static const char *
project_of(const struct record *r)
{
	return record_get(r, "container");
}

static int
by_project(const void *a, const void *b)
{
	const struct record *ra = *(struct record *const *)a, *rb = *(struct record *const *)b;
	int order = strcmp(project_of(ra), project_of(rb));
	size_t pa, pb;

	if (order != 0)
		return order;
	pa = order_place(ra->name);
	pb = order_place(rb->name);
	return pa < pb ? -1 : pa > pb ? 1 : strcmp(ra->name, rb->name);
}

static void
drop_assigned(struct record *r)
{
	size_t i = r->nfact;

	while (i-- > 0)
		if (fact_order(r->fact[i].key) >= fact_order("mac"))
			record_drop_fact(r, &r->fact[i]);
}

/* The stored records of one project, in the order that they get. */
static void
write_project(struct record **records, size_t n, bool orphans)
{
	struct record *project;
	size_t i;

	order_records(records, n);
	if (!orphans) {
		project = record_new(project_of(records[0]));
		record_add(project, "project", NULL);
		record_write(stdout, project);
		record_free(project);
	}
	for (i = 0; i < n; i++) {
		drop_assigned(records[i]);
		if (orphans)
			record_add(records[i], "orphan", NULL);
		record_write(stdout, records[i]);
	}
}

/* Passes stdin on, and notes which containers and projects it has. */
static int
pass_on(struct names *present, struct names *projects)
{
	struct reader in;
	struct record *r;
	int got, status = EXIT_DONE;

	reader_begin(&in, STDIN_FILENO, "stdin");
	while ((got = reader_next(&in, &r)) > 0) {
		if (record_is_project(r))
			add_name(projects, r->name);
		else
			add_name(present, r->name);
		if (record_whole(r))
			add_name(projects, project_of(r));
		if (record_failed(r))
			status = EXIT_FAILED;
		record_write(stdout, r);
		record_free(r);
	}
	reader_end(&in);
	return got < 0 ? EXIT_UNUSABLE : status;
}

/*
 * Whether R was asked for, by the operands WANTED, full names or with -p short ones; its name there is
 * marked.
 */
static bool
asked(const struct record *r, const char *project, char **wanted, bool *found, int n)
{
	bool any = n == 0;
	int i;

	for (i = 0; i < n; i++)
		if (strcmp(wanted[i], r->name) == 0 ||
		    (project != NULL && strcmp(wanted[i], record_find(r, "container", NULL)->field[1]) == 0))
			any = found[i] = true;
	return any;
}

int
main(int argc, char **argv)
{
	struct names present = { 0 }, projects = { 0 };
	const char *project = NULL;
	struct record **records;
	bool orphans = false, boot = false, *found;
	int o, i, status = EXIT_DONE;
	size_t n, k, first, broken = 0;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "bop:", USAGE)) != -1)
		if (o == 'b')
			boot = true;
		else if (o == 'o')
			orphans = true;
		else
			project = optarg;
	argc -= optind;
	argv += optind;
	if (project != NULL && !name_valid(project))
		die(EXIT_UNUSABLE, "'%s' is no name of a project", project);
	if (orphans && (boot || argc > 0))
		option_usage(USAGE);

	if (project != NULL)
		add_name(&projects, project);
	if (orphans)
		status = pass_on(&present, &projects);
	sort_names(&present);
	sort_names(&projects);
	found = xmalloc((size_t)argc * sizeof(*found));
	memset(found, 0, (size_t)argc * sizeof(*found));

	n = status == EXIT_UNUSABLE ? 0 : container_stored(&records, &broken);
	if (broken > 0)
		status = EXIT_FAILED;
	if (n > 0 && order_load() < 0) {
		say_error(NULL, "cannot read the order of the containers in CTR_STATE:");
		status = EXIT_FAILED;
	}
	for (k = 0, first = 0; k < n; k++) {
		struct record *r = records[k];

		if (((project != NULL || orphans) && !has_name(&projects, project_of(r))) ||
		    has_name(&present, r->name) || !asked(r, project, argv, found, argc) || (boot && !boot_wanted(r)))
			record_free(r);
		else
			records[first++] = r;
	}
	n = first;
	if (n > 0)
		qsort(records, n, sizeof(*records), by_project);
	for (first = 0; first < n; first = k) {
		for (k = first + 1; k < n && strcmp(project_of(records[first]), project_of(records[k])) == 0;)
			k++;
		write_project(records + first, k - first, orphans);
	}
	for (i = 0; i < argc; i++)
		if (!found[i]) {
			say_error(argv[i], project == NULL ? "ctrkit made no such container"
							   : "ctrkit made no such container in this project");
			status = EXIT_FAILED;
		}

	for (k = 0; k < n; k++)
		record_free(records[k]);
	if (status != EXIT_UNUSABLE)
		free(records);
	free(found);
	free_names(&present);
	free_names(&projects);
	return say_end(status);
}
