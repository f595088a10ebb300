/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-net makes the host ready for the managed network (forwarding, the table `inet ctr`, dnsmasq for DHCP
 * and names) and lets the containers of its records in: their addresses into the table's sets, their names
 * and MAC addresses into files that dnsmasq watches. With -u it withdraws them, and the rest once no
 * container is left running.
 *
 * It takes no container's lock: LXC's hook executes it while ctr-start holds that. Stored records are
 * replaced whole.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "ctr-net/clear.h"
#include "ctr-net/dnsmasq.h"
#include "ctr-net/elements.h"
#include "ctr-net/forward.h"
#include "ctr-net/gone.h"
#include "ctr-net/share.h"
#include "ctr-net/table.h"
#include "filter.h"
#include "netlink.h"
#include "option.h"
#include "pool.h"
#include "ready.h"
#include "say.h"

static const char usage[] = "ctr-net [-quv] [-P lxcpath] [name ...]";

static bool undo;

/* Reads the stored record. A container that is not on the managed network has no addresses in it. */
static void
read_entry(struct entry *e, struct record *r)
{
	int what;

	*e = (struct entry){ .r = r, .file = state_name(r->name), .withdrawn = undo };
	what = container_look(r, &e->stored);
	if (what == LOOK_FAILED) {
		e->withdrawn = false;
	} else if (what == LOOK_OURS) {
		e->ours = record_get(e->stored, "ipv4") != NULL && record_get(e->stored, "ipv6") != NULL &&
			  record_get(e->stored, "mac") != NULL && record_get(e->stored, "veth") != NULL;
		if (e->ours)
			e->is = names_entry(e->stored);
		else if (!undo && record_get(e->stored, "network") == NULL)
			record_fail(r, "it has no addresses: ctr-addr gives it some");
	} else if (!undo) {
		container_refuse(r, what);
	}
}

/* The host's directories and lock, all of -1 where one failed. */
struct host {
	struct share_dirs dir;
	int lock;
};

static int
host_open(struct host *h)
{
	*h = (struct host){ { -1, -1, -1 }, -1 };
	h->lock = ready_lock(LOCK_EX, &h->dir.run);
	if (h->lock < 0)
		return -1;
	/* Under the lock: who takes the host's part away removes these two. */
	h->dir.hosts = run_open("hosts");
	h->dir.dhcp = run_open("dhcp");
	if (h->dir.hosts < 0 || h->dir.dhcp < 0)
		return -1;
	/* dnsmasq is not root. */
	return fchmod(h->dir.run, 0755) < 0 || fchmod(h->dir.hosts, 0755) < 0 || fchmod(h->dir.dhcp, 0755) < 0 ? -1 : 0;
}

/*
 * What was let in already, where that is not what the stored record says. One that runs with other addresses
 * than it will have keeps them and its names until it is started again: then LXC's hook has this program
 * executed. One that has left the managed network and does not run on it any more is withdrawn.
 */
static void
compare(struct entry *e, const struct host *h)
{
	struct names_entry was;
	int found;

	if (record_failed(e->r) || e->stored == NULL)
		return;
	found = names_read(h->dir.hosts, e->file, &was);
	e->fresh = found == 0 && e->ours;
	if (found < 0)
		record_fail(e->r, "cannot read with which addresses it was let in:");
	if (found <= 0)
		return;
	if (!e->ours) {
		e->withdrawn = !pool_veth_up(was.ipv4);
	} else if (strcmp(e->is.ipv4, was.ipv4) != 0 && pool_veth_up(was.ipv4)) {
		e->waits = true;
		e->fresh = false;
		e->is = was;
		record_pending(e->r, "network");
	} else {
		e->fresh = strcmp(e->is.ipv4, was.ipv4) != 0 || strcmp(e->is.ipv6, was.ipv6) != 0;
	}
}

static void
host_close(struct host *h)
{
	int fds[] = { h->dir.run, h->dir.hosts, h->dir.dhcp, h->lock };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Removes the names of those whose address another has. 1 where there was one, 0, or -1 with what is wrong in *ERROR. */
static int
forget_taken(const struct gone *gone, const struct host *h, char **error)
{
	bool any = false;
	size_t i;

	for (i = 0; i < gone->n; i++) {
		if (!gone->one[i].taken)
			continue;
		if (share_begin(&h->dir) < 0) {
			*error = xasprintf("cannot make 'unread' in the runtime directory: %s", strerror(errno));
			return -1;
		}
		if (clear_file(h->dir.dhcp, gone->one[i].file, 0, error) < 0 ||
		    clear_file(h->dir.hosts, gone->one[i].file, 0, error) < 0)
			return -1;
		any = true;
	}
	return any;
}

/* Sets the elements of the N containers E, with EVERY those of all, and forgets who had their addresses. As forget_taken. */
static int
set_elements(const struct entry *e, size_t n, const struct host *h, bool every, char **error)
{
	struct gone gone;
	int status = gone_find(&gone, e, n, h->dir.hosts);

	if (status < 0)
		*error = xasprintf("cannot read who was let in: %s", strerror(errno));
	else
		status = elements_set(e, n, &gone, h->dir.hosts, false, every, error);
	if (status == 0)
		status = forget_taken(&gone, h, error);
	gone_free(&gone);
	return status;
}

/* Lets in the N containers E. Returns 0, or -1 with what is wrong in *ERROR, the caller's to free. */
static int
let_in(struct entry *e, size_t n, const struct host *h, char **error)
{
	bool replaced = share_unread(&h->dir), news = replaced;
	int table, forward, daemon, wrote, taken;
	char *path = NULL;
	size_t i;

	forward = forward_on(h->dir.run, &path);
	if (forward < 0)
		*error = xasprintf("cannot turn on forwarding: '%s': %s", path, strerror(errno));
	free(path);
	table = forward < 0 ? -1 : table_make(h->dir.run, error);
	taken = table < 0 ? -1 : set_elements(e, n, h, table > 0, error);
	if (taken < 0 || (table > 0 && table_note(h->dir.run, error) < 0))
		return -1;
	if (taken > 0)
		news = replaced = true;
	for (i = 0; i < n; i++)
		if (e[i].ours && !e[i].waits && !record_failed(e[i].r)) {
			wrote = share_write(&h->dir, e[i].file, e[i].stored,
			    record_whole(e[i].r) ? e[i].r : e[i].stored, &replaced);
			if (wrote < 0)
				record_fail(e[i].r, "cannot write its names and its address for dnsmasq:");
			e[i].changed = wrote > 0;
			news = news || e[i].changed;
		}
	news = news || faccessat(h->dir.run, "projects", F_OK, 0) < 0;
	if (news && share_names(&h->dir, &replaced, error) < 0)
		return -1;
	daemon = dnsmasq_start(h->dir.run, replaced, error);
	if (daemon >= 0 && news && share_done(&h->dir, error) < 0)
		daemon = -1;
	if (forward > 0)
		say_note(NULL, "forwarding is on");
	if (table > 0)
		say_note(NULL, "the table inet ctr was made");
	if (daemon > 0)
		say_note(NULL, "dnsmasq was started");
	for (i = 0; daemon >= 0 && i < n; i++)
		if (e[i].ours && !record_failed(e[i].r) &&
		    (e[i].changed || forward > 0 || table > 0 || daemon > 0))
			record_did(e[i].r, "let in with address %s", e[i].is.ipv4);
	return daemon < 0 ? -1 : 0;
}

/* Takes the host's part away, and the runtime directory where nothing else is in it. */
static int
take_down(const struct host *h, char **error)
{
	char *path = NULL;
	int daemon, forward, table, status;

	daemon = dnsmasq_stop(h->dir.run);
	if (daemon < 0) {
		*error = xasprintf("cannot end dnsmasq: %s", strerror(errno));
		return -1;
	}
	table = table_remove(h->dir.run, error);
	if (table < 0)
		return -1;
	forward = forward_restore(h->dir.run, &path);
	if (forward < 0)
		*error =
		    xasprintf("cannot set '%s' back: %s", path == NULL ? "sysctls" : path, strerror(errno));
	free(path);
	if (forward < 0)
		return -1;
	/*
	 * The mark of the table goes last: while it is there, the next run comes here again. Who waits for the lock sees
	 * that it is gone.
	 */
	if (clear_directory(h->dir.hosts, error) < 0 || clear_directory(h->dir.dhcp, error) < 0 ||
	    clear_file(h->dir.run, "hosts", AT_REMOVEDIR, error) < 0 ||
	    clear_file(h->dir.run, "dhcp", AT_REMOVEDIR, error) < 0 ||
	    clear_file(h->dir.run, "projects", 0, error) < 0 || share_done(&h->dir, error) < 0 ||
	    /* Of one that ended otherwise. */
	    clear_file(h->dir.run, "dnsmasq.pid", 0, error) < 0 ||
	    clear_file(h->dir.run, "rules", 0, error) < 0 || clear_file(h->dir.run, "lock", 0, error) < 0)
		return -1;
	path = ready_path(h->dir.run, "");
	status = rmdir(path);
	if (status < 0 && errno != ENOTEMPTY && errno != EBUSY)
		*error = xasprintf("cannot remove '%s': %s", path, strerror(errno));
	free(path);
	if (*error != NULL)
		return -1;
	if (table > 0 || daemon > 0 || forward > 0)
		say_note(NULL, "no container is left: the host's network is as before");
	return 0;
}

/* Withdraws the N containers E; then, where none is left running, the rest. */
static int
withdraw(struct entry *e, size_t n, const struct host *h, char **error)
{
	const struct gone none = { NULL, 0 };
	bool replaced = share_unread(&h->dir);
	int daemon, found;
	size_t i;

	/* What it was let in with counts, not what its record says by now. */
	for (i = 0; i < n; i++) {
		found = e[i].withdrawn ? names_read(h->dir.hosts, e[i].file, &e[i].is) : 0;
		if (found < 0) {
			*error = xasprintf("cannot read with which addresses it was let in: %s", strerror(errno));
			return -1;
		}
		if (found > 0)
			e[i].ours = e[i].changed = replaced = true;
	}
	if (ready_rules(netlink_netfilter()) != 0 && elements_set(e, n, &none, h->dir.hosts, undo, false, error) < 0)
		return -1;
	if (replaced && share_begin(&h->dir) < 0) {
		*error = xasprintf("cannot make 'unread' in the runtime directory: %s", strerror(errno));
		return -1;
	}
	for (i = 0; i < n; i++)
		if (e[i].withdrawn &&
		    (clear_file(h->dir.dhcp, e[i].file, 0, error) < 0 || clear_file(h->dir.hosts, e[i].file, 0, error) < 0))
			return -1;
	if (undo && !pool_any_veth()) {
		if (take_down(h, error) < 0)
			return -1;
	} else if (replaced) {
		if (share_names(&h->dir, &replaced, error) < 0)
			return -1;
		daemon = ready_dnsmasq(h->dir.run, NULL, NULL);
		if (daemon >= 0)
			close(daemon);
		if (daemon >= 0 && dnsmasq_start(h->dir.run, true, error) < 0)
			return -1;
		if (share_done(&h->dir, error) < 0)
			return -1;
	}
	for (i = 0; i < n; i++)
		if (e[i].withdrawn && e[i].changed)
			record_did(e[i].r, "address %s withdrawn", e[i].is.ipv4);
	return 0;
}

/*
 * Reads the entries E of RECORDS. *IN gets whether any is to be let in; returns whether any may be to be
 * withdrawn.
 */
static bool
read_entries(struct entry *e, struct record **records, size_t n, bool *in)
{
	int hosts = run_find("hosts");
	bool out = undo;
	size_t i;

	*in = false;
	for (i = 0; i < n; i++) {
		read_entry(&e[i], records[i]);
		*in = *in || e[i].ours;
		out = out || (!e[i].ours && hosts >= 0 && faccessat(hosts, e[i].file, F_OK, 0) == 0);
	}
	if (hosts >= 0)
		close(hosts);
	return out;
}

static int
all(struct record **records, size_t n)
{
	struct entry *e = xrealloc(NULL, n, sizeof(*e));
	struct host h;
	char *error = NULL;
	bool in, out = read_entries(e, records, n, &in);
	int status = 0;
	size_t i;

	if (in || out) {
		status = host_open(&h);
		if (status < 0)
			error = xasprintf("cannot open the runtime directory: %s", strerror(errno));
		for (i = 0; status == 0 && !undo && i < n; i++)
			compare(&e[i], &h);
		if (status == 0 && in && !undo)
			status = let_in(e, n, &h, &error);
		if (status == 0 && out)
			status = withdraw(e, n, &h, &error);
		host_close(&h);
	}
	for (i = 0; i < n; i++) {
		if (status < 0 && (e[i].ours || e[i].withdrawn) && !record_failed(records[i]))
			record_fail(records[i], "%s", error == NULL ? strerror(errno) : error);
		record_free(e[i].stored);
		free(e[i].file);
	}
	free(e);
	free(error);
	return 0;
}

int
main(int argc, char **argv)
{
	struct filter f = { .all = all };
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "u", usage)) != -1)
		undo = letter == 'u';
	f.ends = undo;
	pool();
	return filter(&f, argc - optind, argv + optind);
}
