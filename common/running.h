/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration that a running container was started with. */
#ifndef RUNNING_H
#define RUNNING_H

#include <stdbool.h>

/*
 * Whether container NAME runs with another value of KEY ("lxc.uts.name", "lxc.mount.entry") than its
 * configuration on disk has now: whether a change waits for its next start.
 */
bool running_differs(const char *name, const char *key);

#endif
