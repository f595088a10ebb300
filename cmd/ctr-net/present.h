/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in the sets of the table `inet ctr` already: a few messages, where a transaction costs milliseconds. */
#ifndef PRESENT_H
#define PRESENT_H

#include "names.h"

enum {
	PRESENT_ALL = 1, /* what they are to have */
	PRESENT_MORE = 2, /* something that they are not to have */
};

/*
 * What the sets have of E, by these bits: FD is of netlink_netfilter(). Where the kernel does not say, something is missing, and
 * there may be more.
 */
int present(int fd, const struct names_entry *e);

#endif
