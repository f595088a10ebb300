/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver: a table with a row for each command, of the programs that it pipes together. It reads the
 * project file (ctr-parse) and chooses the containers first, each step to its end, so that nothing is changed
 * where one of these fails; then the rest of the row runs as one pipeline, and its output is counted.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "container.h"
#include "ctrctl/pipeline.h"
#include "ctrctl/rows.h"
#include "ctrctl/tally.h"
#include "option.h"
#include "quote.h"
#include "records.h"
#include "say.h"

/* What the command line says. */
static const char *file, *project, *path, *jobs, *seconds;
static bool verbose, delete, nocopy, restart, addhosts, noports, nolinks, nocolor, extended, dry, nodeps, dashed;
static char **names;
static size_t nnames;

static bool
wanted(const struct stage *s)
{
	return (nnames > 0 || !(s->flags & IF_NAMES)) && !(noports && s->flags & UNLESS_PORTS) &&
	    !(nolinks && s->flags & UNLESS_LINKS) && (addhosts || !(s->flags & IF_HOSTS));
}

/* Whether progress is shown as it goes on, and not in lines of what was done. */
static bool
on_terminal(void)
{
	return isatty(STDERR_FILENO) && !verbose && !dry && say_level == 0;
}

/* The argument vector of a stage, the array being the caller's. */
static const char **
arguments(const struct stage *s)
{
	const char **argv = xrealloc(NULL, nnames + 24, sizeof(*argv));
	const struct {
		bool given;
		const char *option, *value;
	} all[] = {
		{ s->flags & SOURCE && file != NULL, "-f", file },
		{ s->flags & (SOURCE | PROJECT) && project != NULL, "-p", project },
		{ !(s->flags & SOURCE) && path != NULL, "-P", path },
		{ s->option != NULL, s->option, NULL },
		{ s->flags & DEPS && !nodeps, "-a", NULL },
		{ s->flags & JOBS && jobs != NULL, "-j", jobs },
		{ s->flags & SECONDS && seconds != NULL, "-t", seconds },
		{ s->flags & RESTART && restart, "-r", NULL },
		{ s->flags & NOCOPY && nocopy, "-n", NULL },
		{ s->flags & EXTENDED && extended, "-e", NULL },
		{ s->flags & NOCOLOR && nocolor, "-o", NULL },
		{ verbose || (s->flags & LINES && !on_terminal() && say_level == 0), "-v", NULL },
		{ say_level < 0, "-q", NULL },
	};
	size_t i, n = 0;

	argv[n++] = s->program;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].given)
			argv[n++] = all[i].option;
		if (all[i].given && all[i].value != NULL)
			argv[n++] = all[i].value;
	}
	for (i = 0; s->flags & NAMES && i < nnames; i++) {
		/* One that came behind a "--" is to be none of its options either. */
		if (i == 0 && dashed)
			argv[n++] = "--";
		argv[n++] = names[i];
	}
	argv[n] = NULL;
	return argv;
}

/* The row as a script, with EXPLAIN with a line on each program. */
static void
print_script(const struct row *row, bool explain)
{
	const char *env = getenv("PATH"), **argv;
	char *search = xasprintf(":%s:", env == NULL ? "" : env), *dir = program_path("ctr-parse"), *there;
	size_t i, k, n, after = row->flags & SUMMED && extended;

	*strrchr(dir, '/') = '\0';
	there = xasprintf(":%s:", dir);
	puts("#!/bin/bash");
	if (explain)
		printf("# %s: %s\n", row->name, row->what);
	puts("set -o pipefail");
	if (strstr(search, there) == NULL) {
		fputs("PATH=", stdout);
		quote_write(stdout, dir);
		puts(":$PATH");
	}
	for (n = STAGES_MAX; row->stage[n - 1].program == NULL || !wanted(&row->stage[n - 1]);)
		n--;
	for (i = 0; i < n + after; i++) {
		const struct stage *stage = i < n ? &row->stage[i] : &summary;
		if (!wanted(stage))
			continue;
		fputs(i == n ? "status=$?\n" : "", stdout);
		if (explain)
			printf("# %s\n", stage->what);
		argv = arguments(stage);
		for (k = 0; argv[k] != NULL; k++) {
			fputs(k > 0 ? " " : "", stdout);
			quote_write(stdout, argv[k]);
		}
		free(argv);
		puts(i + 1 < n ? " |" : row->flags & SHOWS ? "" : " >/dev/null");
	}
	fputs(after > 0 ? "exit $status\n" : "", stdout);
	free(dir);
	free(search);
	free(there);
}

/* The records to be worked on, as they are before. */
static struct records known;

/* Reads them from FD, and puts it back to its start. Exits where it cannot: what is done must not be less than what was chosen. */
static void
read_known(int fd)
{
	records_free(&known);
	if (records_read(&known, fd, "records") < 0)
		exit(say_end(EXIT_FAILED));
	lseek(fd, 0, SEEK_SET);
}

/* The project file's own directory of containers, unless the command line names another. */
static void
read_path(void)
{
	const char *said;
	size_t i;

	for (i = 0; i < known.n && path == NULL; i++)
		if (record_is_project(known.record[i]) && (said = record_get(known.record[i], "lxcpath")) != NULL)
			path = xstrdup(said);
	if (path != NULL)
		container_set_path(path);
}

/*
 * Asks about each container that is there; what is not to be deleted goes from the stream, which is made
 * anew.
 */
static int
ask(int fd)
{
	int out = memfd_create("records", MFD_CLOEXEC);
	char *line = NULL;
	size_t cap = 0, i;
	FILE *stream = out < 0 ? NULL : fdopen(dup(out), "w");
	const char *orphan;
	struct record *r;
	bool yes;

	if (stream == NULL)
		die(EXIT_FAILED, "cannot make a file in memory:");
	for (i = 0; i < known.n; i++) {
		r = known.record[i];
		yes = record_is_project(r);
		if (!yes && container_exists(r->name)) {
			orphan = record_find(r, "orphan", NULL) != NULL ? ", not in the project file" : "";
			fprintf(stderr, "Delete %s%s? [y/N] ", r->name, orphan);
			yes = getline(&line, &cap, stdin) > 0 && (line[0] == 'y' || line[0] == 'Y');
			if (pipeline_caught != 0)
				break;
			/*
			 * The answer ended without its newline: the next question is to have a line of its
			 * own.
			 */
			if (feof(stdin))
				fputc('\n', stderr);
		}
		if (yes)
			record_write(stream, r);
	}
	free(line);
	if (fclose(stream) != 0)
		die(EXIT_FAILED, "cannot write to a file in memory:");
	close(fd);
	lseek(out, 0, SEEK_SET);
	read_known(out);
	return out;
}

/* Runs what acts, and says what came of it. */
static int
act(const struct row *row, const char **const argv[], size_t n, int in)
{
	struct tally t;
	int fd[2], status, worst;
	char *rest;

	if (pipe2(fd, O_CLOEXEC) < 0)
		die(EXIT_FAILED, "cannot make a pipe:");
	pipeline_start(argv, n, in, fd[1]);
	worst = tally_read(&t, fd[0], &known, row->flags & PROGRESS && on_terminal()) < 0 ? EXIT_FAILED : EXIT_DONE;
	close(fd[0]);
	status = pipeline_wait();
	status = status > worst ? status : worst;
	rest = t.missing == 0 ? xstrdup("") : xasprintf(", %zu not finished", t.missing);
	say_warning(row->name, "%zu done, %zu unchanged, %zu failed%s", t.done, t.unchanged, t.failed, rest);
	free(rest);
	return status == EXIT_DONE && t.missing > 0 ? EXIT_FAILED : status;
}

static int
run(const struct row *row)
{
	const char **argv[STAGES_MAX + 1];
	size_t n = 0, choice = 0, source = 0, i;
	int fd = -1, status;

	/*
	 * The project file first: where it has an error, nothing is changed; and it may say where the
	 * containers are.
	 */
	if (row->stage[0].flags & SOURCE) {
		argv[0] = arguments(&row->stage[source++]);
		status = pipeline_capture(argv, 1, &fd);
		free(argv[0]);
		if (status != EXIT_DONE)
			return status;
		read_known(fd);
		read_path();
	}
	if (dry) {
		print_script(row, false);
		return EXIT_DONE;
	}
	for (i = source; i < STAGES_MAX && row->stage[i].program != NULL; i++)
		if (wanted(&row->stage[i])) {
			choice += (row->stage[i].flags & CHOICE) != 0;
			argv[n++] = arguments(&row->stage[i]);
		}
	status = choice == 0 ? EXIT_DONE : pipeline_capture(argv, choice, &fd);
	if (status == EXIT_DONE && choice > 0)
		read_known(fd);
	if (status == EXIT_DONE && row->flags & ASKS && !delete)
		fd = ask(fd);
	if (status != EXIT_DONE || pipeline_caught != 0) {
		status = status == EXIT_DONE ? EXIT_FAILED : status;
	} else if (choice == n) {
		for (i = 0; i < known.n; i++)
			record_write(stdout, known.record[i]);
	} else if (row->flags & SHOWS) {
		pipeline_start(argv + choice, n - choice, fd, -1);
		status = pipeline_wait();
		if (row->flags & SUMMED && extended)
			pipeline_apart(argv[n++] = arguments(&summary));
	} else {
		status = act(row, argv + choice, n - choice, fd);
	}
	for (i = 0; i < n; i++)
		free(argv[i]);
	records_free(&known);
	return status;
}

static const struct row *
find_row(const char *name)
{
	size_t i;

	for (i = 0; i < NROW; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	die(EXIT_UNUSABLE, "there is no command '%s' (ctrctl --help lists them)", name);
}

static void
help(void)
{
	size_t i;

	printf("usage: %s\n\ncommands:\n", USAGE);
	for (i = 0; i < NROW; i++)
		printf("  %-8s  %s\n", rows[i].name, rows[i].what);
	puts("  explain   print the pipeline of another command, with a line on each program\n\noptions:");
	fputs(options_help, stdout);
}

/* Letters and long options, each before or after the command; the names of containers into `names`. */
static void
read_options(int argc, char **argv)
{
	int o;

	names = xrealloc(NULL, (size_t)argc, sizeof(*names));
	/* '-': an operand comes in its place, whatever POSIXLY_CORRECT says. */
	while ((o = getopt_long(argc, argv, "-hvxdf:p:ranmoeqj:t:P:", options, NULL)) != -1)
		switch (o) {
		case 1: names[nnames++] = optarg; break;
		case 'h': help(); exit(say_end(EXIT_DONE));
		case OPT_VERSION: printf("%s %s\n", say_program, CTR_VERSION); exit(say_end(EXIT_DONE));
		case 'v': verbose = true; break;
		case 'q': say_level = -1; break;
		case 'x': delete = true; break;
		case 'd': nocopy = true; break;
		case 'f': file = optarg; break;
		case 'p': project = optarg; break;
		case 'r': restart = true; break;
		case 'a': addhosts = true; break;
		case 'n': noports = true; break;
		case 'm': nolinks = true; break;
		case 'o': nocolor = true; break;
		case 'e': extended = true; break;
		case 'j': option_number('j', optarg, 1, 1000); jobs = optarg; break;
		case 't': option_number('t', optarg, 0, 1000000); seconds = optarg; break;
		case 'P': path = optarg; break;
		case OPT_NO_DEPS: nodeps = true; break;
		case OPT_DRY_RUN: dry = true; break;
		default: option_usage(USAGE);
		}
	for (; optind < argc; optind++) {
		dashed = dashed || argv[optind][0] == '-';
		names[nnames++] = argv[optind];
	}
}

int
main(int argc, char **argv)
{
	const struct row *row;
	bool explain;
	int status;

	say_begin(argv[0]);
	read_options(argc, argv);
	if (nnames == 0)
		option_usage(USAGE);
	explain = strcmp(names[0], "explain") == 0;
	if (explain && nnames == 1)
		die(EXIT_UNUSABLE, "explain: which command?");
	row = find_row(names[explain]);
	names += 1 + explain;
	nnames -= 1 + (size_t)explain;
	if (explain) {
		print_script(row, true);
		return say_end(EXIT_DONE);
	}
	if (row->flags & ASKS && !delete && !dry && (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)))
		die(EXIT_UNUSABLE, "%s: there is no terminal to ask on, and no -x", row->name);
	if (row->flags & WHOLE && nnames > 0)
		die(EXIT_UNUSABLE, "%s: it is for the whole project, and takes no names", row->name);
	pipeline_guard();
	status = run(row);
	if (pipeline_caught != 0)
		return 128 + pipeline_caught;
	return say_end(status);
}
