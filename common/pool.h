/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of the managed network, one pool for the whole host. */
#ifndef POOL_H
#define POOL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct pool {
	uint32_t first, last;	/* of the network, in the host's byte order; neither is given to anybody */
	uint32_t gateway;	/* first + 1 */
	struct in6_addr prefix; /* a /64 */
	/* As text: 10.66.0.0/16, 10.66.0.0, 255.255.0.0, 10.66.0.1; fd12:3456:789a::/64, fd12:3456:789a::1 */
	char net4[INET_ADDRSTRLEN + 3], first4[INET_ADDRSTRLEN], mask4[INET_ADDRSTRLEN],
	    gateway4[INET_ADDRSTRLEN];
	char net6[INET6_ADDRSTRLEN + 3], gateway6[INET6_ADDRSTRLEN];
};

/*
 * The pool: $CTR_POOL4 (10.66.0.0/16 where it is not set; /8 to /29) and $CTR_POOL6 (a /64; where it is not
 * set, a unique local one, RFC 4193, reckoned from /etc/machine-id, or from a random number kept in
 * CTR_STATE). Exits 2 where one of them cannot be read, 1 where the number cannot be kept.
 */
const struct pool *pool(void);

/* Whether a container may have it: in the pool, and neither its first, nor its last, nor the gateway's. */
bool pool_has4(uint32_t address);
bool pool_has6(const struct in6_addr *address);

/* The address of the IPv6 prefix whose last 32 bits are those of the IPv4 one. */
struct in6_addr pool_map(uint32_t address);

/* Whether the interface of a container with the address IPV4 is there: whether one runs with it. */
bool pool_veth_up(const char *ipv4);

/* Whether INTERFACE has the name of one: ctr and the eight hexadecimal digits of the address. */
bool pool_is_veth(const char *interface);

/* Whether one is there, of whatever LXCPATH; so also where the kernel does not tell. */
bool pool_any_veth(void);

/* A number that depends on OWNER alone: who asks for an address again is likely to find its old one free. */
uint32_t pool_start(const char *owner);

#endif
