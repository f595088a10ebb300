/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LOCK_H
#define LOCK_H

#include "plan.h"

/*
 * Locks the containers of the N owners that have not failed; one that cannot be locked has failed then. It waits for one
 * only while it has no other: ctr-create and ctr-destroy have a clone's lock when they want that of its source. And the
 * caller gives them in the order of their names, or two such programs could be in each other's way for ever.
 */
void lock_all(struct owner *const owner[], size_t n);

#endif
