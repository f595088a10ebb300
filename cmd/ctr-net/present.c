/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "present.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

/* Whether the set has the element KEY: the fields one after the other, each padded to 4 bytes. 1, 0, or -1. */
static int
has(int fd, const char *set, const void *key, size_t len)
{
	unsigned char buf[4096]; /* one element has some 400 */
	const unsigned char *attrs;
	size_t list, element, value;
	struct netlink_request q;

	netlink_begin(&q, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSETELEM, NFPROTO_INET, 0);
	netlink_put(&q, NFTA_SET_ELEM_LIST_TABLE, "ctr", sizeof("ctr"));
	netlink_put(&q, NFTA_SET_ELEM_LIST_SET, set, strlen(set) + 1);
	list = netlink_put(&q, NFTA_SET_ELEM_LIST_ELEMENTS, NULL, 0);
	element = netlink_put(&q, NFTA_LIST_ELEM, NULL, 0);
	value = netlink_put(&q, NFTA_SET_ELEM_KEY, NULL, 0);
	netlink_put(&q, NFTA_DATA_VALUE, key, len);
	netlink_close(&q, value);
	netlink_close(&q, element);
	netlink_close(&q, list);
	if (netlink_ask(fd, &q, buf, sizeof(buf), &attrs, &len) >= 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/* What was FOUND as by has(), and whether it is WANTED, in the bits *IS. */
static void
see(int *is, int found, bool wanted)
{
	if (wanted && found != 1)
		*is &= ~PRESENT_ALL;
	else if (!wanted && found != 0)
		*is |= PRESENT_MORE;
}

int
present(int fd, const struct names_entry *e)
{
	static const char *const family[2][5] = {
		{ "source4", "self4", "project4", "member4", "inside4" },
		{ "source6", "self6", "project6", "member6", "inside6" },
	};
	unsigned char address[2][16], key[IFNAMSIZ + 16];
	const char *const *set;
	int is = PRESENT_ALL;
	struct in_addr in;
	size_t i, n;

	if (inet_pton(AF_INET, e->ipv4, address[0]) != 1 || inet_pton(AF_INET6, e->ipv6, address[1]) != 1)
		return PRESENT_MORE;
	memcpy(&in, address[0], sizeof(in));
	for (i = 0; i < 2; i++) {
		set = family[i];
		n = i == 0 ? 4 : 16;
		memset(key, 0, sizeof(key));
		snprintf((char *)key, IFNAMSIZ, "ctr%08x", ntohl(in.s_addr));
		memcpy(key + IFNAMSIZ, address[i], n);
		see(&is, has(fd, set[0], key, IFNAMSIZ + n), true);
		memcpy(key, address[i], n);
		memcpy(key + n, address[i], n);
		see(&is, has(fd, set[1], key, n + n), true);
		see(&is, has(fd, set[2], key, n), e->open);
		/* A mark is in the host's order. */
		memcpy(key + n, &e->mark, sizeof(e->mark));
		see(&is, has(fd, set[3], key, n + sizeof(e->mark)), e->open);
		see(&is, has(fd, set[4], key, n), e->inside);
	}
	return is;
}
