/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must come before what. Things are numbers from 0 to N - 1. */
#ifndef GRAPH_H
#define GRAPH_H

#include <stdbool.h>
#include <stddef.h>

struct edge {
	size_t from, to; /* FROM comes after TO */
	unsigned kind;	 /* one bit, the caller's */
};

/*
 * Follows the edges of KINDS (bits) and writes the N things to ORDER, each after those that it comes after,
 * and else as they are numbered. For each edge that closes a circle CIRCLE is called with the circle's
 * things, the last being the edge's FROM and the first its TO; that edge then has no part in the order. ORDER
 * and CIRCLE may be null pointers. Returns whether there was a circle. Takes linear time and memory.
 */
bool graph_order(size_t n, const struct edge *edge, size_t m, unsigned kinds, size_t *order,
    void (*circle)(const size_t *thing, size_t n, const struct edge *closing));

/*
 * Makes edges of kind SOFT, one after the other, edges of kind HARD, but those that would close a circle with
 * the hard ones and OTHERS (bits). In a knot of many thousand things it stops looking at some point, and
 * leaves the remaining ones soft.
 */
void graph_harden(size_t n, struct edge *edge, size_t m, unsigned soft, unsigned hard, unsigned others);

#endif
