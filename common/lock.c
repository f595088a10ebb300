/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "container.h"

int
lock_take(const char *file, int how)
{
	int dir = state_open("lock"), fd = -1, saved;

	if (dir < 0)
		return -1;
	fd = openat(dir, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	saved = errno;
	close(dir);
	while (fd >= 0 && flock(fd, how) < 0)
		if (errno != EINTR) {
			saved = errno;
			close(fd);
			fd = -1;
		}
	errno = saved;
	return fd;
}
