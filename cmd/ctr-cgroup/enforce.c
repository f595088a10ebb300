/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "enforce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/* A value to be written, and what was there before. */
struct change {
	struct limit limit;
	char *before;
	bool done;
};

/*
 * Writes all changes, or with BACK what was before. What the kernel refuses is tried again after the rest, as
 * memory.memsw.limit_in_bytes cannot be below memory.limit_in_bytes at any moment. Returns the first
 * change that could not be made, with errno, or a null pointer.
 */
static struct change *
write_all(const struct group *g, struct change *change, size_t n, bool back)
{
	struct change *failed;
	const char *value;
	bool progress;
	int why = 0;
	size_t i;

	do {
		failed = NULL;
		progress = false;
		for (i = 0; i < n; i++) {
			if (change[i].done != back)
				continue;
			value = back ? change[i].before : change[i].limit.value;
			if (group_write(g, &change[i].limit, value) == 0) {
				change[i].done = !back;
				progress = true;
			} else if (failed == NULL) {
				failed = &change[i];
				why = errno;
			}
		}
	} while (failed != NULL && progress);
	errno = why;
	return failed;
}

/* Adds what must be written so that L holds; AWAY where it limits nothing, which a missing file does too. */
static int
compare(const struct group *g, struct record *r, const struct limit *l, bool away, struct change **change, size_t *n)
{
	char *text, *before, *value;
	const char *near;

	/* Rules cannot be read back; a running container has them from its next start on. */
	if (limit_is_rule(l))
		return 0;
	text = group_read(g, l->key);
	if (text == NULL && away && (errno == ENOENT || errno == EINVAL))
		return 0;
	near = g->version == 1 ? l->form->near1 : l->form->near2;
	if (text == NULL && (errno == ENOENT || errno == EINVAL))
		return record_fail(r, "this host's kernel has no '%s' in control groups of version %d%s%s", l->key,
		    g->version, near == NULL ? "" : "; nearest is ", near == NULL ? "" : near);
	if (text == NULL)
		return record_fail(r, "cannot read '%s':", l->key);
	before = limit_current(l, text);
	free(text);
	value = l->value == NULL ? NULL : xstrdup(l->value);
	/* No limit of its own: what the group above has. */
	if (value == NULL && (text = group_read_above(g, l->key)) != NULL) {
		value = limit_current(l, text);
		free(text);
	}
	if (value == NULL || limit_holds(l, value, before)) {
		free(value);
		free(before);
		return 0;
	}
	*change = xrealloc(*change, *n + 1, sizeof(**change));
	(*change)[(*n)++] = (struct change){ .before = before,
		.limit = { .form = l->form,
		    .version = l->version,
		    .key = xstrdup(l->key),
		    .about = l->about == NULL ? NULL : xstrdup(l->about),
		    .value = value } };
	return 0;
}

/* Whether the kernel has what was written: some it takes in silence and drops. */
static int
verify(const struct group *g, struct record *r, const struct limit *l)
{
	char *text = group_read(g, l->key), *now = text == NULL ? NULL : limit_current(l, text);
	int status = 0;

	if (now == NULL)
		status = record_fail(r, "cannot read '%s':", l->key);
	else if (!limit_holds(l, l->value, now))
		status = record_fail(r, "the kernel keeps '%s' at '%s' and does not take '%s'", l->key, now, l->value);
	free(now);
	free(text);
	return status;
}

long
enforce(const struct group *g, struct record *r, const struct limit *limits, long n, const struct limit *old,
    long nold)
{
	struct change *change = NULL, *failed;
	struct limit *none;
	size_t count = 0, first, k;
	int status = 0, saved;
	char *text;
	long i;

	for (i = 0; i < nold && status == 0; i++)
		if (limits_find(limits, n, &old[i]) == NULL) {
			none = limit_none(&old[i]);
			status = compare(g, r, none, true, &change, &count);
			limits_free(none, 1);
		}
	first = count;
	for (i = 0; i < n && status == 0; i++)
		status = compare(g, r, &limits[i], false, &change, &count);
	if (status == 0 && (failed = write_all(g, change, count, false)) != NULL) {
		saved = errno;
		text = limit_text(&failed->limit);
		errno = saved;
		status = record_fail(r, "the kernel refuses '%s' for '%s':", text, failed->limit.key);
		free(text);
	}
	for (k = first; k < count && status == 0; k++)
		status = verify(g, r, &change[k].limit);
	if (status < 0 && write_all(g, change, count, true) != NULL)
		record_fail(r, "cannot give back its old limits:");
	for (k = 0; k < count; k++) {
		free(change[k].limit.key);
		free(change[k].limit.about);
		free(change[k].limit.value);
		free(change[k].before);
	}
	free(change);
	return status < 0 ? -1 : (long)count;
}
