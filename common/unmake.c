/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unmake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idblock.h"
#include "lxc.h"
#include "remove.h"
#include "replace.h"
#include "say.h"
#include "snapshot.h"

/*
 * What the note says: LXCPATH, and what tells the directory from a later one of the same name, its inode's
 * number and time of birth. A null pointer with errno where there is no directory.
 */
static char *
note_text(const struct container *c)
{
	struct statx sx;

	if (statx(AT_FDCWD, c->dir, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO | STATX_BTIME, &sx) < 0)
		return NULL;
	if (!S_ISDIR(sx.stx_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	if ((sx.stx_mask & STATX_BTIME) == 0)
		sx.stx_btime = (struct statx_timestamp){ 0 };
	return xasprintf("%s\n%llu %lld.%09u\n", container_path(), (unsigned long long)sx.stx_ino,
	    (long long)sx.stx_btime.tv_sec, sx.stx_btime.tv_nsec);
}

int
unmake_begin(const struct container *c)
{
	char *text = note_text(c), *file = state_name(c->name);
	int dir = state_open("create"), status = -1, saved;

	/* Before anything else of the container is on the disk. */
	if (text != NULL && dir >= 0 && replace_at(dir, file, text, strlen(text), -1, 0600) == 0)
		status = directory_sync(dir);
	saved = errno;
	if (dir >= 0)
		close(dir);
	free(file);
	free(text);
	errno = saved;
	return status;
}

int
unmake_end(const struct container *c)
{
	char *file = state_name(c->name);
	int dir = state_open("create"), status = -1, saved;

	if (dir >= 0)
		status = unlinkat(dir, file, 0) == 0 || errno == ENOENT ? 0 : -1;
	saved = errno;
	if (dir >= 0)
		close(dir);
	free(file);
	errno = saved;
	return status;
}

static int
remove_all(const struct container *c, struct record *r)
{
	int dir, status = 0;
	char *what;

	if (lxc_running(c->name))
		return record_fail(r, "what is left of it in '%s' runs; stop it with 'lxc-stop -k'", c->dir);
	what = remove_mounted(c->dir);
	if (what != NULL)
		status = record_fail(r, "cannot remove '%s': '%s' is mounted", c->dir, what);
	else if (errno != 0)
		status = record_fail(r, "cannot find out what is mounted in '%s':", c->dir);
	free(what);
	if (status < 0 || snapshot_forget(c, r) < 0)
		return -1;
	dir = open(container_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return record_fail(r, "cannot open '%s':", container_path());
	if (remove_tree(dir, c->name, &what) < 0) {
		status = record_fail(r, "cannot remove '%s' in '%s':", what, c->dir);
		free(what);
	}
	close(dir);
	return status;
}

int
unmake(const struct container *c, struct record *r)
{
	char *file = state_name(c->name), *noted = NULL, *there = NULL;
	int dir = state_open("create"), status = 0;
	size_t len;

	if (dir < 0 || read_at(dir, file, &noted, &len, 1 << 16) < 0) {
		if (dir < 0 || errno != ENOENT)
			status =
			    record_fail(r, "cannot read '%s' of the directory 'create' of CTR_STATE:", file);
	} else {
		there = note_text(c);
		if (there == NULL && errno != ENOENT && errno != ENOTDIR)
			status = record_fail(r, "cannot look at '%s':", c->dir);
		/*
		 * Another directory now has the name: the noted one is gone, and this one is somebody
		 * else's.
		 */
		else if (there != NULL && strcmp(there, noted) == 0)
			status = remove_all(c, r) < 0 ? -1 : 1;
		/* Not before: who has its ids next must find no file of theirs. */
		if ((there == NULL ? status == 0 : status > 0) && idblock_release(c->dir) < 0)
			status = record_fail(r, "cannot give up its ids in the directory 'idmap' of CTR_STATE:");
		if (status >= 0 && unmake_end(c) < 0)
			status = record_fail(
			    r, "cannot remove '%s' in the directory 'create' of CTR_STATE:", file);
	}
	if (dir >= 0)
		close(dir);
	free(there);
	free(noted);
	free(file);
	return status;
}
