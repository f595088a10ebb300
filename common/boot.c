/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

#define FILE_NAME "boot"
#define KEPT "kept\n"

enum {
	TEXT_MAX = 256,
};

/* This boot of the host, a line of the caller's to free; a null pointer with errno. */
static char *
this_boot(void)
{
	char *text;
	size_t len;

	return read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text, &len, TEXT_MAX) < 0 ? NULL : text;
}

/* What the file says, the caller's to free; empty where there is none, or none that can be read. */
static char *
noted(const struct container *c)
{
	char *text;
	size_t len;

	return read_at(c->dirfd, FILE_NAME, &text, &len, TEXT_MAX) < 0 ? xstrdup("") : text;
}

/* 1 where the file was not TEXT, 0 where it was, -1 with errno. */
static int
put(const struct container *c, const char *text)
{
	char *old = noted(c);
	bool same = strcmp(old, text) == 0;

	free(old);
	if (same)
		return 0;
	return replace_at(c->dirfd, FILE_NAME, text, strlen(text), -1, 0600) < 0 || directory_sync(c->dirfd) < 0 ? -1 : 1;
}

int
boot_note(const struct container *c)
{
	char *now = this_boot();
	int status = now == NULL ? -1 : put(c, now), saved = errno;

	free(now);
	errno = saved;
	return status;
}

bool
boot_noted(const struct record *stored)
{
	char *path = xasprintf("%s/%s/ctr/" FILE_NAME, container_path(), stored->name), *text = NULL;
	char *now = this_boot();
	size_t len;
	bool is = now != NULL && read_at(AT_FDCWD, path, &text, &len, TEXT_MAX) == 0 && strcmp(text, now) == 0;

	free(path);
	free(text);
	free(now);
	return is;
}

int
boot_forget(const struct container *c)
{
	if (unlinkat(c->dirfd, FILE_NAME, 0) < 0)
		return errno == ENOENT ? 0 : -1;
	return directory_sync(c->dirfd);
}

int
boot_keep(const struct container *c, bool runs)
{
	char *now, *was;
	int status = 0;

	if (runs)
		return put(c, KEPT) < 0 ? -1 : 0;
	now = this_boot();
	if (now == NULL)
		return -1;
	was = noted(c);
	if (strcmp(was, now) == 0)
		status = boot_forget(c);
	free(was);
	free(now);
	return status;
}

bool
boot_wanted(const struct record *stored)
{
	const char *autostart = record_get(stored, "autostart");
	char *path;
	bool there;

	if (autostart != NULL)
		return strcmp(autostart, "true") == 0;
	path = xasprintf("%s/%s/ctr/" FILE_NAME, container_path(), stored->name);
	there = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	free(path);
	return there;
}
