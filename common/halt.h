/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ending a running container: ctr-stop, ctr-start -r. */
#ifndef HALT_H
#define HALT_H

#include "record.h"

enum {
	HALT_SECONDS = 30, /* what a clean shutdown is given, unless -t says otherwise */
};

/*
 * Asks the init of R's container to shut down, and kills it where it has not ended after SECONDS (at once,
 * with 0). A frozen one is thawed first, or it could not hear. What the container was started with counts,
 * not its configuration on disk, which may be another or broken by now. Returns 0 where it ended by itself, 1
 * where it was killed, 2 where it did not run, -1 after record_fail(R).
 */
int halt(struct record *r, unsigned long seconds);

#endif
