/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "value.h"

#define MEMORY_LIMIT "memory.limit_in_bytes"

void
limit_list_add(struct limit_list *list, const struct limit_form *form, int version, const char *key,
    const char *about, char *value)
{
	list->limit = xrealloc(list->limit, (size_t)list->n + 1, sizeof(*list->limit));
	list->limit[list->n++] = (struct limit){ .form = form,
		.version = version,
		.key = form_key(form, version, key),
		.about = about == NULL ? NULL : xstrdup(about),
		.value = value };
}

/* Adds one of another form, whose KEY is of VERSION. */
static void
add_other(struct limit_list *list, int version, const char *key, const char *about, char *value)
{
	limit_list_add(list, form_get(key), version, key, about, value);
}

static const struct limit *
find(const struct limit_list *list, const char *key, const char *about)
{
	long i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->limit[i].key, key) == 0 &&
		    (about == NULL || strcmp(list->limit[i].about, about) == 0))
			return &list->limit[i];
	return NULL;
}

/* Version 2 counts swap alone, version 1 memory and swap together. */
static char *
translate_swap(const struct limit_list *said, const struct limit *l, int version, struct limit_list *to)
{
	const struct limit *memory = find(said, MEMORY_LIMIT, NULL);
	int64_t have, base, sum;

	/* Either key of the memory's own limit will do. */
	if (memory == NULL)
		memory = find(said, "memory.max", NULL);
	have = size_parse(l->value);
	base = memory == NULL ? UNLIMITED : size_parse(memory->value);
	if (have == UNLIMITED)
		sum = UNLIMITED;
	else if (base == UNLIMITED)
		return xasprintf("'%s' needs a limit '%s' beside it", l->key,
		    version == 1 ? "memory.max" : MEMORY_LIMIT);
	else if (version == 2 && have < base)
		return xasprintf("'%s' is less than the limit of memory alone", l->key);
	else if (version == 2)
		sum = have - base;
	else if (__builtin_add_overflow(base, have, &sum))
		sum = UNLIMITED;
	add_other(to, version, version == 2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes", NULL,
	    size_text(sum, version));
	return NULL;
}

static void
translate_cpu(const struct limit_list *said, const struct limit *l, int version, struct limit_list *to)
{
	const struct limit *quota, *period;
	const char *blank;

	if (version == 1) {
		blank = strchr(l->value, ' ');
		add_other(to, 1, "cpu.cfs_period_us", NULL, xstrdup(blank + 1));
		add_other(to, 1, "cpu.cfs_quota_us", NULL,
		    strncmp(l->value, "max", 3) == 0 ? xstrdup("-1")
						     : xstrndup(l->value, (size_t)(blank - l->value)));
	} else if (find(to, "cpu.max", NULL) == NULL) {
		quota = find(said, "cpu.cfs_quota_us", NULL);
		period = find(said, "cpu.cfs_period_us", NULL);
		add_other(to, 2, "cpu.max", NULL,
		    xasprintf("%s %s", quota == NULL || quota->value[0] == '-' ? "max" : quota->value,
			period == NULL ? "100000" : period->value));
	}
}

/* The words of io.max, in their order, and what they are in version 1. */
static void
translate_io(const struct limit_list *said, const struct limit *l, int version, struct limit_list *to)
{
	static const char *const rates[] = { "blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
		"blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device" };
	const struct limit *rate;
	const char *shown[4], *s = l->value;
	size_t i;

	if (version == 2 && find(to, "io.max", l->about) != NULL)
		return;
	for (i = 0; i < 4; i++)
		if (version == 1) {
			s = strchr(s, '=') + 1;
			if (strncmp(s, "max", 3) != 0)
				add_other(to, 1, rates[i], l->about, xstrndup(s, strcspn(s, " ")));
		} else {
			rate = find(said, rates[i], l->about);
			shown[i] = rate == NULL || strcmp(rate->value, "0") == 0 ? "max" : rate->value;
		}
	if (version == 2)
		add_other(to, 2, "io.max", l->about,
		    xasprintf("rbps=%s wbps=%s riops=%s wiops=%s", shown[0], shown[1], shown[2], shown[3]));
}

/*
 * A weight counts beside those of other groups, which have the usual one: so it keeps its ratio to that, as
 * for the kernel itself, in which cpu.weight 100 and cpu.shares 1024 are one (sched_weight_from_cgroup() in
 * kernel/sched/sched.h), and as systemd reckons (cgroup_cpu_shares_to_weight(), cgroup_weight_blkio_to_io() in
 * src/core/cgroup.c). runc and crun stretched the one range over the other, so that the usual shares were
 * weight 39; the curve that they took since through the three values least, usual and most agrees with
 * this at the usual one.
 */
static char *
translate_weight(const struct limit_form *form, const char *value, int version)
{
	long from = version == 2 ? form->usual : 100, to = version == 2 ? 100 : form->usual;
	long min = version == 2 ? 1 : form->min, max = version == 2 ? 10000 : form->max;
	long n = (strtol(value, NULL, 10) * to + from / 2) / from;

	return xasprintf("%ld", n < min ? min : n > max ? max : n);
}

/* The weights that nice values are, of cpu.shares too: sched_prio_to_weight in kernel/sched/core.c. */
static char *
translate_nice(const char *value)
{
	static const int weight[] = { 88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620,
		6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110,
		87, 70, 56, 45, 36, 29, 23, 18, 15 };

	return xasprintf("%d", weight[strtol(value, NULL, 10) + 20]);
}

char *
translate(const struct limit_list *said, const struct limit *l, int version, struct limit_list *to)
{
	const struct limit_form *form = l->form;
	const char *near = version == 1 ? form->near1 : form->near2;
	int64_t size;
	char *value;

	if (form->family == SWAP)
		return translate_swap(said, l, version, to);
	if (form->family == CPU) {
		translate_cpu(said, l, version, to);
		return NULL;
	}
	if (form->family == IO) {
		translate_io(said, l, version, to);
		return NULL;
	}
	if (form->family == SHARE && form->v1 == NULL) {
		add_other(to, 1, "cpu.shares", NULL, translate_nice(l->value));
		return NULL;
	}
	if ((version == 1 ? form->v1 : form->v2) == NULL)
		return xasprintf("'%s' has nothing like it in control groups of version %d; %s%s", l->key, version,
		    near == NULL ? "nothing comes near" : "nearest is ", near == NULL ? "" : near);
	if (form->kind == WEIGHT) {
		value = translate_weight(form, l->value, version);
	} else if (form->kind == SIZE) {
		size = size_parse(l->value);
		/* No soft limit is no protection, whose zero is not a limit of nothing. */
		if (strcmp(form->none2, "0") == 0 && size == (version == 1 ? 0 : UNLIMITED))
			value = xstrdup(version == 1 ? form->none1 : form->none2);
		else
			value = size_text(size, version);
	} else {
		value = xstrdup(l->value);
	}
	limit_list_add(to, form, version, l->key, l->about, value);
	return NULL;
}
