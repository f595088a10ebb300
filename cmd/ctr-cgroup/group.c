/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

enum {
	FILE_MAX_BYTES = 65536,
};

/*
 * The directory of KEY's controller in which LXC makes its groups, in the caller's to free: that of the
 * process 1, without systemd's init.scope. A null pointer where there is no such controller.
 */
static char *
base_path(int version, const char *key)
{
	char *controller = xstrndup(key, strcspn(key, ".")), *text = NULL, *rest, *line, *names, *name;
	char *found = NULL;
	size_t n;

	if (read_at(AT_FDCWD, "/proc/1/cgroup", &text, &n, 1 << 20) < 0)
		text = NULL;
	for (rest = text; found == NULL && (line = strsep(&rest, "\n")) != NULL;) {
		/* ID:CONTROLLER,CONTROLLER:PATH, in version 2 without controllers */
		strsep(&line, ":");
		names = strsep(&line, ":");
		if (line == NULL)
			continue;
		n = strlen(line);
		if (n >= 11 && strcmp(line + n - 11, "/init.scope") == 0)
			line[n - 11] = '\0';
		if (version == 2 && *names == '\0')
			found = xasprintf("/sys/fs/cgroup%s", line);
		while (version == 1 && found == NULL && (name = strsep(&names, ",")) != NULL)
			if (strcmp(name, controller) == 0)
				found = xasprintf("/sys/fs/cgroup/%s%s", controller, line);
	}
	free(text);
	free(controller);
	return found;
}

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

/* The directory to try KEY in. Its name is the container's, so that a killed run leaves one at most. */
static char *
try_path(const struct group *g, const char *key)
{
	char *base = base_path(g->version, key), *path = NULL;

	if (base != NULL)
		path = xasprintf("%s/ctr-try.%s", base, g->name);
	free(base);
	return path;
}

static int
make(const struct group *g, const char *key, const char *path)
{
	char *base, *enable, *controller;

	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : -1;
	if (g->version == 1)
		return 0;
	/* As LXC does at a start. Where it cannot be, the file will be missing. */
	base = base_path(g->version, key);
	enable = xasprintf("%s/cgroup.subtree_control", base);
	controller = xasprintf("+%.*s", (int)strcspn(key, "."), key);
	write_file(enable, controller);
	free(controller);
	free(enable);
	free(base);
	return 0;
}

static char *
read_below(const char *dir, const char *key)
{
	char *path, *text = NULL;
	size_t len;
	int saved;

	if (dir == NULL) {
		errno = ENOENT;
		return NULL;
	}
	path = xasprintf("%s/%s", dir, key);
	if (read_at(AT_FDCWD, path, &text, &len, FILE_MAX_BYTES) < 0)
		text = NULL;
	saved = errno;
	free(path);
	errno = saved;
	return text;
}

char *
group_read(const struct group *g, const char *key)
{
	char *dir, *text = NULL;
	int n, saved;

	if (g->lxc == NULL) {
		dir = try_path(g, key);
		if (dir == NULL)
			errno = ENOENT;
		else if (make(g, key, dir) == 0)
			text = read_below(dir, key);
		saved = errno;
		free(dir);
		errno = saved;
		return text;
	}
	text = xmalloc(FILE_MAX_BYTES);
	errno = ENOENT;
	n = g->lxc->get_cgroup_item(g->lxc, key, text, FILE_MAX_BYTES);
	if (n >= 0 && n < FILE_MAX_BYTES) {
		text[n] = '\0';
		return text;
	}
	saved = errno;
	free(text);
	errno = saved;
	return NULL;
}

char *
group_read_above(const struct group *g, const char *key)
{
	/* Of version 2 that is for cpuset.cpus and .mems, which a group with processes in it cannot give up. */
	char *base = base_path(g->version, key), *file = xasprintf("%s%s", key, g->version == 2 ? ".effective" : "");
	char *text = read_below(base, file);

	free(file);
	free(base);
	return text;
}

int
group_write(const struct group *g, const struct limit *l, const char *value)
{
	char *text, *dir, *path;
	int status = -1, saved;

	/* An empty list is a line too: nothing at all would not reach the kernel. */
	if (l->about == NULL)
		text = xstrdup(value[0] == '\0' ? "\n" : value);
	else
		text = xasprintf("%s %s", l->about, value);
	if (g->lxc != NULL) {
		errno = EIO;
		status = g->lxc->set_cgroup_item(g->lxc, l->key, text) ? 0 : -1;
	} else if ((dir = try_path(g, l->key)) != NULL) {
		path = xasprintf("%s/%s", dir, l->key);
		status = write_file(path, text);
		saved = errno;
		free(path);
		free(dir);
		errno = saved;
	}
	saved = errno;
	free(text);
	errno = saved;
	return status;
}

void
group_end(const struct group *g, const struct limit *l)
{
	char *path = try_path(g, l->key);

	if (path != NULL)
		rmdir(path);
	free(path);
}
