/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives a container its host name and its full name: lxc.uts.name in ctr/name.conf, /etc/hostname, and the
 * line of 127.0.1.1 in /etc/hosts, which is where hostname(1) -f looks (hosts(5), hostname(1)). The rest of
 * /etc/hosts is kept byte for byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "filter.h"
#include "hostname.h"
#include "lxc.h"
#include "option.h"
#include "rootfs.h"
#include "running.h"
#include "say.h"

#define USAGE "ctr-name [-uvq] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

static const char *const keys[] = { "fqdn", NULL };
static bool undo;
static bool look; /* change nothing, but say whether there is something to change */

/* The length of the line at TEXT, its newline counted. */
static size_t
line_length(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline == NULL ? len : (size_t)(newline - text) + 1;
}

/* Whether the line's words are those of WANT: then it is not touched, whatever the blanks. */
static bool
same_words(const char *line, size_t len, const char *want)
{
	static const char *const blank = " \t\r\n";
	char *copy = xstrndup(line, len), *s = copy;
	size_t n, m;
	bool same = true;

	for (;;) {
		s += strspn(s, blank);
		want += strspn(want, blank);
		n = strcspn(s, blank);
		m = strcspn(want, blank);
		if (n != m || strncmp(s, want, n) != 0)
			same = false;
		if (!same || n == 0)
			break;
		s += n;
		want += m;
	}
	free(copy);
	return same;
}

static bool
is_address(const char *line, size_t len, const char *address)
{
	size_t n = strlen(address);

	return len > n && memcmp(line, address, n) == 0 && (line[n] == ' ' || line[n] == '\t');
}

/*
 * TEXT of /etc/hosts with NAMES as those of 127.0.1.1: in place of the first line that has it, else after
 * the first of 127.0.0.1, else at the start. An empty file becomes a whole one. *NEW gets the length; the
 * caller frees it.
 */
static char *
edit_hosts(const char *text, size_t len, const char *names, size_t *new)
{
	char *line = xasprintf("127.0.1.1\t%s\n", names), *out;
	FILE *f = xopen_memstream(&out, new);
	size_t from, n, local = 0, at = len, cut = 0;

	for (from = 0; from < len; from += n) {
		n = line_length(text + from, len - from);
		if (at == len && is_address(text + from, n, "127.0.1.1")) {
			at = from;
			cut = n;
		} else if (local == 0 && is_address(text + from, n, "127.0.0.1")) {
			local = from + n;
		}
	}
	if (len == 0) {
		fprintf(f,
		    "127.0.0.1\tlocalhost\n%s::1\tlocalhost ip6-localhost ip6-loopback\n"
		    "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
		    line);
	} else if (cut > 0 && same_words(text + at, cut, line)) {
		fwrite(text, 1, len, f);
	} else {
		if (cut == 0)
			at = local;
		fwrite(text, 1, at, f);
		if (at > 0 && text[at - 1] != '\n')
			putc('\n', f);
		fputs(line, f);
		fwrite(text + at + cut, 1, len - at - cut, f);
	}
	xfclose(f);
	free(line);
	return out;
}

static char *
edit_hostname(const char *text, size_t len, const char *name, size_t *new)
{
	char *line = xasprintf("%s\n", name);

	if (same_words(text, len, line)) {
		free(line);
		line = xstrndup(text, len);
	}
	*new = strlen(line);
	return line;
}

/* A container of a single program may come without /etc. */
static void
make_etc(int root)
{
	struct stat st;
	int fd;

	/* As one component below a descriptor, it follows no link. */
	if (fstat(root, &st) < 0 || mkdirat(root, "etc", 0755) < 0)
		return;
	fd = openat(root, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, 0755) < 0)
		say_warning(NULL, "cannot give '/etc' its owner and mode:");
	close(fd);
}

/*
 * Brings the file PATH to what EDIT makes of it. 1 where it was changed, 0 where it was so, -1 after
 * record_fail.
 */
static int
edit_file(const struct container *c, struct record *r, int root, bool running, const char *path,
    const char *names, char *(*edit)(const char *text, size_t len, const char *names, size_t *new))
{
	char *text = NULL, *new = NULL, *rest = NULL;
	size_t len = 0, new_len;
	int status = 0, in = rootfs_cover(root, c->stored, running, path, &rest);

	if (in < 0)
		return record_fail(r, "cannot open the volume in which '%s' lies:", path);
	if (rootfs_read(in, rest, &text, &len) < 0) {
		if (errno != ENOENT)
			status = rootfs_fail(r, path);
		text = xstrdup("");
	}
	if (status == 0) {
		new = edit(text, len, names, &new_len);
		status = new_len != len || memcmp(new, text, len) != 0;
	}
	if (status > 0 && look)
		goto out;
	if (status > 0 && rootfs_covered() == EROFS) {
		say_warning(r->name, "its '%s' lies in a read-only volume and stays as it is", path);
		status = 0;
	}
	if (status > 0 && rootfs_replace(in, rest, new, new_len) < 0)
		status = record_fail(r, "cannot replace its '%s':", path);
out:
	free(text);
	free(new);
	free(rest);
	close(in);
	return status;
}

/* Both files. One that cannot be edited does not keep the other from it. */
static int
edit_both(
    const struct container *c, struct record *r, int root, bool running, const char *host, const char *names)
{
	int hostname = edit_file(c, r, root, running, "/etc/hostname", host, edit_hostname);
	int hosts = edit_file(c, r, root, running, "/etc/hosts", names, edit_hosts);

	return hostname < 0 || hosts < 0 ? -1 : hostname | hosts;
}

static int
edit_files(const struct container *c, struct record *r, bool running, const char *host, const char *names)
{
	int root = rootfs_open(c, r), status, later = 0;

	if (root < 0)
		return -1;
	if (!running && !look)
		make_etc(root);
	status = edit_both(c, r, root, running, host, names);
	/* Also where a volume that waits for the next start will cover them. */
	if (running && status >= 0)
		later = edit_both(c, r, root, false, host, names);
	close(root);
	return later < 0 ? -1 : status | later;
}

/*
 * The host name of STORED's container with FULL, a fact `fqdn' or a null pointer, and in *NAMES what 127.0.1.1 is called; the
 * caller frees both.
 */
static char *
names_of(const struct record *stored, const struct fact *full, char **names)
{
	/* The record that the name is made of: who it is by what is stored, the fqdn as it is wanted. */
	struct record *who = record_new(stored->name);
	const struct fact *f = record_find(stored, "container", NULL);
	const char *fqdn = full == NULL ? NULL : full->field[0];
	char *host;

	record_addv(who, f->key, f->field, f->n);
	if (full != NULL)
		record_addv(who, full->key, full->field, full->n);
	host = host_name(who);
	record_free(who);
	*names = fqdn == NULL || strcmp(fqdn, host) == 0 ? xstrdup(host) : xasprintf("%s %s", fqdn, host);
	return host;
}

static int
name_container(struct container *c, struct record *r, struct record *want)
{
	const struct fact *full = record_find(want, "fqdn", NULL);
	char *names, *host = names_of(c->stored, full, &names), *conf = xasprintf("lxc.uts.name = %s\n", host);
	bool running = lxc_running(c->name);
	int files = edit_files(c, r, running, host, names), file = 0, status = -1;

	if (files >= 0) {
		file = container_conf(c, "name.conf", conf);
		if (file < 0)
			record_fail(r, "cannot write '%s/ctr/name.conf':", c->dir);
		else if (container_store(c, want, keys) < 0)
			record_fail(r, "cannot store what was applied:");
		else
			status = 0;
	}
	if (status == 0 && (files > 0 || file > 0))
		record_did(r, "named %s", full == NULL ? host : full->field[0]);
	if (status == 0 && running && running_differs(c->name, "lxc.uts.name"))
		record_pending(r, "fqdn");
	free(conf);
	free(names);
	free(host);
	return status;
}

static int
apply(struct record *r)
{
	return container_apply(r, keys, undo, name_container);
}

/*
 * It runs, and its files and settings say it. Of one that is stopped liblxc would be asked where its root is, which is the work
 * of apply.
 */
static bool
settled(struct record *r)
{
	struct record *stored = undo ? NULL : container_settled(r, keys, "name.conf");
	struct container c = { .name = r->name, .dirfd = -1, .lock = -1, .stored = stored };
	bool same = false;
	char *host, *names;

	if (stored != NULL && lxc_running(r->name)) {
		look = true;
		host = names_of(stored, record_find(r, "fqdn", NULL), &names);
		same = edit_files(&c, r, true, host, names) == 0;
		free(host);
		free(names);
	}
	record_free(stored);
	return same;
}

int
main(int argc, char **argv)
{
	static struct filter f = { .apply = apply, .settled = settled, .asks = true };
	int o;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "uj:", USAGE)) != -1)
		undo = undo || o == 'u';
	f.ends = undo;
	return filter(&f, argc - optind, argv + optind);
}
