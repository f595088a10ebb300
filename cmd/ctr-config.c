/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes what a container runs and with which settings: environment, command and autostart into env.conf, raw
 * settings of LXC, tried out in liblxc before, into raw.conf. A running container takes them at its next
 * start.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctr-config/command.h"
#include "filter.h"
#include "handle.h"
#include "option.h"
#include "running.h"
#include "say.h"

#define USAGE "ctr-config [-uqv] [-j jobs] [-P lxcpath] [name [key=value ...] ...]"

static const char *const keys[] = { "command", "env", "config", "autostart", NULL };
static bool undo;

static void
write_env(FILE *out, const struct record *want, const struct container *c, const char *init)
{
	const struct fact *command = record_find(want, "command", NULL), *f = NULL;
	const char *start = record_get(want, "autostart");
	bool path = false;

	/* LXC takes off one pair of quotes around a value, and blanks at the ends of what has none. */
	while ((f = record_find(want, "env", f)) != NULL) {
		fprintf(out, "lxc.environment = \"%s=%s\"\n", f->field[0], f->field[1]);
		path = path || strcmp(f->field[0], "PATH") == 0;
	}
	if (command != NULL && !path)
		fputs("lxc.environment = PATH=" RUNNING_PATH "\n", out);
	if (command != NULL)
		command_write(out, c, command, init);
	if (start != NULL)
		fprintf(out, "lxc.start.auto = %d\n", strcmp(start, "true") == 0);
}

static void
write_raw(FILE *out, const struct record *want)
{
	const struct fact *f = NULL;

	while ((f = record_find(want, "config", f)) != NULL)
		fprintf(out, "%s = %s\n", f->field[0], f->field[1]);
}

/*
 * What liblxc says of one raw setting, as it will read it in raw.conf. SCRATCH is a container of no
 * directory.
 */
static int
try_setting(struct lxc_container *scratch, const struct container *c, struct record *r, const struct fact *f)
{
	int fd = memfd_create("raw.conf", MFD_CLOEXEC);
	char path[64], *why;
	bool taken;

	if (fd < 0 || dprintf(fd, "%s = %s\n", f->field[0], f->field[1]) < 0) {
		record_fail(r, "cannot try a setting:");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	taken = scratch->load_config(scratch, path);
	close(fd);
	if (taken)
		return 0;
	why = lxc_first_error(c);
	if (strncmp(why, "Failed to parse", 15) == 0)
		record_fail(r, "LXC does not take '%s = %s'", f->field[0], f->field[1]);
	else
		record_fail(r, "LXC does not take '%s = %s': %s", f->field[0], f->field[1], why);
	free(why);
	return -1;
}

static int
try_raw(const struct container *c, struct record *r, const struct record *want)
{
	struct lxc_container *scratch = handle_new("ctr-config");
	const struct fact *f = NULL;
	int status;

	status = handle_log(scratch, c, r);
	while (status == 0 && (f = record_find(want, "config", f)) != NULL)
		status = try_setting(scratch, c, r, f);
	lxc_container_put(scratch);
	return status;
}

/* What a running container was started with is asked of its monitor. BEFORE has the settings that were. */
static int
tell_pending(
    const struct container *c, struct record *r, const struct record *want, const struct record *before)
{
	const struct record *both[] = { want, before };
	struct lxc_container *lxc;
	const struct fact *f;
	int status = 0;
	size_t i;
	pid_t pid;

	lxc = handle_new(c->name);
	pid = lxc->init_pid(lxc);
	if (pid <= 0 || !running_changed(c->name, pid) || (status = handle_load(lxc, c, r)) < 0) {
		lxc_container_put(lxc);
		return status;
	}
	if (running_item_differs(lxc, "lxc.init.cmd"))
		record_pending(r, "command");
	if (running_item_differs(lxc, "lxc.environment"))
		record_pending(r, "env");
	for (i = 0; i < 2; i++)
		for (f = NULL; (f = record_find(both[i], "config", f)) != NULL;)
			if (running_item_differs(lxc, f->field[0]))
				record_pending(r, "config");
	lxc_container_put(lxc);
	return 0;
}

/* Of STORED, the facts that are this program's. */
static struct record *
own_facts(const struct record *stored)
{
	struct record *own = record_new(stored->name);
	const struct fact *f;
	size_t i;

	for (i = 0; keys[i] != NULL; i++)
		for (f = NULL; (f = record_find(stored, keys[i], f)) != NULL;)
			record_addv(own, f->key, f->field, f->n);
	return own;
}

/* 1 where FILE was changed to what TEXT holds, 0 where it was so, -1 after record_fail. */
static int
put(struct container *c, struct record *r, const char *file, const char *text)
{
	int changed = container_conf(c, file, text);

	if (changed < 0)
		record_fail(r, "cannot write '%s/ctr/%s':", c->dir, file);
	return changed;
}

static int
apply_want(struct container *c, struct record *r, const struct record *want, const struct record *before)
{
	static const char *const raw_key[] = { "config", NULL };
	const struct fact *command = record_find(want, "command", NULL);
	char *text[3] = { NULL };
	const char *init = NULL;
	int changed[4] = { 0 };
	FILE *out[3];
	size_t len[3], i;

	if (command != NULL && (init = command_init()) == NULL)
		return record_fail(
		    r, "cannot run a command: init.lxc.static is not on this host (package liblxc-common)");
	if (!record_equal(before, want, raw_key) && try_raw(c, r, want) < 0)
		return -1;
	for (i = 0; i < 3; i++)
		out[i] = xopen_memstream(&text[i], &len[i]);
	command_script(out[0], command);
	write_env(out[1], want, c, init);
	write_raw(out[2], want);
	for (i = 0; i < 3; i++)
		xfclose(out[i]);
	/* The script first: env.conf mounts it. */
	if (len[0] > 0)
		changed[0] = put(c, r, "command", text[0]);
	if (changed[0] >= 0 && len[0] > 0 && command_share(c, r) < 0)
		changed[0] = -1;
	if (changed[0] >= 0)
		changed[1] = put(c, r, "env.conf", text[1]);
	if (changed[1] >= 0)
		changed[2] = put(c, r, "raw.conf", text[2]);
	for (i = 0; i < 3; i++)
		free(text[i]);
	if (changed[0] < 0 || changed[1] < 0 || changed[2] < 0)
		return -1;
	changed[3] = container_store(c, want, keys);
	if (changed[3] < 0)
		return record_fail(r, "cannot store its record:");
	for (i = 0; keys[i] != NULL; i++) {
		const char *const key[] = { keys[i], NULL };

		if (!record_equal(before, want, key))
			record_did(r, "%s %s", record_find(want, keys[i], NULL) == NULL ? "removed" : "set",
			    keys[i]);
		else if (i == 0 && changed[0] + changed[1] + changed[2] > 0 && changed[3] == 0)
			record_did(r, "wrote its settings anew");
	}
	return tell_pending(c, r, want, before);
}

static int
bring(struct container *c, struct record *r, struct record *want)
{
	struct record *before = own_facts(c->stored);
	int status = apply_want(c, r, want, before);

	record_free(before);
	return status;
}

static int
configure(struct record *r)
{
	return container_apply(r, keys, undo, bring);
}

/* Its settings are written. Whether they wait for its next start is known to ctr-status. */
static bool
settled(struct record *r)
{
	struct record *env = undo ? NULL : container_settled(r, keys, "env.conf");
	struct record *raw = env == NULL ? NULL : container_settled(r, keys, "raw.conf");
	bool is = raw != NULL && command_shared(raw);

	record_free(env);
	record_free(raw);
	return is;
}

int
main(int argc, char **argv)
{
	struct filter f = { .apply = configure, .settled = settled };
	int o;

	say_begin(argv[0]);
	while ((o = option(argc, argv, "j:u", USAGE)) != -1)
		undo = true;
	f.ends = undo;
	return filter(&f, argc - optind, argv + optind);
}
