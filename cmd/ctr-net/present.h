/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in the sets of the table `inet ctr` already: a few messages, where a transaction costs milliseconds. */
#ifndef PRESENT_H
#define PRESENT_H

#include <stdbool.h>

#include "names.h"

/*
 * Whether the sets have of E all that they are to have, and nothing else: FD is of netlink_netfilter(). False too where the
 * kernel does not say.
 */
bool present(int fd, const struct names_entry *e);

#endif
