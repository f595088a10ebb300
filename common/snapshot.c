/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

enum {
	ACCOUNT_MAX = 1024 * 1024,
};

/* The next pair of lines of *TEXT, which is cut up; *TEXT is moved past it. Whether there was one. */
static bool
next_pair(char **text, char **path, char **name)
{
	char *end;

	*path = *text;
	end = strchr(*path, '\n');
	if (end == NULL)
		return false;
	*end = '\0';
	*name = end + 1;
	end = strchr(*name, '\n');
	if (end == NULL)
		return false;
	*end = '\0';
	*text = end + 1;
	return true;
}

/* Whether FILE in the directory DIR has the pair PATH, NAME. */
static bool
has_pair(const char *dir, const char *file, const char *path, const char *name)
{
	char *full = xasprintf("%s/%s", dir, file), *text = NULL, *rest, *p, *n;
	size_t len;
	bool found = false;

	if (read_at(AT_FDCWD, full, &text, &len, ACCOUNT_MAX) == 0)
		for (rest = text; !found && next_pair(&rest, &p, &n);)
			found = strcmp(p, path) == 0 && strcmp(n, name) == 0;
	free(text);
	free(full);
	return found;
}

char *
snapshot_clone(const struct container *c)
{
	char *full = xasprintf("%s/lxc_snapshots", c->dir), *text = NULL, *rest, *path, *name, *dir,
	     *found = NULL;
	size_t len;

	if (read_at(AT_FDCWD, full, &text, &len, ACCOUNT_MAX) == 0)
		for (rest = text; found == NULL && next_pair(&rest, &path, &name);) {
			dir = xasprintf("%s/%s", path, name);
			if (has_pair(dir, "lxc_rdepends", container_path(), c->name))
				found = xstrdup(name);
			free(dir);
		}
	free(text);
	free(full);
	return found;
}

/* Writes lxc_snapshots of the source in DIR anew, without C. */
static int
forget_in(const char *dir, const struct container *c)
{
	char *text = NULL, *rest, *path, *name, *left = NULL;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), like, status = -1, saved;
	size_t len, n;
	bool named = false;
	FILE *out;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (read_at(fd, "lxc_snapshots", &text, &len, ACCOUNT_MAX) < 0) {
		status = errno == ENOENT ? 0 : -1;
		goto out;
	}
	out = xopen_memstream(&left, &n);
	for (rest = text; next_pair(&rest, &path, &name);)
		if (strcmp(path, container_path()) == 0 && strcmp(name, c->name) == 0)
			named = true;
		else
			fprintf(out, "%s\n%s\n", path, name);
	xfclose(out);
	if (!named) {
		status = 0;
	} else if (n == 0) {
		status = unlinkat(fd, "lxc_snapshots", 0);
	} else if ((like = openat(fd, "lxc_snapshots", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) >= 0) {
		status = replace_at(fd, "lxc_snapshots", left, n, like, 0);
		close(like);
	}
	free(left);
out:
	saved = errno;
	free(text);
	close(fd);
	errno = saved;
	return status;
}

int
snapshot_forget(const struct container *c, struct record *r)
{
	char *full = xasprintf("%s/lxc_rdepends", c->dir), *text = NULL, *rest, *path, *name, *dir;
	struct container source = { .dirfd = -1, .lock = -1 };
	struct record *other;
	size_t len;
	int status = 0;

	if (read_at(AT_FDCWD, full, &text, &len, ACCOUNT_MAX) < 0)
		text = xstrdup("");
	for (rest = text; status == 0 && next_pair(&rest, &path, &name);) {
		/* Its lock, since two clones may go at once, and one may just be made. */
		other = record_new(name);
		if (strcmp(path, container_path()) == 0 && container_lock(&source, other) < 0)
			status = record_fail(r, "cannot lock its source '%s'", name);
		dir = xasprintf("%s/%s", path, name);
		if (status == 0 && forget_in(dir, c) < 0)
			status = record_fail(r, "cannot take it out of '%s/lxc_snapshots':", dir);
		free(dir);
		container_close(&source);
		record_free(other);
	}
	free(text);
	free(full);
	return status;
}
