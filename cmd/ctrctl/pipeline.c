/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "say.h"

volatile sig_atomic_t pipeline_caught;

static pid_t pids[PIPELINE_MAX];
static const char *called[PIPELINE_MAX];
static volatile size_t running;

static void
forward(int sig)
{
	int saved = errno;
	size_t i;

	pipeline_caught = sig;
	for (i = 0; i < running; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGTERM);
	errno = saved;
}

/*
 * At exit, where it came before the end of the pipeline: for want of memory, or of a pipe. Nothing goes on after the message of that.
 * Whoever writes to this program is not to wait for it.
 */
static void
leave(void)
{
	if (running == 0)
		return;
	close_range(STDERR_FILENO + 1, ~0U, 0);
	forward(SIGTERM);
	pipeline_wait();
}

void
pipeline_guard(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction catcher = { .sa_handler = forward }, before;
	size_t i;

	if (atexit(leave) != 0)
		die(EXIT_FAILED, "cannot see to its exit:");
	/* One that is ignored stays so: nohup(1). */
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &catcher, NULL);
}

/* The child's end of it: becomes the program. */
static _Noreturn void
become(const char *path, const char **argv, int in, int out, pid_t parent)
{
	/* Nothing goes on unwatched where this program is killed. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent ||
	    (in >= 0 && dup2(in, STDIN_FILENO) < 0) || (out >= 0 && dup2(out, STDOUT_FILENO) < 0))
		_exit(126);
	execv(path, (char *const *)argv);
	say_error(NULL, "cannot run '%s':", path);
	_exit(126);
}

/*
 * The process, or -1 with errno. By vfork(2): a dozen programs are started, and copying for each an address space that it
 * gives up at once takes longer than all that they do where nothing is to be done. Between the two this process, which has
 * one thread, stands still; posix_spawn(3) could not set PR_SET_PDEATHSIG.
 */
static pid_t
launch(const char *path, const char **argv, int in, int out, pid_t parent)
{
	pid_t pid = vfork();

	if (pid == 0)
		become(path, argv, in, out, parent);
	return pid;
}

void
pipeline_start(const char **const argv[], size_t n, int in, int out)
{
	pid_t parent = getpid();
	char *path[PIPELINE_MAX];
	int fd[2], to;
	size_t i;

	/* Before the first is started, it must be certain that all are there. */
	for (i = 0; i < n; i++)
		path[i] = program_path(argv[i][0]);
	for (i = 0; i < n; i++) {
		fd[0] = fd[1] = -1;
		if (i + 1 < n && pipe2(fd, O_CLOEXEC) < 0)
			die(EXIT_FAILED, "cannot make a pipe:");
		to = i + 1 < n ? fd[1] : out;
		called[i] = argv[i][0];
		pids[i] = launch(path[i], argv[i], in, to, parent);
		if (pids[i] < 0)
			die(EXIT_FAILED, "cannot start a process:");
		running = i + 1;
		if (in >= 0)
			close(in);
		if (to >= 0)
			close(to);
		in = fd[0];
		free(path[i]);
	}
	/* A signal may have come before the last of them was known. */
	if (pipeline_caught != 0)
		forward(pipeline_caught);
}

int
pipeline_wait(void)
{
	int status, worst = EXIT_DONE;
	size_t i;

	for (i = 0; i < running; i++) {
		while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
			;
		pids[i] = 0;
		if (WIFSIGNALED(status) && pipeline_caught == 0)
			say_error(called[i], "it was killed by signal %d", WTERMSIG(status));
		status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
		worst = status > worst ? status : worst;
	}
	running = 0;
	return worst;
}

int
pipeline_capture(const char **const argv[], size_t n, int *in)
{
	int out = memfd_create("records", MFD_CLOEXEC), copy = fcntl(out, F_DUPFD_CLOEXEC, 0), status;

	if (out < 0 || copy < 0)
		die(EXIT_FAILED, "cannot make a file in memory:");
	pipeline_start(argv, n, *in, copy);
	status = pipeline_wait();
	if (lseek(out, 0, SEEK_SET) < 0)
		die(EXIT_FAILED, "cannot read a file in memory:");
	*in = out;
	return status;
}

void
pipeline_apart(const char **argv)
{
	if (pipeline_caught != 0)
		return;
	pipeline_start(&argv, 1, -1, -1);
	pipeline_wait();
}
