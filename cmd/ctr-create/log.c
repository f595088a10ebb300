/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

enum {
	ROOM = 16384,
	TAIL_LINES = 10,
	TAIL_BYTES = 4096,
};

int
log_open(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	/* Not every file system can, and then it may be well all the same. */
	if (fd >= 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, ROOM) < 0 && errno == ENOSPC) {
		close(fd);
		errno = ENOSPC;
		return -1;
	}
	return fd;
}

void
log_close(int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || ftruncate(fd, st.st_size) < 0)
		say_note(NULL, "cannot shorten a log:");
	close(fd);
}

/* Its end into TEXT. Returns where in the file that begins, or -1 where it is empty. */
static off_t
read_tail(int fd, char text[TAIL_BYTES + 1])
{
	off_t size = lseek(fd, 0, SEEK_END), from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	ssize_t len = size < 0 ? -1 : pread(fd, text, TAIL_BYTES, from);

	if (len <= 0)
		return -1;
	text[len] = '\0';
	return from;
}

void
log_tail(int fd, const char *name)
{
	char text[TAIL_BYTES + 1], *line, *next, *lines[TAIL_LINES];
	off_t from = read_tail(fd, text);
	size_t n = 0, i, prefix = strlen(say_program);

	if (from < 0)
		return;
	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (line[strspn(line, " \t\r")] != '\0' && (line != text || from == 0) &&
		    (strncmp(line, say_program, prefix) != 0 || line[prefix] != ':'))
			lines[n++ % TAIL_LINES] = line;
	}
	for (i = n > TAIL_LINES ? n - TAIL_LINES : 0; i < n; i++)
		say_error(name, "create.log: %s", lines[i % TAIL_LINES]);
}

char *
log_last(int fd)
{
	char text[TAIL_BYTES + 1], *line;
	size_t len;

	if (read_tail(fd, text) < 0)
		return NULL;
	for (len = strlen(text); len > 0 && text[len - 1] == '\n'; len--)
		text[len - 1] = '\0';
	line = strrchr(text, '\n');
	return len == 0 ? NULL : xstrdup(line == NULL ? text : line + 1);
}
