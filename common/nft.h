/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table `inet ctr`, through libnftables. Every text given to it is made from checked values. */
#ifndef NFT_H
#define NFT_H

#include <stddef.h>

/*
 * Runs COMMANDS, of nft(8), as one transaction: all or nothing. Returns 0, or -1 and in *ERROR what libnftables
 * said, of the caller's to free ("FILE:LINE:COL-COL: Error: ..." names the command, where FILE has no
 * colon). ERROR may be a null pointer.
 */
int nft_run(const char *commands, char **error);

/* What `list ...` commands print, numbers as numbers, into *TEXT, the caller's to free. 0 or -1, as nft_run. */
int nft_list(const char *commands, char **text, char **error);

/*
 * The elements in TEXT, printed by nft_list: calls EACH with the key's parts ("tcp", "80"), the
 * data's parts ("10.66.0.5", "80"; none in a set) and the comment (or a null pointer), all valid during the
 * call. Returns 0, or the first value other than 0 that EACH returned.
 */
int nft_elements(const char *text,
    int (*each)(char **key, size_t nkey, char **data, size_t ndata, const char *comment, void *arg), void *arg);

#endif
