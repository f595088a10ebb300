/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scout.h"

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
ask_all(FILE *out, void *arg)
{
	const struct scout *s = arg;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	size_t i;

	/* Whoever does the work says what is wrong. */
	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		return EXIT_FAILED;
	for (i = 0; i < s->n && !ferror(out); i++) {
		if (s->settled(s->record[i])) {
			putc(SETTLED, out);
			record_write(out, s->record[i]);
		} else {
			putc(NOT, out);
		}
		fflush(out);
	}
	return EXIT_DONE;
}

int
scout_start(struct scout *s, bool (*settled)(struct record *r), struct record **records, size_t n,
    const sigset_t *blocked)
{
	*s = (struct scout){ .settled = settled, .record = records, .n = n };
	clock_gettime(CLOCK_MONOTONIC, &s->since);
	return child_start(&s->child, ask_all, s, blocked);
}

int
scout_wait(const struct scout *s)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = LIMIT - (now.tv_sec - s->since.tv_sec) * 1000 - (now.tv_nsec - s->since.tv_nsec) / 1000000;
	return s->killed || ms > LIMIT ? LIMIT : ms < 0 ? 0 : (int)ms;
}

int
scout_answer(struct scout *s, bool *settled, char **text, size_t *len)
{
	const char *from = s->child.out + s->at, *end;
	size_t left = s->child.len - s->at;

	if (s->answered == s->n)
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

bool
scout_end(struct scout *s)
{
	free(s->child.out);
	s->child.out = NULL;
	return s->answered < s->n;
}
