/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "queue.h"
#include "say.h"
#include "scout.h"

struct work {
	const struct filter *f;
	struct reader in;
	struct queue q;
	size_t written, running;
	size_t awaited; /* how many there were at the last call of `waits` */
	unsigned long jobs; /* at most so many at once */
	struct scout scout;
	struct item **asked; /* as many as scout.asked, in that order */
	bool bad;	     /* a line could not be read */
	bool failed;
	bool stuck; /* stdout takes no more: finish what runs, start nothing */
	int why;    /* then errno of that */
};

unsigned long filter_jobs;

static volatile sig_atomic_t caught;

enum { JOBS = 8 }; /* by default, where there are fewer processors: what waits for the disk needs none */

/* How many at once. */
static unsigned long
jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long n = filter_jobs;
	struct rlimit files;

	if (n == 0)
		n = processors < JOBS ? JOBS : (unsigned long)processors;
	/* Each takes two descriptors here, and has all of them when it begins. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && n > files.rlim_cur / 4)
		n = files.rlim_cur < 8 ? 1 : files.rlim_cur / 4;
	return n;
}

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

static void
add(struct work *w, struct record *r)
{
	struct item *item = queue_add(&w->q, r);

	/* What is not for this program goes on as it came. */
	if (record_is_project(r) || (record_failed(r) && !w->f->ends))
		item->state = DONE;
}

/* Before the record a child may write that it has passed: no record begins so. */
enum { PASSED = '\n' };

static FILE *to_parent;

void
filter_pass(void)
{
	putc(PASSED, to_parent);
	fflush(to_parent);
}

/* What a child does: one record. */
struct job {
	const struct filter *f;
	struct record *r;
};

static int
do_one(FILE *out, void *arg)
{
	const struct job *job = arg;

	to_parent = out;
	if (job->f->apply(job->r) < 0 && !record_failed(job->r)) {
		/* Without its error it would pass for done further down the pipe. */
		say_error(job->r->name, "it failed and said nothing");
		abort();
	}
	record_write(out, job->r);
	return record_failed(job->r) ? EXIT_FAILED : EXIT_DONE;
}

static void
start(struct work *w, struct item *item, const sigset_t *signals)
{
	struct job job = { w->f, item->r };

	if (child_start(&item->child, do_one, &job, signals) < 0) {
		record_fail(item->r, "cannot start a process:");
		queue_done(&w->q, item);
		return;
	}
	item->state = RUNNING;
	w->running++;
}

/* Looks at what has come from its child. */
static void
see_passed(struct item *item)
{
	struct child *c = &item->child;

	if (item->passed || c->len == 0 || c->out[0] != PASSED)
		return;
	item->passed = true;
	memmove(c->out, c->out + 1, --c->len);
}

static void
reap(struct work *w, struct item *item)
{
	struct child *c = &item->child;
	int status = child_reap(c);

	w->running--;
	see_passed(item);
	if (WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_FAILED && c->len > 0) {
		if (WEXITSTATUS(status) != EXIT_DONE)
			w->failed = true;
	} else {
		c->len = 0;
		if (caught == 0 && WIFSIGNALED(status))
			record_fail(item->r, "its process was killed by signal %d", WTERMSIG(status));
		else if (caught == 0)
			record_fail(item->r, "its process left no record");
	}
	queue_done(&w->q, item);
}

static void
ask(struct work *w, struct item *item, const sigset_t *signals)
{
	/* It is no more than a short cut. */
	if (scout_ask(&w->scout, item->r, signals) < 0) {
		item->asked = true;
		return;
	}
	w->asked = xrealloc(w->asked, w->scout.asked, sizeof(struct item *));
	w->asked[w->scout.asked - 1] = item;
	item->state = ASKED;
}

static void
take_answers(struct work *w)
{
	struct scout *s = &w->scout;
	struct item *item;
	bool settled;
	char *text;
	size_t len;

	while (scout_answer(s, &settled, &text, &len) > 0) {
		item = w->asked[s->answered - 1];
		if (settled) {
			item->child.out = text;
			item->child.len = len;
			queue_done(&w->q, item);
		} else {
			item->asked = true;
			item->state = WAITING;
		}
	}
}

static void
end_scout(struct work *w)
{
	struct scout *s = &w->scout;
	size_t i;

	child_reap(&s->child);
	take_answers(w);
	for (i = s->answered; i < s->asked; i++) {
		/* The first has got it stuck. */
		w->asked[i]->asked = i == s->answered;
		w->asked[i]->state = WAITING;
	}
	scout_end(s);
}

/* How many processes work, the scout among them. */
static size_t
working(const struct work *w)
{
	return w->running + (scout_owes(&w->scout) > 0);
}

/* Writes what is done, up to the first record that is not. */
static void
emit(struct work *w)
{
	struct item *item;

	/* Interrupted: what was cut short has no error on it, and must not reach the next program. */
	for (; w->written < w->q.n && !w->stuck && !ferror(stdout) && caught == 0; w->written++) {
		item = w->q.item[w->written];
		/* With `gather`, one that others still wait for does not go on: nobody is to change it meanwhile. */
		if (item->state != DONE || item->waiters > 0)
			break;
		if (record_failed(item->r))
			w->failed = true;
		if (item->child.len > 0)
			fwrite(item->child.out, 1, item->child.len, stdout);
		else
			record_write(stdout, item->r);
		free(item->child.out);
		item->child.out = NULL;
	}
	/* At once: the next program in the pipe can begin with it. */
	if (!w->stuck && (fflush(stdout) != 0 || ferror(stdout))) {
		w->stuck = true;
		w->why = errno;
	}
}

/* The records of those that are WAITING, N of them; the caller frees the list. */
static struct record **
waiting(const struct work *w, size_t *n)
{
	struct record **list = xrealloc(NULL, w->q.n + 1, sizeof(*list));
	size_t i;

	for (*n = i = 0; i < w->q.n; i++)
		if (w->q.item[i]->state == WAITING)
			list[(*n)++] = w->q.item[i]->r;
	return list;
}

static void
begin(struct work *w)
{
	size_t i, n;
	struct record **list = waiting(w, &n);
	int status = 0;

	queue_count(&w->q);
	if (w->f->all != NULL && n > 0)
		status = w->f->all(list, n);
	for (i = 0; i < w->q.n; i++)
		if (w->q.item[i]->state == WAITING &&
		    (status < 0 || w->f->apply == NULL || (record_failed(w->q.item[i]->r) && !w->f->ends)))
			queue_done(&w->q, w->q.item[i]);
	free(list);
}

/* Has `all` do what has come so far. */
static void
do_some(struct work *w)
{
	struct record **list = xrealloc(NULL, w->q.n - w->written + 1, sizeof(*list));
	size_t i, n = 0;

	for (i = w->written; i < w->q.n; i++)
		if (w->q.item[i]->state == WAITING) {
			list[n++] = w->q.item[i]->r;
			queue_done(&w->q, w->q.item[i]);
		}
	if (n > 0)
		w->f->all(list, n);
	free(list);
}

/* Whether it is settled, as far as that is found out in this process. */
static bool
is_settled(const struct work *w, const struct item *item)
{
	return w->f->settled != NULL && !w->f->asks && w->f->settled(item->r);
}

static void
start_some(struct work *w, const sigset_t *signals)
{
	struct item *first = NULL, *item;
	size_t i, room;

	if (w->stuck || caught != 0)
		return;
	if (w->f->all != NULL && !w->f->gather && !w->f->ends) {
		do_some(w);
		return;
	}
	if (w->f->gather || w->f->ends) {
		if (!w->q.complete)
			return;
		if (!w->q.counted)
			begin(w);
	}
	room = w->jobs > working(w) ? w->jobs - working(w) : 0;
	for (i = w->written; i < w->q.n && room > 0; i++) {
		item = w->q.item[i];
		if (item->state != WAITING)
			continue;
		if (queue_blocked(&w->q, item)) {
			if (first == NULL)
				first = item;
		} else if (w->f->settled != NULL && w->f->asks && !item->asked) {
			ask(w, item, signals);
		} else if (is_settled(w, item)) {
			queue_done(&w->q, item);
		} else {
			start(w, item, signals);
			room--;
		}
	}
	/* All wait for each other: the circle is broken where it came first. */
	if (working(w) == 0 && w->q.complete && first != NULL && first->state == WAITING && queue_blocked(&w->q, first))
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
		w->q.complete = true;
}

/* In milliseconds: what comes from a program that does not wait itself comes sooner. */
enum { IDLE = 10 };

/* Whether there is something to get ready while the input keeps it waiting. */
static bool
idles(const struct work *w)
{
	return w->f->waits != NULL && !w->q.complete && w->q.n > w->awaited;
}

static void
get_ready(struct work *w)
{
	size_t n;
	struct record **list = waiting(w, &n);

	w->awaited = w->q.n;
	if (n > 0)
		w->f->waits(list, n);
	free(list);
}

/* Waits until something happens, and does what it asks for. */
static void
await(struct work *w, const sigset_t *unblocked)
{
	struct pollfd *fds = xrealloc(NULL, 2 * w->running + 4, sizeof(*fds));
	struct child **of = xrealloc(NULL, w->running + 1, sizeof(*of));
	struct item **items = xrealloc(NULL, w->running + 1, sizeof(*items));
	struct scout *s = &w->scout;
	struct timespec limit;
	size_t i, k = 0;
	nfds_t n = 0;
	int ms = idles(w) ? IDLE : scout_wait(s), got;

	limit = (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
	for (i = w->written; i < w->q.n; i++)
		if (w->q.item[i]->state == RUNNING) {
			items[k] = w->q.item[i];
			of[k++] = &w->q.item[i]->child;
		}
	if (s->alive)
		of[k++] = &s->child;
	for (i = 0; i < k; i++) {
		fds[n++] = (struct pollfd){ .fd = of[i]->pidfd, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = of[i]->pipe, .events = POLLIN };
	}
	fds[n++] = (struct pollfd){ .fd = s->alive && s->sent < s->len ? s->to : -1, .events = POLLOUT };
	fds[n++] = (struct pollfd){ .fd = w->q.complete ? -1 : w->in.fd, .events = POLLIN };
	got = ppoll(fds, n, ms < 0 ? NULL : &limit, unblocked);
	if (got == 0 && idles(w)) {
		get_ready(w);
	} else if (got > 0) {
		for (i = 0; i < k; i++) {
			if (fds[2 * i + 1].revents != 0) {
				child_drain(of[i]);
				if (of[i] != &s->child)
					see_passed(items[i]);
			}
			if (fds[2 * i].revents == 0)
				continue;
			if (of[i] == &s->child)
				end_scout(w);
			else
				reap(w, items[i]);
		}
		if (fds[n - 2].revents != 0)
			scout_push(s);
		if (fds[n - 1].revents != 0) {
			if (reader_fill(&w->in) < 0) {
				say_error(NULL, "cannot read %s:", w->in.what);
				w->bad = w->q.complete = true;
			} else {
				take(w);
			}
		}
	}
	take_answers(w);
	free(fds);
	free(of);
	free(items);
}

static void
end_children(const struct work *w, int sig)
{
	size_t i;

	for (i = 0; i < w->q.n; i++)
		if (w->q.item[i]->state == RUNNING)
			kill(-w->q.item[i]->child.pid, sig);
	if (w->scout.alive)
		kill(-w->scout.child.pid, sig);
}

int
filter(const struct filter *f, int argc, char **argv)
{
	struct work w = { .f = f, .jobs = jobs(), .scout.settled = f->settled,
		.q = { .key = f->key == NULL ? "after" : f->key, .backwards = f->ends } };
	struct sigaction catcher = { .sa_handler = catch, .sa_flags = SA_NODEFER }, before;
	struct record **operands;
	sigset_t signals, old;
	int told = 0;
	size_t i, n;

	sigemptyset(&signals);
	for (i = 0; i < CHILD_SIGNALS; i++)
		sigaddset(&signals, child_signals[i]);
	sigprocmask(SIG_BLOCK, &signals, &old);
	/* One that is ignored stays so: nohup(1), and what a shell runs in the background. */
	for (i = 0; i < CHILD_SIGNALS; i++)
		if (sigaction(child_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(child_signals[i], &catcher, NULL);
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
		w.q.complete = true;
	}
	for (;;) {
		start_some(&w, &signals);
		emit(&w);
		if (working(&w) == 0 && (caught != 0 || w.stuck || (w.q.complete && w.written == w.q.n)))
			break;
		if (working(&w) == 0 && w.q.complete && !w.stuck)
			continue;
		await(&w, &old);
		if (caught != 0 && caught != told) {
			told = caught;
			w.q.complete = true;
			end_children(&w, SIGTERM);
		}
	}
	scout_stop(&w.scout);
	free(w.asked);
	if (caught != 0) {
		signal(caught, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		raise(caught);
	}
	i = w.failed;
	queue_free(&w.q);
	reader_end(&w.in);
	/* What runs was finished meanwhile. */
	if (w.stuck)
		errno = w.why;
	return say_end(w.bad ? EXIT_UNUSABLE : i != 0 ? EXIT_FAILED : EXIT_DONE);
}
