/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tally.h"

#include <poll.h>
#include <time.h>

#include "filter.h"
#include "progress.h"
#include "say.h"

static void
count(struct tally *t, const struct record *r)
{
	if (record_is_project(r))
		return;
	if (record_failed(r))
		t->failed++;
	else if (record_find(r, "did", NULL) != NULL)
		t->done++;
	else
		t->unchanged++;
	t->missing -= t->missing > 0;
}

int
tally_read(struct tally *t, int fd, const struct records *known, bool progress)
{
	time_t since = time(NULL);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct reader in;
	struct record *r;
	size_t i;
	int got = 0;

	*t = (struct tally){ 0 };
	for (i = 0; i < known->n; i++)
		t->missing += !record_is_project(known->record[i]);
	reader_begin(&in, fd, "records");
	while (got >= 0 && !in.eof) {
		if (progress)
			progress_show(known->record, known->n, since);
		if (poll(&p, 1, progress ? 250 : -1) <= 0)
			continue;
		got = reader_fill(&in);
		if (got < 0)
			say_error(NULL, "cannot read %s:", in.what);
		while (got >= 0 && (got = reader_take(&in, &r)) > 0) {
			count(t, r);
			record_free(r);
		}
	}
	if (progress)
		progress_clear();
	reader_end(&in);
	return got;
}
