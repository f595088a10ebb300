/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "halt.h"

#include <string.h>

enum {
	KILL_SECONDS = 10, /* the kernel's part, and that of LXC's post-stop hooks */
};

int
halt(struct lxc_container *lxc, struct record *r, unsigned long seconds)
{
	if (strcmp(lxc->state(lxc), "FROZEN") == 0 && seconds > 0 && !lxc->unfreeze(lxc))
		return record_fail(r, "it is frozen and cannot be thawed");
	if (seconds > 0 && lxc->shutdown(lxc, (int)seconds))
		return 0;
	/* It may have ended just now, which stop takes for an error. */
	if (!lxc->stop(lxc) && lxc->is_running(lxc))
		return record_fail(r, "cannot kill its processes");
	if (!lxc->wait(lxc, "STOPPED", KILL_SECONDS))
		return record_fail(r, "it was killed and has not ended after %d seconds", KILL_SECONDS);
	return 1;
}

struct lxc_container *
halt_handle(const char *name)
{
	/*
	 * liblxc loads the configuration that it finds when a handle is made; it finds none in a directory that is
	 * not there. The command socket's name comes from the path that is set then.
	 */
	struct lxc_container *lxc = lxc_container_new(name, "/run/ctr/none");

	if (lxc == NULL)
		return NULL;
	if (!lxc->set_config_path(lxc, container_path())) {
		lxc_container_put(lxc);
		return NULL;
	}
	return lxc;
}
