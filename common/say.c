/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *say_program = "ctrkit";
int say_level;

void
say_begin(const char *argv0)
{
	const char *slash;
	int fd;

	if (argv0 != NULL) {
		slash = strrchr(argv0, '/');
		say_program = slash == NULL ? argv0 : slash + 1;
	}
	/* Read-only, so that a write to a stdout that was closed fails as it should. */
	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

char *
say_text(const char *format, va_list args)
{
	int saved = errno;
	size_t len = strlen(format);
	char *text, *s;

	if (vasprintf(&text, format, args) < 0)
		die(EXIT_FAILED, "cannot allocate:");
	if (len > 0 && format[len - 1] == ':') {
		s = xasprintf("%s %s", text, strerror(saved));
		free(text);
		text = s;
	}
	errno = saved;
	return text;
}

/* The line of a message into TO, as much of it as goes into SIZE bytes; the length that it has. */
static size_t
compose(char *to, size_t size, const char *name, const char *format, va_list args)
{
	size_t len = strlen(format), n = 0, part;
	int saved = errno;

	for (part = 0; part < 3; part++) {
		char *at = n < size ? to + n : NULL;
		size_t room = n < size ? size - n : 0;
		int more = 0;

		if (part == 0)
			more = snprintf(at, room, "%s: %s%s", say_program, name == NULL ? "" : name,
			    name == NULL ? "" : ": ");
		else if (part == 1)
			more = vsnprintf(at, room, format, args);
		else
			more = snprintf(at, room, "%s%s\n", len > 0 && format[len - 1] == ':' ? " " : "",
			    len > 0 && format[len - 1] == ':' ? strerror(saved) : "");
		n += more < 0 ? 0 : (size_t)more;
	}
	return n;
}

/* Most messages need no memory: there is one, too, that there is no more. */
static void
say(const char *name, const char *format, va_list args)
{
	int saved = errno;
	char small[1024], *line = small;
	va_list again;
	size_t len, i;

	va_copy(again, args);
	len = compose(small, sizeof(small), name, format, args);
	if (len >= sizeof(small)) {
		line = malloc(len + 1);
		errno = saved;
		if (line != NULL) {
			compose(line, len + 1, name, format, again);
		} else {
			line = small;
			len = sizeof(small) - 1;
			line[len - 1] = '\n';
		}
	}
	va_end(again);
	for (i = 0; i + 1 < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	/* There is nobody left to tell where this fails. */
	if (write(STDERR_FILENO, line, len) < 0)
		(void)0;
	if (line != small)
		free(line);
	errno = saved;
}

void
say_error(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(name, format, args);
	va_end(args);
}

void
say_warning(const char *name, const char *format, ...)
{
	va_list args;

	if (say_level < 0)
		return;
	va_start(args, format);
	say(name, format, args);
	va_end(args);
}

void
say_note(const char *name, const char *format, ...)
{
	va_list args;

	if (say_level < 1)
		return;
	va_start(args, format);
	say(name, format, args);
	va_end(args);
}

void
die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, format, args);
	va_end(args);
	exit(status);
}

int
say_end(int status)
{
	/* Both are called: each may be the first to meet the error. */
	int bad = ferror(stdout);

	if (fflush(stdout) != 0)
		bad = 1;
	if (fclose(stdout) != 0)
		bad = 1;
	if (bad == 0)
		return status;
	say_error(NULL, "cannot write to stdout:");
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size == 0 ? 1 : size);

	if (p == NULL)
		die(EXIT_FAILED, "cannot allocate %zu bytes:", size);
	return p;
}

void *
xrealloc(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count == 0 ? 1 : count, size);
	if (p == NULL)
		die(EXIT_FAILED, "cannot allocate %zu times %zu bytes:", count, size);
	return p;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

void *
xgrow(void *p, size_t n, size_t size)
{
	return (n & (n - 1)) != 0 ? p : xrealloc(p, n == 0 ? 1 : 2 * n, size);
}

char *
xstrndup(const char *s, size_t n)
{
	char *copy = xmalloc(n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *
xasprintf(const char *format, ...)
{
	va_list args;
	char *s;
	int n;

	va_start(args, format);
	n = vasprintf(&s, format, args);
	va_end(args);
	if (n < 0)
		die(EXIT_FAILED, "cannot allocate:");
	return s;
}

FILE *
xopen_memstream(char **text, size_t *len)
{
	FILE *memory = open_memstream(text, len);

	if (memory == NULL)
		die(EXIT_FAILED, "cannot allocate:");
	return memory;
}

void
xfclose(FILE *memory)
{
	if (fclose(memory) != 0)
		die(EXIT_FAILED, "cannot allocate:");
}
