/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "fact.h"
#include "say.h"

const char *const publish_maps[PUBLISH_MAPS] = { "any4", "any6", "one4", "one6", "anyrange4", "anyrange6",
	"onerange4", "onerange6" };

const char *
publish_map(const struct publish *p)
{
	return publish_maps[(p->first == 0 ? 0 : 4) + (p->any ? 0 : 2) + (p->family == AF_INET6)];
}

size_t
publish_size(const struct publish *p)
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
		    memcmp(addr, p->to, publish_size(p)) == 0)
			return true;
	return false;
}

bool
publish_held(const struct publish *p, const char *name, const struct record *stored)
{
	char text[INET6_ADDRSTRLEN], owner[PATH_MAX], *dir;
	ssize_t n = -1;
	int addrs;
	bool held;

	if (!p->present || strcmp(p->holder, name) != 0)
		return false;
	if (publish_leads_to(p, stored))
		return true;
	addrs = state_open("addr");
	inet_ntop(p->family, p->to, text, sizeof(text));
	if (addrs >= 0) {
		n = readlinkat(addrs, text, owner, sizeof(owner) - 1);
		close(addrs);
	}
	owner[n < 0 ? 0 : n] = '\0';
	dir = xasprintf("%s/%s", container_path(), name);
	held = n < 0 || strcmp(owner, dir) == 0 || access(owner, F_OK) < 0;
	free(dir);
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
		return "the kernel cannot forward what is sent to its own IPv6 loopback";
	if (p.family == AF_INET ? p.addr[0] >= 224 : p.addr[0] == 0xff)
		return "what is sent to a multicast address cannot be translated";
	/* 0.0.0.0 and :: are all addresses of their family, as with bind(2). */
	p.any = memcmp(p.addr, none, sizeof(none)) == 0;
	if (host.first == ctr.first && host.first < host.last) {
		p.first = host.first;
		p.last = host.last;
	}
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
