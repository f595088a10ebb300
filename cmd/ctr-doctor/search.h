/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEARCH_H
#define SEARCH_H

#include <stdbool.h>

/* Whether program NAME can be executed, in PATH or in a directory for the system's own. */
bool program_there(const char *name);

#endif
