/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes, enables and removes the systemd unit of a project, which after a boot of the host starts again what ran
 * before, and stops it in its order when the host goes down. What it runs is `ctrctl boot` and `ctrctl halt`. Both take
 * what was applied last and no project file: that may be half edited or gone when the host boots, its relative paths
 * and environment are those of another day, and a boot is no time to apply what nobody has tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "ctr-unit/text.h"
#include "execute.h"
#include "filter.h"
#include "option.h"
#include "records.h"
#include "replace.h"
#include "say.h"

#define USAGE "ctr-unit [-equv] [-P lxcpath] [project ...]"
#define WANTS "multi-user.target.wants"

enum {
	UNIT_MAX = 1 << 16, /* bytes: two paths and a few lines */
};

static bool undo, empty;

/* The unit of one project. R is the record that errors are put on. */
struct unit {
	const char *project;
	struct record *r;
	const char *path; /* of its directory */
	int dir, lock;
	char *file; /* ctr-PROJECT.service */
	char *old;  /* what the file has, or a null pointer where there is none */
};

static const char *
units_path(void)
{
	const char *env = getenv("CTR_UNITS");

	return env != NULL && env[0] == '/' ? env : "/etc/systemd/system";
}

/* As sd_booted(3) has it. */
static bool
systemd_runs(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* systemctl(1). 0, or -1 after record_fail. */
static int
systemctl(const struct unit *u, const char *verb, const char *file)
{
	if (execute_other((const char *[]){ "systemctl", verb, file, NULL }) == 0)
		return 0;
	return record_fail(u->r, "'systemctl %s%s%s' failed", verb, file == NULL ? "" : " ", file == NULL ? "" : file);
}

static int
open_unit(struct unit *u, struct record *r, const char *project)
{
	size_t len;

	*u = (struct unit){ .project = project, .r = r, .path = units_path(), .dir = -1, .lock = -1 };
	u->file = xasprintf("ctr-%s.service", project);
	u->dir = open(u->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->dir < 0)
		return undo && errno == ENOENT ? 0 : record_fail(r, "cannot open '%s', where systemd's units are:", u->path);
	u->lock = state_lock("unit", LOCK_EX);
	if (u->lock < 0)
		return record_fail(r, "cannot lock the units:");
	if (read_at(u->dir, u->file, &u->old, &len, UNIT_MAX) < 0 && errno != ENOENT)
		return record_fail(r, "cannot read '%s/%s':", u->path, u->file);
	return 0;
}

static void
close_unit(struct unit *u)
{
	if (u->dir >= 0)
		close(u->dir);
	if (u->lock >= 0)
		close(u->lock);
	free(u->file);
	free(u->old);
}

/* Whether the file may be changed. The first line of each says whose it is. */
static bool
is_own(const struct unit *u)
{
	char *head = text_head(u->project);
	bool own = u->old == NULL || strncmp(u->old, head, strlen(head)) == 0;

	free(head);
	return own;
}

static int
refuse(const struct unit *u)
{
	if (strncmp(u->old, TEXT_MARK, strlen(TEXT_MARK)) != 0)
		return record_fail(u->r, "'%s/%s' was not written by ctr-unit", u->path, u->file);
	return record_fail(u->r, "'%s/%s' is for other containers: '%.*s'", u->path, u->file,
	    (int)strcspn(u->old, "\n"), u->old);
}

/* 1 where the file was not TEXT, 0 where it was, -1 after record_fail. */
static int
put(const struct unit *u, const char *text)
{
	if (u->old != NULL && strcmp(u->old, text) == 0)
		return 0;
	if (replace_at(u->dir, u->file, text, strlen(text), -1, 0644) < 0 || directory_sync(u->dir) < 0)
		return record_fail(u->r, "cannot write '%s/%s':", u->path, u->file);
	return 1;
}

/*
 * The link by which multi-user.target wants the unit, as `systemctl enable` makes it; that does no more, and does it
 * only where systemd is. As put.
 */
static int
enable(const struct unit *u)
{
	char *to = xasprintf("%s/%s", u->path, u->file), *temp = xasprintf(".%s.ctr-new", u->file), is[4096];
	int wants = -1, status = -1;
	ssize_t n;

	if (mkdirat(u->dir, WANTS, 0755) == 0 || errno == EEXIST)
		wants = openat(u->dir, WANTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (wants >= 0) {
		n = readlinkat(wants, u->file, is, sizeof(is));
		if (n == (ssize_t)strlen(to) && memcmp(is, to, (size_t)n) == 0)
			status = 0;
		else if ((unlinkat(wants, temp, 0) == 0 || errno == ENOENT) && symlinkat(to, wants, temp) == 0 &&
			 renameat(wants, temp, wants, u->file) == 0 && directory_sync(wants) == 0)
			status = 1;
	}
	if (status < 0)
		record_fail(u->r, "cannot link '%s/" WANTS "/%s':", u->path, u->file);
	if (wants >= 0)
		close(wants);
	free(to);
	free(temp);
	return status;
}

/* 1 where something was changed, 0 where all was so, -1 after record_fail. */
static int
add(const struct unit *u)
{
	const char *what, *wrong;
	char *text;
	int changed, linked;

	if (!is_own(u))
		return refuse(u);
	text = text_unit(u->project, true, &what, &wrong);
	if (text == NULL)
		return record_fail(u->r, "cannot write %s into a unit: %s", what, wrong);
	changed = put(u, text);
	free(text);
	linked = changed < 0 ? -1 : enable(u);
	if (linked < 0)
		return -1;
	/*
	 * Started, since systemd stops in its order only what it has started. Each time: what was killed here before is done
	 * now.
	 */
	if (systemd_runs() && (systemctl(u, "daemon-reload", NULL) < 0 || systemctl(u, "start", u->file) < 0))
		return -1;
	if (!systemd_runs() && changed + linked > 0)
		say_warning(u->project, "systemd does not run here; '%s' is for a boot with it", u->file);
	return changed + linked > 0;
}

/* Whether a container of the project is on disk, or may be: one that cannot be read. */
static bool
has_containers(const char *project)
{
	struct record **records;
	size_t broken = 0, n = container_stored(&records, &broken), i;
	bool has = broken > 0;

	for (i = 0; i < n; i++) {
		has = has || strcmp(record_get(records[i], "container"), project) == 0;
		record_free(records[i]);
	}
	free(records);
	return has;
}

/* As add. */
static int
take_away(const struct unit *u)
{
	char *link = xasprintf(WANTS "/%s", u->file), *text;
	const char *what, *wrong;
	int changed = 0, status = 0;

	/* What runs goes on: a unit without ExecStop is stopped and nothing happens, so that none is left in systemd. */
	if (u->old != NULL && systemd_runs()) {
		text = text_unit(u->project, false, &what, &wrong);
		if (text != NULL && (put(u, text) < 0 || systemctl(u, "daemon-reload", NULL) < 0 ||
					systemctl(u, "stop", u->file) < 0))
			status = -1;
		free(text);
	}
	if (status == 0 && unlinkat(u->dir, link, 0) == 0)
		changed = 1;
	else if (status == 0 && errno != ENOENT)
		status = record_fail(u->r, "cannot remove '%s/%s':", u->path, link);
	if (status == 0 && unlinkat(u->dir, u->file, 0) == 0)
		changed = 1;
	else if (status == 0 && errno != ENOENT)
		status = record_fail(u->r, "cannot remove '%s/%s':", u->path, u->file);
	if (status == 0 && changed > 0 && systemd_runs())
		status = systemctl(u, "daemon-reload", NULL);
	free(link);
	return status < 0 ? -1 : changed;
}

static int
remove_unit(const struct unit *u)
{
	if (u->dir < 0)
		return 0;
	if (!is_own(u))
		return empty ? 0 : refuse(u);
	if (empty && (u->old == NULL || has_containers(u->project)))
		return 0;
	return take_away(u);
}

/* Does it for the project, and says on R what came of it. */
static void
act(struct record *r, const char *project)
{
	struct unit u;
	int changed = -1;

	if (!name_valid(project))
		record_fail(r, "'%s' is no name of a project", project);
	else if (open_unit(&u, r, project) == 0)
		changed = undo ? remove_unit(&u) : add(&u);
	if (changed > 0)
		record_did(r, undo ? "removed %s" : "enabled %s", u.file);
	if (name_valid(project))
		close_unit(&u);
}

/* The project that R is of, or a null pointer. An operand is a project's name. */
static const char *
project_of(const struct record *r)
{
	if (record_whole(r))
		return record_get(r, "container");
	return r->line == 0 || record_is_project(r) ? r->name : NULL;
}

/* What this program has said last by KEY on FROM, on TO as well. */
static void
repeat(struct record *to, const struct record *from, const char *key)
{
	const struct fact *f = NULL, *last = NULL;

	while ((f = record_find(from, key, f)) != NULL)
		if (strcmp(f->field[0], say_program) == 0)
			last = f;
	if (last != NULL)
		record_addv(to, key, last->field, last->n);
}

int
main(int argc, char **argv)
{
	struct records all = { 0 };
	const char *project, *other;
	bool *done, bad, failed = false;
	struct record *r;
	size_t i, k;
	int o;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "eu", USAGE)) != -1) {
		undo = true;
		empty = empty || o == 'e';
	}
	container_path();
	bad = records_get(&all, argc - optind, argv + optind) < 0;
	done = xrealloc(NULL, all.n + 1, sizeof(*done));
	for (i = 0; i < all.n; i++)
		done[i] = record_failed(all.record[i]) && !undo;
	for (i = 0; i < all.n; i++) {
		r = all.record[i];
		project = project_of(r);
		if (!done[i] && project == NULL)
			record_fail(r, "it does not say of which project it is");
		if (done[i] || project == NULL)
			continue;
		act(r, project);
		/* The unit is that of all of them. */
		for (k = i + 1; k < all.n; k++) {
			other = done[k] ? NULL : project_of(all.record[k]);
			if (other == NULL || strcmp(other, project) != 0)
				continue;
			done[k] = true;
			repeat(all.record[k], r, "did");
			repeat(all.record[k], r, "error");
		}
	}
	for (i = 0; i < all.n; i++) {
		failed = failed || record_failed(all.record[i]);
		record_write(stdout, all.record[i]);
	}
	records_free(&all);
	free(done);
	return say_end(bad ? EXIT_UNUSABLE : failed ? EXIT_FAILED : EXIT_DONE);
}
