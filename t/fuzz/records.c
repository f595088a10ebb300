/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record stream, as the programs read it that only pass it on or show it. */
#include "fuzz.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include "say.h"

/* The programs' main(). */
int ctr_select(int argc, char **argv);
int ctr_json(int argc, char **argv);
int ctr_table(int argc, char **argv);

static int
run_select(void *arg)
{
	static char *argv[] = { "ctr-select", NULL };

	(void)arg;
	optind = 0;
	return ctr_select(1, argv);
}

static int
run_json(void *arg)
{
	static char *argv[] = { "ctr-json", NULL };

	(void)arg;
	optind = 0;
	return ctr_json(1, argv);
}

static int
run_table(void *arg)
{
	static char *argv[] = { "ctr-table", "-c",
		"def,name,project,fqdn,state,ips,ports,links,pid,memory,cpu,volumes,cgroup,did,error", NULL };

	(void)arg;
	optind = 0;
	return ctr_table(3, argv);
}

static const char *
json_string(const char *s)
{
	HOLDS(*s == '"');
	for (s++; *s != '"'; s++) {
		HOLDS((unsigned char)*s >= ' ');
		if (*s == '\\') {
			s++;
			HOLDS(*s != '\0' && strchr("\"\\nt", *s) != NULL);
		}
	}
	return s + 1;
}

/* What follows the value at S, which is JSON without blanks (RFC 8259) and without signs and exponents. */
static const char *
json_value(const char *s)
{
	static const char *const words[] = { "true", "false", "null" };
	char close = *s == '{' ? '}' : ']';
	size_t i;

	if (*s == '"')
		return json_string(s);
	for (i = 0; i < 3; i++)
		if (strncmp(s, words[i], strlen(words[i])) == 0)
			return s + strlen(words[i]);
	if (isdigit((unsigned char)*s)) {
		HOLDS(*s != '0' || !isdigit((unsigned char)s[1]));
		s += strspn(s, "0123456789");
		if (*s != '.')
			return s;
		HOLDS(isdigit((unsigned char)s[1]));
		return s + 1 + strspn(s + 1, "0123456789");
	}
	HOLDS(*s == '{' || *s == '[');
	if (s[1] == close)
		return s + 2;
	do {
		s++;
		if (close == '}') {
			s = json_string(s);
			HOLDS(*s++ == ':');
		}
		s = json_value(s);
	} while (*s == ',');
	HOLDS(*s == close);
	return s + 1;
}

static void
check_json(const char *s)
{
	while (*s != '\0') {
		HOLDS(*s == '{');
		s = json_value(s);
		HOLDS(*s++ == '\n');
	}
}

/* What a terminal would act on: C0, DEL and, as UTF-8, C1. */
static void
check_table(const char *s)
{
	for (; *s != '\0'; s++)
		HOLDS((*s == '\n' || (unsigned char)*s >= ' ') && *s != 0x7f &&
		      !(*s == '\xc2' && (unsigned char)s[1] < 0xa0));
}

void
fuzz_one(const char *bytes, size_t len)
{
	struct run whole = { .in = bytes, .len = len }, parts = { .in = bytes, .len = len, .chunk = 7 };
	struct run json = { .in = bytes, .len = len }, table = { .in = bytes, .len = len }, again;

	fuzz_run(&whole, run_select, NULL);
	fuzz_run(&parts, run_select, NULL);
	HOLDS(whole.status == parts.status && whole.nmessage == parts.nmessage);
	HOLDS(whole.nout == parts.nout && memcmp(whole.out, parts.out, whole.nout) == 0);
	HOLDS(whole.status != EXIT_UNUSABLE || whole.nmessage > 0);
	HOLDS(whole.status == EXIT_DONE || whole.status == EXIT_FAILED || whole.status == EXIT_UNUSABLE);

	/* What it wrote, it takes, and leaves as it is. */
	again = (struct run){ .in = whole.out, .len = whole.nout };
	fuzz_run(&again, run_select, NULL);
	HOLDS(again.status == whole.status || (again.status != EXIT_UNUSABLE && whole.status == EXIT_UNUSABLE));
	HOLDS(again.nout == whole.nout && memcmp(again.out, whole.out, whole.nout) == 0);

	fuzz_run(&json, run_json, NULL);
	HOLDS(strlen(json.out) == json.nout);
	check_json(json.out);
	fuzz_run(&table, run_table, NULL);
	HOLDS(strlen(table.out) == table.nout);
	check_table(table.out);
	free(whole.out);
	free(parts.out);
	free(again.out);
	free(json.out);
	free(table.out);
}
