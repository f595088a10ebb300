/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that lives as long as the process, without the cost of malloc(3). */
#ifndef KEEP_H
#define KEEP_H

#include <stddef.h>

/* SIZE bytes, aligned for pointers and integers. Exits where there is no memory. */
void *keep(size_t size);

#endif
