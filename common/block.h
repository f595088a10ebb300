/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A marked block of lines in a text file that others write too, such as /etc/hosts. Everything outside it
 * is kept byte for byte.
 *
 *	# ctr-link begin
 *	10.66.0.5	db shop_db
 *	# ctr-link end
 *
 * A mark without its other one is an ordinary line. Where there are several blocks, the first is replaced,
 * the others are taken out; and so is a first mark that without them would find its other one.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include <stddef.h>

/*
 * The lines between the marks of OWNER ("ctr-link"): a pointer into TEXT, which has LEN bytes, and their
 * length in *N. A null pointer where there is no block.
 */
const char *block_find(const char *text, size_t len, const char *owner, size_t *n);

/*
 * TEXT with LINES, each ending in a newline, as OWNER's block: in place of the old one, else at the end;
 * without a block where LINES is empty. *NEW gets the length. The caller frees it.
 */
char *block_replace(const char *text, size_t len, const char *owner, const char *lines, size_t *new);

#endif
