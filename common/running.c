/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "running.h"

#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "say.h"

/* Takes out of TEXT the lines that begin with WORD, or with ANYWHERE, those in which it stands. */
static void
cut_lines(char *text, const char *word, bool anywhere)
{
	char *line = text, *end, *at;

	while (*line != '\0') {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		at = strstr(line, word);
		if (at == line || (anywhere && at != NULL && at < end))
			memmove(line, end, strlen(end) + 1);
		else
			line = end;
	}
}

bool
running_item_differs(struct lxc_container *lxc, const char *key)
{
	char *now = lxc->get_running_config_item(lxc, key), *next = handle_item(lxc, key);
	bool differs;

	if (now == NULL)
		now = xstrdup("");
	if (strcmp(key, "lxc.mount.entry") == 0) {
		/* That of the init which a command gets is part of the command. */
		cut_lines(now, " .ctr-", true);
		cut_lines(next, " .ctr-", true);
	} else if (strcmp(key, "lxc.environment") == 0) {
		/* So is the PATH that comes with one. */
		cut_lines(now, "PATH=" RUNNING_PATH "\n", false);
		cut_lines(next, "PATH=" RUNNING_PATH "\n", false);
	}
	/* LXC makes up a name where none is said. */
	differs = strcmp(now, next) != 0 && (strcmp(key, "lxc.net.0.veth.pair") != 0 || next[0] != '\0');
	free(now);
	free(next);
	return differs;
}

bool
running_differs(const char *name, const char *key)
{
	struct lxc_container *lxc = handle_new(name);
	bool differs;

	if (lxc == NULL)
		return false;
	/* Its errors would go to stderr; what loads it to some end tells them. */
	lxc->set_config_item(lxc, "lxc.log.file", "/dev/null");
	differs = lxc->load_config(lxc, NULL) && running_item_differs(lxc, key);
	lxc_container_put(lxc);
	return differs;
}
