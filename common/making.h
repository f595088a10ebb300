/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a container is being made or removed at this moment, or was when its program was killed. */
#ifndef MAKING_H
#define MAKING_H

#include <stdbool.h>

/* Whether there is a note about container NAME (unmake.h). Needs no lock. */
bool making(const char *name);

#endif
