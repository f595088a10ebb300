/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is let in: the first lines of the files in the runtime directory's `hosts', which ctr-net writes. */
#ifndef NAMES_H
#define NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
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

enum {
	NAMES_BYTES = 1 << 24, /* of such a file at most: a container may have many aliases */
};

/* What the first line of such a file says. Whether it can be read. */
bool names_first(const char *line, struct names_entry *e);

/* What the container's file FILE says. 1, 0 where there is none that says it, or -1 with errno. */
int names_read(int hosts, const char *file, struct names_entry *e);

/*
 * The lines of such a file about the aliases that the container has for others, by the facts `link' of LINKS; the caller
 * frees them.
 */
char *names_aliases(const struct record *stored, const struct record *links);

/* Whether the container's file FILE has these lines and no more of them; also where there is no such file. */
bool names_has_aliases(int hosts, const char *file, const char *aliases);

#endif
