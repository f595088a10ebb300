/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pending.h"

#include <stdlib.h>
#include <string.h>

#include "running.h"
#include "say.h"

/*
 * Whether any other setting differs. What raw.conf has no more can only be found so, by asking for all that
 * LXC knows.
 */
static bool
any_differs(struct lxc_container *lxc)
{
	int len = lxc->get_keys(lxc, NULL, NULL, 0);
	char *keys = xmalloc(len > 0 ? (size_t)len + 1 : 1), *key, *rest;
	bool differs = false;

	keys[0] = '\0';
	if (len > 0)
		lxc->get_keys(lxc, NULL, keys, len + 1);
	for (key = strtok_r(keys, "\n", &rest); key != NULL && !differs; key = strtok_r(NULL, "\n", &rest)) {
		static const char *const others[] = { "lxc.net", "lxc.idmap", "lxc.rootfs.options", "lxc.uts.name", "lxc.mount.entry",
			"lxc.environment", "lxc.init.cmd", "lxc.signal.halt", "lxc.cgroup", "lxc.start.auto",
			"lxc.hook", "lxc.log", NULL };
		size_t i = 0;

		while (others[i] != NULL && strncmp(key, others[i], strlen(others[i])) != 0)
			i++;
		differs = others[i] == NULL && running_item_differs(lxc, key);
	}
	free(keys);
	return differs;
}

void
pending_add(struct record *r, struct lxc_container *lxc, const struct record *stored)
{
	static const struct {
		const char *item, *key;
	} items[] = {
		{ "lxc.idmap", "idmap" },
		{ "lxc.rootfs.options", "idmap" },
		{ "lxc.init.cmd", "command" },
		{ "lxc.mount.entry", "volume" },
		{ "lxc.uts.name", "fqdn" },
		{ "lxc.environment", "env" },
		{ "lxc.net.0.type", "network" },
		{ "lxc.namespace.share.net", "network" },
		{ "lxc.net.0.mtu", "network" },
		{ "lxc.net.0.link", "network" },
		{ "lxc.net.0.veth.pair", "network" },
		{ "lxc.net.0.hwaddr", "network" },
		{ "lxc.net.0.ipv4.address", "network" },
		{ "lxc.net.0.ipv6.address", "network" },
	};
	const struct fact *f = NULL;
	size_t i;

	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (running_item_differs(lxc, items[i].item))
			record_pending(r, items[i].key);
	/* Other limits are those of the running one too. */
	if (running_devices_differ(lxc))
		record_pending(r, "cgroup");
	/* It may be one of those above. */
	while ((f = record_find(stored, "config", f)) != NULL)
		if (running_item_differs(lxc, f->field[0]))
			record_pending(r, "config");
	if (any_differs(lxc))
		record_pending(r, "config");
}
