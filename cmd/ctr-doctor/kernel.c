/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is needed of the kernel, tried: in a child, which has a network namespace of its own that ends with it, so that
 * nothing of the host's changes. The kernel may load its modules for it, as it would for ctr-net.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "report.h"
#include "netlink.h"
#include "nft.h"
#include "replace.h"
#include "say.h"

/* Each needs those before it. */
static const struct feature {
	const char *what, *option, *commands;
} features[] = {
	{ "tables of family inet", "NF_TABLES_INET",
	    "add table inet t; add chain inet t guard { type filter hook prerouting priority -300; }" },
	{ "sets with concatenated keys", "NF_TABLES",
	    "add set inet t s { type ifname . ipv4_addr; }; add rule inet t guard iifname . ip saddr != @s drop" },
	{ "translation of addresses", "NFT_NAT",
	    "add chain inet t inward { type nat hook prerouting priority -100; }; "
	    "add chain inet t local { type nat hook output priority -100; }; "
	    "add chain inet t outward { type nat hook postrouting priority 100; }; "
	    "add map inet t m { type inet_proto . inet_service : ipv4_addr . inet_service; }; "
	    "add rule inet t inward dnat ip to meta l4proto . th dport map @m" },
	{ "fib, which tells the host's addresses", "NFT_FIB_INET",
	    "add rule inet t inward fib daddr type local accept" },
	{ "masquerading", "NFT_MASQ", "add rule inet t outward oifname != \"ctr*\" masquerade" },
};

/* A pair of interfaces as LXC makes for a container. Returns 0, or -1 with errno. */
static int
make_veth(void)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg interface;
		struct rtattr info, kind;
		char name[4];
	} ask = {
		.header = { sizeof(ask), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
		    1, 0 },
		.info = { 2 * sizeof(struct rtattr) + 4, IFLA_LINKINFO },
		.kind = { sizeof(struct rtattr) + 4, IFLA_INFO_KIND },
		.name = { 'v', 'e', 't', 'h' },
	};
	int fd = netlink_open(NETLINK_ROUTE), status = fd < 0 ? -1 : netlink_route(fd, &ask.header), saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return status;
}

/*
 * The child's life: a line to OUT for each that is not there, "OPTION<tab>WHAT<tab>WHY"; without OPTION it cannot be
 * tried.
 */
static _Noreturn void
try_all(int out)
{
	char *error;
	size_t i;

	if (unshare(CLONE_NEWNET) < 0) {
		dprintf(out, "%s\tnamespaces of the network\t%s\n", errno == EPERM ? "" : "NET_NS",
		    strerror(errno));
		_exit(0);
	}
	if (make_veth() < 0) {
		dprintf(out, "%s\tveth\t%s\n", errno == EPERM ? "" : "VETH", strerror(errno));
		if (errno == EPERM)
			_exit(0);
	}
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (nft_run(features[i].commands, &error) == 0)
			continue;
		dprintf(out, "%s\t%s\t%.*s\n",
		    strstr(error, "not permitted") != NULL ? "" : features[i].option, features[i].what,
		    (int)strcspn(error, "\n"), error);
		break;
	}
	_exit(0);
}

static void
report_lines(char *lines)
{
	char *line, *option, *what, *why;

	while ((line = strsep(&lines, "\n")) != NULL && *line != '\0') {
		option = strsep(&line, "\t");
		what = strsep(&line, "\t");
		if (line == NULL)
			continue;
		why = strstr(line, "Error: ");
		why = why == NULL ? line : why + strlen("Error: ");
		if (*option == '\0') {
			unknown("%s: %s", what, why);
			continue;
		}
		finding("the kernel has no %s (CONFIG_%s): %s", what, option, why);
		proof("grep CONFIG_%s= /boot/config-\"$(uname -r)\"", option);
		remedy("# load the kernel's module for it, or run a kernel that has it");
	}
}

static bool
missing(long status, const char *what, const char *since)
{
	if (status >= 0 || errno != ENOSYS)
		return false;
	finding("the kernel has no %s, which came with Linux %s", what, since);
	proof("uname -r");
	remedy("# run a newer kernel; or where this is a container, allow it this system call");
	return true;
}

void
check_kernel(void)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd[2], status = -1;
	char *lines = NULL;
	size_t len;
	pid_t pid;
	long opened;

	opened = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));
	if (!missing(opened, "openat2(2)", "5.6") && opened >= 0)
		close((int)opened);
	opened = syscall(SYS_pidfd_open, getpid(), 0);
	if (!missing(opened, "pidfd_open(2)", "5.3") && opened >= 0)
		close((int)opened);
	/* What a child has not flushed yet would be written twice. */
	fflush(stdout);
	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		unknown("cannot start a process: %s", strerror(errno));
		return;
	}
	if (pid == 0)
		try_all(fd[1]);
	close(fd[1]);
	if (read_all(fd[0], &lines, &len, 1 << 16) < 0)
		lines = NULL;
	close(fd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (lines != NULL)
		report_lines(lines);
	if (status != 0)
		unknown("the process that tries it failed");
	free(lines);
}
