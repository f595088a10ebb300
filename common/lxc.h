/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container in liblxc. liblxc keeps state in the process: use it in the forked child of filter(). */
#ifndef LXC_H
#define LXC_H

#include <lxc/lxccontainer.h>
#include <sys/types.h>

#include "container.h"

/*
 * liblxc's handle for the container, its configuration loaded; the caller ends it with lxc_container_put(3).
 * Errors of liblxc from now on go to LXCPATH/NAME/ctr/lxc.log. A null pointer after record_fail(R).
 */
struct lxc_container *lxc_open(const struct container *c, struct record *r);

/* Whether it runs; so also where its configuration cannot be loaded. Ends the program where liblxc cannot be asked. */
bool lxc_running(const char *name);

/* The process id of its init on the host, or -1 where it does not run. Ends the program as lxc_running does. */
pid_t lxc_init_pid(const char *name);

/* What liblxc said first of what went wrong since lxc_open, in its words, or "see LXCPATH/NAME/ctr/lxc.log"; the caller frees it. */
char *lxc_first_error(const struct container *c);

#endif
