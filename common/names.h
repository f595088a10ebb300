/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that dnsmasq watches: one for each container in the directories hosts (its names) and dhcp (its
 * MAC address and its IPv4 one), and hosts/short.
 */
#ifndef NAMES_H
#define NAMES_H

#include "record.h"

/*
 * Writes the files FILE for the container with this stored record. Returns 1 where they were not so, 0 where
 * they were, -1 with errno. *REPLACED becomes true where one was there and other.
 */
int names_write(int hosts, int dhcp, const char *file, const struct record *stored, bool *replaced);

/*
 * The file hosts/short: the short names that one container alone has. One that two projects use is no name
 * for everybody: with it, one would reach the other's database. 0, or -1 with errno.
 */
int names_write_short(int hosts, bool *replaced);

/*
 * "SHORT IPV4 IPV6", the first line (after "# ") of each container's file in HOSTS, sorted. Returns their
 * number; the caller frees them with names_free.
 */
size_t names_read(int hosts, char ***lines);
void names_free(char **lines, size_t n);

#endif
