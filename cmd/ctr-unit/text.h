/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a project's unit, systemd.unit(5), systemd.service(5). */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

/* How the first line of each unit begins. */
#define TEXT_MARK "# Written by ctr-unit(1) "

/* The first line of the unit of PROJECT, which says whose it is; the caller frees it. */
char *text_head(const char *project);

/*
 * The unit of PROJECT, whose containers are in container_path(), for the directories and the numbers that this
 * program's environment names; without STOPS it stops nothing. The caller frees it. Where one of them cannot stand in
 * a unit, a null pointer, which one in *WHAT and why in *WRONG.
 */
char *text_unit(const char *project, bool stops, const char **what, const char **wrong);

#endif
