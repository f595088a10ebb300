/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum {
	LIMIT = 5000,	/* milliseconds for one answer */
	SETTLED = 'y',	/* and then the record, which ends with a blank line and has none within */
	NOT = 'n',
};

static int
answer_all(FILE *out, void *arg)
{
	const struct scout *s = arg;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct reader in;
	struct record *r;

	/* Its own end of the pipe would keep that open. */
	close(s->to);
	/* Whoever does the work says what is wrong. */
	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		return EXIT_FAILED;
	reader_begin(&in, s->in, "records");
	while (reader_next(&in, &r) > 0) {
		if (s->settled(r)) {
			putc(SETTLED, out);
			record_write(out, r);
		} else {
			putc(NOT, out);
		}
		record_free(r);
		if (fflush(out) != 0)
			break;
	}
	reader_end(&in);
	return EXIT_DONE;
}

static int
start(struct scout *s, const sigset_t *blocked)
{
	int fd[2], saved;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	s->in = fd[0];
	s->to = fd[1];
	if (child_start(&s->child, answer_all, s, blocked) < 0) {
		saved = errno;
		close(fd[0]);
		close(fd[1]);
		errno = saved;
		return -1;
	}
	close(fd[0]);
	fcntl(s->to, F_SETFL, O_NONBLOCK);
	s->alive = true;
	s->killed = false;
	s->asked = s->answered = s->at = s->len = s->sent = 0;
	return 0;
}

int
scout_ask(struct scout *s, const struct record *r, const sigset_t *blocked)
{
	if (s->text == NULL)
		s->text = xopen_memstream(&s->unsent, &s->len);
	if (!s->alive && start(s, blocked) < 0)
		return -1;
	if (s->sent == s->len) {
		rewind(s->text);
		s->sent = 0;
	}
	record_write(s->text, r);
	if (fflush(s->text) != 0)
		die(EXIT_FAILED, "cannot allocate:");
	if (s->asked++ == s->answered)
		clock_gettime(CLOCK_MONOTONIC, &s->since);
	scout_push(s);
	return 0;
}

size_t
scout_owes(const struct scout *s)
{
	return s->asked - s->answered;
}

void
scout_push(struct scout *s)
{
	ssize_t n;

	while (s->alive && s->sent < s->len) {
		n = write(s->to, s->unsent + s->sent, s->len - s->sent);
		if (n > 0)
			s->sent += (size_t)n;
		else if (n == 0 || errno == EAGAIN)
			return;
		else if (errno != EINTR)
			s->sent = s->len; /* It has ended, which its descriptor tells. */
	}
}

int
scout_wait(const struct scout *s)
{
	struct timespec now;
	long ms;

	if (scout_owes(s) == 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = LIMIT - (now.tv_sec - s->since.tv_sec) * 1000 - (now.tv_nsec - s->since.tv_nsec) / 1000000;
	return s->killed || ms > LIMIT ? LIMIT : ms < 0 ? 0 : (int)ms;
}

int
scout_answer(struct scout *s, bool *settled, char **text, size_t *len)
{
	const char *from = s->child.out + s->at, *end;
	size_t left = s->child.len - s->at;

	if (scout_owes(s) == 0)
		return 0;
	if (left > 0 && *from == NOT) {
		*settled = false;
		s->at++;
	} else if (left > 0 && (end = memmem(from, left, "\n\n", 2)) != NULL) {
		*settled = true;
		*len = (size_t)(end + 2 - ++from);
		*text = xmalloc(*len);
		memcpy(*text, from, *len);
		s->at += 1 + *len;
	} else {
		if (scout_wait(s) == 0 && !s->killed) {
			kill(-s->child.pid, SIGKILL);
			s->killed = true;
		}
		return 0;
	}
	s->answered++;
	clock_gettime(CLOCK_MONOTONIC, &s->since);
	return 1;
}

void
scout_end(struct scout *s)
{
	close(s->to);
	free(s->child.out);
	s->child.out = NULL;
	s->alive = false;
	s->asked = s->answered = 0;
}

void
scout_stop(struct scout *s)
{
	if (s->alive) {
		kill(-s->child.pid, SIGKILL);
		child_reap(&s->child);
		scout_end(s);
	}
	if (s->text != NULL)
		fclose(s->text);
	free(s->unsent);
}
