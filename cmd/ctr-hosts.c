/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes containers known by name on the host itself: a marked block of /etc/hosts with a line for each address of each
 * container, at whose end stands the container's full name, which tells whose it is. Lines of containers that are not
 * among the records stay, and what stands outside the block is kept byte for byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "block.h"
#include "container.h"
#include "filter.h"
#include "hostname.h"
#include "option.h"
#include "replace.h"
#include "resolv.h"
#include "say.h"

#define USAGE "ctr-hosts [-uvq] [-P lxcpath] [name ...]"

enum {
	HOSTS_MAX = 1 << 24, /* bytes */
};

static bool undo;

struct entry {
	struct record *r;
	char *lines; /* that it is to have */
	bool put, changed;
};

/* The lines of the container with this stored record, or live addresses in its record R. */
static char *
lines_of(const struct record *r, const struct record *stored)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	const char *fqdn = record_get(stored, "fqdn");
	const struct fact *container = record_find(stored, "container", NULL), *f;
	char *domain = resolv_domain(stored), *label = host_label(container->field[1]), *text;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);

	for (i = 0; i < 2; i++) {
		const struct record *from = record_find(r, families[i], NULL) != NULL ? r : stored;

		for (f = NULL; (f = record_find(from, families[i], f)) != NULL;) {
			fprintf(out, "%s\t", f->field[0]);
			if (fqdn != NULL)
				fprintf(out, "%s ", fqdn);
			fprintf(out, "%s.%s %s\n", label, domain, stored->name);
		}
	}
	xfclose(out);
	free(domain);
	free(label);
	return text;
}

static void
read_entry(struct entry *e, struct record *r)
{
	struct record *stored;
	int what;

	*e = (struct entry){ .r = r, .lines = xstrdup("") };
	what = container_look(r, &stored);
	if (!undo && what == LOOK_OURS) {
		free(e->lines);
		e->lines = lines_of(r, stored);
		if (*e->lines == '\0')
			say_note(r->name, "it has no address that is known here");
	} else if (!undo && what != LOOK_FAILED) {
		container_refuse(r, what);
	}
	record_free(stored);
}

/* The length of the line at TEXT, its newline counted, and in *NAME its last word, which has *N bytes. */
static size_t
read_line(const char *text, const char *end, const char **name, size_t *n)
{
	const char *newline = memchr(text, '\n', (size_t)(end - text)), *last = newline == NULL ? end : newline;

	for (*name = last; *name > text && (*name)[-1] != ' ' && (*name)[-1] != '\t';)
		--*name;
	*n = (size_t)(last - *name);
	return (size_t)(last - text) + (newline != NULL);
}

static struct entry *
find(struct entry *e, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(e[i].r->name) == len && memcmp(e[i].r->name, name, len) == 0)
			return &e[i];
	return NULL;
}

/* OLD, the lines of the block, with those of the entries E as they are to be; the caller frees it. */
static char *
merge(const char *old, size_t len, struct entry *e, size_t n)
{
	const char *end = old + len, *name;
	char *text;
	size_t size, m, i, length;
	struct entry *whose;
	FILE *out = xopen_memstream(&text, &size);

	for (; old < end; old += m) {
		m = read_line(old, end, &name, &length);
		/* A file system that was cut off may leave these, and what follows would be lost with them. */
		if (memchr(old, '\0', m) != NULL)
			continue;
		whose = find(e, n, name, length);
		if (whose == NULL || record_failed(whose->r)) {
			fwrite(old, 1, m, out);
			continue;
		}
		/* All of them together, in the place of the first; the rest of the old ones goes. */
		if (!whose->put) {
			fputs(whose->lines, out);
			whose->put = true;
			length = strlen(whose->lines);
			if (length > 0 && (size_t)(end - old) >= length && memcmp(old, whose->lines, length) == 0) {
				m = length;
				continue;
			}
		}
		whose->changed = true;
	}
	for (i = 0; i < n; i++)
		if (!e[i].put && !record_failed(e[i].r) && *e[i].lines != '\0') {
			fputs(e[i].lines, out);
			e[i].changed = true;
		}
	xfclose(out);
	return text;
}

/* Brings FILE, a name in DIR, up to date. 0, or -1 with errno. */
static int
put(int dir, const char *file, struct entry *e, size_t n)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), status, saved;
	char *text = NULL, *lines, *new;
	const char *old;
	size_t len = 0, size, block = 0;

	if (fd < 0 && errno == ENOENT)
		text = xstrdup("");
	else if (fd < 0 || read_all(fd, &text, &len, HOSTS_MAX) < 0) {
		saved = errno;
		if (fd >= 0)
			close(fd);
		errno = saved;
		return -1;
	}
	old = block_find(text, len, "ctr-hosts", &block);
	lines = merge(old == NULL ? "" : old, block, e, n);
	new = block_replace(text, len, "ctr-hosts", lines, &size);
	status = size == len && memcmp(new, text, len) == 0 ? 0 : replace_at(dir, file, new, size, fd, 0644);
	saved = errno;
	if (fd >= 0)
		close(fd);
	free(text);
	free(lines);
	free(new);
	errno = saved;
	return status;
}

static int
all(struct record **records, size_t n)
{
	const char *path = getenv("CTR_HOSTS") == NULL ? "/etc/hosts" : getenv("CTR_HOSTS"), *slash = strrchr(path, '/');
	struct entry *e = xrealloc(NULL, n + 1, sizeof(*e));
	char *parent = slash == NULL ? xstrdup(".") : xstrndup(path, (size_t)(slash - path) + 1);
	int lock, dir = -1, status = -1;
	char *why;
	size_t i;

	for (i = 0; i < n; i++)
		read_entry(&e[i], records[i]);
	lock = state_lock("hosts", LOCK_EX);
	if (lock >= 0)
		dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		status = put(dir, slash == NULL ? path : slash + 1, e, n);
	why = xstrdup(strerror(errno));
	for (i = 0; i < n; i++) {
		if (status < 0 && !record_failed(e[i].r))
			record_fail(e[i].r, "cannot change '%s': %s", path, why);
		else if (status == 0 && e[i].changed)
			record_did(e[i].r, *e[i].lines == '\0' ? "taken out of %s" : "put into %s", path);
		free(e[i].lines);
	}
	if (dir >= 0)
		close(dir);
	if (lock >= 0)
		close(lock);
	free(why);
	free(parent);
	free(e);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct filter f = { .gather = true, .all = all };
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "u", USAGE)) != -1)
		undo = letter == 'u';
	f.ends = undo;
	return filter(&f, argc - optind, argv + optind);
}
