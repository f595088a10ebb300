/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "directory.h"
#include "handle.h"
#include "lxc.h"
#include "replace.h"
#include "rootfs.h"
#include "say.h"
#include "shift.h"

enum {
	CONFIG_MAX = 1024 * 1024,
};

/*
 * Clears the hooks that liblxc runs on a clone. Those of LXC edit files in its root, as the host's root,
 * through whatever links the source's root made; what they do, ctr-name does.
 */
#define NO_HOOKS "lxc.hook.clone =\n"

/* Whether LINE of a configuration sets KEY, to VALUE where that is no null pointer. */
static bool
sets(const char *line, const char *key, const char *value)
{
	size_t n = strlen(key);

	line += strspn(line, " \t");
	if (strncmp(line, key, n) != 0)
		return false;
	line += n + strspn(line + n, " \t");
	if (*line++ != '=')
		return false;
	line += strspn(line, " \t");
	if (value == NULL)
		return true;
	n = strlen(value);
	return strncmp(line, value, n) == 0 && line[n + strspn(line + n, " \t\r")] == '\0';
}

/*
 * CONFIG, which is cut up, without the source's name and without what ctrkit's programs gave the source:
 * that the clone gets from its own record.
 */
static int
own_config(const char *source, const char *name, char *config)
{
	char *include = xasprintf("%s/%s/ctr/config", container_path(), source), *line, *next;
	int fd = memfd_create("config", MFD_CLOEXEC), copy = fd < 0 ? -1 : dup(fd);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
	bool bad = out == NULL;

	for (line = config; !bad && line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if ((next != NULL || *line != '\0') && !sets(line, "lxc.include", include) &&
		    !sets(line, "lxc.uts.name", NULL) && !sets(line, "lxc.utsname", NULL))
			fprintf(out, "%s\n", line);
	}
	if (!bad) {
		fprintf(out, "lxc.uts.name = %s\n" NO_HOOKS, name);
		bad = fclose(out) != 0;
	}
	free(include);
	if (bad && fd >= 0)
		close(fd);
	return bad ? -1 : fd;
}

/* Whether CLONE is to be made as a layer over its source. An overlay can be nothing else. */
static bool
is_snapshot(const struct fact *clone)
{
	size_t i;

	for (i = 1; i < clone->n; i++)
		if (strcmp(clone->field[i], "snapshot") == 0 || strcmp(clone->field[i], "backend=overlay") == 0)
			return true;
	return false;
}

/* Whose the source's files are. 0, or -1 after record_fail where a clone cannot make them its own. */
static int
read_ids(struct clone_source *source, const struct fact *clone, struct record *r)
{
	struct record *stored = container_record(clone->field[0]);
	int status = 0;

	if (stored == NULL && errno != ENOENT)
		return record_fail(r, "cannot read the stored record of its source '%s':", clone->field[0]);
	source->ids = idmap_of(stored);
	if (source->ids.count > 0 && source->ids.how != IDMAP_MOUNT && is_snapshot(clone))
		status = record_fail(r,
		    "the files of its source '%s' are those of the ids %u:%u, which a snapshot cannot make others; clone it without",
		    clone->field[0], (unsigned)source->ids.host, (unsigned)source->ids.count);
	record_free(stored);
	return status;
}

static int
open_locked(struct clone_source *source, const char *name, struct record *r)
{
	char *ours = xasprintf("%s/%s/ctr/record", container_path(), name), *path, *text;
	bool runs = lxc_running(name);
	size_t len;
	int status = -1;

	if (runs) {
		record_fail(r, "its source '%s' runs and cannot be cloned; stop it with '%s %s'", name,
		    access(ours, F_OK) == 0 ? "ctr-stop" : "lxc-stop -n", name);
	} else {
		path = xasprintf("%s/%s/config", container_path(), name);
		if (read_at(AT_FDCWD, path, &text, &len, CONFIG_MAX) < 0) {
			record_fail(r, "cannot read '%s' of its source:", path);
		} else {
			source->config = own_config(name, r->name, text);
			if (source->config < 0)
				record_fail(r, "cannot write down its configuration:");
			else
				status = 0;
			free(text);
		}
		free(path);
	}
	free(ours);
	return status;
}

int
clone_open(struct clone_source *source, const struct fact *clone, struct record *r)
{
	const char *name = clone->field[0];
	int status = -1;
	char *file;

	*source = (struct clone_source){ .lock = -1, .config = -1 };
	if (strcmp(name, r->name) == 0)
		return record_fail(r, "it cannot be a clone of itself");
	if (!container_exists(name))
		return record_fail(r, "its source '%s' does not exist in '%s'", name, container_path());
	file = state_name(name);
	source->lock = state_lock(file, LOCK_SH);
	free(file);
	if (source->lock < 0)
		record_fail(r, "cannot lock its source '%s':", name);
	else if (container_making(name))
		record_fail(r, "its source '%s' is not whole: its creation or removal did not end", name);
	else if (read_ids(source, clone, r) == 0)
		status = open_locked(source, name, r);
	if (status < 0)
		clone_close(source);
	return status;
}

void
clone_close(struct clone_source *source)
{
	if (source->lock >= 0)
		close(source->lock);
	if (source->config >= 0)
		close(source->config);
	source->lock = source->config = -1;
}

/* Whether the root is an overlay, LOWER:DELTA to liblxc or with the kind before it. */
static bool
is_overlay(struct lxc_container *lxc)
{
	char *path = handle_item(lxc, "lxc.rootfs.path");
	bool found = strncmp(path, "overlay", 7) == 0 || (*path == '/' && strstr(path, ":/") != NULL);

	free(path);
	return found;
}

static bool
clone_by_lxc(struct lxc_container *from, const char *name, int flags, const char *backend)
{
	/* LXC would write the new name through whatever link the source's root made of its /etc/hostname. */
	flags |= LXC_CLONE_KEEPNAME;
	/* liblxc copies an overlay when told what to make of it. */
	if (backend == NULL && (flags & LXC_CLONE_SNAPSHOT) == 0 && is_overlay(from))
		backend = "dir";
	return from->clone(from, name, container_path(), flags, backend, NULL, 0, NULL) != NULL;
}

bool
clone_make(const struct clone_source *source, const struct fact *clone, const char *name)
{
	char *path = xasprintf("/proc/self/fd/%d", source->config), *config = NULL;
	const char *backend = NULL;
	struct lxc_container *from;
	bool made = false, alone;
	int flags = is_snapshot(clone) ? LXC_CLONE_SNAPSHOT : 0;
	size_t i, len;

	for (i = 1; i < clone->n; i++)
		if (strncmp(clone->field[i], "backend=", 8) == 0)
			backend = clone->field[i] + 8;
	from = lxc_container_new(clone->field[0], container_path());
	if (from != NULL && from->is_defined(from)) {
		from->clear_config(from);
		if (from->load_config(from, path)) {
			alone = flags == 0 && (backend == NULL || strcmp(backend, "dir") == 0) &&
				lseek(source->config, 0, SEEK_SET) == 0 &&
				read_all(source->config, &config, &len, CONFIG_MAX) == 0 &&
				directory_alone(from, config);
			made = alone ? directory_clone(from, config, name)
				     : clone_by_lxc(from, name, flags, backend);
		}
	}
	free(config);
	free(path);
	return made;
}

void
clone_config(char *config)
{
	char *line = strstr(config, NO_HOOKS);

	if (line != NULL)
		memmove(line, line + strlen(NO_HOOKS), strlen(line + strlen(NO_HOOKS)) + 1);
}

int
clone_own(const struct container *c, struct record *r, const struct idmap *ids)
{
	int root = rootfs_open(c, r), dir, status = 0;
	char *id = NULL, *failed = NULL;
	struct stat st;
	size_t len;

	if (root < 0)
		return -1;
	if (ids->count > 0 && ids->how != IDMAP_MOUNT &&
	    shift_tree(root, (struct shift){ ids->host, 0, ids->count }, &failed) < 0) {
		record_fail(r, "cannot give its file '%s' to another owner:", failed);
		free(failed);
		close(root);
		return -1;
	}
	/* Where the file is empty, systemd makes a new id at the next boot (machine-id(5)). */
	if (rootfs_read(root, "/etc/machine-id", &id, &len) == 0 && len > 0 &&
	    rootfs_replace(root, "/etc/machine-id", "", 0) < 0)
		status = record_fail(r, "cannot empty its /etc/machine-id:");
	free(id);
	/* It would take the id from here, where this is no link to the other. */
	dir = rootfs_at(root, "/var/lib/dbus", O_RDONLY | O_DIRECTORY, 0);
	if (dir >= 0 && fstatat(dir, "machine-id", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    unlinkat(dir, "machine-id", 0) < 0)
		status = record_fail(r, "cannot remove its /var/lib/dbus/machine-id:");
	if (dir >= 0)
		close(dir);
	close(root);
	return status;
}
