/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, read and replaced whole; and what is in a directory. */
#ifndef REPLACE_H
#define REPLACE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Makes NAME in the directory DIRFD a regular file of these bytes: written beside it, synced, renamed over it; so it
 * is the old or the new one, whole, after a power cut too. Which of them is left to whoever needs to know:
 * directory_sync. NAME has no slash. Owner, group, mode and extended attributes are those of LIKE,
 * an open descriptor of the file that it replaces; where LIKE is -1, the process's and MODE.
 * Returns 0, or -1 with errno; then NAME is as it was.
 */
int replace_at(int dirfd, const char *name, const void *bytes, size_t len, int like, mode_t mode);

/*
 * The same in two steps, for several files at once: where all are begun before the first is ended, the disk is waited for once,
 * not once for each. What is begun is to be ended, before DIRFD is closed. Both return as replace_at.
 */
struct replacement {
	int dirfd, fd;
	char *name, *temp;
};

int replace_begin(struct replacement *p, int dirfd, const char *name, const void *bytes, size_t len, int like, mode_t mode);
int replace_end(struct replacement *p);

/*
 * The whole of the open file FD into *BYTES, which the caller frees; a NUL is put after the last, not
 * counted in *LEN. At most MAX bytes: EFBIG. Returns 0, or -1 with errno and a null pointer in *BYTES.
 */
int read_all(int fd, char **bytes, size_t *len, size_t max);

/* The same for PATH below DIRFD, which must be a regular file (EINVAL), without following a last link. */
int read_at(int dirfd, const char *path, char **bytes, size_t *len, size_t max);

/* The open directory DIRFD from its first entry, for readdir(3); the caller ends it with closedir(3). A null pointer with errno. */
DIR *read_directory(int dirfd);

/*
 * What was made, renamed and removed in the directory DIRFD, O_PATH or not, stays so after a power cut. Some 1 ms of
 * the disk: for what must be there before something else is, or is asked for after a boot. Returns 0, or -1 with errno.
 */
int directory_sync(int dirfd);

/* Whether the open directory DIRFD has nothing in it. */
bool directory_empty(int dirfd);

#endif
