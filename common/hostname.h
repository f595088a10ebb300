/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host name that a container gets. */
#ifndef HOSTNAME_H
#define HOSTNAME_H

#include "record.h"

/*
 * The short name BRIEF of a container as a label of host names: '_' and '.', which no label may have, become '-' (RFC
 * 1123, 2.1), without one at the end. The caller frees it.
 */
char *host_label(const char *brief);

/*
 * The host name of the container of R, a record with its facts `container` and `fqdn` where it has one: the first label
 * of the fqdn; else host_label of the short name. A null pointer where R has neither fact. The caller frees it.
 */
char *host_name(const struct record *r);

#endif
