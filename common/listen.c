/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/*
 * Documentation/networking/proc_net_tcp.rst of the kernel; st is 0A for a TCP socket that listens, 07 for a
 * UDP socket that is connected to nobody.
 */
static const struct table {
	const char *path;
	int proto, family;
	unsigned state;
} tables[] = {
	{ "/proc/net/tcp", IPPROTO_TCP, AF_INET, 0x0a },
	{ "/proc/net/tcp6", IPPROTO_TCP, AF_INET6, 0x0a },
	{ "/proc/net/udp", IPPROTO_UDP, AF_INET, 0x07 },
	{ "/proc/net/udp6", IPPROTO_UDP, AF_INET6, 0x07 },
};

static struct socket {
	const struct table *table;
	unsigned char addr[16];
	unsigned port;
} *sockets;
static size_t nsocket;

/* The address: for each 32 bits of it 8 hexadecimal digits, a number in the host's byte order. */
static void
read_address(const char *hex, unsigned char *addr)
{
	char word[9] = "";
	uint32_t n;

	for (; strlen(hex) >= 8; hex += 8, addr += 4) {
		memcpy(word, hex, 8);
		n = (uint32_t)strtoul(word, NULL, 16);
		memcpy(addr, &n, 4);
	}
}

static void
read_table(const struct table *t)
{
	FILE *in = fopen(t->path, "re");
	struct socket s = { .table = t };
	char *line = NULL, hex[33];
	unsigned state;
	size_t size = 0;

	while (in != NULL && getline(&line, &size, in) > 0) {
		/* sl local_address rem_address st */
		if (sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F]:%*x %2x", hex, &s.port, &state) != 3 ||
		    state != t->state)
			continue;
		read_address(hex, s.addr);
		sockets = xrealloc(sockets, nsocket + 1, sizeof(*sockets));
		sockets[nsocket++] = s;
	}
	free(line);
	/* Without IPv6 two of them are not there. */
	if (in != NULL)
		fclose(in);
}

bool
listens(int proto, int family, const unsigned char *addr, unsigned short port)
{
	static const unsigned char any[16];
	static bool read;
	size_t size = family == AF_INET ? 4 : 16, i;
	const struct socket *s;

	for (i = 0; !read && i < sizeof(tables) / sizeof(tables[0]); i++)
		read_table(&tables[i]);
	read = true;
	for (i = 0; i < nsocket; i++) {
		s = &sockets[i];
		if (s->port != port || s->table->proto != proto)
			continue;
		/* A socket at :: mostly receives what comes by IPv4 too; whether it does is not shown. */
		if (s->table->family == AF_INET6 && memcmp(s->addr, any, 16) == 0)
			return true;
		if (s->table->family == family &&
		    (addr == NULL || memcmp(s->addr, addr, size) == 0 || memcmp(s->addr, any, size) == 0))
			return true;
	}
	return false;
}
