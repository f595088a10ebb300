/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "fact.h"
#include "forward.h"
#include "rootfs.h"
#include "say.h"

enum {
	/* Of what its /etc/hosts says, which the container's root may have made as long as it likes. */
	LINKS_MAX = 1000,
	ALIASES_MAX = 30,
};

/*
 * A line of the block, "ADDRESS NAME... FULLNAME", as the fact `linked FULLNAME NAME...`, or `backlinked` where the
 * container itself has no link to that one.
 */
static void
add_link(struct record *r, const struct record *stored, char *line)
{
	const char *key;
	char *field[ALIASES_MAX + 1], *word, *rest;
	size_t n = 1;

	word = strtok_r(line, " \t", &rest);
	for (field[0] = NULL; word != NULL && n <= ALIASES_MAX; word = strtok_r(NULL, " \t", &rest)) {
		if (!name_valid(word) && !hostname_valid(word) && address_parse(word, NULL) == 0)
			return;
		if (n == 1 && field[0] == NULL)
			field[0] = word; /* the address, for now */
		else
			field[n++] = word;
	}
	if (n == 1 || !name_valid(field[n - 1]))
		return;
	field[0] = field[n - 1];
	key = stored == NULL || record_has(stored, "link", field[0]) ? "linked" : "backlinked";
	/* It may be there already, of the other family's line. */
	if (!record_has(r, key, field[0]))
		record_addv(r, key, field, n - 1);
}

void
linked_read(struct record *r, const struct record *stored, const char *text, size_t len)
{
	char *block, *line, *next;
	const char *found;
	size_t n;
	int i;

	found = block_find(text, len, "ctr-link", &n);
	if (found == NULL)
		return;
	block = xstrndup(found, n);
	line = strtok_r(block, "\n", &next);
	for (i = 0; line != NULL && i < LINKS_MAX; i++, line = strtok_r(NULL, "\n", &next))
		add_link(r, stored, line);
	free(block);
}

void
linked_add(struct record *r, const struct record *stored, struct lxc_container *lxc, pid_t pid)
{
	char *path = xasprintf("/proc/%d/root", (int)pid), *text = NULL, *rest = NULL;
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), in;
	size_t len;

	free(path);
	/* The number may have been given to another process in between. */
	if (root < 0 || lxc->init_pid(lxc) != pid) {
		if (root >= 0)
			close(root);
		return;
	}
	in = rootfs_cover(root, stored, true, "/etc/hosts", &rest);
	if (in < 0) {
		record_fail(r, "cannot open the volume in which its '/etc/hosts' lies:");
	} else if (rootfs_read(in, rest, &text, &len) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			rootfs_fail(r, "/etc/hosts");
	} else {
		linked_read(r, stored, text, len);
	}
	if (in >= 0)
		close(in);
	free(rest);
	free(text);
	close(root);
}

void
forwarded_add(struct record *r, const struct record *stored, struct lxc_container *lxc)
{
	const struct fact *f = stored == NULL ? NULL : record_find(stored, "forward", NULL);
	struct forwards is, one = { NULL, 0, false };
	struct record *to;
	int pidfd;

	pidfd = f == NULL ? -1 : lxc->init_pidfd(lxc);
	if (pidfd < 0)
		return;
	if (forward_read(pidfd, &is) < 0) {
		/* It has ended, or its network is the host's. */
		if (errno != ESRCH && errno != EXDEV)
			record_fail(r, "cannot look into its network:");
	} else {
		for (; is.intact && f != NULL; f = record_find(stored, "forward", f)) {
			to = container_record(f->field[0]);
			if (to == NULL && errno != ENOENT)
				record_fail(r, "cannot read the stored record of '%s':", f->field[0]);
			if (to != NULL && forward_add(&one, f, to) && forward_has(&is, &one.element[0]))
				record_addv(r, "forwarded", f->field, f->n);
			record_free(to);
			forward_free(&one);
		}
		forward_free(&is);
	}
	close(pidfd);
}
