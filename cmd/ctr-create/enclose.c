/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "enclose.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

static volatile sig_atomic_t child, caught;

static void
end_child(int sig)
{
	caught = sig;
	if (child > 0)
		kill(child, SIGKILL);
}

void
enclose_guard(void)
{
	struct sigaction action = { .sa_handler = end_child, .sa_flags = SA_RESTART };

	sigaction(SIGTERM, &action, NULL);
}

int
enclose_caught(void)
{
	return caught;
}

/* What the child does first. Returns what it cannot, or a null pointer. */
static const char *
settle(int parent, int keep)
{
	struct pollfd ended = { .fd = parent, .events = POLLIN };

	/* A parent that ended before could not be told of any more. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || poll(&ended, 1, 0) != 0)
		return "follow its parent's end";
	signal(SIGTERM, SIG_DFL);
	umask(022);
	if (setsid() < 0)
		return "begin a session";
	if (fcntl(keep, F_SETFD, 0) < 0)
		return "keep a descriptor open";
	/* What the host mounts is still seen, what is mounted here goes with it. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return "make a mount namespace";
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) < 0)
		return "mount /proc";
	return NULL;
}

int
enclose(bool (*work)(void *arg), void *arg, int out, int keep)
{
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0), saved = 0, status;
	int space = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	const char *what;
	siginfo_t info;
	pid_t pid = -1;

	fflush(NULL);
	if (self >= 0 && space >= 0 && unshare(CLONE_NEWPID) == 0) {
		pid = fork();
		if (pid == 0) {
			if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
				_exit(EXIT_FAILED);
			what = settle(self, keep);
			if (what != NULL)
				dprintf(out, "cannot %s: %s\n", what, strerror(errno));
			_exit(what == NULL && work(arg) ? EXIT_DONE : EXIT_FAILED);
		}
		saved = errno;
		/* What this process starts later is to be in its own namespace again. */
		if (setns(space, CLONE_NEWPID) < 0 && pid > 0)
			kill(pid, SIGKILL);
	} else {
		saved = errno;
	}
	if (self >= 0)
		close(self);
	if (space >= 0)
		close(space);
	errno = saved;
	if (pid < 0)
		return -1;
	child = pid;
	if (caught != 0)
		kill(pid, SIGKILL);
	/* The number stays its own until it is waited for: so the handler kills nobody else. */
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	child = 0;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE ? 0 : 1;
}
