/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pending.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "replace.h"
#include "running.h"
#include "say.h"

/* When process PID began, in milliseconds of CLOCK_REALTIME; the boot where that cannot be told. */
static long long
began(pid_t pid)
{
	char *path = xasprintf("/proc/%d/stat", (int)pid), *text = NULL, *s = NULL;
	struct timespec now, boot;
	long long ticks;
	size_t len;
	int i;

	/*
	 * Field 22, in clock ticks since the boot; the name in brackets may have blanks and brackets
	 * (proc(5)).
	 */
	if (read_at(AT_FDCWD, path, &text, &len, 1 << 16) == 0)
		s = strrchr(text, ')');
	for (i = 0; i < 20 && s != NULL; i++)
		s = strchr(s + 1, ' ');
	ticks = s == NULL ? 0 : strtoll(s + 1, NULL, 10);
	free(path);
	free(text);
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (now.tv_sec - boot.tv_sec) * 1000LL + (now.tv_nsec - boot.tv_nsec) / 1000000 +
	       ticks * 1000 / sysconf(_SC_CLK_TCK);
}

static bool
changed_after(const char *name, const char *file, long long time)
{
	char *path = xasprintf("%s/%s/%s", container_path(), name, file);
	struct stat st;
	bool changed;

	/*
	 * The configuration is read shortly before init begins, under the container's lock, so that no
	 * program of ctrkit writes in between; what is added is for the steps of the clocks.
	 */
	changed =
	    lstat(path, &st) < 0 || st.st_ctim.tv_sec * 1000LL + st.st_ctim.tv_nsec / 1000000 + 30 >= time;
	free(path);
	return changed;
}

bool
pending_possible(const char *name, pid_t pid)
{
	long long time = began(pid);
	bool changed = changed_after(name, "config", time);
	char *file;
	size_t i;

	for (i = 0; !changed && container_confs[i] != NULL; i++) {
		file = xasprintf("ctr/%s", container_confs[i]);
		changed = changed_after(name, file, time);
		free(file);
	}
	return changed;
}

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
		static const char *const others[] = { "lxc.net", "lxc.uts.name", "lxc.mount.entry",
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
		{ "lxc.init.cmd", "command" },
		{ "lxc.mount.entry", "volume" },
		{ "lxc.uts.name", "fqdn" },
		{ "lxc.environment", "env" },
		{ "lxc.net.0.type", "network" },
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
	/* It may be one of those above. */
	while ((f = record_find(stored, "config", f)) != NULL)
		if (running_item_differs(lxc, f->field[0]))
			record_pending(r, "config");
	if (any_differs(lxc))
		record_pending(r, "config");
}
