/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "fact.h"
#include "replace.h"
#include "rootfs.h"
#include "say.h"

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
 * Of the volumes V and F, with the paths HOST and OTHER on the host: the one that lies in the other,
 * which the other's container can write, or a null pointer. Its root could put a link there, and LXC,
 * which follows it at the next start, would mount any directory of the host.
 */
static const struct fact *
inner(const struct fact *v, const char *host, const struct fact *f, const char *other)
{
	if (below(host, other) && !volume_option(f, "ro"))
		return v;
	return below(other, host) && !volume_option(v, "ro") ? f : NULL;
}

/*
 * Whether V may be mounted from where it is. Of what another container can write it is only told, since
 * that is for its user to decide; *SHARED gets whether another one has this very directory. 0, or -1
 * after record_fail.
 */
static int
check_place(const struct volumes *m, const struct fact *v, bool *shared)
{
	char *host = resolve(v->field[0]), *lxcpath = resolve(container_path()), *config, *other;
	const char *in = below(host, lxcpath) ? host + strlen(lxcpath) + 1 : NULL;
	const struct fact *f = NULL, *bad;
	struct record **all = NULL;
	size_t n = 0, i;
	int status = 0;

	*shared = false;
	if (in == NULL && below(v->field[0], container_path()))
		in = v->field[0] + strlen(container_path()) + 1;
	if (in != NULL) {
		config = xasprintf("%s/%.*s/config", lxcpath, (int)strcspn(in, "/"), in);
		if (access(config, F_OK) == 0)
			status = record_fail(
			    m->r, "the host's '%s' lies in a container's own directory", v->field[0]);
		free(config);
	}
	while (status == 0 && (f = record_find(m->want, "volume", f)) != NULL) {
		other = resolve(f->field[0]);
		bad = inner(v, host, f, other);
		if (bad != NULL)
			status = record_fail(m->r,
			    "the host's '%s' lies in its volume '%s', where it could put a link",
			    bad->field[0], (bad == v ? f : v)->field[0]);
		free(other);
	}
	if (status == 0)
		n = container_stored(&all, NULL);
	for (i = 0; i < n; record_free(all[i++]))
		for (f = NULL; strcmp(all[i]->name, m->c->name) != 0 &&
			       (f = record_find(all[i], "volume", f)) != NULL;) {
			other = resolve(f->field[0]);
			bad = inner(v, host, f, other);
			if (bad != NULL)
				say_warning(m->r->name,
				    "the host's '%s' lies in a volume of %s, which could put a link there",
				    bad->field[0], bad == v ? all[i]->name : m->c->name);
			*shared = *shared || strcmp(host, other) == 0;
			free(other);
		}
	free(all);
	free(lxcpath);
	free(host);
	return status;
}

/*
 * What the container has where V will be: *ST, and in *FROM a descriptor of the directory, or for a file of
 * its parent. 1; 0 with *ST all zero where it has nothing; -1 after record_fail. Where a running container
 * has something mounted there, what is below cannot be seen: 1, with *ST all zero.
 */
static int
find_source(struct volumes *m, const struct fact *v, struct stat *st, int *from)
{
	char *rest = NULL, *slash;
	int in, fd = -1, parent = -1, status = 1;

	memset(st, 0, sizeof(*st));
	if (m->root < 0 && (m->root = rootfs_open(m->c, m->r)) < 0)
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
		else if (fd < 0 && errno == EXDEV)
			status = 2;
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
	if (status == 0 || status == 2)
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
	return status == 2 ? 1 : status;
}

/* Fills V with NAME in the directory FROM, "." for the directory itself. */
static int
fill(const struct volumes *m, const struct fact *v, int from, const char *name)
{
	char *host = resolve(v->field[0]), *state = state_name(m->c->name), *why;
	char *temp = xasprintf(".ctr-new-%s", state);
	const struct shift seen = { m->ids.host, 0, m->ids.count };
	int status = copy_tree(
	    from, name, host, temp, m->ids.count > 0 && m->ids.how == IDMAP_CHOWN ? &seen : NULL, &why);

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
make_empty(const struct volumes *m, const struct fact *v, const struct stat *source)
{
	char *host = resolve(v->field[0]), *slash = strrchr(host, '/');
	int fd = -1, status = 0;

	if (S_ISREG(source->st_mode)) {
		*slash = '\0';
		close(copy_dirs(*host == '\0' ? "/" : host));
		*slash = '/';
		fd = open(host, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	} else {
		fd = copy_dirs(host);
	}
	/* Of a running container's, the owner is seen as the host has it. */
	if (fd < 0 || (source->st_mode != 0 && (fchown(fd, idmap_inside(&m->ids, source->st_uid),
						    idmap_inside(&m->ids, source->st_gid)) < 0 ||
						   fchmod(fd, source->st_mode & 07777) < 0)))
		status = record_fail(m->r, "cannot make the host's '%s':", host);
	free(host);
	if (fd >= 0)
		close(fd);
	return status;
}

/*
 * Whether the host's side, which is there, can be mounted with the owners that the container sees. 0, or -1 after
 * record_fail.
 */
static int
check_owners(struct volumes *m, const struct fact *v)
{
	int fd, can;
	char *shut;

	if (m->ids.count == 0)
		return 0;
	can = idmap_reaches(&m->ids, v->field[0], &shut);
	if (can <= 0) {
		if (can < 0)
			record_fail(m->r, "cannot find out whether its root reaches the host's '%s':", v->field[0]);
		else
			record_fail(m->r, "its root, %u on the host, cannot search '%s', where its volume is; let it with: "
					  "setfacl -m u:%u:x %s", (unsigned)m->ids.host, shut, (unsigned)m->ids.host, shut);
		free(shut);
		return -1;
	}
	if (m->space < 0 && (m->space = idmap_space(&m->ids)) < 0)
		return record_fail(m->r, "cannot make a user namespace for its volumes:");
	fd = open(v->field[0], O_PATH | O_CLOEXEC);
	can = fd < 0 ? -1 : idmap_mountable(fd, m->space);
	if (can < 0)
		record_fail(m->r, "cannot find out whether the host's '%s' takes an idmapped mount:", v->field[0]);
	else if (can == 0)
		record_fail(m->r,
		    "the host's '%s' lies on a file system, or this kernel, that takes no idmapped mount: "
		    "its owners would be nobody in the container",
		    v->field[0]);
	if (fd >= 0)
		close(fd);
	return can > 0 ? 0 : -1;
}

static int
prepare(struct volumes *m, const struct fact *v, const struct fact *old)
{
	const char *host = v->field[0], *base;
	const struct fact *f;
	struct stat st, source;
	bool missing = stat(host, &st) < 0, shared, fillable;
	bool new = old == NULL || strcmp(old->field[0], host) != 0;
	int from = -1, found, dir, status = 0;

	if (missing && errno == ENOENT && lstat(host, &st) == 0)
		return record_fail(m->r, "the host's '%s' is a symbolic link to nothing", host);
	if (missing && errno != ENOENT)
		return record_fail(m->r, "cannot use the host's '%s':", host);
	if (!missing && !new &&fact_equal(old, v))
		return 0;
	if (check_place(m, v, &shared) < 0)
		return -1;
	if (!missing && !new)
		return 0;
	found = find_source(m, v, &source, &from);
	if (found < 0)
		return -1;
	/* LXC makes what a volume is mounted on, but there it cannot. */
	for (f = NULL; found == 0 && (f = record_find(m->done, "volume", f)) != NULL;)
		if (below(v->field[1], f->field[1]) && volume_option(f, "ro"))
			return record_fail(m->r, "its '%s' is not there in its read-only volume '%s'",
			    v->field[1], f->field[1]);
	fillable = missing;
	if (!missing && S_ISDIR(st.st_mode) && !shared) {
		dir = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
		fillable = dir >= 0 && directory_empty(dir);
		close(dir);
	}
	base = S_ISREG(source.st_mode) ? strrchr(v->field[1], '/') + 1 : ".";
	if (source.st_mode != 0 && !missing && S_ISDIR(st.st_mode) != S_ISDIR(source.st_mode))
		status = record_fail(m->r, "the host's '%s' is %s, its '%s' is %s", host,
		    S_ISDIR(st.st_mode) ? "a directory" : "a file", v->field[1],
		    S_ISDIR(source.st_mode) ? "a directory" : "a file");
	else if (!fillable)
		status = 0;
	else if (!missing && found == 0)
		status = 0;
	else if (found == 0 || !m->fill || volume_option(v, "nocopy") || (*base == '.' && directory_empty(from)))
		status = make_empty(m, v, &source);
	else if (m->running)
		status = 1;
	else
		status = fill(m, v, from, base);
	if (from >= 0)
		close(from);
	if (!new && status == 0)
		say_warning(m->r->name, "the host's '%s' was gone and is made anew", host);
	return status;
}

int
volume_prepare(struct volumes *m, const struct fact *v, const struct fact *old)
{
	int status = prepare(m, v, old);

	return status == 0 ? check_owners(m, v) : status;
}
