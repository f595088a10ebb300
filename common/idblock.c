/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "idblock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "container.h"
#include "idmap.h"
#include "replace.h"
#include "say.h"
#include "subid.h"

static void
add(struct idblocks *b, uint32_t host, uint32_t count, const char *owner)
{
	b->block = xrealloc(b->block, b->n + 1, sizeof(*b->block));
	b->block[b->n++] = (struct idblock){ host, count, xstrdup(owner) };
}

/* Whether the stored record of OWNER does not have this block. One that is there and cannot be read proves nothing. */
static bool
stale(const char *owner, uint32_t host, uint32_t count)
{
	struct record *stored = container_owner_record(owner);
	bool proves = stored != NULL || errno == ENOENT;
	struct idmap m = idmap_of(stored);

	record_free(stored);
	return proves && (m.count == 0 || m.host != host || m.count != count);
}

/* Who holds the block that the link NAME stands for, of the caller's to free; a null pointer where it is none. */
static char *
holder(int dir, const char *name, uint32_t *host, uint32_t *count)
{
	char text[PATH_MAX];
	ssize_t n;

	if (!idmap_parse(name, host, count))
		return NULL;
	n = readlinkat(dir, name, text, sizeof(text));
	return n > 0 ? xstrndup(text, (size_t)n) : NULL;
}

static int
read_links(struct idblocks *b)
{
	DIR *dir = read_directory(b->dir);
	uint32_t host, count;
	struct dirent *e;
	char *owner;

	if (dir == NULL)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		owner = holder(b->dir, e->d_name, &host, &count);
		if (owner != NULL && stale(owner, host, count))
			unlinkat(b->dir, e->d_name, 0);
		else if (owner != NULL)
			add(b, host, count, owner);
		free(owner);
	}
	closedir(dir);
	return 0;
}

/*
 * Of a file of LXC's configuration, what maps ids: `lxc.idmap = u|g|b FIRST HOST COUNT', in older ones lxc.id_map
 * (lxc.container.conf(5)).
 */
static void
read_config(struct idblocks *b, int dir, const char *file, const char *owner)
{
	char *text, *line;
	unsigned long host, count;
	size_t len;

	if (read_at(dir, file, &text, &len, 1 << 20) < 0)
		return;
	for (line = text; *line != '\0'; line += strspn(line, " \t\r\n")) {
		if ((sscanf(line, "lxc.idmap = %*1[ugb] %*u %lu %lu", &host, &count) == 2 ||
			sscanf(line, "lxc.id_map = %*1[ugb] %*u %lu %lu", &host, &count) == 2) &&
		    host < UINT32_MAX && count > 0 && count <= UINT32_MAX - host)
			add(b, (uint32_t)host, (uint32_t)count, owner);
		line += strcspn(line, "\n");
	}
	free(text);
}

/* The containers beside ours, made by whomever, and those of ours that were given another name without ctrkit. */
static void
read_configs(struct idblocks *b)
{
	static const char *const files[] = { "config", "ctr/idmap.conf", "ctr/raw.conf" };
	DIR *all = opendir(container_path());
	struct dirent *e;
	char *owner;
	size_t i;
	int dir;

	while (all != NULL && (e = readdir(all)) != NULL) {
		dir = e->d_name[0] == '.' ? -1 : openat(dirfd(all), e->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			continue;
		owner = xasprintf("%s/%s", container_path(), e->d_name);
		for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			read_config(b, dir, files[i], owner);
		free(owner);
		close(dir);
	}
	if (all != NULL)
		closedir(all);
}

int
idblock_open(struct idblocks *b)
{
	*b = (struct idblocks){ .dir = -1, .lock = state_lock("idmap", LOCK_EX) };
	if (b->lock >= 0)
		b->dir = state_open("idmap");
	if (b->dir < 0 || read_links(b) < 0)
		return -1;
	read_configs(b);
	return 0;
}

void
idblock_close(struct idblocks *b)
{
	while (b->n > 0)
		free(b->block[--b->n].owner);
	free(b->block);
	if (b->dir >= 0)
		close(b->dir);
	if (b->lock >= 0)
		close(b->lock);
	*b = (struct idblocks){ .dir = -1, .lock = -1 };
}

const struct idblock *
idblock_other(const struct idblocks *b, uint32_t host, uint32_t count, const char *owner)
{
	const struct idblock *k;

	for (k = b->block; k < b->block + b->n; k++)
		if (k->host < (uint64_t)host + count && host < (uint64_t)k->host + k->count && strcmp(k->owner, owner) != 0)
			return k;
	return NULL;
}

int
idblock_choose(const struct idblocks *b, const char *owner, uint32_t count, uint32_t *host, bool *any,
    const char **failed)
{
	const struct idblock *other;
	struct subid *range;
	long n = subid_both(&range, failed), i;
	uint64_t first;
	int found = n < 0 ? -1 : 0;

	*any = false;
	for (i = 0; i < n && found == 0; i++) {
		/* Nobody on the host who is not root has an id below, and no root of it is (user_namespaces(7)). */
		for (first = range[i].first == 0 ? 1 : range[i].first; first + count <= range[i].end;) {
			*any = true;
			other = idblock_other(b, (uint32_t)first, count, owner);
			if (other == NULL) {
				*host = (uint32_t)first;
				found = 1;
				break;
			}
			first = (uint64_t)other->host + other->count;
		}
	}
	free(range);
	return found;
}

int
idblock_take(struct idblocks *b, uint32_t host, uint32_t count, const char *owner)
{
	char name[32];

	snprintf(name, sizeof(name), "%u:%u", (unsigned)host, (unsigned)count);
	if (symlinkat(owner, b->dir, name) == 0)
		return 0;
	/* It was found to be nobody's, or OWNER's own. */
	if (errno != EEXIST || unlinkat(b->dir, name, 0) < 0)
		return -1;
	return symlinkat(owner, b->dir, name);
}

int
idblock_release(const char *owner)
{
	int lock, dir, status = 0, saved;
	uint32_t host, count;
	struct dirent *e;
	DIR *all;
	char *by;

	lock = state_lock("idmap", LOCK_EX);
	if (lock < 0)
		return -1;
	dir = state_open("idmap");
	all = dir < 0 ? NULL : read_directory(dir);
	if (all == NULL)
		status = -1;
	while (status == 0 && (e = readdir(all)) != NULL) {
		by = holder(dir, e->d_name, &host, &count);
		if (by != NULL && strcmp(by, owner) == 0)
			status = unlinkat(dir, e->d_name, 0);
		free(by);
	}
	saved = errno;
	if (all != NULL)
		closedir(all);
	if (dir >= 0)
		close(dir);
	close(lock);
	errno = saved;
	return status;
}
