/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "busybox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "rootfs.h"
#include "say.h"

int
busybox_network(const struct container *c, struct record *r, bool dhcp)
{
	static const char path[] = "/etc/init.d/rcS",
			  with[] = "#!/bin/sh\n/bin/syslogd\n/bin/mount -a\n/bin/udhcpc\n";
	const size_t without = sizeof(with) - sizeof("/bin/udhcpc\n");
	const char *template = record_get(c->stored, "template");
	char *text = NULL;
	size_t len = 0;
	int root, status = 0;

	if (template != NULL && strcmp(template, "busybox") != 0)
		return 0;
	root = rootfs_open(c, r);
	if (root < 0)
		return -1;
	if (rootfs_read(root, path, &text, &len) == 0 && strncmp(text, with, len) == 0 &&
	    (len == without || len == sizeof(with) - 1)) {
		if (dhcp != (len != without))
			status = rootfs_replace(root, path, with, dhcp ? sizeof(with) - 1 : without);
		if (status < 0)
			record_fail(r, "cannot replace '%s' of the container:", path);
	}
	free(text);
	close(root);
	return status;
}
