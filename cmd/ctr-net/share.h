/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files for dnsmasq in the runtime directory: one for each container in the directories hosts (its names) and dhcp
 * (its MAC address, link and IPv4 address), which it watches; and `projects', arguments for it, one a line: the domains of
 * the projects, about which nobody else is asked, and what DHCP says of them. `unread' is there from before the first of
 * them is written or removed until dnsmasq has been told: what is ended in between leaves it, and the next run makes the
 * rest. No --dhcp-optsfile: with a tag in it dnsmasq 2.90 dies at the SIGHUP after it has answered.
 */
#ifndef SHARE_H
#define SHARE_H

#include "names.h"

/* The open directories. */
struct share_dirs {
	int run, hosts, dhcp;
};

/* Makes `unread'; those below that write do so themselves. 0, or -1 with errno. */
int share_begin(const struct share_dirs *d);

/* Whether it is there. */
bool share_unread(const struct share_dirs *d);

/* Takes it away. 0, or -1 with what is wrong in *ERROR, which the caller frees. */
int share_done(const struct share_dirs *d, char **error);

/*
 * Writes the files FILE for the container with this stored record, whose aliases for others are those of the facts `link`
 * of LINKS. Returns 1 where they were not so, 0 where they were, -1 with errno. *REPLACED becomes true where one was
 * there and other. share_names must follow.
 */
int share_write(const struct share_dirs *d, const char *file, const struct record *stored, const struct record *links,
    bool *replaced);

/*
 * What depends on all containers together: `projects', and the aliases that mean one container in the whole
 * project. 0, or -1 as share_done; *REPLACED as above.
 */
int share_names(const struct share_dirs *d, bool *replaced, char **error);

/* Calls EACH with every container in HOSTS and its file there. 0, or -1 with errno. */
int share_each(int hosts, void (*each)(const char *file, const struct names_entry *e, void *arg), void *arg);

#endif
