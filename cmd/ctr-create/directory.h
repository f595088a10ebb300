/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clones of a container whose root is a plain directory, by cp(1). liblxc copies such a root with rsync(1),
 * which compares first, and waits in steps: several times as long for a small root.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include "lxc.h"

/*
 * Whether nothing but the root and the name is to be changed: FROM, a container of that configuration CONFIG,
 * has its root in LXCPATH/NAME/rootfs, with no options and no mapped ids, and nothing else in CONFIG is below
 * LXCPATH/NAME, nor made anew for each clone by liblxc.
 */
bool directory_alone(struct lxc_container *from, const char *config);

/*
 * Copies FROM's root, then writes CONFIG with it as the configuration of container NAME, whose directory is
 * there and has neither. Whether it succeeded; why not is on stderr.
 */
bool directory_clone(struct lxc_container *from, const char *config, const char *name);

#endif
