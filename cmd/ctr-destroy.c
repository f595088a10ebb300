/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removes containers that ctrkit made. Links to one, its ports and its addresses are withdrawn first, by
 * the programs whose job that is; then a note says that it is not whole (unmake.h), and its directory goes,
 * without liblxc, which needs a configuration that can be loaded, and leaves what it cannot tell from
 * somebody else's when it is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "execute.h"
#include "filter.h"
#include "halt.h"
#include "handle.h"
#include "links.h"
#include "option.h"
#include "order.h"
#include "remove.h"
#include "say.h"
#include "snapshot.h"
#include "unmake.h"

#define USAGE "ctr-destroy [-kqv] [-j jobs] [-P lxcpath] [name ...]"

static bool kill_running;

/* Who links to what is removed, and is not itself removed. */
static struct link *links;
static size_t nlinks;

/* The names of all that is to be removed. */
static char **names;
static size_t nnames;

static int
read_all_records(struct record **records, size_t n)
{
	nlinks = links_from_others(records, n, &links);
	names = xrealloc(NULL, n, sizeof(*names));
	for (nnames = 0; nnames < n; nnames++)
		names[nnames] = xstrdup(records[nnames]->name);
	return 0;
}

/* Runs "PROGRAM -u" for the operands NAME and the N of FACT. Whether it succeeded. */
static bool
withdraw(const char *program, const char *name, char *const fact[], size_t n)
{
	const char *head[] = { program, say_level > 0 ? "-uv" : say_level < 0 ? "-uq" : "-u", "-P", container_path(), name };
	const char **argv = xrealloc(NULL, 6 + n, sizeof(*argv));
	bool good;
	size_t i;

	memcpy(argv, head, sizeof(head));
	for (i = 0; i < n; i++)
		argv[5 + i] = fact[i];
	argv[5 + n] = NULL;
	good = execute(argv) == 0;
	free(argv);
	return good;
}

/* The links of others to it, and its own names in others' files. */
static void
withdraw_links(const struct record *r)
{
	struct record *stored = container_record(r->name);
	bool known = stored != NULL || errno == ENOENT;
	char **fact = NULL;
	const struct fact *f = NULL;
	size_t i, k, n = 0;

	for (i = 0; i < nlinks; i++) {
		if (strcmp(links[i].to, r->name) != 0)
			continue;
		fact = xrealloc(fact, n + 1, sizeof(*fact));
		fact[n++] = links[i].operand;
		for (k = i + 1; k < nlinks && strcmp(links[k].to, r->name) != 0; k++)
			continue;
		if (k < nlinks && strcmp(links[k].from, links[i].from) == 0)
			continue;
		if (!withdraw("ctr-link", links[i].from, fact, n))
			say_warning(r->name, "the link of '%s' to it is not withdrawn", links[i].from);
		n = 0;
	}
	while (stored != NULL && (f = record_find(stored, "backlink", f)) != NULL) {
		for (k = 0; k < nnames && strcmp(names[k], f->field[0]) != 0; k++)
			continue;
		if (k == nnames) {
			fact = xrealloc(fact, n + 1, sizeof(*fact));
			fact[n++] = xasprintf("backlink=%s", f->field[0]);
		}
	}
	if (!known || (n > 0 && !withdraw("ctr-link", r->name, fact, n)))
		say_warning(r->name, "its names are not withdrawn from those that it has told them to");
	while (n > 0)
		free(fact[--n]);
	record_free(stored);
	free(fact);
}

/* Whether lxc-snapshot(1) has made any of it. */
static bool
has_snapshots(const struct container *c)
{
	char *path = xasprintf("%s/snaps", c->dir);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (dir != NULL)
		closedir(dir);
	free(path);
	return found;
}

/* All that speaks against the removal, before anything is undone. */
static int
check(struct record *r)
{
	struct container c;
	char *clone = NULL, *mounted = NULL;
	int status = 0, killed = 0;

	if (container_open(&c, r) < 0)
		return -1;
	if ((clone = snapshot_clone(&c)) != NULL)
		status = record_fail(
		    r, "'%s' is a snapshot clone of it and cannot be without it; remove that first", clone);
	else if (has_snapshots(&c))
		status = record_fail(
		    r, "it has snapshots in '%s/snaps'; remove them with 'lxc-snapshot -d'", c.dir);
	else if ((mounted = remove_mounted(c.dir)) != NULL)
		status = record_fail(r, "'%s' is mounted", mounted);
	else if (errno != 0)
		status = record_fail(r, "cannot find out what is mounted in '%s':", c.dir);
	else if (lxc_running(r->name) && !kill_running)
		status = record_fail(r, "it runs; stop it with 'ctr-stop %s', or kill it with -k", r->name);
	else if (lxc_running(r->name))
		status = (killed = halt(r, 0)) < 0 ? -1 : 0;
	if (killed == 1)
		record_did(r, "killed");
	free(mounted);
	free(clone);
	container_close(&c);
	return status;
}

/*
 * liblxc's part, where there is one: the hooks of the container's own configuration, and a root that is no
 * directory in LXCPATH/NAME but a volume of its own. A directory elsewhere is somebody else's.
 */
static int
destroy_by_lxc(const struct container *c, struct record *r)
{
	struct lxc_container *lxc = handle_new(r->name);
	char *root, *hooks, *why;
	bool volume;
	int status = 0;

	if (handle_log(lxc, c, r) < 0) {
		lxc_container_put(lxc);
		return -1;
	}
	if (!lxc->load_config(lxc, NULL)) {
		why = lxc_first_error(c);
		say_warning(
		    r->name, "'%s/config' cannot be loaded (%s): removed without its hooks", c->dir, why);
		free(why);
		lxc_container_put(lxc);
		return 0;
	}
	root = handle_item(lxc, "lxc.rootfs.path");
	hooks = handle_item(lxc, "lxc.hook.destroy");
	volume = (*root != '\0' && *root != '/' && strncmp(root, "dir:", 4) != 0 &&
		     strncmp(root, "overlay", 7) != 0) ||
		 strncmp(root, "/dev/", 5) == 0;
	if (volume || *hooks != '\0') {
		if ((!volume && !lxc->set_config_item(lxc, "lxc.rootfs.managed", "0")) ||
		    !lxc->destroy(lxc)) {
			why = lxc_first_error(c);
			status = record_fail(r,
			    volume ? "liblxc cannot remove its root: %s" : "its lxc.hook.destroy failed: %s",
			    why);
			free(why);
		}
	}
	free(root);
	free(hooks);
	lxc_container_put(lxc);
	return status;
}

static int
remove_whole(struct record *r)
{
	static const char *const withdrawn[] = { "port", "mac", "veth", "ipv4", "ipv6" };
	struct container c;
	int status = 0;
	size_t i;

	if (container_open(&c, r) < 0)
		return -1;
	/* The lock was free meanwhile, since those programs take it. */
	for (i = 0; i < sizeof(withdrawn) / sizeof(withdrawn[0]) && status == 0; i++)
		if (record_find(c.stored, withdrawn[i], NULL) != NULL)
			status = record_fail(
			    r, "somebody else gave it '%s' while it was being removed", withdrawn[i]);
	if (status == 0 && lxc_running(r->name))
		status = record_fail(r, "somebody else started it while it was being removed");
	if (status == 0)
		status = destroy_by_lxc(&c, r);
	if (status == 0 && unmake_begin(&c) < 0 && errno != ENOENT)
		status = record_fail(r, "cannot write to the directory 'create' of CTR_STATE:");
	if (status == 0)
		status = unmake(&c, r) < 0 ? -1 : 0;
	container_close(&c);
	return status;
}

/*
 * What a creation or removal left that did not end. 1 where there was something, 0 where not, -1 after
 * record_fail.
 */
static int
remove_rest(struct record *r)
{
	struct container c;
	int status;

	if (container_lock(&c, r) < 0)
		return -1;
	status = unmake(&c, r);
	container_close(&c);
	return status;
}

static int
destroy(struct record *r)
{
	char *file = state_name(r->name), *removal = xasprintf("%s.destroy", file);
	int rest = 0;
	bool whole;

	/* Two that remove one container wait for each other: this is held until the process ends. */
	if (state_lock(removal, LOCK_EX) < 0)
		return record_fail(r, "cannot lock its removal:");
	free(removal);
	free(file);
	if (container_making(r->name) && (rest = remove_rest(r)) < 0)
		return -1;
	whole = container_exists(r->name);
	if (whole && check(r) < 0)
		return -1;
	withdraw_links(r);
	/* The ports before the addresses: the next owner of these must not be reached by them. */
	if (!withdraw("ctr-ports", r->name, NULL, 0))
		return record_fail(r, "ctr-ports cannot withdraw its ports");
	if (!withdraw("ctr-addr", r->name, NULL, 0))
		return record_fail(r, "ctr-addr cannot free its addresses");
	if (whole && remove_whole(r) < 0)
		return -1;
	if (whole || rest > 0) {
		record_did(r, "removed");
		record_drop(r, "state");
		record_drop(r, "pid");
		record_add(r, "state", "absent", NULL);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct filter f = {
		.apply = destroy, .ends = true, .gather = true, .key = "clone", .all = read_all_records
	};
	int o, status;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "j:k", USAGE)) != -1)
		kill_running = kill_running || o == 'k';
	status = filter(&f, argc - optind, argv + optind);
	/* Once for all; where this program is killed before, the next one does it, or the name is of no consequence. */
	if (nnames > 0 && order_forget(names, nnames) < 0) {
		say_error(NULL, "cannot take the places of what was removed out of CTR_STATE:");
		return status == EXIT_DONE ? EXIT_FAILED : status;
	}
	return status;
}
