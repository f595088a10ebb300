/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linkset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "fact.h"
#include "netlink.h"
#include "say.h"

static const char *const sets[] = { "link4", "link6", "expose4", "expose6" };

static void
append(struct linkset *s, const char *set, char *text)
{
	s->element = xgrow(s->element, s->n, sizeof(*s->element));
	s->element[s->n++] = (struct linkset_element){ set, text };
}

/* The set that is read. */
struct reading {
	struct linkset *s;
	size_t i; /* in sets */
};

/* Each part of a key is padded to 32 bits (nf_tables' registers). */
static int
read_element(const unsigned char *element, size_t len, void *arg)
{
	const struct reading *r = arg;
	int family = r->i % 2 == 0 ? AF_INET : AF_INET6;
	size_t size = family == AF_INET ? 4 : 16, at = 2 * size;
	bool ports = r->i >= 2;
	const unsigned char *key = netlink_value(element, len, NFTA_SET_ELEM_KEY, at + (ports ? 8 : 0));
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	if (key == NULL) {
		errno = EPROTO;
		return -1;
	}
	inet_ntop(family, key, from, sizeof(from));
	inet_ntop(family, key + size, to, sizeof(to));
	append(r->s, sets[r->i],
	    ports ? xasprintf("%s . %s . %d . %d", from, to, key[at], key[at + 4] << 8 | key[at + 5])
		  : xasprintf("%s . %s", from, to));
	return 0;
}

int
linkset_read(struct linkset *s)
{
	struct reading r = { NULL, 0 };
	int fd = netlink_netfilter(), status = fd < 0 ? -1 : 0, saved;

	*s = (struct linkset){ NULL, 0 };
	r.s = s;
	for (; status == 0 && r.i < sizeof(sets) / sizeof(sets[0]); r.i++) {
		status = netlink_elements(fd, sets[r.i], read_element, &r);
		if (status < 0 && errno == ENOENT)
			status = 0;
	}
	saved = errno;
	if (status < 0)
		linkset_free(s);
	errno = saved;
	return status;
}

void
linkset_free(struct linkset *s)
{
	while (s->n > 0)
		free(s->element[--s->n].text);
	free(s->element);
	s->element = NULL;
}

/* At PORT of PROTO, or with PROTO of 0 at all. FROM and TO are addresses of one family, checked ones. */
static void
add(struct linkset *s, const char *from, const char *to, int proto, unsigned port)
{
	struct linkset_element e;

	e.set = sets[(proto != 0 ? 2 : 0) + (strchr(from, ':') != NULL)];
	e.text = proto == 0 ? xasprintf("%s . %s", from, to)
			    : xasprintf("%s . %s . %d . %u", from, to, proto, port);
	if (linkset_has(s, &e))
		free(e.text);
	else
		append(s, e.set, e.text);
}

static int
protocol(const char *name)
{
	if (strcmp(name, "tcp") == 0)
		return IPPROTO_TCP;
	return strcmp(name, "udp") == 0 ? IPPROTO_UDP : IPPROTO_SCTP;
}

void
linkset_link(struct linkset *s, const struct record *from, const struct record *to, const struct fact *link)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	bool forward = strcmp(link->key, "forward") == 0;
	const struct fact *f = NULL;
	const char *a, *b;
	struct ports p;
	unsigned port;
	size_t i;

	for (i = 0; i < 2 && container_managed(from) && container_managed(to); i++) {
		a = record_get(from, families[i]);
		b = record_get(to, families[i]);
		if (a == NULL || b == NULL)
			continue;
		if (forward) {
			if (i == 0 && ports_parse(link->field[4], &p))
				add(s, a, b, protocol(link->field[1]), p.first);
			continue;
		}
		if (record_find(to, "expose", NULL) == NULL)
			add(s, a, b, 0, 0);
		while ((f = record_find(to, "expose", f)) != NULL)
			if (ports_parse(f->field[1], &p))
				for (port = p.first; port <= p.last; port++)
					add(s, a, b, protocol(f->field[0]), port);
	}
}

/* Whether the field of TEXT that begins at S is ADDRESS. */
static bool
field_is(const char *s, const char *address)
{
	size_t n = address == NULL ? 0 : strlen(address);

	return n > 0 && strncmp(s, address, n) == 0 && (s[n] == ' ' || s[n] == '\0');
}

bool
linkset_of(const struct linkset_element *e, const char *ipv4, const char *ipv6, bool to)
{
	const char *second = strstr(e->text, " . ");

	if (field_is(e->text, ipv4) || field_is(e->text, ipv6))
		return true;
	return to && second != NULL && (field_is(second + 3, ipv4) || field_is(second + 3, ipv6));
}

bool
linkset_has(const struct linkset *s, const struct linkset_element *e)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->element[i].set, e->set) == 0 && strcmp(s->element[i].text, e->text) == 0)
			return true;
	return false;
}

void
linkset_write(FILE *out, bool remove, const struct linkset_element *e)
{
	fprintf(out, "add element inet ctr %s { %s }\n", e->set, e->text);
	if (remove)
		fprintf(out, "delete element inet ctr %s { %s }\n", e->set, e->text);
}
