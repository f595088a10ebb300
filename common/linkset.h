/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may open connections to whom: the elements of the sets link4 and link6 (FROM . TO, all ports), expose4 and
 * expose6 (FROM . TO . PROTOCOL . PORT) of table `inet ctr`.
 */
#ifndef LINKSET_H
#define LINKSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "record.h"

struct linkset_element {
	const char *set; /* one of the four names */
	char *text;	 /* as nft(8) writes it, numbers for names: "10.66.0.5 . 10.66.0.9 . 6 . 5432" */
};

struct linkset {
	struct linkset_element *element;
	size_t n;
};

/*
 * Reads all of them. Where there is no table, or it has no such sets, there are none. Returns 0, or -1 with
 * errno. What is read is freed by linkset_free.
 */
int linkset_read(struct linkset *s);
void linkset_free(struct linkset *s);

/*
 * Adds what the fact LINK, a `link` or `forward`, of the container with the stored record FROM to the one of TO is: of a
 * link what that exposes, of a forward its port by IPv4, exposed or not; nothing where one of them is not on the managed
 * network. An element that is there already is not added again.
 */
void linkset_link(struct linkset *s, const struct record *from, const struct record *to, const struct fact *link);

/* Whether E is from one of the addresses, of which one may be a null pointer, or with TO also whether it is to one. */
bool linkset_of(const struct linkset_element *e, const char *ipv4, const char *ipv6, bool to);

bool linkset_has(const struct linkset *s, const struct linkset_element *e);

/* Writes to OUT the command for nft_run that adds E, or with REMOVE takes it out, whether it is there or not. */
void linkset_write(FILE *out, bool remove, const struct linkset_element *e);

#endif
