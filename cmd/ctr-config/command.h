/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs in a container in place of its init: a command of its own, by a fact `command`. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdio.h>

#include "container.h"

/*
 * LXC's small init for commands on this host, or a null pointer: it reaps, and ends them at SIGTERM. Linked statically,
 * it runs in any container.
 */
const char *command_init(void);

/* Writes the script of COMMAND, which may be a null pointer, where it needs one: the file ctr/command. */
void command_script(FILE *out, const struct fact *command);

/* Writes the settings that have it run by INIT. */
void command_write(FILE *out, const struct container *c, const struct fact *command, const char *init);

/*
 * Lets who is root in the container read the script, and search the directory for it, where that is nobody on the host;
 * what else is there is root's alone. 0, or -1 after record_fail.
 */
int command_share(const struct container *c, struct record *r);

/* Whether that is so for the container of STORED, where it has a script: it may have been given other ids since. */
bool command_shared(const struct record *stored);

#endif
