/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files for dnsmasq in the runtime directory: one for each container in the directories hosts (its names) and dhcp
 * (its MAC address and its IPv4 one), which it watches; and `projects', arguments for it, one a line: the domains of the
 * projects, about which nobody else is asked, and what DHCP says of them. No --dhcp-optsfile: with a tag in it dnsmasq
 * 2.90 dies at the SIGHUP after it has answered.
 */
#ifndef NAMES_H
#define NAMES_H

#include <netinet/in.h>
#include <stdint.h>

#include "record.h"

/* A container as the table `inet ctr` has it. */
struct names_entry {
	char ipv4[INET_ADDRSTRLEN], ipv6[INET6_ADDRSTRLEN];
	uint32_t mark; /* of its project, FNV-1a of LXCPATH/PROJECT */
	bool open;     /* the containers of its project may talk to each other: isolate is false */
	bool inside;   /* it opens no connection to the world: outbound is false */
};

/* What the stored record of a container says; its addresses must be there. */
struct names_entry names_entry(const struct record *stored);

/* The open directories. */
struct names_dirs {
	int run, hosts, dhcp;
};

/*
 * Writes the files FILE for the container with this stored record, whose aliases for others are those of the facts `link`
 * of LINKS. Returns 1 where they were not so, 0 where they were, -1 with errno. *REPLACED becomes true where one was
 * there and other. names_share must follow.
 */
int names_write(const struct names_dirs *d, const char *file, const struct record *stored, const struct record *links,
    bool *replaced);

/* Removes them. 0, or -1 with errno. */
int names_remove(const struct names_dirs *d, const char *file);

/*
 * What depends on all containers together: `projects', and the aliases that mean one container in the whole
 * project. 0, or -1 with errno; *REPLACED as above.
 */
int names_share(const struct names_dirs *d, bool *replaced);

/* Calls EACH with every container in HOSTS. */
void names_each(int hosts, void (*each)(const struct names_entry *e, void *arg), void *arg);

/* What the container's file FILE says. 0, or -1 where there is none. */
int names_read(int hosts, const char *file, struct names_entry *e);

#endif
