/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adds what is so at this moment: state, process, addresses, published ports, links, what waits for the next
 * start, and with -e memory and CPU. It changes nothing and takes no lock, so that it waits for nobody. One
 * child looks at the containers one after the other: a fork for each would take longer than all the rest.
 * Where one gets it stuck, it is killed, and another child goes on with the next.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctr-status/linked.h"
#include "ctr-status/pending.h"
#include "ctr-status/published.h"
#include "fact.h"
#include "filter.h"
#include "handle.h"
#include "lxc.h"
#include "netns.h"
#include "option.h"
#include "records.h"
#include "running.h"
#include "say.h"

#define USAGE "ctr-status [-eqv] [-P lxcpath] [name [key=value ...] ...]"

enum {
	/* Seconds. The container's root may have put a file system under /etc that never answers. */
	TIME_LIMIT = 5,
};

static const char *const own[] = { "mac", "veth", "ipv4", "ipv6", "mapped", "state", "pid", "published", "linked",
	"backlinked", "forwarded", "memory", "cpu", "pending", NULL };

/* It keeps the ids that it was started with, also on disk, and what it has where a volume is to be filled. */
static const char *const stopped[][2] = { { "idmap", NULL }, { "volume", NULL } };

static bool extended;

/* The addresses that it has now, on a network that is not ctrkit's. */
static void
add_live_addresses(struct record *r, struct lxc_container *lxc)
{
	static const char *const families[] = { "inet", "inet6" };
	char **ips;
	size_t i, k;

	for (i = 0; i < 2; i++) {
		ips = lxc->get_ips(lxc, NULL, families[i], 0);
		for (k = 0; ips != NULL && ips[k] != NULL; k++) {
			record_add(r, i == 0 ? "ipv4" : "ipv6", ips[k], NULL);
			free(ips[k]);
		}
		free(ips);
	}
}

/* The number that FILE of the container's control group begins with, after WORD. */
static bool
group_number(struct lxc_container *lxc, const char *file, const char *word, unsigned long long *n)
{
	char text[1024];
	int len = lxc->get_cgroup_item(lxc, file, text, sizeof(text) - 1);
	size_t skip = strlen(word);

	if (len <= 0 || (size_t)len >= sizeof(text))
		return false;
	text[len] = '\0';
	if (strncmp(text, word, skip) != 0 || !isdigit((unsigned char)text[skip]))
		return false;
	*n = strtoull(text + skip, NULL, 10);
	return true;
}

/* As cgroup v2 has it, else v1. */
static void
add_use(struct record *r, struct lxc_container *lxc)
{
	unsigned long long n, limit;
	char *text, *most = NULL;

	if (group_number(lxc, "memory.current", "", &n) ||
	    group_number(lxc, "memory.usage_in_bytes", "", &n)) {
		/* Without a limit v2 says "max", v1 the highest multiple of the page size in 63 bits. */
		if ((group_number(lxc, "memory.max", "", &limit) ||
			group_number(lxc, "memory.limit_in_bytes", "", &limit)) &&
		    limit < 1ULL << 62)
			most = xasprintf("%llu", limit);
		text = xasprintf("%llu", n);
		record_add(r, "memory", text, most, NULL);
		free(text);
		free(most);
	}
	if (group_number(lxc, "cpu.stat", "usage_usec ", &n))
		n *= 1000;
	else if (!group_number(lxc, "cpuacct.usage", "", &n))
		return;
	text = xasprintf("%llu.%03llu", n / 1000000000, n / 1000000 % 1000);
	record_add(r, "cpu", text, NULL);
	free(text);
}

/* Loads the configuration, where something of it is wanted. */
static bool
load(struct record *r, struct lxc_container *lxc)
{
	/* Its errors would go to stderr; ctr/lxc.log is the actions'. */
	lxc->set_config_item(lxc, "lxc.log.file", "/dev/null");
	if (lxc->load_config(lxc, NULL))
		return true;
	record_fail(r, "its configuration '%s/%s/config' cannot be loaded", container_path(), r->name);
	return false;
}

/* Whether process PID is in another network than that of the running container NAME: that was started again since. */
static bool
left_behind(pid_t pid, const char *name)
{
	char is[16], has[16];

	snprintf(is, sizeof(is), "%d", (int)pid);
	snprintf(has, sizeof(has), "%d", (int)lxc_init_pid(name));
	return netns_same(is, has) == 0;
}

/* What can be told of a container that is there. */
static void
look(struct record *r, const struct record *stored)
{
	struct lxc_container *lxc = handle_new(r->name);
	const char *network = stored == NULL ? NULL : record_get(stored, "network");
	bool bridge = network_bridge(network), changed;
	char *state, *s, number[16];
	size_t i;
	pid_t pid;

	pid = lxc->init_pid(lxc);
	state = xstrdup(lxc->state(lxc));
	for (s = state; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	record_add(r, "state", state, NULL);
	free(state);
	if (pid > 0) {
		snprintf(number, sizeof(number), "%d", (int)pid);
		record_add(r, "pid", number, NULL);
		linked_add(r, stored, lxc, pid);
		forwarded_add(r, stored, lxc);
		for (i = 0; i < sizeof(stopped) / sizeof(stopped[0]); i++)
			if (stored != NULL && record_whole(r) && !record_equal(r, stored, stopped[i]))
				record_pending(r, stopped[i][0]);
		if (network != NULL && network_shared(network) != NULL && left_behind(pid, network_shared(network)))
			record_pending(r, "network");
		changed = stored != NULL && running_changed(r->name, pid);
		if ((changed || bridge || extended) && load(r, lxc)) {
			if (bridge)
				add_live_addresses(r, lxc);
			if (changed)
				pending_add(r, lxc, stored);
			if (extended)
				add_use(r, lxc);
		}
	}
	lxc_container_put(lxc);
}

static void
apply(struct record *r)
{
	struct record *stored;
	const struct fact *f;
	size_t i;
	int what;

	if (record_is_project(r))
		return;
	for (i = 0; own[i] != NULL; i++)
		record_drop(r, own[i]);
	what = container_look(r, &stored);
	if (what == LOOK_FAILED || (what == LOOK_FOREIGN && record_whole(r) && container_refuse(r, what) < 0))
		return;
	/* Assigned for life, they come first among `own`. */
	for (i = 0; i < 5 && stored != NULL; i++)
		for (f = NULL; (f = record_find(stored, own[i], f)) != NULL;)
			record_addv(r, f->key, f->field, f->n);
	published_add(r, stored);
	if (what == LOOK_ABSENT)
		record_add(r, "state", "absent", NULL);
	else
		look(r, stored);
	record_free(stored);
}

static int
write_one(const struct record *r)
{
	record_write(stdout, r);
	/* At once: the next program in the pipe can begin with it. */
	return fflush(stdout) == 0 && !record_failed(r) ? EXIT_DONE : EXIT_FAILED;
}

/* The child's life: looks at the records and writes them; TOLD gets a byte before and one after each look. */
static _Noreturn void
work(struct record **records, size_t n, int told, pid_t parent)
{
	int status = EXIT_DONE;
	size_t i;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(EXIT_FAILED);
	for (i = 0; i < n && !ferror(stdout); i++) {
		if (write(told, "<", 1) != 1)
			break;
		apply(records[i]);
		if (write(told, ">", 1) != 1)
			break;
		if (write_one(records[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	_exit(say_end(status));
}

/*
 * Has a child look at the N RECORDS, as many as it comes through. Returns how many are dealt with; *STATUS
 * gets EXIT_FAILED where something failed.
 */
static size_t
run_child(struct record **records, size_t n, int *status)
{
	pid_t parent = getpid(), pid;
	int fd[2], end;
	struct pollfd p;
	size_t begun = 0, looked = 0;
	ssize_t got, i;
	char told[512];

	if (pipe2(fd, O_CLOEXEC) < 0)
		die(EXIT_FAILED, "cannot make a pipe:");
	pid = fork();
	if (pid < 0)
		die(EXIT_FAILED, "cannot start a process:");
	if (pid == 0) {
		close(fd[0]);
		work(records, n, fd[1], parent);
	}
	close(fd[1]);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	/* While it writes it may wait for who reads. */
	while (poll(&p, 1, begun > looked ? TIME_LIMIT * 1000 : -1) > 0 &&
	       (got = read(fd[0], told, sizeof(told))) > 0)
		for (i = 0; i < got; i++)
			*(told[i] == '<' ? &begun : &looked) += 1;
	close(fd[0]);
	if (begun > looked)
		kill(pid, SIGKILL);
	while (waitpid(pid, &end, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(end) || WEXITSTATUS(end) != EXIT_DONE)
		*status = EXIT_FAILED;
	/* One that it began with and came not through. */
	if (begun > looked) {
		record_fail(records[looked],
		    "it cannot be looked at: that ended or took more than %d seconds", TIME_LIMIT);
		write_one(records[looked++]);
		return looked;
	}
	/* Else all are written, or stdout takes no more. */
	return n;
}

int
main(int argc, char **argv)
{
	int o, got, status = EXIT_DONE;
	struct records all = { 0 };
	size_t done, i;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "e", USAGE)) != -1)
		extended = true;
	got = records_get(&all, argc - optind, argv + optind);
	if (published_list() < 0)
		for (i = 0; i < all.n; i++)
			if (!record_is_project(all.record[i]))
				record_fail(all.record[i], "cannot list the published ports:");
	for (done = 0; done < all.n && !ferror(stdout);)
		done += run_child(all.record + done, all.n - done, &status);
	records_free(&all);
	return say_end(got < 0 ? EXIT_UNUSABLE : status);
}
