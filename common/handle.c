/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"

struct lxc_container *
handle_new(const char *name)
{
	/*
	 * liblxc loads the configuration that it finds when a handle is made, and says on stderr where it
	 * cannot; in a directory that is not there it finds none. The command socket's name comes from the
	 * path set then.
	 */
	struct lxc_container *lxc = lxc_container_new(name, "/run/ctr/none");

	/* It would pass for one that does not run. errno tells nothing: it is ENOMEM whatever happened. */
	if (lxc == NULL || !lxc->set_config_path(lxc, container_path()))
		die(EXIT_FAILED, "cannot ask liblxc about '%s': it cannot make '/run/lxc/lock', or has no memory", name);
	return lxc;
}

int
handle_log(struct lxc_container *lxc, const struct container *c, struct record *r)
{
	char *file = xasprintf("%s/ctr/lxc.log", c->dir);
	/* Emptied and not removed: the monitor of a running container goes on writing to it. */
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), status = 0;

	/* A log of the configuration: with lxc_log_init, liblxc would write to stderr as well. */
	if (fd < 0 || !lxc->set_config_item(lxc, "lxc.log.file", file))
		status = record_fail(r, "cannot write '%s':", file);
	if (fd >= 0)
		close(fd);
	free(file);
	return status;
}

int
handle_load(struct lxc_container *lxc, const struct container *c, struct record *r)
{
	char *why;

	if (handle_log(lxc, c, r) < 0)
		return -1;
	if (lxc->load_config(lxc, NULL))
		return 0;
	why = lxc_first_error(c);
	record_fail(r, "its configuration '%s/config' cannot be loaded: %s", c->dir, why);
	free(why);
	return -1;
}

char *
handle_item(struct lxc_container *lxc, const char *key)
{
	int len = lxc->get_config_item(lxc, key, NULL, 0);
	char *value = xmalloc(len > 0 ? (size_t)len + 1 : 1);

	value[0] = '\0';
	if (len > 0)
		lxc->get_config_item(lxc, key, value, len + 1);
	return value;
}
