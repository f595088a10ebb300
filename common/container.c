/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fact.h"
#include "replace.h"
#include "say.h"

static char *lxcpath;

const char *const container_confs[] = { "idmap.conf", "net.conf", "name.conf", "mount.conf", "cgroup.conf", "env.conf",
	"raw.conf", NULL };

/*
 * lxc.lxcpath of LXC's own lxc.conf, or a null pointer: the one setting that is looked for there, so that
 * programs without liblxc find the same directory (lxc.system.conf(5)).
 */
static char *
configured_path(void)
{
	static const char *const file = "/etc/lxc/lxc.conf";
	char *text, *line, *next, *value, *path = NULL;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	size_t len;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	/* Another directory would be taken for that of the containers. */
	if (fd < 0 || read_all(fd, &text, &len, 1 << 20) < 0)
		die(EXIT_UNUSABLE, "cannot read '%s':", file);
	close(fd);
	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		line += strspn(line, " \t");
		value = strchr(line, '=');
		if (strncmp(line, "lxc.lxcpath", 11) != 0 || value == NULL || line + 11 + strspn(line + 11, " \t") != value)
			continue;
		value += 1 + strspn(value + 1, " \t");
		value[strcspn(value, " \t\r")] = '\0';
		free(path);
		path = xstrdup(value);
	}
	free(text);
	return path;
}

void
container_set_path(const char *path)
{
	char resolved[PATH_MAX];

	/* Absolute, since it goes into LXC's configuration; one that is not there yet is taken as it is. */
	free(lxcpath);
	if (path[0] == '/')
		lxcpath = xstrdup(path);
	else if (realpath(path, resolved) != NULL)
		lxcpath = xstrdup(resolved);
	else
		die(EXIT_UNUSABLE, "cannot use '%s' as directory of containers:", path);
	while (strlen(lxcpath) > 1 && lxcpath[strlen(lxcpath) - 1] == '/')
		lxcpath[strlen(lxcpath) - 1] = '\0';
	if (!path_valid(lxcpath))
		die(EXIT_UNUSABLE, "the directory of containers '%s' is not absolute, or has '.', '..' or '//'", path);
}

const char *
container_path(void)
{
	const char *env;
	char *path;

	if (lxcpath != NULL)
		return lxcpath;
	env = getenv("CTR_LXCPATH");
	path = env != NULL && env[0] != '\0' ? xstrdup(env) : configured_path();
	container_set_path(path == NULL ? "/var/lib/lxc" : path);
	free(path);
	return lxcpath;
}

/* Opens the directory PATH, making what is missing of it. Only its own user may look into what is made. */
static int
open_made(const char *path)
{
	char *copy = xstrdup(path), *s;
	int fd, saved;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (s = strchr(copy + 1, '/'); fd < 0 && errno == ENOENT; s = strchr(s + 1, '/')) {
		if (s != NULL)
			*s = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			break;
		if (s == NULL) {
			fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			break;
		}
		*s = '/';
		errno = ENOENT;
	}
	saved = errno;
	free(copy);
	errno = saved;
	return fd;
}

static int
open_there(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The directory SUB of what the environment's VARIABLE says, or else of STANDARD, by OPENS. */
static int
open_below(const char *variable, const char *standard, const char *sub, int (*opens)(const char *path))
{
	const char *env = getenv(variable);
	char *path = xasprintf("%s/%s", env != NULL && env[0] == '/' ? env : standard, sub);
	int fd = opens(path), saved = errno;

	free(path);
	errno = saved;
	return fd;
}

int
state_open(const char *sub)
{
	return open_below("CTR_STATE", "/var/lib/ctr", sub, open_made);
}

int
run_open(const char *sub)
{
	return open_below("CTR_RUN", "/run/ctr", sub, open_made);
}

int
run_find(const char *sub)
{
	return open_below("CTR_RUN", "/run/ctr", sub, open_there);
}

char *
state_name(const char *name)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a, 64 bits */
	const char *s;

	/* Two directories of containers may have one name each; a path does not fit into a file's name. */
	for (s = container_path(); *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 1099511628211u;
	return xasprintf("%s@%08x", name, (unsigned)(hash ^ hash >> 32));
}

bool
container_exists(const char *name)
{
	char *path = xasprintf("%s/%s", container_path(), name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

int
lock_hold(int fd, int how)
{
	while (flock(fd, how) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

int
lock_file(int dir, const char *file, int how)
{
	int fd = openat(dir, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), saved;

	if (fd < 0 || lock_hold(fd, how) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
state_lock(const char *file, int how)
{
	int dir = state_open("lock"), fd, saved;

	if (dir < 0)
		return -1;
	fd = lock_file(dir, file, how);
	saved = errno;
	close(dir);
	errno = saved;
	return fd;
}

static int
lock_how(struct container *c, struct record *r, int how)
{
	char *file = state_name(r->name);

	*c = (struct container){ .name = r->name, .dirfd = -1, .lock = state_lock(file, how) };
	free(file);
	if (c->lock < 0)
		return errno == EWOULDBLOCK ? 1 : record_fail(r, "cannot lock the container:");
	c->dir = xasprintf("%s/%s", container_path(), r->name);
	return 0;
}

int
container_lock(struct container *c, struct record *r)
{
	return lock_how(c, r, LOCK_EX);
}

int
container_try_lock(struct container *c, struct record *r)
{
	return lock_how(c, r, LOCK_EX | LOCK_NB);
}

struct record *
container_record(const char *name)
{
	char *owner = xasprintf("%s/%s", container_path(), name);
	struct record *r = container_owner_record(owner);

	/* A clone's may be that of its source, for a moment. */
	if (r != NULL && (strcmp(r->name, name) != 0 || !record_whole(r))) {
		record_free(r);
		r = NULL;
		errno = ENOENT;
	}
	free(owner);
	return r;
}

struct record *
container_owner_record(const char *owner)
{
	char *path = xasprintf("%s/ctr/record", owner);
	struct record *stored = record_read_file(AT_FDCWD, path);

	if (stored == NULL && errno == ENOTDIR)
		errno = ENOENT;
	free(path);
	return stored;
}

bool
container_managed(const struct record *stored)
{
	return record_get(stored, "network") == NULL && record_get(stored, "mac") != NULL;
}

bool
container_making(const char *name)
{
	char *file = state_name(name);
	int dir = state_open("create");
	bool there = dir >= 0 && faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (dir >= 0)
		close(dir);
	free(file);
	return there;
}

int
container_refuse(struct record *r, int what)
{
	return what == LOOK_FOREIGN ? record_fail(r, "'%s/%s' was not made by ctrkit", container_path(), r->name)
				    : record_fail(r, "there is no such container");
}

static int
check_owner(const struct record *stored, struct record *r)
{
	const struct fact *said = record_find(r, "container", NULL);
	const struct fact *is = record_find(stored, "container", NULL);

	if (strcmp(stored->name, r->name) != 0 || is == NULL)
		return record_fail(r, "its stored record '%s/%s/ctr/record' is not its own", container_path(),
		    r->name);
	if (said != NULL && !fact_equal(said, is))
		return record_fail(r, "it belongs to project '%s', not to '%s'", is->field[0], said->field[0]);
	return 0;
}

/* Whether nothing is in LXCPATH/NAME: what is left where a creation was killed first of all. */
static bool
is_empty(const char *name)
{
	char *path = xasprintf("%s/%s", container_path(), name);
	int fd = open_there(path);
	bool empty = fd >= 0 && directory_empty(fd);

	free(path);
	if (fd >= 0)
		close(fd);
	return empty;
}

int
container_look(struct record *r, struct record **stored)
{
	char *path = xasprintf("%s/%s/ctr/record", container_path(), r->name);
	int tries, what = LOOK_FOREIGN;

	*stored = NULL;
	/* One that was not there when its record was read may have been made until it is looked for: hence again. */
	for (tries = 0; what == LOOK_FOREIGN && tries < 2; tries++) {
		errno = 0;
		*stored = record_read_file(AT_FDCWD, path);
		if (*stored == NULL && errno != ENOENT && errno != ENOTDIR)
			what = record_fail(r, "cannot read '%s'", path);
		else if (container_making(r->name))
			what = LOOK_ABSENT;
		else if (*stored != NULL)
			what = check_owner(*stored, r) < 0 ? LOOK_FAILED : LOOK_OURS;
		else if (!container_exists(r->name) || is_empty(r->name))
			what = LOOK_ABSENT;
	}
	if (what != LOOK_OURS) {
		record_free(*stored);
		*stored = NULL;
	}
	free(path);
	return what;
}

int
container_read(struct container *c, struct record *r)
{
	char *path = xasprintf("%s/ctr", c->dir);
	int why;

	c->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	why = errno;
	free(path);
	if (container_making(c->name)) {
		record_fail(r, "its creation did not end; create it again");
	} else if (c->dirfd < 0 && why == ENOENT) {
		container_refuse(r, container_exists(c->name) ? LOOK_FOREIGN : LOOK_ABSENT);
	} else if (c->dirfd < 0) {
		errno = why;
		record_fail(r, "cannot open '%s/ctr':", c->dir);
	} else if ((c->stored = record_read_file(c->dirfd, "record")) == NULL) {
		if (errno == ENOENT)
			container_refuse(r, LOOK_FOREIGN);
		else
			record_fail(r, "cannot read '%s/ctr/record'", c->dir);
	} else if (check_owner(c->stored, r) == 0) {
		return 0;
	}
	container_close(c);
	return -1;
}

int
container_open(struct container *c, struct record *r)
{
	return container_lock(c, r) < 0 ? -1 : container_read(c, r);
}

void
container_close(struct container *c)
{
	if (c->dirfd >= 0)
		close(c->dirfd);
	if (c->lock >= 0)
		close(c->lock);
	record_free(c->stored);
	free(c->dir);
	*c = (struct container){ .dirfd = -1, .lock = -1 };
}

static void
copy_facts(struct record *to, const struct record *from, const char *key)
{
	const struct fact *f = NULL;

	while ((f = record_find(from, key, f)) != NULL)
		record_addv(to, key, f->field, f->n);
}

/* The first fact of RECORD that is about the same thing as F. */
static struct fact *
find_same(const struct record *r, const struct fact *f)
{
	struct fact *g = NULL;

	while ((g = record_find(r, f->key, g)) != NULL)
		if (fact_same(g, f))
			return g;
	return NULL;
}

struct record *
container_want(const struct container *c, const struct record *r, const char *const keys[], bool undo)
{
	struct record *want = record_new(r->name);
	const struct fact *f;
	struct fact *old;
	bool whole = record_whole(r), named = false;
	size_t i;

	for (i = 0; keys[i] != NULL; i++)
		named = named || record_find(r, keys[i], NULL) != NULL;
	if (undo && (whole || !named))
		return want;
	for (i = 0; keys[i] != NULL; i++) {
		if (whole) {
			copy_facts(want, r, keys[i]);
			continue;
		}
		copy_facts(want, c->stored, keys[i]);
		for (f = NULL; (f = record_find(r, keys[i], f)) != NULL;) {
			old = find_same(want, f);
			/* One that is there already keeps its place: nothing is to change then. */
			if (!undo && old != NULL && fact_equal(old, f))
				continue;
			for (; old != NULL; old = find_same(want, f))
				record_drop_fact(want, old);
			if (!undo)
				record_addv(want, f->key, f->field, f->n);
		}
	}
	return want;
}

struct record *
container_settled(const struct record *r, const char *const keys[], const char *conf)
{
	static const char *const owner[] = { "container", NULL };
	char *path = xasprintf("%s/%s/ctr", container_path(), r->name);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct record *stored = NULL;
	struct stat record, file;
	bool fresh;

	free(path);
	if (dir < 0)
		return NULL;
	/* An action writes its .conf first and the record last. */
	fresh = record_whole(r) && !container_making(r->name) && fstatat(dir, "record", &record, 0) == 0 &&
	    (conf == NULL || (fstatat(dir, conf, &file, 0) == 0 &&
				 (file.st_ctim.tv_sec < record.st_ctim.tv_sec ||
				     (file.st_ctim.tv_sec == record.st_ctim.tv_sec &&
					 file.st_ctim.tv_nsec <= record.st_ctim.tv_nsec))));
	if (fresh)
		stored = record_read_file(dir, "record");
	close(dir);
	if (stored != NULL && record_equal(stored, r, owner) && record_equal(stored, r, keys))
		return stored;
	record_free(stored);
	return NULL;
}

int
container_apply(struct record *r, const char *const keys[], bool undo,
    int (*bring)(struct container *c, struct record *r, struct record *want))
{
	struct container c;
	struct record *want;
	int status;

	if (undo && !container_exists(r->name))
		return 0;
	if (container_open(&c, r) < 0)
		return -1;
	want = container_want(&c, r, keys, undo);
	status = bring(&c, r, want);
	record_free(want);
	container_close(&c);
	return status;
}

/* What was to be stored is, where STATUS is 0, or is not. 1, or -1 with errno. */
static int
stored(struct container *c, int status)
{
	record_free(status < 0 ? c->next : c->stored);
	if (status == 0)
		c->stored = c->next;
	c->next = NULL;
	return status < 0 ? -1 : 1;
}

int
container_store_begin(struct container *c, const struct record *want, const char *const keys[])
{
	char *text = NULL;
	size_t len, i;
	FILE *out;
	int status;

	if (record_equal(c->stored, want, keys))
		return 0;
	c->next = record_copy(c->stored);
	for (i = 0; keys[i] != NULL; i++) {
		record_drop(c->next, keys[i]);
		copy_facts(c->next, want, keys[i]);
	}
	out = xopen_memstream(&text, &len);
	record_write(out, c->next);
	xfclose(out);
	status = replace_begin(&c->file, c->dirfd, "record", text, len, -1, 0600);
	free(text);
	return status < 0 ? stored(c, -1) : 0;
}

int
container_store_end(struct container *c)
{
	return c->next == NULL ? 0 : stored(c, replace_end(&c->file));
}

int
container_store(struct container *c, const struct record *want, const char *const keys[])
{
	return container_store_begin(c, want, keys) < 0 ? -1 : container_store_end(c);
}

int
container_conf(struct container *c, const char *file, const char *text)
{
	size_t len = strlen(text), had;
	char *old = NULL;
	bool same;

	same = read_at(c->dirfd, file, &old, &had, 1 << 20) == 0 && had == len && memcmp(old, text, len) == 0;
	free(old);
	if (same)
		return 0;
	return replace_at(c->dirfd, file, text, len, -1, 0600) < 0 ? -1 : 1;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct record *const *)a)->name, (*(struct record *const *)b)->name);
}

size_t
container_stored(struct record ***records, size_t *broken)
{
	DIR *dir = opendir(container_path());
	struct dirent *entry;
	struct record *r;
	char *path;
	size_t n = 0;

	*records = NULL;
	if (dir == NULL && errno != ENOENT) {
		say_error(NULL, "cannot read '%s':", container_path());
		if (broken != NULL)
			++*broken;
	}
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		/* One that is being made is not there yet. */
		if (!name_valid(entry->d_name) || container_making(entry->d_name))
			continue;
		path = xasprintf("%s/ctr/record", entry->d_name);
		errno = 0;
		r = record_read_file(dirfd(dir), path);
		if (r != NULL && strcmp(r->name, entry->d_name) == 0 && record_whole(r)) {
			*records = xrealloc(*records, n + 1, sizeof(**records));
			(*records)[n++] = r;
		} else {
			if (r != NULL || (errno != ENOENT && errno != ENOTDIR)) {
				say_error(entry->d_name, "cannot use '%s/%s/ctr/record'", container_path(), entry->d_name);
				if (broken != NULL)
					++*broken;
			}
			record_free(r);
		}
		free(path);
	}
	closedir(dir);
	if (n > 0)
		qsort(*records, n, sizeof(**records), by_name);
	return n;
}

char *
program_path(const char *name)
{
	static const char *const places[] = { "", "../libexec/ctrkit/", "../../bin/" };
	char self[PATH_MAX], *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (n <= 0)
		die(EXIT_FAILED, "cannot read '/proc/self/exe':");
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		path = xasprintf("%s/%s%s", self, places[i], name);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	die(EXIT_FAILED, "cannot find program '%s' beside '%s'", name, self);
}
