/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "handle.h"
#include "lxc.h"
#include "remove.h"
#include "say.h"
#include "snapshot.h"

/* Whether the settings LXC of the container, and what the record declares for it, map no ids but those of idmap.conf. */
static bool
maps_none(struct lxc_container *lxc, const struct container *c, struct record *r)
{
	struct idmap now = idmap_of(c->stored);
	char *maps = handle_item(lxc, "lxc.idmap"), *ours, *line, *rest;
	const struct fact *f = NULL;
	bool none = true;

	/* As liblxc writes them: KIND FIRST HOST COUNT. */
	ours = xasprintf(" 0 %u %u", (unsigned)now.host, (unsigned)now.count);
	for (line = strtok_r(maps, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		none = none && now.count > 0 && line[0] != '\0' && strcmp(line + 1, ours) == 0;
	while ((f = record_find(r, "config", f)) != NULL)
		none = none && strcmp(f->field[0], "lxc.idmap") != 0 && strcmp(f->field[0], "lxc.id_map") != 0;
	free(ours);
	free(maps);
	return none;
}

int
root_open(const struct container *c, struct record *r)
{
	struct lxc_container *lxc = lxc_open(c, r);
	char *path, *at;
	int fd = -1;

	if (lxc == NULL)
		return -1;
	path = handle_item(lxc, "lxc.rootfs.path");
	at = strncmp(path, "dir:", 4) == 0 ? path + 4 : path;
	/* liblxc 5 takes the kind, such as `overlay:', off the value. */
	if (!maps_none(lxc, c, r))
		record_fail(r, "idmap: its own configuration has lxc.idmap, and maps its ids already");
	else if (strncmp(path, "overlay", 7) == 0 || (*at == '/' && strstr(at, ":/") != NULL))
		record_fail(r, "idmap: its root is an overlay, of which LXC cannot map the owners; make it without 'snapshot'");
	else if (*at != '/' || (fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		record_fail(r, *at != '/' || errno == ENOTDIR ? "idmap: its root '%s' is no directory" : "cannot open its root '%s':",
		    path);
	lxc_container_put(lxc);
	free(path);
	return fd;
}

int
root_mountable(int root)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(root, &fs) < 0 || fstat(root, &st) < 0)
		return -1;
	/* A subvolume of btrfs, whose top has this number, LXC takes for another kind of storage. */
	return fs.f_type != BTRFS_SUPER_MAGIC || st.st_ino != 256;
}

int
root_ready(const struct container *c, struct record *r, const struct idmap *m)
{
	char *clone = snapshot_clone(c), *mounted = NULL, *shut = NULL;
	int status = 0, reaches;

	if (m->host < m->count)
		status = record_fail(r, "idmap: its files cannot be given to the ids %u:%u, some of which they have already",
		    (unsigned)m->host, (unsigned)m->count);
	else if (clone != NULL)
		status = record_fail(
		    r, "idmap: its files cannot be given to other ids: '%s', a snapshot clone of it, has them too", clone);
	else if ((mounted = remove_mounted(c->dir)) != NULL)
		status = record_fail(r, "idmap: its files cannot be given to other ids: '%s' is mounted", mounted);
	else if (errno != 0)
		status = record_fail(r, "cannot find out what is mounted in '%s':", c->dir);
	else if ((reaches = idmap_reaches(m, c->dir, &shut)) < 0)
		status = record_fail(r, "cannot find out whether its root reaches '%s':", c->dir);
	else if (reaches == 0)
		status = record_fail(r, "idmap: its root, %u on the host, cannot search '%s'; let it with: setfacl -m u:%u:x %s",
		    (unsigned)m->host, shut, (unsigned)m->host, shut);
	free(shut);
	free(mounted);
	free(clone);
	return status;
}

int
root_let_in(const struct container *c, struct record *r, const struct idmap *m)
{
	struct idmap had = idmap_of(c->stored);
	struct stat st;

	if (lstat(c->dir, &st) < 0)
		return record_fail(r, "cannot look at '%s':", c->dir);
	/* Without ids of its own it is as it was made, or somebody else's choice. */
	if (m->count > 0 ? st.st_gid == m->host && (st.st_mode & S_IXOTH) == 0 : had.count == 0 || st.st_gid != had.host)
		return 0;
	/* Nobody else: who is root in it can make set-id files in its root, which are root's on the host. */
	if (lchown(c->dir, (uid_t)-1, m->host) < 0 || chmod(c->dir, m->count > 0 ? 0710 : 0750) < 0)
		return record_fail(r, "cannot let its root search '%s':", c->dir);
	return 0;
}
