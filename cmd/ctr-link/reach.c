/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handle.h"
#include "hosts.h"
#include "links.h"
#include "lxc.h"
#include "nft.h"
#include "say.h"

/* The stored record of the container that the fact LINK names, the caller's to free; a null pointer after record_fail. */
static struct record *
linked(struct reach *l, struct record *r, const struct fact *link)
{
	struct record *to = container_record(link->field[0]);

	if (to != NULL)
		return to;
	if (errno != ENOENT) {
		record_fail(r, "cannot read the stored record of '%s', which it is linked to:", link->field[0]);
		l->unknown = true;
	} else if (container_exists(link->field[0])) {
		record_fail(r, "cannot link to '%s', which has no stored record", link->field[0]);
	} else {
		record_fail(r, "cannot link to '%s': there is no such container", link->field[0]);
	}
	return NULL;
}

/* Adds what LINK, a `link` or `forward` of the container with the stored record OWN, is; 0, or -1 after record_fail. */
static int
add_link(struct reach *l, FILE *lines, struct record *r, const struct record *own, const struct fact *link)
{
	bool forward = strcmp(link->key, "forward") == 0;
	const char *network = record_get(own, "network");
	struct record *to;
	int status = 0;

	if (forward && !container_managed(own))
		return record_fail(r, "a forward needs the managed network, and its network is %s",
		    network == NULL ? "none so far: ctr-addr gives it addresses" : network);
	to = linked(l, r, link);
	if (to == NULL)
		return -1;
	linkset_link(&l->set, own, to, link);
	if (forward && !forward_add(&l->forwards, link, to))
		status = record_fail(r, "cannot forward %s:%s to '%s', which is not on the managed network", link->field[2],
		    link->field[3], to->name);
	else if (!forward && hosts_lines(lines, to, link) == 0)
		status = record_fail(r, "cannot link to '%s', which has no address%s", to->name,
		    lxc_running(to->name) ? "" : " while it does not run");
	record_free(to);
	return status;
}

void
reach_drop_lone(struct record *want)
{
	size_t i = want->nfact;

	while (i-- > 0)
		if (strcmp(want->fact[i].key, "backlink") == 0 && !record_has(want, "link", want->fact[i].field[0]))
			record_drop_fact(want, &want->fact[i]);
}

int
reach_make(struct reach *l, struct record *r, struct record *want, const struct record *own)
{
	const struct fact *f = NULL;
	size_t len, at;
	FILE *lines = xopen_memstream(&l->lines, &len);
	int status = 0;

	while ((f = link_next(want, f)) != NULL)
		if (add_link(l, lines, r, own, f) < 0) {
			at = (size_t)(f - want->fact);
			record_drop_fact(want, &want->fact[at]);
			f = at == 0 ? NULL : &want->fact[at - 1];
			status = -1;
		}
	xfclose(lines);
	reach_drop_lone(want);
	return status;
}

int
reach_put_elements(const struct container *c, struct record *r, const struct linkset *want)
{
	struct linkset all;
	char *text = NULL, *error = NULL;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);
	int status = 0;

	if (linkset_read(&all) < 0) {
		status = record_fail(r, "cannot read the sets of links:");
	} else {
		for (i = 0; i < all.n; i++)
			if (linkset_of(&all.element[i], record_get(c->stored, "ipv4"), record_get(c->stored, "ipv6"),
				false) &&
			    !linkset_has(want, &all.element[i]))
				linkset_write(out, true, &all.element[i]);
		for (i = 0; i < want->n; i++)
			if (!linkset_has(&all, &want->element[i]))
				linkset_write(out, false, &want->element[i]);
		linkset_free(&all);
	}
	xfclose(out);
	if (status == 0 && len > 0) {
		status = 1;
		if (nft_run(text, &error) < 0)
			status = record_fail(
			    r, "cannot change the sets of links: %.*s", (int)strcspn(error, "\n"), error);
	}
	free(text);
	free(error);
	return status;
}

int
reach_put_forwards(const struct container *c, struct record *r, const struct forwards *want)
{
	struct lxc_container *lxc = container_managed(c->stored) ? handle_new(c->name) : NULL;
	int pidfd = lxc == NULL ? -1 : lxc->init_pidfd(lxc), status = 0;
	char *error = NULL;

	if (pidfd >= 0)
		status = forward_set(pidfd, want, &error);
	else if (want->n > 0)
		status = record_fail(r, "its init cannot be found, whose network it is");
	if (error != NULL)
		record_fail(r, "%s", error);
	free(error);
	if (pidfd >= 0)
		close(pidfd);
	if (lxc != NULL)
		lxc_container_put(lxc);
	return status;
}

void
reach_free(struct reach *l)
{
	free(l->lines);
	linkset_free(&l->set);
	forward_free(&l->forwards);
}
