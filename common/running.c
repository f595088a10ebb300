/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "running.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "handle.h"
#include "replace.h"
#include "say.h"

/* Takes out of TEXT the lines that begin with WORD, or with ANYWHERE, those in which it stands. */
static void
cut_lines(char *text, const char *word, bool anywhere)
{
	char *line = text, *end, *at;

	while (*line != '\0') {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		at = strstr(line, word);
		if (at == line || (anywhere && at != NULL && at < end))
			memmove(line, end, strlen(end) + 1);
		else
			line = end;
	}
}

bool
running_item_differs(struct lxc_container *lxc, const char *key)
{
	char *now = lxc->get_running_config_item(lxc, key), *next = handle_item(lxc, key);
	bool differs;

	if (now == NULL)
		now = xstrdup("");
	if (strcmp(key, "lxc.mount.entry") == 0) {
		/* That of the init which a command gets is part of the command. */
		cut_lines(now, " .ctr-", true);
		cut_lines(next, " .ctr-", true);
	} else if (strcmp(key, "lxc.environment") == 0) {
		/* So is the PATH that comes with one. */
		cut_lines(now, "PATH=" RUNNING_PATH "\n", false);
		cut_lines(next, "PATH=" RUNNING_PATH "\n", false);
	}
	/* LXC makes up a name where none is said. */
	differs = strcmp(now, next) != 0 && (strcmp(key, "lxc.net.0.veth.pair") != 0 || next[0] != '\0');
	free(now);
	free(next);
	return differs;
}

bool
running_devices_differ(struct lxc_container *lxc)
{
	return running_item_differs(lxc, "lxc.cgroup.devices.allow") || running_item_differs(lxc, "lxc.cgroup.devices.deny") ||
	       running_item_differs(lxc, "lxc.cgroup2.devices.allow") || running_item_differs(lxc, "lxc.cgroup2.devices.deny");
}

bool
running_mounts(const char *name, const char *text)
{
	struct lxc_container *lxc = handle_new(name);
	char *now = lxc->get_running_config_item(lxc, "lxc.mount.entry"), *line;
	bool found = false;

	for (line = now; line != NULL && *line != '\0' && !found; line += strcspn(line, "\n"), line += *line == '\n')
		found = strncmp(line, text, strlen(text)) == 0;
	free(now);
	lxc_container_put(lxc);
	return found;
}

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
running_changed(const char *name, pid_t pid)
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

bool
running_differs(const char *name, const char *key)
{
	struct lxc_container *lxc = handle_new(name);
	bool differs;
	pid_t pid;

	/* Its errors would go to stderr; what loads it to some end tells them. */
	lxc->set_config_item(lxc, "lxc.log.file", "/dev/null");
	pid = lxc->init_pid(lxc);
	differs = pid > 0 && running_changed(name, pid) && lxc->load_config(lxc, NULL) && running_item_differs(lxc, key);
	lxc_container_put(lxc);
	return differs;
}
