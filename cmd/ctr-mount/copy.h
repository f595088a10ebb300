/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of files: copied so that the copy is whole in its place, or not there. */
#ifndef COPY_H
#define COPY_H

#include "shift.h"

/*
 * The directory PATH, absolute, made with its parents, mode 0755, where they are missing. Returns a
 * descriptor, which the caller closes, or -1 with errno.
 */
int copy_dirs(const char *path);

/*
 * Copies NAME in the directory FROM, or with "." the directory itself, to the path TO, which is missing or
 * an empty directory: to TEMP beside it, synced, then renamed; what a killed run left at TEMP is removed
 * first. Owners, modes, times, links, holes, ACLs and extended attributes are kept; no link is followed,
 * also where somebody writes in the tree meanwhile. Where OWNERS is no null pointer, they are changed so. Returns 1; 0 where TO was filled by another meanwhile;
 * -1 with a message in *WHY, of the caller's to free.
 */
int copy_tree(int from, const char *name, const char *to, const char *temp, const struct shift *owners, char **why);

#endif
