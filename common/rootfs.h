/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths in a container's root file system. That is written by whoever is root in it, so every path is
 * opened with openat2(2), RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS.
 *
 * After rootfs_open of a running container also with RESOLVE_NO_XDEV: a file system that it has mounted
 * (FUSE) may never answer, and who waits for it cannot even be killed. So what lies below a mount point is
 * EXDEV there; for what lies in a volume there is rootfs_cover.
 */
#ifndef ROOTFS_H
#define ROOTFS_H

#include <sys/stat.h>

#include "container.h"

/*
 * A descriptor of the container's root: /proc/PID/root where it runs; else the directory of
 * lxc.rootfs.path, for an overlay a detached mount of it. -1 after record_fail(R). The caller closes it.
 */
int rootfs_open(const struct container *c, struct record *r);

/*
 * A descriptor in whose tree PATH lies, and in *REST the part of PATH below it: ROOT itself and PATH; or
 * where a volume of STORED covers PATH, and is mounted or the container does not run, the volume's host
 * directory (for a file, its parent). -1 with errno. The caller closes it and frees *REST.
 */
int rootfs_cover(int root, const struct record *stored, bool running, const char *path, char **rest);

/*
 * What stands in the way of a change where rootfs_cover led last: EROFS, the volume is read-only, and what the
 * host has there is not the container's, which rootfs_replace refuses; EBUSY, it is a volume of one file, and what
 * takes its place there is not in the running container until its next start; else 0.
 */
int rootfs_covered(void);

/* openat2(2) below ROOT with FLAGS (O_CLOEXEC is added) and MODE. Returns a descriptor, or -1 with errno. */
int rootfs_at(int root, const char *path, int flags, mode_t mode);

/*
 * The regular file PATH below ROOT, whole. *BYTES is the caller's to free. Refuses what is no regular file
 * (a link as the last component: ELOOP; else EINVAL) and more than 1 MiB (EFBIG). Never waits. Returns 0,
 * or -1 with errno.
 */
int rootfs_read(int root, const char *path, char **bytes, size_t *len);

/*
 * Replaces the file PATH below ROOT by rename in the directory that was opened, keeping its owner, mode and
 * attributes; makes it with mode 0644, owned like its directory, where it is missing. Refuses as rootfs_read
 * does. 0, or -1 with errno.
 */
int rootfs_replace(int root, const char *path, const char *bytes, size_t len);

/* record_fail for PATH, as the container has it, which rootfs_read refused with errno. Returns -1. */
int rootfs_fail(struct record *r, const char *path);

#endif
