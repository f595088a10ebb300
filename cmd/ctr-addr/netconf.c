/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "fact.h"
#include "pool.h"
#include "quote.h"
#include "say.h"

/* `lxc.net =' takes away what the distribution's default.conf set. */
const char netconf_none[] = "lxc.net =\nlxc.net.0.type = empty\n";

char *
netconf_text(const struct record *want)
{
	const char *network = record_get(want, "network"), *mtu = record_get(want, "mtu");
	char *program, *script, *directory, *call, *text;

	if (network != NULL && strcmp(network, "none") == 0)
		return xstrdup(netconf_none);
	/* LXC makes no network namespace where there is no network to be made. */
	if (network != NULL && strcmp(network, "host") == 0)
		return xstrdup("lxc.net =\nlxc.net.0.type = none\n");
	if (network != NULL && network_shared(network) != NULL)
		return xasprintf("lxc.net =\nlxc.namespace.share.net = %s\n", network_shared(network));
	if (network != NULL)
		return xasprintf(
		    "lxc.net =\nlxc.net.0.type = veth\nlxc.net.0.link = %s\nlxc.net.0.flags = up\n"
		    "lxc.net.0.name = eth0\nlxc.net.0.hwaddr = %s\n",
		    network, record_get(want, "mac"));
	program = program_path("ctr-veth-up");
	/* LXC has a shell read its script lines. */
	script = quote_text(program);
	directory = quote_text(container_path());
	call = xasprintf("%s -P %s -4 %s -6 %s", script, directory, pool()->net4, pool()->net6);
	text = xasprintf("lxc.net =\n"
			 "lxc.net.0.type = veth\n"
			 "lxc.net.0.veth.mode = router\n"
			 "lxc.net.0.veth.pair = %s\n"
			 "lxc.net.0.flags = up\n"
			 "lxc.net.0.name = eth0\n"
			 "lxc.net.0.hwaddr = %s\n"
			 "%s%s%s"
			 "lxc.net.0.ipv4.address = %s/32\n"
			 "lxc.net.0.ipv4.gateway = %s\n"
			 "lxc.net.0.ipv6.address = %s/128\n"
			 "lxc.net.0.ipv6.gateway = fe80::1\n"
			 "lxc.net.0.script.up = %s\n"
			 "lxc.hook.pre-start = %s\n",
	    record_get(want, "veth"), record_get(want, "mac"), mtu == NULL ? "" : "lxc.net.0.mtu = ",
	    mtu == NULL ? "" : mtu, mtu == NULL ? "" : "\n", record_get(want, "ipv4"), pool()->gateway4,
	    record_get(want, "ipv6"), call, call);
	free(program);
	free(script);
	free(directory);
	free(call);
	return text;
}
