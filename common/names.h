/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that dnsmasq watches: one for each container in the directories hosts (its names) and dhcp (its
 * MAC address and its IPv4 one).
 */
#ifndef NAMES_H
#define NAMES_H

#include <netinet/in.h>

#include "record.h"

/*
 * Writes the files FILE for the container with this stored record. Returns 1 where they were not so, 0 where
 * they were, -1 with errno. *REPLACED becomes true where one was there and other. names_share must follow.
 */
int names_write(int hosts, int dhcp, const char *file, const struct record *stored, bool *replaced);

/*
 * Gives the short names that one container alone has to that one. One that two projects use is no name for
 * everybody: with it, one would reach the other's database. 0, or -1 with errno; *REPLACED as above.
 */
int names_share(int hosts, bool *replaced);

/* Calls EACH with the addresses of every container in HOSTS. */
void names_each(int hosts, void (*each)(const char *ipv4, const char *ipv6, void *arg), void *arg);

/* The addresses in the container's file FILE. 0, or -1 where there is none. */
int names_addresses(int hosts, const char *file, char ipv4[INET_ADDRSTRLEN], char ipv6[INET6_ADDRSTRLEN]);

#endif
