/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "say.h"

/* FILE is looked for in PATH where it has no slash. */
static int
run(const char *file, const char *const argv[])
{
	int status = 127 << 8, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0)
			execvp(file, (char *const *)argv);
		say_error(NULL, "cannot execute '%s':", file);
		_exit(127);
	}
	if (pid < 0)
		say_error(NULL, "cannot execute '%s':", file);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
execute(const char *const argv[])
{
	char *path = program_path(argv[0]);
	int status = run(path, argv);

	free(path);
	return status;
}

int
execute_other(const char *const argv[])
{
	return run(argv[0], argv);
}
