/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program has another do what is the other's job. */
#ifndef EXECUTE_H
#define EXECUTE_H

/*
 * Executes program ARGV[0] of ctrkit with these arguments (a null pointer ends them), its stdin and stdout
 * being /dev/null, and waits for its end. Returns its exit status, 128 and the signal where one killed it,
 * 127 with a message where it could not be executed.
 */
int execute(const char *const argv[]);

/* The same for a program that is not ctrkit's, which is looked for in PATH. */
int execute_other(const char *const argv[]);

#endif
