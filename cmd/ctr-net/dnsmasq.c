/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnsmasq.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"
#include "pool.h"
#include "ready.h"
#include "replace.h"
#include "say.h"

enum { TRIES = 10 };

/* Its arguments, ending with a null pointer; the caller frees the array and each of them. */
static char **
make_args(int run)
{
	char *pid = ready_path(run, "dnsmasq.pid"), *hosts = ready_path(run, "hosts"),
	     *dhcp = ready_path(run, "dhcp"), *projects = NULL, *line;
	char **args = xrealloc(NULL, 32, sizeof(*args));
	size_t n = 0, len;

	args[n++] = xstrdup("dnsmasq");
	/* Nothing from the host's own configuration. */
	args[n++] = xstrdup("--conf-file=/dev/null");
	args[n++] = xasprintf("--pid-file=%s", pid);
	/*
	 * Interfaces come and go with their containers. It would listen on lo as well, beside the host's own
	 * resolver.
	 */
	args[n++] = xstrdup("--bind-dynamic");
	args[n++] = xstrdup("--interface=ctr*");
	args[n++] = xstrdup("--except-interface=lo");
	args[n++] = xstrdup("--no-hosts");
	args[n++] = xasprintf("--hostsdir=%s", hosts);
	args[n++] = xasprintf("--dhcp-hostsdir=%s", dhcp);
	/* Only who is known gets a lease, and only its own address; so nothing need be remembered. */
	args[n++] = xasprintf("--dhcp-range=%s,static,%s,1h", pool()->first4, pool()->mask4);
	args[n++] = xstrdup("--dhcp-authoritative");
	args[n++] = xasprintf("--dhcp-lease-max=%u", pool()->last - pool()->first);
	args[n++] = xstrdup("--leasefile-ro");
	args[n++] = xstrdup("--no-ping");
	/* A container must not say what its name is to the others. */
	args[n++] = xstrdup("--dhcp-ignore-names");
	args[n++] = xasprintf("--dhcp-option=option:router,%s", pool()->gateway4);
	args[n++] = xasprintf("--dhcp-option=option:dns-server,%s", pool()->gateway4);
	/* Names without a dot are the containers', and no matter for the host's resolvers. */
	args[n++] = xstrdup("--domain-needed");
	/* Nor are those of the pool's addresses. */
	args[n++] = xasprintf("--rev-server=%s", pool()->net4);
	args[n++] = xasprintf("--rev-server=%s", pool()->net6);
	/* What depends on who is let in; another project starts it anew. */
	if (read_at(run, "projects", &projects, &len, 1 << 20) == 0)
		for (line = strtok(projects, "\n"); line != NULL; line = strtok(NULL, "\n")) {
			args = xrealloc(args, n + 2, sizeof(*args));
			args[n++] = xstrdup(line);
		}
	args[n] = NULL;
	free(projects);
	free(pid);
	free(hosts);
	free(dhcp);
	return args;
}

static bool
same_args(char *const args[], const char *line, size_t len)
{
	const char *end = line + len;
	size_t i;

	/* The first is the program's own name. */
	for (i = 0; args[i] != NULL && line < end; i++, line += strlen(line) + 1)
		if (i > 0 && strcmp(args[i], line) != 0)
			return false;
	return args[i] == NULL && line == end;
}

/* The child's whole life. ERRORS becomes its stderr. */
static _Noreturn void
run_dnsmasq(char *const args[], int errors)
{
	struct rlimit files;
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), sig;

	/* It has a socket for each interface's link-local address. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* It outlives the program, so what this one blocks and ignores must not stay with it. */
	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	    dup2(errors, STDERR_FILENO) >= 0) {
		execv("/usr/sbin/dnsmasq", args);
		/* Not on Debian: wherever it is. */
		execvp(args[0], args);
		dprintf(STDERR_FILENO, "dnsmasq: %s", strerror(errno));
	}
	_exit(127);
}

/* Waits until it has gone into the background, which is when it answers. What it says is in *ERROR. */
static int
launch(char *const args[], char **error)
{
	int fd[2], status = -1;
	char *said = NULL;
	const char *why;
	size_t len;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		*error = xasprintf("cannot start dnsmasq: %s", strerror(errno));
		return -1;
	}
	if (pid == 0)
		run_dnsmasq(args, fd[1]);
	close(fd[1]);
	/* The daemon lets go of its stderr. */
	if (read_all(fd[0], &said, &len, 1 << 16) < 0)
		said = NULL;
	close(fd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0) {
		/* "dnsmasq: failed to ...", after an empty line */
		why = said == NULL ? "" : said + strspn(said, "\n");
		why = *why == '\0' ? "it gives no reason" : why;
		why += strncmp(why, "dnsmasq: ", 9) == 0 ? 9 : 0;
		*error = xasprintf("cannot start dnsmasq: %.*s", (int)strcspn(why, "\n"), why);
	}
	free(said);
	return status == 0 ? 1 : -1;
}

static int
end(int run, int pidfd)
{
	struct pollfd gone = { .fd = pidfd, .events = POLLIN };
	int status = (int)syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);

	if (status == 0 && poll(&gone, 1, 5000) == 0) {
		status = (int)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		/* The next one needs its port. */
		poll(&gone, 1, 5000);
	}
	if (status < 0 && errno != ESRCH)
		return -1;
	return unlinkat(run, "dnsmasq.pid", 0) < 0 && errno != ENOENT ? -1 : 1;
}

/* Whether PID in the open directory PROC is a dnsmasq that ends (proc_pid_stat(5), proc_pid_cmdline(5)). */
static bool
is_ending(int proc, const char *pid)
{
	char *stat = xasprintf("%s/stat", pid), *line = xasprintf("%s/cmdline", pid), *text = NULL, *args = NULL, *state;
	size_t len = 0;
	bool ends = false;

	if (read_at(proc, stat, &text, &len, 4096) == 0 && (state = strstr(text, "(dnsmasq) ")) != NULL &&
	    state[strlen("(dnsmasq) ")] != 'Z')
		ends = read_at(proc, line, &args, &len, 1 << 21) == 0 && len == 0;
	free(stat);
	free(line);
	free(text);
	free(args);
	return ends;
}

/*
 * One that ends: it has its sockets until the kernel is done with them, some 20 ms, and nothing any more by which it could be
 * told whose it is. A descriptor of it, or -1.
 */
static int
find_ending(int proc, const char *pid)
{
	/* The descriptor first: what is read afterwards is of the process that it holds, or of none. */
	int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);

	if (pidfd < 0 || is_ending(proc, pid))
		return pidfd;
	close(pidfd);
	return -1;
}

/*
 * One of ours that the pid file does not name, since somebody removed that, or one that ends: it would have the port. The same
 * path in another network namespace is another host's. A descriptor of it, or -1.
 */
static int
find_lost(int run)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int pidfd = -1;

	while (dir != NULL && pidfd < 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[strspn(entry->d_name, "0123456789")] != '\0')
			continue;
		if (netns_same("self", entry->d_name) == 1)
			pidfd = ready_is_dnsmasq(run, strtol(entry->d_name, NULL, 10), NULL, NULL);
		if (pidfd < 0)
			pidfd = find_ending(dirfd(dir), entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return pidfd;
}

/*
 * Ends PIDFD, where that is one, and all that are lost: of one that was still on its way into the background there are
 * up to three processes, and each may just be making the next. 1 where there was one, 0, or -1 with errno.
 */
static int
end_all(int run, int pidfd)
{
	int status = 0, tries;

	for (tries = 0; status >= 0 && tries < TRIES; tries++) {
		if (pidfd < 0)
			pidfd = find_lost(run);
		if (pidfd < 0)
			return status;
		status = end(run, pidfd);
		close(pidfd);
		pidfd = -1;
	}
	if (status >= 0)
		errno = EBUSY;
	return -1;
}

int
dnsmasq_start(int run, bool again, char **error)
{
	char **args = make_args(run), *line = NULL;
	size_t len = 0, i;
	int pidfd = ready_dnsmasq(run, &line, &len), status = 0;

	if (pidfd < 0 || !same_args(args, line, len)) {
		status = end_all(run, pidfd);
		if (status < 0)
			*error = xasprintf("cannot end the old dnsmasq: %s", strerror(errno));
		else
			status = launch(args, error);
	} else {
		/* It sees new files by itself. */
		if (again)
			syscall(SYS_pidfd_send_signal, pidfd, SIGHUP, NULL, 0);
		close(pidfd);
	}
	for (i = 0; args[i] != NULL; i++)
		free(args[i]);
	free(args);
	free(line);
	return status;
}

int
dnsmasq_stop(int run)
{
	return end_all(run, ready_dnsmasq(run, NULL, NULL));
}
