/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links that are there at this moment. STORED is the container's stored record, or a null pointer. */
#ifndef LINKED_H
#define LINKED_H

#include "lxc.h"

/* Adds to R what is in the block of /etc/hosts of the running container, whose init is PID; or record_fail. */
void linked_add(struct record *r, const struct record *stored, struct lxc_container *lxc, pid_t pid);

/* The same of what the file says, the LEN bytes at TEXT. */
void linked_read(struct record *r, const struct record *stored, const char *text, size_t len);

/* Adds those of its forwards that are in its network, and lead where they are to; or record_fail. */
void forwarded_add(struct record *r, const struct record *stored, struct lxc_container *lxc);

#endif
