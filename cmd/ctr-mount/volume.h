/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's side of a volume: made and filled before it is mounted. */
#ifndef VOLUME_H
#define VOLUME_H

#include "container.h"
#include "idmap.h"

/* The volumes of a container, while they are made ready one after another, parents first. */
struct volumes {
	struct container *c;
	struct record *r;
	const struct record *want; /* all that are wanted */
	struct record *done;	   /* those that are ready, in which what comes after them may lie */
	bool running;
	bool fill; /* new ones are filled with what the container has */
	struct idmap ids; /* the container's */
	int space;	  /* idmap_space, where it has its own */
	int root;  /* rootfs_open, when it was needed; until then -1. The caller closes it. */
};

/*
 * Makes the host's side of V where it is missing. OLD is what was applied last on the same path, or a
 * null pointer: where V differs from it, looks whether V may be mounted; and where V is new, fills it if
 * it is missing or empty. Returns 0; 1 where it must be filled, which waits until the container is
 * stopped; -1 after record_fail.
 */
int volume_prepare(struct volumes *m, const struct fact *v, const struct fact *old);

#endif
