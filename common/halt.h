/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ending a running container: ctr-stop, ctr-start -r. */
#ifndef HALT_H
#define HALT_H

#include "lxc.h"

enum {
	HALT_SECONDS = 30, /* what a clean shutdown is given, unless -t says otherwise */
};

/*
 * Asks the container's init to shut down, and kills it where it has not ended after SECONDS (at once, with 0).
 * A frozen one is thawed first, or it could not hear. Returns 0 where it ended by itself, 1 where it was
 * killed, -1 after record_fail(R).
 */
int halt(struct lxc_container *lxc, struct record *r, unsigned long seconds);

/*
 * A handle that reaches the running container NAME by its command socket without loading its configuration, which may be
 * broken by now. No settings can be read from it. The caller ends it with lxc_container_put(3). A null
 * pointer where there is no memory.
 */
struct lxc_container *halt_handle(const char *name);

#endif
