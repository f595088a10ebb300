/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short forms of facts, for the table of fact.c: adds to R the fact of KEY that TEXT, which is written over, is the short form
 * of. A null pointer, or what is wrong with it, a static string; then nothing is added.
 */
#ifndef SHORT_H
#define SHORT_H

#include "record.h"

const char *short_field(struct record *r, const char *key, char *text);
const char *short_words(struct record *r, const char *key, char *text);
const char *short_name_list(struct record *r, const char *key, char *text);
const char *short_link(struct record *r, const char *key, char *text);
const char *short_forward(struct record *r, const char *key, char *text);
const char *short_setting(struct record *r, const char *key, char *text);
const char *short_env(struct record *r, const char *key, char *text);
const char *short_container(struct record *r, const char *key, char *text);
const char *short_port(struct record *r, const char *key, char *text);
const char *short_expose(struct record *r, const char *key, char *text);
const char *short_volume(struct record *r, const char *key, char *text);

#endif
