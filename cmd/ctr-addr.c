/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-addr gives each container its MAC address, veth name, IPv4 and IPv6 address for life (common/reserve.h
 * says how they stay unique), and writes its net.conf: the managed network, an existing bridge, or none. With
 * -u the addresses are free again, also those of a container that is gone.
 */
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "container.h"
#include "ctr-addr/assign.h"
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

static const char *const declared[] = { "expose", "network", "isolate", "outbound", "mtu", "address", NULL };
static const char *const owned[] = { "expose", "network", "isolate", "outbound", "mtu", "address", "mac", "veth",
	"ipv4", "ipv6", NULL };
/* What the managed network alone has. */
static const char *const managed[] = { "isolate", "outbound", "mtu", "address", NULL };

/* What differs between any two networks or addresses. */
static const char *const settings[] = { "lxc.net.0.type", "lxc.net.0.link", "lxc.net.0.hwaddr",
	"lxc.net.0.mtu", "lxc.namespace.share.net",
	"lxc.net.0.ipv4.address", "lxc.net.0.ipv6.address", NULL };

static bool undo;

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
	bool bridge = network_bridge(network), running, changed;
	bool had = record_get(c->stored, "mac") != NULL;
	char *text;
	size_t i, n = 0;
	int wrote, stored;

	for (i = 0; network != NULL && managed[i] != NULL; i++)
		if (record_get(want, managed[i]) != NULL)
			return record_fail(
			    r, "%s is of the managed network alone, not of '%s'", managed[i], network);
	/* Who is root in it could not mount /sys, which is of the network, and LXC would not start it. */
	if (network != NULL && record_get(c->stored, "mapped") != NULL &&
	    (strcmp(network, "host") == 0 || network_shared(network) != NULL))
		return record_fail(r, "with ids of its own, by idmap, it can share no network: '%s'", network);
	value = network == NULL ? NULL : network_shared(network);
	if (value != NULL && !container_exists(value))
		return record_fail(r, "there is no container '%s' whose network it could share", value);
	if (network == NULL ? assign(t, c, r, want) < 0
			    : bridge && (check_bridge(r, network) < 0 || assign_mac(t, c, r, want) < 0))
		return -1;
	changed = !record_equal(c->stored, want, owned);
	if (changed && busybox_network(c, r, bridge) < 0)
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
	if (changed && network != NULL && strcmp(network, "host") == 0)
		say_warning(r->name, "it shares the host's network: it reaches all that the host reaches, and can have no "
				     "port, link or address of its own");
	else if (changed && network != NULL && network_shared(network) != NULL)
		say_warning(r->name, "it shares the network of '%s': it can have no port, link or address of its own",
		    network_shared(network));
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
	int hosts = run_find("hosts");
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
	bool named = false;
	size_t i;
	int status;

	for (i = 0; declared[i] != NULL; i++)
		named = named || record_find(r, declared[i], NULL) != NULL;
	if (undo && (record_whole(r) || !named))
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

/* Whether net.conf is what would be written: the programs may lie elsewhere than when it was. */
static bool
is_written(const struct container *c, const struct record *want)
{
	char *text = netconf_text(want);
	bool is = conf_written(c->name, "net.conf", text);

	free(text);
	return is;
}

/* It has the addresses that are reserved for it, and runs with them. Of one that does not, its monitor is asked. */
static bool
settled(struct record *r)
{
	struct record *stored = container_settled(r, declared, "net.conf"), *want = record_new(r->name);
	struct container c = { .name = r->name, .stored = stored };
	struct reservations t = { .dir = -1, .lock = -1 };
	const struct fact *f;
	const char *veth;
	bool good = false;
	size_t i;

	if (!undo && stored != NULL && record_get(stored, "network") == NULL && reserve_open(&t) == 0) {
		c.dir = xasprintf("%s/%s", container_path(), r->name);
		if ((f = record_find(r, "mtu", NULL)) != NULL)
			record_addv(want, f->key, f->field, f->n);
		good = assign_kept(&t, &c, want) && (veth = record_get(want, "veth")) != NULL &&
		       is_written(&c, want) && if_nametoindex(veth) != 0;
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
