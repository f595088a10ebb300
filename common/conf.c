/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

/* What ctr/config has before it includes what is beside it, of the caller's to free; or a null pointer with errno. */
static char *
other_lines(const struct container *c)
{
	char *begin = xasprintf("lxc.include = %s/ctr/", c->dir), *text = NULL, *ours;
	size_t len;

	if (read_at(c->dirfd, "config", &text, &len, 1 << 20) < 0)
		text = errno == ENOENT ? xstrdup("") : NULL;
	ours = text == NULL ? NULL : strstr(text, begin);
	if (ours != NULL)
		*ours = '\0';
	free(begin);
	return text;
}

int
conf_includes(struct container *c, const char *first, const char **failed)
{
	char *includes = first == NULL ? other_lines(c) : xstrdup(first), *text;
	int fd, status;
	size_t i;

	*failed = "config";
	if (includes == NULL)
		return -1;
	for (i = 0; container_confs[i] != NULL; i++) {
		*failed = container_confs[i];
		fd = openat(c->dirfd, *failed, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 || close(fd) < 0) {
			free(includes);
			return -1;
		}
		text = xasprintf("%slxc.include = %s/ctr/%s\n", includes, c->dir, *failed);
		free(includes);
		includes = text;
	}
	*failed = "config";
	status = container_conf(c, "config", includes);
	free(includes);
	return status;
}

bool
conf_written(const char *name, const char *file, const char *text)
{
	char *path = xasprintf("%s/%s/ctr/%s", container_path(), name, file), *now = NULL;
	size_t len;
	bool is;

	if (read_at(AT_FDCWD, path, &now, &len, 1 << 20) == 0)
		is = strcmp(now, text) == 0;
	else
		is = errno == ENOENT && *text == '\0';
	free(now);
	free(path);
	return is;
}
