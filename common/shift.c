/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shift.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

enum {
	XATTR_MAX = 65536, /* xattr(7) */
	SET_IDS = S_ISUID | S_ISGID,
};

#define CAPS	    "security.capability"
#define ACL_ACCESS  "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

/*
 * What a change of owner takes from a file, its set-id bits and capabilities (chown(2)), stands in this attribute of it
 * until it has them again: a struct kept. Who is root in a container with mapped ids cannot make one (xattr(7)).
 */
#define KEPT "trusted.ctr.shift"

struct kept {
	uint32_t mode;
	uint32_t ncaps; /* bytes of CAPS */
	struct vfs_ns_cap_data caps;
};

/* As the kernel has it in include/uapi/linux/posix_acl_xattr.h, little-endian. */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

enum {
	ACL_HEADER = 4,
	ACL_USER = 2,
	ACL_GROUP = 8,
};

static uint32_t
shifted(const struct shift *s, uint32_t id)
{
	return id >= s->from && id - s->from < s->count ? id - s->from + s->to : id;
}

/* Capabilities hold where the root that they name is (capabilities(7)); those of version 2 name none, which is id 0. */
static void
shift_caps(const struct shift *s, struct kept *k)
{
	uint32_t magic = le32toh(k->caps.magic_etc), root;

	if (k->ncaps != XATTR_CAPS_SZ_2 && k->ncaps != XATTR_CAPS_SZ_3)
		return;
	root = shifted(s, k->ncaps == XATTR_CAPS_SZ_3 ? le32toh(k->caps.rootid) : 0);
	k->ncaps = root == 0 ? XATTR_CAPS_SZ_2 : XATTR_CAPS_SZ_3;
	magic = (magic & VFS_CAP_FLAGS_MASK) | (root == 0 ? VFS_CAP_REVISION_2 : VFS_CAP_REVISION_3);
	k->caps.magic_etc = htole32(magic);
	k->caps.rootid = htole32(root);
}

/* The ids in the ACL NAME of PATH. Writing it whole is one step. */
static int
shift_acl(const struct shift *s, const char *path, const char *name)
{
	char value[XATTR_MAX];
	struct acl_entry e;
	ssize_t n = getxattr(path, name, value, sizeof(value)), at;
	uint32_t id;
	uint16_t tag;
	bool changed = false;

	if (n < 0)
		return -1;
	for (at = ACL_HEADER; at + (ssize_t)sizeof(e) <= n; at += (ssize_t)sizeof(e)) {
		memcpy(&e, value + at, sizeof(e));
		tag = le16toh(e.tag);
		id = shifted(s, le32toh(e.id));
		if ((tag != ACL_USER && tag != ACL_GROUP) || id == le32toh(e.id))
			continue;
		e.id = htole32(id);
		memcpy(value + at, &e, sizeof(e));
		changed = true;
	}
	return changed ? setxattr(path, name, value, (size_t)n, 0) : 0;
}

static bool
has(const char *names, ssize_t n, const char *name)
{
	const char *s;

	for (s = names; s < names + n; s += strlen(s) + 1)
		if (strcmp(s, name) == 0)
			return true;
	return false;
}

/* The file at the descriptor FD, opened with O_PATH, which is no link. */
static int
shift_file(const struct shift *s, int fd, const struct stat *st)
{
	char path[32], names[XATTR_MAX];
	uid_t uid = shifted(s, st->st_uid);
	gid_t gid = shifted(s, st->st_gid);
	bool moves = uid != st->st_uid || gid != st->st_gid, kept, caps;
	struct kept k = { .mode = st->st_mode & 07777 }, was;
	ssize_t n, got;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = listxattr(path, names, sizeof(names));
	if (n < 0 && errno != EOPNOTSUPP)
		return -1;
	kept = has(names, n, KEPT);
	caps = has(names, n, CAPS);
	if (kept) {
		got = getxattr(path, KEPT, &k, sizeof(k));
		if (got >= 0 && got != (ssize_t)sizeof(k))
			errno = EINVAL;
		if (got != (ssize_t)sizeof(k))
			return -1;
	} else if (caps) {
		got = getxattr(path, CAPS, &k.caps, sizeof(k.caps));
		if (got < 0)
			return -1;
		k.ncaps = (uint32_t)got;
	}
	was = k;
	/* Those of an earlier call too, which was for the same owners or the other way. */
	shift_caps(s, &k);
	if (!kept && moves && (caps || (!S_ISDIR(st->st_mode) && (k.mode & SET_IDS) != 0))) {
		if (setxattr(path, KEPT, &k, sizeof(k), 0) < 0)
			return -1;
		kept = true;
	}
	if (moves && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return -1;
	if (kept && chmod(path, k.mode) < 0)
		return -1;
	if (k.ncaps > 0 && (kept || memcmp(&was, &k, sizeof(k)) != 0) &&
	    setxattr(path, CAPS, &k.caps, k.ncaps, 0) < 0)
		return -1;
	if (has(names, n, ACL_ACCESS) && shift_acl(s, path, ACL_ACCESS) < 0)
		return -1;
	if (has(names, n, ACL_DEFAULT) && shift_acl(s, path, ACL_DEFAULT) < 0)
		return -1;
	return kept ? removexattr(path, KEPT) : 0;
}

/* A directory on the way down to where the walk is, and those in it that are still to be entered. */
struct level {
	struct level *up;
	dev_t dev;
	ino_t ino;
	char **name;
	size_t n;
};

static int
fail(char **failed, const char *name)
{
	int saved = errno;

	if (*failed == NULL)
		*failed = xstrdup(name);
	errno = saved;
	return -1;
}

/* What is in the directory FD, whose directories are noted in L. */
static int
shift_inside(const struct shift *s, int fd, struct level *l, char **failed)
{
	DIR *dir = read_directory(fd);
	struct dirent *e;
	struct stat st;
	int one, status = 0, saved;

	if (dir == NULL)
		return fail(failed, ".");
	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		one = openat(fd, e->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (one < 0 || fstat(one, &st) < 0)
			status = -1;
		else if (st.st_dev != l->dev)
			; /* mounted there, or a subvolume */
		else if (S_ISLNK(st.st_mode))
			status = fchownat(one, "", shifted(s, st.st_uid), shifted(s, st.st_gid), AT_EMPTY_PATH);
		else
			status = shift_file(s, one, &st);
		if (status < 0)
			fail(failed, e->d_name);
		else if (S_ISDIR(st.st_mode) && st.st_dev == l->dev) {
			l->name = xrealloc(l->name, l->n + 1, sizeof(*l->name));
			l->name[l->n++] = xstrdup(e->d_name);
		}
		if (one >= 0)
			close(one);
		if (status < 0)
			break;
	}
	if (status == 0 && errno != 0)
		status = fail(failed, ".");
	saved = errno;
	closedir(dir);
	errno = saved;
	return status;
}

/* The directory NAME in FD, which is closed; *ST says which it is. */
static int
enter(int fd, const char *name, struct stat *st)
{
	int next = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), saved = errno;

	close(fd);
	if (next >= 0 && fstat(next, st) < 0) {
		saved = errno;
		close(next);
		next = -1;
	}
	errno = saved;
	return next;
}

static struct level *
leave(struct level *l)
{
	struct level *up = l->up;

	while (l->n > 0)
		free(l->name[--l->n]);
	free(l->name);
	free(l);
	return up;
}

/*
 * Holds one directory open, and not all on the way to it: the tree's writer chooses how deep it is. The way back up is
 * held against what came before.
 */
static int
walk(const struct shift *s, int fd, const struct stat *top, char **failed)
{
	struct level *l = NULL, *next;
	struct stat st = *top;
	int status = 0;
	char *name;

	for (;;) {
		next = xmalloc(sizeof(*next));
		*next = (struct level){ .up = l, .dev = st.st_dev, .ino = st.st_ino };
		l = next;
		status = shift_inside(s, fd, l, failed);
		while (status == 0 && l != NULL && l->n == 0) {
			l = leave(l);
			if (l == NULL)
				break;
			fd = enter(fd, "..", &st);
			if (fd < 0 || st.st_dev != l->dev || st.st_ino != l->ino) {
				if (fd >= 0)
					errno = ESTALE;
				status = fail(failed, "..");
			}
		}
		if (status < 0 || l == NULL)
			break;
		name = l->name[--l->n];
		fd = enter(fd, name, &st);
		if (fd < 0)
			status = fail(failed, name);
		free(name);
		if (status < 0)
			break;
	}
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	while (l != NULL)
		l = leave(l);
	return status;
}

int
shift_tree(int root, struct shift s, char **failed)
{
	int fd = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), sync, status;
	struct stat st;

	*failed = NULL;
	if (fd < 0 || fstat(fd, &st) < 0 || shift_file(&s, fd, &st) < 0) {
		fail(failed, ".");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	status = walk(&s, fd, &st, failed);
	if (status < 0)
		return -1;
	sync = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	status = sync < 0 || syncfs(sync) < 0 ? fail(failed, ".") : 0;
	if (sync >= 0)
		close(sync);
	return status;
}
