/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolv.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fact.h"
#include "hostname.h"
#include "pool.h"
#include "replace.h"
#include "say.h"

char *
resolv_domain(const struct record *r)
{
	return host_label(record_find(r, "container", NULL)->field[0]);
}

static void
add(struct resolv *v, const char *address)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (strcmp(v->server[i], address) == 0)
			return;
	v->server = xrealloc(v->server, v->n + 1, sizeof(*v->server));
	v->server[v->n++] = xstrdup(address);
}

static bool
is_loopback(const char *address)
{
	static const unsigned char one[16] = { [15] = 1 };
	unsigned char bytes[16];
	int family = address_parse(address, bytes);

	return family == AF_INET ? bytes[0] == 127 : memcmp(bytes, one, sizeof(one)) == 0;
}

/* The servers that the file PATH of the host names, but loopback ones, which are others' in a container. */
static size_t
copy(struct resolv *v, const char *path)
{
	static const char *const blank = " \t\r";
	char *text = NULL, *line, *next, *word;
	size_t len, n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || read_all(fd, &text, &len, 1 << 16) < 0)
		text = xstrdup("");
	for (line = text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		if (strncmp(line, "nameserver", 10) != 0 || line[10] == '\0' || strchr(blank, line[10]) == NULL)
			continue;
		word = line + 10 + strspn(line + 10, blank);
		word[strcspn(word, blank)] = '\0';
		/* Nor those of one link, `fe80::1%eth0'. */
		if (address_parse(word, NULL) == 0 || is_loopback(word))
			continue;
		add(v, word);
		n++;
	}
	if (fd >= 0)
		close(fd);
	free(text);
	return n;
}

/* The addresses of the interface BRIDGE, one of each family. */
static size_t
bridge(struct resolv *v, const char *name)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *all = NULL, *a;
	const void *address;
	size_t i, n = v->n;
	bool link;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = 0; i < 2; i++)
		for (a = all; a != NULL; a = a->ifa_next) {
			if (a->ifa_addr == NULL || a->ifa_addr->sa_family != families[i] ||
			    strcmp(a->ifa_name, name) != 0)
				continue;
			address = i == 0 ? (const void *)&((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr
					 : (const void *)&((struct sockaddr_in6 *)(void *)a->ifa_addr)->sin6_addr;
			link = i == 1 && IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)address);
			if (!link && inet_ntop(families[i], address, text, sizeof(text)) != NULL) {
				add(v, text);
				break;
			}
		}
	freeifaddrs(all);
	return v->n - n;
}

static int
read_one(struct resolv *v, const char *text, const char *network, char **wrong)
{
	bool none = network != NULL && strcmp(network, "none") == 0;

	if (strcmp(text, "$bridge") == 0) {
		if (network == NULL)
			add(v, pool()->gateway4);
		else if (none || bridge(v, network) == 0)
			*wrong = none ? xstrdup("dns: there is no $bridge without a network")
				      : xasprintf("dns: the $bridge '%s' has no address on this host", network);
	} else if (strcmp(text, "$copy") == 0) {
		/* systemd-resolved has its own address in the first, and whom it asks itself in the second. */
		if (copy(v, "/etc/resolv.conf") == 0 && copy(v, "/run/systemd/resolve/resolv.conf") == 0) {
			/* dnsmasq at the gateway can ask what listens on the host's loopback. */
			if (network == NULL)
				add(v, pool()->gateway4);
			else
				*wrong = xstrdup(
				    "dns: $copy: the host's '/etc/resolv.conf' names no server that a container could ask");
		}
	} else {
		add(v, text);
	}
	return *wrong == NULL ? 0 : -1;
}

int
resolv_read(const struct record *r, struct resolv *v, char **wrong)
{
	const char *network = record_get(r, "network");
	const struct fact *f = NULL;
	size_t i;

	*v = (struct resolv){ 0 };
	*wrong = NULL;
	if (network == NULL && record_find(r, "dns", NULL) == NULL)
		add(v, pool()->gateway4);
	while ((f = record_find(r, "dns", f)) != NULL)
		if (read_one(v, f->field[0], network, wrong) < 0)
			return -1;
	/* Elsewhere a search of it would ask the world for SHORT.PROJECT, and believe the answer. */
	for (i = 0; network == NULL && i < v->n && v->search == NULL; i++)
		if (strcmp(v->server[i], pool()->gateway4) == 0 || strcmp(v->server[i], pool()->gateway6) == 0)
			v->search = resolv_domain(r);
	return 0;
}

void
resolv_free(struct resolv *v)
{
	while (v->n > 0)
		free(v->server[--v->n]);
	free(v->server);
	free(v->search);
	*v = (struct resolv){ 0 };
}
