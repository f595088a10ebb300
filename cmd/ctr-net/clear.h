/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the runtime directory that are no longer wanted. Each returns 0, or -1 with what is wrong in *ERROR. */
#ifndef CLEAR_H
#define CLEAR_H

/* Removes FILE from the directory DIR, where it is there, with the FLAGS of unlinkat(2). */
int clear_file(int dir, const char *file, int flags, char **error);

/* All files of DIR. */
int clear_directory(int dir, char **error);

#endif
