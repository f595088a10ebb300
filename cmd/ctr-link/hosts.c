/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "block.h"
#include "fact.h"
#include "hostname.h"
#include "lxc.h"
#include "rootfs.h"
#include "say.h"

#define HOSTS "/etc/hosts"

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
	const char **names = xrealloc(NULL, (link == NULL ? 0 : link->n) + 4, sizeof(*names));
	char *host = host_name(to);
	size_t n = 0, i;

	if (record_get(to, "fqdn") != NULL)
		names[n++] = record_get(to, "fqdn");
	names[n++] = host;
	names[n++] = record_find(to, "container", NULL)->field[1];
	for (i = 1; link != NULL && i < link->n; i++)
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

size_t
hosts_lines(FILE *out, const struct record *to, const struct fact *link)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	const struct fact *f;
	size_t n = 0, i;

	for (i = 0; i < 2; i++)
		for (f = NULL; (f = record_find(to, families[i], f)) != NULL; n++)
			write_line(out, f->field[0], to, link);
	return n == 0 ? write_live(out, to, link) : n;
}

const char *
hosts_name(const char *lines, size_t len, const char **next, size_t *n)
{
	const char *end = len == 0 ? NULL : memchr(lines, '\n', len), *name;

	if (end == NULL)
		return NULL;
	*next = end + 1;
	for (name = end; name > lines && name[-1] != ' ' && name[-1] != '\t'; name--)
		continue;
	*n = (size_t)(end - name);
	return name;
}

/* The same in the file PATH below ROOT. */
static int
change_block(struct record *r, int root, const char *path,
    void (*lines)(FILE *out, const char *old, size_t len, const void *arg), const void *arg)
{
	char *text = NULL, *block, *new;
	size_t len = 0, block_len, new_len, n = 0;
	const char *old;
	int status = 0;
	FILE *out;

	if (rootfs_read(root, path, &text, &len) < 0) {
		if (errno != ENOENT)
			return rootfs_fail(r, HOSTS);
		text = xstrdup("");
	}
	old = block_find(text, len, "ctr-link", &n);
	out = xopen_memstream(&block, &block_len);
	lines(out, old == NULL ? "" : old, n, arg);
	xfclose(out);
	new = block_replace(text, len, "ctr-link", block, &new_len);
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
	free(block);
	free(new);
	return status;
}

int
hosts_change(const struct container *c, struct record *r,
    void (*lines)(FILE *out, const char *old, size_t len, const void *arg), const void *arg)
{
	int root = rootfs_open(c, r), in, status;
	char *rest = NULL;

	if (root < 0)
		return -1;
	in = rootfs_cover(root, c->stored, lxc_running(c->name), HOSTS, &rest);
	if (in < 0)
		status = record_fail(r, "cannot open the volume in which its '%s' lies:", HOSTS);
	else
		status = change_block(r, in, rest, lines, arg);
	if (in >= 0)
		close(in);
	free(rest);
	close(root);
	return status;
}
