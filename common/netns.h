/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network namespace of a container, entered for a moment. Nothing else of the container is: files are still those
 * of the host, but for /proc/sys/net, which is that of who opens it.
 */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>
#include <sys/types.h>

/* What is kept from one call to the next only for a process, in one network namespace. Begins as zeros. */
struct netns_own {
	pid_t pid;
	dev_t dev;
	ino_t ino;
};

/* Whether OWN is this process and the namespace that it is in; makes it so. False too where that cannot be seen. */
bool netns_is_own(struct netns_own *own);

/* Whether the processes A and B, by their names in /proc ("self"), are in one: 1, 0, or -1 with errno. */
int netns_same(const char *a, const char *b);

/*
 * Enters that of the process which PIDFD is (pidfd_open(2)): ESRCH where it has ended. Returns a descriptor for
 * netns_leave, or -1 with errno: EXDEV where it is the namespace that this process is in already.
 */
int netns_enter(int pidfd);

/* Goes back, closes BACK and keeps errno. Where that cannot be, the process must do nothing more: it ends. */
void netns_leave(int back);

#endif
