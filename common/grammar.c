/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fields are made of: ports, addresses, paths, names, words. Declared in fact.h. */
#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "say.h"

bool
one_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

bool
ports_parse(const char *text, struct ports *p)
{
	unsigned long n[2] = { 0, 0 };
	int i;

	for (i = 0; i < 2; i++) {
		if (!isdigit((unsigned char)*text) || *text == '0')
			return false;
		for (; isdigit((unsigned char)*text) && n[i] <= 65535; text++)
			n[i] = n[i] * 10 + (unsigned long)(*text - '0');
		if (n[i] > 65535)
			return false;
		if (i == 0 && *text == '\0')
			n[++i] = n[0];
		else if (i == 0 && *text++ != '-')
			return false;
	}
	p->first = (unsigned short)n[0];
	p->last = (unsigned short)n[1];
	return *text == '\0' && p->first <= p->last;
}

int
address_parse(const char *text, unsigned char *bytes)
{
	unsigned char buf[16];

	if (bytes == NULL)
		bytes = buf;
	if (inet_pton(AF_INET, text, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : 0;
}

bool
port_open(const struct fact *f)
{
	return strcmp(f->field[2], "0") == 0;
}

bool
path_valid(const char *path)
{
	const char *s;

	if (path[0] != '/' || !one_line(path) || strlen(path) >= PATH_MAX)
		return false;
	for (s = path; *s != '\0'; s++)
		if (s[0] == '/' && (s[1] == '/' ||
		    (s[1] == '.' && (s[2] == '\0' || s[2] == '/' || (s[2] == '.' && (s[3] == '\0' || s[3] == '/'))))))
			return false;
	return true;
}

bool
hostname_valid(const char *name)
{
	size_t len, total = strlen(name);

	if (total == 0 || total > 253)
		return false;
	for (;; name += len + 1) {
		len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
		if (len == 0 || len > 63 || name[0] == '-' || name[len - 1] == '-')
			return false;
		if (name[len] == '\0')
			return true;
		if (name[len] != '.')
			return false;
	}
}

bool
forward_text(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon != NULL && strchr(colon + 1, ':') != NULL;
}

const char *
network_shared(const char *network)
{
	return strncmp(network, "container:", 10) == 0 ? network + 10 : NULL;
}

bool
network_bridge(const char *network)
{
	return network != NULL && strcmp(network, "none") != 0 && strcmp(network, "host") != 0 &&
	       network_shared(network) == NULL;
}

/* The length of what a limit's value begins with and is about: of "8:0 " in "8:0 rbps=1048576". */
static size_t
line_about(const struct fact *f)
{
	const char *value = f->field[1];
	size_t n = strcspn(value, " ");

	if (strncmp(f->field[0], "devices.", 8) == 0)
		return strlen(value) + 1;
	/* "20000 100000" */
	if (value[n] == '\0' || strspn(value, "0123456789") == n || strncmp(value, "max ", 4) == 0 ||
	    strncmp(value, "default ", 8) == 0)
		return 0;
	return n + 1;
}

int
cgroup_order(const struct fact *a, const struct fact *b)
{
	int order = strcmp(a->field[0], b->field[0]);
	size_t n, m;

	if (order != 0)
		return order;
	n = line_about(a);
	m = line_about(b);
	if (n == 0 || m == 0)
		return (n > m) - (n < m);
	return strncmp(a->field[1], b->field[1], n < m ? n : m);
}

bool
volume_option(const struct fact *v, const char *option)
{
	size_t n = strlen(option), len;
	const char *s;

	for (s = v->field[2];; s += len + 1) {
		len = strcspn(s, ",");
		if (len == n && strncmp(s, option, n) == 0)
			return true;
		if (s[len] == '\0')
			return false;
	}
}

long
words_split(const char *text, char ***words)
{
	char *buf = xmalloc(strlen(text) + 1), **word = xrealloc(NULL, 1, sizeof(*word)), *to, quote;
	size_t n = 0;

	for (;;) {
		text += strspn(text, " \t");
		if (*text == '\0')
			break;
		to = buf;
		for (quote = '\0'; *text != '\0' && (quote != '\0' || strchr(" \t", *text) == NULL); text++) {
			if (quote == '\0' && (*text == '\'' || *text == '"'))
				quote = *text;
			else if (quote != '\0' && *text == quote)
				quote = '\0';
			else if (*text == '\\' && quote != '\'' && text[1] != '\0')
				*to++ = *++text;
			else
				*to++ = *text;
		}
		word = xrealloc(word, n + 2, sizeof(*word));
		word[n++] = xstrndup(buf, (size_t)(to - buf));
		if (quote != '\0') {
			words_free(word, n);
			free(buf);
			return -1;
		}
	}
	word[n] = NULL;
	free(buf);
	*words = word;
	return (long)n;
}

void
words_free(char **words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(words[i]);
	free(words);
}
