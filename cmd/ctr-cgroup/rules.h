/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of the filter of devices, as lines for LXC that mean the same in both versions. */
#ifndef RULES_H
#define RULES_H

#include "container.h"
#include "limit.h"
#include "record.h"

/*
 * The lines of cgroup.conf for those of the N LIMITS that are rules, in the caller's to free; a null pointer
 * after record_fail. For version 2 it depends on what the container's configuration says before.
 */
char *rules_text(const struct container *c, struct record *r, int version, const struct limit *limits, long n);

#endif
