/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status.h"

#define main ctr_status
#include "../../cmd/ctr-status.c"
#undef main

void
hosts_links(struct record *r, const char *text, size_t len)
{
	read_links(r, text, len);
}
