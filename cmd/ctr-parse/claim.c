/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fact.h"
#include "keep.h"
#include "say.h"

enum { CHUNK = 64 };

/* In the order of sorting: of one protocol and family, any address before single ones. */
struct claim {
	unsigned char what, family, one, address[16];
	struct ports ports;
	size_t owner;
	void *at;
};

/* Most claims are only ever counted: an array of all would be copied again and again as it grows. */
struct claim_chunk {
	struct claim_chunk *before;
	size_t n;
	struct claim claim[CHUNK];
};

static void
add(struct claims *c, unsigned char what, const char *address, int family, struct ports ports, size_t owner,
    void *at)
{
	static const unsigned char any[16];
	struct claim_chunk *chunk = c->chunk;
	struct claim *claim;

	if (chunk == NULL || chunk->n == CHUNK) {
		chunk = keep(sizeof(*chunk));
		chunk->before = c->chunk;
		chunk->n = 0;
		c->chunk = chunk;
	}
	c->n++;
	claim = &chunk->claim[chunk->n++];
	*claim = (struct claim){
		.what = what, .family = (unsigned char)family, .ports = ports, .owner = owner, .at = at
	};
	if (address != NULL)
		address_parse(address, claim->address);
	claim->one = memcmp(claim->address, any, sizeof(any)) != 0;
}

/* Notes that the PORTS of a protocol are taken, and whether one of them was. */
static void
note(struct claims *c, const char *protocol, struct ports ports)
{
	unsigned char *taken = c->port[*protocol == 't' ? 0 : *protocol == 'u' ? 1 : 2];
	unsigned i;

	for (i = ports.first; i <= ports.last && !c->twice; i++) {
		c->twice = (taken[i / 8] & 1u << i % 8) != 0;
		taken[i / 8] |= (unsigned char)(1u << i % 8);
	}
}

void
claim_add(struct claims *c, const struct fact *f, size_t owner, void *at)
{
	struct ports ports = { 0, 0 };

	if (strcmp(f->key, "port") == 0 && ports_parse(f->field[2], &ports)) {
		note(c, f->field[0], ports);
		/* tcp, udp and sctp differ in the first byte. */
		if (strcmp(f->field[1], "*") != 0) {
			add(c, (unsigned char)f->field[0][0], f->field[1], address_parse(f->field[1], NULL),
			    ports, owner, at);
		} else {
			add(c, (unsigned char)f->field[0][0], NULL, AF_INET, ports, owner, at);
			add(c, (unsigned char)f->field[0][0], NULL, AF_INET6, ports, owner, at);
		}
	} else if (strcmp(f->key, "address") == 0) {
		c->twice = c->twice || c->address;
		c->address = true;
		add(c, 'a', f->field[0], address_parse(f->field[0], NULL), ports, owner, at);
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct claim *p = a, *q = b;
	int order = memcmp(p, q, offsetof(struct claim, ports));

	if (order != 0)
		return order;
	if (p->ports.first != q->ports.first)
		return p->ports.first < q->ports.first ? -1 : 1;
	return p->owner < q->owner ? -1 : p->owner > q->owner;
}

static bool
overlap(const struct claim *a, const struct claim *b)
{
	return a->ports.first <= b->ports.last && b->ports.first <= a->ports.last;
}

/*
 * The first claim on ports of C among the N at ANY, sorted and without overlaps, that another has: OTHER[i]
 * is the next after ANY[i] whose owner is another than that one's.
 */
static const struct claim *
find_any(const struct claim *const *any, const size_t *other, size_t n, const struct claim *c)
{
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (any[middle]->ports.last < c->ports.first)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < n && any[low]->owner == c->owner)
		low = other[low];
	return low < n && overlap(any[low], c) ? any[low] : NULL;
}

void
claim_check(struct claims *c, void (*each)(const struct clash *clash))
{
	const struct claim **any, *reach = NULL, *found;
	const struct claim_chunk *chunk;
	struct claim *claim;
	size_t *other, i, k, nany = 0;

	if (!c->twice)
		return;
	any = xrealloc(NULL, c->n, sizeof(*any));
	other = xrealloc(NULL, c->n, sizeof(*other));
	claim = xrealloc(NULL, c->n, sizeof(*claim));
	for (chunk = c->chunk, i = 0; chunk != NULL; i += chunk->n, chunk = chunk->before)
		memcpy(&claim[i], chunk->claim, chunk->n * sizeof(*claim));
	qsort(claim, c->n, sizeof(*claim), by_place);
	for (i = 0; i < c->n; i++) {
		struct claim *this = &claim[i];

		if (reach == NULL || this->what != reach->what || this->family != reach->family)
			nany = 0;
		if (reach == NULL || memcmp(this, reach, offsetof(struct claim, ports)) != 0 ||
		    !overlap(this, reach)) {
			if (this->one == 0)
				any[nany++] = this;
		} else {
			each(&(struct clash){ { reach->owner, this->owner }, { reach->at, this->at } });
		}
		/* REACH is that of this address which reaches farthest. */
		if (reach == NULL || memcmp(this, reach, offsetof(struct claim, ports)) != 0 ||
		    this->ports.last > reach->ports.last)
			reach = this;
		if (this->one == 0)
			continue;
		if (nany > 0 && (i == 0 || this[-1].one == 0))
			for (k = nany; k-- > 0;)
				other[k] =
				    k + 1 < nany && any[k + 1]->owner == any[k]->owner ? other[k + 1] : k + 1;
		found = find_any(any, other, nany, this);
		if (found != NULL)
			each(&(struct clash){ { found->owner, this->owner }, { found->at, this->at } });
	}
	free(claim);
	free(any);
	free(other);
}
