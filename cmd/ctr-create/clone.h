/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clones of containers: the source held still, the clone made, by liblxc or by cp(1), and made its own. */
#ifndef CLONE_H
#define CLONE_H

#include "container.h"
#include "idmap.h"

struct clone_source {
	int lock;   /* its source's, shared with other clones of it: nobody starts, changes or removes it */
	int config; /* the source's configuration as the clone is to have it */
	struct idmap ids; /* to whose ids its files may be given (ctr-idmap) */
};

/*
 * Opens the source that CLONE, a fact `clone` of R, names. Returns 0, or -1 after record_fail where there
 * is none, or it runs, or is not whole. SOURCE is then set up for clone_close.
 */
int clone_open(struct clone_source *source, const struct fact *clone, struct record *r);
void clone_close(struct clone_source *source);

/* The enclosed part. Whether it succeeded; why not is in liblxc's log, or on stderr. */
bool clone_make(const struct clone_source *source, const struct fact *clone, const char *name);

/* Takes out of CONFIG, the clone's configuration, what was there for clone_make alone. */
void clone_config(char *config);

/*
 * Gives files that are its source's ids' to those that a container sees, and empties its machine-id, by which it would be
 * taken for its source. 0, or -1 after record_fail.
 */
int clone_own(const struct container *c, struct record *r, const struct idmap *ids);

#endif
