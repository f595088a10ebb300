/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "option.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "filter.h"
#include "say.h"

enum {
	OPT_HELP = 256,
	OPT_VERSION,
};

static const struct option longs[] = {
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

void
option_usage(const char *usage)
{
	fprintf(stderr, "usage: %s\n", usage);
	exit(EXIT_UNUSABLE);
}

unsigned long
option_number(int letter, const char *text, unsigned long min, unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || n < min || n > max)
		die(EXIT_UNUSABLE, "-%c takes a number from %lu to %lu, not '%s'", letter, min, max, text);
	return n;
}

int
option(int argc, char **argv, const char *letters, const char *usage)
{
	/* '+': options end at the first operand, since KEY=VALUE may well begin with '-'. */
	char *all = xasprintf("+P:vq%s", letters);
	int o;

	for (;;) {
		o = getopt_long(argc, argv, all, longs, NULL);
		switch (o) {
		case 'P':
			container_set_path(optarg);
			continue;
		case 'v':
			say_level = 1;
			continue;
		case 'q':
			say_level = -1;
			continue;
		case 'j':
			filter_jobs = option_number('j', optarg, 1, 1000);
			continue;
		case OPT_HELP:
			printf("usage: %s\n", usage);
			exit(say_end(EXIT_DONE));
		case OPT_VERSION:
			printf("%s %s\n", say_program, CTR_VERSION);
			exit(say_end(EXIT_DONE));
		case '?':
			option_usage(usage);
		default:
			break;
		}
		break;
	}
	free(all);
	return o;
}
