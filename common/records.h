/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream of records read to its end before anything is done with it. */
#ifndef RECORDS_H
#define RECORDS_H

#include "record.h"

struct records {
	struct record **record;
	size_t n;
};

/* Adds to ALL what FD has, WHAT in messages. Returns 0, or -1 where a line could not be read (told). */
int records_read(struct records *all, int fd, const char *what);

/* The records of the operands, or where there are none of stdin. As records_read. */
int records_get(struct records *all, int argc, char **argv);

void records_free(struct records *all);

#endif
