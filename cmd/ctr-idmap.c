/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives each container that declares it a block of the host's user and group ids of its own for life, so that its root
 * is nobody on the host: the block, out of those that are root's to give away (subid.h, idblock.h), stands in idmap.conf.
 * Its files keep the owners that it sees, where an idmapped mount can make them the block's; else they are given to
 * the block's ids (shift.h), and given back with -u. While that is going on, the record says so, and LXC cannot start it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "ctr-idmap/root.h"
#include "filter.h"
#include "idblock.h"
#include "idmap.h"
#include "lxc.h"
#include "option.h"
#include "say.h"
#include "shift.h"
#include "subid.h"

static const char usage[] = "ctr-idmap [-quv] [-j jobs] [-P lxcpath] [name [key=value ...] ...]";

enum {
	BLOCK = 65536, /* as many as a distribution has: its `nobody' is 65534 */
};

static const char *const declared[] = { "idmap", NULL };
static const char *const owned[] = { "idmap", "mapped", NULL };

static bool undo;

/* Whether M is what TEXT, the field of an `idmap` or a null pointer, asks for. */
static bool
fits(const struct idmap *m, const char *text)
{
	uint32_t host, count;

	if (text == NULL)
		return m->count == 0;
	if (strcmp(text, "auto") == 0)
		return m->count == BLOCK;
	return idmap_parse(text, &host, &count) && m->host == host && m->count == count;
}

/* What idmap.conf says for M, of the caller's to free. */
static char *
conf_text(const struct idmap *m)
{
	if (m->count == 0)
		return xstrdup("");
	if (m->how == IDMAP_HALF)
		return xstrdup("# the owners of its files are being changed, or that did not end: ctr-idmap(1)\n"
			       "lxc.hook.pre-start = /bin/false\n");
	return xasprintf("lxc.idmap = u 0 %u %u\nlxc.idmap = g 0 %u %u\n%s", (unsigned)m->host, (unsigned)m->count,
	    (unsigned)m->host, (unsigned)m->count,
	    m->how == IDMAP_MOUNT ? "lxc.rootfs.options = idmap=container\n" : "");
}

/* 1 where idmap.conf was changed to what it is for M, 0 where it was so, -1 after record_fail. */
static int
put_conf(struct container *c, struct record *r, const struct idmap *m)
{
	char *text = conf_text(m);
	const char *failed = "idmap.conf";
	int status = 0;

	if (!conf_written(c->name, failed, text)) {
		status = container_conf(c, failed, text);
		/* A container that was made before there was this file includes it from now on. */
		if (status >= 0 && conf_includes(c, NULL, &failed) < 0)
			status = -1;
	}
	if (status < 0)
		record_fail(r, "cannot write '%s/ctr/%s':", c->dir, failed);
	free(text);
	return status;
}

/* Stores M and the `idmap` TEXT, which may be a null pointer. As put_conf. */
static int
store(struct container *c, struct record *r, const struct idmap *m, const char *text)
{
	struct record *want = record_new(c->name);
	char number[2][16];
	int status;

	if (text != NULL)
		record_add(want, "idmap", text, NULL);
	if (m->count > 0) {
		snprintf(number[0], sizeof(number[0]), "%u", (unsigned)m->host);
		snprintf(number[1], sizeof(number[1]), "%u", (unsigned)m->count);
		record_add(want, "mapped", number[0], number[1], idmap_how[m->how], NULL);
	}
	status = container_store(c, want, owned);
	if (status < 0)
		record_fail(r, "cannot write '%s/ctr/record':", c->dir);
	record_free(want);
	return status;
}

/* Gives the files at ROOT to the ids of M, or with BACK to those that the container sees. */
static int
give(const struct container *c, struct record *r, int root, const struct idmap *m, bool back)
{
	struct shift s = { back ? m->host : 0, back ? 0 : m->host, m->count };
	char *failed;
	int status;

	say_note(c->name, "gives its files to the ids from %u on ...", (unsigned)s.to);
	status = shift_tree(root, s, &failed);
	if (status < 0)
		record_fail(r, "cannot give its file '%s' to another owner:", failed);
	free(failed);
	return status;
}

/* Takes away the block NOW, which the stored record has, and gives back the files. */
static int
take_away(struct container *c, struct record *r, struct idmap now)
{
	static const struct idmap none = { 0 };
	int root, status;

	if (now.how == IDMAP_MOUNT) {
		/* Before the record, without which the block is another's. */
		if (root_let_in(c, r, &none) < 0 || put_conf(c, r, &none) < 0 || store(c, r, &none, NULL) < 0)
			return -1;
	} else {
		root = root_open(c, r);
		if (root < 0)
			return -1;
		now.how = IDMAP_HALF;
		/* It cannot be started before anything is changed. */
		if (put_conf(c, r, &now) < 0 || store(c, r, &now, record_get(c->stored, "idmap")) < 0 ||
		    give(c, r, root, &now, true) < 0 || root_let_in(c, r, &none) < 0 || store(c, r, &none, NULL) < 0)
			status = -1;
		else
			status = put_conf(c, r, &none) < 0 ? -1 : 0;
		close(root);
		if (status < 0)
			return -1;
	}
	return idblock_release(c->dir) < 0 ? record_fail(r, "cannot give up its ids:") : 0;
}

/* A block that TEXT asks for, which nobody else has, into *M; B is open for it, until it is stored. */
static int
choose_block(struct idblocks *b, const struct container *c, struct record *r, const char *text, struct idmap *m)
{
	const struct idblock *other;
	const char *failed;
	struct subid *range;
	bool any;
	long n, i;
	int found;

	if (idblock_open(b) < 0)
		return record_fail(r, "cannot open the directory 'idmap' of CTR_STATE:");
	if (strcmp(text, "auto") == 0) {
		m->count = BLOCK;
		found = idblock_choose(b, c->dir, m->count, &m->host, &any, &failed);
		if (found < 0)
			return record_fail(r, "cannot read '%s':", failed);
		if (found == 0)
			return record_fail(r,
			    "idmap: %s of %d ids in the ranges that '%s' and '%s' both give to root; add one with: "
			    "echo root:%llu:%d | tee -a %s >>%s",
			    any ? "there is no more free block" : "there is no block", BLOCK, SUBID_UIDS, SUBID_GIDS,
			    (unsigned long long)subid_unused(), 100 * BLOCK, SUBID_UIDS, SUBID_GIDS);
	} else {
		idmap_parse(text, &m->host, &m->count);
		other = idblock_other(b, m->host, m->count, c->dir);
		if (other != NULL)
			return record_fail(r, "idmap: of the ids %s, '%s' has %u:%u", text, other->owner,
			    (unsigned)other->host, (unsigned)other->count);
		n = subid_both(&range, &failed);
		for (i = 0; i < n && (range[i].first > m->host || range[i].end < (uint64_t)m->host + m->count); i++)
			;
		if (n >= 0)
			free(range);
		if (n < 0)
			return record_fail(r, "cannot read '%s':", failed);
		if (i == n)
			return record_fail(r,
			    "idmap: the ids %s are not root's in '%s' and '%s'; where nobody has them, add them with: "
			    "echo root:%s | tee -a %s >>%s",
			    text, SUBID_UIDS, SUBID_GIDS, text, SUBID_UIDS, SUBID_GIDS);
	}
	return 0;
}

/* How the files of ROOT can get the owners of M. */
static int
choose_how(const struct container *c, struct record *r, int root, struct idmap *m)
{
	int space = idmap_space(m), can;

	if (space < 0)
		return record_fail(r, "cannot make a user namespace (is the sysctl user.max_user_namespaces 0?):");
	can = root_mountable(root);
	if (can > 0)
		can = idmap_mountable(root, space);
	close(space);
	if (can < 0)
		return record_fail(r, "cannot find out whether its root takes an idmapped mount:");
	m->how = can > 0 ? IDMAP_MOUNT : IDMAP_HALF;
	return can > 0 ? 0 : root_ready(c, r, m);
}

/* Gives it the block that TEXT asks for; it has none. NOW, not whole, is one whose files wait for the rest. */
static int
give_block(struct container *c, struct record *r, const char *text, struct idmap m)
{
	struct idblocks b = { .dir = -1, .lock = -1 };
	int root = root_open(c, r), status = root < 0 ? -1 : 0;

	if (status == 0 && m.count == 0 && (status = choose_block(&b, c, r, text, &m)) == 0) {
		status = choose_how(c, r, root, &m);
		if (status == 0 && idblock_take(&b, m.host, m.count, c->dir) < 0)
			status = record_fail(r, "cannot hold a block of ids:");
	}
	/* It cannot be started before anything is changed. */
	if (status == 0 && m.how == IDMAP_HALF && put_conf(c, r, &m) < 0)
		status = -1;
	/* Before the rest of idmap.conf: the record makes the block the container's. */
	if (status == 0 && store(c, r, &m, text) < 0)
		status = -1;
	idblock_close(&b);
	if (status == 0 && m.how == IDMAP_HALF) {
		status = give(c, r, root, &m, false);
		m.how = IDMAP_CHOWN;
		if (status == 0)
			status = store(c, r, &m, text);
	}
	if (status >= 0)
		status = root_let_in(c, r, &m) < 0 || put_conf(c, r, &m) < 0 ? -1 : 0;
	if (status == 0)
		record_did(r, "ids %u:%u%s", (unsigned)m.host, (unsigned)m.count,
		    m.how == IDMAP_CHOWN ? ", and its files are theirs" : "");
	if (root >= 0)
		close(root);
	return status;
}

/* Brings it to the block that TEXT asks for, a null pointer: to none. */
static int
bring(struct container *c, struct record *r, const char *text)
{
	struct idmap now = idmap_of(c->stored), next;
	struct idblocks b;
	int stored, conf, status = 0;

	if (fits(&now, text) && (now.count == 0 || now.how != IDMAP_HALF)) {
		stored = store(c, r, &now, text);
		conf = stored < 0 || root_let_in(c, r, &now) < 0 ? -1 : put_conf(c, r, &now);
		/* One that could not be given up before. */
		if (conf >= 0 && now.count == 0 && idblock_release(c->dir) < 0)
			conf = record_fail(r, "cannot give up its ids:");
		if (conf >= 0 && stored + conf > 0)
			record_did(r, "noted its ids");
		return conf < 0 ? -1 : 0;
	}
	if (lxc_running(c->name)) {
		say_warning(r->name, "it gets other ids only while it is stopped");
		record_pending(r, "idmap");
		return 0;
	}
	if (!fits(&now, text) && now.count > 0) {
		/* Where there is no other for it, it keeps its own. */
		if (text != NULL) {
			status = choose_block(&b, c, r, text, &next);
			idblock_close(&b);
		}
		if (status < 0 || take_away(c, r, now) < 0)
			return -1;
		now = (struct idmap){ 0 };
		if (text == NULL)
			record_did(r, "has the host's ids");
	}
	return text == NULL ? 0 : give_block(c, r, text, now);
}

/* Adds what it has. */
static void
show(struct record *r, const struct record *stored)
{
	const struct fact *f = record_find(stored, "mapped", NULL);

	record_drop(r, "mapped");
	if (f != NULL)
		record_addv(r, f->key, f->field, f->n);
}

static int
bring_wanted(struct container *c, struct record *r, struct record *want)
{
	int status = bring(c, r, record_get(want, "idmap"));

	if (status == 0)
		show(r, c->stored);
	return status;
}

static int
apply(struct record *r)
{
	return container_apply(r, declared, undo, bring_wanted);
}

/* It has the block that it declares, or declares none and has none. */
static bool
settled(struct record *r)
{
	struct record *stored = undo ? NULL : container_settled(r, declared, NULL);
	struct idmap now = idmap_of(stored);
	bool good = stored != NULL && fits(&now, record_get(r, "idmap")) && (now.count == 0 || now.how != IDMAP_HALF);
	char *text;

	if (good) {
		text = conf_text(&now);
		good = conf_written(r->name, "idmap.conf", text);
		free(text);
	}
	if (good)
		show(r, stored);
	record_free(stored);
	return good;
}

int
main(int argc, char **argv)
{
	struct filter f = { .apply = apply, .settled = settled };

	say_begin(argv[0]);
	while (option(argc, argv, "j:u", usage) != -1)
		undo = true;
	f.ends = undo;
	return filter(&f, argc - optind, argv + optind);
}
