/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is being made, on one line of the terminal that is rewritten. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <time.h>

#include "record.h"

/*
 * Shows, on stderr, the seconds since SINCE, how many containers of the N RECORDS are not whole yet, and the
 * names of those that are being made. The cursor stays at the line's start, so that a message takes its
 * place.
 */
void progress_show(struct record *const *records, size_t n, time_t since);
void progress_clear(void);

#endif
