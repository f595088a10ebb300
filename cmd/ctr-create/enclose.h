/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running what starts others, so that nothing of it is left when it ends or is to end. */
#ifndef ENCLOSE_H
#define ENCLOSE_H

#include <stdbool.h>

/* From now on SIGTERM ends what enclose() runs, and not this process. */
void enclose_guard(void);

/* The signal that came since enclose_guard, or 0. */
int enclose_caught(void);

/*
 * Runs WORK(ARG) in a child that is the first process of a PID namespace: when it ends, or this process
 * does, however that be, the kernel kills all others in it. It has no terminal, a mount namespace with a
 * /proc of its own, stdout and stderr to OUT, and what it starts keeps the descriptor KEEP open. Returns 0
 * where WORK returned true; 1 where it did not, or was killed; -1 with errno where it could not be started.
 * What went wrong in the child is written to OUT.
 */
int enclose(bool (*work)(void *arg), void *arg, int out, int keep);

#endif
