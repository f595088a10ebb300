/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files in LXCPATH/NAME/ctr that the container's configuration includes. */
#ifndef CONF_H
#define CONF_H

#include "container.h"

/*
 * Writes ctr/config, which includes all of container_confs, those that are missing being made; before them are the lines
 * FIRST, or where that is a null pointer, those that it has before them. Returns 1 where that changed it, 0 where it was
 * so, -1 with errno and in *FAILED the name of the file.
 */
int conf_includes(struct container *c, const char *first, const char **failed);

/* Whether FILE of container NAME is TEXT, or TEXT is empty and it is not there. */
bool conf_written(const char *name, const char *file, const char *text);

#endif
