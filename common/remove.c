/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"

enum {
	DEPTH = 100, /* directories open at once */
};

struct removal {
	int top; /* NAME itself */
	unsigned long moved;
	char **failed;
};

static int
fail(struct removal *t, const char *name)
{
	int saved = errno;

	if (*t->failed == NULL)
		*t->failed = xstrdup(name);
	errno = saved;
	return -1;
}

/* Opens the directory NAME in AT; EXDEV where something is mounted on it. */
static int
open_dir(int at, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
	};

	return (int)syscall(SYS_openat2, at, name, &how, sizeof(how));
}

/* Takes away the marks of chattr(1) that forbid the removal. Whether there were any. */
static bool
loosen(int fd)
{
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) == 0)
		return false;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* The same for NAME in AT and for AT. Opens neither devices nor FIFOs, which have no such marks. */
static bool
loosen_at(int at, const char *name)
{
	struct stat st;
	bool changed = loosen(at);
	int fd;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return changed;
	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	changed = loosen(fd) || changed;
	if (fd >= 0)
		close(fd);
	return changed;
}

/* unlinkat(2), once more without the marks where they forbid it. */
static int
drop(int at, const char *name, int flags)
{
	int saved;

	if (unlinkat(at, name, flags) == 0)
		return 0;
	saved = errno;
	/* EISDIR, which tells the caller what it is, hides behind EPERM in an immutable directory. */
	if (saved == EPERM && loosen_at(at, name))
		return unlinkat(at, name, flags);
	errno = saved;
	return -1;
}

/*
 * A directory that lies too deep for one more descriptor is moved up to the top, to be removed from there:
 * its writer chooses how deep the tree is.
 */
static int
move_up(struct removal *t, int at, const char *name)
{
	char to[64];

	do {
		snprintf(to, sizeof(to), ".ctr-removed-%lu", t->moved++);
		if (renameat2(at, name, t->top, to, RENAME_NOREPLACE) == 0)
			return 0;
	} while (errno == EEXIST);
	return fail(t, name);
}

static int remove_inside(struct removal *t, int fd, int depth);

static int
remove_entry(struct removal *t, int at, const char *name, int depth)
{
	int fd;

	if (drop(at, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return fail(t, name);
	if (depth == DEPTH)
		return move_up(t, at, name);
	fd = open_dir(at, name);
	if (fd < 0 || remove_inside(t, fd, depth + 1) < 0 || drop(at, name, AT_REMOVEDIR) < 0)
		return fail(t, name);
	return 0;
}

/* Removes what is in the directory FD, and closes it. */
static int
remove_inside(struct removal *t, int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int status = 0, saved;
	bool found = true;

	if (dir == NULL) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	/* Again until it is empty: POSIX leaves open what readdir(3) returns while entries are removed. */
	while (status == 0 && found) {
		found = false;
		rewinddir(dir);
		for (errno = 0; status == 0 && (entry = readdir(dir)) != NULL; errno = 0) {
			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			found = true;
			status = remove_entry(t, fd, entry->d_name, depth);
			if (status < 0)
				break;
		}
		if (errno != 0)
			status = -1;
	}
	saved = errno;
	closedir(dir);
	errno = saved;
	return status;
}

int
remove_tree(int dirfd, const char *name, char **failed)
{
	struct removal t = { .failed = failed };

	*failed = NULL;
	t.top = open_dir(dirfd, name);
	if (t.top < 0)
		return errno == ENOENT ? 0 : fail(&t, name);
	if (remove_inside(&t, t.top, 1) < 0 || drop(dirfd, name, AT_REMOVEDIR) < 0)
		return fail(&t, name);
	return 0;
}

/* Undoes the escapes of mountinfo, \040 for a blank and the like (proc(5)). */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++)
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

/* The fifth field of a line of mountinfo. */
static char *
mount_point(char *line)
{
	char *s = line;
	int i;

	for (i = 0; i < 4 && s != NULL; i++)
		if ((s = strchr(s, ' ')) != NULL)
			s++;
	if (s == NULL)
		return NULL;
	s[strcspn(s, " \n")] = '\0';
	unescape(s);
	return s;
}

char *
remove_mounted(const char *path)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char *real = realpath(path, NULL), *line = NULL, *point, *found = NULL;
	size_t cap = 0, len;
	int saved = in == NULL || real == NULL ? errno : 0;

	if (saved == 0) {
		len = strlen(real);
		while (found == NULL && getline(&line, &cap, in) >= 0) {
			point = mount_point(line);
			if (point != NULL && strncmp(point, real, len) == 0 &&
			    (point[len] == '/' || point[len] == '\0'))
				found = xstrdup(point);
		}
		saved = ferror(in) ? EIO : 0;
	}
	free(line);
	free(real);
	if (in != NULL)
		fclose(in);
	errno = saved;
	return found;
}
