/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "published.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "publish.h"
#include "say.h"

/* One published port; at any address of both families it is one, "*". Sorted. */
struct port {
	char holder[NAME_MAX_BYTES + 1], proto[8], addr[INET6_ADDRSTRLEN];
	unsigned short host, ctr;
	bool both, gone; /* while they are read: what becomes "*", and the other of the two */
};

static struct port *ports;
static size_t nports;

static int
by_port(const void *a, const void *b)
{
	const struct port *pa = a, *pb = b;
	int order = strcmp(pa->holder, pb->holder);

	if (order == 0)
		order = strcmp(pa->proto, pb->proto);
	if (order == 0)
		order = strcmp(pa->addr, pb->addr);
	if (order == 0)
		order = pa->host - pb->host;
	return order == 0 ? pa->ctr - pb->ctr : order;
}

static void
add_port(const struct publish *p)
{
	struct port port = { .host = p->port, .ctr = p->to_port };

	memcpy(port.holder, p->holder, sizeof(port.holder));
	snprintf(port.proto, sizeof(port.proto), "%s",
	    p->proto == IPPROTO_TCP   ? "tcp"
	    : p->proto == IPPROTO_UDP ? "udp"
				      : "sctp");
	/* Any address is all zero: 0.0.0.0 or ::. */
	inet_ntop(p->family, p->addr, port.addr, sizeof(port.addr));
	ports = xgrow(ports, nports, sizeof(*ports));
	ports[nports++] = port;
}

static int
by_target(const void *a, const void *b)
{
	const struct publish *pa = a, *pb = b;
	int order = strcmp(pa->holder, pb->holder);

	if (order == 0)
		order = pa->family - pb->family;
	return order == 0 ? memcmp(pa->to, pb->to, sizeof(pa->to)) : order;
}

/* Takes what is of the containers of this LXCPATH, and not of one of the same name in another. */
static void
add_held(struct publish *all, size_t n)
{
	bool held = false;
	size_t i;

	if (n > 0)
		qsort(all, n, sizeof(*all), by_target);
	for (i = 0; i < n; i++) {
		if (i == 0 || by_target(&all[i - 1], &all[i]) != 0)
			held = publish_held(&all[i], all[i].holder, NULL);
		if (held)
			add_port(&all[i]);
	}
}

/* The place in `ports` of what is not less than P. */
static size_t
port_place(const struct port *p)
{
	size_t low = 0, high = nports, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (by_port(&ports[mid], p) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
sort(void)
{
	if (nports > 0)
		qsort(ports, nports, sizeof(*ports), by_port);
}

/* Makes one of what both families have. */
static void
join_families(void)
{
	struct port other;
	size_t i, k;

	sort();
	for (i = 0; i < nports; i++) {
		if (strcmp(ports[i].addr, "0.0.0.0") != 0)
			continue;
		other = ports[i];
		memcpy(other.addr, "::", sizeof("::"));
		k = port_place(&other);
		if (k < nports && by_port(&ports[k], &other) == 0)
			ports[i].both = ports[k].gone = true;
	}
	for (i = k = 0; i < nports; i++) {
		if (ports[i].gone)
			continue;
		if (ports[i].both)
			memcpy(ports[i].addr, "*", sizeof("*"));
		ports[k++] = ports[i];
	}
	nports = k;
	sort();
}

int
published_list(void)
{
	struct publish *all;
	size_t n;
	int status = publish_list(&all, &n), saved = errno;

	add_held(all, n);
	free(all);
	join_families();
	errno = saved;
	return status;
}

/* The place in `ports` of P, or of the same at any address of both families where that is P's own; nports where there is neither. */
static size_t
port_find(struct port p)
{
	size_t at = port_place(&p);

	if (at < nports && by_port(&ports[at], &p) == 0)
		return at;
	if (strcmp(p.addr, "0.0.0.0") != 0 && strcmp(p.addr, "::") != 0)
		return nports;
	memcpy(p.addr, "*", sizeof("*"));
	return port_find(p);
}

/* Whether all of fact F is published; what of it is is then marked among TOLD. */
static bool
published(const char *name, const struct fact *f, size_t first, bool *told)
{
	struct ports host, ctr;
	unsigned char bytes[16];
	struct port p = { .addr = "*" };
	size_t n, i, *at;
	bool all = true;
	int family = address_parse(f->field[1], bytes);

	snprintf(p.holder, sizeof(p.holder), "%s", name);
	snprintf(p.proto, sizeof(p.proto), "%s", f->field[0]);
	if (family != 0)
		inet_ntop(family, bytes, p.addr, sizeof(p.addr));
	if (!ports_parse(f->field[2], &host) || !ports_parse(f->field[3], &ctr))
		return false;
	p.host = host.first;
	p.ctr = ctr.first;
	n = (size_t)(host.last - host.first) + 1;
	at = xrealloc(NULL, n, sizeof(*at));
	for (i = 0; i < n && all; i++, p.host++, p.ctr++) {
		at[i] = port_find(p);
		all = at[i] < nports;
	}
	for (i = 0; i < n && all; i++)
		told[at[i] - first] = true;
	free(at);
	return all;
}

void
published_add(struct record *r, const struct record *declared)
{
	struct port begin = { 0 };
	const struct fact *f = NULL;
	struct record *found = record_new(r->name);
	char host[8], ctr[8];
	size_t first, n, i;
	bool *told;

	snprintf(begin.holder, sizeof(begin.holder), "%s", r->name);
	first = port_place(&begin);
	for (n = 0; first + n < nports && strcmp(ports[first + n].holder, r->name) == 0;)
		n++;
	told = xmalloc(n);
	memset(told, 0, n);
	while (n > 0 && declared != NULL && (f = record_find(declared, "port", f)) != NULL)
		if (published(r->name, f, first, told))
			record_addv(found, "published", f->field, f->n);
	for (i = 0; i < n; i++) {
		snprintf(host, sizeof(host), "%u", ports[first + i].host);
		snprintf(ctr, sizeof(ctr), "%u", ports[first + i].ctr);
		if (!told[i])
			record_add(found, "published", ports[first + i].proto, ports[first + i].addr, host,
			    ctr, NULL);
	}
	for (i = 0; i < found->nfact; i++)
		record_addv(r, "published", found->fact[i].field, found->fact[i].n);
	record_free(found);
	free(told);
}
