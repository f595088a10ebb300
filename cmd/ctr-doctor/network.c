/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's settings and routes, and the table inet ctr. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "checks.h"
#include "netlink.h"
#include "report.h"
#include "pool.h"
#include "quote.h"
#include "ready.h"
#include "replace.h"
#include "say.h"

char *
path_option(void)
{
	char *path = quote_text(container_path()), *text;

	text = strcmp(path, "/var/lib/lxc") == 0 ? xstrdup("") : xasprintf(" -P %s", path);
	free(path);
	return text;
}

void
remedy_network(void)
{
	char *path = path_option();

	remedy("ctr-list%s | ctr-net%s | ctr-ports%s >/dev/null", path, path, path);
	free(path);
}

/* The number in the setting PATH; -1 where it is not there or cannot be read. */
static long
setting(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL, *end;
	size_t len;
	long n = -1;

	if (fd >= 0 && read_all(fd, &text, &len, 4096) == 0) {
		n = strtol(text, &end, 10);
		n = end == text ? -1 : n;
		free(text);
	}
	if (fd >= 0)
		close(fd);
	return n;
}

void
check_forwarding(void)
{
	static const struct {
		const char *path, *family;
	} all[] = { { "/proc/sys/net/ipv4/ip_forward", "IPv4" },
		{ "/proc/sys/net/ipv6/conf/all/forwarding", "IPv6" } };
	size_t i;
	long n;

	/* Before a container runs it may be off: ctr-net turns it on. */
	for (i = 0; pool_any_veth() && i < sizeof(all) / sizeof(all[0]); i++) {
		n = setting(all[i].path);
		if (n < 0 && errno != ENOENT)
			unknown("cannot read '%s': %s", all[i].path, strerror(errno));
		if (n == 1)
			continue;
		finding(n < 0 ? "there is no %s: containers are not reached by it"
			      : "the host does not forward %s: containers reach it alone, and it them",
		    all[i].family);
		proof("cat %s", all[i].path);
		if (n == 0)
			remedy_network();
		else
			remedy("# start the kernel without ipv6.disable=1");
	}
}

void
check_table(void)
{
	int run = run_find("");
	char *text = NULL;
	uint64_t rules, made = 0;
	size_t len;

	/* Without containers that run there is none. */
	if (!pool_any_veth())
		goto end;
	rules = ready_rules(netlink_netfilter());
	if (rules == UINT64_MAX) {
		unknown("cannot read the rules of the table inet ctr: %s", strerror(errno));
		goto end;
	}
	if (run >= 0 && read_at(run, "rules", &text, &len, 64) == 0)
		made = strtoull(text, NULL, 16);
	if (rules == made && rules != 0)
		goto end;
	finding(rules == 0 ? "the table inet ctr is not there, though containers run: no port leads to them"
			   : "the table inet ctr has other rules than ctr-net made");
	proof("nft list table inet ctr");
	remedy_network();
end:
	free(text);
	if (run >= 0)
		close(run);
}

/* A route of the main table. */
struct route {
	char interface[16];
	int family;
	unsigned char addr[16];
	unsigned bits, metric;
};

static size_t
read_routes(struct route **routes)
{
	FILE *in = fopen("/proc/net/route", "re");
	char *line = NULL, hex[33];
	size_t size = 0, n = 0, i;
	unsigned dest, mask, flags, byte;
	struct route r, *all = NULL;

	/* Documentation of both: proc(5) and the kernel's fib_route_seq_show(), ipv6_route_native_seq_show(). */
	while (in != NULL && getline(&line, &size, in) > 0) {
		r = (struct route){ .family = AF_INET };
		if (sscanf(line, "%15s %8x %*x %x %*d %*d %u %8x", r.interface, &dest, &flags, &r.metric,
			&mask) != 5)
			continue;
		memcpy(r.addr, &dest, 4);
		r.bits = (unsigned)__builtin_popcount(mask);
		all = xrealloc(all, n + 1, sizeof(*all));
		all[n++] = r;
	}
	if (in == NULL)
		unknown("cannot read '/proc/net/route': %s", strerror(errno));
	else
		fclose(in);
	in = fopen("/proc/net/ipv6_route", "re");
	while (in != NULL && getline(&line, &size, in) > 0) {
		r = (struct route){ .family = AF_INET6 };
		if (sscanf(line, "%32[0-9a-f] %x %*s %*x %*s %x %*x %*x %*x %15s", hex, &r.bits, &r.metric,
			r.interface) != 4)
			continue;
		for (i = 0; i < 16 && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
			r.addr[i] = (unsigned char)byte;
		all = xrealloc(all, n + 1, sizeof(*all));
		all[n++] = r;
	}
	/* A kernel without IPv6 has no such file. */
	if (in != NULL)
		fclose(in);
	free(line);
	*routes = all;
	return n;
}

static bool
same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned char mask = (unsigned char)(0xff00 >> bits % 8);

	return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

/* The settings of all interfaces and of one: the higher one holds (kernel's ip-sysctl). */
static long
rp_filter(const char *interface)
{
	char *path = xasprintf("/proc/sys/net/ipv4/conf/%s/rp_filter", interface);
	long one = setting(path), all = setting("/proc/sys/net/ipv4/conf/all/rp_filter");

	free(path);
	return one > all ? one : all;
}

void
check_rp_filter(void)
{
	struct route *all, *r, *best = NULL;
	size_t n = read_routes(&all), i;

	for (r = all; r < all + n; r++)
		if (r->family == AF_INET && r->bits == 0 && (best == NULL || r->metric < best->metric))
			best = r;
	for (i = 0; i < n && best != NULL; i++) {
		r = &all[i];
		if (r->family != AF_INET || r->bits != 0 || strcmp(r->interface, best->interface) == 0 ||
		    rp_filter(r->interface) != 1)
			continue;
		finding(
		    "'%s' drops what others send to published ports by it, since the answers would leave by '%s'",
		    r->interface, best->interface);
		proof(
		    "ip -4 route show default; sysctl net.ipv4.conf.all.rp_filter net/ipv4/conf/%s/rp_filter",
		    r->interface);
		remedy("sysctl -w net/ipv4/conf/%s/rp_filter=2", r->interface);
	}
	free(all);
}

/*
 * Whether the IPv6 prefix is known without making anything: pool() keeps a number in CTR_STATE for a host that has no
 * machine-id(5). Then another takes its place.
 */
static bool
prefix_known(void)
{
	const char *said = getenv("CTR_POOL6"), *state = getenv("CTR_STATE");
	char *kept = xasprintf("%s/addr/prefix", state != NULL && state[0] == '/' ? state : "/var/lib/ctr"),
	     link[2];
	bool known;

	known = (said != NULL && *said != '\0') || access("/etc/machine-id", R_OK) == 0 ||
		readlink(kept, link, sizeof(link)) > 0;
	free(kept);
	if (!known)
		setenv("CTR_POOL6", "fd00::/64", 1);
	return known;
}

/* The first /16 of 10.0.0.0/8 or of 172.16.0.0/12 that none of the routes has a part of; else a null pointer. */
static char *
free_network(const struct route *all, size_t n)
{
	unsigned i, k;
	unsigned char at[4] = { 0 };

	for (i = 66; i < 66 + 256 + 16; i++) {
		at[0] = i < 66 + 256 ? 10 : 172;
		at[1] = (unsigned char)(i < 66 + 256 ? i & 255 : 16 + (i - 66 - 256));
		for (k = 0; k < n; k++)
			if (all[k].family == AF_INET && all[k].bits != 0 && !pool_is_veth(all[k].interface) &&
			    same_bits(at, all[k].addr, all[k].bits < 16 ? all[k].bits : 16))
				break;
		if (k == n)
			return xasprintf("%u.%u.0.0/16", at[0], at[1]);
	}
	return NULL;
}

static void
overlap(const struct route *r, const struct route *all, size_t n)
{
	bool four = r->family == AF_INET;
	const char *net = four ? pool()->net4 : pool()->net6;
	unsigned bits = (unsigned)strtoul(strchr(net, '/') + 1, NULL, 10);
	struct in_addr first = { htonl(pool()->first) };
	char text[INET6_ADDRSTRLEN], *other;

	if (r->bits == 0 || strncmp(r->interface, "ctr", 3) == 0 || strcmp(r->interface, "lo") == 0 ||
	    !same_bits(r->addr, four ? (unsigned char *)&first : pool()->prefix.s6_addr,
		r->bits < bits ? r->bits : bits))
		return;
	inet_ntop(r->family, r->addr, text, sizeof(text));
	if (r->bits < bits) {
		/* A container's own route is the narrower one, and goes before it. */
		note(
		    "the pool %s lies in %s/%u, which is routed by '%s': where a container has an address of others there, they are not reached",
		    net, text, r->bits, r->interface);
		proof("ip %s route show root %s/%u", four ? "-4" : "-6", text, r->bits);
	} else {
		finding("the pool %s overlaps %s/%u, which is routed by '%s'", net, text, r->bits, r->interface);
		proof("ip %s route show root %s", four ? "-4" : "-6", net);
	}
	other = four ? free_network(all, n) : NULL;
	remedy(
	    "# have containers in another network, such as CTR_POOL%s=%s in /etc/environment, or others out of this one",
	    four ? "4" : "6",
	    other != NULL ? other
	    : four	  ? "192.168.66.0/24"
			  : "fd66:66:66::/64");
	free(other);
}

void
check_pool(void)
{
	struct route *all;
	size_t n = read_routes(&all), i;
	bool six = prefix_known();

	for (i = 0; i < n; i++)
		if (all[i].family == AF_INET || six)
			overlap(&all[i], all, n);
	free(all);
}
