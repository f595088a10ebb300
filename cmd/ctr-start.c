/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts containers, and lets a record go on when its container runs: where a command takes init's place,
 * when that has not ended at once; where the address comes by DHCP, when it is there. LXC's monitor is a fork
 * of this process and stays for the container's life, so little is loaded here.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "fact.h"
#include "filter.h"
#include "halt.h"
#include "handle.h"
#include "option.h"
#include "replace.h"
#include "say.h"

#define USAGE "ctr-start [-rqv] [-j jobs] [-P lxcpath] [-t seconds] [name ...]"

enum {
	START_SECONDS = 60,
	JOBS = 16, /* more than processors: it waits more than it works */
	EXECUTED = 5000, /* milliseconds that a command is given to be executed by its init, and to have run then */
	AT_ONCE = 20, /* milliseconds: what ends sooner than this after that has failed */
	SPENT = 500, /* milliseconds of a processor: what is busy and has had less may yet be about to end */
	INTERVAL = 100, /* milliseconds between two looks for an address */
};

static unsigned long seconds;
static bool seconds_given, restart;

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * c->start() in a process of its own, since it waits without a limit for hooks that may never end. Returns 0,
 * or -1 after record_fail.
 */
static int
start_within(struct lxc_container *lxc, const struct container *c, struct record *r)
{
	pid_t pid = fork();
	struct pollfd poller = { .events = POLLIN };
	int status = 1, n;
	char *why;

	if (pid == 0) {
		/* What this program ignores, by nohup(1), is nothing to what runs in the container. */
		signal(SIGINT, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		lxc->want_daemonize(lxc, true);
		lxc->want_close_all_fds(lxc, true);
		_exit(lxc->start(lxc, 0, NULL) ? 0 : 1);
	}
	poller.fd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (poller.fd < 0)
		return record_fail(r, "cannot start a process:");
	do {
		n = poll(&poller, 1, (int)seconds * 1000);
	} while (n < 0 && errno == EINTR);
	close(poller.fd);
	if (n == 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n == 0)
		return record_fail(r, "its start has not ended within %lu seconds", seconds);
	if (status == 0)
		return 0;
	why = lxc_first_error(c);
	record_fail(r, "cannot start: %s", why);
	free(why);
	return -1;
}

/* The file that process PID runs, the caller's to free, or a null pointer. */
static char *
executable(pid_t pid)
{
	char *path = xasprintf("/proc/%d/exe", (int)pid), text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text));

	free(path);
	return n > 0 ? xstrndup(text, (size_t)n) : NULL;
}

/* The child of INIT that runs another file than INIT, which forks before it executes the command; else -1. */
static pid_t
executed(pid_t init)
{
	char *path = xasprintf("/proc/%d/task/%d/children", (int)init, (int)init), *text = NULL, *own, *other;
	pid_t pid = -1;
	size_t len;

	if (read_at(AT_FDCWD, path, &text, &len, 1 << 16) == 0 && len > 0) {
		own = executable(init);
		other = executable((pid_t)strtol(text, NULL, 10));
		if (own != NULL && other != NULL && strcmp(own, other) != 0)
			pid = (pid_t)strtol(text, NULL, 10);
		free(own);
		free(other);
	}
	free(text);
	free(path);
	return pid;
}

/*
 * Whether process PID works, or waits for no more than a processor, a disk or the kernel, and has had a processor for less than
 * SPENT: on a busy host what is about to end has not come to it yet. By the state in proc(5), R or D, and the first number of
 * schedstat, nanoseconds (Documentation/scheduler/sched-stats.rst).
 */
static bool
held_up(pid_t pid)
{
	char *path = xasprintf("/proc/%d/stat", (int)pid), *text = NULL, *s = NULL;
	bool held = false;
	size_t len;

	if (read_at(AT_FDCWD, path, &text, &len, 1 << 16) == 0)
		s = strrchr(text, ')');
	if (s != NULL && (strncmp(s, ") R", 3) == 0 || strncmp(s, ") D", 3) == 0)) {
		free(path);
		free(text);
		path = xasprintf("/proc/%d/schedstat", (int)pid);
		held = read_at(AT_FDCWD, path, &text, &len, 1 << 16) == 0 &&
		       strtoull(text, NULL, 10) < SPENT * 1000000ULL;
	}
	free(path);
	free(text);
	return held;
}

/* Whether it ends within so many milliseconds. */
static bool
ends_within(struct lxc_container *lxc, int milliseconds)
{
	struct pollfd poller = { .fd = lxc->init_pidfd(lxc), .events = POLLIN };
	bool end;

	if (poller.fd < 0)
		return !lxc->is_running(lxc);
	end = poll(&poller, 1, milliseconds) > 0;
	close(poller.fd);
	return end;
}

/* Whether what was started ends at once. LXC tells itself where an init cannot be executed, but not of a command. */
static bool
ended(struct lxc_container *lxc, bool command)
{
	struct pollfd poller = { .fd = lxc->init_pidfd(lxc), .events = POLLIN };
	pid_t init = lxc->init_pid(lxc), pid = command ? -1 : init;
	long until = now() + EXECUTED;
	bool end = false;

	if (poller.fd < 0)
		return !lxc->is_running(lxc);
	while (command && !end && now() < until && (pid = executed(init)) < 0)
		end = poll(&poller, 1, 1) > 0;
	end = end || poll(&poller, 1, AT_ONCE) > 0;
	while (!end && now() < until && held_up(pid))
		end = poll(&poller, 1, 1) > 0;
	/* When the command has ended and left nothing behind, its init has yet to end. */
	while (!end && pid != init && now() < until && executed(init) < 0)
		end = poll(&poller, 1, 1) > 0;
	close(poller.fd);
	return end;
}

/*
 * Whether the process PID has an IPv4 address that other hosts could know, from the table of routes of its
 * network namespace, where each address stands as `|-- ADDRESS` and, under it, `/32 host LOCAL`.
 */
static bool
has_address(pid_t pid)
{
	char *path = xasprintf("/proc/%d/net/fib_trie", (int)pid), *text = NULL, *s, *next;
	struct in_addr address = { 0 };
	bool found = false;
	size_t len;

	if (read_at(AT_FDCWD, path, &text, &len, 16 << 20) == 0)
		for (s = text; s != NULL && !found; s = next) {
			next = strchr(s, '\n');
			if (next != NULL)
				*next++ = '\0';
			s += strspn(s, " |");
			if (strncmp(s, "-- ", 3) == 0 && inet_pton(AF_INET, s + 3, &address) != 1)
				address.s_addr = 0;
			else if (strncmp(s, "/32 host LOCAL", 14) == 0 && address.s_addr != 0)
				found = ntohl(address.s_addr) >> 24 != 127;
		}
	free(text);
	free(path);
	return found;
}

/* On a bridge, which is not ctrkit's, the address comes by DHCP. */
static int
await_address(struct lxc_container *lxc, struct record *r, const char *bridge)
{
	long end = now() + (long)seconds * 1000;
	pid_t pid = lxc->init_pid(lxc);

	while (!has_address(pid)) {
		if (ends_within(lxc, INTERVAL))
			return record_fail(r, "it ended before it had an address");
		if (now() >= end)
			return record_fail(r, "it runs, but has no IPv4 address from '%s' after %lu seconds",
			    bridge, seconds);
	}
	return 0;
}

/*
 * Removes profiles that are empty: LXC writes the container's profile of AppArmor to LXCPATH/NAME/apparmor and does not sync it;
 * when the power fails then, an empty file is left, which LXC cannot map (lsm/apparmor.c), and no start comes to
 * writing it anew. What is in one that is not empty LXC compares.
 */
static void
drop_empty_profiles(const struct container *c)
{
	char *path = xasprintf("%s/apparmor", c->dir);
	DIR *dir = opendir(path);
	struct dirent *e;
	struct stat st;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	free(path);
}

static int
bring_up(struct lxc_container *lxc, const struct container *c, struct record *r, bool again)
{
	const struct fact *command = record_find(c->stored, "command", NULL);

	drop_empty_profiles(c);
	if (start_within(lxc, c, r) < 0)
		return -1;
	/* Those that wait for it need not wait for what follows, which is to find out whether it is an error. */
	if (!network_bridge(record_get(c->stored, "network")))
		filter_pass();
	if (ended(lxc, command != NULL)) {
		lxc->wait(lxc, "STOPPED", (int)seconds);
		if (command == NULL)
			return record_fail(r, "its init ended at once after the start");
		return record_fail(r, "its command '%s' ended at once after the start", command->field[0]);
	}
	record_did(r, again ? "restarted" : "started");
	return 0;
}

static void
add_state(struct record *r, pid_t init)
{
	char *pid = xasprintf("%d", (int)init);

	record_drop(r, "state");
	record_drop(r, "pid");
	record_add(r, "state", "running", NULL);
	record_add(r, "pid", pid, NULL);
	free(pid);
}

static int
run(struct lxc_container *lxc, const struct container *c, struct record *r)
{
	const char *state = lxc->state(lxc), *bridge = record_get(c->stored, "network");
	bool up = strcmp(state, "STOPPED") != 0, again = up && restart;

	if (!restart && strcmp(state, "FROZEN") == 0)
		return record_fail(r, "it is frozen; 'lxc-unfreeze -n %s' thaws it", r->name);
	if (!again && up && strcmp(state, "RUNNING") != 0) {
		/* Somebody else is at work on it: wait for what comes of that. */
		lxc->wait(lxc, "RUNNING|STOPPED", (int)seconds);
		up = lxc->is_running(lxc);
	}
	if (again || !up) {
		/* Before anything is stopped for it. */
		if (handle_load(lxc, c, r) < 0)
			return -1;
		if (again && halt(r, seconds_given ? seconds : HALT_SECONDS) < 0)
			return -1;
		if (bring_up(lxc, c, r, again) < 0)
			return -1;
	}
	/* Not before: what a boot of the host could not start stays noted as what ran before it. */
	if (boot_note(c) < 0)
		return record_fail(r, "it runs, but cannot write '%s/ctr/boot':", c->dir);
	if (network_bridge(bridge) && await_address(lxc, r, bridge) < 0)
		return -1;
	add_state(r, lxc->init_pid(lxc));
	return 0;
}

static int
start(struct record *r)
{
	struct lxc_container *lxc;
	struct container c;
	int status;

	if (container_open(&c, r) < 0)
		return -1;
	lxc = handle_new(r->name);
	status = run(lxc, &c, r);
	lxc_container_put(lxc);
	container_close(&c);
	return status;
}

/* It runs, and is not to be restarted. */
static bool
settled(struct record *r)
{
	static const char *const none[] = { NULL };
	struct record *stored = restart ? NULL : container_settled(r, none, NULL);
	struct lxc_container *lxc = stored == NULL || !boot_noted(stored) ? NULL : handle_new(r->name);
	bool runs = false;
	pid_t pid;

	if (lxc != NULL && strcmp(lxc->state(lxc), "RUNNING") == 0) {
		pid = lxc->init_pid(lxc);
		runs = pid > 0 && (!network_bridge(record_get(stored, "network")) || has_address(pid));
		if (runs)
			add_state(r, pid);
	}
	if (lxc != NULL)
		lxc_container_put(lxc);
	record_free(stored);
	return runs;
}

int
main(int argc, char **argv)
{
	static const struct filter f = { .apply = start, .settled = settled, .asks = true };
	int o;

	say_begin(argv[0]);
	seconds = START_SECONDS;
	filter_jobs = JOBS;
	while ((o = option(argc, argv, "j:rt:", USAGE)) != -1)
		if (o == 'r') {
			restart = true;
		} else {
			seconds = option_number('t', optarg, 1, 86400);
			seconds_given = true;
		}
	return filter(&f, argc - optind, argv + optind);
}
