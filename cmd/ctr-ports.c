/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishes the ports of running containers: brings the maps any4, any6, one4 and one6 of table `inet ctr`
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
#include "ctr-ports/plan.h"
#include "fact.h"
#include "filter.h"
#include "listen.h"
#include "lxc.h"
#include "nft.h"
#include "option.h"
#include "pool.h"
#include "publish.h"
#include "say.h"

static const char usage[] = "ctr-ports [-quv] [-P lxcpath] [name [port=[addr:]host:ctr[/proto]]... ...]";
static const char *const keys[] = { "port", NULL }, *const stored_keys[] = { "port", "chosen", NULL };
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

static void
fail(struct owner *o, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = say_text(format, args);
	va_end(args);
	if (!o->failed)
		record_fail(o->r, "%s", text);
	o->failed = true;
	free(text);
}

/* Adds the keys of F, a fact of FACTS, to the plan: of an open one those of the port that was chosen for it. */
static void
expand(size_t owner, const struct record *facts, const struct fact *f, int why)
{
	struct owner *o = &plan.owner[owner];
	const struct fact *real = port_open(f) ? choose_kept(o->chosen, f) : f;
	struct said s = { .fact = f, .owner = owner, .wanted = facts == o->want };
	const char *wrong = real == NULL ? NULL : plan_fact(&plan, owner, real, why, nsaid);

	if (wrong != NULL)
		fail(o, "cannot publish at %s: %s", f->field[1], wrong);
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

static bool
has_fact(const struct record *r, const struct fact *fact)
{
	const struct fact *f = NULL;

	while ((f = record_find(r, fact->key, f)) != NULL)
		if (fact_equal(f, fact))
			return true;
	return false;
}

/* Tells of a port that is to be withdrawn and is part of a range that was declared whole. */
static void
check_parts(struct owner *o)
{
	const struct fact *f = NULL, *g;
	struct ports part, range;

	/* The error makes F void. */
	while (!o->failed && (f = record_find(o->r, "port", f)) != NULL)
		for (g = NULL; !o->failed && !has_fact(o->old, f) && (g = record_find(o->old, "port", g)) != NULL;)
			if (!fact_same(f, g) && strcmp(f->field[0], g->field[0]) == 0 &&
			    strcmp(f->field[1], g->field[1]) == 0 && ports_parse(f->field[2], &part) &&
			    ports_parse(g->field[2], &range) && part.first <= range.last && range.first <= part.last)
				fail(o, "port %s:%s/%s can only be withdrawn as a whole, not %s", g->field[2],
				    g->field[3], g->field[0], f->field[2]);
}

/* Opens the container, whose lock is held, and says what it had and wants. */
static void
begin(size_t owner)
{
	struct owner *o = &plan.owner[owner];
	const struct fact *f = NULL;
	const char *network, *address;

	if (container_read(&o->c, o->r) < 0) {
		o->failed = true;
		return;
	}
	address = record_get(o->c.stored, "ipv4");
	o->running = lxc_running(o->r->name);
	if (!undo && o->running && address != NULL && !pool_veth_up(address)) {
		/* They lead to the address that it has, and lead nowhere at the one that it will have. */
		say_warning(o->r->name, "it has another address than %s until its next start: its ports stay as they are",
		    address);
		record_pending(o->r, "port");
		container_close(&o->c);
		o->failed = true;
		return;
	}
	o->want = container_want(&o->c, o->r, keys, undo);
	o->old = record_new(o->r->name);
	while ((f = record_find(o->c.stored, "port", f)) != NULL)
		record_addv(o->old, f->key, f->field, f->n);
	o->chosen = record_new(o->r->name);
	while ((f = record_find(o->c.stored, "chosen", f)) != NULL)
		record_addv(o->chosen, f->key, f->field, f->n);
	if (undo && !record_whole(o->r))
		check_parts(o);
	if (o->failed)
		return;
	o->differ = !record_equal(o->old, o->want, keys);
	while (o->differ && !o->leaves && (f = record_find(o->old, "port", f)) != NULL)
		o->leaves = !has_fact(o->want, f);
	if (record_find(o->want, "port", NULL) != NULL) {
		network = record_get(o->c.stored, "network");
		if (network != NULL)
			fail(o, "ports need the managed network, and its network is %s%s",
			    network_bridge(network) ? "the bridge " : "", network);
		else if (!o->running)
			say_note(o->r->name, "it is not running: its ports are published when it is");
	}
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
			fail(order[i], "it comes twice in the input");
		/* Without a lock: there is nothing to be kept, and ctr-destroy, which asks for this, has it. */
		else if (!undo || container_exists(order[i]->r->name))
			order[k++] = order[i];
	lock_all(order, k);
	for (i = 0; i < k; i++)
		if (!order[i]->failed)
			begin((size_t)(order[i] - plan.owner));
	free(order);
}

/* Stores what an owner has together with what is about to be published. */
static void
store_first(struct owner *o)
{
	const struct fact *f = NULL;
	struct record *both;

	if (o->failed || o->old == NULL || (!o->differ && !o->open))
		return;
	both = record_copy(o->old);
	while ((f = record_find(o->chosen, "chosen", f)) != NULL)
		record_addv(both, f->key, f->field, f->n);
	while ((f = record_find(o->want, "port", f)) != NULL)
		if (!has_fact(o->old, f))
			record_addv(both, f->key, f->field, f->n);
	if (container_store(&o->c, both, stored_keys) < 0)
		fail(o, "cannot write '%s/ctr/record':", o->c.dir);
	record_free(both);
}

/* Nothing could be done, for one reason, for any that have ports or may have some left. */
static void
fail_all(const char *why)
{
	size_t i;

	for (i = 0; i < plan.nelement; i++)
		fail(&plan.owner[plan.element[i].owner], "%s", why);
	for (i = 0; i < plan.nowner; i++)
		if (plan.owner[i].old == NULL || plan.owner[i].open)
			fail(&plan.owner[i], "%s", why);
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
				fail(o, "%s", why);
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
			fail(&plan.owner[e->owner], "%s", why);
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
			store_first(&plan.owner[i]);
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
	int lock = run_open(""), maps;
	char *why = NULL;
	size_t i;

	if (lock < 0 || flock(lock, LOCK_EX) < 0) {
		why = xasprintf("cannot lock the maps of published ports: %s", strerror(errno));
	} else if ((maps = publish_open()) >= 0) {
		choose_all(maps);
		change(maps);
		close(maps);
	} else if (errno == ENOENT) {
		/* Then nothing is published, and there is nothing to be withdrawn. */
		for (i = 0; i < plan.nelement; i++)
			if (plan.element[i].why == WANTED)
				fail(&plan.owner[plan.element[i].owner],
				    "there is no table 'inet ctr', which ctr-net makes");
		for (i = 0; i < plan.nowner; i++)
			if (plan.owner[i].open)
				fail(&plan.owner[i], "there is no table 'inet ctr', which ctr-net makes");
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
	else if (!o->failed && o->differ && s->wanted && !has_fact(o->old, s->fact))
		did = o->running ? "published" : "stored, until it runs,";
	else if (!o->failed && o->differ && !s->wanted && !has_fact(o->want, s->fact))
		did = "withdrew";
	if (did != NULL && strcmp(f[1], "*") == 0)
		record_did(o->r, "%s port %s:%s/%s", did, s->host, f[3], f[0]);
	else if (did != NULL)
		record_did(o->r, strchr(f[1], ':') == NULL ? "%s port %s:%s:%s/%s" : "%s port [%s]:%s:%s/%s",
		    did, f[1], s->host, f[3], f[0]);
}

/*
 * What was chosen is kept when ports are withdrawn, until the container is declared without them. It goes on with the
 * record.
 */
static void
store_last(struct owner *o)
{
	const struct record *from = o->failed ? o->c.stored : o->chosen;
	const struct fact *f = NULL, *g = NULL;
	struct record *last = record_copy(o->failed ? o->old : o->want);
	bool all = undo || o->failed || !record_whole(o->r);

	record_drop(o->r, "chosen");
	while (!undo && !o->failed && (g = record_find(o->want, "port", g)) != NULL)
		if (port_open(g) && (f = choose_kept(from, g)) != NULL)
			record_addv(o->r, f->key, f->field, f->n);
	for (f = NULL; (f = record_find(all ? from : o->r, "chosen", f)) != NULL;)
		record_addv(last, f->key, f->field, f->n);
	if (container_store(&o->c, last, stored_keys) < 0)
		fail(o, "cannot write '%s/ctr/record':", o->c.dir);
	record_free(last);
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
	for (i = 0; i < n; i++) {
		if (plan.owner[i].old != NULL)
			store_last(&plan.owner[i]);
	}
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

int
main(int argc, char **argv)
{
	struct filter f = { .all = publish_all, .gather = true };
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "u", usage)) != -1)
		undo = true;
	f.ends = undo;
	if (!undo)
		choose_range();
	return filter(&f, argc - optind, argv + optind);
}
