/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of nftables with their rules, as text, and where a packet ends in them. */
#ifndef CHAINS_H
#define CHAINS_H

#include <stdbool.h>
#include <stddef.h>

struct chain {
	char *family, *table, *name;
	char *hook;  /* a null pointer where it is no base chain */
	bool drops;  /* its policy */
	char **rule; /* as nft(8) lists them */
	size_t n;
};

/* The chains in TEXT, which nft(8) listed, into *CHAINS. Returns their number; the caller frees them with chains_free. */
size_t chains_parse(const char *text, struct chain **chains);
void chains_free(struct chain *chains, size_t n);

/* What is known of a packet: that it comes from a container's link, or goes to one, or that it does not. */
struct packet {
	bool from, to;
	/* A rule that accepts what comes from ctr* is taken to be meant for it, whatever else it demands. */
	bool trusting;
};

/*
 * Whether a new packet P certainly ends in the base chain START of the N chains of its table: at a rule that demands no
 * more than interfaces and drops or rejects it, or for want of a rule that accepts it, by the policy. *RULE gets the
 * rule, or a null pointer where it is the policy.
 */
bool chains_drop(const struct chain *start, const struct chain *chains, size_t n, const struct packet *p,
    const char **rule);

#endif
