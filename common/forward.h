/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What leads, inside a container, from local addresses and ports to ports of others: the facts `forward`. It is in the
 * container's own network namespace, a map one4 of a table `inet ctr` there, like that of published ports; the
 * elements' comments name whom they lead to. Its root may change it as it likes, to nobody else's harm.
 */
#ifndef FORWARD_H
#define FORWARD_H

#include "publish.h"
#include "record.h"

struct forwards {
	struct publish *element; /* addr and port are the local ones, the holder is the container that has `to' */
	size_t n;
	bool intact; /* the rest of what makes them lead there is in place, too */
};

/* Packets from 127/8 may leave by other interfaces than lo, and what answers them comes back. In the namespace. */
#define FORWARD_SETTING "/proc/sys/net/ipv4/conf/all/route_localnet"

enum {
	FORWARDS_MAX = 10000, /* of them are read: what else its root has put there is left out */
};

/*
 * Adds what the fact F is, a `forward` that leads to the container with the stored record TO. Returns false where that is
 * not on the managed network, and so has no address that is known.
 */
bool forward_add(struct forwards *f, const struct fact *fact, const struct record *to);

bool forward_has(const struct forwards *f, const struct publish *p);

/*
 * Reads those of the process that PIDFD is, of the caller's to free with forward_free. 0, or -1 with errno, that of
 * netns_enter or of the kernel.
 */
int forward_read(int pidfd, struct forwards *f);
void forward_free(struct forwards *f);

/*
 * Brings those of the process to WANT, in one transaction. Once there were some, the table stays, and that lets
 * connections stand through which something still goes. Returns 1 where something was changed, 0 where it was so, -1 and
 * in *ERROR, of the caller's to free, what is wrong.
 */
int forward_set(int pidfd, const struct forwards *want, char **error);

#endif
