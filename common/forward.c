/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "nft.h"
#include "say.h"

/*
 * Made anew, whatever its root has made of it. With the setting, packets to 127/8 could come in from outside: the
 * guard is as on the host. Only what was translated here has its source replaced.
 */
static const char table[] =
    "add table inet ctr\n"
    "delete table inet ctr\n"
    "table inet ctr {\n"
    "	map one4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
    "	chain guard {\n"
    "		type filter hook prerouting priority -300;\n"
    "		iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n"
    "	}\n"
    "	chain local {\n"
    "		type nat hook output priority -100;\n"
    "		dnat ip to ip daddr . meta l4proto . th dport map @one4\n"
    "	}\n"
    "	chain outward {\n"
    "		type nat hook postrouting priority 100;\n"
    "		oifname != \"lo\" ip saddr 127.0.0.0/8 ct status dnat masquerade\n"
    "	}\n"
    "}\n";

static char *
text_of(const struct forwards *want)
{
	char *text, local[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
	const struct publish *p;
	size_t len;
	FILE *out;

	/* The rest does no harm, and connections that stand need it. */
	if (want->n == 0)
		return xstrdup("flush map inet ctr one4\n");
	out = xopen_memstream(&text, &len);
	fputs(table, out);
	for (p = want->element; p < want->element + want->n; p++)
		fprintf(out, "add element inet ctr one4 { %s . %u . %u comment \"%s\" : %s . %u }\n",
		    inet_ntop(AF_INET, p->addr, local, sizeof(local)), p->proto, p->port, p->holder,
		    inet_ntop(AF_INET, p->to, to, sizeof(to)), p->to_port);
	xfclose(out);
	return text;
}

static bool
same(const struct forwards *a, const struct forwards *b)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!forward_has(b, &a->element[i]))
			return false;
	return a->n == b->n;
}

/* In the namespace. */
static int
set_here(const struct forwards *want, char **error)
{
	char *text = text_of(want), *said = NULL;
	int status = nft_run(text, &said), fd;

	free(text);
	if (status < 0) {
		*error = xasprintf("cannot change the table inet ctr in its network: %.*s", (int)strcspn(said, "\n"), said);
		free(said);
		return -1;
	}
	/* Last: not without the guard. */
	fd = want->n == 0 ? -1 : open(FORWARD_SETTING, O_WRONLY | O_CLOEXEC);
	if (want->n > 0 && (fd < 0 || write(fd, "1", 1) != 1)) {
		*error = xasprintf("cannot set '%s' to 1 in its network: %s", FORWARD_SETTING, strerror(errno));
		status = -1;
	}
	if (fd >= 0)
		close(fd);
	return status;
}

int
forward_set(int pidfd, const struct forwards *want, char **error)
{
	struct forwards is;
	int back = -1, status = 0;

	if (forward_read(pidfd, &is) < 0) {
		/* It may be the host's, or it may have ended: there is nothing of ours. */
		if (want->n == 0 && (errno == EXDEV || errno == ESRCH))
			return 0;
		*error = errno == EXDEV ? xstrdup("its network is the host's own")
					: xasprintf("cannot look into its network: %s", strerror(errno));
		return -1;
	}
	if (!same(&is, want) || (want->n > 0 && !is.intact)) {
		back = netns_enter(pidfd);
		if (back < 0)
			*error = xasprintf("cannot enter its network: %s", strerror(errno));
		status = back < 0 || set_here(want, error) < 0 ? -1 : 1;
		nft_end();
		if (back >= 0)
			netns_leave(back);
	}
	forward_free(&is);
	return status;
}
