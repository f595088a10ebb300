/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the processes of this network namespace listen on. */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>

/*
 * Whether a process receives what is sent to PORT of this machine by PROTO (IPPROTO_TCP, IPPROTO_UDP;
 * others: never) at ADDR of FAMILY, or with a null pointer at any address. The kernel's tables are read at
 * the first call.
 */
bool listens(int proto, int family, const unsigned char *addr, unsigned short port);

#endif
