/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "share.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clear.h"
#include "container.h"
#include "fact.h"
#include "hostname.h"
#include "replace.h"
#include "resolv.h"
#include "say.h"

/* A container's file in the directory hosts. */
struct names {
	char *file;
	char *text; /* its first line, "# NAME.PROJECT IPV4 IPV6 MARK OPEN INSIDE", ends at the NUL */
	char *own;  /* the lines after that: a line of names for each address, 
			"# options TAG SERVERS|- DOMAIN|-", "# alias NAME.PROJECT FILE" */
	char *rest; /* behind those, the aliases that others have for it: "ADDRESS NAME.PROJECT" */
};

/* A name that one of the files has. */
struct known {
	char *name;
	size_t whose;	  /* the file that has it */
	size_t to;	  /* the container that it means, NONE where that is not let in */
	bool alias, good; /* good: it means that one alone */
};

#define NONE ((size_t)-1)

int
share_begin(const struct share_dirs *d)
{
	int fd = openat(d->run, "unread", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

bool
share_unread(const struct share_dirs *d)
{
	return faccessat(d->run, "unread", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int
share_done(const struct share_dirs *d, char **error)
{
	return clear_file(d->run, "unread", 0, error);
}

static int
write_text(const struct share_dirs *d, int dir, const char *file, const char *text)
{
	return share_begin(d) < 0 || replace_at(dir, file, text, strlen(text), -1, 0644) < 0 ? -1 : 1;
}

/*
 * Makes FILE in DIR be TEXT, unless it is that, with no more behind it than lines of addresses where MORE. Returns as
 * share_write.
 */
static int
fit_file(const struct share_dirs *d, int dir, const char *file, const char *text, bool more, bool *replaced)
{
	char *old = NULL;
	size_t len, n = strlen(text);
	int status = 0;

	if (read_at(dir, file, &old, &len, NAMES_BYTES) < 0) {
		status = write_text(d, dir, file, text);
	} else if (strncmp(old, text, n) != 0 || (old[n] != '\0' && (!more || old[n] == '#'))) {
		*replaced = true;
		status = write_text(d, dir, file, text);
	}
	free(old);
	return status;
}

/*
 * "TAG SERVERS DOMAIN": what DHCP is to say to the container, with the tag of all who are told the same; "-" for what it does
 * not say. The caller frees it.
 */
static char *
options_text(const struct record *stored)
{
	uint32_t h = 2166136261u; /* FNV-1a, 32 bits */
	char *text, *all, *wrong = NULL;
	const char *s;
	struct resolv v;
	size_t len, i, n = 0;
	FILE *out = xopen_memstream(&text, &len);

	/* What is wrong with it has been said where it goes into a file (ctr-dns). */
	if (resolv_read(stored, &v, &wrong) < 0)
		resolv_free(&v);
	for (i = 0; i < v.n; i++)
		if (address_parse(v.server[i], NULL) == AF_INET)
			fprintf(out, "%s%s", n++ == 0 ? "" : ",", v.server[i]);
	fprintf(out, "%s %s", n == 0 ? "-" : "", v.search == NULL ? "-" : v.search);
	xfclose(out);
	for (s = text; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	all = xasprintf("o%08x %s", h, text);
	resolv_free(&v);
	free(wrong);
	free(text);
	return all;
}

/* The file in hosts. */
static char *
hosts_text(const struct record *stored, const struct record *links, const char *options)
{
	const struct fact *container = record_find(stored, "container", NULL);
	const char *fqdn = record_get(stored, "fqdn");
	const struct names_entry e = names_entry(stored);
	const char *address[] = { e.ipv4, e.ipv6 };
	char *domain = resolv_domain(stored), *label = host_label(container->field[1]);
	char *brief = xasprintf("%s.%s", label, domain), *aliases = names_aliases(stored, links), *text;
	size_t len, i;
	FILE *out = xopen_memstream(&text, &len);

	fprintf(out, "# %s %s %s %u %d %d\n", brief, e.ipv4, e.ipv6, e.mark, e.open, e.inside);
	for (i = 0; i < 2; i++) {
		/* The first name of a line is also that of the address. */
		fprintf(out, "%s ", address[i]);
		if (fqdn != NULL && strcasecmp(fqdn, brief) != 0)
			fprintf(out, "%s ", fqdn);
		/* The full name in the domain too: some resolvers ask for a name without a dot in the domain only. */
		fprintf(out, "%s %s %s.%s\n", brief, stored->name, stored->name, domain);
	}
	fprintf(out, "# options %s\n", options);
	fputs(aliases, out);
	xfclose(out);
	free(aliases);
	free(domain);
	free(label);
	free(brief);
	return text;
}

int
share_write(const struct share_dirs *d, const char *file, const struct record *stored, const struct record *links,
    bool *replaced)
{
	char *options = options_text(stored), *text = hosts_text(stored, links, options), *lease;
	int a, b;

	/*
	 * Without a name: it would become the lease's, and hide whose project's it is. dnsmasq tags what comes with the
	 * interface that it comes by: another container that sends with this MAC is not taken for this one, and so cannot
	 * decline its address (RFC 2131, 4.3.3), which would not be given for ten minutes then.
	 */
	lease = xasprintf("%s,tag:%s,set:%.*s,%s\n", record_get(stored, "mac"), record_get(stored, "veth"),
	    (int)strcspn(options, " "), options, record_get(stored, "ipv4"));
	a = fit_file(d, d->hosts, file, text, true, replaced);
	b = a < 0 ? -1 : fit_file(d, d->dhcp, file, lease, false, replaced);
	free(options);
	free(text);
	free(lease);
	return a < 0 || b < 0 ? -1 : a > 0 || b > 0;
}

static int
by_file(const void *a, const void *b)
{
	return strcmp(((const struct names *)a)->file, ((const struct names *)b)->file);
}

static char *
next_line(char *s)
{
	s += strcspn(s, "\n");
	return *s == '\0' ? s : s + 1;
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

/* All files in HOSTS, *N of them, sorted by their names; the caller frees them with release. 0, or -1 with errno. */
static int
read_files(int hosts, struct names **names, size_t *n)
{
	DIR *dir = read_directory(hosts);
	struct dirent *entry;
	size_t len;
	char *text, *own, *rest;
	int status = dir == NULL ? -1 : 0, saved;

	*names = NULL;
	*n = 0;
	while (status == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (read_at(hosts, entry->d_name, &text, &len, NAMES_BYTES) < 0) {
			status = errno == ENOENT ? 0 : -1;
			continue;
		}
		own = next_line(text);
		if (strncmp(text, "# ", 2) != 0 || *own == '\0') {
			free(text);
			continue;
		}
		own[-1] = '\0';
		for (rest = next_line(next_line(own)); *rest == '#';)
			rest = next_line(rest);
		*names = xrealloc(*names, *n + 1, sizeof(**names));
		(*names)[(*n)++] = (struct names){ xstrdup(entry->d_name), text, own, rest };
	}
	saved = errno;
	if (dir != NULL)
		closedir(dir);
	if (status < 0) {
		release(*names, *n);
		*names = NULL;
		*n = 0;
	}
	if (*n > 0)
		qsort(*names, *n, sizeof(**names), by_file);
	errno = saved;
	return status;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The arguments for the project and the options of NAMES, one a line, to OUT. */
static void
write_arguments(FILE *out, const struct names *names)
{
	char tag[16], servers[4096], domain[64], *brief = xstrndup(names->text + 2, strcspn(names->text + 2, " "));
	char *dot = strchr(brief, '.');

	/* A domain without a server is dnsmasq's own. */
	if (dot != NULL)
		fprintf(out, "--server=/%s/\n", dot + 1);
	free(brief);
	if (sscanf(next_line(next_line(names->own)), "# options %15s %4095s %63s", tag, servers, domain) != 3)
		return;
	/* Without an address the option is not sent. */
	fprintf(out, "--dhcp-option=tag:%s,option:dns-server%s%s\n", tag, strcmp(servers, "-") == 0 ? "" : ",",
	    strcmp(servers, "-") == 0 ? "" : servers);
	if (strcmp(domain, "-") != 0)
		fprintf(out, "--dhcp-option=tag:%1$s,option:domain-name,%2$s\n--dhcp-option=tag:%1$s,option:domain-search,%2$s\n",
		    tag, domain);
}

/* The file `projects': each argument once. */
static int
write_projects(const struct share_dirs *d, const struct names *names, size_t n, bool *replaced)
{
	char *all, *text, **line = NULL, *s;
	size_t len, i, count = 0;
	FILE *out = xopen_memstream(&all, &len);
	int status;

	for (i = 0; i < n; i++)
		write_arguments(out, &names[i]);
	xfclose(out);
	for (s = all; *s != '\0'; s = next_line(s), s[-1] = '\0') {
		line = xgrow(line, count, sizeof(*line));
		line[count++] = s;
	}
	if (count > 0)
		qsort(line, count, sizeof(*line), by_text);
	out = xopen_memstream(&text, &len);
	for (i = 0; i < count; i++)
		if (i == 0 || strcmp(line[i], line[i - 1]) != 0)
			fprintf(out, "%s\n", line[i]);
	xfclose(out);
	status = fit_file(d, d->run, "projects", text, false, replaced);
	free(line);
	free(all);
	free(text);
	return status;
}

static void
add_known(struct known **known, size_t *n, struct known k)
{
	*known = xgrow(*known, *n, sizeof(**known));
	(*known)[(*n)++] = k;
}

/* Adds the names in file I: those of its first address, and its aliases. */
static void
read_known(struct known **known, size_t *n, const struct names *names, size_t count, size_t i)
{
	const char *s = names[i].own;
	struct names key = { 0 }, *target;
	size_t len, line = strcspn(s, "\n");
	char *alias, *file;

	for (len = strcspn(s, " \n"); len < line; len += 1 + strcspn(s + len + 1, " \n"))
		add_known(known, n,
		    (struct known){ .name = xstrndup(s + len + 1, strcspn(s + len + 1, " \n")), .whose = i, .to = i });
	for (s = names[i].own; s < names[i].rest; s = next_line((char *)s)) {
		if (sscanf(s, "# alias %m[^ \n] %m[^ \n]", &alias, &file) != 2)
			continue;
		key.file = file;
		target = bsearch(&key, names, count, sizeof(*names), by_file);
		add_known(known, n,
		    (struct known){ .name = alias, .whose = i, .alias = true,
			.to = target == NULL ? NONE : (size_t)(target - names) });
		free(file);
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct known *p = a, *q = b;
	int order = strcasecmp(p->name, q->name);

	return order != 0 ? order : p->whose < q->whose ? -1 : p->whose > q->whose;
}

static int
by_to(const void *a, const void *b)
{
	const struct known *p = a, *q = b;

	return p->to < q->to ? -1 : p->to > q->to ? 1 : strcasecmp(p->name, q->name);
}

/* Of those with one name, the first is good where all are aliases of one container that is let in. */
static void
judge(struct known *known, size_t n)
{
	size_t first, i;
	bool good = false;

	qsort(known, n, sizeof(*known), by_name);
	for (first = i = 0; i < n; i++) {
		if (i == 0 || strcasecmp(known[i].name, known[first].name) != 0) {
			first = i;
			good = true;
		}
		good = good && known[i].alias && known[i].to != NONE && known[i].to == known[first].to;
		known[first].good = good;
	}
}

/*
 * Writes the good aliases from K on that mean container I into its file, where they differ. There, behind its own names:
 * of all the names that an address has, dnsmasq takes the one that it reads first for that of the address.
 */
static int
write_aliases(const struct share_dirs *d, const struct names *names, size_t i, const struct known **k,
    const struct known *end, bool *replaced)
{
	char *rest, *text, four[INET_ADDRSTRLEN], six[INET6_ADDRSTRLEN];
	size_t len;
	FILE *out = xopen_memstream(&rest, &len);
	int status = 0;

	for (; *k < end && (*k)->to == i; (*k)++)
		if ((*k)->good && sscanf(names[i].text, "# %*s %15s %45s", four, six) == 2)
			fprintf(out, "%s %s\n%s %s\n", four, (*k)->name, six, (*k)->name);
	xfclose(out);
	if (strcmp(rest, names[i].rest) != 0) {
		text = xasprintf("%s\n%.*s%s", names[i].text, (int)(names[i].rest - names[i].own), names[i].own, rest);
		*replaced = *replaced || *names[i].rest != '\0';
		status = write_text(d, d->hosts, names[i].file, text);
		free(text);
	}
	free(rest);
	return status;
}

int
share_names(const struct share_dirs *d, bool *replaced, char **error)
{
	struct names *names;
	struct known *known = NULL;
	const struct known *k;
	size_t n, count = 0, i;
	int status = read_files(d->hosts, &names, &n);

	if (status == 0)
		status = write_projects(d, names, n, replaced);

	for (i = 0; i < n; i++)
		read_known(&known, &count, names, n, i);
	if (count > 0) {
		judge(known, count);
		qsort(known, count, sizeof(*known), by_to);
	}
	for (k = known, i = 0; i < n && status >= 0; i++)
		status = write_aliases(d, names, i, &k, known + count, replaced);
	while (count > 0)
		free(known[--count].name);
	free(known);
	release(names, n);
	if (status >= 0)
		return 0;
	*error = xasprintf("cannot write the names for dnsmasq: %s", strerror(errno));
	return -1;
}

int
share_each(int hosts, void (*each)(const char *file, const struct names_entry *e, void *arg), void *arg)
{
	struct names_entry e;
	struct names *names;
	size_t n, i;
	int status = read_files(hosts, &names, &n);

	for (i = 0; i < n; i++)
		if (names_first(names[i].text, &e))
			each(names[i].file, &e, arg);
	release(names, n);
	return status;
}

