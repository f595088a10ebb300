/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cut.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"
#include "say.h"

enum { TUPLE_MAX = 128 }; /* an IPv6 one has some 70 bytes */

/* One direction of a connection. */
struct tuple {
	unsigned char family, proto, src[16], dst[16];
	unsigned short sport, dport;
};

/* A connection; TUPLE is TO as the kernel gave it, which names it there with its number and its zone. */
struct connection {
	struct tuple to, from;
	unsigned char tuple[TUPLE_MAX], id[4], zone[2];
	size_t len;
	bool translated, zoned;
};

struct cut {
	const struct plan *p;
	int maps;
	bool all; /* the connections that are not translated too */
	struct connection *found;
	size_t nfound;
};

/*
 * By UDP, who sends all the time while a port is not published, as when the container is started anew, would never
 * come to it: the kernel goes on with what it did at first.
 */
static bool
begins(const struct plan *p, const struct element *e)
{
	return e->add && e->at.proto == IPPROTO_UDP && !p->owner[e->owner].failed;
}

/* Whether connections that it has led may stand which it does not lead any more. */
static bool
ends(const struct plan *p, const struct element *e)
{
	return e->drop || (e->why != LOOKED && p->owner[e->owner].leaves);
}

bool
cut_concerns(const struct plan *p, const struct element *e)
{
	return ends(p, e) || begins(p, e);
}

/* The number in the attribute TYPE, of N bytes at most 2, in the network's order. */
static unsigned short
number(const unsigned char *bytes, size_t len, int type)
{
	size_t n;

	bytes = netlink_get(bytes, len, type, &n);
	if (bytes == NULL || n == 0)
		return 0;
	return (unsigned short)(n == 1 ? bytes[0] : bytes[0] << 8 | bytes[1]);
}

static bool
read_tuple(const unsigned char *bytes, size_t len, int type, struct tuple *t)
{
	const unsigned char *tuple = netlink_get(bytes, len, type, &len), *ip, *src, *dst;
	size_t n, size;

	*t = (struct tuple){ .family = AF_INET };
	ip = tuple == NULL ? NULL : netlink_get(tuple, len, CTA_TUPLE_IP, &n);
	if (ip == NULL)
		return false;
	src = netlink_get(ip, n, CTA_IP_V4_SRC, &size);
	if (src == NULL)
		t->family = AF_INET6;
	src = netlink_get(ip, n, t->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, &size);
	dst = netlink_get(ip, n, t->family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST, &n);
	if (src == NULL || dst == NULL || size != n || n != (t->family == AF_INET ? 4 : 16))
		return false;
	memcpy(t->src, src, n);
	memcpy(t->dst, dst, n);
	bytes = netlink_get(tuple, len, CTA_TUPLE_PROTO, &n);
	if (bytes == NULL)
		return false;
	t->proto = (unsigned char)number(bytes, n, CTA_PROTO_NUM);
	t->sport = number(bytes, n, CTA_PROTO_SRC_PORT);
	t->dport = number(bytes, n, CTA_PROTO_DST_PORT);
	return true;
}

/*
 * Whether a changed element led the connection that began with TO, and is answered with FROM, where it does;
 * or where it is not TRANSLATED, whether a new one is to take it.
 */
static bool
concerned(const struct plan *p, const struct tuple *to, const struct tuple *from, bool translated)
{
	struct publish key = { .family = to->family, .proto = to->proto, .port = to->dport };
	size_t size = publish_size(&key), low = 0, high = p->nelement, middle;
	const struct element *e;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (publish_group(&p->element[middle].at, &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < p->nelement && publish_group(&p->element[low].at, &key) == 0; low++) {
		e = &p->element[low];
		if (!e->at.any && memcmp(e->at.addr, to->dst, size) != 0)
			continue;
		if (!translated && begins(p, e))
			return true;
		if (translated && ends(p, e) &&
		    (memcmp(e->to, from->src, size) == 0 ||
			(e->at.present && memcmp(e->at.to, from->src, size) == 0)))
			return true;
	}
	return false;
}

/* 1 where a new connection like this one would lead where it does, 0 where not, -1 with errno. */
static int
stays(int maps, const struct connection *x)
{
	const struct tuple *to = &x->to, *from = &x->from;
	struct publish key = { .family = to->family, .proto = to->proto, .port = to->dport };

	if (!x->translated)
		return 0;
	memcpy(key.addr, to->dst, sizeof(key.addr));
	if (publish_get(maps, &key) < 0)
		return -1;
	if (!key.present) {
		key.any = true;
		memset(key.addr, 0, sizeof(key.addr));
		if (publish_get(maps, &key) < 0)
			return -1;
	}
	return key.present && key.to_port == from->sport &&
	    memcmp(key.to, from->src, publish_size(&key)) == 0;
}

/* Notes the connection in ATTRS where it is to be ended unless it stays. Returns 0, or -1 with errno. */
static int
look_at(const unsigned char *attrs, size_t len, void *arg)
{
	struct cut *c = arg;
	const unsigned char *tuple, *status, *id, *zone;
	struct connection x = { 0 };
	size_t n;

	status = netlink_get(attrs, len, CTA_STATUS, &n);
	if (status == NULL || n != 4)
		return 0;
	x.translated = (status[3] & IPS_DST_NAT) != 0;
	/* What is sent to another host through this one with another source does not concern the host's ports. */
	if ((!x.translated && (status[3] & IPS_SRC_NAT) != 0) || !read_tuple(attrs, len, CTA_TUPLE_ORIG, &x.to) ||
	    !read_tuple(attrs, len, CTA_TUPLE_REPLY, &x.from) || !concerned(c->p, &x.to, &x.from, x.translated))
		return 0;
	tuple = netlink_get(attrs, len, CTA_TUPLE_ORIG, &x.len);
	id = netlink_get(attrs, len, CTA_ID, &n);
	if (x.len > sizeof(x.tuple) || id == NULL || n != sizeof(x.id)) {
		errno = EPROTO;
		return -1;
	}
	memcpy(x.tuple, tuple, x.len);
	memcpy(x.id, id, n);
	zone = netlink_get(attrs, len, CTA_ZONE, &n);
	x.zoned = zone != NULL && n == sizeof(x.zone);
	if (x.zoned)
		memcpy(x.zone, zone, n);
	c->found = xrealloc(c->found, c->nfound + 1, sizeof(*c->found));
	c->found[c->nfound++] = x;
	return 0;
}

/* Looks at the connections, or at those that are translated on their way in. Returns 0, or -1 with errno. */
static int
find(struct cut *c, int fd)
{
	const uint32_t bits = htonl(IPS_DST_NAT);
	struct netlink_request q;
	uint32_t n;

	/* To look at them the kernel goes through the table of all networks: not where this one has none. */
	netlink_begin(&q, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS, AF_UNSPEC, 0);
	if (netlink_ask_number(fd, &q, CTA_STATS_GLOBAL_ENTRIES, &n) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (publish_ranges(c->maps) < 0)
		return -1;
	netlink_begin(&q, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, AF_UNSPEC, NLM_F_DUMP);
	/* A kernel before 5.15 gives all. */
	if (!c->all) {
		netlink_put(&q, CTA_STATUS, &bits, sizeof(bits));
		netlink_put(&q, CTA_STATUS_MASK, &bits, sizeof(bits));
	}
	return netlink_dump(fd, &q, look_at, c);
}

/* Returns 0, also where the connection has ended by itself, or -1 with errno. */
static int
end(int fd, const struct connection *x)
{
	const unsigned char *attrs;
	unsigned char buf[4096];
	struct netlink_request q;
	size_t len;

	netlink_begin(&q, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, x->to.family, NLM_F_ACK);
	netlink_put(&q, CTA_TUPLE_ORIG | NLA_F_NESTED, x->tuple, x->len);
	netlink_put(&q, CTA_ID, x->id, sizeof(x->id));
	if (x->zoned)
		netlink_put(&q, CTA_ZONE, x->zone, sizeof(x->zone));
	return netlink_ask(fd, &q, buf, sizeof(buf), &attrs, &len) < 0 && errno != ENOENT ? -1 : 0;
}

int
cut_connections(const struct plan *p, int maps)
{
	struct cut c = { .p = p, .maps = maps };
	bool any = false;
	int fd, r;
	size_t i;

	for (i = 0; i < p->nelement; i++) {
		c.all = c.all || begins(p, &p->element[i]);
		any = any || ends(p, &p->element[i]);
	}
	if (!any && !c.all)
		return 0;
	fd = netlink_netfilter();
	r = fd < 0 ? -1 : find(&c, fd);
	/* Not while they are read: one socket has one answer at a time. */
	for (i = 0; i < c.nfound && r == 0; i++) {
		r = stays(maps, &c.found[i]);
		if (r >= 0)
			r = r > 0 ? 0 : end(fd, &c.found[i]);
	}
	free(c.found);
	return r;
}
