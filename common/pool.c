/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "container.h"
#include "replace.h"
#include "say.h"

/* Splits TEXT, ADDRESS/BITS, at the slash. Returns the bits, or -1. */
static int
split(const char *text, char *address, size_t size)
{
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - text), digits;
	int bits = 0;

	if (slash == NULL || len == 0 || len >= size)
		return -1;
	digits = strspn(slash + 1, "0123456789");
	if (digits == 0 || digits > 3 || slash[1 + digits] != '\0')
		return -1;
	memcpy(address, text, len);
	address[len] = '\0';
	for (slash++; *slash != '\0'; slash++)
		bits = bits * 10 + (*slash - '0');
	return bits;
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static void
text4(uint32_t address, char *text)
{
	struct in_addr in = { htonl(address) };

	inet_ntop(AF_INET, &in, text, INET_ADDRSTRLEN);
}

static void
read_pool4(struct pool *p)
{
	const char *text = variable("CTR_POOL4");
	char address[INET_ADDRSTRLEN];
	struct in_addr in;
	uint32_t mask;
	int bits;

	if (text == NULL)
		text = "10.66.0.0/16";
	bits = split(text, address, sizeof(address));
	/* Beyond /29 there would be no room for two containers and the gateway. */
	if (bits < 8 || bits > 29 || inet_pton(AF_INET, address, &in) != 1)
		die(EXIT_UNUSABLE,
		    "CTR_POOL4 is '%s', not an IPv4 network such as 10.66.0.0/16, from /8 to /29", text);
	mask = UINT32_MAX << (32 - bits);
	p->first = ntohl(in.s_addr);
	if ((p->first & ~mask) != 0)
		die(EXIT_UNUSABLE, "CTR_POOL4 is '%s', whose address is not the first of its network", text);
	p->last = p->first | ~mask;
	p->gateway = p->first + 1;
	text4(p->first, p->first4);
	text4(mask, p->mask4);
	text4(p->gateway, p->gateway4);
	snprintf(p->net4, sizeof(p->net4), "%s/%d", p->first4, bits);
}

static uint64_t
hash(const char *bytes, size_t len)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a, 64 bits */
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 1099511628211u;
	return h ^ h >> 24;
}

/* The number of a host without a machine-id: the target of a link, since making one is atomic. */
static uint64_t
kept_id(void)
{
	int dir = state_open("addr");
	char text[17] = "";
	uint64_t id;

	if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
		die(EXIT_FAILED, "cannot get a random number:");
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)id);
	if (dir < 0 || (symlinkat(text, dir, "prefix") < 0 && errno != EEXIST) ||
	    readlinkat(dir, "prefix", text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		die(EXIT_FAILED, "cannot keep the IPv6 prefix in CTR_STATE, as 'addr/prefix':");
	close(dir);
	return hash(text, sizeof(text) - 1);
}

static void
read_pool6(struct pool *p)
{
	const char *text = variable("CTR_POOL6");
	char address[INET6_ADDRSTRLEN], *id = NULL;
	uint64_t h;
	size_t len;
	int i;

	if (text != NULL) {
		if (split(text, address, sizeof(address)) != 64 ||
		    inet_pton(AF_INET6, address, &p->prefix) != 1 ||
		    memcmp(p->prefix.s6_addr + 8, "\0\0\0\0\0\0\0", 8) != 0)
			die(EXIT_UNUSABLE, "CTR_POOL6 is '%s', not an IPv6 network of /64", text);
	} else {
		/* machine-id(5): 32 hexadecimal digits and a newline; "uninitialized" during a first boot. */
		if (read_at(AT_FDCWD, "/etc/machine-id", &id, &len, 4096) == 0 && len >= 32 &&
		    strspn(id, "0123456789abcdef") == 32)
			h = hash(id, 32);
		else
			h = kept_id();
		free(id);
		p->prefix.s6_addr[0] = 0xfd;
		for (i = 1; i <= 5; i++, h >>= 8)
			p->prefix.s6_addr[i] = (unsigned char)h;
	}
	inet_ntop(AF_INET6, &p->prefix, address, sizeof(address));
	snprintf(p->net6, sizeof(p->net6), "%s/64", address);
	p->prefix.s6_addr[15] = 1;
	inet_ntop(AF_INET6, &p->prefix, p->gateway6, sizeof(p->gateway6));
	p->prefix.s6_addr[15] = 0;
}

const struct pool *
pool(void)
{
	static struct pool p;

	if (p.last == 0) {
		read_pool4(&p);
		read_pool6(&p);
	}
	return &p;
}

bool
pool_has4(uint32_t address)
{
	return address > pool()->gateway && address < pool()->last;
}

bool
pool_has6(const struct in6_addr *address)
{
	struct in6_addr low = *address;

	/* ::0 is the routers' anycast address (RFC 4291, 2.6.1), ::1 the gateway's. */
	memset(low.s6_addr, 0, 8);
	low.s6_addr[15] &= 0xfe;
	return memcmp(address->s6_addr, pool()->prefix.s6_addr, 8) == 0 && !IN6_IS_ADDR_UNSPECIFIED(&low);
}

struct in6_addr
pool_map(uint32_t address)
{
	struct in6_addr mapped = pool()->prefix;
	uint32_t net = htonl(address);

	memcpy(mapped.s6_addr + 12, &net, sizeof(net));
	return mapped;
}

uint32_t
pool_start(const char *owner)
{
	return (uint32_t)hash(owner, strlen(owner));
}

bool
pool_veth_up(const char *ipv4)
{
	char veth[IFNAMSIZ];
	struct in_addr in;

	if (inet_pton(AF_INET, ipv4, &in) != 1)
		return false;
	snprintf(veth, sizeof(veth), "ctr%08x", ntohl(in.s_addr));
	return if_nametoindex(veth) != 0;
}

bool
pool_is_veth(const char *interface)
{
	return strncmp(interface, "ctr", 3) == 0 && strlen(interface) == 11 &&
	       strspn(interface + 3, "0123456789abcdef") == 8;
}

bool
pool_any_veth(void)
{
	struct if_nameindex *list = if_nameindex(), *i;
	bool any = list == NULL;

	for (i = list; i != NULL && i->if_index != 0; i++)
		any = any || pool_is_veth(i->if_name);
	if (list != NULL)
		if_freenameindex(list);
	return any;
}
