/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool
netns_is_own(struct netns_own *own)
{
	struct netns_own was = *own;
	struct stat here;

	*own = (struct netns_own){ 0 };
	if (stat("/proc/thread-self/ns/net", &here) < 0)
		return false;
	*own = (struct netns_own){ getpid(), here.st_dev, here.st_ino };
	return own->pid == was.pid && own->dev == was.dev && own->ino == was.ino;
}

int
netns_same(const char *a, const char *b)
{
	char *one = xasprintf("/proc/%s/ns/net", a), *other = xasprintf("/proc/%s/ns/net", b);
	struct stat sa, sb;
	int status = stat(one, &sa) < 0 || stat(other, &sb) < 0 ? -1 : is_same(&sa, &sb);

	free(one);
	free(other);
	return status;
}

void
netns_leave(int back)
{
	int saved = errno;

	if (setns(back, CLONE_NEWNET) < 0) {
		say_error(NULL, "cannot go back to the host's network:");
		abort();
	}
	close(back);
	errno = saved;
}

int
netns_enter(int pidfd)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), saved;
	struct stat own, other;

	if (back < 0)
		return -1;
	if (setns(pidfd, CLONE_NEWNET) < 0) {
		saved = errno;
		close(back);
		errno = saved;
		return -1;
	}
	/* Whose it is can be seen for sure only from within: the process may go elsewhere at any time. */
	if (fstat(back, &own) < 0 || stat("/proc/thread-self/ns/net", &other) < 0) {
		netns_leave(back);
		return -1;
	}
	if (is_same(&own, &other)) {
		netns_leave(back);
		errno = EXDEV;
		return -1;
	}
	return back;
}
