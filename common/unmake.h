/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers that are not whole, being made or removed. A note in CTR_STATE/create says so as long as that
 * lasts: one who was killed meanwhile leaves it, and the next one removes what is there.
 */
#ifndef UNMAKE_H
#define UNMAKE_H

#include "container.h"

/*
 * Notes that what is in LXCPATH/NAME is not whole from now on. The directory must be there: the note holds
 * for this very one, and for none that somebody makes later under its name. Needs the lock. 0, or -1 with
 * errno.
 */
int unmake_begin(const struct container *c);

/* Takes the note away: what is there is whole. Returns 0, or -1 with errno. */
int unmake_end(const struct container *c);

/*
 * Where there is a note: removes the directory that it was made for, what LXC keeps of it elsewhere, and
 * then the note. Refuses while the container runs or something is mounted there. Needs the lock, and that
 * this process holds no lock of a container that this one is a clone of. Returns 1 where there was
 * something to remove, 0 where not, -1 after record_fail(R).
 */
int unmake(const struct container *c, struct record *r);

#endif
