/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FUZZ_STATUS_H
#define FUZZ_STATUS_H

#include "record.h"

/* What ctr-status adds to R for the LEN bytes at TEXT, a container's hosts file. */
void hosts_links(struct record *r, const char *text, size_t len);

#endif
