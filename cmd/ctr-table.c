/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shows records as a table for people: a row for each container, of as many lines as its longest cell needs.
 * It reads its whole input first, for the widths. No control character of a record reaches the terminal.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "filter.h"
#include "option.h"
#include "records.h"
#include "say.h"

#define USAGE "ctr-table [-eoqv] [-c column,...] [name [key=value ...] ...]"

/* The lines of one cell. */
struct cell {
	char **line;
	int *width;
	size_t n;
};

struct column {
	const char *name, *title;
	void (*fill)(struct cell *c, const struct record *r);
	const char *key; /* without `fill`, the facts that are shown as they are */
};

/*
 * Whether W does something to a terminal, or to how the text around it looks: control characters, line
 * separators and what changes the direction of writing.
 */
static bool
is_control(wchar_t w)
{
	return w < 0x20 || (w >= 0x7f && w < 0xa0) || w == 0x2028 || w == 0x2029 || w == 0x200e ||
	       w == 0x200f || (w >= 0x202a && w <= 0x202e) || (w >= 0x2066 && w <= 0x2069);
}

/* Adds TEXT as a line of its own. */
static void
add_line(struct cell *c, const char *text)
{
	char *clean = xstrdup(text), *to = clean;
	mbstate_t state = { 0 };
	int width = 0, w;
	wchar_t wc;
	size_t n;

	for (; *text != '\0'; text += n) {
		n = mbrtowc(&wc, text, strlen(text), &state);
		if (n > 4 || is_control(wc)) { /* (size_t)-1 and -2: what is not UTF-8 */
			n = n > 4 ? 1 : n;
			state = (mbstate_t){ 0 };
			*to++ = '?';
			width++;
			continue;
		}
		w = wcwidth(wc);
		width += w < 0 ? 1 : w;
		to = mempcpy(to, text, n);
	}
	*to = '\0';
	c->line = xrealloc(c->line, c->n + 1, sizeof(*c->line));
	c->width = xrealloc(c->width, c->n + 1, sizeof(*c->width));
	c->line[c->n] = clean;
	c->width[c->n++] = width;
}

static void
add_text(struct cell *c, char *text)
{
	add_line(c, text);
	free(text);
}

/* The first field of each fact of KEY. */
static void
add_all(struct cell *c, const struct record *r, const char *key)
{
	const struct fact *f = NULL;

	while ((f = record_find(r, key, f)) != NULL)
		add_line(c, f->n > 0 ? f->field[0] : key);
}

/* All fields of each fact of KEY, with blanks between them. */
static void
add_fields(struct cell *c, const struct record *r, const char *key)
{
	const struct fact *f = NULL;
	char *text, *more;
	size_t i;

	while ((f = record_find(r, key, f)) != NULL) {
		text = xstrdup(f->n > 0 ? f->field[0] : "");
		for (i = 1; i < f->n; i++) {
			more = xasprintf("%s %s", text, f->field[i]);
			free(text);
			text = more;
		}
		add_text(c, text);
	}
}

static void
fill_defined(struct cell *c, const struct record *r)
{
	add_line(c, record_find(r, "orphan", NULL) == NULL ? "yes" : "no");
}

static void
fill_name(struct cell *c, const struct record *r)
{
	add_line(c, r->name);
}

static void
fill_project(struct cell *c, const struct record *r)
{
	add_all(c, r, "container");
}

/* What waits for a restart belongs to the state. */
static void
fill_state(struct cell *c, const struct record *r)
{
	const struct fact *f = NULL;

	add_all(c, r, "state");
	if (record_failed(r) && c->n == 0)
		add_line(c, "error");
	while ((f = record_find(r, "pending", f)) != NULL)
		add_text(c, xasprintf("pending: %s", f->field[0]));
}

static void
fill_ips(struct cell *c, const struct record *r)
{
	add_all(c, r, "ipv4");
	add_all(c, r, "ipv6");
}

/* What is published where ctr-status has looked, else what is declared. */
static void
fill_ports(struct cell *c, const struct record *r)
{
	const char *key = record_find(r, "state", NULL) == NULL ? "port" : "published";
	const struct fact *f = NULL;

	while ((f = record_find(r, key, f)) != NULL)
		add_text(c, xasprintf(strchr(f->field[1], ':') != NULL ? "[%s]:%s->%s/%s" : "%s:%s->%s/%s",
				f->field[1], f->field[2], f->field[3], f->field[0]));
}

static void
fill_links(struct cell *c, const struct record *r)
{
	bool looked = record_find(r, "state", NULL) != NULL;
	const struct fact *f = NULL;

	add_all(c, r, looked ? "linked" : "link");
	while ((f = record_find(r, looked ? "forwarded" : "forward", f)) != NULL)
		add_text(c, xasprintf("%s:%s->%s:%s/%s", f->field[2], f->field[3], f->field[0], f->field[4], f->field[1]));
	while ((f = record_find(r, "backlinked", f)) != NULL)
		add_text(c, xasprintf("<-%s", f->field[0]));
}

/* BYTES in the largest unit of which there is one, with a place after the point below 10. */
static char *
bytes_text(const char *bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned long long n = strtoull(bytes, NULL, 10), unit = 1;
	size_t i = 0;

	for (; units[i + 1] != '\0' && n / unit >= 1024; i++)
		unit *= 1024;
	if (i > 0 && n / unit < 10)
		return xasprintf("%llu.%llu%c", n / unit, n % unit * 10 / unit, units[i]);
	return xasprintf("%llu%c", n / unit, units[i]);
}

static void
fill_memory(struct cell *c, const struct record *r)
{
	const struct fact *f = record_find(r, "memory", NULL);
	char *used, *limit;

	if (f == NULL)
		return;
	used = bytes_text(f->field[0]);
	limit = f->n > 1 ? bytes_text(f->field[1]) : xstrdup("none");
	add_text(c, xasprintf("%s of %s", used, limit));
	free(used);
	free(limit);
}

static void
fill_cpu(struct cell *c, const struct record *r)
{
	const char *seconds = record_get(r, "cpu");

	if (seconds != NULL)
		add_text(c, xasprintf("%ss", seconds));
}

static const struct column columns[] = {
	{ "def", "Def.", fill_defined, NULL },
	{ "name", "Name", fill_name, NULL },
	{ "project", "Project", fill_project, NULL },
	{ "fqdn", "FQDN", NULL, "fqdn" },
	{ "state", "State", fill_state, NULL },
	{ "ips", "IPs", fill_ips, NULL },
	{ "ports", "Ports", fill_ports, NULL },
	{ "links", "Links", fill_links, NULL },
	{ "pid", "PID", NULL, "pid" },
	{ "memory", "Memory", fill_memory, NULL },
	{ "cpu", "CPU", fill_cpu, NULL },
	{ "volumes", "Volumes", NULL, "volume" },
	{ "cgroup", "Cgroup", NULL, "cgroup" },
	{ "mapped", "Mapped", NULL, "mapped" },
	{ "did", "Did", NULL, "did" },
	{ "error", "Error", NULL, "error" },
};

#define NCOLUMN (sizeof(columns) / sizeof(columns[0]))

/* The columns of LIST into CHOSEN, which has room for one for each comma and one more. */
static size_t
choose_columns(char *list, const struct column **chosen)
{
	char *word, *rest;
	size_t n = 0, i;

	for (word = strtok_r(list, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
		for (i = 0; i < NCOLUMN && strcmp(columns[i].name, word) != 0;)
			i++;
		if (i == NCOLUMN)
			die(EXIT_UNUSABLE,
			    "there is no column '%s'; those are: def name project fqdn state ips ports links pid "
			    "memory cpu volumes cgroup mapped did error",
			    word);
		chosen[n++] = &columns[i];
	}
	if (n == 0)
		die(EXIT_UNUSABLE, "-c names no column");
	return n;
}

/* SGR of ECMA-48, for the cells of the header and the state. */
static const char *
color_of(const char *name, const char *text)
{
	if (text == NULL)
		return "\033[1m";
	if (strcmp(name, "state") != 0)
		return NULL;
	if (strcmp(text, "running") == 0)
		return "\033[32m";
	if (strcmp(text, "absent") == 0 || strcmp(text, "stopped") == 0 || strcmp(text, "error") == 0)
		return "\033[31m";
	return "\033[33m";
}

/* One line of a row: its Nth; without cells, the titles. */
static void
write_line(const struct column *const *column, const struct cell *cell, const int *width, size_t n,
    size_t line, bool color)
{
	size_t i, last = 0;
	const char *text, *sgr;
	int used;

	/* No blanks at the end of a line. */
	for (i = 0; i < n; i++)
		if (cell == NULL || line < cell[i].n)
			last = i;
	for (i = 0; i <= last; i++) {
		text = cell == NULL ? column[i]->title : line < cell[i].n ? cell[i].line[line] : "";
		used = cell == NULL ? (int)strlen(text) : line < cell[i].n ? cell[i].width[line] : 0;
		sgr = color && *text != '\0' ? color_of(column[i]->name, cell == NULL ? NULL : text) : NULL;
		printf("%s%s%s%s", i == 0 ? "" : "   ", sgr == NULL ? "" : sgr, text,
		    sgr == NULL ? "" : "\033[0m");
		if (i < last)
			printf("%*s", width[i] - used, "");
	}
	putchar('\n');
}

static void
write_table(const struct column *const *column, size_t n, struct cell *cells, size_t rows, bool color)
{
	int *width = xrealloc(NULL, n, sizeof(*width)), total = 0;
	size_t i, k, line, lines;

	for (i = 0; i < n; i++) {
		width[i] = (int)strlen(column[i]->title);
		for (k = 0; k < rows; k++)
			for (line = 0; line < cells[k * n + i].n; line++)
				if (cells[k * n + i].width[line] > width[i])
					width[i] = cells[k * n + i].width[line];
		total += width[i] + (i == 0 ? 0 : 3);
	}
	write_line(column, NULL, width, n, 0, color);
	while (total-- > 0)
		putchar('-');
	putchar('\n');
	for (k = 0; k < rows; k++) {
		for (lines = 1, i = 0; i < n; i++)
			if (cells[k * n + i].n > lines)
				lines = cells[k * n + i].n;
		for (line = 0; line < lines; line++)
			write_line(column, &cells[k * n], width, n, line, color);
	}
	free(width);
}

/* On a terminal that knows them, and not against the user's wish: https://no-color.org */
static bool
colored(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

int
main(int argc, char **argv)
{
	const char *names = "def,name,fqdn,state,ips,ports,links";
	bool extended = false, color = true;
	const struct column **column;
	struct cell *cells, *c;
	struct records all = { 0 };
	int o, status = EXIT_DONE;
	struct record *r;
	size_t n, rows = 0, i, k;
	char *list;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "c:eo", USAGE)) != -1) {
		extended = extended || o == 'e';
		color = color && o != 'o';
		if (o == 'c')
			names = optarg;
	}
	/* Of the records' UTF-8, whatever the user's locale is. */
	setlocale(LC_CTYPE, "C.UTF-8");
	list = xasprintf("%s%s", names, extended ? ",pid,memory,cpu" : "");
	column = xrealloc(NULL, strlen(list) + 1, sizeof(const struct column *));
	n = choose_columns(list, column);

	if (records_get(&all, argc - optind, argv + optind) < 0)
		status = EXIT_UNUSABLE;
	cells = xrealloc(NULL, all.n * n, sizeof(*cells));
	for (k = 0; k < all.n; k++) {
		r = all.record[k];
		if (record_failed(r) && status == EXIT_DONE)
			status = EXIT_FAILED;
		for (i = 0; i < n && !record_is_project(r); i++) {
			c = &cells[rows * n + i];
			*c = (struct cell){ 0 };
			if (column[i]->fill != NULL)
				column[i]->fill(c, r);
			else
				add_fields(c, r, column[i]->key);
		}
		rows += i == n;
	}
	write_table(column, n, cells, rows, color && colored());

	for (i = 0; i < rows * n; i++) {
		for (k = 0; k < cells[i].n; k++)
			free(cells[i].line[k]);
		free(cells[i].line);
		free(cells[i].width);
	}
	free(cells);
	records_free(&all);
	free(column);
	free(list);
	return say_end(status);
}
