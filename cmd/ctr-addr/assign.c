/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "pool.h"
#include "say.h"

const char *const assigned[] = { "mac", "veth", "ipv4", "ipv6", NULL };

/* What the facts `address` ask for. */
struct fixed {
	uint32_t v4; /* 0: none */
	struct in6_addr v6;
	bool has6;
};

static int
read_fixed(struct record *r, const struct record *want, struct fixed *fixed)
{
	const struct fact *f = NULL;
	unsigned char bytes[16];
	struct in_addr in;
	int family;

	*fixed = (struct fixed){ 0 };
	while ((f = record_find(want, "address", f)) != NULL) {
		family = address_parse(f->field[0], bytes);
		if (family == AF_INET ? fixed->v4 != 0 : fixed->has6)
			return record_fail(
			    r, "address %s is the second fixed one of its family", f->field[0]);
		if (family == AF_INET) {
			memcpy(&in, bytes, sizeof(in));
			fixed->v4 = ntohl(in.s_addr);
			if (!pool_has4(fixed->v4))
				return record_fail(r, "address %s is not one for containers in the pool %s",
				    f->field[0], pool()->net4);
		} else {
			memcpy(&fixed->v6, bytes, sizeof(fixed->v6));
			fixed->has6 = true;
			if (!pool_has6(&fixed->v6))
				return record_fail(r,
				    "address %s is not one for containers in the host's prefix %s",
				    f->field[0], pool()->net6);
		}
	}
	return 0;
}

/*
 * Reserves the addresses V4 and V6 and adds what follows from them to WANT. Returns 0, or -1 where it does
 * not succeed: *WHY, the caller's to free, says why, and with *OVER no other address would do better.
 */
static int
take(const struct reservations *t, const struct container *c, struct record *want, uint32_t v4,
    const struct fixed *fixed, char **why, bool *over)
{
	struct in_addr in4 = { htonl(v4) };
	struct in6_addr in6 = fixed->has6 ? fixed->v6 : pool_map(v4);
	char four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN], mac[18], veth[IFNAMSIZ], *by, *bad = four;
	int made;

	inet_ntop(AF_INET, &in4, four, sizeof(four));
	inet_ntop(AF_INET6, &in6, six, sizeof(six));
	made = reserve_take(t, four, c->dir, &by);
	*over = made < 0 && (by == NULL || fixed->v4 != 0);
	if (made >= 0 && reserve_take(t, six, c->dir, &by) < 0) {
		bad = six;
		*over = by == NULL || fixed->v4 != 0 || fixed->has6;
		/* Nobody can have looked at it but as taken. */
		if (made > 0)
			reserve_undo(t, four);
		made = -1;
	}
	if (made < 0) {
		*why = by == NULL ? xasprintf("cannot reserve address %s: %s", bad, strerror(errno))
				  : xasprintf("address %s is held by '%s'", bad, by);
		free(by);
		return -1;
	}
	snprintf(veth, sizeof(veth), "ctr%08x", v4);
	snprintf(mac, sizeof(mac), "02:66:%02x:%02x:%02x:%02x", v4 >> 24, v4 >> 16 & 0xff, v4 >> 8 & 0xff,
	    v4 & 0xff);
	record_add(want, "mac", mac, NULL);
	record_add(want, "veth", veth, NULL);
	record_add(want, "ipv4", four, NULL);
	record_add(want, "ipv6", six, NULL);
	return 0;
}

/*
 * The stored addresses, where they are reserved and as FIXED asks; 1 where they were added to WANT. *V4 is
 * the old one.
 */
static int
keep(const struct reservations *t, const struct container *c, struct record *want, const struct fixed *fixed,
    uint32_t *v4)
{
	const char *four = record_get(c->stored, "ipv4"), *six = record_get(c->stored, "ipv6");
	struct in6_addr in6, wanted;
	struct in_addr in4;
	size_t i;

	if (four == NULL || six == NULL || inet_pton(AF_INET, four, &in4) != 1 ||
	    inet_pton(AF_INET6, six, &in6) != 1)
		return 0;
	if (!pool_has4(ntohl(in4.s_addr)))
		return 0;
	*v4 = ntohl(in4.s_addr);
	wanted = fixed->has6 ? fixed->v6 : pool_map(*v4);
	if ((fixed->v4 != 0 && fixed->v4 != *v4) || !IN6_ARE_ADDR_EQUAL(&in6, &wanted) ||
	    !reserve_has(t, four, c->dir) || !reserve_has(t, six, c->dir))
		return 0;
	for (i = 0; assigned[i] != NULL; i++)
		record_add(want, assigned[i], record_get(c->stored, assigned[i]), NULL);
	return 1;
}

bool
assign_kept(const struct reservations *t, const struct container *c, struct record *want)
{
	const struct fixed none = { 0 };
	uint32_t v4;

	return keep(t, c, want, &none, &v4) > 0;
}

int
assign(struct reservations *t, const struct container *c, struct record *r, struct record *want)
{
	const uint32_t size = pool()->last - pool()->gateway - 1, start = pool_start(c->dir) % size;
	uint32_t v4, old = 0, i;
	struct fixed fixed;
	bool over = false, alone;
	char *why = NULL;

	if (read_fixed(r, want, &fixed) < 0)
		return -1;
	if (keep(t, c, want, &fixed, &old))
		return 0;
	/* First beside others; then alone, when what nobody has any more can be told and taken. */
	for (alone = false;; alone = true) {
		if (reserve_lock(t, alone) < 0)
			return record_fail(r, "cannot lock the reservations of addresses:");
		v4 = fixed.v4 != 0 ? fixed.v4 : old;
		for (i = 0; i <= size && !over; i++) {
			free(why);
			why = NULL;
			if (v4 != 0 && take(t, c, want, v4, &fixed, &why, &over) == 0)
				return 0;
			v4 = pool()->gateway + 1 + (start + i) % size;
		}
		if (alone)
			break;
		over = false;
	}
	if (over)
		record_fail(r, "%s", why);
	else
		record_fail(r, "no address is free: the pool %s is full", pool()->net4);
	free(why);
	return -1;
}

int
assign_mac(struct reservations *t, const struct container *c, struct record *r, struct record *want)
{
	const char *had = record_get(c->stored, "mac");
	uint32_t n = pool_start(c->dir), i;
	char mac[18], *by = NULL;
	int made = -1;

	if (had != NULL && strncmp(had, "02:67:", 6) == 0 && reserve_has(t, had, c->dir)) {
		record_add(want, "mac", had, NULL);
		return 0;
	}
	if (reserve_lock(t, false) < 0)
		return record_fail(r, "cannot lock the reservations of addresses:");
	for (i = 0; made < 0 && i < 65536; i++, n++) {
		snprintf(mac, sizeof(mac), "02:67:%02x:%02x:%02x:%02x", n >> 24, n >> 16 & 0xff,
		    n >> 8 & 0xff, n & 0xff);
		made = reserve_take(t, mac, c->dir, &by);
		if (made < 0 && by == NULL)
			return record_fail(r, "cannot reserve MAC address %s:", mac);
		free(by);
	}
	if (made < 0)
		return record_fail(r, "no MAC address is free");
	record_add(want, "mac", mac, NULL);
	return 0;
}
