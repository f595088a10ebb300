/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All published ports of the host, listed once, and those of one container as facts. */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include "record.h"

/*
 * Lists what is published in the kernel. Returns 0, also where there is no table `inet ctr`; -1 with errno.
 */
int published_list(void);

/*
 * Adds to R the facts `published` of its container: those facts `port` of DECLARED, which may be a null
 * pointer, that are published as they are, ranges too; then what else is.
 */
void published_add(struct record *r, const struct record *declared);

#endif
