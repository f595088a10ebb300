/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "say.h"

int
read_all(int fd, char **bytes, size_t *len, size_t max)
{
	size_t cap = 4096, n = 0;
	struct stat st;
	ssize_t got;
	char *buf;

	*bytes = NULL;
	/* What a regular file holds, and room to see its end. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= max)
		cap = (size_t)st.st_size + 2;
	buf = xmalloc(cap);
	for (;;) {
		if (n + 1 == cap) {
			cap *= 2;
			buf = xrealloc(buf, cap, 1);
		}
		got = read(fd, buf + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (n > max) {
			errno = EFBIG;
			got = -1;
			break;
		}
	}
	if (got < 0) {
		int saved = errno;

		free(buf);
		errno = saved;
		return -1;
	}
	buf[n] = '\0';
	*bytes = buf;
	*len = n;
	return 0;
}

int
read_at(int dirfd, const char *path, char **bytes, size_t *len, size_t max)
{
	/* O_NONBLOCK, or opening a FIFO waits for its writer. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int status, saved;

	*bytes = NULL;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		status = -1;
	} else if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		status = -1;
	} else {
		status = read_all(fd, bytes, len, max);
	}
	saved = errno;
	close(fd);
	errno = saved;
	return status;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Extended attributes, ACLs among them, each 64 KiB at most (xattr(7)). A file system without any has none to copy. */
static int
copy_xattrs(int from, int to)
{
	ssize_t size = flistxattr(from, NULL, 0);
	char *names, *name, value[65536];
	ssize_t n;
	int status = 0;

	if (size <= 0)
		return size < 0 && errno != ENOTSUP ? -1 : 0;
	names = xmalloc((size_t)size);
	size = flistxattr(from, names, (size_t)size);
	for (name = names; status == 0 && name < names + size; name += strlen(name) + 1) {
		n = fgetxattr(from, name, value, sizeof(value));
		if (n < 0 || fsetxattr(to, name, value, (size_t)n, 0) < 0)
			status = -1;
	}
	free(names);
	return size < 0 ? -1 : status;
}

static int
fill(int fd, const void *bytes, size_t len, int like, mode_t mode)
{
	struct stat st;

	if (write_all(fd, bytes, len) < 0)
		return -1;
	/* Afterwards: a write takes capabilities away, and a change of owner takes set-id bits. */
	if (like >= 0) {
		if (fstat(like, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0 || copy_xattrs(like, fd) < 0)
			return -1;
		mode = st.st_mode & 07777;
	}
	return fchmod(fd, mode);
}

/* The end of it: the file beside is put in its place where STATUS is 0, else removed. As replace_at. */
static int
finish(struct replacement *p, int status)
{
	int saved = errno;

	if (p->fd >= 0 && close(p->fd) < 0 && status == 0) {
		saved = errno;
		status = -1;
	}
	if (status == 0) {
		status = renameat(p->dirfd, p->temp, p->dirfd, p->name);
		saved = errno;
	}
	if (status < 0 && p->fd >= 0)
		unlinkat(p->dirfd, p->temp, 0);
	free(p->name);
	free(p->temp);
	errno = saved;
	return status;
}

int
replace_begin(struct replacement *p, int dirfd, const char *name, const void *bytes, size_t len, int like, mode_t mode)
{
	/* One name for each file: what a killed run left is written over by the next. */
	*p = (struct replacement){ dirfd, -1, xstrdup(name), xasprintf(".%s.ctr-new", name) };
	if (unlinkat(dirfd, p->temp, 0) < 0 && errno != ENOENT)
		return finish(p, -1);
	p->fd = openat(dirfd, p->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p->fd < 0 || fill(p->fd, bytes, len, like, mode) < 0)
		return finish(p, -1);
	/* So that one commit of the file system's journal has all that are begun. What fails here is seen in replace_end(). */
	sync_file_range(p->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int
replace_end(struct replacement *p)
{
	return finish(p, fsync(p->fd));
}

int
replace_at(int dirfd, const char *name, const void *bytes, size_t len, int like, mode_t mode)
{
	struct replacement p;

	return replace_begin(&p, dirfd, name, bytes, len, like, mode) < 0 ? -1 : replace_end(&p);
}

int
directory_sync(int dirfd)
{
	/* dirfd itself may be O_PATH, which cannot be synced. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), status, saved;

	if (fd < 0)
		return -1;
	status = fsync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return status;
}

DIR *
read_directory(int dirfd)
{
	/* A descriptor of its own: closedir(3) closes it, and its place in the directory is nobody else's. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && dir == NULL) {
		saved = errno;
		close(fd);
		errno = saved;
	}
	return dir;
}

bool
directory_empty(int dirfd)
{
	DIR *d = read_directory(dirfd);
	struct dirent *e;

	if (d == NULL)
		return false;
	do {
		e = readdir(d);
	} while (e != NULL && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	closedir(d);
	return e == NULL;
}
