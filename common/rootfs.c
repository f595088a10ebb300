/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fact.h"
#include "handle.h"
#include "lxc.h"
#include "replace.h"
#include "say.h"

enum {
	FILE_MAX = 1024 * 1024, /* bytes of a file such as /etc/hosts */
	RETRIES = 64,
};

static bool live;   /* what was opened last is the root of a running container */
static int covered; /* rootfs_covered() */

/*
 * Who is root in it, as the host sees that. Where its mounts map owners, only who has an id there can make a file in
 * one: else it is EOVERFLOW (mount_setattr(2)).
 */
static uid_t live_uid;
static gid_t live_gid;

/* close(2) that keeps errno. Returns -1, for: return shut(fd). */
static int
shut(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int
rootfs_at(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (__u64)(unsigned int)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (live ? RESOLVE_NO_XDEV : 0),
	};
	long fd;
	int i;

	/* EAGAIN: a rename came in between, and ".." could not be followed safely (openat2(2)). */
	for (i = 0; i < RETRIES; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

/*
 * Mounts an overlay of these directories on no path, so that nothing is left when the descriptor, which is returned, is closed.
 * -1 with errno. The directories are named by descriptors: fsconfig(2) takes 255 bytes. Before Linux 6.5, which made overlay
 * read its options as they are set, it follows them not before it is made: they are open until then.
 */
static int
overlay_mount(const char *lower, const char *delta, const char *work)
{
	static const char *const options[] = { "lowerdir", "upperdir", "workdir" };
	const char *const paths[] = { lower, delta, work };
	int dirs[] = { -1, -1, -1 }, fs = fsopen("overlay", FSOPEN_CLOEXEC), status = fs < 0 ? -1 : 0, mount = -1;
	char *link;
	size_t i;

	for (i = 0; i < 3 && status == 0; i++) {
		dirs[i] = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		link = xasprintf("/proc/self/fd/%d", dirs[i]);
		if (dirs[i] < 0 || fsconfig(fs, FSCONFIG_SET_STRING, options[i], link, 0) < 0)
			status = -1;
		free(link);
	}
	if (status == 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	for (i = 0; i < 3; i++)
		shut(dirs[i]);
	shut(fs);
	return mount;
}

/* LOWER:DELTA as LXC mounts it, with the directory `work` beside DELTA; on no path. */
static int
overlay_open(const char *dirs)
{
	const char *colon = strchr(dirs, ':'), *slash = strrchr(dirs, '/');
	char *lower, *delta, *work;
	int mount = -1;

	if (colon == NULL || slash == NULL || slash < colon) {
		errno = EINVAL;
		return -1;
	}
	lower = xstrndup(dirs, (size_t)(colon - dirs));
	delta = xstrdup(colon + 1);
	work = xasprintf("%.*s/work", (int)(slash - colon - 1), colon + 1);
	/* LXC makes them at the first start. */
	if ((mkdir(delta, 0755) == 0 || errno == EEXIST) && (mkdir(work, 0755) == 0 || errno == EEXIST))
		mount = overlay_mount(lower, delta, work);
	free(lower);
	free(delta);
	free(work);
	return mount;
}

/* The root of a container that does not run, by its lxc.rootfs.path. */
static int
stopped_open(const struct container *c, struct record *r)
{
	struct lxc_container *lxc = lxc_open(c, r);
	char *path, *at;
	int fd;

	if (lxc == NULL)
		return -1;
	path = handle_item(lxc, "lxc.rootfs.path");
	lxc_container_put(lxc);
	/* liblxc 5 takes the kind, such as `overlay:`, off the value. A mounted subvolume is a directory. */
	if (*path == '\0') {
		free(path);
		return record_fail(r, "its configuration has no lxc.rootfs.path");
	}
	at = *path == '/' || strchr(path, ':') == NULL ? path : strchr(path, ':') + 1;
	fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && *at == '/' && strstr(at, ":/") != NULL) {
		fd = overlay_open(at);
		if (fd < 0)
			record_fail(r, "cannot mount its root, the overlay '%s':", at);
	} else if (fd < 0 && (*at != '/' || errno == ENOTDIR)) {
		record_fail(
		    r, "its root '%s' is no directory, and cannot be opened while it is stopped", path);
	} else if (fd < 0) {
		record_fail(r, "cannot open its root '%s':", at);
	}
	free(path);
	return fd;
}

/* The id on the host of process PID's id 0, by the first line of its FILE (user_namespaces(7)); 0 where it has none. */
static unsigned
host_id(pid_t pid, const char *file)
{
	char *path = xasprintf("/proc/%d/%s", (int)pid, file), *text = NULL;
	unsigned inside, host = 0;
	size_t len;

	if (read_at(AT_FDCWD, path, &text, &len, FILE_MAX) < 0 || sscanf(text, "%u %u", &inside, &host) != 2 ||
	    inside != 0)
		host = 0;
	free(text);
	free(path);
	return host;
}

int
rootfs_open(const struct container *c, struct record *r)
{
	pid_t pid = lxc_init_pid(c->name);
	char *path;
	int fd, probe;

	live = pid > 0;
	covered = 0;
	live_uid = 0;
	live_gid = 0;
	if (live) {
		path = xasprintf("/proc/%d/root", (int)pid);
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		free(path);
		if (fd < 0)
			return record_fail(r, "cannot open the root of its init, process %d:", (int)pid);
		live_uid = host_id(pid, "uid_map");
		live_gid = host_id(pid, "gid_map");
		/* The number may have been given to another process in between. */
		if (lxc_init_pid(c->name) != pid) {
			close(fd);
			return record_fail(r, "it was stopped or started meanwhile");
		}
	} else {
		fd = stopped_open(c, r);
		if (fd < 0)
			return -1;
	}
	probe = rootfs_at(fd, "/", O_PATH | O_DIRECTORY, 0);
	if (probe < 0) {
		if (errno == ENOSYS)
			record_fail(r, "this kernel lacks openat2(2): its files are not safe to open");
		else
			record_fail(r, "cannot open its root directory:");
		close(fd);
		return -1;
	}
	close(probe);
	return fd;
}

int
rootfs_cover(int root, const struct record *stored, bool running, const char *path, char **rest)
{
	const struct fact *f = NULL, *cover = NULL;
	size_t len, best = 0;
	struct stat st;
	char *host, *slash;
	int fd;

	covered = 0;
	while (stored != NULL && (f = record_find(stored, "volume", f)) != NULL) {
		len = strlen(f->field[1]);
		if (len > best && strncmp(path, f->field[1], len) == 0 &&
		    (path[len] == '/' || path[len] == '\0')) {
			cover = f;
			best = len;
		}
	}
	if (cover != NULL && running) {
		fd = rootfs_at(root, cover->field[1], O_PATH | O_NOFOLLOW, 0);
		if (fd >= 0 || errno != EXDEV)
			cover = NULL; /* it waits for the next start */
		shut(fd);
	}
	if (cover == NULL) {
		*rest = xstrdup(path);
		return fcntl(root, F_DUPFD_CLOEXEC, 0);
	}
	host = realpath(cover->field[0], NULL);
	if (host == NULL)
		return -1;
	*rest = xstrdup(path[best] == '\0' ? "/" : path + best);
	covered = volume_option(cover, "ro") ? EROFS : 0;
	if (path[best] == '\0' && stat(host, &st) == 0 && !S_ISDIR(st.st_mode)) {
		if (running && covered == 0)
			covered = EBUSY;
		slash = strrchr(host, '/');
		free(*rest);
		*rest = xstrdup(slash);
		slash[slash == host] = '\0';
	}
	fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int saved = errno;

		free(*rest);
		*rest = NULL;
		errno = saved;
	}
	free(host);
	return fd;
}

int
rootfs_covered(void)
{
	return covered;
}

/*
 * The file NAME in DIR (or the path NAME below a root) for reading. First by O_PATH alone, since a FIFO
 * would block and a device would act, then the same inode by its descriptor.
 */
static int
open_regular(int dir, const char *name)
{
	int fd = rootfs_at(dir, name, O_PATH | O_NOFOLLOW, 0), again = -1;
	struct stat st;
	char *link;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return shut(fd);
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISLNK(st.st_mode) ? ELOOP : EINVAL;
		return shut(fd);
	}
	link = xasprintf("/proc/self/fd/%d", fd);
	again = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	free(link);
	shut(fd);
	return again;
}

int
rootfs_read(int root, const char *path, char **bytes, size_t *len)
{
	int fd = open_regular(root, path), status;

	if (fd < 0)
		return -1;
	status = read_all(fd, bytes, len, FILE_MAX);
	shut(fd);
	return status;
}

/* An empty file, mode 0644, owned like its directory: what replace_at then takes its attributes from. */
static int
make_regular(int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	if (fstat(dir, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, 0644) < 0)
		return shut(fd);
	return fd;
}

/*
 * Who this process is to the file system, with all capabilities kept: setfsuid(2) would take those for files away. Who
 * it is cannot fail to change, and that it did is not told.
 */
static void
become(uid_t uid, gid_t gid)
{
	int bits = prctl(PR_GET_SECUREBITS);

	prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP);
	setfsgid(gid);
	setfsuid(uid);
	prctl(PR_SET_SECUREBITS, bits);
}

int
rootfs_replace(int root, const char *path, const char *bytes, size_t len)
{
	const char *slash = strrchr(path, '/');
	char *parent = slash == NULL || slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	const char *name = slash == NULL ? path : slash + 1;
	uid_t uid = (uid_t)setfsuid((uid_t)-1);
	gid_t gid = (gid_t)setfsgid((gid_t)-1);
	int dir, like = -1, status = -1, saved;

	/* ".." would be followed by openat(2) and rename(2) with nothing to hold it in the root. */
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		free(parent);
		errno = EINVAL;
		return -1;
	}
	if (covered == EROFS) {
		free(parent);
		errno = EROFS;
		return -1;
	}
	if (live_uid != 0)
		become(live_uid, live_gid);
	dir = rootfs_at(root, parent, O_PATH | O_DIRECTORY, 0);
	if (dir >= 0) {
		like = open_regular(dir, name);
		if (like < 0 && errno == ENOENT)
			like = make_regular(dir, name);
	}
	if (like >= 0)
		status = replace_at(dir, name, bytes, len, like, 0644);
	saved = errno;
	if (live_uid != 0)
		become(uid, gid);
	errno = saved;
	shut(like);
	shut(dir);
	free(parent);
	return status;
}

int
rootfs_fail(struct record *r, const char *path)
{
	switch (errno) {
	case ELOOP:
		return record_fail(r, "its '%s' is a symbolic link", path);
	case EINVAL:
		return record_fail(r, "its '%s' is no regular file", path);
	case EXDEV:
		return record_fail(
		    r, "its '%s' lies on a file system that is mounted in the container", path);
	default:
		return record_fail(r, "cannot read its '%s':", path);
	}
}
