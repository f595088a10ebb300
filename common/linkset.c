/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linkset.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "fact.h"
#include "nft.h"
#include "say.h"

static const char *const sets[] = { "link4", "link6", "expose4", "expose6" };

static void
append(struct linkset *s, const char *set, char *text)
{
	s->element = xrealloc(s->element, s->n + 1, sizeof(*s->element));
	s->element[s->n++] = (struct linkset_element){ set, text };
}

/* The elements in what nft(8) lists of a set: between "elements = {" and "}", with commas and blanks between. */
static void
read_list(struct linkset *s, const char *set, char *list)
{
	char *text = strstr(list, "elements = {"), *next;
	size_t len;

	if (text == NULL)
		return;
	text += strlen("elements = {");
	text[strcspn(text, "}")] = '\0';
	for (; text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		text += strspn(text, " \t\n");
		for (len = strlen(text); len > 0 && strchr(" \t\n", text[len - 1]) != NULL; len--)
			continue;
		if (len > 0)
			append(s, set, xstrndup(text, len));
	}
}

int
linkset_read(struct linkset *s, char **error)
{
	char *command, *list;
	size_t i;
	int status = 0;

	*s = (struct linkset){ NULL, 0 };
	for (i = 0; status == 0 && i < sizeof(sets) / sizeof(sets[0]); i++) {
		command = xasprintf("list set inet ctr %s\n", sets[i]);
		list = nft_list(command, error);
		free(command);
		if (list != NULL) {
			read_list(s, sets[i], list);
		} else if (strstr(*error, "No such file or directory") != NULL) {
			free(*error);
			*error = NULL;
		} else {
			status = -1;
		}
		free(list);
	}
	if (status < 0)
		linkset_free(s);
	return status;
}

void
linkset_free(struct linkset *s)
{
	while (s->n > 0)
		free(s->element[--s->n].text);
	free(s->element);
	s->element = NULL;
}

/* At PORT of PROTO, or with PROTO of 0 at all. FROM and TO are addresses of one family, checked ones. */
static void
add(struct linkset *s, const char *from, const char *to, int proto, unsigned port)
{
	struct linkset_element e;

	e.set = sets[(proto != 0 ? 2 : 0) + (strchr(from, ':') != NULL)];
	e.text = proto == 0 ? xasprintf("%s . %s", from, to)
			    : xasprintf("%s . %s . %d . %u", from, to, proto, port);
	if (linkset_has(s, &e))
		free(e.text);
	else
		append(s, e.set, e.text);
}

static int
protocol(const char *name)
{
	if (strcmp(name, "tcp") == 0)
		return IPPROTO_TCP;
	return strcmp(name, "udp") == 0 ? IPPROTO_UDP : IPPROTO_SCTP;
}

void
linkset_link(struct linkset *s, const struct record *from, const struct record *to, const struct fact *link)
{
	static const char *const families[] = { "ipv4", "ipv6" };
	bool forward = strcmp(link->key, "forward") == 0;
	const struct fact *f = NULL;
	const char *a, *b;
	struct ports p;
	unsigned port;
	size_t i;

	for (i = 0; i < 2 && container_managed(from) && container_managed(to); i++) {
		a = record_get(from, families[i]);
		b = record_get(to, families[i]);
		if (a == NULL || b == NULL)
			continue;
		if (forward) {
			if (i == 0 && ports_parse(link->field[4], &p))
				add(s, a, b, protocol(link->field[1]), p.first);
			continue;
		}
		if (record_find(to, "expose", NULL) == NULL)
			add(s, a, b, 0, 0);
		while ((f = record_find(to, "expose", f)) != NULL)
			if (ports_parse(f->field[1], &p))
				for (port = p.first; port <= p.last; port++)
					add(s, a, b, protocol(f->field[0]), port);
	}
}

/* Whether the field of TEXT that begins at S is ADDRESS. */
static bool
field_is(const char *s, const char *address)
{
	size_t n = address == NULL ? 0 : strlen(address);

	return n > 0 && strncmp(s, address, n) == 0 && (s[n] == ' ' || s[n] == '\0');
}

bool
linkset_of(const struct linkset_element *e, const char *ipv4, const char *ipv6, bool to)
{
	const char *second = strstr(e->text, " . ");

	if (field_is(e->text, ipv4) || field_is(e->text, ipv6))
		return true;
	return to && second != NULL && (field_is(second + 3, ipv4) || field_is(second + 3, ipv6));
}

bool
linkset_has(const struct linkset *s, const struct linkset_element *e)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->element[i].set, e->set) == 0 && strcmp(s->element[i].text, e->text) == 0)
			return true;
	return false;
}

void
linkset_write(FILE *out, bool remove, const struct linkset_element *e)
{
	fprintf(out, "add element inet ctr %s { %s }\n", e->set, e->text);
	if (remove)
		fprintf(out, "delete element inet ctr %s { %s }\n", e->set, e->text);
}
