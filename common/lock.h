/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks by name, in CTR_STATE/lock; container_lock is another way to take that of a container. */
#ifndef LOCK_H
#define LOCK_H

/*
 * Waits for the lock FILE and takes it: HOW is LOCK_EX, or LOCK_SH where it is shared with others that say
 * so (flock(2)). A container's is state_name(NAME). Returns a descriptor, which holds it as long as it is
 * open in any process, or -1 with errno.
 */
int lock_take(const char *file, int how);

#endif
