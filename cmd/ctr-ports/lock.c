/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"

void
lock_all(struct owner *const owner[], size_t n)
{
	struct owner *o;
	size_t i, k;
	int busy;

	do {
		for (busy = 0, i = 0; i < n && busy == 0; i++) {
			o = owner[i];
			if (o->failed)
				continue;
			busy = i == 0 ? container_lock(&o->c, o->r) : container_try_lock(&o->c, o->r);
			if (busy < 0) {
				o->failed = true;
				busy = 0;
			}
		}
		if (busy == 0)
			break;
		for (k = 0; k < i; k++)
			container_close(&owner[k]->c);
		if (container_lock(&o->c, o->r) < 0)
			o->failed = true;
		container_close(&o->c);
	} while (busy > 0);
}
