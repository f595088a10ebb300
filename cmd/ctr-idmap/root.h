/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root of a container that does not run, looked at as what is to get other owners. */
#ifndef ROOT_H
#define ROOT_H

#include "container.h"
#include "idmap.h"

/*
 * A descriptor of the root directory of C, whose own configuration must map no ids; -1 after record_fail. The caller
 * closes it.
 */
int root_open(const struct container *c, struct record *r);

/* Whether LXC takes the option idmap=container for it, 1 or 0: LXC 5 does for plain directories alone. -1 with errno. */
int root_mountable(int root);

/*
 * Makes sure that its files can be given to the ids of M: nothing else has them as its own, and whoever has these ids
 * reaches it. 0, or -1 after record_fail.
 */
int root_ready(const struct container *c, struct record *r, const struct idmap *m);

/*
 * Lets who is root in it with the ids of M, and no other user of the host, search LXCPATH/NAME: what LXC mounts from
 * there, it mounts as that one. 0, or -1 after record_fail.
 */
int root_let_in(const struct container *c, struct record *r, const struct idmap *m);

#endif
