/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftables, through libnftables. Every text given to it is made from checked values. A program that calls it ends with a
 * message where the library is missing.
 */
#ifndef NFT_H
#define NFT_H

/*
 * Closes what a call keeps for the next one, a socket of the network namespace that it was made in. A process that leaves that
 * is to call it, or it would hold it; the end of the process does it as well.
 */
void nft_end(void);

/* Loads it before the processes are made that call it, so that each need not. Where it is missing they say so. */
void nft_prepare(void);

/*
 * Runs COMMANDS, of nft(8), as one transaction: all or nothing. Returns 0, or -1 and in *ERROR what
 * libnftables said, of the caller's to free ("FILE:LINE:COL-COL: Error: ..." names the command, where FILE
 * has no colon). ERROR may be a null pointer.
 */
int nft_run(const char *commands, char **error);

/*
 * What COMMAND lists, as nft(8) has it for people, without counters and the elements of sets; of the caller's to free. Or a null
 * pointer and in *ERROR what libnftables said, of the caller's to free.
 */
char *nft_rules(const char *command, char **error);

#endif
