/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's one dnsmasq(8), for the DHCP and the names of the managed network. */
#ifndef DNSMASQ_H
#define DNSMASQ_H

#include <stdbool.h>

/*
 * Starts it for the directories hosts and dhcp in RUN, where it does not run with these settings; one of ours
 * with others is ended first. With AGAIN, one that runs forgets the files that were changed or removed.
 * Returns 1 where it was started, 0 where it ran, -1 with what is wrong in *ERROR, the caller's to free.
 */
int dnsmasq_start(int run, bool again, char **error);

/* Ends ours. Returns 1 where it ran, 0 where not, -1 with errno. */
int dnsmasq_stop(int run);

#endif
