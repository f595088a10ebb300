/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

/*
 * TEXT as FILE in DIR. Returns 1 where it was not so, 0 where it was, -1 with errno. *REPLACED gets whether
 * it was other.
 */
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

int
names_write(int hosts, int dhcp, const char *file, const struct record *stored, bool *replaced)
{
	const char *brief = record_find(stored, "container", NULL)->field[1],
		   *fqdn = record_get(stored, "fqdn");
	const char *gap = fqdn == NULL ? "" : " ", *full = fqdn == NULL ? "" : fqdn;
	const char *four = record_get(stored, "ipv4"), *six = record_get(stored, "ipv6");
	char *names = xasprintf("# %s %s %s\n%s %s%s%s\n%s %s%s%s\n", brief, four, six, four, full, gap,
	    stored->name, six, full, gap, stored->name);
	/* Without a name: it would become the lease's, and hide whose project's it is. */
	char *lease = xasprintf("%s,%s\n", record_get(stored, "mac"), four);
	int a = write_entry(hosts, file, names, replaced), b = -1;

	if (a >= 0)
		b = write_entry(dhcp, file, lease, replaced);
	free(names);
	free(lease);
	return a < 0 || b < 0 ? -1 : a > 0 || b > 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t
names_read(int hosts, char ***lines)
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

void
names_free(char **lines, size_t n)
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

int
names_write_short(int hosts, bool *replaced)
{
	char **line, *out = NULL, name[256], four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN];
	size_t n = names_read(hosts, &line), i, len;
	FILE *memory = open_memstream(&out, &len);
	int status;

	if (memory == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	for (i = 0; i < n; i++)
		if ((i == 0 || !same_word(line[i], line[i - 1])) &&
		    (i + 1 == n || !same_word(line[i], line[i + 1])) &&
		    sscanf(line[i], "%255s %15s %45s", name, four, six) == 3)
			fprintf(memory, "%s %s\n%s %s\n", four, name, six, name);
	if (fclose(memory) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	status = write_entry(hosts, "short", out, replaced);
	names_free(line, n);
	free(out);
	return status < 0 ? -1 : 0;
}
