/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a running container's configuration was changed on disk since its start. */
#ifndef PENDING_H
#define PENDING_H

#include <sys/types.h>

#include "lxc.h"
#include "record.h"

/*
 * Adds to R a fact `pending KEY` for each kind of declared facts whose settings are others on disk than the
 * ones that the running container was started with, as its monitor tells them. LXC has its configuration
 * loaded, STORED is its stored record.
 */
void pending_add(struct record *r, struct lxc_container *lxc, const struct record *stored);

#endif
