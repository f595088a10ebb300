/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files for what others write while they work for ctrkit. */
#ifndef LOG_H
#define LOG_H

/*
 * Makes the file NAME in DIRFD, of mode 0600, to be appended to. Its first blocks are there from the
 * beginning, so that what goes wrong can be written down where the disk is full. Returns a descriptor, or
 * -1 with errno.
 */
int log_open(int dirfd, const char *name);

/* Gives back the room that is not needed, and closes it; nothing for -1. */
void log_close(int fd);

/*
 * Says the last lines of it as errors of container NAME, but for those that liblxc wrote, which begin with
 * the program's name.
 */
void log_tail(int fd, const char *name);

/* Its last line, of the caller's to free; a null pointer where it has none. */
char *log_last(int fd);

#endif
