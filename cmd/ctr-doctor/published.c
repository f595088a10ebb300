/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Published ports, as the kernel has them. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "checks.h"
#include "report.h"
#include "listen.h"
#include "publish.h"
#include "quote.h"
#include "say.h"

static struct publish *ports;
static size_t nports;

static int
add(const struct publish *p, void *arg)
{
	(void)arg;
	if ((nports & (nports - 1)) == 0)
		ports = xrealloc(ports, nports == 0 ? 1 : nports * 2, sizeof(*ports));
	ports[nports++] = *p;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	return publish_compare(a, b);
}

static int
by_holder(const void *a, const void *b)
{
	const struct publish *pa = a, *pb = b;
	int order = strcmp(pa->holder, pb->holder);

	return order == 0 ? publish_compare(a, b) : order;
}

/* All of them, in ORDER. */
static void
read_ports(int (*order)(const void *a, const void *b))
{
	int fd = publish_open();

	nports = 0;
	/* Without the table nothing is published. */
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || publish_each(fd, false, add, NULL) < 0 || publish_each(fd, true, add, NULL) < 0)
		unknown("cannot list the published ports: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	if (nports > 0)
		qsort(ports, nports, sizeof(*ports), order);
}

void
check_port(void)
{
	const struct publish *p, *told = NULL;
	char text[PUBLISH_TEXT];

	read_ports(by_key);
	for (p = ports; p < ports + nports; p++) {
		if ((told != NULL && told->proto == p->proto && told->port == p->port) ||
		    !listens(p->proto, p->family, p->any ? NULL : p->addr, p->port))
			continue;
		told = p;
		finding("port %s, published for '%s', hides a process of the host that listens on it",
		    publish_text(p, text), p->holder);
		proof("ss -Hln%cp 'sport = :%u'", p->proto == IPPROTO_TCP ? 't' : 'u', p->port);
		remedy("# end that process, or publish the container's port at another one");
	}
}

void
check_stale(void)
{
	const struct publish *p, *told = NULL;
	char text[PUBLISH_TEXT], *path;

	read_ports(by_holder);
	for (p = ports; p < ports + nports; p++) {
		if (p->holder[0] == '\0' || (told != NULL && strcmp(told->holder, p->holder) == 0) ||
		    container_exists(p->holder) || !publish_held(p, p->holder, NULL))
			continue;
		told = p;
		finding(
		    "port %s is published for '%s', and there is no such container: it leads to whoever gets its address",
		    publish_text(p, text), p->holder);
		proof("nft list table inet ctr | grep -F '\"%s\"'", p->holder);
		path = quote_text(container_path());
		if (strcmp(path, "/var/lib/lxc") == 0)
			remedy("ctr-ports -u %s >/dev/null", p->holder);
		else
			remedy("ctr-ports -u -P %s %s >/dev/null", path, p->holder);
		free(path);
	}
}
