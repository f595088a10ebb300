/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the containers that do not exist, by an LXC template or as clones, through liblxc or cp(1), and
 * gives each its directory LXCPATH/NAME/ctr. Meanwhile a note says that it is not whole (unmake.h). What
 * liblxc and the template do ends with this program (enclose.h), and until the last of it has ended the
 * container's lock is held: so nothing writes into what the next run makes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "ctr-create/clone.h"
#include "ctr-create/enclose.h"
#include "ctr-create/log.h"
#include "ctr-create/snippets.h"
#include "filter.h"
#include "lxc.h"
#include "option.h"
#include "order.h"
#include "replace.h"
#include "say.h"
#include "unmake.h"

#define USAGE "ctr-create [-qv] [-j jobs] [-P lxcpath] [name [key=value ...]] ..."

enum {
	CONFIG_MAX = 1024 * 1024,
};

static const char *const owned[] = { "container", "template", "clone", "after", NULL };
static const char *const made_by[] = { "template", "clone", NULL };
static const char *const after[] = { "after", NULL };

struct work {
	const struct container *c;
	const struct fact *template, *clone; /* one of them */
	struct clone_source source;
};

/* liblxc's or cp's part, enclosed. */
static bool
work(void *arg)
{
	const struct work *w = arg;
	char *ctr = xasprintf("%s/ctr", w->c->dir), *log = xasprintf("%s/lxc.log", ctr);
	struct lxc_log settings = { .name = w->c->name,
		.lxcpath = container_path(),
		.file = log,
		.level = "ERROR",
		.prefix = say_program,
		.quiet = true };
	struct lxc_container *lxc;

	if (lxc_log_init(&settings) < 0) {
		dprintf(STDERR_FILENO, "cannot write '%s': %s\n", log, strerror(errno));
		return false;
	}
	/* liblxc removes the directory of what it could not make; the logs in ctr are still wanted. */
	if (mount(ctr, ctr, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, ctr, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0) {
		dprintf(STDERR_FILENO, "cannot protect '%s': %s\n", ctr, strerror(errno));
		return false;
	}
	if (w->clone != NULL)
		return clone_make(&w->source, w->clone, w->c->name);
	lxc = lxc_container_new(w->c->name, container_path());
	return lxc != NULL && lxc->create(lxc, w->template->field[0], NULL, NULL, 0, &w->template->field[1]);
}

/* Fills the directory ctr, all its files being there from now on, and includes it in the configuration. */
static int
finish(struct container *c, struct record *r, const struct record *facts)
{
	int dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), like = -1, status = -1;
	const char *snippets, *failed;
	char *config = NULL, *text;
	size_t len;
	int wrote;

	if (dir < 0 || (like = openat(dir, "config", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0 ||
	    read_all(like, &config, &len, CONFIG_MAX) < 0) {
		record_fail(r, "cannot read '%s/config':", c->dir);
		goto out;
	}
	clone_config(config);
	c->stored = record_new(c->name);
	if (container_store_begin(c, facts, owned) < 0) {
		record_fail(r, "cannot write '%s/ctr/record':", c->dir);
		goto out;
	}
	snippets = snippets_missing(config);
	text = snippets == NULL ? xstrdup("") : xasprintf("lxc.include = %s\n", snippets);
	wrote = conf_includes(c, text, &failed);
	free(text);
	if (wrote < 0) {
		record_fail(r, "cannot write '%s/ctr/%s':", c->dir, failed);
		goto out;
	}
	len = strlen(config);
	text = xasprintf("%s%slxc.include = %s/ctr/config\n", config,
	    len > 0 && config[len - 1] != '\n' ? "\n" : "", c->dir);
	free(config);
	config = text;
	if (replace_at(dir, "config", config, strlen(config), like, 0) < 0) {
		record_fail(r, "cannot write '%s/config':", c->dir);
		goto out;
	}
	status = 0;
out:
	if (container_store_end(c) < 0 && status == 0)
		status = record_fail(r, "cannot write '%s/ctr/record':", c->dir);
	if (like >= 0)
		close(like);
	if (dir >= 0)
		close(dir);
	free(config);
	return status;
}

/*
 * The directory, the note that it is not whole, and the beginnings of ctr. LOG gets create.log and lxc.log.
 */
static int
begin(struct container *c, struct record *r, int log[2])
{
	char *ctr = xasprintf("%s/ctr", c->dir);
	int status = -1;

	/* As liblxc would make it. Killed here, this leaves an empty directory, which counts as none. */
	if (mkdir(c->dir, 0770) < 0) {
		record_fail(r, "cannot make '%s':", c->dir);
	} else if (unmake_begin(c) < 0) {
		record_fail(r, "cannot write to the directory 'create' of CTR_STATE:");
		rmdir(c->dir);
		/*
		 * Of root alone: it has the environment, passwords in it. Nothing in the container looks
		 * there.
		 */
	} else if (mkdir(ctr, 0700) < 0 || (c->dirfd = open(ctr, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		record_fail(r, "cannot make '%s':", ctr);
	} else if ((log[0] = log_open(c->dirfd, "create.log")) < 0 ||
		   (log[1] = log_open(c->dirfd, "lxc.log")) < 0) {
		record_fail(r, "cannot make the logs in '%s':", ctr);
	} else {
		status = 0;
	}
	free(ctr);
	return status;
}

/*
 * Whether the template's arguments are all its own: LXC gives the name and the paths, and the last one
 * given would count.
 */
static bool
own_arguments(const struct fact *template, struct record *r)
{
	static const char *const given[] = { "--name", "--path", "--rootfs" };
	size_t i, k, len;

	for (i = 1; i < template->n; i++)
		for (k = 0; k < sizeof(given) / sizeof(given[0]); k++) {
			len = strlen(given[k]);
			if (strncmp(template->field[i], given[k], len) == 0 &&
			    (template->field[i][len] == '=' || template->field[i][len] == '\0')) {
				record_fail(r, "its template cannot be given '%s': LXC does that", given[k]);
				return false;
			}
		}
	return true;
}

/* The facts that the stored record begins with, of the caller's to free. A null pointer after record_fail. */
static struct record *
first_facts(struct record *r)
{
	const char *split = strchr(r->name, '_');
	struct record *facts = record_new(r->name);
	const struct fact *f;
	char *project;
	size_t i;

	for (i = 0; owned[i] != NULL; i++)
		for (f = NULL; (f = record_find(r, owned[i], f)) != NULL;)
			record_addv(facts, f->key, f->field, f->n);
	if (record_whole(r))
		return facts;
	if (split == NULL || split[1] == '\0') {
		record_fail(r, "its name is not of the form PROJECT_NAME");
		record_free(facts);
		return NULL;
	}
	project = xstrndup(r->name, (size_t)(split - r->name));
	record_add(facts, "container", project, split + 1, NULL);
	free(project);
	return facts;
}

/* Why it was not made, of the caller's to free: what liblxc said; where it copied nothing, what cp said. */
static char *
why_not(const struct work *w, const int log[2])
{
	char *last = w->clone != NULL && lseek(log[1], 0, SEEK_END) == 0 ? log_last(log[0]) : NULL;

	if (last != NULL)
		return last;
	log_tail(log[0], w->c->name);
	return lxc_first_error(w->c);
}

/* Makes what WORK says, in a directory that is not there. */
static int
make_whole(struct container *c, struct record *r, struct work *w, const struct record *facts)
{
	int log[2] = { -1, -1 }, status = begin(c, r, log);
	char *why;

	if (status == 0 && (status = enclose(work, w, log[0], c->lock)) < 0)
		record_fail(r, "cannot start a process in a PID namespace:");
	/* Before what comes next may need it alone. */
	clone_close(&w->source);
	if (status > 0 && enclose_caught() != 0) {
		status = record_fail(r, "interrupted; nothing of it is left");
	} else if (status > 0) {
		why = why_not(w, log);
		if (w->clone == NULL)
			status = record_fail(r, "template '%s' failed: %s", w->template->field[0], why);
		else
			status = record_fail(r, "cannot clone '%s': %s%s", w->clone->field[0], why,
			    strstr(why, "Failed to rsync") != NULL && strstr(why, "rsync:") == NULL
				? " (is rsync(1) there?)"
				: "");
		free(why);
	} else if (status == 0 && w->clone != NULL) {
		status = clone_own(c, r, &w->source.ids);
	}
	log_close(log[0]);
	log_close(log[1]);
	if (status == 0)
		status = finish(c, r, facts);
	if (status == 0 && unmake_end(c) < 0)
		status = record_fail(r, "cannot remove its file in the directory 'create' of CTR_STATE:");
	return status;
}

static int
make(struct container *c, struct record *r)
{
	struct work w = { .c = c,
		.template = record_find(r, "template", NULL),
		.clone = record_find(r, "clone", NULL),
		.source = { .lock = -1, .config = -1 } };
	struct record *facts;
	int status;

	if (w.template == NULL && w.clone == NULL)
		return record_fail(r, "it does not exist, and has neither template nor clone to make it by");
	if (w.template != NULL && w.clone != NULL)
		return record_fail(r, "it has both a template and a clone to make it by");
	if ((w.template != NULL && !own_arguments(w.template, r)) || (facts = first_facts(r)) == NULL)
		return -1;
	status = w.clone == NULL ? 0 : clone_open(&w.source, w.clone, r);
	if (status == 0) {
		if (isatty(STDERR_FILENO))
			say_note(r->name, w.clone != NULL ? "clones '%s' ..." : "runs template '%s' ...",
			    w.clone != NULL ? w.clone->field[0] : w.template->field[0]);
		enclose_guard();
		status = make_whole(c, r, &w, facts);
		clone_close(&w.source);
		if (status < 0)
			unmake(c, r);
		else
			record_did(r, w.clone != NULL ? "cloned from '%s'" : "made by template '%s'",
			    w.clone != NULL ? w.clone->field[0] : w.template->field[0]);
	}
	record_free(facts);
	return status;
}

/* One that is there: it stays as it was made, and only the order of start can be another. */
static int
keep(struct record *r)
{
	struct container c;
	struct record *want;
	int changed;

	if (container_open(&c, r) < 0)
		return -1;
	if ((record_find(r, "template", NULL) != NULL || record_find(r, "clone", NULL) != NULL) &&
	    !record_equal(r, c.stored, made_by))
		say_warning(r->name,
		    "it stays as it was made, by %s '%s', until it is removed and made again",
		    record_get(c.stored, "clone") != NULL ? "cloning" : "template",
		    record_get(c.stored, record_get(c.stored, "clone") != NULL ? "clone" : "template"));
	want = container_want(&c, r, after, false);
	changed = container_store(&c, want, after);
	if (changed < 0)
		record_fail(r, "cannot write '%s/ctr/record':", c.dir);
	else if (changed > 0)
		record_did(r, "noted what it starts after");
	record_free(want);
	container_close(&c);
	return changed < 0 ? -1 : 0;
}

static int
create(struct record *r)
{
	struct container c;
	int status;

	if (container_lock(&c, r) < 0)
		return -1;
	status = unmake(&c, r);
	if (status > 0)
		say_warning(
		    r->name, "its making or removal did not end the last time: what was left is gone");
	/* An empty directory is what a run leaves that was killed first of all. */
	if (status >= 0 && (rmdir(c.dir) == 0 || !container_exists(r->name))) {
		status = make(&c, r);
		container_close(&c);
		return status;
	}
	container_close(&c);
	return status < 0 ? -1 : keep(r);
}

/* It is there, and as it is to be made. */
static bool
settled(struct record *r)
{
	struct record *stored = container_settled(r, owned, "config");

	record_free(stored);
	return stored != NULL;
}

/* The order in which they came, for ctr-list. */
static int
note_order(struct record **records, size_t n)
{
	int changed = order_note(records, n);
	size_t i = 0;

	if (changed > 0)
		say_note(NULL, "noted that the containers are in another order now");
	/* One has the error, and the others are made. */
	while (changed < 0 && !record_whole(records[i]))
		i++;
	if (changed < 0)
		record_fail(records[i], "cannot note its place in CTR_STATE:");
	return 0;
}

int
main(int argc, char **argv)
{
	/* Nobody is to start a source while its clones are being made: `gather` holds it back until they are. */
	static const struct filter f = {
		.apply = create, .settled = settled, .gather = true, .key = "clone", .all = note_order
	};

	say_begin(argv[0]);
	if (option(argc, argv, "j:", USAGE) != -1)
		option_usage(USAGE);
	return filter(&f, argc - optind, argv + optind);
}
