/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limit.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "say.h"
#include "translate.h"
#include "value.h"

int
limit_version(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC ? 2 : 1;
}

/*
 * In the order of the forms. Rules of devices stay in their own, of both forms: the kernel's later ones go
 * before earlier ones.
 */
static void
sort(struct limit_list *list)
{
	struct limit l;
	long i, k;

	for (i = 1; i < list->n; i++) {
		l = list->limit[i];
		for (k = i; k > 0 && list->limit[k - 1].form > l.form &&
			    !(limit_is_rule(&l) && limit_is_rule(&list->limit[k - 1]));
		     k--)
			list->limit[k] = list->limit[k - 1];
		list->limit[k] = l;
	}
}

/* What is wrong with the fact F, in the caller's to free, or a null pointer and the limit is in SAID. */
static char *
read_fact(const struct record *r, const struct fact *f, struct limit_list *said)
{
	const struct limit_form *form = form_find(f->field[0], f->field[1]);
	const char *no_limit = form_no_limit(f->field[0]);
	const struct fact *g = NULL;
	char *about, *value;

	if (no_limit != NULL)
		return xasprintf("'%s' is no limit; %s", f->field[0], no_limit);
	if (form == NULL)
		return xasprintf("there is no limit '%s' in control groups of either version", f->field[0]);
	value = value_parse(form, f->field[0], f->field[1], &about);
	if (value == NULL)
		return xasprintf("'%s' is no value of '%s'", f->field[1], f->field[0]);
	limit_list_add(said, form, form_said(form, f->field[0], 1) ? 1 : 2, f->field[0], about, value);
	free(about);
	while ((g = record_find(r, "cgroup", g)) != NULL && g != f)
		if (form->kind != RULE && limit_alias(g, f))
			return xasprintf("'%s' and '%s' say the same limit", g->field[0], f->field[0]);
	return NULL;
}

long
limits_make(const struct record *r, int version, struct limit **limits, char **error)
{
	struct limit_list said = { 0 }, to = { 0 };
	const struct fact *f = NULL;
	const struct limit *l;
	long i;

	*error = NULL;
	while (*error == NULL && (f = record_find(r, "cgroup", f)) != NULL)
		*error = read_fact(r, f, &said);
	for (i = 0; i < said.n && *error == NULL; i++) {
		l = &said.limit[i];
		if (form_said(l->form, l->key, version))
			limit_list_add(&to, l->form, version, l->key, l->about, xstrdup(l->value));
		else
			*error = translate(&said, l, version, &to);
	}
	limits_free(said.limit, said.n);
	if (*error != NULL) {
		limits_free(to.limit, to.n);
		return -1;
	}
	sort(&to);
	*limits = to.limit;
	return to.n;
}

void
limits_free(struct limit *limits, long n)
{
	long i;

	for (i = 0; i < n; i++) {
		free(limits[i].key);
		free(limits[i].about);
		free(limits[i].value);
	}
	free(limits);
}

/* The form of F, and what its line is about, in the caller's to free. */
static const struct limit_form *
fact_form(const struct fact *f, char **about)
{
	const struct limit_form *form = form_find(f->field[0], f->field[1]);

	*about = NULL;
	if (form != NULL)
		free(value_parse(form, f->field[0], f->field[1], about));
	return form;
}

bool
limit_alias(const struct fact *a, const struct fact *b)
{
	char *of, *to, *key;
	const struct limit_form *x = fact_form(a, &of), *y = fact_form(b, &to);
	int version = x != NULL && form_said(x, a->field[0], 1) ? 1 : 2;
	bool same = (of == NULL) == (to == NULL) && (of == NULL || strcmp(of, to) == 0);

	if (x == NULL || y == NULL) {
		same = strcmp(a->field[0], b->field[0]) == 0;
	} else if (x->kind == RULE || y->kind == RULE) {
		same = fact_equal(a, b);
	} else if (x == y) {
		/* Pages of one size. */
		key = form_key(y, version, b->field[0]);
		same = same && strcmp(key, a->field[0]) == 0;
		free(key);
	} else {
		same = same && x->family != ALONE && x->family == y->family && (x->v1 == NULL) != (y->v1 == NULL);
	}
	free(of);
	free(to);
	return same;
}

bool
limit_same(const struct limit *a, const struct limit *b)
{
	if (a->form != b->form || strcmp(a->key, b->key) != 0)
		return false;
	if (limit_is_rule(a))
		return strcmp(a->value, b->value) == 0;
	return a->about == NULL || b->about == NULL || strcmp(a->about, b->about) == 0;
}

const struct limit *
limits_find(const struct limit *limits, long n, const struct limit *l)
{
	long i;

	for (i = 0; i < n; i++)
		if (limit_same(&limits[i], l))
			return &limits[i];
	return NULL;
}

bool
limit_is_rule(const struct limit *l)
{
	return l->form->kind == RULE;
}

char *
limit_text(const struct limit *l)
{
	return l->about == NULL ? xstrdup(l->value) : xasprintf("%s %s", l->about, l->value);
}

struct limit *
limit_none(const struct limit *l)
{
	const char *none = l->version == 1 ? l->form->none1 : l->form->none2;
	struct limit_list list = { 0 };

	limit_list_add(&list, l->form, l->version, l->key, l->about, none == NULL ? NULL : xstrdup(none));
	return list.limit;
}

char *
limit_current(const struct limit *l, const char *text)
{
	size_t len, about = l->about == NULL ? 0 : strlen(l->about);
	const char *s = text, *blank;

	if (about > 0) {
		for (; *s != '\0'; s += len + (s[len] == '\n')) {
			len = strcspn(s, "\n");
			if (strncmp(s, l->about, about) == 0 && s[about] == ' ')
				return xstrndup(s + about + 1, len - about - 1);
		}
		/* What has no line has no limit. */
		return xstrdup(l->version == 1 ? l->form->none1 : l->form->none2);
	}
	len = strcspn(s, "\n");
	/* "oom_kill_disable 0", "default 100" */
	blank = memchr(s, ' ', len);
	if (blank != NULL && (l->form->kind == NUMBER || l->form->kind == WEIGHT)) {
		len -= (size_t)(blank + 1 - s);
		s = blank + 1;
	}
	return xstrndup(s, len);
}

bool
limit_holds(const struct limit *l, const char *value, const char *current)
{
	return value_holds(l->form, l->key, value, current);
}
