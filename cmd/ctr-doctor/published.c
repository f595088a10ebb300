/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Published ports, as the kernel has them, and names, as dnsmasq has them. */
#include <dirent.h>
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
#include "ready.h"
#include "replace.h"
#include "say.h"

static struct publish *ports;
static size_t nports;

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
	free(ports);
	if (publish_list(&ports, &nports) < 0)
		unknown("cannot list the published ports: %s", strerror(errno));
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

/* Those whose names and addresses are let in, each a file of RUN/hosts. */
static void
stale_names(const char *path)
{
	int hosts = run_find("hosts");
	DIR *dir = hosts < 0 ? NULL : read_directory(hosts);
	struct dirent *e;
	char *name, *file, *there;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		name = xstrndup(e->d_name, strcspn(e->d_name, "@"));
		file = state_name(name);
		/* Of this directory of containers. */
		if (name_valid(name) && strcmp(file, e->d_name) == 0 && !container_exists(name)) {
			finding("'%s' has its names and what links to it still, and there is no such container: whoever gets its address has them",
			    name);
			there = ready_path(hosts, file);
			proof("grep . %s", there);
			remedy("ctr-net -u%s %s >/dev/null", path, name);
			free(there);
		}
		free(name);
		free(file);
	}
	if (dir != NULL)
		closedir(dir);
	if (hosts >= 0)
		close(hosts);
}

void
check_stale(void)
{
	const struct publish *p, *told = NULL;
	char text[PUBLISH_TEXT], *path = path_option();

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
		remedy("ctr-ports -u%s %s >/dev/null", path, p->holder);
	}
	stale_names(path);
	free(path);
}
