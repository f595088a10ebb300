/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says in a container's /etc/resolv.conf whom it asks for names, and the domain of its project: the lines
 * `nameserver', and with a domain `search' and `domain'. All other lines are kept. Where nothing is to be said,
 * the file is not touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "filter.h"
#include "lxc.h"
#include "option.h"
#include "pool.h"
#include "resolv.h"
#include "rootfs.h"
#include "say.h"

#define RESOLV "/etc/resolv.conf"
#define USAGE "ctr-dns [-uvq] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

static const char *const keys[] = { "dns", NULL };
static bool undo;
static bool look; /* change nothing, but say whether there is something to change */

/* What a container's file is to say. */
struct wanted {
	struct resolv say;
	char *domain;  /* of the project: where it stands alone in a line, that is ours */
	bool declared; /* and no default */
};

/* The line at TEXT, without its newline and what is blank at both ends; the caller's to free. *NEXT gets where it ends. */
static char *
cut_line(const char *text, const char *end, const char **next)
{
	static const char *const blank = " \t\r";
	const char *newline = memchr(text, '\n', (size_t)(end - text));
	char *line;
	size_t n;

	*next = newline == NULL ? end : newline + 1;
	while (text < *next && strchr(blank, *text) != NULL && *text != '\0')
		text++;
	line = xstrndup(text, (size_t)((newline == NULL ? end : newline) - text));
	for (n = strlen(line); n > 0 && strchr(blank, line[n - 1]) != NULL; n--)
		line[n - 1] = '\0';
	return line;
}

/* What follows KEYWORD and blanks in LINE, or a null pointer where that is another line. */
static const char *
value_of(const char *line, const char *keyword)
{
	size_t n = strlen(keyword);

	if (strncmp(line, keyword, n) != 0 || (line[n] != ' ' && line[n] != '\t'))
		return NULL;
	return line + n + strspn(line + n, " \t");
}

/* DHCP clients write the domain with the dot of the root. */
static bool
is_domain(const char *value, const char *domain)
{
	size_t n = strlen(domain);

	return strncasecmp(value, domain, n) == 0 && (value[n] == '\0' || strcmp(value + n, ".") == 0);
}

/*
 * TEXT of resolv.conf as it is to be: what W says in place of the first line of that kind, else at the end. The text
 * itself where it says so already, in whatever words. *NEW gets the length; the caller frees it.
 */
static char *
edit(const char *text, size_t len, const struct wanted *w, size_t *new)
{
	const char *end = text + len, *at = text, *next, *value, *domain;
	char *line, *before, *after, *out, *search = NULL;
	size_t nbefore, nafter, n = 0, i;
	FILE *first = xopen_memstream(&before, &nbefore), *rest = xopen_memstream(&after, &nafter), *f;
	bool same = true, any = false, ours;

	for (; at < end; at = next) {
		line = cut_line(at, end, &next);
		value = value_of(line, "nameserver");
		domain = value_of(line, "search");
		domain = domain == NULL ? value_of(line, "domain") : domain;
		ours = value != NULL ||
		       (domain != NULL && (w->say.search != NULL || is_domain(domain, w->domain)));
		if (value != NULL) {
			same = same && n < w->say.n && strcmp(value, w->say.server[n]) == 0;
			n++;
		} else if (ours) {
			/* The last one counts. */
			free(search);
			search = xstrdup(domain);
		}
		any = any || ours;
		if (!ours) {
			fwrite(at, 1, (size_t)(next - at), any ? rest : first);
			if (next == end && end[-1] != '\n')
				putc('\n', any ? rest : first);
		}
		free(line);
	}
	same = same && n == w->say.n && (search != NULL) == (w->say.search != NULL) &&
	       (search == NULL || is_domain(search, w->say.search));
	free(search);
	xfclose(first);
	xfclose(rest);
	f = xopen_memstream(&out, new);
	if (same) {
		fwrite(text, 1, len, f);
	} else {
		fwrite(before, 1, nbefore, f);
		if (w->say.search != NULL)
			fprintf(f, "search %s\n", w->say.search);
		for (i = 0; i < w->say.n; i++)
			fprintf(f, "nameserver %s\n", w->say.server[i]);
		fwrite(after, 1, nafter, f);
	}
	xfclose(f);
	free(before);
	free(after);
	return out;
}

/* The target of the link PATH below ROOT: it is read, and not followed. */
static bool
read_link(int root, const char *path, char target[PATH_MAX])
{
	int fd = rootfs_at(root, path, O_PATH | O_NOFOLLOW, 0);
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", target, PATH_MAX - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	target[n] = '\0';
	return true;
}

static bool
is_stub(const char *target)
{
	static const char *const files[] = { "stub-resolv.conf", "resolv.conf" };
	size_t i;

	if (strncmp(target, "..", 2) == 0)
		target += 2;
	if (strncmp(target, "/run/systemd/resolve/", 21) != 0)
		return false;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(target + 21, files[i]) == 0)
			return true;
	return false;
}

/*
 * The file PATH below ROOT could not be read, for errno. A service of the container that writes the file elsewhere is left
 * to do so, as far as nothing else is declared, and systemd-resolved in any case. Returns 0, or -1 after record_fail.
 */
static int
leave(struct record *r, const struct wanted *w, int root, const char *path)
{
	char target[PATH_MAX];
	int saved = errno;

	if (saved == ELOOP && read_link(root, path, target) && (!w->declared || is_stub(target))) {
		say_note(r->name, "its '%s' is a link to '%s' and stays as it is", RESOLV, target);
		return 0;
	}
	if (saved == EXDEV && !w->declared) {
		say_note(r->name, "its '%s' lies on a file system that is mounted in the container, and stays as it is",
		    RESOLV);
		return 0;
	}
	errno = saved;
	return rootfs_fail(r, RESOLV);
}

/* Brings the file to what it is to say. 1 where it was changed, 0 where it was so, -1 after record_fail. */
static int
edit_file(const struct container *c, struct record *r, int root, bool running, const struct wanted *w)
{
	char *text = NULL, *new = NULL, *rest = NULL;
	size_t len = 0, new_len = 0;
	int status = 0, in = rootfs_cover(root, c->stored, running, RESOLV, &rest);

	if (in < 0)
		return record_fail(r, "cannot open the volume in which its '%s' lies:", RESOLV);
	if (rootfs_read(in, rest, &text, &len) < 0 && errno != ENOENT) {
		status = leave(r, w, in, rest);
	} else {
		new = edit(text == NULL ? "" : text, len, w, &new_len);
		status = text == NULL || new_len != len || memcmp(new, text, len) != 0;
	}
	if (status > 0 && look)
		goto out;
	if (status > 0 && rootfs_covered() == EROFS) {
		status = 0;
		if (w->declared)
			status = record_fail(r, "its '%s' lies in a read-only volume", RESOLV);
		else
			say_warning(r->name, "its '%s' lies in a read-only volume and stays as it is", RESOLV);
	}
	if (status > 0 && rootfs_replace(in, rest, new, new_len) < 0)
		status = record_fail(r, "cannot replace its '%s':", RESOLV);
out:
	free(text);
	free(new);
	free(rest);
	close(in);
	return status;
}

static int
edit_files(const struct container *c, struct record *r, const struct wanted *w)
{
	bool running = lxc_running(c->name), volume = false;
	const struct fact *f = NULL;
	int root, status, later = 0;

	while ((f = record_find(c->stored, "volume", f)) != NULL) {
		volume = volume || strcmp(f->field[1], "/etc") == 0;
		/* The host's own file, maybe. */
		if (strcmp(f->field[1], RESOLV) == 0) {
			if (w->declared)
				return record_fail(r, "its '%s' is a volume", RESOLV);
			say_note(r->name, "its '%s' is a volume and stays as it is", RESOLV);
			return 0;
		}
	}
	root = rootfs_open(c, r);
	if (root < 0)
		return -1;
	status = edit_file(c, r, root, running, w);
	/* Also where the volume will cover it, if it waits for the next start. */
	if (running && volume && status >= 0)
		later = edit_file(c, r, root, false, w);
	close(root);
	return later < 0 ? -1 : status | later;
}

/* "10.66.0.1, 9.9.9.9; the domain shop", for people. */
static char *
text_of(const struct resolv *say)
{
	char *text = xstrdup(""), *next;
	size_t i;

	for (i = 0; i <= say->n; i++) {
		next = i < say->n ? xasprintf("%s%s%s", text, i == 0 ? "" : ", ", say->server[i])
				  : xasprintf("%s%s%s", text, say->search == NULL ? "" : " in the domain ",
					say->search == NULL ? "" : say->search);
		free(text);
		text = next;
	}
	return text;
}

/* As edit_file, for what is wanted, which W is to be filled with. */
static int
edit_wanted(const struct container *c, struct record *r, const struct record *want, struct wanted *w)
{
	static const char *const own[] = { "container", "network", NULL };
	/* Where it is, by what is stored; whom it asks, as it is wanted. */
	struct record *who = record_new(r->name);
	const struct fact *f;
	char *wrong = NULL;
	int status;
	size_t i;

	*w = (struct wanted){ .domain = resolv_domain(c->stored), .declared = record_find(want, "dns", NULL) != NULL };
	for (i = 0; own[i] != NULL; i++)
		if ((f = record_find(c->stored, own[i], NULL)) != NULL)
			record_addv(who, f->key, f->field, f->n);
	for (f = NULL; (f = record_find(want, "dns", f)) != NULL;)
		record_addv(who, f->key, f->field, f->n);
	if (resolv_read(who, &w->say, &wrong) < 0)
		status = record_fail(r, "%s", wrong);
	else
		status = w->say.n == 0 ? 0 : edit_files(c, r, w);
	record_free(who);
	free(wrong);
	return status;
}

static void
free_wanted(struct wanted *w)
{
	resolv_free(&w->say);
	free(w->domain);
}

static int
set_servers(struct container *c, struct record *r, struct record *want)
{
	struct wanted w;
	int status = edit_wanted(c, r, want, &w);
	char *text;

	if (status >= 0 && container_store(c, want, keys) < 0)
		status = record_fail(r, "cannot store what was applied:");
	if (status > 0) {
		text = text_of(&w.say);
		record_did(r, "asks %s", text);
		free(text);
	}
	free_wanted(&w);
	return status < 0 ? -1 : 0;
}

static int
apply(struct record *r)
{
	return container_apply(r, keys, undo, set_servers);
}

/* It runs, and its file says it. Of one that is stopped liblxc would be asked where its root is, which is the work of apply. */
static bool
settled(struct record *r)
{
	struct record *stored = undo ? NULL : container_settled(r, keys, NULL);
	struct container c = { .name = r->name, .dirfd = -1, .lock = -1, .stored = stored };
	struct wanted w;
	bool same = false;

	if (stored != NULL && lxc_running(r->name)) {
		look = true;
		same = edit_wanted(&c, r, r, &w) == 0;
		free_wanted(&w);
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
	pool();
	return filter(&f, argc - optind, argv + optind);
}
