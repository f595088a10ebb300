/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings a container's volumes to ctr/mount.conf, as bind mounts. A new volume whose host directory is
 * missing or empty is first filled with what the container has there, copied beside it and renamed, so
 * that a volume that is there is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "container.h"
#include "ctr-mount/volume.h"
#include "fact.h"
#include "filter.h"
#include "lxc.h"
#include "option.h"
#include "running.h"
#include "say.h"

#define USAGE "ctr-mount [-nuvq] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

enum {
	/* LXC reads an entry with getmntent_r(3) into a buffer of PATH_MAX bytes. */
	ENTRY_MAX = 4000,
};

static const char *const keys[] = { "volume", NULL };
static bool undo, fill_none;

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

/* The first two fields of V's line. */
static void
write_paths(FILE *out, const struct fact *v)
{
	write_path(out, v->field[0]);
	putc(' ', out);
	write_path(out, v->field[1] + 1);
	putc(' ', out);
}

/* Whether the running container was started with V: then it has there what V has. */
static bool
has_already(const char *name, const struct fact *v)
{
	char *text;
	size_t len;
	FILE *out = xopen_memstream(&text, &len);
	bool has;

	write_paths(out, v);
	xfclose(out);
	has = running_mounts(name, text);
	free(text);
	return has;
}

/*
 * The line of V in mount.conf. `bind`, not `rbind`: what else the host has mounted below is not carried
 * along, and read-only holds for all that the container sees.
 */
static int
write_entry(FILE *out, struct record *r, const struct fact *v, const struct idmap *ids)
{
	long begin = ftell(out);
	struct stat st;

	if (stat(v->field[0], &st) < 0)
		return record_fail(r, "cannot use the host's '%s':", v->field[0]);
	fputs("lxc.mount.entry = ", out);
	write_paths(out, v);
	fprintf(out, "none bind,%s,create=%s%s 0 0\n", volume_option(v, "ro") ? "ro" : "rw",
	    S_ISDIR(st.st_mode) ? "dir" : "file", ids->count > 0 ? ",idmap=container" : "");
	if (ftell(out) - begin > ENTRY_MAX)
		return record_fail(r, "the paths of its volume '%s' are too long for LXC", v->field[1]);
	return 0;
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

static int
parents_first(const void *a, const void *b)
{
	return strcmp((*(struct fact *const *)a)->field[1], (*(struct fact *const *)b)->field[1]);
}

/* The volumes of R in an array of *N, of the caller's to free. */
static const struct fact **
sort_volumes(const struct record *r, size_t *n)
{
	const struct fact **v = xrealloc(NULL, r->nfact, sizeof(*v)), *f = NULL;

	for (*n = 0; (f = record_find(r, "volume", f)) != NULL;)
		v[(*n)++] = f;
	if (*n > 0)
		qsort(v, *n, sizeof(*v), parents_first);
	return v;
}

/* What mount.conf says for the volumes of FROM, of the caller's to free; a null pointer after record_fail. */
static char *
write_entries(struct record *r, const struct record *from, const struct idmap *ids)
{
	const struct fact **v;
	size_t len, n, i;
	int status = 0;
	char *text;
	FILE *out = xopen_memstream(&text, &len);

	v = sort_volumes(from, &n);
	for (i = 0; status == 0 && i < n; i++)
		status = write_entry(out, r, v[i], ids);
	free(v);
	xfclose(out);
	if (status == 0)
		return text;
	free(text);
	return NULL;
}

/* Writes mount.conf, then the stored record: NOW, in the order as declared. */
static int
apply_volumes(struct volumes *m, const struct record *now)
{
	struct record *before = record_copy(m->c->stored);
	char *text = write_entries(m->r, m->done, &m->ids);
	int status = text == NULL ? -1 : 0;

	if (status == 0 && container_conf(m->c, "mount.conf", text) < 0)
		status = record_fail(m->r, "cannot write '%s/ctr/mount.conf':", m->c->dir);
	if (status == 0 && container_store(m->c, now, keys) < 0)
		status = record_fail(m->r, "cannot store what was applied:");
	if (status == 0)
		tell(m->r, before, now);
	record_free(before);
	free(text);
	return status;
}

static int
mount_all(struct volumes *m)
{
	struct record *now = record_new(m->r->name);
	const struct fact **v, *old, *f;
	bool waits = false, gone = false;
	int one, status = 0;
	size_t n, i;

	v = sort_volumes(m->want, &n);
	for (i = 0; i < n && status == 0; i++) {
		old = find_volume(m->c->stored, v[i]->field[1]);
		one = volume_prepare(m, v[i], old);
		if (one > 0 && old != NULL && strcmp(old->field[0], v[i]->field[0]) == 0) {
			say_warning(m->r->name, "the host's '%s' is gone, and is made anew only while it is stopped", v[i]->field[0]);
			gone = true;
		} else if (one < 0) {
			status = -1;
		} else if (one == 0 || has_already(m->r->name, v[i])) {
			add_volume(m->done, v[i]);
		} else {
			say_warning(m->r->name,
			    "its '%s' can be copied to the volume '%s' only while it is stopped",
			    v[i]->field[1], v[i]->field[0]);
			waits = true;
			/* Until then it keeps what it has there. */
			if (old != NULL)
				add_volume(m->done, old);
		}
	}
	/* The stored record keeps the order of the project file. */
	for (f = NULL; status == 0 && !gone && (f = record_find(m->want, "volume", f)) != NULL;) {
		old = find_volume(m->done, f->field[1]);
		if (old != NULL)
			add_volume(now, old);
	}
	/* The lines of mount.conf say of each whether it is a file, which nobody knows any more of what is gone. */
	if (status == 0 && !gone)
		status = apply_volumes(m, now);
	if (status == 0 && (waits || gone || (m->running && running_differs(m->c->name, "lxc.mount.entry"))))
		record_pending(m->r, "volume");
	record_free(now);
	free(v);
	return status;
}

/* An operand's relative HOST is below the current directory. 0, or -1 after record_fail. */
static int
make_absolute(struct record *r)
{
	struct fact *f = NULL;
	const char *bad;
	char *cwd, *host;

	while ((f = record_find(r, "volume", f)) != NULL) {
		host = f->field[0];
		if (*host == '/')
			continue;
		cwd = realpath(".", NULL);
		if (cwd == NULL)
			return record_fail(r, "cannot find the current directory:");
		while (strncmp(host, "./", 2) == 0)
			host += 2;
		if (strcmp(host, ".") == 0)
			host = xstrdup(cwd);
		else
			host = xasprintf("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, host);
		free(cwd);
		f->field[0] = host;
		fact_set(f, f->field, f->n);
		free(host);
		bad = fact_check(f);
		if (bad != NULL)
			return record_fail(r, "volume '%s': %s", f->field[0], bad);
	}
	return 0;
}

static int
apply(struct record *r)
{
	struct container c;
	struct volumes m = { .c = &c, .r = r, .fill = !fill_none, .root = -1, .space = -1 };
	struct record *want;
	int status;

	if (undo && !container_exists(r->name))
		return 0;
	if (make_absolute(r) < 0 || container_open(&c, r) < 0)
		return -1;
	m.want = want = container_want(&c, r, keys, undo);
	m.done = record_new(r->name);
	m.running = lxc_running(r->name);
	m.ids = idmap_of(c.stored);
	status = mount_all(&m);
	if (m.root >= 0)
		close(m.root);
	if (m.space >= 0)
		close(m.space);
	record_free(m.done);
	record_free(want);
	container_close(&c);
	return status;
}

/* Its volumes are written, and their host directories there. Whether they wait is known to ctr-status. */
static bool
settled(struct record *r)
{
	struct record *stored = undo ? NULL : container_settled(r, keys, "mount.conf");
	struct idmap ids = idmap_of(stored);
	const struct fact *f = NULL;
	bool there = stored != NULL;
	char *text = NULL;
	struct stat st;

	while (there && (f = record_find(r, "volume", f)) != NULL)
		there = stat(f->field[0], &st) == 0;
	/* It is of its ids too, and where the host's side is a directory or a file. */
	if (there)
		there = (text = write_entries(r, stored, &ids)) != NULL && conf_written(r->name, "mount.conf", text);
	free(text);
	record_free(stored);
	return there;
}

int
main(int argc, char **argv)
{
	static struct filter f = { .apply = apply, .settled = settled };
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
