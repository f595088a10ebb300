/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of ctrkit run as a pipeline. One runs at a time. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <signal.h>
#include <stddef.h>

enum {
	PIPELINE_MAX = 16, /* programs */
};

/*
 * The signal of SIGINT, SIGTERM and SIGHUP that came last since pipeline_guard; it was passed on as SIGTERM.
 */
extern volatile sig_atomic_t pipeline_caught;

/* From now on these signals end the programs that run, and no longer this one; and it does not exit before them. */
void pipeline_guard(void);

/*
 * Starts N programs by their names in ARGV[i][0] (program_path), each reading what the one before it writes;
 * the first reads IN, the last writes to OUT, and both are closed here. Where one is -1, it is this program's
 * own. Exits where it cannot.
 */
void pipeline_start(const char **const argv[], size_t n, int in, int out);

/*
 * Waits for all of them. Returns the worst exit status; one that was killed is told, and counts as
 * EXIT_FAILED.
 */
int pipeline_wait(void);

/* Both, with their output in a file in memory: *IN is read, closed and replaced by it, at its start. */
int pipeline_capture(const char **const argv[], size_t n, int *in);

/* Runs program ARGV[0] by itself to its end, whatever that is; nothing where a signal was caught before. */
void pipeline_apart(const char **argv);

#endif
