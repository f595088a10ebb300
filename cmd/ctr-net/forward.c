/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"
#include "replace.h"
#include "say.h"

#define NET "/proc/sys/net/"

static const char on4[] = NET "ipv4/ip_forward", on6[] = NET "ipv6/conf/all/forwarding";

/*
 * What turning forwarding on or off changes (kernel's ip-sysctl: ip_forward resets conf/all/accept_redirects
 * and each interface's forwarding; all/forwarding of IPv6 likewise), and what is changed here; in the order
 * in which they are set back: what resets others first.
 */
static const char *const kept4[] = { on4, NET "ipv4/conf/all/accept_redirects", NET "ipv4/conf/*/forwarding",
	NULL };
static const char *const kept6[] = { on6, NET "ipv6/conf/*/forwarding", NET "ipv6/conf/*/accept_ra", NULL };

/* The value of PATH without its newline, the caller's to free; a null pointer with errno. */
static char *
value(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char *text = NULL;
	size_t len;

	if (fd < 0)
		return NULL;
	if (read_all(fd, &text, &len, 4096) == 0)
		text[strcspn(text, "\n")] = '\0';
	saved = errno;
	close(fd);
	errno = saved;
	return text;
}

static bool
is(const char *path, const char *wanted)
{
	char *text = value(path);
	bool same = text != NULL && strcmp(text, wanted) == 0;

	free(text);
	return same;
}

static int
set(const char *path, const char *text, char **failed)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), status, saved;

	status = fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 1;
	saved = errno;
	if (fd >= 0)
		close(fd);
	if (status < 0)
		*failed = xstrdup(path);
	errno = saved;
	return status;
}

/* Whether the setting is of a container's interface, which comes and goes, and gets its settings by ctr-veth-up. */
static bool
of_veth(const char *path)
{
	const char *conf = strstr(path, "/conf/");
	char *interface = conf == NULL ? NULL : xstrndup(conf + 6, strcspn(conf + 6, "/"));
	bool is = interface != NULL && pool_is_veth(interface);

	free(interface);
	return is;
}

/* To OUT, a line each, what the files of PATTERNS have. 0, or -1 with errno and the file in *FAILED. */
static int
keep(FILE *out, const char *const patterns[], char **failed)
{
	glob_t found;
	char *text;
	size_t i, k;
	int status = 0;

	for (i = 0; status == 0 && patterns[i] != NULL; i++) {
		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (k = 0; status == 0 && k < found.gl_pathc; k++) {
			if (of_veth(found.gl_pathv[k]))
				continue;
			text = value(found.gl_pathv[k]);
			if (text != NULL) {
				fprintf(out, "%s %s\n", found.gl_pathv[k], text);
			} else if (errno != ENOENT) { /* with its interface */
				*failed = xstrdup(found.gl_pathv[k]);
				status = -1;
			}
			free(text);
		}
		globfree(&found);
	}
	return status;
}

/*
 * A host that forwards takes no routers' advertisements, unless accept_ra is 2, and loses the routes that it
 * has from them (kernel's ip-sysctl).
 */
static int
keep_routes(char **path)
{
	glob_t found;
	size_t k;
	int status = 1;

	if (glob(NET "ipv6/conf/*/accept_ra", 0, NULL, &found) != 0)
		return 1;
	for (k = 0; status > 0 && k < found.gl_pathc; k++)
		if (strstr(found.gl_pathv[k], "/conf/all/") == NULL &&
		    strstr(found.gl_pathv[k], "/conf/default/") == NULL &&
		    strstr(found.gl_pathv[k], "/conf/lo/") == NULL && !of_veth(found.gl_pathv[k]) && is(found.gl_pathv[k], "1"))
			status = set(found.gl_pathv[k], "2", path);
	globfree(&found);
	return status;
}

int
forward_on(int run, char **path)
{
	bool four = is(on4, "1"), six = is(on6, "1");
	char *text = NULL;
	size_t len;
	FILE *out;
	int status = 0, saved;

	if (four && six)
		return 0;
	/* Where it is there already, it has the older values. */
	if (faccessat(run, "sysctls", F_OK, 0) < 0) {
		out = xopen_memstream(&text, &len);
		if (!four)
			status = keep(out, kept4, path);
		if (!six && status == 0)
			status = keep(out, kept6, path);
		saved = errno;
		xfclose(out);
		errno = saved;
		if (status == 0 && (status = replace_at(run, "sysctls", text, len, -1, 0644)) < 0)
			*path = xstrdup("sysctls");
		free(text);
		if (status < 0)
			return -1;
	}
	if (!four && set(on4, "1", path) < 0)
		return -1;
	if (!six && (keep_routes(path) < 0 || set(on6, "1", path) < 0))
		return -1;
	return 1;
}

int
forward_restore(int run, char **path)
{
	char *text, *line, *next, *blank;
	size_t len;
	int status = 1;

	if (read_at(run, "sysctls", &text, &len, 1 << 24) < 0)
		return errno == ENOENT ? 0 : (*path = xstrdup("sysctls"), -1);
	for (line = text; status > 0 && *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		blank = strchr(line, ' ');
		if (blank == NULL || strncmp(line, NET, sizeof(NET) - 1) != 0)
			continue;
		*blank = '\0';
		if (is(line, blank + 1) || set(line, blank + 1, path) > 0)
			continue;
		/* An interface may be gone. */
		if (errno != ENOENT) {
			status = -1;
		} else {
			free(*path);
			*path = NULL;
		}
	}
	free(text);
	return status < 0 || unlinkat(run, "sysctls", 0) < 0 ? -1 : 1;
}
