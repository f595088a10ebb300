/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses a container gets. */
#ifndef ASSIGN_H
#define ASSIGN_H

#include "container.h"
#include "reserve.h"

/* The keys of the facts that say what it got, ending with a null pointer. */
extern const char *const assigned[];

/*
 * Adds mac, veth, ipv4 and ipv6 to WANT, reserved in T: those that it has, where they are reserved for it and as the
 * facts `address` of WANT ask, else free ones. Returns 0, or -1 after record_fail(R).
 */
int assign(struct reservations *t, const struct container *c, struct record *r, struct record *want);

/*
 * For a container on a bridge: adds its mac, reserved. Its second byte tells it from those that are made of an
 * address. Returns 0, or -1 after record_fail(R).
 */
int assign_mac(struct reservations *t, const struct container *c, struct record *r, struct record *want);

/*
 * Whether the addresses that C has are reserved for it, and none of them but the IPv4 one is fixed; then they are added
 * to WANT. Reserves nothing.
 */
bool assign_kept(const struct reservations *t, const struct container *c, struct record *want);

#endif
