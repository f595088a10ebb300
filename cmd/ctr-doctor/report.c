/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

unsigned long report_findings, report_unknown;

static const char *check;
static bool quiet, said, found;
static char *names;

static void
write_line(const char *kind, const char *format, va_list args)
{
	char *text = say_text(format, args), *s;

	for (s = text; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	if (!quiet)
		printf("%s: %s: %s\n", check, kind, text);
	free(text);
	said = true;
}

void
finding(const char *format, ...)
{
	va_list args;
	char *all;

	va_start(args, format);
	write_line("finding", format, args);
	va_end(args);
	report_findings++;
	if (!found) {
		all = names == NULL ? xstrdup(check) : xasprintf("%s, %s", names, check);
		free(names);
		names = all;
	}
	found = true;
}

void
note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("note", format, args);
	va_end(args);
}

void
proof(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("proof", format, args);
	va_end(args);
}

void
remedy(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("remedy", format, args);
	va_end(args);
}

void
unknown(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = say_text(format, args);
	va_end(args);
	say_error(check, "cannot be checked: %s", text);
	free(text);
	report_unknown++;
	said = true;
}

void
report_begin(const char *name, bool silent)
{
	check = name;
	quiet = silent;
	said = found = false;
}

bool
report_said(void)
{
	return said;
}

char *
report_names(void)
{
	return xstrdup(names == NULL ? "" : names);
}
