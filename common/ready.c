/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ready.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container.h"
#include "netlink.h"
#include "replace.h"
#include "say.h"

static uint64_t
hash(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	while (len-- > 0)
		h = (h ^ *s++) * 1099511628211u; /* FNV-1a, 64 bits */
	return h;
}

/* One more message of a dump, whose header is of each change to any table. */
static int
add_rule(const unsigned char *attrs, size_t len, void *arg)
{
	uint64_t *h = arg;

	*h = hash(*h == 0 ? 14695981039346656037u : *h, attrs, len);
	*h = *h == 0 ? 1 : *h;
	return 0;
}

uint64_t
ready_rules(int fd)
{
	struct netlink_request q;
	uint64_t h = 0;
	int r;

	if (fd < 0)
		return UINT64_MAX;
	/* The rules of the table alone: one request, however many elements its maps have. */
	netlink_begin(&q, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETRULE, NFPROTO_INET, NLM_F_DUMP);
	netlink_put(&q, NFTA_RULE_TABLE, "ctr", sizeof("ctr"));
	r = netlink_whole(fd, &q, add_rule, &h);
	/* No such table is an error on some kernels. */
	if (r < 0)
		return errno == ENOENT ? 0 : UINT64_MAX;
	return h == UINT64_MAX ? 1 : h;
}

static bool
is_one(const char *path)
{
	char c = '0';
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool one = fd >= 0 && read(fd, &c, 1) == 1 && c == '1';

	if (fd >= 0)
		close(fd);
	return one;
}

char *
ready_path(int run, const char *file)
{
	char own[32], path[PATH_MAX];
	ssize_t n;

	snprintf(own, sizeof(own), "/proc/self/fd/%d", run);
	n = readlink(own, path, sizeof(path));
	if (n < 0)
		die(EXIT_FAILED, "cannot read '%s':", own);
	return xasprintf("%.*s/%s", (int)n, path, file);
}

int
ready_is_dnsmasq(int run, long pid, char **args, size_t *len)
{
	char *line = NULL, *arg, *path, *option;
	int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0), fd;
	size_t size = 0;
	bool ours = false;

	/* The descriptor first: what is read afterwards is of the process that it holds, or of none. */
	if (pidfd < 0)
		return -1;
	path = xasprintf("/proc/%ld/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	path = ready_path(run, "dnsmasq.pid");
	option = xasprintf("--pid-file=%s", path);
	if (fd >= 0 && read_all(fd, &line, &size, 1 << 21) < 0)
		size = 0;
	for (arg = line; size > 0 && arg < line + size; arg += strlen(arg) + 1)
		ours = ours || strcmp(arg, option) == 0;
	if (fd >= 0)
		close(fd);
	free(path);
	free(option);
	if (ours && args != NULL) {
		*args = line;
		*len = size;
		return pidfd;
	}
	free(line);
	if (ours)
		return pidfd;
	close(pidfd);
	return -1;
}

int
ready_dnsmasq(int run, char **args, size_t *len)
{
	char *text = NULL, *end;
	size_t size;
	long pid;

	if (read_at(run, "dnsmasq.pid", &text, &size, 64) < 0)
		return -1;
	pid = strtol(text, &end, 10);
	if (end == text)
		pid = -1;
	free(text);
	return pid > 0 ? ready_is_dnsmasq(run, pid, args, len) : -1;
}

int
ready_lock(int how, int *run)
{
	struct stat st;
	int fd, saved;

	for (;;) {
		*run = run_open("");
		if (*run < 0)
			return -1;
		fd = lock_file(*run, "lock", how);
		/* Who had it may have removed it; or the directory, before it was in there. */
		if (fd < 0 ? errno != ENOENT : fstat(fd, &st) < 0 || st.st_nlink > 0)
			break;
		if (fd >= 0)
			close(fd);
		close(*run);
	}
	if (fd < 0) {
		saved = errno;
		close(*run);
		*run = -1;
		errno = saved;
	}
	return fd;
}

bool
ready(int run)
{
	char *text = NULL, *end;
	size_t len;
	uint64_t made = 0;
	int pidfd;

	if (!is_one("/proc/sys/net/ipv4/ip_forward") || !is_one("/proc/sys/net/ipv6/conf/all/forwarding"))
		return false;
	if (read_at(run, "rules", &text, &len, 64) == 0)
		made = strtoull(text, &end, 16);
	free(text);
	if (made == 0 || made != ready_rules(netlink_netfilter()) || (pidfd = ready_dnsmasq(run, NULL, NULL)) < 0)
		return false;
	close(pidfd);
	return true;
}
