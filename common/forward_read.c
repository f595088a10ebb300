/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "fact.h"
#include "forward.h"
#include "netlink.h"
#include "netns.h"
#include "ready.h"
#include "replace.h"
#include "say.h"

static void
append(struct forwards *f, const struct publish *p)
{
	f->element = xgrow(f->element, f->n, sizeof(*f->element));
	f->element[f->n++] = *p;
}

bool
forward_has(const struct forwards *f, const struct publish *p)
{
	const struct publish *e;

	for (e = f->element; e < f->element + f->n; e++)
		if (e->proto == p->proto && e->port == p->port && e->to_port == p->to_port &&
		    memcmp(e->addr, p->addr, 4) == 0 && memcmp(e->to, p->to, 4) == 0 && strcmp(e->holder, p->holder) == 0)
			return true;
	return false;
}

bool
forward_add(struct forwards *f, const struct fact *fact, const struct record *to)
{
	struct publish p = { .family = AF_INET, .proto = strcmp(fact->field[1], "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP };
	const char *address = container_managed(to) ? record_get(to, "ipv4") : NULL;
	struct ports local, port;

	if (address == NULL || address_parse(address, p.to) != AF_INET || address_parse(fact->field[2], p.addr) != AF_INET ||
	    !ports_parse(fact->field[3], &local) || !ports_parse(fact->field[4], &port))
		return false;
	p.port = local.first;
	p.to_port = port.first;
	snprintf(p.holder, sizeof(p.holder), "%s", to->name);
	append(f, &p);
	return true;
}

static int
take(const struct publish *p, void *arg)
{
	struct forwards *f = arg;

	if (f->n == FORWARDS_MAX)
		return 1;
	append(f, p);
	return 0;
}

/* In the namespace. */
static int
read_here(struct forwards *f)
{
	static const struct publish kind = { .family = AF_INET };
	int fd = netlink_open(NETLINK_NETFILTER), status, saved;
	char *setting = NULL;
	size_t len;

	if (fd < 0)
		return -1;
	status = publish_map_each(fd, &kind, take, f);
	f->intact = status >= 0 && ready_rules(fd) != 0 &&
		    read_at(AT_FDCWD, FORWARD_SETTING, &setting, &len, 16) == 0 && setting[0] == '1';
	free(setting);
	saved = errno;
	close(fd);
	errno = saved;
	/* No such map, or one of another form that its root has put in its place. */
	if (status < 0 && errno != ENOENT && errno != EPROTO)
		return -1;
	if (status < 0)
		f->n = 0;
	return 0;
}

int
forward_read(int pidfd, struct forwards *f)
{
	int back = netns_enter(pidfd), status;

	*f = (struct forwards){ NULL, 0, false };
	if (back < 0)
		return -1;
	status = read_here(f);
	netns_leave(back);
	if (status < 0)
		forward_free(f);
	return status;
}

void
forward_free(struct forwards *f)
{
	free(f->element);
	*f = (struct forwards){ NULL, 0, false };
}
