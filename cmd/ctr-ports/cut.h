/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends connections whose published port was withdrawn, or leads elsewhere now. */
#ifndef CUT_H
#define CUT_H

#include "plan.h"

/* Whether there may be connections by the port of E that are to be ended. */
bool cut_concerns(const struct plan *p, const struct element *e);

/*
 * Makes the kernel forget the connections of the elements of P that changed, once they have: those that would now lead
 * elsewhere than they do; and what was sent by UDP to a port before it was published. MAPS is publish_open's.
 * Returns 0, or -1 with errno.
 */
int cut_connections(const struct plan *p, int maps);

#endif
