/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snippets.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "say.h"

enum {
	DEPTH_MAX = 8, /* LXC's own files have two */
	FILE_MAX_BYTES = 1024 * 1024,
};

/* As Debian and other distributions have it, and as LXC's own sources install it. */
static const char *const places[] = { "/usr/share/lxc/config/common.conf.d",
	"/usr/local/share/lxc/config/common.conf.d" };

/* The path that LINE includes, in the caller's to free, without slashes at its end; or a null pointer. */
static char *
included(const char *line, size_t len)
{
	static const char key[] = "lxc.include";
	const char *end = line + len;

	line += strspn(line, " \t");
	if (strncmp(line, key, sizeof(key) - 1) != 0)
		return NULL;
	line += sizeof(key) - 1;
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t\"'");
	while (end > line && strchr(" \t\r\"'/", end[-1]) != NULL)
		end--;
	return end > line ? xstrndup(line, (size_t)(end - line)) : NULL;
}

static bool
includes(const char *config, const char *dir, int depth)
{
	bool found = false;
	char *path, *text;
	size_t len, n;
	int fd;

	for (; !found && *config != '\0'; config += len + (config[len] == '\n')) {
		len = strcspn(config, "\n");
		path = included(config, len);
		if (path == NULL)
			continue;
		found = strcmp(path, dir) == 0;
		fd = found || depth == DEPTH_MAX ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		/* Another directory cannot be read so, and has none of LXC's own. */
		if (fd >= 0 && read_all(fd, &text, &n, FILE_MAX_BYTES) == 0) {
			found = includes(text, dir, depth + 1);
			free(text);
		}
		if (fd >= 0)
			close(fd);
		free(path);
	}
	return found;
}

const char *
snippets_missing(const char *config)
{
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (stat(places[i], &st) == 0 && S_ISDIR(st.st_mode))
			return includes(config, places[i], 0) ? NULL : places[i];
	return NULL;
}
