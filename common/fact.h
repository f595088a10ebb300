/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each fact's fields must be, and its short form, as the project file and operands have it. */
#ifndef FACT_H
#define FACT_H

#include "record.h"

/* The place of KEY in the canonical order: declared facts, then unknown ones, then live ones. */
int fact_order(const char *key);

/* Whether a fact of KEY may stand in a record once at most. */
bool fact_single(const char *key);

/* A null pointer where the fields are of KEY's form or KEY is not known, else what is wrong with them. */
const char *fact_check(const struct fact *f);

/*
 * Adds to R the fact that TEXT is the short form of:
 *   port=[ADDR:][HOST]:CTR[/PROTO]  expose=PORT[/PROTO]  volume=HOST:CTR[:OPTION,...]  link=NAME[:ALIAS,...]
 *   backlink=NAME  forward=[ADDR:]PORT:NAME:PORT[/PROTO]
 *   clone=NAME[:OPTION,...]  env=K=V  cgroup=K=V  config=K=V  command=WORDS  template=WORDS
 *   container=PROJECT:SHORT, and of other keys the first field as it is.
 * A relative HOST of a volume is left so. Returns a null pointer, or what is wrong (a static string, or one
 * that stays good until the next call), and then has added nothing.
 */
const char *fact_short(struct record *r, const char *key, const char *text);

/*
 * Whether two facts of one key are about the same thing, so that one takes the other's place: the same
 * host port, the same path in the container, the same line of a control group's file.
 */
bool fact_same(const struct fact *a, const struct fact *b);

/*
 * Less than, equal to or greater than 0, as the line that A, a fact `cgroup`, is about comes before B's, is the
 * same or comes after it: a key's, or of a disk or the like where the key has a line for each; of rules of
 * devices each is a line.
 */
int cgroup_order(const struct fact *a, const struct fact *b);

/*
 * TEXT split at blanks, where '...', "..." and \ quote as in the shell, nothing else being special.
 * Returns the number of words, and in *WORDS an array that the caller frees with words_free; -1 where a
 * quote is not closed.
 */
long words_split(const char *text, char ***words);
void words_free(char **words, size_t n);

/* Whether OPTION, such as ro, is among those of the fact V, a `volume`. */
bool volume_option(const struct fact *v, const char *option);

/* A port or a range of ports, "8000" or "8000-8010". */
struct ports {
	unsigned short first, last;
};

bool ports_parse(const char *text, struct ports *p); /* 1 to 65535, first <= last */

/* Whether the fact F, a `port`, leaves the host's port to ctr-ports(1): it is 0. */
bool port_open(const struct fact *f);

/*
 * Whether TEXT, which the project file has among its links, is the short form of a fact `forward`, and none of a
 * `link`.
 */
bool forward_text(const char *text);

/*
 * The family of TEXT where inet_pton(3) takes it: AF_INET, AF_INET6; else 0. BYTES, of 16, gets the address;
 * it may be a null pointer.
 */
int address_parse(const char *text, unsigned char *bytes);

/*
 * What a fact `network` says besides the name of a bridge: "none", "host", or "container:NAME".
 */
bool network_bridge(const char *network);	 /* it is a bridge's name; not of a null pointer, ctrkit's own network */
const char *network_shared(const char *network); /* NAME, a pointer into it, or a null pointer */

/* Whether S has no control character: where it is handed to programs and files as it is, a line feed would end a line. */
bool one_line(const char *s);

/* An absolute path without ".." components, repeated slashes or control characters. */
bool path_valid(const char *path);

/* A host name: labels of letters, digits and hyphens, 63 bytes a label, 253 in all. */
bool hostname_valid(const char *name);

#endif
