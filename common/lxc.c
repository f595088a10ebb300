/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lxc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "replace.h"
#include "say.h"

struct lxc_container *
lxc_open(const struct container *c, struct record *r)
{
	struct lxc_container *lxc = handle_new(c->name);

	if (handle_load(lxc, c, r) == 0)
		return lxc;
	lxc_container_put(lxc);
	return NULL;
}

bool
lxc_running(const char *name)
{
	struct lxc_container *lxc = handle_new(name);
	bool running = lxc->is_running(lxc);

	lxc_container_put(lxc);
	return running;
}

pid_t
lxc_init_pid(const char *name)
{
	struct lxc_container *lxc = handle_new(name);
	pid_t pid = lxc->init_pid(lxc);

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
