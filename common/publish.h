/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The published ports: the elements of the maps any4, any6, one4 and one6 of table `inet ctr`, read from the kernel
 * one by one. libnftables reads a whole map into its cache first, whatever is asked for.
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
	unsigned char addr[16]; /* the host's, 4 or 16 bytes of it */
	/* What it leads to, and the name of the container that published it, or "" where nobody is named. */
	unsigned char to[16];
	unsigned short to_port;
	char holder[NAME_MAX_BYTES + 1];
};

/* The name of P's map. */
const char *publish_map(const struct publish *p);

/*
 * A socket for the two below, of the caller's to close. -1 with errno where the kernel cannot be asked:
 * ENOENT where there is no table `inet ctr` with its four maps.
 */
int publish_open(void);

/* Looks P up by its family, proto, any, port and addr, and sets the rest of it. 0, or -1 with errno. */
int publish_get(int fd, struct publish *p);

/*
 * Calls EACH with every element of the two maps for any address, or of those for ONE, in no order. Returns 0, the
 * first value other than 0 that EACH returned, or -1 with errno.
 */
int publish_each(int fd, bool one, int (*each)(const struct publish *p, void *arg), void *arg);

#endif
