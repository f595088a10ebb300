/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "short.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fact.h"
#include "say.h"

/* TEXT as the only field. */
const char *
short_field(struct record *r, const char *key, char *text)
{
	record_add(r, key, text, NULL);
	return NULL;
}

const char *
short_words(struct record *r, const char *key, char *text)
{
	char **word;
	long n = words_split(text, &word);

	if (n < 0)
		return "a quote is not closed";
	if (n == 0) {
		words_free(word, 0);
		return "there is no word in it";
	}
	record_addv(r, key, word, (size_t)n);
	words_free(word, (size_t)n);
	return NULL;
}

/* NAME[:WORD,WORD...] */
const char *
short_name_list(struct record *r, const char *key, char *text)
{
	char *field[32], *s = strchr(text, ':');
	size_t n = 0;

	field[n++] = text;
	while (s != NULL) {
		if (n == sizeof(field) / sizeof(field[0]))
			return "it has more than 31 words after the name";
		*s++ = '\0';
		field[n++] = s;
		s = strchr(s, ',');
	}
	record_addv(r, key, field, n);
	return NULL;
}

const char *
short_link(struct record *r, const char *key, char *text)
{
	if (forward_text(text))
		return "it is not NAME[:ALIAS,...]; what leads from a local port to another's is a forward";
	return short_name_list(r, key, text);
}

/* [ADDRESS:]PORT:NAME:PORT[/PROTOCOL] */
const char *
short_forward(struct record *r, const char *key, char *text)
{
	char *proto = strchr(text, '/'), *part[4], *colon;
	size_t n = 0, at;

	if (proto != NULL)
		*proto++ = '\0';
	for (part[n++] = text; (colon = strchr(part[n - 1], ':')) != NULL && n < 4; n++) {
		*colon = '\0';
		part[n] = colon + 1;
	}
	if (n < 3 || colon != NULL)
		return "it is not [ADDRESS:]PORT:NAME:PORT[/PROTOCOL]";
	at = n - 3;
	record_add(r, key, part[at + 1], proto == NULL ? "tcp" : proto, at == 0 ? "127.0.0.1" : part[0], part[at],
	    part[at + 2], NULL);
	return NULL;
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		s[n - 1] = '\0';
	return s;
}

/* KEY=VALUE, blanks around the = dropped, split at the first = */
const char *
short_setting(struct record *r, const char *key, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return "it is not KEY=VALUE";
	*equals = '\0';
	record_add(r, key, trim(text), trim(equals + 1), NULL);
	return NULL;
}

/* A variable's value is its user's: its blanks are kept. */
const char *
short_env(struct record *r, const char *key, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return "it is not NAME=VALUE";
	*equals = '\0';
	record_add(r, key, text, equals + 1, NULL);
	return NULL;
}

/* PROJECT:SHORT */
const char *
short_container(struct record *r, const char *key, char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return "it is not PROJECT:NAME";
	*colon = '\0';
	record_add(r, key, text, colon + 1, NULL);
	return NULL;
}

/* [ADDR:][HOST]:CTR[/PROTO], an IPv6 ADDR in brackets; no HOST is any, as 0 is */
const char *
short_port(struct record *r, const char *key, char *text)
{
	static const char *const wrong = "it is not [ADDRESS:][HOST]:CONTAINER[/PROTOCOL]";
	char *proto = strchr(text, '/'), *addr = NULL, *host = text, *colon;

	if (proto != NULL)
		*proto++ = '\0';
	if (*text == '[') {
		addr = text + 1;
		host = strchr(addr, ']');
		if (host == NULL || host[1] != ':')
			return wrong;
		*host = '\0';
		host += 2;
		if (address_parse(addr, NULL) != AF_INET6)
			return "the address in brackets is not IPv6";
	} else if ((colon = strchr(text, ':')) != NULL && strchr(colon + 1, ':') != NULL) {
		addr = text;
		*colon = '\0';
		host = colon + 1;
		if (address_parse(addr, NULL) != AF_INET)
			return "the address is not IPv4 (IPv6 ones stand in brackets)";
	}
	colon = strchr(host, ':');
	if (colon == NULL)
		return wrong;
	*colon = '\0';
	record_add(r, key, proto == NULL ? "tcp" : proto, addr == NULL ? "*" : addr,
	    *host == '\0' ? "0" : host, colon + 1, NULL);
	return NULL;
}

/* PORT[/PROTO] */
const char *
short_expose(struct record *r, const char *key, char *text)
{
	char *proto = strchr(text, '/');

	if (proto != NULL)
		*proto++ = '\0';
	record_add(r, key, proto == NULL ? "tcp" : proto, text, NULL);
	return NULL;
}

/* HOST:CTR[:OPTION,...]; a slash at a path's end means nothing */
const char *
short_volume(struct record *r, const char *key, char *text)
{
	char *ctr = strchr(text, ':'), *options, *path[2];
	size_t len;
	int i;

	if (ctr == NULL)
		return "it is not HOST:CONTAINER[:OPTIONS]";
	*ctr++ = '\0';
	options = strchr(ctr, ':');
	if (options != NULL)
		*options++ = '\0';
	path[0] = text;
	path[1] = ctr;
	for (i = 0; i < 2; i++)
		for (len = strlen(path[i]); len > 1 && path[i][len - 1] == '/'; len--)
			path[i][len - 1] = '\0';
	record_add(r, key, text, ctr, options == NULL ? "rw" : options, NULL);
	return NULL;
}
