/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "records.h"

#include <stdlib.h>
#include <unistd.h>

#include "say.h"

int
records_read(struct records *all, int fd, const char *what)
{
	struct reader in;
	struct record *r;
	int got;

	reader_begin(&in, fd, what);
	while ((got = reader_next(&in, &r)) > 0) {
		all->record = xgrow(all->record, all->n, sizeof(*all->record));
		all->record[all->n++] = r;
	}
	reader_end(&in);
	return got;
}

int
records_get(struct records *all, int argc, char **argv)
{
	if (argc == 0)
		return records_read(all, STDIN_FILENO, "stdin");
	all->n = record_operands(argc, argv, &all->record);
	return 0;
}

void
records_free(struct records *all)
{
	while (all->n > 0)
		record_free(all->record[--all->n]);
	free(all->record);
	all->record = NULL;
}
