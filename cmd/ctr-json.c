/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes records as JSON (RFC 8259), an object a line. A fact's key is the object's key; what a record may
 * have several times is an array, numbers are numbers, and a fact that is not there leaves no key.
 * ctr-json(1) has the list.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fact.h"
#include "filter.h"
#include "option.h"
#include "record.h"
#include "say.h"

#define USAGE "ctr-json [-qv] [name [key=value ...] ...]"

/*
 * What a fact becomes. SHAPE is a kind of value: s string, n number, b boolean, t true, w array of all
 * fields, p a published port; or an object's members, "NAME:KIND ...", of a field each, with the kinds *
 * (array of the fields that are left) and , (array of the field's parts). Of MANY, an array.
 */
static const struct shape {
	const char *key;
	bool many;
	const char *shape;
} shapes[] = {
	{ "lxcpath", false, "s" },
	{ "template", false, "name:s args:*" },
	{ "clone", false, "name:s options:*" },
	{ "idmap", false, "s" },
	{ "command", false, "w" },
	{ "port", true, "p" },
	{ "expose", true, "protocol:s port:s" },
	{ "volume", true, "host:s container:s options:," },
	{ "link", true, "name:s aliases:*" },
	{ "backlink", true, "s" },
	{ "forward", true, "name:s protocol:s address:s port:n to:n" },
	{ "after", true, "s" },
	{ "fqdn", false, "s" },
	{ "cgroup", true, "key:s value:s" },
	{ "env", true, "name:s value:s" },
	{ "config", true, "key:s value:s" },
	{ "autostart", false, "b" },
	{ "network", false, "s" },
	{ "isolate", false, "b" },
	{ "outbound", false, "b" },
	{ "mtu", false, "n" },
	{ "address", true, "s" },
	{ "dns", true, "s" },
	{ "mac", false, "s" },
	{ "veth", false, "s" },
	{ "ipv4", true, "s" },
	{ "ipv6", true, "s" },
	{ "mapped", false, "host:n count:n how:s" },
	{ "chosen", true, "p" },
	{ "orphan", false, "t" },
	{ "state", false, "s" },
	{ "pid", false, "n" },
	{ "published", true, "p" },
	{ "linked", true, "name:s aliases:*" },
	{ "backlinked", true, "name:s aliases:*" },
	{ "forwarded", true, "name:s protocol:s address:s port:n to:n" },
	{ "memory", false, "bytes:n limit:n" },
	{ "cpu", false, "n" },
	{ "pending", true, "s" },
	{ "did", true, "program:s message:s" },
	{ "error", true, "program:s message:s" },
};

enum {
	NSHAPE = sizeof(shapes) / sizeof(shapes[0]),
};

static int status = EXIT_DONE;

static void
write_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++)
		switch (*s) {
		case '"':
		case '\\':
			printf("\\%c", *s);
			break;
		case '\n':
			fputs("\\n", stdout);
			break;
		case '\t':
			fputs("\\t", stdout);
			break;
		default:
			/* Records have no other control characters but DEL, which JSON takes. */
			putchar(*s);
		}
	putchar('"');
}

/* Digits, with a point between: a number of JSON, without the sign and exponent that none here has. */
static bool
is_number(const char *s)
{
	const char *begin = s;

	while (isdigit((unsigned char)*s))
		s++;
	if (s == begin || s - begin > 20 || (*begin == '0' && s - begin > 1))
		return false;
	if (*s == '.' && isdigit((unsigned char)s[1]))
		for (s++; isdigit((unsigned char)*s);)
			s++;
	return *s == '\0';
}

static void
write_strings(char *const *field, size_t n)
{
	size_t i;

	putchar('[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			putchar(',');
		write_string(field[i]);
	}
	putchar(']');
}

/* FIELD as a number; what is none is told, since the types never change. */
static void
write_number(const struct record *r, const char *field)
{
	if (field != NULL && !is_number(field)) {
		say_error(r->name, "'%s' is no number", field);
		status = EXIT_UNUSABLE;
	}
	fputs(field == NULL || !is_number(field) ? "null" : field, stdout);
}

static void
write_port(const struct fact *f)
{
	struct ports host, ctr;

	/* The reader has checked them. */
	if (!ports_parse(f->field[3], &ctr))
		return;
	if (!ports_parse(f->field[2], &host)) /* it is 0, and CTR a single one */
		host = (struct ports){ 0, 0 };
	printf("{\"protocol\":\"%s\",\"address\":\"%s\",\"host\":%u,\"container\":%u,\"count\":%d}",
	    f->field[0], f->field[1], host.first, ctr.first, host.last - host.first + 1);
}

/* The parts of TEXT between commas. */
static void
write_parts(const char *text)
{
	char *copy = xstrdup(text), *word, *rest;
	const char *comma = "";

	putchar('[');
	for (word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
		fputs(comma, stdout);
		write_string(word);
		comma = ",";
	}
	putchar(']');
	free(copy);
}

static void
write_value(const struct record *r, const struct fact *f, size_t at, char kind)
{
	const char *field = at < f->n ? f->field[at] : NULL;

	if (kind == 'p')
		write_port(f);
	else if (kind == 'w' || kind == '*')
		write_strings(at < f->n ? f->field + at : NULL, at < f->n ? f->n - at : 0);
	else if (kind == 't')
		fputs("true", stdout);
	else if (kind == 'n')
		write_number(r, field);
	else if (kind == ',')
		write_parts(field == NULL ? "" : field);
	else if (kind == 'b')
		fputs(field, stdout);
	else
		write_string(field == NULL ? "" : field);
}

static void
write_fact(const struct record *r, const struct fact *f, const char *shape)
{
	const char *colon = strchr(shape, ':');
	size_t at;

	if (colon == NULL) {
		write_value(r, f, 0, *shape);
		return;
	}
	putchar('{');
	for (at = 0; colon != NULL; colon = strchr(shape, ':'), at++) {
		printf("%s\"%.*s\":", at == 0 ? "" : ",", (int)(colon - shape), shape);
		write_value(r, f, at, colon[1]);
		shape = colon + 2 + (colon[2] == ' ');
	}
	putchar('}');
}

/* The facts of one key of SHAPE. */
static void
write_key(const struct record *r, const struct shape *shape)
{
	const struct fact *f = record_find(r, shape->key, NULL);
	const char *comma = "";

	if (f == NULL)
		return;
	printf(",\"%s\":%s", shape->key, shape->many ? "[" : "");
	for (; f != NULL; f = shape->many ? record_find(r, shape->key, f) : NULL) {
		fputs(comma, stdout);
		write_fact(r, f, shape->shape);
		comma = ",";
	}
	if (shape->many)
		putchar(']');
}

/*
 * Facts that ctr-records(5) does not have, under a key of their own, that none of theirs may take another's
 * place.
 */
static void
write_others(const struct record *r)
{
	const char *before = ",\"other\":[";
	const struct fact *f;
	bool any = false;
	size_t i;

	for (f = r->fact; f < r->fact + r->nfact; f++) {
		for (i = 0; i < NSHAPE && strcmp(shapes[i].key, f->key) != 0;)
			i++;
		if (i < NSHAPE || strcmp(f->key, "project") == 0 || strcmp(f->key, "container") == 0)
			continue;
		printf("%s{\"key\":", any ? "," : before);
		write_string(f->key);
		fputs(",\"fields\":", stdout);
		write_strings(f->field, f->n);
		putchar('}');
		any = true;
	}
	if (any)
		putchar(']');
}

static void
write_record(const struct record *r)
{
	const struct fact *container = record_find(r, "container", NULL);
	size_t i;

	fputs("{\"name\":", stdout);
	write_string(r->name);
	printf(",\"kind\":\"%s\"", record_is_project(r) ? "project"
				   : container != NULL			   ? "container"
									   : "part");
	if (container != NULL) {
		fputs(",\"project\":", stdout);
		write_string(container->field[0]);
		fputs(",\"short\":", stdout);
		write_string(container->field[1]);
	}
	for (i = 0; i < NSHAPE; i++)
		write_key(r, &shapes[i]);
	write_others(r);
	fputs("}\n", stdout);
}

/* Writes R and frees it. Returns whether stdout took it. */
static bool
take(struct record *r)
{
	write_record(r);
	if (record_failed(r) && status == EXIT_DONE)
		status = EXIT_FAILED;
	record_free(r);
	/* At once, for who reads along. */
	return fflush(stdout) == 0;
}

int
main(int argc, char **argv)
{
	struct record **operands, *r;
	struct reader in;
	size_t n, i;
	int got;

	say_begin(argv[0]);
	if (option(argc, argv, "", USAGE) != -1)
		option_usage(USAGE);
	if (optind < argc) {
		n = record_operands(argc - optind, argv + optind, &operands);
		for (i = 0; i < n; i++)
			take(operands[i]);
		free(operands);
		return say_end(status);
	}
	reader_begin(&in, STDIN_FILENO, "stdin");
	while ((got = reader_next(&in, &r)) > 0)
		if (!take(r))
			break;
	reader_end(&in);
	return say_end(got < 0 ? EXIT_UNUSABLE : status);
}
