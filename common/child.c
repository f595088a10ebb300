/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

const int child_signals[CHILD_SIGNALS] = { SIGINT, SIGTERM, SIGHUP };

/* Signals end it, but for those that were ignored from the start. SIGTERM is what the parent sends. */
static void
end_by_signals(void)
{
	struct sigaction now;
	size_t i;

	for (i = 0; i < CHILD_SIGNALS; i++)
		if (child_signals[i] == SIGTERM ||
		    (sigaction(child_signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN))
			signal(child_signals[i], SIG_DFL);
}

/* The child's whole life. */
static _Noreturn void
live(int pipe, int (*work)(FILE *out, void *arg), void *arg)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), status;
	FILE *out = fdopen(pipe, "w");

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || out == NULL)
		_exit(EXIT_FAILED);
	status = work(out, arg);
	_exit(fclose(out) != 0 ? EXIT_FAILED + 1 : status);
}

int
child_start(struct child *c, int (*work)(FILE *out, void *arg), void *arg, const sigset_t *blocked)
{
	pid_t parent = getpid();
	int fd[2], saved;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	/* What stdio holds would be written by both. */
	fflush(NULL);
	*c = (struct child){ .pid = fork(), .pidfd = -1, .pipe = fd[0] };
	if (c->pid == 0) {
		/*
		 * A group of its own, so that a signal reaches what it starts as well; and it ends with
		 * the parent even where that is killed.
		 */
		setpgid(0, 0);
		end_by_signals();
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, blocked, NULL);
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
			_exit(EXIT_FAILED);
		close(fd[0]);
		live(fd[1], work, arg);
	}
	saved = errno;
	close(fd[1]);
	if (c->pid > 0) {
		setpgid(c->pid, c->pid);
		c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
		saved = errno;
	}
	if (c->pidfd >= 0) {
		fcntl(c->pipe, F_SETFL, O_NONBLOCK);
		return 0;
	}
	if (c->pid > 0) {
		kill(-c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	close(fd[0]);
	errno = saved;
	return -1;
}

void
child_drain(struct child *c)
{
	ssize_t n;

	while (c->pipe >= 0) {
		c->out = xrealloc(c->out, c->len + 16384, 1);
		n = read(c->pipe, c->out + c->len, 16384);
		if (n > 0)
			c->len += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno != EINTR) {
			close(c->pipe);
			c->pipe = -1;
		}
	}
}

int
child_reap(struct child *c)
{
	int status = 0;

	child_drain(c);
	if (c->pipe >= 0)
		close(c->pipe);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->pidfd);
	c->pid = c->pidfd = c->pipe = -1;
	return status;
}
