/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsmasq, which answers containers for addresses and names. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "container.h"
#include "checks.h"
#include "report.h"
#include "search.h"
#include "pool.h"
#include "ready.h"
#include "say.h"

enum { ANSWER_SECONDS = 2 };

/*
 * Asks the gateway for a name (RFC 1035, 4.1), one without a dot, which dnsmasq knows or does not know without asking
 * others. Any answer will do. A null pointer, or why there was none.
 */
static const char *
ask(void)
{
	static const unsigned char query[] = "\x63\x74\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
					     "\x0a"
					     "ctr-doctor\x00\x00\x01\x00\x01";
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(53), .sin_addr = { htonl(pool()->gateway) }
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char answer[512];
	const char *why = NULL;
	ssize_t n = -1;

	/* Without the NUL that ends the string. */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    send(fd, query, sizeof(query) - 1, 0) > 0) {
		errno = ETIMEDOUT;
		if (poll(&p, 1, ANSWER_SECONDS * 1000) > 0)
			n = recv(fd, answer, sizeof(answer), 0);
	}
	if (n < 0)
		why = strerror(errno);
	else if (n < 12 || memcmp(answer, query, 2) != 0 || (answer[2] & 0x80) == 0)
		why = "what came is no answer";
	if (fd >= 0)
		close(fd);
	return why;
}

void
check_dnsmasq(void)
{
	int run, pidfd;
	const char *why = NULL;
	char *path;

	if (!program_there("dnsmasq")) {
		finding("there is no program dnsmasq: containers get no addresses by DHCP, and no names");
		proof("command -v /usr/sbin/dnsmasq");
		remedy("apt-get install dnsmasq-base");
	}
	/* It runs while containers run. */
	if (!pool_any_veth())
		return;
	run = run_find("");
	pidfd = run < 0 ? -1 : ready_dnsmasq(run, NULL, NULL);
	if (pidfd < 0) {
		finding("ctrkit's dnsmasq does not run, though containers do: they get no names");
		proof("pgrep -af 'dnsmasq.*--interface=ctr'");
		remedy_network();
	} else if ((why = ask()) != NULL) {
		path = ready_path(run, "dnsmasq.pid");
		finding("dnsmasq does not answer at %s: %s", pool()->gateway4, why);
		proof("timeout %d busybox nslookup ctr-doctor %s", ANSWER_SECONDS, pool()->gateway4);
		/* ctr-net starts it anew where it is gone. */
		remedy("kill -9 \"$(cat %s)\"; sleep 1", path);
		remedy_network();
		free(path);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (run >= 0)
		close(run);
}
