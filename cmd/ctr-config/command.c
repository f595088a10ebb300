/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idmap.h"
#include "quote.h"
#include "say.h"

/* In the container's root, made by LXC as empty files to mount on. */
#define INIT ".ctr-init"
#define SCRIPT ".ctr-command"

const char *
command_init(void)
{
	static const char *const places[] = { "/usr/sbin/init.lxc.static", "/sbin/init.lxc.static",
		"/usr/local/sbin/init.lxc.static", "/usr/bin/init.lxc.static",
		"/usr/libexec/lxc/init.lxc.static" };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* PATH as the first field of a mount entry, where getmntent(3) undoes these escapes. */
static void
write_mount_source(FILE *out, const char *path)
{
	for (; *path != '\0'; path++)
		if (strchr(" \t\\#", *path) != NULL)
			fprintf(out, "\\%03o", (unsigned)*path);
		else
			putc(*path, out);
}

/*
 * lxc.init.cmd is split at blanks, and nothing quotes there (split_init_cmd in LXC's lxccontainer.c). So a
 * command with a blank or an empty word goes into a script for the container's shell.
 */
static bool
needs_script(const struct fact *command)
{
	size_t i;

	for (i = 0; i < command->n; i++)
		if (command->field[i][0] == '\0' || strchr(command->field[i], ' ') != NULL)
			return true;
	return false;
}

void
command_script(FILE *out, const struct fact *command)
{
	size_t i;

	if (command == NULL || !needs_script(command))
		return;
	fputs("exec", out);
	for (i = 0; i < command->n; i++) {
		putc(' ', out);
		quote_write(out, command->field[i]);
	}
	putc('\n', out);
}

/*
 * Of the words of a script (FNV-1a, 32 bits). As an operand, which the script does not use, it makes
 * lxc.init.cmd another where the script is: that alone says what a container was started with.
 */
static uint32_t
script_hash(const struct fact *command)
{
	uint32_t h = 2166136261u;
	const char *s;
	size_t i;

	for (i = 0; i < command->n; i++)
		for (s = command->field[i];; s++) {
			h = (h ^ (unsigned char)*s) * 16777619u;
			if (*s == '\0')
				break;
		}
	return h;
}

void
command_write(FILE *out, const struct container *c, const struct fact *command, const char *init)
{
	char *script;
	size_t i;

	fprintf(out, "lxc.mount.entry = %s %s none bind,ro,create=file 0 0\n", init, INIT);
	fprintf(out, "lxc.init.cmd = /%s --name %s --", INIT, c->name);
	if (needs_script(command)) {
		script = xasprintf("%s/ctr/command", c->dir);
		fprintf(out, " /bin/sh /%s %08x\nlxc.mount.entry = ", SCRIPT, (unsigned)script_hash(command));
		write_mount_source(out, script);
		fprintf(out, " %s none bind,ro,create=file 0 0\n", SCRIPT);
		free(script);
	} else {
		for (i = 0; i < command->n; i++)
			fprintf(out, " %s", command->field[i]);
		putc('\n', out);
	}
	fputs("lxc.signal.halt = SIGTERM\n", out);
}

int
command_share(const struct container *c, struct record *r)
{
	gid_t group = idmap_of(c->stored).host;

	if (fchown(c->dirfd, (uid_t)-1, group) < 0 || fchmod(c->dirfd, group == 0 ? 0700 : 0710) < 0 ||
	    fchownat(c->dirfd, "command", (uid_t)-1, group, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(c->dirfd, "command", group == 0 ? 0600 : 0640, 0) < 0)
		return record_fail(r, "cannot let its root read '%s/ctr/command':", c->dir);
	return 0;
}

bool
command_shared(const struct record *stored)
{
	const struct fact *command = record_find(stored, "command", NULL);
	char *path = xasprintf("%s/%s/ctr/command", container_path(), stored->name);
	bool is = true;
	struct stat st;

	if (command != NULL && needs_script(command))
		is = lstat(path, &st) == 0 && st.st_gid == idmap_of(stored).host &&
		     ((st.st_mode & S_IRGRP) != 0) == (st.st_gid != 0);
	free(path);
	return is;
}
