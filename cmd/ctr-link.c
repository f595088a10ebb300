/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets a running container open connections to those that it links to, and makes them known in its /etc/hosts.
 * The first is elements of the sets of links, linkset.h: to what the linked container exposes. The other is a
 * marked block with a line for each address. Both are made from the linked containers' stored records, so that a
 * link is there, and goes, as one. What stands outside the block is kept byte for byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "block.h"
#include "container.h"
#include "fact.h"
#include "filter.h"
#include "hostname.h"
#include "linkset.h"
#include "lxc.h"
#include "nft.h"
#include "option.h"
#include "rootfs.h"
#include "say.h"

#define HOSTS "/etc/hosts"
#define USAGE "ctr-link [-uvq] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

static const char *const keys[] = { "link", NULL };
static const char *const families[] = { "ipv4", "ipv6" };
static bool undo;

/* Writes NAME to OUT where it is not among those of NAMES before it. */
static void
write_name(FILE *out, const char *const names[], size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (names[k] != NULL && strcasecmp(names[k], names[i]) == 0)
			return;
	fprintf(out, "%c%s", i == 0 ? '\t' : ' ', names[i]);
}

/*
 * The line of ADDRESS: the fqdn, the host name, the short name, the aliases of LINK, and at the end the
 * container's full name, by which ctr-status knows it.
 */
static void
write_line(FILE *out, const char *address, const struct record *to, const struct fact *link)
{
	const char **names = xrealloc(NULL, link->n + 4, sizeof(*names));
	char *host = host_name(to);
	size_t n = 0, i;

	if (record_get(to, "fqdn") != NULL)
		names[n++] = record_get(to, "fqdn");
	names[n++] = host;
	names[n++] = record_find(to, "container", NULL)->field[1];
	for (i = 1; i < link->n; i++)
		if (strcasecmp(link->field[i], to->name) != 0)
			names[n++] = link->field[i];
	names[n++] = to->name;
	fputs(address, out);
	for (i = 0; i < n; i++)
		write_name(out, names, i);
	putc('\n', out);
	free(host);
	free(names);
}

/* The addresses that TO has now, as liblxc sees them: on a bridge they are not ours to know beforehand. */
static size_t
write_live(FILE *out, const struct record *to, const struct fact *link)
{
	struct lxc_container *lxc = lxc_container_new(to->name, container_path());
	unsigned char bytes[16];
	char **ips = NULL;
	size_t i, n = 0;

	if (lxc != NULL && lxc->is_running(lxc))
		ips = lxc->get_ips(lxc, NULL, NULL, 0);
	for (i = 0; ips != NULL && ips[i] != NULL; i++) {
		/* Link-local addresses, fe80::/10, are of no use without an interface. */
		if (address_parse(ips[i], bytes) == AF_INET ||
		    (address_parse(ips[i], bytes) == AF_INET6 &&
			(bytes[0] != 0xfe || (bytes[1] & 0xc0) != 0x80))) {
			write_line(out, ips[i], to, link);
			n++;
		}
		free(ips[i]);
	}
	free(ips);
	if (lxc != NULL)
		lxc_container_put(lxc);
	return n;
}

/*
 * The lines of one link, and in SET what it lets the container, whose stored record is OWN, reach; 0, or -1 after
 * record_fail.
 */
static int
write_link(FILE *out, struct linkset *set, struct record *r, const struct record *own, const struct fact *link)
{
	char *path = xasprintf("%s/%s/ctr/record", container_path(), link->field[0]);
	struct record *to = record_read_file(AT_FDCWD, path);
	const struct fact *f = NULL;
	size_t n = 0, i;

	if (to == NULL || !record_whole(to) || strcmp(to->name, link->field[0]) != 0) {
		if (container_exists(link->field[0]))
			record_fail(r, "cannot link to '%s', which has no stored record", link->field[0]);
		else
			record_fail(r, "cannot link to '%s': there is no such container", link->field[0]);
		record_free(to);
		free(path);
		return -1;
	}
	free(path);
	for (i = 0; i < 2; i++)
		for (f = NULL; (f = record_find(to, families[i], f)) != NULL; n++)
			write_line(out, f->field[0], to, link);
	linkset_link(set, own, to);
	if (n == 0)
		n = write_live(out, to, link);
	if (n == 0)
		record_fail(r, "cannot link to '%s', which has no address%s", link->field[0],
		    lxc_running(to->name) ? "" : " while it does not run");
	record_free(to);
	return n == 0 ? -1 : 0;
}

/*
 * Brings the block in the file PATH below ROOT, its /etc/hosts, to LINES. 1 where it was changed, 0 where
 * it was so, -1 after record_fail.
 */
static int
put_block(struct record *r, int root, const char *path, const char *lines)
{
	char *text = NULL, *new;
	size_t len = 0, new_len;
	int status = 0;

	if (rootfs_read(root, path, &text, &len) < 0) {
		if (errno != ENOENT)
			return rootfs_fail(r, HOSTS);
		text = xstrdup("");
	}
	new = block_replace(text, len, "ctr-link", lines, &new_len);
	if (new_len != len || memcmp(new, text, len) != 0) {
		status = 1;
		if (rootfs_covered() == EROFS)
			status = record_fail(r, "its '%s' lies in a read-only volume", HOSTS);
		else if (rootfs_covered() == EBUSY)
			status = record_fail(r,
			    "its '%s' is a volume of one file, and what replaces it is not in it before its next start",
			    HOSTS);
		else if (rootfs_replace(root, path, new, new_len) < 0)
			status = record_fail(r, "cannot replace its '%s':", HOSTS);
	}
	free(text);
	free(new);
	return status;
}

static int
put_lines(const struct container *c, struct record *r, const char *lines)
{
	int root = rootfs_open(c, r), in, status;
	char *rest = NULL;

	if (root < 0)
		return -1;
	in = rootfs_cover(root, c->stored, lxc_running(c->name), HOSTS, &rest);
	if (in < 0)
		status = record_fail(r, "cannot open the volume in which its '%s' lies:", HOSTS);
	else
		status = put_block(r, in, rest, lines);
	if (in >= 0)
		close(in);
	free(rest);
	close(root);
	return status;
}

/*
 * Brings the elements from the container's addresses to WANT, in one transaction. 1 where something was changed, 0
 * where it was so, -1 after record_fail.
 */
static int
put_elements(const struct container *c, struct record *r, const struct linkset *want)
{
	struct linkset all;
	char *text = NULL, *error = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);
	int status = 0;

	if (out == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	if (linkset_read(&all, &error) < 0) {
		status = record_fail(r, "cannot read the sets of links: %.*s", (int)strcspn(error, "\n"), error);
	} else {
		for (i = 0; i < all.n; i++)
			if (linkset_of(&all.element[i], record_get(c->stored, families[0]),
				record_get(c->stored, families[1]), false) &&
			    !linkset_has(want, &all.element[i]))
				linkset_write(out, true, &all.element[i]);
		for (i = 0; i < want->n; i++)
			if (!linkset_has(&all, &want->element[i]))
				linkset_write(out, false, &want->element[i]);
		linkset_free(&all);
	}
	if (fclose(out) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	if (status == 0 && len > 0) {
		status = 1;
		if (nft_run(text, &error) < 0)
			status = record_fail(
			    r, "cannot change the sets of links: %.*s", (int)strcspn(error, "\n"), error);
	}
	free(text);
	free(error);
	return status;
}

/* The names of the links of WANT, for people. */
static char *
names_of(const struct record *want)
{
	const struct fact *f = NULL;
	char *text = xstrdup(""), *next;

	while ((f = record_find(want, "link", f)) != NULL) {
		next = xasprintf("%s%s%s", text, *text == '\0' ? "" : ", ", f->field[0]);
		free(text);
		text = next;
	}
	return text;
}

static int
link_running(struct container *c, struct record *r, struct record *want)
{
	char *lines, *names;
	size_t len;
	FILE *out = open_memstream(&lines, &len);
	struct linkset set = { NULL, 0 };
	struct fact *f = NULL;
	int bad = 0, changed, opened;

	if (out == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	/* What cannot be linked is left out: its address may be another's by now. */
	while ((f = record_find(want, "link", f)) != NULL)
		if (write_link(out, &set, r, c->stored, f) < 0) {
			size_t at = (size_t)(f - want->fact);

			bad = -1;
			record_drop_fact(want, f);
			f = at == 0 ? NULL : &want->fact[at - 1];
		}
	if (fclose(out) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	/* First: whatever the container has made of its files, what it may not reach any more it does not reach. */
	opened = put_elements(c, r, &set);
	linkset_free(&set);
	changed = opened < 0 ? -1 : put_lines(c, r, lines);
	free(lines);
	if (changed < 0)
		return -1;
	if (container_store(c, want, keys) < 0)
		return record_fail(r, "cannot store what was applied:");
	if (changed > 0 || opened > 0) {
		names = names_of(want);
		record_did(r, *names == '\0' ? "removed its links" : "linked to %s", names);
		free(names);
	}
	return bad;
}

static int
apply(struct record *r)
{
	struct container c;
	struct record *want;
	int status = 0;

	if (undo && !container_exists(r->name))
		return 0;
	if (container_open(&c, r) < 0)
		return -1;
	want = container_want(&c, r, keys, undo);
	/* One that was killed has its block still: that goes when nothing is wanted any more. */
	if (lxc_running(c.name) || (want->nfact == 0 && record_find(c.stored, "link", NULL) != NULL))
		status = link_running(&c, r, want);
	else if (want->nfact > 0)
		say_note(r->name, "it does not run, its links are made when it does");
	record_free(want);
	container_close(&c);
	return status;
}

/* It links to none, and did not before. Others are looked for in the container. */
static bool
settled(struct record *r)
{
	struct record *stored = undo || record_find(r, "link", NULL) != NULL ? NULL : container_settled(r, keys, NULL);

	record_free(stored);
	return stored != NULL;
}

int
main(int argc, char **argv)
{
	/* Two that link to each other: the second one has its addresses when the input has come to its end. */
	static struct filter f = { .apply = apply, .settled = settled, .gather = true };
	int o;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "uj:", USAGE)) != -1)
		undo = undo || o == 'u';
	f.ends = undo;
	return filter(&f, argc - optind, argv + optind);
}
