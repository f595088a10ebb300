/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph.h"

#include <stdlib.h>

#include "say.h"

enum {
	NONE = 0,
	HARDEN_STEPS = 50 * 1000 * 1000,
};

/* The edges by the thing that they go out from: those of i are out[first[i]] to out[first[i + 1] - 1]. */
struct outgoing {
	size_t *first, *out;
};

static struct outgoing
outgoing(size_t n, const struct edge *edge, size_t m)
{
	struct outgoing g = { xrealloc(NULL, n + 2, sizeof(size_t)), xrealloc(NULL, m, sizeof(size_t)) };
	size_t i;

	for (i = 0; i < n + 2; i++)
		g.first[i] = 0;
	/* Shifted by one, so that filling moves each number to where its thing begins. */
	for (i = 0; i < m; i++)
		g.first[edge[i].from + 2]++;
	for (i = 2; i < n + 2; i++)
		g.first[i] += g.first[i - 1];
	for (i = 0; i < m; i++)
		g.out[g.first[edge[i].from + 1]++] = i;
	return g;
}

/* Where a search is at one thing. */
struct visit {
	size_t rank;  /* in the order of first visits, from 1 */
	size_t low;   /* the lowest rank that is reached from here: Tarjan's, SIAM J. Comput. 1(2), 1972 */
	size_t place; /* on the path from the root to here, from 1; NONE when it is left */
	size_t next;  /* of its outgoing edges, the one to be followed next */
	size_t part;  /* the strongly connected component, from 1; NONE while it is not known */
};

/*
 * The search behind graph_order, with a stack of its own: a chain may be as long as the file allows. VISIT,
 * of n, gets what was found.
 */
static bool
search(size_t n, const struct edge *edge, size_t m, unsigned kinds, size_t *order, struct visit *visit,
    void (*circle)(const size_t *, size_t, const struct edge *))
{
	struct outgoing g = outgoing(n, edge, m);
	size_t *path = xrealloc(NULL, n, sizeof(*path)), *open = xrealloc(NULL, n, sizeof(*open));
	size_t depth = 0, nopen = 0, rank = 0, parts = 0, done = 0, root, v, w;
	const struct edge *e;
	bool circles = false;

	for (v = 0; v < n; v++)
		visit[v] = (struct visit){ .next = g.first[v] };
	for (root = 0; root < n; root++) {
		if (visit[root].rank != NONE)
			continue;
		for (w = root;;) {
			if (visit[w].rank == NONE) {
				visit[w].rank = visit[w].low = ++rank;
				path[depth++] = open[nopen++] = w;
				visit[w].place = depth;
			}
			v = path[depth - 1];
			if (visit[v].next < g.first[v + 1]) {
				e = &edge[g.out[visit[v].next++]];
				w = (e->kind & kinds) != 0 ? e->to : v;
				if ((e->kind & kinds) == 0 || visit[w].rank == NONE)
					continue;
				if (visit[w].part == NONE && visit[w].rank < visit[v].low)
					visit[v].low = visit[w].rank;
				if (visit[w].place != NONE) {
					circles = true;
					if (circle != NULL)
						circle(
						    &path[visit[w].place - 1], depth - visit[w].place + 1, e);
				}
				continue;
			}
			visit[v].place = NONE;
			if (order != NULL)
				order[done++] = v;
			if (visit[v].low == visit[v].rank)
				for (parts++, w = n; w != v; visit[w].part = parts)
					w = open[--nopen];
			if (--depth == 0)
				break;
			w = path[depth - 1];
			if (visit[v].low < visit[w].low)
				visit[w].low = visit[v].low;
		}
	}
	free(path);
	free(open);
	free(g.first);
	free(g.out);
	return circles;
}

static bool
any(const struct edge *edge, size_t m, unsigned kinds)
{
	size_t i;

	for (i = 0; i < m && (edge[i].kind & kinds) == 0; i++)
		continue;
	return i < m;
}

bool
graph_order(size_t n, const struct edge *edge, size_t m, unsigned kinds, size_t *order,
    void (*circle)(const size_t *thing, size_t n, const struct edge *closing))
{
	struct visit *visit;
	bool circles;
	size_t i;

	if (!any(edge, m, kinds)) {
		for (i = 0; i < n && order != NULL; i++)
			order[i] = i;
		return false;
	}
	visit = xrealloc(NULL, n, sizeof(*visit));
	circles = search(n, edge, m, kinds, order, visit, circle);
	free(visit);
	return circles;
}

void
graph_harden(size_t n, struct edge *edge, size_t m, unsigned soft, unsigned hard, unsigned others)
{
	struct visit *visit;
	struct outgoing g;
	size_t *stack, *seen, i, k, v, w, depth;
	unsigned long steps = 0;

	if (!any(edge, m, soft))
		return;
	visit = xrealloc(NULL, n, sizeof(*visit));
	g = outgoing(n, edge, m);
	stack = xrealloc(NULL, n, sizeof(*stack));
	seen = xrealloc(NULL, n, sizeof(*seen));
	/* Only an edge within a strongly connected component can close a circle. */
	search(n, edge, m, soft | hard | others, NULL, visit, NULL);
	for (i = 0; i < n; i++)
		seen[i] = 0;
	for (i = 0; i < m; i++) {
		if (edge[i].kind != soft)
			continue;
		if (visit[edge[i].from].part == visit[edge[i].to].part) {
			/* Is FROM among what TO comes after already? */
			stack[0] = edge[i].to;
			seen[edge[i].to] = i + 1;
			for (depth = 1; depth > 0 && seen[edge[i].from] != i + 1;) {
				v = stack[--depth];
				for (k = g.first[v]; k < g.first[v + 1] && steps < HARDEN_STEPS;
				     k++, steps++) {
					w = edge[g.out[k]].to;
					if ((edge[g.out[k]].kind & (hard | others)) == 0 ||
					    seen[w] == i + 1 || visit[w].part != visit[v].part)
						continue;
					seen[w] = i + 1;
					stack[depth++] = w;
				}
			}
			if (seen[edge[i].from] == i + 1 || steps >= HARDEN_STEPS)
				continue;
		}
		edge[i].kind = hard;
	}
	free(visit);
	free(stack);
	free(seen);
	free(g.first);
	free(g.out);
}
