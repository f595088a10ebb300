/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-net makes the host ready for the managed network (forwarding, the table `inet ctr`, dnsmasq for DHCP and names)
 * and lets the containers of its records in: their addresses into the table's sets, their names and MAC addresses
 * into files that dnsmasq watches. With -u it withdraws them, and the rest once no container is left running.
 *
 * It takes no container's lock: LXC's hook executes it while ctr-start holds that. Stored records are replaced whole.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "container.h"
#include "dnsmasq.h"
#include "filter.h"
#include "forward.h"
#include "nft.h"
#include "option.h"
#include "pool.h"
#include "ready.h"
#include "replace.h"
#include "say.h"

static const char usage[] = "ctr-net [-quv] [-P lxcpath] [name ...]";

static bool undo;

/* A container with the managed network. */
struct entry {
	struct record *r, *stored;
	const char *mac, *ipv4, *ipv6; /* IPV4 is a null pointer where it has no address of ours */
	char *own4, *own6;		/* to free */
	char *file; /* its name in the directories hosts and dhcp */
	bool changed;
};

/* The table. It is as long with one container as with a thousand: only the sets and maps grow. */
static char *
table_text(void)
{
	static const char form[] =
	    "add table inet ctr\n"
	    "add map inet ctr any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	    "add map inet ctr any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	    "add map inet ctr one4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	    "add map inet ctr one6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	    "add set inet ctr source4 { type ifname . ipv4_addr; }\n"
	    "add set inet ctr source6 { type ifname . ipv6_addr; }\n"
	    "add set inet ctr self4 { type ipv4_addr . ipv4_addr; }\n"
	    "add set inet ctr self6 { type ipv6_addr . ipv6_addr; }\n"
	    "add chain inet ctr guard { type filter hook prerouting priority -300; }\n"
	    "add chain inet ctr inward { type nat hook prerouting priority -100; }\n"
	    "add chain inet ctr local { type nat hook output priority -100; }\n"
	    "add chain inet ctr outward { type nat hook postrouting priority 100; }\n"
	    "flush chain inet ctr guard\n"
	    "flush chain inet ctr inward\n"
	    "flush chain inet ctr local\n"
	    "flush chain inet ctr outward\n"
	    /* A container sends from its own address; before it has one, only what asks for one, or for who has it. */
	    "add rule inet ctr guard iifname \"ctr*\" ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 "
	    "udp dport 67 accept\n"
	    "add rule inet ctr guard iifname \"ctr*\" iifname . ip saddr != @source4 drop\n"
	    "add rule inet ctr guard iifname \"ctr*\" ip6 saddr :: ip6 daddr ff02::/16 accept\n"
	    "add rule inet ctr guard iifname \"ctr*\" ip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff02::/16 } accept\n"
	    "add rule inet ctr guard iifname \"ctr*\" iifname . ip6 saddr != @source6 drop\n"
	    /* route_localnet is on, for the host's own connections: CVE-2020-8558. */
	    "add rule inet ctr guard iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n"
	    /* A published port 53 does not take the gateway's names from the other containers. */
	    "add rule inet ctr inward iifname \"ctr*\" ip daddr %s meta l4proto { tcp, udp } th dport { 53, 67 } accept\n"
	    "add rule inet ctr inward fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @one4\n"
	    "add rule inet ctr inward fib daddr type local dnat ip to meta l4proto . th dport map @any4\n"
	    "add rule inet ctr inward fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @one6\n"
	    "add rule inet ctr inward fib daddr type local dnat ip6 to meta l4proto . th dport map @any6\n"
	    "add rule inet ctr local fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @one4\n"
	    "add rule inet ctr local fib daddr type local dnat ip to meta l4proto . th dport map @any4\n"
	    "add rule inet ctr local fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @one6\n"
	    "add rule inet ctr local fib daddr type local dnat ip6 to meta l4proto . th dport map @any6\n"
	    /* Where the answer would not come back this way, the host's address stands for the sender's. */
	    "add rule inet ctr outward ip saddr . ip daddr @self4 masquerade\n"
	    "add rule inet ctr outward ip6 saddr . ip6 daddr @self6 masquerade\n"
	    "add rule inet ctr outward oifname \"ctr*\" ip saddr 127.0.0.0/8 masquerade\n"
	    "add rule inet ctr outward oifname \"ctr*\" ip6 saddr ::1 masquerade\n"
	    "add rule inet ctr outward ip saddr %s oifname != \"lo\" oifname != \"ctr*\" masquerade\n"
	    "add rule inet ctr outward ip6 saddr %s oifname != \"lo\" oifname != \"ctr*\" masquerade\n";

	return xasprintf(form, pool()->gateway4, pool()->net4, pool()->net6);
}

/* The line of RUN/rules: the kernel's rules, and the text that they were made of. */
static char *
rules_line(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a, 32 bits */

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return xasprintf("%016llx %08x\n", (unsigned long long)ready_rules(), h);
}

/* 1 where the table was made, 0 where it was there, -1 with what is wrong in *ERROR, the caller's to free. */
static int
make_table(int run, char **error)
{
	char *text = table_text(), *line = rules_line(text), *old = NULL;
	size_t len;
	int status = 1;

	if (read_at(run, "rules", &old, &len, 64) == 0 && strcmp(old, line) == 0) {
		status = 0;
	} else if (nft_run(text, error) < 0) {
		status = -1;
	} else {
		free(line);
		line = rules_line(text);
		if (replace_at(run, "rules", line, strlen(line), -1, 0644) < 0) {
			*error = xasprintf("cannot write 'rules' in the runtime directory: %s", strerror(errno));
			status = -1;
		}
	}
	free(old);
	free(line);
	free(text);
	return status;
}

/* TEXT as FILE in DIR. Returns 1 where it was not so, 0 where it was, -1 with errno. *REPLACED gets whether it was other. */
static int
write_entry(int dir, const char *file, const char *text, bool *replaced)
{
	char *old = NULL;
	size_t len;
	bool there = read_at(dir, file, &old, &len, 1 << 16) == 0, same = there && strcmp(old, text) == 0;

	free(old);
	if (same)
		return 0;
	*replaced = *replaced || there;
	return replace_at(dir, file, text, strlen(text), -1, 0644) < 0 ? -1 : 1;
}

/* The files of dnsmasq for E. The first line of that of its names is for write_short. */
static int
write_files(struct entry *e, int hosts, int dhcp, bool *replaced)
{
	const char *brief = record_find(e->stored, "container", NULL)->field[1], *fqdn = record_get(e->stored, "fqdn");
	const char *gap = fqdn == NULL ? "" : " ", *full = fqdn == NULL ? "" : fqdn;
	char *names = xasprintf("# %s %s %s\n%s %s%s%s\n%s %s%s%s\n", brief, e->ipv4, e->ipv6, e->ipv4, full, gap,
	    e->r->name, e->ipv6, full, gap, e->r->name);
	/* Without a name: it would become the lease's, and hide whose project's it is. */
	char *lease = xasprintf("%s,%s\n", e->mac, e->ipv4);
	int a = write_entry(hosts, e->file, names, replaced), b = a < 0 ? -1 : write_entry(dhcp, e->file, lease, replaced);

	free(names);
	free(lease);
	e->changed = e->changed || a > 0 || b > 0;
	return a < 0 || b < 0 ? record_fail(e->r, "cannot write its names and its address for dnsmasq:") : 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "SHORT IPV4 IPV6" of each file in HOSTS, sorted. Returns their number; the caller frees them with free_lines. */
static size_t
read_lines(int hosts, char ***lines)
{
	int fd = openat(hosts, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t n = 0, len;
	char *text;

	*lines = NULL;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || read_at(hosts, entry->d_name, &text, &len, 1 << 16) < 0)
			continue;
		if (strncmp(text, "# ", 2) == 0) {
			*lines = xrealloc(*lines, n + 1, sizeof(**lines));
			(*lines)[n++] = xstrndup(text + 2, strcspn(text + 2, "\n"));
		}
		free(text);
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(*lines, n, sizeof(**lines), by_text);
	return n;
}

static void
free_lines(char **lines, size_t n)
{
	while (n > 0)
		free(lines[--n]);
	free(lines);
}

static bool
same_word(const char *a, const char *b)
{
	size_t n = strcspn(a, " ");

	return n == strcspn(b, " ") && memcmp(a, b, n) == 0;
}

/*
 * The file hosts/short: the short names that one container alone has. One that two projects use is no name for
 * everybody: with it, one would reach the other's database. 0, or -1 with errno.
 */
static int
write_short(int hosts, bool *replaced)
{
	char **line, *out = NULL, name[256], four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN];
	size_t n = read_lines(hosts, &line), i, len;
	FILE *memory = open_memstream(&out, &len);
	int status;

	if (memory == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	for (i = 0; i < n; i++)
		if ((i == 0 || !same_word(line[i], line[i - 1])) && (i + 1 == n || !same_word(line[i], line[i + 1])) &&
		    sscanf(line[i], "%255s %15s %45s", name, four, six) == 3)
			fprintf(memory, "%s %s\n%s %s\n", four, name, six, name);
	if (fclose(memory) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	status = write_entry(hosts, "short", out, replaced);
	free_lines(line, n);
	free(out);
	return status < 0 ? -1 : 0;
}

/* The commands that put a container's addresses into the sets, or with REMOVE take them out. */
static void
element(FILE *out, bool remove, const char *ipv4, const char *ipv6)
{
	struct in_addr in;
	int pass;

	if (inet_pton(AF_INET, ipv4, &in) != 1)
		return;
	/* Added first, so that one that is not there can be deleted: `destroy' came with nft 1.0.7. */
	for (pass = 0; pass <= remove; pass++)
		fprintf(out, "%1$s element inet ctr source4 { \"ctr%2$08x\" . %3$s }\n"
			     "%1$s element inet ctr source6 { \"ctr%2$08x\" . %4$s }\n"
			     "%1$s element inet ctr self4 { %3$s . %3$s }\n"
			     "%1$s element inet ctr self6 { %4$s . %4$s }\n",
		    pass == 0 ? "add" : "delete", ntohl(in.s_addr), ipv4, ipv6);
}

/* The elements of all E without an error, as one transaction; with EVERY, of all others that are let in as well. */
static int
set_elements(const struct entry *e, size_t n, int hosts, bool every, char **error)
{
	char *text = NULL, four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN], **line = NULL;
	size_t len, i, nline = every ? read_lines(hosts, &line) : 0;
	FILE *out = open_memstream(&text, &len);
	int status;

	if (out == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	for (i = 0; i < n; i++)
		if (e[i].ipv4 != NULL && !record_failed(e[i].r))
			element(out, undo, e[i].ipv4, e[i].ipv6);
	for (i = 0; i < nline; i++)
		if (sscanf(line[i], "%*s %15s %45s", four, six) == 2)
			element(out, false, four, six);
	if (fclose(out) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	status = len == 0 ? 0 : nft_run(text, error);
	free_lines(line, nline);
	free(text);
	return status;
}

/* Reads the stored record. A container that is not on the managed network has no addresses in it. */
static void
read_entry(struct entry *e, struct record *r)
{
	char *path = xasprintf("%s/%s/ctr/record", container_path(), r->name);
	const struct fact *said = record_find(r, "container", NULL), *is;

	*e = (struct entry){ .r = r, .file = state_name(r->name) };
	if (access(path, F_OK) == 0)
		e->stored = record_read_file(AT_FDCWD, path);
	is = e->stored == NULL ? NULL : record_find(e->stored, "container", NULL);
	if (is != NULL && said != NULL && !fact_equal(is, said)) {
		record_fail(r, "it belongs to project '%s', not to '%s'", is->field[0], said->field[0]);
	} else if (is != NULL) {
		e->mac = record_get(e->stored, "mac");
		e->ipv4 = record_get(e->stored, "ipv4");
		e->ipv6 = record_get(e->stored, "ipv6");
		if (!undo && record_get(e->stored, "network") == NULL && (e->mac == NULL || e->ipv4 == NULL || e->ipv6 == NULL))
			record_fail(r, "it has no addresses: ctr-addr gives it some");
	} else if (!undo) {
		record_fail(r, container_exists(r->name) ? "'%s/%s' was not made by ctrkit" : "there is no such container",
		    container_path(), r->name);
	}
	free(path);
}

/* The host's directories and lock, all of -1 where one failed. */
struct host {
	int run, hosts, dhcp, lock;
};

static int
host_open(struct host *h)
{
	*h = (struct host){ run_open(""), run_open("hosts"), run_open("dhcp"), -1 };
	if (h->run < 0 || h->hosts < 0 || h->dhcp < 0)
		return -1;
	/* dnsmasq is not root. */
	if (fchmod(h->run, 0755) < 0 || fchmod(h->hosts, 0755) < 0 || fchmod(h->dhcp, 0755) < 0)
		return -1;
	h->lock = openat(h->run, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (h->lock >= 0 && flock(h->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return -1;
	return h->lock < 0 ? -1 : 0;
}

/* Lets in the N containers E. Returns 0, or -1 with what is wrong in *ERROR, the caller's to free. */
static int
let_in(struct entry *e, size_t n, const struct host *h, char **error)
{
	bool replaced = false, news = false;
	int table, forward, daemon;
	char *path = NULL;
	size_t i;

	forward = forward_on(h->run, &path);
	if (forward < 0)
		*error = xasprintf("cannot turn on forwarding: '%s': %s", path, strerror(errno));
	free(path);
	table = forward < 0 ? -1 : make_table(h->run, error);
	if (table < 0 || set_elements(e, n, h->hosts, table > 0, error) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (e[i].ipv4 != NULL && !record_failed(e[i].r)) {
			write_files(&e[i], h->hosts, h->dhcp, &replaced);
			news = news || e[i].changed;
		}
	if ((news || faccessat(h->hosts, "short", F_OK, 0) < 0) && write_short(h->hosts, &replaced) < 0) {
		*error = xasprintf("cannot write 'hosts/short': %s", strerror(errno));
		return -1;
	}
	daemon = dnsmasq_start(h->run, replaced, error);
	if (forward > 0)
		say_note(NULL, "forwarding is on");
	if (table > 0)
		say_note(NULL, "the table inet ctr was made");
	if (daemon > 0)
		say_note(NULL, "dnsmasq was started");
	for (i = 0; i < n; i++)
		if (e[i].ipv4 != NULL && !record_failed(e[i].r) && (e[i].changed || forward > 0 || table > 0 || daemon > 0))
			record_did(e[i].r, "let in with address %s", e[i].ipv4);
	return daemon < 0 ? -1 : 0;
}

/* Whether a container runs on the managed network: asked of the kernel, since it may be of any LXCPATH. */
static bool
any_veth(void)
{
	struct if_nameindex *list = if_nameindex(), *i;
	bool any = list == NULL;

	for (i = list; i != NULL && i->if_index != 0; i++)
		any = any || (strncmp(i->if_name, "ctr", 3) == 0 && strlen(i->if_name) == 11 &&
		    strspn(i->if_name + 3, "0123456789abcdef") == 8);
	if (list != NULL)
		if_freenameindex(list);
	return any;
}

static int
remove_all(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = 0;
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(fd, entry->d_name, 0) < 0)
			status = -1;
	if (dir != NULL)
		closedir(dir);
	return dir == NULL ? -1 : status;
}

/* Takes the host's part away. */
static int
take_down(const struct host *h, char **error)
{
	static const char remove[] = "add table inet ctr\ndelete table inet ctr\n";
	bool made = ready_rules() != 0 || faccessat(h->run, "rules", F_OK, 0) == 0;
	char *path = NULL;
	int daemon, forward;

	daemon = dnsmasq_stop(h->run);
	if (daemon < 0) {
		*error = xasprintf("cannot end dnsmasq: %s", strerror(errno));
		return -1;
	}
	if (made && nft_run(remove, error) < 0)
		return -1;
	forward = forward_restore(h->run, &path);
	if (forward < 0)
		*error = xasprintf("cannot set '%s' back: %s", path == NULL ? "sysctls" : path, strerror(errno));
	free(path);
	if (forward < 0)
		return -1;
	/* The mark of the table goes last: while it is there, the next run comes here again. */
	if (remove_all(h->hosts) < 0 || remove_all(h->dhcp) < 0 || unlinkat(h->run, "hosts", AT_REMOVEDIR) < 0 ||
	    unlinkat(h->run, "dhcp", AT_REMOVEDIR) < 0 || (unlinkat(h->run, "rules", 0) < 0 && errno != ENOENT)) {
		*error = xasprintf("cannot remove the files for dnsmasq: %s", strerror(errno));
		return -1;
	}
	if (made || daemon > 0 || forward > 0)
		say_note(NULL, "no container is left: the host's network is as before");
	return 0;
}

/* Withdraws the N containers E; then, where none is left running, the rest. */
static int
withdraw(struct entry *e, size_t n, const struct host *h, char **error)
{
	char *text, four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN];
	bool replaced = false;
	size_t i, len;

	for (i = 0; i < n; i++) {
		if (read_at(h->hosts, e[i].file, &text, &len, 1 << 16) < 0)
			continue;
		/* What it was let in with counts, not what its record says by now. */
		if (sscanf(text, "# %*s %15s %45s", four, six) == 2) {
			e[i].ipv4 = e[i].own4 = xstrdup(four);
			e[i].ipv6 = e[i].own6 = xstrdup(six);
			e[i].changed = true;
		}
		free(text);
	}
	if (ready_rules() != 0 && set_elements(e, n, h->hosts, false, error) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		unlinkat(h->dhcp, e[i].file, 0);
		unlinkat(h->hosts, e[i].file, 0);
		replaced = replaced || e[i].changed;
	}
	if (!any_veth() && take_down(h, error) < 0)
		return -1;
	if (replaced && any_veth() && (write_short(h->hosts, &replaced) < 0 || dnsmasq_start(h->run, true, error) < 0))
		return -1;
	for (i = 0; i < n; i++)
		if (e[i].changed)
			record_did(e[i].r, "address %s withdrawn", e[i].ipv4);
	return 0;
}

static int
all(struct record **records, size_t n)
{
	struct entry *e = xrealloc(NULL, n, sizeof(*e));
	struct host h;
	char *error = NULL;
	bool any = undo;
	size_t i;
	int status;

	for (i = 0; i < n; i++) {
		read_entry(&e[i], records[i]);
		any = any || e[i].ipv4 != NULL;
	}
	if (any) {
		status = host_open(&h);
		if (status < 0)
			error = xasprintf("cannot open the runtime directory: %s", strerror(errno));
		else
			status = undo ? withdraw(e, n, &h, &error) : let_in(e, n, &h, &error);
		for (i = 0; status < 0 && i < n; i++)
			if ((undo || e[i].ipv4 != NULL) && !record_failed(records[i]))
				record_fail(records[i], "%s", error == NULL ? "it did not work" : error);
		for (i = 0; i < 4; i++)
			if (((int *)&h)[i] >= 0)
				close(((int *)&h)[i]);
	}
	for (i = 0; i < n; i++) {
		record_free(e[i].stored);
		free(e[i].own4);
		free(e[i].own6);
		free(e[i].file);
	}
	free(e);
	free(error);
	return 0;
}

int
main(int argc, char **argv)
{
	struct filter f = { .gather = true, .all = all };
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "u", usage)) != -1)
		undo = letter == 'u';
	f.ends = undo;
	pool();
	return filter(&f, argc - optind, argv + optind);
}
