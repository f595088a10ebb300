/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "making.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "container.h"

bool
making(const char *name)
{
	char *file = state_name(name);
	int dir = state_open("create");
	bool there = dir >= 0 && faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (dir >= 0)
		close(dir);
	free(file);
	return there;
}
