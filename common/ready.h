/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the host is ready for the managed network, asked of the kernel itself. */
#ifndef READY_H
#define READY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A number that stands for the rules of the table `inet ctr`, handles included: it is another one where a
 * rule was added, removed or replaced, or the table made anew. 0 where there is no such table or no rule in
 * it; UINT64_MAX with errno where the kernel does not say. It is asked by FD, of netlink_netfilter() or
 * netlink_open(); where that is -1, errno stays.
 */
uint64_t ready_rules(int fd);

/* The absolute path of FILE in the open directory RUN, the caller's to free. */
char *ready_path(int run, const char *file);

/*
 * Waits for the lock of the host's part and takes it: HOW is LOCK_EX, or LOCK_SH where it is shared with others that say
 * so (flock(2)). *RUN becomes a descriptor of run_open(""), made where it is missing. With LOCK_EX, both may be removed.
 * Returns a descriptor, which holds it as long as it is open, or -1 with errno, and *RUN is -1 too.
 */
int ready_lock(int how, int *run);

/*
 * Where process PID is a dnsmasq that was started with RUN's pid file: a descriptor of it (pidfd_open(2)), of
 * the caller's to close; else -1. Where it is and ARGS is not a null pointer, *ARGS gets its arguments, each
 * with its NUL, and *LEN their length; the caller frees them.
 */
int ready_is_dnsmasq(int run, long pid, char **args, size_t *len);

/* The same of the process in the pid file. */
int ready_dnsmasq(int run, char **args, size_t *len);

/*
 * Whether packets are forwarded, the rules are those that ctr-net made and wrote down in RUN, the directory
 * of run_open(""), and dnsmasq runs.
 */
bool ready(int run);

#endif
