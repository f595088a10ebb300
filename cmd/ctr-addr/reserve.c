/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "container.h"
#include "execute.h"
#include "fact.h"
#include "pool.h"
#include "publish.h"
#include "replace.h"
#include "say.h"

int
reserve_open(struct reservations *t)
{
	*t = (struct reservations){ .dir = state_open("addr"), .lock = -1 };
	if (t->dir >= 0)
		t->lock = openat(t->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return t->lock >= 0 ? 0 : -1;
}

void
reserve_close(struct reservations *t)
{
	if (t->dir >= 0)
		close(t->dir);
	if (t->lock >= 0)
		close(t->lock);
	*t = (struct reservations){ .dir = -1, .lock = -1 };
}

int
reserve_lock(struct reservations *t, bool alone)
{
	if (lock_hold(t->lock, alone ? LOCK_EX : LOCK_SH) < 0)
		return -1;
	t->alone = alone;
	return 0;
}

char *
reserve_holder(const struct reservations *t, const char *address)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(t->dir, address, text, sizeof(text));

	return n > 0 ? xstrndup(text, (size_t)n) : NULL;
}

bool
reserve_has(const struct reservations *t, const char *address, const char *owner)
{
	char *by = reserve_holder(t, address);
	bool has = by != NULL && strcmp(by, owner) == 0;

	free(by);
	return has;
}

struct target {
	unsigned char family, addr[16];
};

static int
leads_to(const struct publish *p, void *target)
{
	const struct target *t = target;

	return p->family == t->family && memcmp(p->to, t->addr, t->family == AF_INET ? 4 : 16) == 0;
}

/* Whether published ports lead to ADDRESS, or may do so. */
static bool
published(const char *address)
{
	struct target target = { 0 };
	int fd = publish_open(), found;

	target.family = (unsigned char)address_parse(address, target.addr);
	if (target.family == 0 || fd < 0)
		return fd < 0 && errno != ENOENT;
	found = publish_each(fd, false, leads_to, &target);
	if (found == 0)
		found = publish_each(fd, true, leads_to, &target);
	return found != 0;
}

/*
 * Withdraws the ports of OWNER, which was removed without ctrkit, LXCPATH/NAME: they would lead to who has its
 * address next. As its directory is gone, ctr-ports takes no lock for it.
 */
static void
withdraw(const char *owner)
{
	const char *slash = strrchr(owner, '/');
	char *path = xstrndup(owner, (size_t)(slash - owner));

	execute((const char *const[]){ "ctr-ports", "-q", "-u", "-P", path, slash + 1, NULL });
	free(path);
}

/* Whether OWNER does not have ADDRESS (any more), and nothing leads to it either. */
static bool
stale(const char *owner, const char *address)
{
	static const char *const keys[] = { "mac", "ipv4", "ipv6", NULL };
	struct record *stored = container_owner_record(owner);
	bool has = stored == NULL && errno != ENOENT;
	const char *value;
	size_t i;

	for (i = 0; stored != NULL && keys[i] != NULL; i++)
		if ((value = record_get(stored, keys[i])) != NULL && strcmp(value, address) == 0)
			has = true;
	/* It was given another one, and still runs with this. */
	has = has || pool_veth_up(address);
	/* One that is just made anew has its lock, and may wait for the one that is held here. */
	if (!has && access(owner, F_OK) < 0 && published(address))
		withdraw(owner);
	has = has || published(address);
	record_free(stored);
	return !has;
}

int
reserve_take(const struct reservations *t, const char *address, const char *owner, char **by)
{
	int status;

	for (*by = NULL;; free(*by), *by = NULL) {
		if (symlinkat(owner, t->dir, address) == 0)
			return 1;
		if (errno != EEXIST)
			return -1;
		*by = reserve_holder(t, address);
		if (*by == NULL && errno != ENOENT)
			return -1;
		if (*by == NULL)
			continue;
		status = strcmp(*by, owner) == 0 ? 0 : -1;
		if (status == 0 || !t->alone || !stale(*by, address))
			break;
		if (unlinkat(t->dir, address, 0) < 0 && errno != ENOENT) {
			free(*by);
			*by = NULL;
			return -1;
		}
	}
	if (status == 0) {
		free(*by);
		*by = NULL;
	}
	return status;
}

void
reserve_undo(const struct reservations *t, const char *address)
{
	unlinkat(t->dir, address, 0);
}

long
reserve_release(const struct reservations *t, const char *owner, const char *const keep[])
{
	DIR *dir = read_directory(t->dir);
	struct dirent *entry;
	char *by;
	long n = 0;
	int saved;
	size_t i;
	bool free_it;

	if (dir == NULL)
		return -1;
	while (n >= 0 && (entry = readdir(dir)) != NULL) {
		by = reserve_holder(t, entry->d_name);
		free_it = by != NULL && strcmp(by, owner) == 0;
		for (i = 0; free_it && keep[i] != NULL; i++)
			free_it = strcmp(keep[i], entry->d_name) != 0;
		free(by);
		if (free_it)
			n = unlinkat(t->dir, entry->d_name, 0) < 0 ? -1 : n + 1;
	}
	saved = errno;
	closedir(dir);
	errno = saved;
	return n;
}
