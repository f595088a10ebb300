/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits in the kernel: all of a container's, or none. */
#ifndef ENFORCE_H
#define ENFORCE_H

#include "group.h"
#include "limit.h"
#include "record.h"

/*
 * Makes the N LIMITS hold in the group, and takes away those of OLD that are no more. Where one cannot be,
 * the group has what it had before. Returns the number of changes, or -1 after record_fail.
 */
long enforce(const struct group *g, struct record *r, const struct limit *limits, long n,
    const struct limit *old, long nold);

#endif
