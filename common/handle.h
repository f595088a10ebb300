/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles of liblxc that load a configuration when told to, and write nothing to stderr. */
#ifndef HANDLE_H
#define HANDLE_H

#include "lxc.h"

/*
 * A handle of container NAME without its configuration: enough to reach the running one by its command
 * socket, or to try settings. The caller ends it with lxc_container_put(3). Ends the program where liblxc has no memory, or
 * cannot make the directory of its locks.
 */
struct lxc_container *handle_new(const char *name);

/*
 * Lets liblxc write its errors to LXCPATH/NAME/ctr/lxc.log, emptied, where lxc_first_error finds those from
 * now on. Returns 0, or -1 after record_fail(R).
 */
int handle_log(struct lxc_container *lxc, const struct container *c, struct record *r);

/* As handle_log, then loads the container's configuration. */
int handle_load(struct lxc_container *lxc, const struct container *c, struct record *r);

/* The value of KEY in the configuration loaded, a list each in a line; the caller frees it. */
char *handle_item(struct lxc_container *lxc, const char *key);

#endif
