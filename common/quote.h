/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for a shell to read. */
#ifndef QUOTE_H
#define QUOTE_H

#include <stdio.h>

/* Writes WORD to OUT, between single quotes where sh(1) would take it for something else than itself. */
void quote_write(FILE *out, const char *word);

/* The same as a string, of the caller's to free. */
char *quote_text(const char *word);

#endif
