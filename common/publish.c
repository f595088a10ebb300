/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "container.h"
#include "fact.h"
#include "reserve.h"
#include "say.h"

enum {
	REPLY_MAX = 64 * 1024, /* the kernel's parts of a dump are 16 KiB at most (netlink_dump()) */
	COMMENT = 0,	       /* NFTNL_UDATA_SET_ELEM_COMMENT of libnftnl */
};

/* A request while it is made; 256 bytes hold the longest, with a key of 24. */
struct request {
	_Alignas(struct nlmsghdr) unsigned char bytes[256];
	size_t len;
};

const char *const publish_maps[PUBLISH_MAPS] = { "any4", "any6", "one4", "one6" };

const char *
publish_map(const struct publish *p)
{
	return publish_maps[(p->any ? 0 : 2) + (p->family == AF_INET6)];
}

static size_t
address_size(const struct publish *p)
{
	return p->family == AF_INET ? 4 : 16;
}

const char *
publish_text(const struct publish *p, char text[static PUBLISH_TEXT])
{
	const char *proto = p->proto == IPPROTO_TCP ? "tcp" : p->proto == IPPROTO_UDP ? "udp" : "sctp";
	char addr[INET6_ADDRSTRLEN];

	if (p->any)
		snprintf(text, PUBLISH_TEXT, "%s %u", proto, p->port);
	else
		snprintf(text, PUBLISH_TEXT, p->family == AF_INET ? "%s %s:%u" : "%s [%s]:%u", proto,
		    inet_ntop(p->family, p->addr, addr, sizeof(addr)), p->port);
	return text;
}

int
publish_group(const struct publish *a, const struct publish *b)
{
	int r = a->proto - b->proto;

	r = r == 0 ? a->port - b->port : r;
	return r == 0 ? a->family - b->family : r;
}

int
publish_compare(const struct publish *a, const struct publish *b)
{
	int r = publish_group(a, b);

	r = r == 0 ? b->any - a->any : r;
	return r == 0 ? memcmp(a->addr, b->addr, sizeof(a->addr)) : r;
}

bool
publish_leads_to(const struct publish *p, const struct record *stored)
{
	const char *key = p->family == AF_INET ? "ipv4" : "ipv6";
	const struct fact *f = NULL;
	unsigned char addr[16];

	while (stored != NULL && (f = record_find(stored, key, f)) != NULL)
		if (address_parse(f->field[0], addr) == p->family &&
		    memcmp(addr, p->to, address_size(p)) == 0)
			return true;
	return false;
}

bool
publish_held(const struct publish *p, const char *name, const struct record *stored)
{
	char text[INET6_ADDRSTRLEN], *dir, *holder;
	struct reservations t;
	bool held;

	if (!p->present || strcmp(p->holder, name) != 0)
		return false;
	if (publish_leads_to(p, stored) || reserve_open(&t) < 0)
		return true;
	holder = reserve_holder(&t, inet_ntop(p->family, p->to, text, sizeof(text)));
	reserve_close(&t);
	dir = xasprintf("%s/%s", container_path(), name);
	held = holder == NULL || strcmp(holder, dir) == 0 || access(holder, F_OK) < 0;
	free(dir);
	free(holder);
	return held;
}

const char *
publish_expand(const struct fact *f, void (*each)(const struct publish *p, void *arg), void *arg)
{
	static const unsigned char none[16], loopback[16] = { [15] = 1 };
	struct publish p = { .proto = IPPROTO_SCTP };
	bool both = strcmp(f->field[1], "*") == 0;
	struct ports host, ctr;
	unsigned port;

	if (strcmp(f->field[0], "sctp") != 0)
		p.proto = strcmp(f->field[0], "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	p.family = (unsigned char)(both ? AF_INET : address_parse(f->field[1], p.addr));
	if (p.family == 0 || !ports_parse(f->field[2], &host) || !ports_parse(f->field[3], &ctr))
		return "it is not of a port's form"; /* which fact_check() has seen before */
	/* The kernel never routes a packet of ::1 out of lo; there is no route_localnet for IPv6. */
	if (p.family == AF_INET6 && memcmp(p.addr, loopback, sizeof(loopback)) == 0)
		return "the kernel cannot forward what is sent to IPv6's loopback address";
	if (p.family == AF_INET ? p.addr[0] >= 224 : p.addr[0] == 0xff)
		return "a multicast or broadcast address cannot be translated";
	/* 0.0.0.0 and :: are all addresses of their family, as with bind(2). */
	p.any = memcmp(p.addr, none, sizeof(none)) == 0;
	for (;;) {
		for (port = host.first; port <= host.last; port++) {
			p.port = (unsigned short)port;
			p.to_port = (unsigned short)(ctr.first + (port - host.first));
			each(&p, arg);
		}
		if (!both || p.family == AF_INET6)
			return NULL;
		p.family = AF_INET6;
	}
}

/* Messages and attributes are padded to 32 bits (netlink(7)); the kernel's macros for it count in int. */
static size_t
align(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Adds an attribute, and returns where it begins, for close_nested() when its inner ones are there. */
static size_t
put(struct request *q, int type, const void *bytes, size_t n)
{
	struct nlattr a = { .nla_type = (uint16_t)type, .nla_len = (uint16_t)(NLA_HDRLEN + n) };
	size_t at = q->len;

	memcpy(q->bytes + at, &a, sizeof(a));
	if (n > 0)
		memcpy(q->bytes + at + NLA_HDRLEN, bytes, n);
	q->len = at + align(NLA_HDRLEN + n);
	return at;
}

static void
close_nested(struct request *q, size_t at)
{
	struct nlattr a;

	memcpy(&a, q->bytes + at, sizeof(a));
	a.nla_len = (uint16_t)(q->len - at);
	a.nla_type |= NLA_F_NESTED;
	memcpy(q->bytes + at, &a, sizeof(a));
}

static void
begin(struct request *q, int message, int flags)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message),
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) };
	struct nfgenmsg g = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	*q = (struct request){ .len = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(g)) };
	memcpy(q->bytes, &h, sizeof(h));
	memcpy(q->bytes + NLMSG_HDRLEN, &g, sizeof(g));
}

static int
send_request(int fd, struct request *q)
{
	uint32_t len = (uint32_t)q->len;

	memcpy(q->bytes + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof(len));
	return send(fd, q->bytes, q->len, 0) < 0 ? -1 : 0;
}

/*
 * The attribute TYPE among the LEN BYTES: its contents, and their length in *N. A null pointer where there
 * is none.
 */
static const unsigned char *
get(const unsigned char *bytes, size_t len, int type, size_t *n)
{
	struct nlattr a;

	while (len >= sizeof(a)) {
		memcpy(&a, bytes, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > len)
			break;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*n = (size_t)a.nla_len - NLA_HDRLEN;
			return bytes + NLA_HDRLEN;
		}
		if (align(a.nla_len) >= len)
			break;
		bytes += align(a.nla_len);
		len -= align(a.nla_len);
	}
	return NULL;
}

/* The NFTA_DATA_VALUE in the attribute TYPE, where it is of N bytes. */
static const unsigned char *
value(const unsigned char *bytes, size_t len, int type, size_t n)
{
	size_t got;

	bytes = get(bytes, len, type, &got);
	bytes = bytes == NULL ? NULL : get(bytes, got, NFTA_DATA_VALUE, &got);
	return bytes != NULL && got == n ? bytes : NULL;
}

/*
 * The element in BYTES, of a map that P's family and any say. Each part of a key, and of what it leads to,
 * is padded to 32 bits (nf_tables' registers).
 */
static int
read_element(struct publish *p, const unsigned char *bytes, size_t len)
{
	size_t size = address_size(p), skip = p->any ? 0 : size, n, i;
	const unsigned char *key = value(bytes, len, NFTA_SET_ELEM_KEY, skip + 8);
	const unsigned char *data = value(bytes, len, NFTA_SET_ELEM_DATA, size + 4);

	if (key == NULL || data == NULL) {
		errno = EPROTO;
		return -1;
	}
	memset(p->addr, 0, sizeof(p->addr));
	memset(p->to, 0, sizeof(p->to));
	memcpy(p->addr, key, skip);
	p->proto = key[skip];
	p->port = (unsigned short)(key[skip + 4] << 8 | key[skip + 5]);
	memcpy(p->to, data, size);
	p->to_port = (unsigned short)(data[size] << 8 | data[size + 1]);
	p->present = true;
	p->holder[0] = '\0';
	bytes = get(bytes, len, NFTA_SET_ELEM_USERDATA, &n);
	for (i = 0; bytes != NULL && i + 2 <= n && i + 2 + bytes[i + 1] <= n; i += 2u + bytes[i + 1])
		if (bytes[i] == COMMENT && bytes[i + 1] > 0 && bytes[i + 1] <= sizeof(p->holder)) {
			memcpy(p->holder, bytes + i + 2, bytes[i + 1]);
			p->holder[bytes[i + 1] - 1] = '\0';
		}
	return 0;
}

/* One datagram of replies in BUF, of REPLY_MAX bytes: its length, or -1 with errno. */
static ssize_t
receive(int fd, unsigned char *buf)
{
	ssize_t n;

	do {
		n = recv(fd, buf, REPLY_MAX, MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n > REPLY_MAX) {
		errno = EMSGSIZE;
		n = -1;
	}
	return n;
}

/*
 * The next message of the datagram *BYTES: its type, its attributes in *ATTRS and *LEN. An error that it
 * brings is -1 with errno; NLMSG_DONE where there is no more message.
 */
static int
next(const unsigned char **bytes, size_t *left, const unsigned char **attrs, size_t *len)
{
	const size_t head = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	struct nlmsghdr h;
	struct nlmsgerr e;
	size_t n;

	if (*left < sizeof(h))
		return NLMSG_DONE;
	memcpy(&h, *bytes, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > *left) {
		errno = EPROTO;
		return -1;
	}
	if (h.nlmsg_type == NLMSG_ERROR && h.nlmsg_len >= NLMSG_HDRLEN + sizeof(e)) {
		memcpy(&e, *bytes + NLMSG_HDRLEN, sizeof(e));
		if (e.error < 0) {
			errno = -e.error;
			return -1;
		}
	}
	if ((h.nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
		errno = EINTR;
		return -1;
	}
	*attrs = *bytes + head;
	*len = h.nlmsg_len > head ? h.nlmsg_len - head : 0;
	n = align(h.nlmsg_len) > *left ? *left : align(h.nlmsg_len);
	*bytes += n;
	*left -= n;
	return h.nlmsg_type;
}

int
publish_open(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const unsigned char *at, *attrs;
	unsigned char *buf = xmalloc(REPLY_MAX);
	struct request q;
	size_t i, left, len;
	ssize_t n;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), saved;

	if (fd < 0 || connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		goto fail;
	for (i = 0; i < PUBLISH_MAPS; i++) {
		begin(&q, NFT_MSG_GETSET, 0);
		put(&q, NFTA_SET_TABLE, "ctr", sizeof("ctr"));
		put(&q, NFTA_SET_NAME, publish_maps[i], strlen(publish_maps[i]) + 1);
		if (send_request(fd, &q) < 0 || (n = receive(fd, buf)) < 0)
			goto fail;
		at = buf;
		left = (size_t)n;
		if (next(&at, &left, &attrs, &len) < 0)
			goto fail;
	}
	free(buf);
	return fd;
fail:
	saved = errno;
	free(buf);
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int
publish_get(int fd, struct publish *p)
{
	unsigned char key[24] = { 0 }, *buf;
	const unsigned char *at, *attrs;
	size_t skip = p->any ? 0 : address_size(p), list, element, left, len;
	struct request q;
	ssize_t n;
	int r = -1;

	p->present = false;
	memcpy(key, p->addr, skip);
	key[skip] = p->proto;
	key[skip + 4] = (unsigned char)(p->port >> 8);
	key[skip + 5] = (unsigned char)p->port;
	begin(&q, NFT_MSG_GETSETELEM, 0);
	put(&q, NFTA_SET_ELEM_LIST_TABLE, "ctr", sizeof("ctr"));
	put(&q, NFTA_SET_ELEM_LIST_SET, publish_map(p), strlen(publish_map(p)) + 1);
	list = put(&q, NFTA_SET_ELEM_LIST_ELEMENTS, NULL, 0);
	element = put(&q, NFTA_LIST_ELEM, NULL, 0);
	left = put(&q, NFTA_SET_ELEM_KEY, NULL, 0);
	put(&q, NFTA_DATA_VALUE, key, skip + 8);
	close_nested(&q, left);
	close_nested(&q, element);
	close_nested(&q, list);
	if (send_request(fd, &q) < 0)
		return -1;
	buf = xmalloc(REPLY_MAX);
	n = receive(fd, buf);
	at = buf;
	left = n < 0 ? 0 : (size_t)n;
	if (n < 0) {
		r = -1;
	} else if (next(&at, &left, &attrs, &len) < 0) {
		r = errno == ENOENT ? 0 : -1;
	} else if ((at = get(attrs, len, NFTA_SET_ELEM_LIST_ELEMENTS, &len)) != NULL &&
		   (at = get(at, len, NFTA_LIST_ELEM, &len)) != NULL) {
		r = read_element(p, at, len);
	} else {
		errno = EPROTO;
	}
	free(buf);
	return r;
}

/* The elements in the message with these attributes. */
static int
each_of(const unsigned char *attrs, size_t len, struct publish *p,
    int (*each)(const struct publish *, void *), void *arg)
{
	const unsigned char *list = get(attrs, len, NFTA_SET_ELEM_LIST_ELEMENTS, &len), *element;
	size_t n, used;
	int r = 0;

	while (r == 0 && list != NULL && (element = get(list, len, NFTA_LIST_ELEM, &n)) != NULL) {
		r = read_element(p, element, n);
		if (r == 0)
			r = each(p, arg);
		used = (size_t)(element - list) + align(n);
		if (used >= len)
			break;
		list += used;
		len -= used;
	}
	return r;
}

int
publish_each(int fd, bool one, int (*each)(const struct publish *p, void *arg), void *arg)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };
	struct publish p = { .any = !one };
	const unsigned char *at, *attrs;
	unsigned char *buf = xmalloc(REPLY_MAX);
	struct request q;
	size_t i, left, len;
	ssize_t n;
	int r = 0, type;

	for (i = 0; r == 0 && i < sizeof(families); i++) {
		p.family = families[i];
		begin(&q, NFT_MSG_GETSETELEM, NLM_F_DUMP);
		put(&q, NFTA_SET_ELEM_LIST_TABLE, "ctr", sizeof("ctr"));
		put(&q, NFTA_SET_ELEM_LIST_SET, publish_map(&p), strlen(publish_map(&p)) + 1);
		r = send_request(fd, &q);
		for (type = 0; r == 0 && type != NLMSG_DONE;) {
			n = receive(fd, buf);
			r = n < 0 ? -1 : 0;
			at = buf;
			for (left = n < 0 ? 0 : (size_t)n; r == 0 && left > 0 && type != NLMSG_DONE;) {
				type = next(&at, &left, &attrs, &len);
				if (type < 0)
					r = -1;
				else if (type != NLMSG_DONE)
					r = each_of(attrs, len, &p, each, arg);
			}
		}
	}
	free(buf);
	return r;
}
