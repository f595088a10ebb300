/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's net.conf, which ctr-addr writes. */
#ifndef NETCONF_H
#define NETCONF_H

#include "record.h"

/* That of no network. */
extern const char netconf_none[];

/* That of the facts network, mac, veth, ipv4 and ipv6 of WANT; the caller's to free. */
char *netconf_text(const struct record *want);

#endif
