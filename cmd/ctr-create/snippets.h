/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of snippets of configuration that other packages, such as lxcfs, have for all containers. */
#ifndef SNIPPETS_H
#define SNIPPETS_H

/*
 * Where the files that CONFIG, a container's configuration, includes do not include that directory already (as
 * those of the busybox template do not): its path, of LXC, to be included. A null pointer where they do, or
 * LXC has none.
 */
const char *snippets_missing(const char *config);

#endif
