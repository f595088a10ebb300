/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clear.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ready.h"
#include "replace.h"
#include "say.h"

int
clear_file(int dir, const char *file, int flags, char **error)
{
	char *path;
	int why;

	if (unlinkat(dir, file, flags) == 0 || errno == ENOENT)
		return 0;
	why = errno;
	path = ready_path(dir, file);
	*error = xasprintf("cannot remove '%s': %s", path, strerror(why));
	free(path);
	return -1;
}

int
clear_directory(int dirfd, char **error)
{
	DIR *dir = read_directory(dirfd);
	struct dirent *entry;
	int status = 0;

	if (dir == NULL) {
		*error = xasprintf("cannot read the directories for dnsmasq: %s", strerror(errno));
		return -1;
	}
	while (status == 0 && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			status = clear_file(dirfd, entry->d_name, 0, error);
	closedir(dir);
	return status;
}
