/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-addr gives each container its MAC address, veth name, IPv4 and IPv6 address for life (common/reserve.h
 * says how they stay unique), and writes its net.conf: the managed network, an existing bridge, or none. With
 * -u the addresses are free again, also those of a container that is gone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "ctr-addr/busybox.h"
#include "ctr-addr/netconf.h"
#include "ctr-addr/reserve.h"
#include "execute.h"
#include "fact.h"
#include "filter.h"
#include "lxc.h"
#include "option.h"
#include "pool.h"
#include "running.h"
#include "say.h"

static const char usage[] = "ctr-addr [-quv] [-j jobs] [-P lxcpath] [name [key=value ...] ...]";

static const char *const declared[] = { "network", "address", NULL };
static const char *const assigned[] = { "mac", "veth", "ipv4", "ipv6", NULL };
static const char *const owned[] = { "network", "address", "mac", "veth", "ipv4", "ipv6", NULL };

/* What differs between any two networks or addresses. */
static const char *const settings[] = { "lxc.net.0.type", "lxc.net.0.link", "lxc.net.0.hwaddr",
	"lxc.net.0.ipv4.address", "lxc.net.0.ipv6.address", NULL };

static bool undo;

/* What the facts `address` ask for. */
struct fixed {
	uint32_t v4; /* 0: none */
	struct in6_addr v6;
	bool has6;
};

static int
read_fixed(struct record *r, const struct record *want, struct fixed *fixed)
{
	const struct fact *f = NULL;
	unsigned char bytes[16];
	struct in_addr in;
	int family;

	*fixed = (struct fixed){ 0 };
	while ((f = record_find(want, "address", f)) != NULL) {
		family = address_parse(f->field[0], bytes);
		if (family == AF_INET ? fixed->v4 != 0 : fixed->has6)
			return record_fail(
			    r, "address %s is the second fixed one of its family", f->field[0]);
		if (family == AF_INET) {
			memcpy(&in, bytes, sizeof(in));
			fixed->v4 = ntohl(in.s_addr);
			if (!pool_has4(fixed->v4))
				return record_fail(r, "address %s is not one for containers in the pool %s",
				    f->field[0], pool()->net4);
		} else {
			memcpy(&fixed->v6, bytes, sizeof(fixed->v6));
			fixed->has6 = true;
			if (!pool_has6(&fixed->v6))
				return record_fail(r,
				    "address %s is not one for containers in the host's prefix %s",
				    f->field[0], pool()->net6);
		}
	}
	return 0;
}

/*
 * Reserves the addresses V4 and V6 and adds what follows from them to WANT. Returns 0, or -1 where it does
 * not succeed: *WHY, the caller's to free, says why, and with *OVER no other address would do better.
 */
static int
take(const struct reservations *t, const struct container *c, struct record *want, uint32_t v4,
    const struct fixed *fixed, char **why, bool *over)
{
	struct in_addr in4 = { htonl(v4) };
	struct in6_addr in6 = fixed->has6 ? fixed->v6 : pool_map(v4);
	char four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN], mac[18], veth[IFNAMSIZ], *by, *bad = four;
	int made;

	inet_ntop(AF_INET, &in4, four, sizeof(four));
	inet_ntop(AF_INET6, &in6, six, sizeof(six));
	made = reserve_take(t, four, c->dir, &by);
	*over = made < 0 && (by == NULL || fixed->v4 != 0);
	if (made >= 0 && reserve_take(t, six, c->dir, &by) < 0) {
		bad = six;
		*over = by == NULL || fixed->v4 != 0 || fixed->has6;
		/* Nobody can have looked at it but as taken. */
		if (made > 0)
			reserve_undo(t, four);
		made = -1;
	}
	if (made < 0) {
		*why = by == NULL ? xasprintf("cannot reserve address %s: %s", bad, strerror(errno))
				  : xasprintf("address %s is held by '%s'", bad, by);
		free(by);
		return -1;
	}
	snprintf(veth, sizeof(veth), "ctr%08x", v4);
	snprintf(mac, sizeof(mac), "02:66:%02x:%02x:%02x:%02x", v4 >> 24, v4 >> 16 & 0xff, v4 >> 8 & 0xff,
	    v4 & 0xff);
	record_add(want, "mac", mac, NULL);
	record_add(want, "veth", veth, NULL);
	record_add(want, "ipv4", four, NULL);
	record_add(want, "ipv6", six, NULL);
	return 0;
}

/*
 * The stored addresses, where they are reserved and as FIXED asks; 1 where they were added to WANT. *V4 is
 * the old one.
 */
static int
keep(const struct reservations *t, const struct container *c, struct record *want, const struct fixed *fixed,
    uint32_t *v4)
{
	const char *four = record_get(c->stored, "ipv4"), *six = record_get(c->stored, "ipv6");
	struct in6_addr in6, wanted;
	struct in_addr in4;
	size_t i;

	if (four == NULL || six == NULL || inet_pton(AF_INET, four, &in4) != 1 ||
	    inet_pton(AF_INET6, six, &in6) != 1)
		return 0;
	if (!pool_has4(ntohl(in4.s_addr)))
		return 0;
	*v4 = ntohl(in4.s_addr);
	wanted = fixed->has6 ? fixed->v6 : pool_map(*v4);
	if ((fixed->v4 != 0 && fixed->v4 != *v4) || !IN6_ARE_ADDR_EQUAL(&in6, &wanted) ||
	    !reserve_has(t, four, c->dir) || !reserve_has(t, six, c->dir))
		return 0;
	for (i = 0; assigned[i] != NULL; i++)
		record_add(want, assigned[i], record_get(c->stored, assigned[i]), NULL);
	return 1;
}

/* Adds mac, veth, ipv4 and ipv6 to WANT, reserved. Returns 0, or -1 after record_fail. */
static int
assign(struct reservations *t, const struct container *c, struct record *r, struct record *want)
{
	const uint32_t size = pool()->last - pool()->gateway - 1, start = pool_start(c->dir) % size;
	uint32_t v4, old = 0, i;
	struct fixed fixed;
	bool over = false, alone;
	char *why = NULL;

	if (read_fixed(r, want, &fixed) < 0)
		return -1;
	if (keep(t, c, want, &fixed, &old))
		return 0;
	/* First beside others; then alone, when what nobody has any more can be told and taken. */
	for (alone = false;; alone = true) {
		if (reserve_lock(t, alone) < 0)
			return record_fail(r, "cannot lock the reservations of addresses:");
		v4 = fixed.v4 != 0 ? fixed.v4 : old;
		for (i = 0; i <= size && !over; i++) {
			free(why);
			why = NULL;
			if (v4 != 0 && take(t, c, want, v4, &fixed, &why, &over) == 0)
				return 0;
			v4 = pool()->gateway + 1 + (start + i) % size;
		}
		if (alone)
			break;
		over = false;
	}
	if (over)
		record_fail(r, "%s", why);
	else
		record_fail(r, "no address is free: the pool %s is full", pool()->net4);
	free(why);
	return -1;
}

/*
 * On a bridge only the MAC address is ours. Its second byte tells it from those that are made of an address.
 */
static int
assign_mac(struct reservations *t, const struct container *c, struct record *r, struct record *want)
{
	const char *had = record_get(c->stored, "mac");
	uint32_t n = pool_start(c->dir), i;
	char mac[18], *by = NULL;
	int made = -1;

	if (had != NULL && strncmp(had, "02:67:", 6) == 0 && reserve_has(t, had, c->dir)) {
		record_add(want, "mac", had, NULL);
		return 0;
	}
	if (reserve_lock(t, false) < 0)
		return record_fail(r, "cannot lock the reservations of addresses:");
	for (i = 0; made < 0 && i < 65536; i++, n++) {
		snprintf(mac, sizeof(mac), "02:67:%02x:%02x:%02x:%02x", n >> 24, n >> 16 & 0xff,
		    n >> 8 & 0xff, n & 0xff);
		made = reserve_take(t, mac, c->dir, &by);
		if (made < 0 && by == NULL)
			return record_fail(r, "cannot reserve MAC address %s:", mac);
		free(by);
	}
	if (made < 0)
		return record_fail(r, "no MAC address is free");
	record_add(want, "mac", mac, NULL);
	return 0;
}

static int
check_bridge(struct record *r, const char *bridge)
{
	char *path = xasprintf("/sys/class/net/%s/bridge", bridge);
	bool is = access(path, F_OK) == 0;

	free(path);
	if (if_nametoindex(bridge) == 0)
		return record_fail(r, "there is no bridge '%s' on this host", bridge);
	return is ? 0 : record_fail(r, "the interface '%s' is no bridge", bridge);
}

/*
 * Adds to WANT what the container is given, writes it down, tells of it. T is locked where anything is new.
 */
static int
give(struct reservations *t, struct container *c, struct record *r, struct record *want)
{
	const char *network = record_get(want, "network"), *value, *kept[8];
	bool none = network != NULL && strcmp(network, "none") == 0, running, changed;
	bool had = record_get(c->stored, "mac") != NULL;
	char *text;
	size_t i, n = 0;
	int wrote, stored;

	if (network != NULL && record_get(want, "address") != NULL)
		return record_fail(
		    r, "a fixed address is of the managed network alone, not of '%s'", network);
	if (network == NULL ? assign(t, c, r, want) < 0
			    : !none && (check_bridge(r, network) < 0 || assign_mac(t, c, r, want) < 0))
		return -1;
	changed = !record_equal(c->stored, want, owned);
	if (changed && busybox_network(c, r, network != NULL && !none) < 0)
		return -1;
	text = netconf_text(want);
	wrote = container_conf(c, "net.conf", text);
	free(text);
	if (wrote < 0)
		return record_fail(r, "cannot write '%s/ctr/net.conf':", c->dir);
	stored = container_store(c, want, owned);
	if (stored < 0)
		return record_fail(r, "cannot write '%s/ctr/record':", c->dir);
	for (i = 0; assigned[i] != NULL; i++)
		if ((value = record_get(want, assigned[i])) != NULL)
			kept[n++] = value;
	kept[n] = NULL;
	value = record_get(want, "veth");
	/* Not asked where its interface is there, as it should be. */
	running =
	    (wrote > 0 || stored > 0 || value == NULL || if_nametoindex(value) == 0) && lxc_running(c->name);
	if (changed && had && !running && (reserve_lock(t, true) < 0 || reserve_release(t, c->dir, kept) < 0))
		return record_fail(r, "cannot free its old addresses:");
	if (wrote > 0 || stored > 0)
		record_did(r, "network %s%s%s", network == NULL ? "managed" : network,
		    network == NULL ? ", address " : "", network == NULL ? record_get(want, "ipv4") : "");
	for (i = 0; running && settings[i] != NULL; i++)
		if (running_differs(c->name, settings[i]))
			record_pending(r, "network");
	return 0;
}

/* The elements, names and DHCP entry of the container, where ctr-net made any. */
static int
withdraw(struct record *r)
{
	char *file = state_name(r->name);
	int hosts = run_open("hosts");
	bool there = hosts >= 0 && faccessat(hosts, file, F_OK, 0) == 0;

	if (hosts >= 0)
		close(hosts);
	free(file);
	if (there && execute((const char *const[]){
			 "ctr-net", "-u", "-q", "-P", container_path(), r->name, NULL }) != 0)
		return record_fail(r, "ctr-net cannot withdraw its addresses");
	return 0;
}

/* As container_open, but the container may be gone, half made or broken: then C has no stored record. */
static int
open_any(struct container *c, struct record *r)
{
	const struct fact *said = record_find(r, "container", NULL), *is;
	char *path = xasprintf("%s/%s/ctr", container_path(), r->name);
	int status = container_lock(c, r);

	if (status == 0) {
		c->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (c->dirfd >= 0 && faccessat(c->dirfd, "record", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			c->stored = record_read_file(c->dirfd, "record");
		is = c->stored == NULL ? NULL : record_find(c->stored, "container", NULL);
		if (is == NULL) {
			record_free(c->stored);
			c->stored = NULL;
		} else if (said != NULL && !fact_equal(said, is)) {
			status = record_fail(
			    r, "it belongs to project '%s', not to '%s'", is->field[0], said->field[0]);
			container_close(c);
		}
	}
	free(path);
	return status;
}

/* Reservations are known by the container's path alone. */
static int
give_up(struct record *r)
{
	static const char *const nothing[] = { NULL };
	struct record *want = record_new(r->name);
	struct reservations t = { .dir = -1, .lock = -1 };
	struct container c;
	int status = open_any(&c, r);
	long n = 0;

	if (status == 0 && lxc_running(r->name))
		status = record_fail(r, "it runs with its addresses: stop it first");
	if (status == 0 && c.stored != NULL &&
	    (container_conf(&c, "net.conf", netconf_none) < 0 || container_store(&c, want, owned) < 0))
		status = record_fail(r, "cannot write in '%s/ctr':", c.dir);
	if (status == 0)
		status = withdraw(r);
	if (status == 0 && (reserve_open(&t) < 0 || reserve_lock(&t, true) < 0 ||
			       (n = reserve_release(&t, c.dir, nothing)) < 0))
		status = record_fail(r, "cannot free its addresses:");
	if (status == 0 && n > 0)
		record_did(r, "addresses freed");
	reserve_close(&t);
	container_close(&c);
	record_free(want);
	return status;
}

static int
apply(struct record *r)
{
	struct reservations t;
	struct record *want;
	struct container c;
	const struct fact *f;
	size_t i;
	int status;

	if (undo && (record_whole(r) ||
			(record_find(r, "network", NULL) == NULL && record_find(r, "address", NULL) == NULL)))
		return give_up(r);
	if (container_open(&c, r) < 0)
		return -1;
	want = container_want(&c, r, declared, undo);
	if (reserve_open(&t) < 0)
		status = record_fail(r, "cannot open the reservations of addresses:");
	else
		status = give(&t, &c, r, want);
	for (i = 0; status == 0 && assigned[i] != NULL; i++) {
		record_drop(r, assigned[i]);
		if ((f = record_find(want, assigned[i], NULL)) != NULL)
			record_addv(r, f->key, f->field, f->n);
	}
	reserve_close(&t);
	record_free(want);
	container_close(&c);
	return status;
}

/* It has the addresses that are reserved for it, and runs with them if it runs. */
static bool
settled(struct record *r)
{
	struct record *stored = container_settled(r, declared, "net.conf"), *want = record_new(r->name);
	struct container c = { .name = r->name, .stored = stored };
	const struct fixed none = { 0 };
	struct reservations t = { .dir = -1, .lock = -1 };
	const struct fact *f;
	const char *veth;
	uint32_t v4 = 0;
	bool good = false;
	size_t i;

	if (!undo && stored != NULL && record_get(stored, "network") == NULL && reserve_open(&t) == 0) {
		c.dir = xasprintf("%s/%s", container_path(), r->name);
		good = keep(&t, &c, want, &none, &v4) > 0 && (veth = record_get(want, "veth")) != NULL &&
		       (if_nametoindex(veth) != 0 || !lxc_running(r->name));
		free(c.dir);
		reserve_close(&t);
	}
	for (i = 0; good && assigned[i] != NULL; i++) {
		record_drop(r, assigned[i]);
		f = record_find(want, assigned[i], NULL);
		record_addv(r, f->key, f->field, f->n);
	}
	record_free(want);
	record_free(stored);
	return good;
}

int
main(int argc, char **argv)
{
	struct filter f = { .apply = apply, .settled = settled };
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "j:u", usage)) != -1)
		undo = letter == 'u';
	f.ends = undo;
	pool();
	return filter(&f, argc - optind, argv + optind);
}
