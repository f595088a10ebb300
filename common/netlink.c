/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netns.h"
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

/* What Q is, with its length in its head, to be sent. */
static struct iovec
finish(struct netlink_request *q)
{
	uint32_t len = (uint32_t)q->len;

	memcpy(q->bytes + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof(len));
	return (struct iovec){ q->bytes, q->len };
}

/* 0, or -1 with errno. */
static int
send_request(int fd, struct netlink_request *q)
{
	struct iovec message = finish(q);

	return writev(fd, &message, 1) < 0 ? -1 : 0;
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

/* One datagram of replies in BUF, of SIZE bytes, by recv(2) with these FLAGS: its length, or -1 with errno. */
static ssize_t
receive(int fd, unsigned char *buf, size_t size, int flags)
{
	ssize_t n;

	do {
		n = recv(fd, buf, size, MSG_TRUNC | flags);
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
next_message(const unsigned char **bytes, size_t *left, const unsigned char **attrs, size_t *len)
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
	*attrs = *bytes + head;
	*len = h.nlmsg_len > head ? h.nlmsg_len - head : 0;
	n = netlink_align(h.nlmsg_len) > *left ? *left : netlink_align(h.nlmsg_len);
	*bytes += n;
	*left -= n;
	return h.nlmsg_type;
}

int
netlink_ask(int fd, struct netlink_request *q, unsigned char *buf, size_t size, const unsigned char **attrs, size_t *len)
{
	const unsigned char *at = buf;
	size_t left;
	ssize_t n;

	if (send_request(fd, q) < 0 || (n = receive(fd, buf, size, 0)) < 0)
		return -1;
	left = (size_t)n;
	return next_message(&at, &left, attrs, len);
}

int
netlink_ask_number(int fd, struct netlink_request *q, int type, uint32_t *number)
{
	unsigned char buf[4096];
	const unsigned char *attrs, *at;
	size_t len, n;

	if (netlink_ask(fd, q, buf, sizeof(buf), &attrs, &len) < 0)
		return -1;
	at = netlink_get(attrs, len, type, &n);
	if (at == NULL || n != sizeof(*number)) {
		errno = EPROTO;
		return -1;
	}
	memcpy(number, at, sizeof(*number));
	*number = ntohl(*number);
	return 0;
}

int
netlink_route(int fd, const struct nlmsghdr *ask)
{
	unsigned char buf[4096]; /* an error has the message that it is about */
	const unsigned char *at = buf, *attrs;
	size_t left, len;
	ssize_t n;
	int type;

	if (send(fd, ask, ask->nlmsg_len, 0) < 0 || (n = receive(fd, buf, sizeof(buf), 0)) < 0)
		return -1;
	left = (size_t)n;
	type = next_message(&at, &left, &attrs, &len);
	if (type >= 0 && type != NLMSG_ERROR)
		errno = EPROTO;
	return type == NLMSG_ERROR ? 0 : -1;
}

int
netlink_open(int protocol)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), saved;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		fd = -1;
	}
	return fd;
}

/* What netlink_netfilter() keeps. */
static struct {
	int fd;
	struct netns_own own;
} kept = { .fd = -1 };

int
netlink_netfilter(void)
{
	if (!netns_is_own(&kept.own) && kept.fd >= 0) {
		close(kept.fd);
		kept.fd = -1;
	}
	if (kept.fd < 0)
		kept.fd = netlink_open(NETLINK_NETFILTER);
	return kept.fd;
}

/*
 * Whether the message that begins there is of a dump in whose midst something was changed: the kernel says so, or, in what it
 * tells of the elements of a set, has another generation (res_id, of which *FIRST keeps that of the first message) than before.
 */
static bool
interrupted(const unsigned char *at, size_t left, int *first)
{
	struct nlmsghdr h = { 0 };
	struct nfgenmsg g;

	if (left < NLMSG_HDRLEN + sizeof(g))
		return false;
	memcpy(&h, at, sizeof(h));
	memcpy(&g, at + NLMSG_HDRLEN, sizeof(g));
	if ((h.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		return true;
	if (h.nlmsg_type == NLMSG_DONE || h.nlmsg_type == NLMSG_ERROR)
		return false;
	if (*first < 0)
		*first = g.res_id;
	return *first != g.res_id;
}

/* As netlink_dump; all is to be of the generation FIRST, as in res_id, or -1: of the same. */
static int
dump(int fd, struct netlink_request *q, int first, int (*each)(const unsigned char *attrs, size_t len, void *arg), void *arg)
{
	const unsigned char *at, *attrs;
	unsigned char *buf = xmalloc(NETLINK_REPLY);
	bool changed = false;
	size_t left, len;
	ssize_t n;
	int r, type;

	r = send_request(fd, q);
	for (type = 0; r == 0 && type != NLMSG_DONE;) {
		n = receive(fd, buf, NETLINK_REPLY, 0);
		r = n < 0 ? -1 : 0;
		at = buf;
		for (left = n < 0 ? 0 : (size_t)n; r == 0 && left > 0 && type != NLMSG_DONE;) {
			changed = changed || interrupted(at, left, &first);
			type = next_message(&at, &left, &attrs, &len);
			if (type < 0)
				r = -1;
			else if (type != NLMSG_DONE && !changed)
				r = each(attrs, len, arg);
		}
	}
	free(buf);
	/* What is left of an answer would be taken for the next one; behind an error nothing is. */
	if (type >= 0 && type != NLMSG_DONE && fd == kept.fd)
		kept.fd = -1;
	if (r != 0 || !changed)
		return r;
	errno = EINTR;
	return -1;
}

int
netlink_dump(int fd, struct netlink_request *q, int (*each)(const unsigned char *attrs, size_t len, void *arg), void *arg)
{
	return dump(fd, q, -1, each, arg);
}

/* The messages of a dump, each behind its length. */
struct messages {
	unsigned char *bytes;
	size_t n, size;
};

static int
keep(const unsigned char *attrs, size_t len, void *arg)
{
	struct messages *m = arg;
	size_t n = m->n + sizeof(len) + len;

	if (n > NETLINK_WHOLE) {
		errno = EMSGSIZE;
		return -1;
	}
	if (n > m->size) {
		m->size = 2 * n;
		m->bytes = xrealloc(m->bytes, m->size, 1);
	}
	memcpy(m->bytes + m->n, &len, sizeof(len));
	memcpy(m->bytes + m->n + sizeof(len), attrs, len);
	m->n = n;
	return 0;
}

static int
each_message(const struct messages *m, int (*each)(const unsigned char *attrs, size_t len, void *arg), void *arg)
{
	size_t at, len;
	int r = 0;

	for (at = 0; r == 0 && at < m->n; at += len) {
		memcpy(&len, m->bytes + at, sizeof(len));
		at += sizeof(len);
		r = each(m->bytes + at, len, arg);
	}
	return r;
}

/* What is done with each element of a set. */
struct elements {
	int (*each)(const unsigned char *element, size_t len, void *arg);
	void *arg;
};

/* Those in the message with these attributes. */
static int
each_in(const unsigned char *attrs, size_t len, void *arg)
{
	const struct elements *e = arg;
	const unsigned char *list = netlink_get(attrs, len, NFTA_SET_ELEM_LIST_ELEMENTS, &len), *element;
	size_t n, used;
	int r = 0;

	while (r == 0 && list != NULL && (element = netlink_get(list, len, NFTA_LIST_ELEM, &n)) != NULL) {
		r = e->each(element, n, e->arg);
		used = (size_t)(element - list) + netlink_align(n);
		if (used >= len)
			break;
		list += used;
		len -= used;
	}
	return r;
}

/* All elements of an answer. */
struct seen {
	struct piece {
		const unsigned char *bytes;
		size_t len;
	} *piece;
	size_t n;
};

static int
see(const unsigned char *bytes, size_t len, void *arg)
{
	struct seen *s = arg;

	s->piece = xgrow(s->piece, s->n, sizeof(*s->piece));
	s->piece[s->n++] = (struct piece){ bytes, len };
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct piece *one = a, *two = b;

	if (one->len != two->len)
		return one->len < two->len ? -1 : 1;
	return memcmp(one->bytes, two->bytes, one->len);
}

/*
 * Whether an element is there twice. The kernel tells a set in parts, of each of which it knows how many elements came before;
 * a hash that it makes larger or smaller meanwhile, a while after a change, has them in another order (nft_rhash_walk() in
 * nft_set_hash.c, up to Linux 6.1 at least): some come twice then, and for each of those another may not have come.
 */
static bool
twice(const struct messages *m)
{
	struct seen s = { 0 };
	struct elements e = { see, &s };
	bool is = false;
	size_t i;

	each_message(m, each_in, &e);
	if (s.n > 1)
		qsort(s.piece, s.n, sizeof(*s.piece), by_bytes);
	for (i = 1; i < s.n && !is; i++)
		is = by_bytes(&s.piece[i - 1], &s.piece[i]) == 0;
	free(s.piece);
	return is;
}

/* The begin or the end of a batch of changes of the tables. */
static void
begin_batch(struct netlink_request *q, int message)
{
	const uint16_t tables = htons(NFNL_SUBSYS_NFTABLES);

	netlink_begin(q, 0, message, AF_UNSPEC, 0);
	memcpy(q->bytes + NLMSG_HDRLEN + offsetof(struct nfgenmsg, res_id), &tables, sizeof(tables));
}

/*
 * Waits until no change of the tables is being made: *GENERATION, as in res_id, is whole then. A generation has its number before
 * what it takes out of a set is gone (nf_tables_commit()): a dump that begins meanwhile counts elements in its first part which
 * are gone in the second, of the same generation, that skips as many and so others. The kernel makes changes under one
 * lock, which an empty batch for that generation gets once the change is made. 0, or -1 with errno: EINTR where there is another
 * generation by then.
 */
static int
settled(int fd, int *generation)
{
	unsigned char buf[1024]; /* an error has the message that it is about */
	const unsigned char *at = buf, *attrs;
	struct netlink_request q, end;
	struct iovec batch[2];
	uint32_t number;
	size_t left, len;
	ssize_t n;

	netlink_begin(&q, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, AF_UNSPEC, 0);
	if (netlink_ask_number(fd, &q, NFTA_GEN_ID, &number) < 0)
		return -1;
	*generation = htons((uint16_t)(number & 0xffff));
	number = htonl(number);
	begin_batch(&q, NFNL_MSG_BATCH_BEGIN);
	netlink_put(&q, NFNL_BATCH_GENID, &number, sizeof(number));
	begin_batch(&end, NFNL_MSG_BATCH_END);
	batch[0] = finish(&q);
	batch[1] = finish(&end);
	if (writev(fd, batch, 2) < 0)
		return -1;
	/* All is done by then; an error is there, or none. */
	n = receive(fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	left = (size_t)n;
	if (next_message(&at, &left, &attrs, &len) >= 0)
		errno = EPROTO;
	else if (errno == ERESTART)
		errno = EINTR;
	return -1;
}

/* As netlink_whole; with SET, as for the elements of one. */
static int
whole(int fd, struct netlink_request *q, bool set, int (*each)(const unsigned char *attrs, size_t len, void *arg), void *arg)
{
	struct messages m = { 0 };
	int tries = 0, first, r;

	do {
		m.n = 0;
		first = -1;
		r = set ? settled(fd, &first) : 0;
		if (r == 0)
			r = dump(fd, q, first, keep, &m);
		if (r == 0 && set && twice(&m)) {
			errno = EINTR;
			r = -1;
		}
	} while (r < 0 && errno == EINTR && (tries += 1) < NETLINK_TRIES);
	if (r == 0)
		r = each_message(&m, each, arg);
	free(m.bytes);
	return r;
}

int
netlink_whole(int fd, struct netlink_request *q, int (*each)(const unsigned char *attrs, size_t len, void *arg), void *arg)
{
	return whole(fd, q, false, each, arg);
}

int
netlink_elements(int fd, const char *set, int (*each)(const unsigned char *element, size_t len, void *arg), void *arg)
{
	struct elements e = { each, arg };
	struct netlink_request q;

	netlink_begin(&q, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP);
	netlink_put(&q, NFTA_SET_ELEM_LIST_TABLE, "ctr", sizeof("ctr"));
	netlink_put(&q, NFTA_SET_ELEM_LIST_SET, set, strlen(set) + 1);
	return whole(fd, &q, true, each_in, &e);
}

const unsigned char *
netlink_value(const unsigned char *element, size_t len, int type, size_t n)
{
	size_t got;

	element = netlink_get(element, len, type, &got);
	element = element == NULL ? NULL : netlink_get(element, got, NFTA_DATA_VALUE, &got);
	return element != NULL && got == n ? element : NULL;
}
