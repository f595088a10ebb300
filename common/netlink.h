/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to and from the kernel's netfilter and its links, netlink(7), without a library. */
#ifndef NETLINK_H
#define NETLINK_H

#include <linux/netlink.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	NETLINK_REPLY = 64 * 1024,	  /* the kernel's parts of a dump are 16 KiB at most (netlink_dump()) */
	NETLINK_WHOLE = 64 * 1024 * 1024, /* of a dump that is held; twice a map of all ports of all protocols */
	NETLINK_TRIES = 100,		  /* of a dump, while somebody changes rules all the time */
};

/* A request while it is made; 256 bytes hold the longest of ctrkit. */
struct netlink_request {
	_Alignas(struct nlmsghdr) unsigned char bytes[256];
	size_t len;
};

/* A socket of PROTOCOL (NETLINK_NETFILTER of a container, NETLINK_ROUTE), of the caller's to close; -1 with errno. */
int netlink_open(int protocol);

/*
 * This process's socket of NETLINK_NETFILTER in the network namespace that it is in, kept from one call to the next, or -1 with
 * errno. Not to be closed: after a change of the tables the kernel has who closes one wait until no processor can use any more
 * what that removed (nft_rcv_nl_event()), 10 to 40 ms, which the end of the process has others wait for no more.
 */
int netlink_netfilter(void);

/* A message to SUBSYSTEM (NFNL_SUBSYS_...) about FAMILY (NFPROTO_...), with FLAGS besides NLM_F_REQUEST. */
void netlink_begin(struct netlink_request *q, int subsystem, int message, int family, int flags);

/* Adds an attribute, and returns where it begins, for netlink_close() when its inner ones are there. */
size_t netlink_put(struct netlink_request *q, int type, const void *bytes, size_t n);
void netlink_close(struct netlink_request *q, size_t at);

/*
 * Sends Q, and takes one message of the answer into BUF, of SIZE bytes: its attributes in *ATTRS and *LEN. Its type, or -1 with
 * errno, that of an error which it brings as well.
 */
int netlink_ask(int fd, struct netlink_request *q, unsigned char *buf, size_t size, const unsigned char **attrs, size_t *len);

/* The same for an attribute TYPE of the answer, 32 bits in the network's order: 0 with *NUMBER in the host's, or -1 with errno. */
int netlink_ask_number(int fd, struct netlink_request *q, int type, uint32_t *number);

/* Sends ASK, of rtnetlink(7) and with NLM_F_ACK, and takes the answer: 0, or -1 with errno, that of the answer as well. */
int netlink_route(int fd, const struct nlmsghdr *ask);

/*
 * Sends Q, which asks for a dump, and calls EACH with the attributes of every message of the answer. Returns 0, the first
 * value other than 0 that EACH returned, or -1 with errno: EINTR where something was changed meanwhile, so that what EACH
 * was called with may be half of it.
 */
int netlink_dump(int fd, struct netlink_request *q, int (*each)(const unsigned char *attrs, size_t len, void *arg),
    void *arg);

/*
 * The same, but the answer is held until it is whole, and asked for once more where something was changed meanwhile: EACH sees it
 * as it was at one instant. EINTR where that was so NETLINK_TRIES times, EMSGSIZE where it has more than NETLINK_WHOLE bytes.
 */
int netlink_whole(int fd, struct netlink_request *q, int (*each)(const unsigned char *attrs, size_t len, void *arg),
    void *arg);

/*
 * Calls EACH with every element of the set or map SET of table `inet ctr`: what is in its NFTA_LIST_ELEM. Each once: an answer
 * with one of them twice is asked for again. And all: it waits for a change that somebody is making. Returns as
 * netlink_whole; ENOENT where there is no such set.
 */
int netlink_elements(int fd, const char *set, int (*each)(const unsigned char *element, size_t len, void *arg), void *arg);

/* The value in the attribute TYPE of an element, where it is of N bytes; else a null pointer. */
const unsigned char *netlink_value(const unsigned char *element, size_t len, int type, size_t n);

/*
 * The attribute TYPE among the LEN BYTES: its contents, and their length in *N. A null pointer where there
 * is none.
 */
const unsigned char *netlink_get(const unsigned char *bytes, size_t len, int type, size_t *n);

/* N rounded up to what messages and attributes are padded to. */
size_t netlink_align(size_t n);

#endif
