/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which address is whose on this host: links CTR_STATE/addr/ADDRESS -> LXCPATH/NAME. Making one is atomic, so
 * any number of programs may do it at once. Whoever makes one holds the directory's lock, together with
 * others, until the address is in the container's stored record; links of others are only taken away by one
 * that holds the lock alone. So what then has no owner by its stored record has none.
 */
#ifndef RESERVE_H
#define RESERVE_H

#include <stdbool.h>
#include <stddef.h>

struct reservations {
	int dir, lock;
	bool alone;
};

/* 0, or -1 with errno. reserve_close gives up the lock too. */
int reserve_open(struct reservations *t);
void reserve_close(struct reservations *t);

/* Waits for the lock, gives up the one it had. 0, or -1 with errno. */
int reserve_lock(struct reservations *t, bool alone);

/* Who has ADDRESS (LXCPATH/NAME, the caller's to free); a null pointer with errno where nobody has. */
char *reserve_holder(const struct reservations *t, const char *address);

/* Whether OWNER, LXCPATH/NAME, has ADDRESS. */
bool reserve_has(const struct reservations *t, const char *address, const char *owner);

/*
 * Reserves ADDRESS for OWNER; where the lock is held alone, also where the one who has it is gone or has
 * another address by now. Returns 1 where it is new, 0 where OWNER had it, -1 where it fails with errno in
 * *BY a null pointer, or another has it: then *BY is that one, the caller's to free.
 */
int reserve_take(const struct reservations *t, const char *address, const char *owner, char **by);

/* Takes back one that reserve_take has just made. */
void reserve_undo(const struct reservations *t, const char *address);

/*
 * Frees the addresses of OWNER, but those of KEEP, a list ending with a null pointer. The lock is held alone.
 * Returns how many, or -1 with errno.
 */
long reserve_release(const struct reservations *t, const char *owner, const char *const keep[]);

#endif
