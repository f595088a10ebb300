/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What LXC and limits need of the system. */
#include "search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lxc/lxccontainer.h>

#include "checks.h"
#include "report.h"
#include "replace.h"
#include "say.h"
#include "subid.h"

bool
program_there(const char *name)
{
	const char *env = getenv("PATH");
	char *dirs = xasprintf("%s:/usr/local/sbin:/usr/sbin:/sbin", env == NULL ? "/usr/bin" : env), *rest,
	     *dir, *path;
	bool there = false;

	for (rest = dirs; !there && (dir = strsep(&rest, ":")) != NULL;) {
		path = xasprintf("%s/%s", *dir == '\0' ? "." : dir, name);
		there = access(path, X_OK) == 0;
		free(path);
	}
	free(dirs);
	return there;
}

/* The file PATH of the kernel, of the caller's to free; a null pointer with errno. */
static char *
contents(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char *text = NULL;
	size_t len;

	if (fd < 0)
		return NULL;
	if (read_all(fd, &text, &len, 1 << 20) < 0)
		text = NULL;
	saved = errno;
	close(fd);
	errno = saved;
	return text;
}

/* Whether WORD stands in TEXT between commas, blanks or colons. */
static bool
has_word(const char *text, const char *word)
{
	static const char separators[] = " ,:\n";
	size_t n;

	for (text += strspn(text, separators); *text != '\0'; text += n, text += strspn(text, separators)) {
		n = strcspn(text, separators);
		if (n == strlen(word) && strncmp(text, word, n) == 0)
			return true;
	}
	return false;
}

void
check_lxc(void)
{
	const char *version = lxc_get_version();
	unsigned major = 0, minor = 0, patch = 0;

	if (sscanf(version, "%u.%u.%u", &major, &minor, &patch) < 1) {
		unknown("LXC has the version '%s'", version);
		return;
	}
	if (major * 10000 + minor * 100 + patch >= 50002)
		return;
	finding("LXC is of version %s, older than 5.0.2", version);
	proof("lxc-start --version");
	remedy("# install LXC 5.0.2 or newer, such as Debian 12 has");
}

/* Version 1 has a line for each controller in /proc/PID/cgroup, version 2 a list in the group (cgroups(7)). */
void
check_cgroup(void)
{
	static const char list[] = "memory cpu pids";
	char *one = contents("/proc/1/cgroup"), *two = contents("/sys/fs/cgroup/cgroup.controllers"), name[8];
	const char *s;
	size_t n;

	if (two == NULL)
		two = contents("/sys/fs/cgroup/unified/cgroup.controllers");
	if (one == NULL)
		unknown("cannot read '/proc/1/cgroup': %s", strerror(errno));
	for (s = list; one != NULL && *s != '\0'; s += n, s += strspn(s, " ")) {
		n = strcspn(s, " ");
		snprintf(name, sizeof(name), "%.*s", (int)n, s);
		if (has_word(one, name) || (two != NULL && has_word(two, name)))
			continue;
		finding(
		    "the kernel has no control groups for '%s', or they are not mounted: its limits are void",
		    name);
		proof("cat /proc/1/cgroup /sys/fs/cgroup/cgroup.controllers");
		remedy(
		    "# start the kernel without cgroup_disable=%s, and where it wants so, with cgroup_enable=%s",
		    name, name);
	}
	free(one);
	free(two);
}

void
check_apparmor(void)
{
	static const char path[] = "/sys/module/apparmor/parameters/enabled";
	char *enabled = contents(path);

	if (enabled != NULL && enabled[0] == 'Y' && !program_there("apparmor_parser")) {
		finding(
		    "AppArmor is on, and there is no program apparmor_parser: LXC cannot load a profile, and starts nothing");
		proof("cat %s; command -v apparmor_parser", path);
		remedy("apt-get install apparmor");
	}
	free(enabled);
}

void
check_lxcfs(void)
{
	/* What LXC's hook /usr/share/lxcfs/lxc.mount.hook looks for. */
	if (access("/var/lib/lxcfs/proc/meminfo", R_OK) == 0)
		return;
	note("lxcfs does not run: limits hold, but free(1) and top(1) in a container show what the host has");
	proof("ls /var/lib/lxcfs/proc");
	remedy(program_there("lxcfs") ? "service lxcfs start" : "apt-get install lxcfs");
}

void
check_subid(void)
{
	const char *failed;
	struct subid *range;
	long n = subid_both(&range, &failed), i;
	bool room = false;

	if (n < 0)
		unknown("cannot read '%s': %s", failed, strerror(errno));
	for (i = 0; i < n; i++)
		room = room || range[i].end - range[i].first >= 65536;
	free(range);
	if (n < 0 || room)
		return;
	note("root has no 65536 ids in both %s and %s: no container can have ids of its own, by idmap", SUBID_UIDS,
	    SUBID_GIDS);
	proof("grep ^root: %s %s", SUBID_UIDS, SUBID_GIDS);
	remedy("echo root:%llu:6553600 | tee -a %s >>%s", (unsigned long long)subid_unused(), SUBID_UIDS, SUBID_GIDS);
}
