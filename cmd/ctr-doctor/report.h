/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the checks have to say, a line each on stdout: "CHECK: KIND: TEXT". Control characters in the text are shown as
 * '?'.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

/* A container cannot be reached, or a limit is void. Proofs and remedies of it come after it. */
void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something that is not there, and that who does not miss it need not have. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A command that shows it. */
void proof(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A command that helps; or where none does, a comment of the shell's, "# ...". */
void remedy(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The check could not be made, and why: on stderr, as say_error. */
void unknown(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What follows is said by check NAME. With SILENT, nothing is written to stdout, but counted. */
void report_begin(const char *name, bool silent);

/* Whether the check said anything since report_begin. */
bool report_said(void);

/* How many findings there were, and checks that could not be made. */
extern unsigned long report_findings, report_unknown;

/* The names of the checks that had findings, with commas between them, of the caller's to free. */
char *report_names(void);

#endif
