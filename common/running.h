/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration that a running container was started with, as its monitor tells it. */
#ifndef RUNNING_H
#define RUNNING_H

#include <stdbool.h>

#include "lxc.h"

/* What ctr-config puts into the environment of a command whose container says no PATH: LXC starts init without any. */
#define RUNNING_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Whether the container runs with another value of KEY ("lxc.uts.name", "lxc.mount.entry") than its configuration on
 * disk, loaded in LXC, has now: whether a change waits for its next start. What ctr-config adds for a command
 * alone is left out.
 */
bool running_item_differs(struct lxc_container *lxc, const char *key);

/* The same of the rules of devices, in either version of control groups. */
bool running_devices_differ(struct lxc_container *lxc);

/* Whether container NAME runs, and was started with a line of lxc.mount.entry that begins with TEXT. */
bool running_mounts(const char *name, const char *text);

/*
 * Whether a file of the configuration of NAME was changed since process PID, its init, began, so that it is worth while to
 * compare the settings.
 */
bool running_changed(const char *name, pid_t pid);

/* running_item_differs for container NAME, loading its configuration; false where that cannot be loaded. */
bool running_differs(const char *name, const char *key);

#endif
