/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table `filter` of the older iptables, which nftables does not show. */
#ifndef LEGACY_H
#define LEGACY_H

#include "chains.h"

/*
 * Its chains, of IPv6 with SIX, with their rules as nft(8) would write them: what interfaces they demand, `other` for
 * whatever else they do, and the verdict. Returns their number and sets *CHAINS as chains_parse does; 0 where there is no
 * such table; -1 with errno. None is made by asking.
 */
long legacy_chains(bool six, struct chain **chains);

#endif
