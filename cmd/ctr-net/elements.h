/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The containers of a run, and what the sets of table `inet ctr` have of them. */
#ifndef ELEMENTS_H
#define ELEMENTS_H

#include "names.h"

/* A container with the managed network. */
struct entry {
	struct record *r, *stored;
	bool ours;	   /* it has addresses of ours, in `is` */
	struct names_entry is;
	char *file;	   /* its name in the directories hosts and dhcp */
	bool changed;
	bool fresh;	/* was not let in so far with the addresses that it has */
	bool withdrawn; /* is not to be let in, or not any more */
	bool waits;	/* runs with other addresses than it will have at its next start */
};

struct gone;

/*
 * Sets what is to be there, and is not, of those of the N containers E that have no error, in one transaction, their links
 * as they are stored: with UNDO nothing of those that are withdrawn; with EVERY also of all others in the directory HOSTS. Nothing stays
 * of those GONE (gone.h). Returns 0, or -1 and in *ERROR, of the caller's to free, why not.
 */
int elements_set(const struct entry *e, size_t n, const struct gone *gone, int hosts, bool undo, bool every, char **error);

#endif
