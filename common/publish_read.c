/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

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
	size_t size = publish_size(p), skip = p->any ? 0 : size, n, i;
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
	if (bytes == NULL)
		return 0;
	for (i = 0; i + 2 <= n && i + 2 + bytes[i + 1] <= n; i += 2u + bytes[i + 1])
		if (bytes[i] == COMMENT && bytes[i + 1] > 0 && bytes[i + 1] <= sizeof(p->holder)) {
			memcpy(p->holder, bytes + i + 2, bytes[i + 1]);
			p->holder[bytes[i + 1] - 1] = '\0';
		}
	return 0;
}

/* One datagram of replies in BUF, of SIZE bytes: its length, or -1 with errno. */
static ssize_t
receive(int fd, unsigned char *buf, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, buf, size, MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n > (ssize_t)size) {
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
		if (send_request(fd, &q) < 0 || (n = receive(fd, buf, REPLY_MAX)) < 0)
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
	unsigned char key[24] = { 0 }, buf[4096]; /* one element has some 400 */
	const unsigned char *at, *attrs;
	size_t skip = p->any ? 0 : publish_size(p), list, element, left, len;
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
	n = receive(fd, buf, sizeof(buf));
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
			n = receive(fd, buf, REPLY_MAX);
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
