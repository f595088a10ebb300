/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing a directory with all that is in it, which somebody hostile may have written. */
#ifndef REMOVE_H
#define REMOVE_H

/*
 * Removes NAME, a directory in DIRFD, however deep it is, with files that are marked immutable. Follows no
 * link and enters no mount point. Returns 0, also where there is no NAME; or -1 with errno, and in *FAILED,
 * which the caller frees, the name of what could not be removed.
 */
int remove_tree(int dirfd, const char *name, char **failed);

/*
 * A mount point of this mount namespace that is PATH or lies below it, of the caller's to free. A null
 * pointer with errno 0 where there is none, with another where that cannot be found out.
 */
char *remove_mounted(const char *path);

#endif
