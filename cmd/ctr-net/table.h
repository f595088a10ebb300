/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table `inet ctr`: its rules, and whose addresses may come in. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "names.h"

/*
 * Makes the table, or the rules of it that are not as they should be; elements stay. Returns 1 where something was made,
 * 0 where all was there, -1 with what is wrong in *ERROR, the caller's to free.
 */
int table_make(int run, char **error);

/*
 * The kernel's rules are remembered in RUN/rules, for ready() and the next table_make: once the sets have what belongs
 * into a table that was made. Killed before that, the next run makes it again, and fills it. 0, or -1 as above.
 */
int table_note(int run, char **error);

/*
 * Writes to OUT the commands for nft_run that put a container's addresses into the sets which E says, and with MORE take
 * them out of the others, or with REMOVE out of all, whether they are there or not. Links (linkset.h) are left. Not MORE where
 * nothing is there: after a change that took something out, who closes a socket waits (netlink_netfilter()).
 */
void table_elements(FILE *out, bool remove, bool more, const struct names_entry *e);

/* Writes to OUT the commands that take all containers' addresses out of these sets. */
void table_flush(FILE *out);

/* nft_run, but *ERROR gets one line: that it cannot do WHAT, and the reason. */
int table_run(const char *commands, const char *what, char **error);

/* Takes the table away; RUN/rules stays. Returns as table_make. */
int table_remove(int run, char **error);

#endif
