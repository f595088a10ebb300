/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A free port of the host for each fact `port` that leaves it to ctrkit. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "plan.h"

/* Reads $CTR_PORTS, FIRST-LAST, by default 20000-29999. Exits 2 where it cannot be read. */
void choose_range(void);

/* The fact of CHOSEN, `chosen`, with the port that was found for F; a null pointer where none was. */
const struct fact *choose_kept(const struct record *chosen, const struct fact *f);

/*
 * Finds a port for F, which leaves it open: the one that it had, or another of the range that is published by nobody,
 * kept for nobody and, unless it is published already, listened on by no process; and has it in the owner's
 * `chosen`. MAPS is publish_open's, and the lock of the maps is held, as it is until `chosen` is stored: what is not
 * stored then is not kept. Returns a null pointer, or why there is none, of the caller's to free.
 */
char *choose_port(const struct plan *p, size_t owner, const struct fact *f, int maps);

#endif
