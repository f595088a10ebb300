/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which containers are to run again after a boot of the host: those with a file LXCPATH/NAME/ctr/boot. It is there
 * while a container is meant to run, so that it tells after a power cut too, and says since when: the boot of the
 * host in which the container was started (boot_id, random(4)), or `kept` where a shutdown of the host stopped it. Each
 * function needs the container's lock, but those two that say so.
 */
#ifndef BOOT_H
#define BOOT_H

#include "container.h"

/* It runs, and is to. Returns 1 where that was not noted, 0 where it was, -1 with errno. */
int boot_note(const struct container *c);

/* Whether that is noted already of the container with this stored record. Needs no lock. */
bool boot_noted(const struct record *stored);

/* It is to run no more. Returns 0, or -1 with errno. */
int boot_forget(const struct container *c);

/*
 * It is about to be stopped for a shutdown of the host: where it RUNS it is to run again. Where it does not, though it
 * was started in this boot, it has ended, or was stopped by other means than ctr-stop, and is forgotten; what an
 * earlier shutdown has kept, or this boot could not start, stays. Returns 0, or -1 with errno.
 */
int boot_keep(const struct container *c, bool runs);

/*
 * Whether the container with this stored record is to run after a boot of the host: as `autostart` says, where it
 * does, else where it is noted. Needs no lock.
 */
bool boot_wanted(const struct record *stored);

#endif
