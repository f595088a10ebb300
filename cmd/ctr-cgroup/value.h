/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of limits: their grammar, and when two of them are one. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

#define UNLIMITED INT64_MAX

/*
 * TEXT, the value of KEY of FORM, as the kernel takes it in KEY's own version, in the caller's to free; a
 * null pointer where it is none. *ABOUT, the caller's too, gets what the line is about, such as "8:0", or a
 * null pointer.
 */
char *value_parse(const struct limit_form *form, const char *key, const char *text, char **about);

/* A number of bytes, with K, M, G or T for powers of 1024; max and -1 are UNLIMITED. -1 where it is none. */
int64_t size_parse(const char *s);
char *size_text(int64_t n, int version);

/* Whether HAVE, as the kernel rounds and writes it, is WANT in KEY of FORM. */
bool value_holds(const struct limit_form *form, const char *key, const char *want, const char *have);

#endif
