/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "say.h"

enum { COMMENT = 0 }; /* NFTNL_UDATA_SET_ELEM_COMMENT of libnftnl */

/* What publish_ranges() has read. */
static struct publish *ranges;
static size_t nrange;

/*
 * The element in BYTES, of a map that P's family, any and first say: for one of ranges that is not 0. Each part of a
 * key, and of what it leads to, is padded to 32 bits (nf_tables' registers).
 */
static int
read_element(struct publish *p, const unsigned char *bytes, size_t len)
{
	size_t size = publish_size(p), skip = p->any ? 0 : size, n, i;
	const unsigned char *key = netlink_value(bytes, len, NFTA_SET_ELEM_KEY, skip + 8);
	const unsigned char *end = netlink_value(bytes, len, NFTA_SET_ELEM_KEY_END, skip + 8);
	const unsigned char *data = netlink_value(bytes, len, NFTA_SET_ELEM_DATA, p->first == 0 ? size + 4 : size);

	if (key == NULL || data == NULL || (p->first != 0 && end == NULL)) {
		errno = EPROTO;
		return -1;
	}
	memset(p->addr, 0, sizeof(p->addr));
	memset(p->to, 0, sizeof(p->to));
	memcpy(p->addr, key, skip);
	p->proto = key[skip];
	p->port = (unsigned short)(key[skip + 4] << 8 | key[skip + 5]);
	memcpy(p->to, data, size);
	if (p->first == 0) {
		p->to_port = (unsigned short)(data[size] << 8 | data[size + 1]);
	} else {
		p->first = p->to_port = p->port;
		p->last = (unsigned short)(end[skip + 4] << 8 | end[skip + 5]);
	}
	p->present = true;
	p->holder[0] = '\0';
	bytes = netlink_get(bytes, len, NFTA_SET_ELEM_USERDATA, &n);
	if (bytes == NULL)
		return 0;
	for (i = 0; i + 2 <= n && i + 2 + bytes[i + 1] <= n; i += 2u + bytes[i + 1])
		if (bytes[i] == COMMENT && bytes[i + 1] > 0 && bytes[i + 1] <= sizeof(p->holder)) {
			memcpy(p->holder, bytes + i + 2, bytes[i + 1]);
			p->holder[bytes[i + 1] - 1] = '\0';
		}
	return 0;
}

int
publish_open(void)
{
	const unsigned char *attrs;
	unsigned char *buf = xmalloc(NETLINK_REPLY);
	struct netlink_request q;
	size_t i, len;
	int fd = netlink_netfilter(), saved;

	for (i = 0; fd >= 0 && i < PUBLISH_MAPS; i++) {
		netlink_begin(&q, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSET, NFPROTO_INET, 0);
		netlink_put(&q, NFTA_SET_TABLE, "ctr", sizeof("ctr"));
		netlink_put(&q, NFTA_SET_NAME, publish_maps[i], strlen(publish_maps[i]) + 1);
		if (netlink_ask(fd, &q, buf, NETLINK_REPLY, &attrs, &len) < 0)
			fd = -1;
	}
	saved = errno;
	free(buf);
	errno = saved;
	return fd;
}

/* Looks P up among the ranges. */
static void
get_range(struct publish *p)
{
	const struct publish *r;

	for (r = ranges; r < ranges + nrange; r++)
		if (r->family == p->family && r->proto == p->proto && r->any == p->any && r->first <= p->port &&
		    p->port <= r->last && memcmp(r->addr, p->addr, sizeof(r->addr)) == 0) {
			unsigned short port = p->port;

			*p = *r;
			p->port = p->to_port = port;
		}
}

int
publish_get(int fd, struct publish *p)
{
	unsigned char key[24] = { 0 }, buf[4096]; /* one element has some 400 */
	const unsigned char *at, *attrs;
	size_t skip = p->any ? 0 : publish_size(p), list, element, value, len;
	struct netlink_request q;
	int r = -1;

	p->present = false;
	p->first = p->last = 0;
	memcpy(key, p->addr, skip);
	key[skip] = p->proto;
	key[skip + 4] = (unsigned char)(p->port >> 8);
	key[skip + 5] = (unsigned char)p->port;
	netlink_begin(&q, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSETELEM, NFPROTO_INET, 0);
	netlink_put(&q, NFTA_SET_ELEM_LIST_TABLE, "ctr", sizeof("ctr"));
	netlink_put(&q, NFTA_SET_ELEM_LIST_SET, publish_map(p), strlen(publish_map(p)) + 1);
	list = netlink_put(&q, NFTA_SET_ELEM_LIST_ELEMENTS, NULL, 0);
	element = netlink_put(&q, NFTA_LIST_ELEM, NULL, 0);
	value = netlink_put(&q, NFTA_SET_ELEM_KEY, NULL, 0);
	netlink_put(&q, NFTA_DATA_VALUE, key, skip + 8);
	netlink_close(&q, value);
	netlink_close(&q, element);
	netlink_close(&q, list);
	if (netlink_ask(fd, &q, buf, sizeof(buf), &attrs, &len) < 0) {
		r = errno == ENOENT ? 0 : -1;
		if (r == 0)
			get_range(p);
	} else if ((at = netlink_get(attrs, len, NFTA_SET_ELEM_LIST_ELEMENTS, &len)) != NULL &&
		   (at = netlink_get(at, len, NFTA_LIST_ELEM, &len)) != NULL) {
		r = read_element(p, at, len);
	} else {
		errno = EPROTO;
	}
	return r;
}

/* The elements of a map, whose family and kind are in P, and what is done with each. */
struct dump {
	struct publish p;
	int (*each)(const struct publish *p, void *arg);
	void *arg;
};

static int
each_of(const unsigned char *element, size_t len, void *arg)
{
	struct dump *d = arg;
	int r = read_element(&d->p, element, len);

	return r == 0 ? d->each(&d->p, d->arg) : r;
}

int
publish_map_each(int fd, const struct publish *kind, int (*each)(const struct publish *p, void *arg), void *arg)
{
	struct dump d = { .p = *kind, .each = each, .arg = arg };

	return netlink_elements(fd, publish_map(kind), each_of, &d);
}

struct spread {
	int (*each)(const struct publish *p, void *arg);
	void *arg;
};

/* An element port by port. */
static int
spread(const struct publish *element, void *arg)
{
	const struct spread *s = arg;
	struct publish p = *element;
	unsigned port;
	int r = 0;

	if (p.first == 0)
		return s->each(&p, s->arg);
	for (port = p.first; r == 0 && port <= p.last; port++) {
		p.port = p.to_port = (unsigned short)port;
		r = s->each(&p, s->arg);
	}
	return r;
}

int
publish_each(int fd, bool one, int (*each)(const struct publish *p, void *arg), void *arg)
{
	struct spread s = { each, arg };
	struct publish p = { .any = !one };
	int i, r = 0;

	for (i = 0; r == 0 && i < 4; i++) {
		p.family = i % 2 == 0 ? AF_INET : AF_INET6;
		p.first = p.last = i / 2;
		r = publish_map_each(fd, &p, spread, &s);
	}
	return r;
}

struct list {
	struct publish *one;
	size_t n;
};

static int
add(const struct publish *p, void *arg)
{
	struct list *list = arg;

	list->one = xgrow(list->one, list->n, sizeof(*list->one));
	list->one[list->n++] = *p;
	return 0;
}

int
publish_list(struct publish **all, size_t *n)
{
	struct list list = { NULL, 0 };
	int fd = publish_open(), status = 0;

	if (fd < 0)
		status = errno == ENOENT ? 0 : -1;
	else if (publish_each(fd, false, add, &list) < 0 || publish_each(fd, true, add, &list) < 0)
		status = -1;
	*all = list.one;
	*n = list.n;
	return status;
}

static int
add_range(const struct publish *p, void *arg)
{
	(void)arg;
	ranges = xgrow(ranges, nrange, sizeof(*ranges));
	ranges[nrange++] = *p;
	return 0;
}

int
publish_ranges(int fd)
{
	struct publish p = { .first = 1, .last = 1 };
	int i, r = 0;

	nrange = 0;
	for (i = 0; r == 0 && i < 4; i++) {
		p.family = i % 2 == 0 ? AF_INET : AF_INET6;
		p.any = i < 2;
		r = publish_map_each(fd, &p, add_range, NULL);
	}
	/* The table goes with the last container, which may be another's end meanwhile. */
	return r < 0 && errno == ENOENT ? 0 : r;
}
