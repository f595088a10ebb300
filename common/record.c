/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fact.h"
#include "say.h"

bool
name_valid(const char *name)
{
	size_t i;

	if (!isalnum((unsigned char)name[0]))
		return false;
	for (i = 1; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_.-", name[i]) == NULL)
			return false;
	return i <= NAME_MAX_BYTES;
}

struct record *
record_new(const char *name)
{
	struct record *r = xmalloc(sizeof(*r));

	*r = (struct record){ .name = xstrdup(name) };
	return r;
}

struct record *
record_copy(const struct record *r)
{
	struct record *copy = record_new(r->name);
	size_t i;

	copy->line = r->line;
	for (i = 0; i < r->nfact; i++)
		record_addv(copy, r->fact[i].key, r->fact[i].field, r->fact[i].n);
	return copy;
}

/* One piece of memory holds a fact: the array, the key, the fields. */
static struct fact
fact_make(const char *key, char *const field[], size_t n)
{
	size_t len = strlen(key) + 1, size = (n + 1) * sizeof(*field) + len, i;
	struct fact f = { .n = n };
	char *at;

	for (i = 0; i < n; i++)
		size += strlen(field[i]) + 1;
	f.field = xmalloc(size);
	f.key = memcpy(&f.field[n + 1], key, len);
	at = f.key + len;
	for (i = 0; i < n; i++) {
		f.field[i] = at;
		at = stpcpy(at, field[i]) + 1;
	}
	f.field[n] = NULL;
	return f;
}

void
fact_set(struct fact *f, char *const field[], size_t n)
{
	struct fact new = fact_make(f->key, field, n);

	free(f->field);
	*f = new;
}

void
record_free(struct record *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->nfact; i++)
		free(r->fact[i].field);
	free(r->fact);
	free(r->name);
	free(r);
}

/* A place for one more fact, at the end or, with `ordered`, where the canonical order has it. */
static struct fact *
make_room(struct record *r, const char *key, bool ordered)
{
	size_t at = r->nfact;
	int order;

	/* Grown in powers of two; its capacity is not worth a member of the structure. */
	r->fact = xgrow(r->fact, r->nfact, sizeof(*r->fact));
	if (ordered) {
		order = fact_order(key);
		while (at > 0 && fact_order(r->fact[at - 1].key) > order)
			at--;
		memmove(&r->fact[at + 1], &r->fact[at], (r->nfact - at) * sizeof(*r->fact));
	}
	r->nfact++;
	return &r->fact[at];
}

void
record_addv(struct record *r, const char *key, char *const field[], size_t n)
{
	/* Before room is made: KEY and FIELD may be of a fact of R. */
	struct fact f = fact_make(key, field, n);

	*make_room(r, f.key, true) = f;
}

void
record_add(struct record *r, const char *key, ...)
{
	char *field[16];
	size_t n = 0;
	va_list args;

	va_start(args, key);
	while (n < sizeof(field) / sizeof(field[0]) && (field[n] = va_arg(args, char *)) != NULL)
		n++;
	va_end(args);
	record_addv(r, key, field, n);
}

struct fact *
record_find(const struct record *r, const char *key, const struct fact *after)
{
	struct fact *f = after == NULL ? r->fact : r->fact + (after - r->fact) + 1;

	for (; f < r->fact + r->nfact; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	return NULL;
}

const char *
record_get(const struct record *r, const char *key)
{
	const struct fact *f = record_find(r, key, NULL);

	return f == NULL || f->n == 0 ? NULL : f->field[0];
}

bool
record_is_project(const struct record *r)
{
	return record_find(r, "project", NULL) != NULL;
}

bool
record_has(const struct record *r, const char *key, const char *first)
{
	const struct fact *f = NULL;

	while ((f = record_find(r, key, f)) != NULL)
		if (f->n > 0 && strcmp(f->field[0], first) == 0)
			return true;
	return false;
}

bool
record_has_fact(const struct record *r, const struct fact *fact)
{
	const struct fact *f = NULL;

	while ((f = record_find(r, fact->key, f)) != NULL)
		if (fact_equal(f, fact))
			return true;
	return false;
}

void
record_drop_fact(struct record *r, struct fact *f)
{
	size_t at = (size_t)(f - r->fact);

	free(f->field);
	memmove(f, f + 1, (r->nfact - at - 1) * sizeof(*f));
	r->nfact--;
	/* make_room reckons the capacity from the number: keep it true. */
	if (r->nfact > 0 && (r->nfact & (r->nfact - 1)) == 0)
		r->fact = xrealloc(r->fact, r->nfact, sizeof(*r->fact));
}

void
record_drop(struct record *r, const char *key)
{
	struct fact *f;

	while ((f = record_find(r, key, NULL)) != NULL)
		record_drop_fact(r, f);
}

bool
record_whole(const struct record *r)
{
	return record_find(r, "container", NULL) != NULL;
}

bool
fact_equal(const struct fact *a, const struct fact *b)
{
	size_t i;

	if (strcmp(a->key, b->key) != 0 || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->field[i], b->field[i]) != 0)
			return false;
	return true;
}

bool
record_equal(const struct record *a, const struct record *b, const char *const keys[])
{
	const struct fact *fa, *fb;

	for (; *keys != NULL; keys++) {
		fa = record_find(a, *keys, NULL);
		fb = record_find(b, *keys, NULL);
		while (fa != NULL && fb != NULL && fact_equal(fa, fb)) {
			fa = record_find(a, *keys, fa);
			fb = record_find(b, *keys, fb);
		}
		if (fa != NULL || fb != NULL)
			return false;
	}
	return true;
}

int
record_fail(struct record *r, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = say_text(format, args);
	va_end(args);
	say_error(r->name, "%s", text);
	record_add(r, "error", say_program, text, NULL);
	free(text);
	return -1;
}

void
record_did(struct record *r, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = say_text(format, args);
	va_end(args);
	say_note(r->name, "%s", text);
	record_add(r, "did", say_program, text, NULL);
	free(text);
}

void
record_pending(struct record *r, const char *key)
{
	if (!record_has(r, "pending", key))
		record_add(r, "pending", key, NULL);
}

/* There is one thread, and a byte at a time without the locks of stdio is most of the speed. */
static void
write_field(FILE *out, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '\t':
			fputs_unlocked("\\t", out);
			break;
		case '\n':
			fputs_unlocked("\\n", out);
			break;
		case '\\':
			fputs_unlocked("\\\\", out);
			break;
		default:
			/* A message may quote what a stream must not have. */
			putc_unlocked((unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s, out);
		}
}

void
record_write(FILE *out, const struct record *r)
{
	size_t i, k;

	for (i = 0; i < r->nfact; i++) {
		fputs_unlocked(r->name, out);
		putc_unlocked('\t', out);
		fputs_unlocked(r->fact[i].key, out);
		for (k = 0; k < r->fact[i].n; k++) {
			putc_unlocked('\t', out);
			write_field(out, r->fact[i].field[k]);
		}
		putc_unlocked('\n', out);
	}
	/* A record of no facts is still a record: its name alone stands on a line. */
	if (r->nfact == 0)
		fprintf(out, "%s\n", r->name);
	putc_unlocked('\n', out);
}

void
reader_begin(struct reader *in, int fd, const char *what)
{
	*in = (struct reader){ .fd = fd, .what = what };
}

void
reader_end(struct reader *in)
{
	free(in->buf);
	record_free(in->open);
	reader_begin(in, -1, in->what);
}

int
reader_fill(struct reader *in)
{
	ssize_t n;

	if (in->pos > 0) {
		memmove(in->buf, in->buf + in->pos, in->len - in->pos);
		in->len -= in->pos;
		in->pos = 0;
	}
	if (in->len == in->cap) {
		in->cap = in->cap == 0 ? 65536 : in->cap * 2;
		in->buf = xrealloc(in->buf, in->cap, 1);
	}
	do {
		n = read(in->fd, in->buf + in->len, in->cap - in->len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	if (n == 0)
		in->eof = true;
	in->len += (size_t)n;
	return 1;
}

/* The length of the UTF-8 sequence at S (RFC 3629: no overlong forms, no surrogates), 0 where it is none. */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return n >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		if (n < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[0] == 0xe0 && s[1] < 0xa0) ||
		    (s[0] == 0xed && s[1] > 0x9f))
			return 0;
		return 3;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		if (n < 4 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80 ||
		    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

const char *
text_check(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;
	size_t len;

	for (; p < end; p += len) {
		len = utf8_length(p, (size_t)(end - p));
		if (len == 0)
			return "it is not UTF-8";
		if (*p == '\0')
			return "it has a NUL";
		if ((*p < ' ' && *p != '\t') || *p == 0x7f)
			return "it has a control character";
	}
	return NULL;
}

/* Undoes the escapes of the field S in place. */
static const char *
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 't')
			*to++ = '\t';
		else if (*s == 'n')
			*to++ = '\n';
		else if (*s == '\\')
			*to++ = '\\';
		else
			return "a backslash is followed by neither t, n nor \\";
	}
	*to = '\0';
	return NULL;
}

/* Splits LINE, which is written over, into the fact *F; the name stays at its start. */
static const char *
split_line(char *line, struct fact *f)
{
	const char *bad = NULL;
	char *tab = strchr(line, '\t'), *s;
	size_t n = 0;

	*f = (struct fact){ 0 };
	if (tab == NULL)
		return NULL;
	*tab++ = '\0';
	for (s = tab; (s = strchr(s, '\t')) != NULL; s++)
		n++;
	/* As in fact_make. */
	f->field = xmalloc((n + 1) * sizeof(*f->field) + strlen(tab) + 1);
	f->key = memcpy(&f->field[n + 1], tab, strlen(tab) + 1);
	for (s = f->key; (s = strchr(s, '\t')) != NULL;) {
		*s++ = '\0';
		f->field[f->n++] = s;
	}
	f->field[f->n] = NULL;
	for (n = 0; n < f->n && bad == NULL; n++)
		bad = unescape(f->field[n]);
	if (bad == NULL && f->key[strspn(f->key, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		bad = "the key has other characters than a to z, 0 to 9 and -";
	else if (bad == NULL && f->key[0] == '\0')
		bad = "it has no key";
	return bad == NULL ? fact_check(f) : bad;
}

/* The name of a container says its project, so that what a record claims can be held against it. */
static const char *
check_kind(const char *name, const struct fact *f)
{
	size_t n;

	if (strcmp(f->key, "container") != 0)
		return NULL;
	n = strlen(f->field[0]);
	if (strncmp(name, f->field[0], n) == 0 && name[n] == '_' && strcmp(name + n + 1, f->field[1]) == 0)
		return NULL;
	return "the record's name is not PROJECT_NAME of its fact 'container'";
}

/*
 * Takes one LINE without its newline. *DONE gets a record that it ended. A null pointer, or what is wrong with it.
 */
static const char *
take_line(struct reader *in, char *line, struct record **done)
{
	const char *bad;
	struct fact f;

	if (line[0] == '#')
		return NULL;
	if (line[0] == '\0') {
		*done = in->open;
		in->open = NULL;
		return NULL;
	}
	bad = split_line(line, &f);
	if (bad == NULL && !name_valid(line))
		bad = "the name is not of letters, digits, '_', '.' and '-', 63 at most";
	if (bad == NULL && f.key != NULL)
		bad = check_kind(line, &f);
	if (bad == NULL && f.key != NULL && in->open != NULL && strcmp(in->open->name, line) == 0 &&
	    fact_single(f.key) && record_find(in->open, f.key, NULL) != NULL)
		bad = "this key may stand in a record only once";
	if (bad != NULL) {
		free(f.field);
		return bad;
	}
	if (in->open != NULL && strcmp(in->open->name, line) != 0) {
		*done = in->open;
		in->open = NULL;
	}
	if (in->open == NULL) {
		in->open = record_new(line);
		in->open->line = in->line;
	}
	/* As it came, not in canonical order: sort(1) may have been at work, and what is unknown has no place. */
	if (f.key != NULL)
		*make_room(in->open, f.key, false) = f;
	return NULL;
}

int
reader_take(struct reader *in, struct record **r)
{
	const char *bad = NULL;
	char *start, *newline;
	size_t n;

	*r = NULL;
	while (*r == NULL) {
		if (in->pos == in->len && in->eof) {
			*r = in->open;
			in->open = NULL;
			return *r != NULL;
		}
		start = in->buf + in->pos;
		newline = in->len == in->pos ? NULL : memchr(start, '\n', in->len - in->pos);
		n = newline == NULL ? in->len - in->pos : (size_t)(newline - start);
		if (n <= LINE_MAX_BYTES && newline == NULL && !in->eof)
			return 0;
		in->line++;
		if (n > LINE_MAX_BYTES)
			bad = "it is longer than 262144 bytes";
		else if (newline == NULL)
			bad = "the input ends in the middle of it";
		else
			bad = text_check(start, n);
		if (bad == NULL) {
			*newline = '\0';
			bad = take_line(in, start, r);
		}
		if (bad != NULL) {
			say_error(NULL, "%s: line %lu: %s", in->what, in->line, bad);
			record_free(in->open);
			in->open = NULL;
			return -1;
		}
		in->pos += n + 1;
	}
	return 1;
}

int
reader_next(struct reader *in, struct record **r)
{
	int got;

	while ((got = reader_take(in, r)) == 0 && !in->eof)
		if (reader_fill(in) < 0) {
			say_error(NULL, "cannot read %s:", in->what);
			return -1;
		}
	return got;
}

struct record *
record_read_file(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct record *r = NULL;
	struct reader in;

	if (fd < 0)
		return NULL;
	reader_begin(&in, fd, path);
	if (reader_next(&in, &r) <= 0)
		r = NULL;
	reader_end(&in);
	close(fd);
	if (r == NULL)
		errno = EBADMSG;
	return r;
}

size_t
record_operands(int argc, char **argv, struct record ***records)
{
	struct record **list = NULL, *r = NULL;
	const char *bad;
	char *equals, *key;
	size_t n = 0;
	int i;

	for (i = 0; i < argc; i++) {
		equals = strchr(argv[i], '=');
		if (text_check(argv[i], strlen(argv[i])) != NULL)
			die(EXIT_UNUSABLE, "operand '%s': it has a control character or is not UTF-8", argv[i]);
		if (equals == NULL) {
			if (!name_valid(argv[i]))
				die(EXIT_UNUSABLE, "'%s' is no name of a container", argv[i]);
			list = xrealloc(list, n + 1, sizeof(*list));
			r = list[n++] = record_new(argv[i]);
			continue;
		}
		if (r == NULL)
			die(EXIT_UNUSABLE, "operand '%s' stands before any name of a container", argv[i]);
		key = xstrndup(argv[i], (size_t)(equals - argv[i]));
		if (fact_single(key) && record_find(r, key, NULL) != NULL)
			bad = "this key may stand in a record only once";
		else
			bad = fact_short(r, key, equals + 1);
		if (bad == NULL && strcmp(key, "container") == 0)
			bad = check_kind(r->name, record_find(r, key, NULL));
		if (bad != NULL)
			die(EXIT_UNUSABLE, "%s: operand '%s': %s", r->name, argv[i], bad);
		free(key);
	}
	*records = list;
	return n;
}
