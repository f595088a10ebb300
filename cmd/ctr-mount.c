/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings a container's volumes to ctr/mount.conf, as bind mounts. A new volume whose host directory is missing
 * or empty is first filled with what the container has there, copied beside it and renamed, so that
 * a volume that is there is whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "filter.h"
#include "lxc.h"
#include "option.h"
#include "rootfs.h"
#include "running.h"
#include "say.h"
#include "copy.h"

#define USAGE "ctr-mount [-nuvq] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

enum {
	/* LXC reads an entry with getmntent_r(3) into a buffer of PATH_MAX bytes. */
	ENTRY_MAX = 4000,
	/* Seconds. A running container may have mounted a file system that never answers. */
	TIME_LIMIT = 20,
};

static const char *const keys[] = { "volume", NULL };
static bool undo, fill_none;

/* What is worked on. */
struct mount {
	struct container c;
	struct record *r;
	struct record *done; /* the volumes before this one, which may cover it */
	bool running;
	int root; /* of the container, or -1 as long as nobody needed it */
};

static bool
has_option(const struct fact *v, const char *option)
{
	size_t n = strlen(option), len;
	const char *s;

	for (s = v->field[2];; s += len + 1) {
		len = strcspn(s, ",");
		if (len == n && strncmp(s, option, n) == 0)
			return true;
		if (s[len] == '\0')
			return false;
	}
}

/* Whether PATH lies below DIR. */
static bool
below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || (n == 1 && path[1] != '\0'));
}

/* PATH without links, as far as it is there. The caller frees it. */
static char *
resolve(const char *path)
{
	char *copy = xstrdup(path), *real, *slash, *all;

	for (;;) {
		real = realpath(*copy == '\0' ? "/" : copy, NULL);
		if (real != NULL || *copy == '\0')
			break;
		slash = strrchr(copy, '/');
		*slash = '\0';
	}
	all = xasprintf("%s%s", real == NULL || strcmp(real, "/") == 0 ? "" : real, path + strlen(copy));
	free(real);
	free(copy);
	return all;
}

/*
 * Whether HOST is a place that a container can write: then its root could put a link there, and LXC, which follows it
 * at the next start, would mount any directory of the host. Of another container that is its user's to decide.
 * Also whether another container has this very directory, in *SHARED. 0, or -1 after record_fail.
 */
static int
check_place(const struct mount *m, const struct record *want, const struct fact *v, bool *shared)
{
	const char *lxcpath = container_path(), *first;
	char *host = resolve(v->field[0]), *config, *other;
	const struct fact *f = NULL;
	struct record **all = NULL;
	size_t n = 0, i;
	int status = 0;

	*shared = false;
	if (below(host, lxcpath) || below(v->field[0], lxcpath)) {
		first = (below(host, lxcpath) ? host : v->field[0]) + strlen(lxcpath) + 1;
		config = xasprintf("%s/%.*s/config", lxcpath, (int)strcspn(first, "/"), first);
		if (access(config, F_OK) == 0)
			status = record_fail(m->r, "the host's '%s' lies in a container's own directory", v->field[0]);
		free(config);
	}
	while (status == 0 && (f = record_find(want, "volume", f)) != NULL) {
		other = resolve(f->field[0]);
		if (!has_option(f, "ro") && below(host, other))
			status = record_fail(m->r, "the host's '%s' lies in its volume '%s', where it could put a link",
			    v->field[0], f->field[0]);
		free(other);
	}
	if (status == 0)
		n = container_stored(&all);
	for (i = 0; i < n; i++) {
		for (f = NULL; strcmp(all[i]->name, m->c.name) != 0 && (f = record_find(all[i], "volume", f)) != NULL;) {
			other = resolve(f->field[0]);
			if (strcmp(host, other) == 0)
				*shared = true;
			else if (!has_option(f, "ro") && below(host, other))
				say_warning(m->r->name, "the host's '%s' lies in a volume of %s, which could put a link there",
				    v->field[0], all[i]->name);
			free(other);
		}
		record_free(all[i]);
	}
	free(all);
	free(host);
	return status;
}

/* Whether the directory DIR has nothing in it. */
static bool
is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d == NULL)
		return false;
	do {
		e = readdir(d);
	} while (e != NULL && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	closedir(d);
	return e == NULL;
}

/*
 * What the container has where V will be: *ST, and in *FROM a descriptor of the directory, or for a file of
 * its parent. 1; 0 with *ST all zero where it has nothing; -1 after record_fail.
 */
static int
find_source(struct mount *m, const struct fact *v, struct stat *st, int *from)
{
	char *rest = NULL, *slash;
	int in, fd = -1, parent = -1, status = 1;

	memset(st, 0, sizeof(*st));
	if (m->root < 0 && (m->root = rootfs_open(&m->c, m->r)) < 0)
		return -1;
	in = rootfs_cover(m->root, m->done, m->running, v->field[1], &rest);
	if (in < 0)
		return record_fail(m->r, "cannot open the volume in which its '%s' lies:", v->field[1]);
	/* Component by component: LXC mounts nothing where one of them is a link. */
	for (slash = strchr(rest + 1, '/'); status == 1; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		if (parent >= 0)
			close(parent);
		parent = fd;
		fd = rootfs_at(in, rest, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0 && errno == ENOENT)
			status = 0;
		else if (fd < 0 || fstat(fd, st) < 0)
			status = record_fail(m->r, "cannot open its '%s':", v->field[1]);
		else if (S_ISLNK(st->st_mode))
			status = record_fail(m->r, "of its '%s', '%s' is a symbolic link", v->field[1], rest);
		if (slash == NULL)
			break;
		*slash = '/';
	}
	if (status == 1 && !S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
		status = record_fail(m->r, "its '%s' is neither a directory nor a regular file", v->field[1]);
	if (status == 0)
		memset(st, 0, sizeof(*st));
	*from = -1;
	if (status == 1 && S_ISREG(st->st_mode))
		*from = parent < 0 ? fcntl(in, F_DUPFD_CLOEXEC, 0) : parent;
	else if (status == 1)
		*from = fd;
	if (parent >= 0 && parent != *from)
		close(parent);
	if (fd >= 0 && fd != *from)
		close(fd);
	free(rest);
	close(in);
	return status;
}

/* Fills V with NAME in the directory FROM, "." for the directory itself. */
static int
fill(const struct mount *m, const struct fact *v, int from, const char *name)
{
	char *host = resolve(v->field[0]), *state = state_name(m->c.name), *why;
	char *temp = xasprintf(".ctr-new-%s", state);
	int status = copy_tree(from, name, host, temp, &why);

	if (status < 0) {
		record_fail(m->r, "cannot copy its '%s' to '%s': %s", v->field[1], v->field[0], why);
		free(why);
	} else if (status > 0) {
		record_did(m->r, "filled '%s' with its '%s'", v->field[0], v->field[1]);
	}
	free(temp);
	free(state);
	free(host);
	return status < 0 ? -1 : 0;
}

/* Makes V's host side empty, with the owner and mode of the container's, SOURCE, where that has one. */
static int
make_empty(const struct mount *m, const struct fact *v, const struct stat *source)
{
	char *host = resolve(v->field[0]), *slash = strrchr(host, '/');
	int fd = -1;

	if (S_ISREG(source->st_mode)) {
		*slash = '\0';
		close(copy_dirs(*host == '\0' ? "/" : host));
		*slash = '/';
		fd = open(host, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	} else {
		fd = copy_dirs(host);
	}
	if (fd < 0 || (source->st_mode != 0 && (fchown(fd, source->st_uid, source->st_gid) < 0 ||
	    fchmod(fd, source->st_mode & 07777) < 0)))
		record_fail(m->r, "cannot make the host's '%s':", host);
	free(host);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/*
 * Makes the host's side of V ready, where it is missing or V was not among what was applied last, NEW. 0; 1 where it must
 * be filled, which waits until the container is stopped; -1 after record_fail.
 */
static int
prepare(struct mount *m, const struct record *want, const struct fact *v, bool new)
{
	const char *host = v->field[0], *base;
	struct stat st, source;
	bool missing = stat(host, &st) < 0, shared, fillable;
	int from = -1, found, dir, status = 0;

	if (missing && errno == ENOENT && lstat(host, &st) == 0)
		return record_fail(m->r, "the host's '%s' is a symbolic link to nothing", host);
	if (missing && errno != ENOENT)
		return record_fail(m->r, "cannot use the host's '%s':", host);
	if (!missing && !new)
		return 0;
	if (!new)
		say_warning(m->r->name, "the host's '%s' is gone and made anew", host);
	if (check_place(m, want, v, &shared) < 0)
		return -1;
	found = find_source(m, v, &source, &from);
	if (found < 0)
		return -1;
	fillable = missing;
	if (!missing && S_ISDIR(st.st_mode) && !shared) {
		dir = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
		fillable = dir >= 0 && is_empty(dir);
		close(dir);
	}
	base = S_ISREG(source.st_mode) ? strrchr(v->field[1], '/') + 1 : ".";
	if (found > 0 && !missing && S_ISDIR(st.st_mode) != S_ISDIR(source.st_mode))
		status = record_fail(m->r, "the host's '%s' is %s, its '%s' is %s", host,
		    S_ISDIR(st.st_mode) ? "a directory" : "a file", v->field[1],
		    S_ISDIR(source.st_mode) ? "a directory" : "a file");
	else if (!fillable)
		status = 0;
	else if (!missing && found == 0)
		status = 0;
	else if (found == 0 || fill_none || has_option(v, "nocopy") || (*base == '.' && is_empty(from)))
		status = make_empty(m, v, &source);
	else if (m->running)
		status = 1;
	else
		status = fill(m, v, from, base);
	if (from >= 0)
		close(from);
	return status;
}

/* fstab(5): blanks would end a field. */
static void
write_path(FILE *out, const char *path)
{
	for (; *path != '\0'; path++)
		if (*path == ' ')
			fputs("\\040", out);
		else if (*path == '\\')
			fputs("\\134", out);
		else
			putc(*path, out);
}

/*
 * The line of V in mount.conf. `bind`, not `rbind`: what else the host has mounted below is not carried along,
 * and read-only holds for all that the container sees.
 */
static int
write_entry(FILE *out, struct record *r, const struct fact *v)
{
	long begin = ftell(out);
	struct stat st;

	if (stat(v->field[0], &st) < 0)
		return record_fail(r, "cannot use the host's '%s':", v->field[0]);
	fputs("lxc.mount.entry = ", out);
	write_path(out, v->field[0]);
	putc(' ', out);
	write_path(out, v->field[1] + 1);
	fprintf(out, " none bind,%s,create=%s 0 0\n", has_option(v, "ro") ? "ro" : "rw",
	    S_ISDIR(st.st_mode) ? "dir" : "file");
	if (ftell(out) - begin > ENTRY_MAX)
		return record_fail(r, "the paths of its volume '%s' are too long for LXC", v->field[1]);
	return 0;
}

static int
parents_first(const void *a, const void *b)
{
	return strcmp((*(struct fact *const *)a)->field[1], (*(struct fact *const *)b)->field[1]);
}

static const struct fact *
find_volume(const struct record *r, const char *path)
{
	const struct fact *f = NULL;

	while ((f = record_find(r, "volume", f)) != NULL && strcmp(f->field[1], path) != 0)
		;
	return f;
}

static void
add_volume(struct record *r, const struct fact *v)
{
	record_addv(r, "volume", v->field, v->n);
}

/* Tells what differs between what was applied last and NOW. */
static void
tell(struct record *r, const struct record *before, const struct record *now)
{
	const struct fact *f = NULL, *old;

	while ((f = record_find(now, "volume", f)) != NULL) {
		old = find_volume(before, f->field[1]);
		if (old == NULL || !fact_equal(old, f))
			record_did(r, "volume '%s' on '%s'", f->field[0], f->field[1]);
	}
	for (f = NULL; (f = record_find(before, "volume", f)) != NULL;)
		if (find_volume(now, f->field[1]) == NULL)
			record_did(r, "no more volume on '%s'", f->field[1]);
}

/* Writes mount.conf, then the stored record, for the volumes NOW, which are as declared; m->done has them sorted. */
static int
apply_volumes(struct mount *m, const struct record *now)
{
	const struct fact *f = NULL;
	struct record *before = record_copy(m->c.stored);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int status = 0;

	if (out == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	while (status == 0 && (f = record_find(m->done, "volume", f)) != NULL)
		status = write_entry(out, m->r, f);
	if (fclose(out) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	if (status == 0 && container_conf(&m->c, "mount.conf", text) < 0)
		status = record_fail(m->r, "cannot write '%s/ctr/mount.conf':", m->c.dir);
	if (status == 0 && container_store(&m->c, now, keys) < 0)
		status = record_fail(m->r, "cannot store what was applied:");
	if (status == 0)
		tell(m->r, before, now);
	record_free(before);
	free(text);
	return status;
}

static int
mount_all(struct mount *m, const struct record *want)
{
	const struct fact **v = xrealloc(NULL, want->nfact, sizeof(*v)), *old, *f = NULL;
	struct record *now = record_new(m->r->name);
	size_t n = 0, i;
	bool waits = false;
	int one, status = 0;

	while ((f = record_find(want, "volume", f)) != NULL)
		v[n++] = f;
	if (n > 0)
		qsort(v, n, sizeof(*v), parents_first);
	for (i = 0; i < n && status == 0; i++) {
		old = find_volume(m->c.stored, v[i]->field[1]);
		one = prepare(m, want, v[i], old == NULL || strcmp(old->field[0], v[i]->field[0]) != 0);
		if (one < 0) {
			status = -1;
		} else if (one == 0) {
			add_volume(m->done, v[i]);
		} else {
			say_warning(m->r->name, "its '%s' can be copied to the volume '%s' only while it is stopped",
			    v[i]->field[1], v[i]->field[0]);
			waits = true;
			/* Until then it keeps what it has there. */
			if (old != NULL)
				add_volume(m->done, old);
		}
	}
	/* The stored record keeps the order of the project file. */
	for (f = NULL; status == 0 && (f = record_find(want, "volume", f)) != NULL;) {
		old = find_volume(m->done, f->field[1]);
		if (old != NULL)
			add_volume(now, old);
	}
	if (status == 0)
		status = apply_volumes(m, now);
	if (status == 0 && (waits || (m->running && running_differs(m->c.name, "lxc.mount.entry"))))
		record_pending(m->r, "volume");
	record_free(now);
	free(v);
	return status;
}

static int
apply(struct record *r)
{
	struct mount m = { .r = r, .root = -1 };
	struct record *want;
	int status;

	if (undo && !container_exists(r->name))
		return 0;
	if (container_open(&m.c, r) < 0)
		return -1;
	want = container_want(&m.c, r, keys, undo);
	m.done = record_new(r->name);
	m.running = lxc_running(r->name);
	if (m.running)
		alarm(TIME_LIMIT);
	status = mount_all(&m, want);
	alarm(0);
	if (m.root >= 0)
		close(m.root);
	record_free(m.done);
	record_free(want);
	container_close(&m.c);
	return status;
}

int
main(int argc, char **argv)
{
	static struct filter f = { .apply = apply };
	int o;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "nuj:", USAGE)) != -1) {
		undo = undo || o == 'u';
		fill_none = fill_none || o == 'n';
	}
	f.ends = undo;
	umask(022);
	return filter(&f, argc - optind, argv + optind);
}
