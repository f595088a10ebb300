/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block of names in a container's /etc/hosts: a line for each address, whose last name is the full one. */
#ifndef HOSTS_H
#define HOSTS_H

#include <stdio.h>

#include "container.h"

/*
 * Writes the lines of the container with the stored record TO to OUT, with the aliases of the fact LINK, which may be a
 * null pointer. One without stored addresses has those that liblxc sees. Returns how many.
 */
size_t hosts_lines(FILE *out, const struct record *to, const struct fact *link);

/*
 * The full name in the first of the LEN bytes' lines, *NEXT being what comes after it; a pointer into LINES of *N bytes, or
 * a null pointer where there is no more line.
 */
const char *hosts_name(const char *lines, size_t len, const char **next, size_t *n);

/*
 * Brings the block of C to what LINES writes to its OUT, given what is there, OLD of LEN bytes; none where that is nothing.
 * Returns 1 where the file was changed, 0 where it was so, -1 after record_fail(R).
 */
int hosts_change(const struct container *c, struct record *r,
    void (*lines)(FILE *out, const char *old, size_t len, const void *arg), const void *arg);

#endif
