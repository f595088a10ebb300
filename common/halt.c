/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "halt.h"

#include <stdlib.h>
#include <string.h>

#include "handle.h"

enum {
	KILL_SECONDS = 10, /* the kernel's part, and that of LXC's post-stop hooks */
};

/* Gives the handle the signal that shuts the running container down: SIGTERM would restart a busybox init. */
static void
take_signal(struct lxc_container *lxc)
{
	char *sig;

	/* Setting an item makes the (empty) configuration that asking for one wants. */
	lxc->set_config_item(lxc, "lxc.signal.halt", "");
	sig = lxc->get_running_config_item(lxc, "lxc.signal.halt");
	if (sig != NULL && strcmp(sig, "0") != 0)
		lxc->set_config_item(lxc, "lxc.signal.halt", sig);
	free(sig);
}

static int
end(struct lxc_container *lxc, struct record *r, unsigned long seconds)
{
	if (!lxc->is_running(lxc))
		return 2;
	if (seconds > 0) {
		take_signal(lxc);
		if (strcmp(lxc->state(lxc), "FROZEN") == 0 && !lxc->unfreeze(lxc))
			return record_fail(r, "it is frozen and cannot be thawed");
		if (lxc->shutdown(lxc, (int)seconds))
			return 0;
	}
	/* It may have ended just now, which stop takes for an error. */
	if (!lxc->stop(lxc) && lxc->is_running(lxc))
		return record_fail(r, "cannot kill its processes");
	if (!lxc->wait(lxc, "STOPPED", KILL_SECONDS))
		return record_fail(r, "it was killed and has not ended after %d seconds", KILL_SECONDS);
	return 1;
}

int
halt(struct record *r, unsigned long seconds)
{
	struct lxc_container *lxc = handle_new(r->name);
	int status;

	status = end(lxc, r, seconds);
	lxc_container_put(lxc);
	return status;
}
