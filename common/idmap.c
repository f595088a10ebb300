/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

const char *const idmap_how[] = { "mount", "chown", "half", NULL };

/* The number at S, up to END, an id: (uid_t)-1 is none. */
static bool
read_id(const char *s, char end, uint32_t *id)
{
	char *stop;
	unsigned long n;

	if (*s < '0' || *s > '9' || (*s == '0' && s[1] != end))
		return false;
	errno = 0;
	n = strtoul(s, &stop, 10);
	*id = (uint32_t)n;
	return errno == 0 && *stop == end && n < UINT32_MAX;
}

bool
idmap_parse(const char *text, uint32_t *host, uint32_t *count)
{
	const char *colon = strchr(text, ':');

	return colon != NULL && read_id(text, ':', host) && read_id(colon + 1, '\0', count) && *host > 0 && *count > 0 &&
	       *count <= UINT32_MAX - *host;
}

struct idmap
idmap_of(const struct record *r)
{
	const struct fact *f = r == NULL ? NULL : record_find(r, "mapped", NULL);
	struct idmap m = { 0 };

	/* The reader has checked it. */
	if (f == NULL || !read_id(f->field[0], '\0', &m.host) || !read_id(f->field[1], '\0', &m.count))
		return (struct idmap){ 0 };
	while (strcmp(idmap_how[m.how], f->field[2]) != 0)
		m.how++;
	return m;
}

uint32_t
idmap_inside(const struct idmap *m, uint32_t id)
{
	return id >= m->host && id - m->host < m->count ? id - m->host : id;
}

/* Writes the mapping to /proc/PID/FILE. */
static int
write_map(pid_t pid, const char *file, const struct idmap *m)
{
	char *path = xasprintf("/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC), status = -1, saved;

	/* user_namespaces(7) */
	if (fd >= 0 && dprintf(fd, "0 %u %u\n", (unsigned)m->host, (unsigned)m->count) > 0)
		status = 0;
	saved = errno;
	if (fd >= 0)
		close(fd);
	free(path);
	errno = saved;
	return status;
}

/* In the child: makes the namespace, and stays until its parent has it. */
static _Noreturn void
be_space(int told, int wait)
{
	int why = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
	char c;

	if (write(told, &why, sizeof(why)) == (ssize_t)sizeof(why))
		while (read(wait, &c, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

int
idmap_space(const struct idmap *m)
{
	int told[2] = { -1, -1 }, wait[2] = { -1, -1 }, fd = -1, why = 0, saved;
	char *path;
	pid_t pid = -1;

	if (pipe2(told, O_CLOEXEC) == 0 && pipe2(wait, O_CLOEXEC) == 0 && (pid = fork()) == 0) {
		close(wait[1]);
		be_space(told[1], wait[0]);
	}
	saved = errno;
	if (pid > 0) {
		close(told[1]);
		told[1] = -1;
		if (read(told[0], &why, sizeof(why)) != (ssize_t)sizeof(why))
			why = ECHILD;
		saved = why;
		path = xasprintf("/proc/%d/ns/user", (int)pid);
		if (why == 0 && write_map(pid, "uid_map", m) == 0 && write_map(pid, "gid_map", m) == 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
		if (why == 0)
			saved = errno;
		free(path);
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (why = 0; why < 2; why++) {
		close(told[why]);
		close(wait[why]);
	}
	errno = saved;
	return fd;
}

int
idmap_mountable(int fd, int space)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (__u64)space };
	int tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), status = -1, saved;

	if (tree >= 0)
		status = mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	saved = errno;
	if (tree >= 0)
		close(tree);
	errno = saved;
	if (status == 0)
		return 1;
	/* EPERM is of a mount that is mapped already, EINVAL of a file system, E2BIG and ENOSYS of a kernel. */
	return errno == ENOSYS || errno == EINVAL || errno == EPERM || errno == E2BIG || errno == EOPNOTSUPP ? 0 : -1;
}

/* In the child: exits with the place in PATH behind the first directory that it cannot search, or 0. */
static _Noreturn void
try_path(const struct idmap *m, const char *path, int out)
{
	char *copy = xstrdup(path), *slash;
	long place = 0;
	struct stat st;

	if (setgroups(0, NULL) < 0 || setresgid(m->host, m->host, m->host) < 0 ||
	    setresuid(m->host, m->host, m->host) < 0)
		_exit(1);
	/* What lies in a directory can be looked at by who can search it. */
	for (slash = strchr(copy + 1, '/'); place == 0; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		if (stat(copy, &st) < 0 && errno == EACCES)
			place = strrchr(copy, '/') - copy;
		if (slash == NULL)
			break;
		*slash = '/';
	}
	_exit(write(out, &place, sizeof(place)) == (ssize_t)sizeof(place) ? 0 : 1);
}

int
idmap_reaches(const struct idmap *m, const char *path, char **shut)
{
	int fd[2], saved;
	long place = -1;
	pid_t pid;

	*shut = NULL;
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		try_path(m, path, fd[1]);
	saved = errno;
	close(fd[1]);
	if (pid > 0) {
		if (read(fd[0], &place, sizeof(place)) != (ssize_t)sizeof(place))
			place = -1;
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		saved = ECHILD;
	}
	close(fd[0]);
	errno = saved;
	if (place > 0)
		*shut = xstrndup(path, (size_t)place);
	return place < 0 ? -1 : place == 0;
}
