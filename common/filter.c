/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "say.h"

enum state {
	WAITING,
	RUNNING,
	DONE,
};

struct item {
	struct record *r;
	enum state state;
	bool passed;	/* it is not for this program: goes on as it came */
	size_t waiters; /* with `gather` or `ends`: records not done that name this one */
	pid_t pid;
	int pidfd, pipe; /* while it runs; the pipe brings the record as the child leaves it */
	char *out;
	size_t len;
};

struct work {
	const struct filter *f;
	struct reader in;
	struct item **item;
	size_t n, written, running;
	void *by_name; /* tsearch(3) tree of items */
	bool complete; /* all input has been read */
	bool begun;    /* with `gather` or `ends`: waiters are counted, `all` has been called */
	bool bad;      /* a line could not be read */
	bool failed;
	bool stuck; /* stdout takes no more: finish what runs, start nothing */
	int why;    /* then errno of that */
};

unsigned long filter_jobs;

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t caught;

static void
catch(int sig)
{
	caught = sig;
}

bool
record_failed(const struct record *r)
{
	return record_find(r, "error", NULL) != NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->r->name, ((const struct item *)b)->r->name);
}

static struct item *
find(struct work *w, const char *name)
{
	struct record r = { .name = (char *)name };
	struct item key = { .r = &r }, **found = tfind(&key, &w->by_name, by_name);

	return found == NULL ? NULL : *found;
}

static void
add(struct work *w, struct record *r)
{
	struct item *item = xmalloc(sizeof(*item));

	*item = (struct item){ .r = r, .pidfd = -1, .pipe = -1 };
	item->passed = record_find(r, "project", NULL) != NULL || (record_failed(r) && !w->f->ends);
	if (item->passed)
		item->state = DONE;
	w->item = xrealloc(w->item, w->n + 1, sizeof(*w->item));
	w->item[w->n++] = item;
	if (tsearch(item, &w->by_name, by_name) == NULL)
		die(EXIT_FAILED, "cannot allocate:");
}

static const char *
waiting_key(const struct work *w)
{
	return w->f->key == NULL ? "after" : w->f->key;
}

/* Counts, or with BY of -1 uncounts, ITEM as one that those which it names wait for. */
static void
count_waiters(struct work *w, const struct item *item, int by)
{
	const struct fact *f = NULL;
	struct item *other;

	while ((f = record_find(item->r, waiting_key(w), f)) != NULL)
		if ((other = find(w, f->field[0])) != NULL && other != item)
			other->waiters += (size_t)by;
}

static bool
blocked(struct work *w, const struct item *item)
{
	const struct fact *f = NULL;
	const struct item *other;

	if (w->f->ends)
		return item->waiters > 0;
	while ((f = record_find(item->r, waiting_key(w), f)) != NULL) {
		other = find(w, f->field[0]);
		if (other == item)
			continue;
		/* One that has not come may still come. */
		if (other == NULL ? !w->complete : other->state != DONE)
			return true;
	}
	return false;
}

static void
finish(struct work *w, struct item *item)
{
	item->state = DONE;
	if (w->begun)
		count_waiters(w, item, -1);
}

/* The child's whole life: one record. */
static _Noreturn void
child(const struct work *w, struct record *r, int result)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), status;
	FILE *out = fdopen(result, "w");

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || out == NULL)
		_exit(EXIT_FAILED);
	status = w->f->apply(r);
	if (status < 0 && !record_failed(r)) {
		/* Without its error it would pass for done further down the pipe. */
		say_error(r->name, "it failed and said nothing");
		abort();
	}
	record_write(out, r);
	if (fclose(out) != 0)
		_exit(EXIT_FAILED + 1);
	_exit(record_failed(r) ? EXIT_FAILED : EXIT_DONE);
}

/* In a child: signals end it, but for those that were ignored from the start. SIGTERM is what the parent sends. */
static void
end_by_signals(void)
{
	struct sigaction now;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == SIGTERM ||
		    (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN))
			signal(numbers[i], SIG_DFL);
}

static void
start(struct work *w, struct item *item, const sigset_t *signals)
{
	pid_t parent = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0) {
		record_fail(item->r, "cannot make a pipe:");
		finish(w, item);
		return;
	}
	/* What stdio holds would be written by both. */
	fflush(NULL);
	item->pid = fork();
	if (item->pid == 0) {
		/*
		 * A group of its own, so that a signal reaches what it starts as well; and it ends with
		 * the parent even where that is killed.
		 */
		setpgid(0, 0);
		end_by_signals();
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, signals, NULL);
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
			_exit(EXIT_FAILED);
		close(fd[0]);
		child(w, item->r, fd[1]);
	}
	close(fd[1]);
	if (item->pid > 0) {
		setpgid(item->pid, item->pid);
		item->pidfd = (int)syscall(SYS_pidfd_open, item->pid, 0);
	}
	if (item->pid < 0 || item->pidfd < 0) {
		record_fail(item->r, "cannot start a process:");
		if (item->pid > 0) {
			kill(-item->pid, SIGKILL);
			waitpid(item->pid, NULL, 0);
		}
		close(fd[0]);
		finish(w, item);
		return;
	}
	item->pipe = fd[0];
	fcntl(item->pipe, F_SETFL, O_NONBLOCK);
	item->state = RUNNING;
	w->running++;
}

/* Takes what the pipe has; 1 where more may come, 0 at its end. */
static int
drain(struct item *item)
{
	ssize_t n;

	for (;;) {
		item->out = xrealloc(item->out, item->len + 16384, 1);
		n = read(item->pipe, item->out + item->len, 16384);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0;
		item->len += (size_t)n;
	}
}

/*
 * The child has ended. The end of the process counts and not that of the pipe, which a process that
 * it left behind could keep open for ever.
 */
static void
reap(struct work *w, struct item *item)
{
	int status;

	if (item->pipe >= 0) {
		drain(item);
		close(item->pipe);
	}
	while (waitpid(item->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(item->pidfd);
	w->running--;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_FAILED && item->len > 0) {
		if (WEXITSTATUS(status) != EXIT_DONE)
			w->failed = true;
	} else {
		item->len = 0;
		if (caught == 0 && WIFSIGNALED(status))
			record_fail(item->r, "its process was killed by signal %d", WTERMSIG(status));
		else if (caught == 0)
			record_fail(item->r, "its process left no record");
	}
	finish(w, item);
}

/* Writes what is done, up to the first record that is not. */
static void
emit(struct work *w)
{
	struct item *item;

	/* Interrupted: what was cut short has no error on it, and must not reach the next program. */
	for (; w->written < w->n && !w->stuck && caught == 0; w->written++) {
		item = w->item[w->written];
		/* With `gather`, one that others still wait for does not go on: nobody is to change it meanwhile. */
		if (item->state != DONE || item->waiters > 0)
			return;
		if (record_failed(item->r))
			w->failed = true;
		if (item->len > 0)
			fwrite(item->out, 1, item->len, stdout);
		else
			record_write(stdout, item->r);
		/* At once: the next program in the pipe can begin with it. */
		w->stuck = fflush(stdout) != 0 || ferror(stdout);
		w->why = errno;
		free(item->out);
		item->out = NULL;
	}
}

static void
begin(struct work *w)
{
	struct record **list = xrealloc(NULL, w->n, sizeof(*list));
	size_t i, n = 0;
	int status = 0;

	w->begun = true;
	for (i = 0; i < w->n; i++)
		if (w->item[i]->state == WAITING) {
			list[n++] = w->item[i]->r;
			count_waiters(w, w->item[i], 1);
		}
	if (w->f->all != NULL && n > 0)
		status = w->f->all(list, n);
	for (i = 0; i < w->n; i++)
		if (w->item[i]->state == WAITING &&
		    (status < 0 || w->f->apply == NULL || (record_failed(w->item[i]->r) && !w->f->ends)))
			finish(w, w->item[i]);
	free(list);
}

/* Has `all` do what has come so far. */
static void
do_some(struct work *w)
{
	struct record **list = xrealloc(NULL, w->n - w->written + 1, sizeof(*list));
	size_t i, n = 0;

	for (i = w->written; i < w->n; i++)
		if (w->item[i]->state == WAITING) {
			list[n++] = w->item[i]->r;
			finish(w, w->item[i]);
		}
	if (n > 0)
		w->f->all(list, n);
	free(list);
}

static void
start_some(struct work *w, const sigset_t *signals)
{
	unsigned long jobs = filter_jobs;
	struct item *first = NULL;
	struct rlimit files;
	size_t i;

	if (w->stuck || caught != 0)
		return;
	if (w->f->all != NULL && !w->f->gather && !w->f->ends) {
		do_some(w);
		return;
	}
	if (w->f->gather || w->f->ends) {
		if (!w->complete)
			return;
		if (!w->begun)
			begin(w);
	}
	if (jobs == 0)
		jobs = (unsigned long)sysconf(_SC_NPROCESSORS_ONLN);
	/* Each takes two descriptors here, and has all of them when it begins. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && jobs > files.rlim_cur / 4)
		jobs = files.rlim_cur < 8 ? 1 : files.rlim_cur / 4;
	for (i = w->written; i < w->n && w->running < jobs; i++) {
		if (w->item[i]->state != WAITING)
			continue;
		if (!blocked(w, w->item[i])) {
			if (w->f->settled != NULL && w->f->settled(w->item[i]->r))
				finish(w, w->item[i]);
			else
				start(w, w->item[i], signals);
		}
		else if (first == NULL)
			first = w->item[i];
	}
	/* All wait for each other: the circle is broken where it came first. */
	if (w->running == 0 && w->complete && first != NULL && first->state == WAITING && blocked(w, first))
		start(w, first, signals);
}

static void
take(struct work *w)
{
	struct record *r;
	int got;

	while ((got = reader_take(&w->in, &r)) > 0)
		add(w, r);
	if (got < 0)
		w->bad = true;
	if (got < 0 || w->in.eof)
		w->complete = true;
}

/* Waits until something happens, and does what it asks for. */
static void
await(struct work *w, const sigset_t *unblocked)
{
	struct pollfd *fds = xrealloc(NULL, 2 * w->running + 1, sizeof(*fds));
	struct item **of = xrealloc(NULL, w->running + 1, sizeof(*of));
	nfds_t n = 0;
	size_t i, k = 0;

	for (i = w->written; i < w->n; i++)
		if (w->item[i]->state == RUNNING) {
			of[k++] = w->item[i];
			fds[n++] = (struct pollfd){ .fd = w->item[i]->pidfd, .events = POLLIN };
			fds[n++] = (struct pollfd){ .fd = w->item[i]->pipe, .events = POLLIN };
		}
	fds[n++] = (struct pollfd){ .fd = w->complete ? -1 : w->in.fd, .events = POLLIN };
	if (ppoll(fds, n, NULL, unblocked) > 0) {
		for (i = 0; i < k; i++) {
			if (fds[2 * i].revents != 0) {
				reap(w, of[i]);
			} else if (fds[2 * i + 1].revents != 0 && drain(of[i]) == 0) {
				/* It has closed its end and is about to exit. */
				close(of[i]->pipe);
				of[i]->pipe = -1;
			}
		}
		if (fds[n - 1].revents != 0) {
			if (reader_fill(&w->in) < 0) {
				say_error(NULL, "cannot read %s:", w->in.what);
				w->bad = w->complete = true;
			} else {
				take(w);
			}
		}
	}
	free(fds);
	free(of);
}

static void
end_children(const struct work *w, int sig)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->item[i]->state == RUNNING)
			kill(-w->item[i]->pid, sig);
}

static void
release(struct work *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		tdelete(w->item[i], &w->by_name, by_name);
		record_free(w->item[i]->r);
		free(w->item[i]->out);
		free(w->item[i]);
	}
	free(w->item);
	reader_end(&w->in);
}

int
filter(const struct filter *f, int argc, char **argv)
{
	struct work w = { .f = f };
	struct sigaction catcher = { .sa_handler = catch, .sa_flags = SA_NODEFER }, before;
	struct record **operands;
	sigset_t signals, old;
	int told = 0;
	size_t i, n;

	sigemptyset(&signals);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&signals, numbers[i]);
	sigprocmask(SIG_BLOCK, &signals, &old);
	/* One that is ignored stays so: nohup(1), and what a shell runs in the background. */
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &catcher, NULL);
	/* The next program's end is seen as a failed write, after what runs is finished. */
	signal(SIGPIPE, SIG_IGN);

	/* Before there are children: where it is unusable, nothing can be done. */
	container_path();
	reader_begin(&w.in, STDIN_FILENO, "stdin");
	if (argc > 0) {
		n = record_operands(argc, argv, &operands);
		for (i = 0; i < n; i++)
			add(&w, operands[i]);
		free(operands);
		w.complete = true;
	}
	for (;;) {
		start_some(&w, &signals);
		emit(&w);
		if (w.running == 0 && (caught != 0 || w.stuck || (w.complete && w.written == w.n)))
			break;
		if (w.running == 0 && w.complete && !w.stuck)
			continue;
		await(&w, &old);
		if (caught != 0 && caught != told) {
			told = caught;
			w.complete = true;
			end_children(&w, SIGTERM);
		}
	}
	if (caught != 0) {
		signal(caught, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		raise(caught);
	}
	i = w.failed;
	release(&w);
	/* What runs was finished meanwhile. */
	if (w.stuck)
		errno = w.why;
	return say_end(w.bad ? EXIT_UNUSABLE : i != 0 ? EXIT_FAILED : EXIT_DONE);
}
