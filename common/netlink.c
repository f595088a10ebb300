/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "say.h"

/* Messages and attributes are padded to 32 bits (netlink(7)); the kernel's macros for it count in int. */
size_t
netlink_align(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

size_t
netlink_put(struct netlink_request *q, int type, const void *bytes, size_t n)
{
	struct nlattr a = { .nla_type = (uint16_t)type, .nla_len = (uint16_t)(NLA_HDRLEN + n) };
	size_t at = q->len;

	memcpy(q->bytes + at, &a, sizeof(a));
	if (n > 0)
		memcpy(q->bytes + at + NLA_HDRLEN, bytes, n);
	q->len = at + netlink_align(NLA_HDRLEN + n);
	return at;
}

void
netlink_close(struct netlink_request *q, size_t at)
{
	struct nlattr a;

	memcpy(&a, q->bytes + at, sizeof(a));
	a.nla_len = (uint16_t)(q->len - at);
	a.nla_type |= NLA_F_NESTED;
	memcpy(q->bytes + at, &a, sizeof(a));
}

void
netlink_begin(struct netlink_request *q, int subsystem, int message, int family, int flags)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)(subsystem << 8 | message),
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) };
	struct nfgenmsg g = { .nfgen_family = (uint8_t)family, .version = NFNETLINK_V0 };

	*q = (struct netlink_request){ .len = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(g)) };
	memcpy(q->bytes, &h, sizeof(h));
	memcpy(q->bytes + NLMSG_HDRLEN, &g, sizeof(g));
}

int
netlink_send(int fd, struct netlink_request *q)
{
	uint32_t len = (uint32_t)q->len;

	memcpy(q->bytes + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof(len));
	return send(fd, q->bytes, q->len, 0) < 0 ? -1 : 0;
}

const unsigned char *
netlink_get(const unsigned char *bytes, size_t len, int type, size_t *n)
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
		if (netlink_align(a.nla_len) >= len)
			break;
		bytes += netlink_align(a.nla_len);
		len -= netlink_align(a.nla_len);
	}
	return NULL;
}

ssize_t
netlink_receive(int fd, unsigned char *buf, size_t size)
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

int
netlink_next(const unsigned char **bytes, size_t *left, const unsigned char **attrs, size_t *len)
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
	n = netlink_align(h.nlmsg_len) > *left ? *left : netlink_align(h.nlmsg_len);
	*bytes += n;
	*left -= n;
	return h.nlmsg_type;
}

int
netlink_open(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), saved;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		fd = -1;
	}
	return fd;
}

int
netlink_dump(int fd, struct netlink_request *q, int (*each)(const unsigned char *attrs, size_t len, void *arg), void *arg)
{
	const unsigned char *at, *attrs;
	unsigned char *buf = xmalloc(NETLINK_REPLY);
	size_t left, len;
	ssize_t n;
	int r, type;

	r = netlink_send(fd, q);
	for (type = 0; r == 0 && type != NLMSG_DONE;) {
		n = netlink_receive(fd, buf, NETLINK_REPLY);
		r = n < 0 ? -1 : 0;
		at = buf;
		for (left = n < 0 ? 0 : (size_t)n; r == 0 && left > 0 && type != NLMSG_DONE;) {
			type = netlink_next(&at, &left, &attrs, &len);
			if (type < 0)
				r = -1;
			else if (type != NLMSG_DONE)
				r = each(attrs, len, arg);
		}
	}
	free(buf);
	return r;
}
