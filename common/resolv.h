/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a container asks for names, by its fact `dns`; and the domain of its project. */
#ifndef RESOLV_H
#define RESOLV_H

#include "record.h"

struct resolv {
	char **server; /* addresses, in their order */
	size_t n;
	char *search; /* the project's domain where the gateway is among them, else a null pointer */
};

/* The domain of R's project: its name as a label (hostname.h). The caller frees it. */
char *resolv_domain(const struct record *r);

/*
 * What holds for the container of R, a record with its facts container, network and dns: what `dns` says, without it
 * the gateway of the managed network, on another network nothing (N is 0). Returns 0, or -1 with what is wrong in
 * *WRONG, the caller's to free. V is to be freed in both cases.
 */
int resolv_read(const struct record *r, struct resolv *v, char **wrong);

void resolv_free(struct resolv *v);

#endif
