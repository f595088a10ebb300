/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishes the ports of running containers: brings the maps of table `inet ctr` that publish.h names
 * to what the records declare, in one transaction for all containers. What is there is asked of the kernel,
 * key by key: those that are wanted and those of the stored record. So that no others can be there, ports are
 * stored before they are published, and leave the stored record after they were withdrawn.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "container.h"
#include "ctr-ports/choose.h"
#include "ctr-ports/cut.h"
#include "ctr-ports/lock.h"
#include "ctr-ports/owner.h"
#include "ctr-ports/plan.h"
#include "fact.h"
#include "filter.h"
#include "listen.h"
#include "nft.h"
#include "option.h"
#include "publish.h"
#include "say.h"

static const char usage[] = "ctr-ports [-quv] [-P lxcpath] [name [port=[addr:][host]:ctr[/proto]]... ...]";
static bool undo;

enum { ATTEMPTS = 5 }; /* at a transaction that somebody with another lock, or none, is in the way of */

/* A fact `port`, for what is told of it. */
struct said {
	const struct fact *fact;
	size_t owner;
	char host[16]; /* the host's ports, also where the fact leaves it open */
	bool wanted, published, withdrawn;
};

static struct plan plan;
static struct said *saids;
static size_t nsaid;

/* Adds the keys of F, a fact of FACTS, to the plan: of an open one those of the port that was chosen for it. */
static void
expand(size_t owner, const struct record *facts, const struct fact *f, int why)
{
	struct owner *o = &plan.owner[owner];
	const struct fact *real = port_open(f) ? choose_kept(o->chosen, f) : f;
	struct said s = { .fact = f, .owner = owner, .wanted = facts == o->want };
	const char *wrong = real == NULL ? NULL : plan_fact(&plan, owner, real, why, nsaid);

	if (wrong != NULL)
		owner_fail(o, "cannot publish at %s: %s", f->field[1], wrong);
	snprintf(s.host, sizeof(s.host), "%s", real == NULL ? f->field[2] : real->field[2]);
	saids = xrealloc(saids, nsaid + 1, sizeof(*saids));
	saids[nsaid++] = s;
}

static void
expand_all(size_t owner, const struct record *facts, int why)
{
	const struct fact *f = NULL;

	while ((f = record_find(facts, "port", f)) != NULL)
		if (why == WANTED && port_open(f))
			plan.owner[owner].open = true; /* choose_all() comes for it */
		else
			expand(owner, facts, f, why);
}

static void
begin(size_t owner)
{
	struct owner *o = &plan.owner[owner];

	if (owner_begin(o, undo) < 0)
		return;
	expand_all(owner, o->want, o->running && !o->failed ? WANTED : HAD);
	expand_all(owner, o->old, HAD);
}

static int
by_name(const void *a, const void *b)
{
	struct owner *const *p = a, *const *q = b;
	int r = strcmp((*p)->r->name, (*q)->r->name);

	return r == 0 ? (*p > *q) - (*p < *q) : r;
}

static void
begin_all(struct record **records, size_t n)
{
	struct owner **order = xrealloc(NULL, n, sizeof(*order));
	struct rlimit files;
	size_t i, k = 0;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	plan.owner = xrealloc(NULL, n, sizeof(*plan.owner));
	for (i = 0; i < n; i++) {
		plan.owner[i] = (struct owner){ .r = records[i], .c = { .dirfd = -1, .lock = -1 } };
		order[i] = &plan.owner[i];
	}
	plan.nowner = n;
	qsort(order, n, sizeof(*order), by_name);
	for (i = 0; i < n; i++)
		if (i > 0 && strcmp(order[i - 1]->r->name, order[i]->r->name) == 0)
			owner_fail(order[i], "it comes twice in the input");
		/* Without a lock: there is nothing to be kept, and ctr-destroy, which asks for this, has it. */
		else if (!undo || container_exists(order[i]->r->name))
			order[k++] = order[i];
	lock_all(order, k);
	for (i = 0; i < k; i++)
		if (!order[i]->failed)
			begin((size_t)(order[i] - plan.owner));
	free(order);
}

/* Nothing could be done, for one reason, for any that have ports or may have some left. */
static void
fail_all(const char *why)
{
	size_t i;

	for (i = 0; i < plan.nelement; i++)
		owner_fail(&plan.owner[plan.element[i].owner], "%s", why);
	for (i = 0; i < plan.nowner; i++)
		if (plan.owner[i].old == NULL || plan.owner[i].open)
			owner_fail(&plan.owner[i], "%s", why);
}

/* Finds a port for each open one of the containers that run, and adds its keys to the plan. */
static void
choose_all(int maps)
{
	const struct fact *f;
	struct owner *o;
	size_t i;
	char *why;

	for (i = 0; i < plan.nowner; i++) {
		o = &plan.owner[i];
		for (f = NULL; o->open && !o->failed && (f = record_find(o->want, "port", f)) != NULL;) {
			if (!port_open(f))
				continue;
			why = choose_port(&plan, i, f, maps);
			if (why != NULL)
				owner_fail(o, "%s", why);
			else
				expand(i, o->want, f, WANTED);
			free(why);
		}
	}
}

/* The reason alone in what libnftables says: "FILE:LINE:COL-COL: Error: REASON", then where. */
static char *
reason(char *error)
{
	char *s = strstr(error, "Error: ");

	s = s == NULL ? error : s + strlen("Error: ");
	s[strcspn(s, "\n")] = '\0';
	return s;
}

/* What was done becomes part of its facts; and those that processes of the host listen on are told. */
static void
note_done(void)
{
	const struct publish *at, *told = NULL;
	const struct element *e;
	struct owner *o;
	char text[PUBLISH_TEXT];
	size_t i;

	for (i = 0; i < plan.nelement; i++) {
		e = &plan.element[i];
		o = &plan.owner[e->owner];
		at = &e->at;
		if (e->add && !o->failed) {
			saids[e->fact].published = true;
			if (!at->present &&
			    (told == NULL || told->proto != at->proto || told->port != at->port) &&
			    listens(at->proto, at->family, at->any ? NULL : at->addr, at->port)) {
				told = at;
				say_warning(o->r->name,
				    "port %s hides a process of the host that listens on it",
				    publish_text(at, text));
			}
		} else if (e->drop && e->fact != SIZE_MAX) {
			saids[e->fact].withdrawn = true;
		} else if (e->drop) {
			o->differ = true;
		}
	}
}

/* What a withdrawn port let in does not stay in. */
static void
cut(int maps)
{
	const struct element *e;
	char *why;
	size_t i;

	if (cut_connections(&plan, maps) == 0)
		return;
	why = xasprintf("cannot cut off connections of changed ports: %s", strerror(errno));
	for (i = 0; i < plan.nelement; i++) {
		e = &plan.element[i];
		if (cut_concerns(&plan, e))
			owner_fail(&plan.owner[e->owner], "%s", why);
	}
	free(why);
}

/* One transaction for all, planned anew where somebody else changed the maps before it came. */
static void
change(int maps)
{
	char *text, *error = NULL, *why = NULL;
	bool done = false;
	int attempt;
	size_t i;

	for (attempt = 1; !done && attempt <= ATTEMPTS; attempt++) {
		free(error);
		error = NULL;
		if (plan_make(&plan, maps) < 0) {
			why = xasprintf("cannot read the maps of published ports: %s", strerror(errno));
			break;
		}
		for (i = 0; i < plan.nowner; i++)
			owner_store_first(&plan.owner[i]);
		for (i = 0; i < plan.nowner; i++)
			owner_stored(&plan.owner[i]);
		text = plan_text(&plan);
		done = text == NULL || nft_run(text, &error) == 0;
		free(text);
	}
	if (done) {
		note_done();
		cut(maps);
	} else if (why == NULL) {
		why = xasprintf("cannot change the maps of published ports: %s", reason(error));
	}
	if (why != NULL)
		fail_all(why);
	free(why);
	free(error);
}

/* Works on the kernel's maps, with a lock so that no two programs look at them and then both change them. */
static void
change_locked(void)
{
	int maps = publish_open(), lock = -1;
	char *why = NULL;
	size_t i;

	/* Without the table there is nothing to lock, nor the directory. */
	if (maps >= 0 && ((lock = run_open("")) < 0 || lock_hold(lock, LOCK_EX) < 0)) {
		why = xasprintf("cannot lock the maps of published ports: %s", strerror(errno));
	} else if (maps >= 0) {
		choose_all(maps);
		change(maps);
	} else if (errno == ENOENT) {
		/* Then nothing is published, and there is nothing to be withdrawn. */
		for (i = 0; i < plan.nelement; i++)
			if (plan.element[i].why == WANTED)
				owner_fail(&plan.owner[plan.element[i].owner],
				    "there is no table 'inet ctr', which ctr-net makes");
		for (i = 0; i < plan.nowner; i++)
			if (plan.owner[i].open)
				owner_fail(&plan.owner[i], "there is no table 'inet ctr', which ctr-net makes");
	} else {
		why = xasprintf("cannot read the maps of published ports: %s", strerror(errno));
	}
	if (why != NULL)
		fail_all(why);
	free(why);
	if (lock >= 0)
		close(lock);
}

static void
tell(const struct said *s)
{
	struct owner *o = &plan.owner[s->owner];
	char *const *f = s->fact->field;
	const char *did = NULL;

	if (s->published)
		did = "published";
	else if (s->withdrawn)
		did = "withdrew";
	else if (!o->failed && o->differ && s->wanted && !record_has_fact(o->old, s->fact))
		did = o->running ? "published" : "stored, until it runs,";
	else if (!o->failed && o->differ && !s->wanted && !record_has_fact(o->want, s->fact))
		did = "withdrew";
	if (did != NULL && strcmp(f[1], "*") == 0)
		record_did(o->r, "%s port %s:%s/%s", did, s->host, f[3], f[0]);
	else if (did != NULL)
		record_did(o->r, strchr(f[1], ':') == NULL ? "%s port %s:%s:%s/%s" : "%s port [%s]:%s:%s/%s",
		    did, f[1], s->host, f[3], f[0]);
}

static int
publish_all(struct record **records, size_t n)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old[3], end = { .sa_handler = SIG_DFL };
	bool work = false;
	sigset_t blocked, signals;
	int low[8];
	size_t i;

	/*
	 * Low numbers of descriptors are kept for libnftables, which waits with select(2), while each
	 * container takes two.
	 */
	for (i = 0; i < 8; i++)
		low[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* Others' locks may take long. As long as nothing is changed, a signal ends it at once. */
	sigemptyset(&signals);
	for (i = 0; i < 3; i++) {
		sigaddset(&signals, numbers[i]);
		if (sigaction(numbers[i], NULL, &old[i]) == 0 && old[i].sa_handler != SIG_IGN)
			sigaction(numbers[i], &end, NULL);
	}
	sigprocmask(SIG_UNBLOCK, &signals, &blocked);
	begin_all(records, n);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	for (i = 0; i < 3; i++)
		sigaction(numbers[i], &old[i], NULL);
	for (i = 0; i < 8; i++)
		close(low[i]);
	for (i = 0; i < n; i++)
		work = work || plan.owner[i].open || (plan.owner[i].old == NULL && !plan.owner[i].failed);
	if (work || plan.nelement > 0)
		change_locked();
	for (i = 0; i < n; i++)
		if (plan.owner[i].old != NULL)
			owner_store_last(&plan.owner[i], undo);
	for (i = 0; i < n; i++)
		owner_stored(&plan.owner[i]);
	for (i = 0; i < nsaid; i++)
		tell(&saids[i]);
	for (i = 0; i < n; i++) {
		if (plan.owner[i].old == NULL && plan.owner[i].differ)
			record_did(plan.owner[i].r, "withdrew what was left of it");
		record_free(plan.owner[i].old);
		record_free(plan.owner[i].want);
		record_free(plan.owner[i].chosen);
		container_close(&plan.owner[i].c);
	}
	free(plan.owner);
	free(plan.element);
	free(saids);
	return -1;
}

/* Some are to be published. */
static void
prepare(struct record **records, size_t n)
{
	size_t i;

	for (i = 0; i < n && record_find(records[i], "port", NULL) == NULL; i++)
		continue;
	if (i < n)
		nft_prepare();
}

int
main(int argc, char **argv)
{
	struct filter f = { .all = publish_all, .gather = true, .waits = prepare };
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "u", usage)) != -1)
		undo = true;
	f.ends = undo;
	if (!undo)
		choose_range();
	return filter(&f, argc - optind, argv + optind);
}
