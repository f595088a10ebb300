/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lxc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

struct lxc_container *
lxc_open(const struct container *c, struct record *r)
{
	char *file = xasprintf("%s/ctr/lxc.log", c->dir);
	struct lxc_log log = { .name = c->name, .lxcpath = container_path(), .file = file, .level = "ERROR",
		.prefix = say_program, .quiet = true };
	struct lxc_container *lxc;
	char *why;

	/* Emptied, so that what stands in it is of this run. */
	if (unlink(file) < 0 && errno != ENOENT) {
		record_fail(r, "cannot remove '%s':", file);
		free(file);
		return NULL;
	}
	lxc_log_init(&log);
	free(file);
	lxc = lxc_container_new(c->name, container_path());
	if (lxc != NULL && lxc->is_defined(lxc) && lxc->lxc_conf != NULL)
		return lxc;
	why = lxc_first_error(c);
	record_fail(r, "its configuration '%s/config' cannot be loaded: %s", c->dir, why);
	free(why);
	if (lxc != NULL)
		lxc_container_put(lxc);
	return NULL;
}

/* Among the active ones, which liblxc reads from the command sockets in /proc/net/unix. */
static bool
listed(const char *name)
{
	char **names = NULL;
	int i, n = list_active_containers(container_path(), &names, NULL);
	bool found = false;

	for (i = 0; i < n; i++) {
		found = found || strcmp(names[i], name) == 0;
		free(names[i]);
	}
	free(names);
	return found;
}

bool
lxc_running(const char *name)
{
	struct lxc_container *lxc = lxc_container_new(name, container_path());
	bool running;

	/* What runs does so also when its configuration was broken since. */
	if (lxc == NULL)
		return listed(name);
	running = lxc->is_running(lxc);
	lxc_container_put(lxc);
	return running;
}

pid_t
lxc_init_pid(const char *name)
{
	struct lxc_container *lxc = lxc_container_new(name, container_path());
	pid_t pid;

	if (lxc == NULL)
		return -1;
	pid = lxc->init_pid(lxc);
	lxc_container_put(lxc);
	return pid > 0 ? pid : -1;
}

/*
 * The message in LINE of LXC's log, which is "PREFIX NAME TIME LEVEL CATEGORY - FILE:FUNCTION:LINE - MESSAGE",
 * or a null pointer where it is no error.
 */
static const char *
log_message(const char *line)
{
	const char *s = strstr(line, " ERROR ");

	s = s == NULL ? NULL : strstr(s, " - ");
	s = s == NULL ? NULL : strstr(s + 3, " - ");
	return s == NULL ? NULL : s + 3;
}

char *
lxc_first_error(const struct container *c)
{
	char *path = xasprintf("%s/ctr/lxc.log", c->dir), *text = NULL, *line, *next, *found = NULL;
	const char *s;
	size_t len;

	/* The first error is the cause; those after it tell what could not go on. */
	if (read_at(AT_FDCWD, path, &text, &len, 1 << 20) == 0)
		for (line = text; line != NULL && found == NULL; line = next) {
			next = strchr(line, '\n');
			if (next != NULL)
				*next++ = '\0';
			s = log_message(line);
			if (s != NULL)
				found = xstrdup(s);
		}
	if (found == NULL)
		found = xasprintf("see '%s'", path);
	free(text);
	free(path);
	return found;
}
