/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "hostname.h"
#include "replace.h"
#include "say.h"

/* A container's file in the directory hosts. */
struct names {
	char *file;
	char *text; /* its first line, "# SHORT IPV4 IPV6 MARK OPEN INSIDE", ends at the NUL */
	char *rest; /* the lines after that */
};

static bool
is_false(const struct record *r, const char *key)
{
	const char *value = record_get(r, key);

	return value != NULL && strcmp(value, "false") == 0;
}

struct names_entry
names_entry(const struct record *stored)
{
	struct names_entry e = { .mark = 2166136261u, /* FNV-1a, 32 bits */
		.open = is_false(stored, "isolate"),
		.inside = is_false(stored, "outbound") };
	char *project = xasprintf("%s/%s", container_path(), record_get(stored, "container")), *s;

	for (s = project; *s != '\0'; s++)
		e.mark = (e.mark ^ (unsigned char)*s) * 16777619u;
	free(project);
	snprintf(e.ipv4, sizeof(e.ipv4), "%s", record_get(stored, "ipv4"));
	snprintf(e.ipv6, sizeof(e.ipv6), "%s", record_get(stored, "ipv6"));
	return e;
}

static int
write_text(int dir, const char *file, const char *text)
{
	return replace_at(dir, file, text, strlen(text), -1, 0644) < 0 ? -1 : 1;
}

/*
 * REST, lines of a hosts file, with the name BRIEF at the end of each, or without it; the caller's to free.
 */
static char *
fit(const char *rest, const char *brief, bool with)
{
	size_t len, word = strlen(brief), out_len;
	char *out = NULL;
	FILE *memory = open_memstream(&out, &out_len);

	if (memory == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	for (; *rest != '\0'; rest += strcspn(rest, "\n"), rest += *rest == '\n') {
		len = strcspn(rest, "\n");
		if (len > word && memcmp(rest + len - word, brief, word) == 0 && rest[len - word - 1] == ' ')
			len -= word + 1;
		fprintf(memory, "%.*s%s%s\n", (int)len, rest, with ? " " : "", with ? brief : "");
	}
	if (fclose(memory) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	return out;
}

/* Makes FILE in DIR be TEXT, unless it is that or OTHER. Returns as names_write. */
static int
fit_file(int dir, const char *file, const char *text, const char *other, bool *replaced)
{
	char *old = NULL;
	size_t len;
	int status = 0;

	if (read_at(dir, file, &old, &len, 1 << 16) < 0) {
		status = write_text(dir, file, text);
	} else if (strcmp(old, text) != 0 && strcmp(old, other) != 0) {
		*replaced = true;
		status = write_text(dir, file, text);
	}
	free(old);
	return status;
}

int
names_write(int hosts, int dhcp, const char *file, const struct record *stored, bool *replaced)
{
	char *brief = host_label(record_find(stored, "container", NULL)->field[1]);
	const char *fqdn = record_get(stored, "fqdn");
	const char *four = record_get(stored, "ipv4"), *six = record_get(stored, "ipv6");
	const char *gap = fqdn == NULL ? "" : " ", *full = fqdn == NULL ? "" : fqdn;
	/* The first name of a line is also that of the address. */
	char *names =
	    xasprintf("%s %s%s%s\n%s %s%s%s\n", four, full, gap, stored->name, six, full, gap, stored->name);
	char *with = fit(names, brief, true);
	struct names_entry e = names_entry(stored);
	char *first = xasprintf("# %s %s %s %u %d %d\n", brief, four, six, e.mark, e.open, e.inside);
	char *text = xasprintf("%s%s", first, names), *other = xasprintf("%s%s", first, with);
	/* Without a name: it would become the lease's, and hide whose project's it is. */
	char *lease = xasprintf("%s,%s\n", record_get(stored, "mac"), four);
	int a = fit_file(hosts, file, text, other, replaced);
	int b = a < 0 ? -1 : fit_file(dhcp, file, lease, lease, replaced);

	free(brief);
	free(names);
	free(with);
	free(first);
	free(text);
	free(other);
	free(lease);
	return a < 0 || b < 0 ? -1 : a > 0 || b > 0;
}

static int
by_first_line(const void *a, const void *b)
{
	return strcmp(((const struct names *)a)->text, ((const struct names *)b)->text);
}

/*
 * All files in HOSTS, sorted by their first lines. Returns their number; the caller frees them with release.
 */
static size_t
read_files(int hosts, struct names **names)
{
	int fd = openat(hosts, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t n = 0, len;
	char *text, *newline;

	*names = NULL;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || read_at(hosts, entry->d_name, &text, &len, 1 << 16) < 0)
			continue;
		newline = strchr(text, '\n');
		if (strncmp(text, "# ", 2) != 0 || newline == NULL) {
			free(text);
			continue;
		}
		*newline = '\0';
		*names = xrealloc(*names, n + 1, sizeof(**names));
		(*names)[n++] = (struct names){ xstrdup(entry->d_name), text, newline + 1 };
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(*names, n, sizeof(**names), by_first_line);
	return n;
}

static void
release(struct names *names, size_t n)
{
	while (n-- > 0) {
		free(names[n].file);
		free(names[n].text);
	}
	free(names);
}

static bool
same_short(const struct names *a, const struct names *b)
{
	size_t n = 2 + strcspn(a->text + 2, " ");

	return n == 2 + strcspn(b->text + 2, " ") && memcmp(a->text, b->text, n) == 0;
}

int
names_share(int hosts, bool *replaced)
{
	struct names *names;
	size_t n = read_files(hosts, &names), i;
	char *brief, *rest, *text;
	int status = 0;
	bool alone;

	for (i = 0; i < n && status >= 0; i++) {
		alone = (i == 0 || !same_short(&names[i], &names[i - 1])) &&
			(i + 1 == n || !same_short(&names[i], &names[i + 1]));
		brief = xstrndup(names[i].text + 2, strcspn(names[i].text + 2, " "));
		rest = fit(names[i].rest, brief, alone);
		if (strcmp(rest, names[i].rest) != 0) {
			text = xasprintf("%s\n%s", names[i].text, rest);
			*replaced = true;
			status = write_text(hosts, names[i].file, text);
			free(text);
		}
		free(brief);
		free(rest);
	}
	release(names, n);
	return status < 0 ? -1 : 0;
}

static bool
read_first(const char *line, struct names_entry *e)
{
	int open, inside;

	if (sscanf(line, "# %*s %15s %45s %" SCNu32 " %d %d", e->ipv4, e->ipv6, &e->mark, &open, &inside) != 5)
		return false;
	e->open = open != 0;
	e->inside = inside != 0;
	return true;
}

void
names_each(int hosts, void (*each)(const struct names_entry *e, void *arg), void *arg)
{
	struct names_entry e;
	struct names *names;
	size_t n = read_files(hosts, &names), i;

	for (i = 0; i < n; i++)
		if (read_first(names[i].text, &e))
			each(&e, arg);
	release(names, n);
}

int
names_read(int hosts, const char *file, struct names_entry *e)
{
	char *text;
	size_t len;
	bool found;

	if (read_at(hosts, file, &text, &len, 1 << 16) < 0)
		return -1;
	found = read_first(text, e);
	free(text);
	return found ? 0 : -1;
}
