/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "container.h"
#include "say.h"

void
progress_clear(void)
{
	/* Erase in line, ECMA-48 */
	fputs("\r\033[K", stderr);
}

void
progress_show(struct record *const *records, size_t n, time_t since)
{
	struct winsize size;
	int columns = 80; /* where the terminal does not know its size */
	char *text = NULL;
	FILE *names;
	size_t left = 0, i, len;
	bool now;

	names = xopen_memstream(&text, &len);
	for (i = 0; i < n; i++) {
		if (record_is_project(records[i]))
			continue;
		now = container_making(records[i]->name);
		left += now || !container_exists(records[i]->name);
		if (now)
			fprintf(names, " %s", records[i]->name);
	}
	xfclose(names);
	progress_clear();
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	/* Cut off rather than wrapped: the numbers before it take less than 36 columns. */
	if (left > 0 && columns > 40)
		fprintf(stderr, "%lld s, %zu to be made, now:%.*s\r", (long long)(time(NULL) - since), left,
		    columns - 36, text);
	free(text);
}
