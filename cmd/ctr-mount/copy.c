/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remove.h"
#include "replace.h"
#include "say.h"

int
copy_dirs(const char *path)
{
	char *copy = xstrdup(path), *s;
	int fd = -1, saved;

	for (s = strchr(copy + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			goto out;
		*s = '/';
	}
	if (mkdir(copy, 0755) < 0 && errno != EEXIST)
		goto out;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
out:
	saved = errno;
	free(copy);
	errno = saved;
	return fd;
}

/* Starts ARGV in the directory CWD. Returns its pid, or -1 with errno. */
static pid_t
start(const char *const argv[], int cwd, int in, int out, int err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	/* It ends with us, also where we are killed: the next run removes what it writes to. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || fchdir(cwd) < 0 ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(126);
	unsetenv("TAR_OPTIONS");
	setenv("LC_ALL", "C", 1);
	execvp(argv[0], (char *const *)argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Whether it ended well. */
static bool
ended(pid_t pid)
{
	int status = -1;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The first line that was written to ERR. The caller frees it. */
static char *
first_line(int err)
{
	char *text;
	size_t len;

	if (lseek(err, 0, SEEK_SET) < 0 || read_all(err, &text, &len, 1 << 20) < 0)
		return xstrdup("it was not said why");
	text[strcspn(text, "\n")] = '\0';
	if (*text == '\0') {
		free(text);
		return xstrdup("a process was killed");
	}
	return text;
}

/*
 * Copies NAME in FROM into the directory TO. By tar(1), not cp(1): it walks the tree by descriptors, with
 * O_NOFOLLOW, where cp opens the names of directories again and again.
 */
static int
copy(int from, const char *name, int to, char **why)
{
	const char *const create[] = { "tar", "--create", "--file=-", "--format=posix", "--numeric-owner",
		"--sparse", "--acls", "--xattrs", "--xattrs-include=*", "--", name, NULL };
	const char *const extract[] = { "tar", "--extract", "--file=-", "--same-owner", "--numeric-owner",
		"--preserve-permissions", "--acls", "--xattrs", "--xattrs-include=*", NULL };
	int err = memfd_create("tar", MFD_CLOEXEC), fd[2];
	struct statvfs fs;
	pid_t writer, reader;
	bool well;

	if (err < 0 || pipe2(fd, O_CLOEXEC) < 0) {
		*why = xasprintf("cannot make a pipe: %s", strerror(errno));
		close(err);
		return -1;
	}
	writer = start(create, from, STDIN_FILENO, fd[1], err);
	reader = start(extract, to, fd[0], STDOUT_FILENO, err);
	close(fd[0]);
	close(fd[1]);
	well = ended(writer);
	well = ended(reader) && well;
	if (!well)
		*why = first_line(err);
	close(err);
	/* Of the last file that fits in part, tar says only how much of it was written. */
	if (!well && strstr(*why, "Wrote only") != NULL && fstatvfs(to, &fs) == 0 && fs.f_bavail == 0) {
		free(*why);
		*why = xstrdup(strerror(ENOSPC));
	}
	return well ? 0 : -1;
}

/*
 * Puts the copy in TEMP in PARENT in the place of NAME. INNER is the file in TEMP, "." for TEMP itself. 1, 0
 * where another copy came first, or -1 with errno.
 */
static int
put_in_place(int parent, const char *temp, const char *inner, const char *name)
{
	char *file = xasprintf("%s/%s", temp, inner);
	struct stat st;
	int status;

	if (strcmp(inner, ".") == 0) {
		status = renameat(parent, temp, parent, name);
	} else if ((status = fstatat(parent, file, &st, AT_SYMLINK_NOFOLLOW)) == 0) {
		/* A link in its place would be followed when it is mounted. */
		errno = EINVAL;
		status = S_ISREG(st.st_mode) ? renameat2(parent, file, parent, name, RENAME_NOREPLACE) : -1;
	}
	free(file);
	if (status < 0)
		return errno == ENOTEMPTY || errno == EEXIST ? 0 : -1;
	return directory_sync(parent) < 0 ? -1 : 1;
}

/* Removes TEMP in PARENT. 0, or -1 with *WHY, which keeps what it says already. */
static int
clear(int parent, const char *dir, const char *temp, char **why)
{
	char *failed = NULL;
	int status = remove_tree(parent, temp, &failed);

	if (status < 0 && *why == NULL)
		*why = xasprintf("cannot remove '%s' in '%s/%s': %s", failed == NULL ? temp : failed, dir,
		    temp, strerror(errno));
	free(failed);
	return status;
}

int
copy_tree(int from, const char *name, const char *to, const char *temp, const struct shift *owners, char **why)
{
	const char *slash = strrchr(to, '/');
	char *dir = xstrndup(to, slash == to ? 1 : (size_t)(slash - to));
	int parent = copy_dirs(dir), fd = -1, status = -1;
	char *failed = NULL;

	*why = NULL;
	if (parent < 0)
		*why = xasprintf("cannot make the directory '%s': %s", dir, strerror(errno));
	if (parent < 0 || clear(parent, dir, temp, why) < 0)
		goto out;
	if (mkdirat(parent, temp, 0700) == 0)
		fd = openat(parent, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		*why = xasprintf("cannot make the directory '%s/%s': %s", dir, temp, strerror(errno));
	} else if (copy(from, name, fd, why) == 0 && owners != NULL && shift_tree(fd, *owners, &failed) < 0) {
		*why = xasprintf("cannot give '%s' to another owner: %s", failed, strerror(errno));
	} else if (*why == NULL) {
		status = syncfs(fd) < 0 ? -1 : put_in_place(parent, temp, name, slash + 1);
		if (status < 0)
			*why = errno == EBUSY ?
			    xstrdup("that is a mount point, in whose place no copy can be put; fill it, or say nocopy") :
			    xasprintf("cannot put the copy in its place: %s", strerror(errno));
	}
	if (clear(parent, dir, temp, why) < 0)
		status = -1;
out:
	if (fd >= 0)
		close(fd);
	if (parent >= 0)
		close(parent);
	free(failed);
	free(dir);
	return status;
}
