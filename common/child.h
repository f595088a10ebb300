/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A forked process whose output comes back through a pipe, for a parent that waits for several at once in ppoll(2). */
#ifndef CHILD_H
#define CHILD_H

#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int pidfd, pipe; /* readable at its end, and where it has written; -1 where it is closed */
	char *out;	 /* what it wrote so far, LEN bytes; the caller frees it */
	size_t len;
};

/* The signals that end a program: SIGINT, SIGTERM and SIGHUP. */
enum { CHILD_SIGNALS = 3 };
extern const int child_signals[CHILD_SIGNALS];

/*
 * Forks: the child calls WORK with a stream to the pipe, and ends with what that returns, or with EXIT_FAILED + 1 where
 * the stream could not be written. It has a process group of its own, stdin and stdout of /dev/null, and the signals of
 * BLOCKED unblocked; child_signals end it, as far as they were not ignored, and SIGTERM in any case, which it also gets when the
 * parent dies. 0, or -1 with errno, and nothing is left.
 */
int child_start(struct child *c, int (*work)(FILE *out, void *arg), void *arg, const sigset_t *blocked);

/* Takes what the pipe has, without waiting. Closes it at its end. */
void child_drain(struct child *c);

/*
 * Once it has ended: takes the rest, closes all but `out`, and returns the status as waitpid(2) has it. The end of the process
 * counts and not that of the pipe, which a process that it left behind could keep open for ever.
 */
int child_reap(struct child *c);

#endif
