/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "running.h"

#include <stdlib.h>
#include <string.h>

#include "lxc.h"
#include "say.h"

bool
running_differs(const char *name, const char *key)
{
	struct lxc_container *lxc = lxc_container_new(name, container_path());
	char *has, *on_disk;
	bool differs;
	int n;

	if (lxc == NULL)
		return false;
	/* The monitor tells what it was started with. */
	has = lxc->get_running_config_item(lxc, key);
	n = lxc->get_config_item(lxc, key, NULL, 0);
	on_disk = xmalloc((size_t)(n > 0 ? n : 0) + 1);
	*on_disk = '\0';
	if (n > 0)
		lxc->get_config_item(lxc, key, on_disk, n + 1);
	differs = has != NULL && strcmp(has, on_disk) != 0;
	free(on_disk);
	free(has);
	lxc_container_put(lxc);
	return differs;
}
