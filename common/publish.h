/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The published ports: the elements of the maps any4, any6, one4 and one6 of table `inet ctr`, and of anyrange4 and so
 * on, whose elements are ranges that lead to the same ports; read from the kernel one by one. libnftables reads a whole
 * map into its cache first, whatever is asked for.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>

#include "record.h"

struct publish {
	unsigned char family; /* AF_INET or AF_INET6 */
	unsigned char proto;  /* IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP */
	bool any;	      /* at every address of the host: in any4 or any6, and ADDR is all zero */
	bool present;
	unsigned short port;
	unsigned short first, last; /* of the element, where it is a range; else 0 */
	unsigned char addr[16]; /* the host's, 4 or 16 bytes of it */
	/* What it leads to, and the name of the container that published it, or "" where nobody is named. */
	unsigned char to[16];
	unsigned short to_port;
	char holder[NAME_MAX_BYTES + 1];
};

enum {
	PUBLISH_MAPS = 8,
	PUBLISH_TEXT = 64,
};

extern const char *const publish_maps[PUBLISH_MAPS];

/* The name of P's map, one of publish_maps. */
const char *publish_map(const struct publish *p);

/* The bytes of an address of P's family: 4 or 16. */
size_t publish_size(const struct publish *p);

/* "tcp 8080", or at one address "tcp 192.0.2.1:8080", in TEXT, which is returned. */
const char *publish_text(const struct publish *p, char text[static PUBLISH_TEXT]);

/*
 * The order of keys: by protocol, port and family, which publish_group alone compares, then the one for any
 * address, and the others by their address. Within such a group elements can be in each other's way.
 */
int publish_compare(const struct publish *a, const struct publish *b);
int publish_group(const struct publish *a, const struct publish *b);

/*
 * Calls EACH with the key of every element that the fact F, a `port` or `published`, stands for, and with
 * to_port set: one a port, and for the address * one in each family. FIRST and LAST are those of a range that can be one
 * element. Returns a null pointer, or why nobody
 * could reach it so; then EACH was not called.
 */
const char *publish_expand(const struct fact *f, void (*each)(const struct publish *p, void *arg), void *arg);

/* Whether P leads to one of the addresses ipv4 and ipv6 of STORED, which may be a null pointer. */
bool publish_leads_to(const struct publish *p, const struct record *stored);

/*
 * Whether P is of container NAME, whose stored record is STORED, or a null pointer where it is gone. Where
 * P leads to none of its addresses, these have changed; or its holder is another of this name, in another
 * LXCPATH, for which the address is reserved then (ctr-addr(1)).
 */
bool publish_held(const struct publish *p, const char *name, const struct record *stored);

/*
 * A socket for the two below: netlink_netfilter()'s, not to be closed. -1 with errno where the kernel cannot be asked:
 * ENOENT where there is no table `inet ctr` with its maps.
 */
int publish_open(void);

/*
 * Looks P up by its family, proto, any, port and addr, and sets the rest of it. 0, or -1 with errno. The ranges are known
 * from the last publish_ranges(), which returns the same.
 */
int publish_ranges(int fd);
int publish_get(int fd, struct publish *p);

/*
 * Calls EACH with every port of the maps for any address, or of those for ONE, in no order. Returns
 * 0, the first value other than 0 that EACH returned, or -1 with errno.
 */
int publish_each(int fd, bool one, int (*each)(const struct publish *p, void *arg), void *arg);

/* The same with every element of one map: that of the family of KIND, of KIND's any, and of ranges where its first is not 0. */
int publish_map_each(int fd, const struct publish *kind, int (*each)(const struct publish *p, void *arg), void *arg);

/*
 * Every port of all maps, in no order, into *ALL, of the caller's to free, and their number into *N. Returns 0, also where
 * there is no table `inet ctr`, or -1 with errno and what was read before.
 */
int publish_list(struct publish **all, size_t *n);

#endif
