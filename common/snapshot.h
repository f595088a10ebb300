/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LXC's account of snapshot clones, whose root is a layer over that of another container: the source's file
 * lxc_snapshots names the clones, the clone's lxc_rdepends the sources; each by two lines, LXCPATH and the
 * name.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "container.h"

/*
 * The name of a container that is a snapshot clone of this one, of the caller's to free; a null pointer where
 * there is none. One that is named in lxc_snapshots but is no clone of this one (any more) does not count.
 */
char *snapshot_clone(const struct container *c);

/* Takes C out of the lxc_snapshots of its sources. Returns 0, or -1 after record_fail(R). */
int snapshot_forget(const struct container *c, struct record *r);

#endif
