/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What LXC's busybox template leaves to be said about the network. */
#ifndef BUSYBOX_H
#define BUSYBOX_H

#include "container.h"

/*
 * The template's /etc/init.d/rcS ends in /bin/udhcpc, whose script flushes all addresses of eth0, IPv6 as
 * well. The line is taken out where LXC sets the addresses, and put back with DHCP (a bridge's). An rcS that is not
 * the template's is left alone. Returns 0, or -1 after record_fail(R).
 */
int busybox_network(const struct container *c, struct record *r, bool dhcp);

#endif
