/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fact.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "idmap.h"
#include "say.h"

enum {
	ANY = UINT_MAX,
	WHOLE = 0, /* facts are about the same thing where they are equal */
};

#define F(n) (1u << (n)) /* field n is part of what the fact is about */

/* What is known of a key. */
struct form {
	const char *key;
	unsigned min, max; /* number of fields */
	bool single;	   /* once in a record at most */
	unsigned about;	   /* fields that two facts about the same thing share; WHOLE: all */
	const char *(*check)(char *const *field, size_t n);
	const char *(*parse)(struct record *r, const char *key, char *text);
};

static const char *
check_name(char *const *field, size_t n)
{
	(void)n;
	return name_valid(field[0]) ? NULL : "the name is not of letters, digits, '_', '.' and '-', 63 at most";
}

static const char *
check_container(char *const *field, size_t n)
{
	(void)n;
	if (!name_valid(field[0]) || !name_valid(field[1]))
		return "project and name are of letters, digits, '_', '.' and '-'";
	return NULL;
}

static const char *
check_clone(char *const *field, size_t n)
{
	size_t i;

	if (!name_valid(field[0]))
		return check_name(field, 1);
	for (i = 1; i < n; i++)
		if (strcmp(field[i], "snapshot") != 0 && strcmp(field[i], "backend=overlay") != 0 &&
		    strcmp(field[i], "backend=dir") != 0 && strcmp(field[i], "backend=btrfs") != 0 &&
		    strcmp(field[i], "backend=zfs") != 0 && strcmp(field[i], "backend=lvm") != 0)
			return "the options of a clone are snapshot and backend=overlay|dir|btrfs|zfs|lvm";
	return NULL;
}

/* The field is handed to programs and files as it is: a line feed would end a line there. */
static bool
one_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static const char *
check_words(char *const *field, size_t n)
{
	size_t i;

	if (field[0][0] == '\0')
		return "the first word is empty";
	for (i = 0; i < n; i++)
		if (!one_line(field[i]))
			return "a word has a control character";
	return NULL;
}

static const char *
check_template(char *const *field, size_t n)
{
	/* LXC takes a path too; the name alone must not look like an option to anybody. */
	if (field[0][0] == '-')
		return "the template's name begins with '-'";
	return check_words(field, n);
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

/* A port that is published: of the host too it is known. */
static const char *
check_published(char *const *field, size_t n)
{
	struct ports host, ctr;

	(void)n;
	if (strcmp(field[0], "tcp") != 0 && strcmp(field[0], "udp") != 0 && strcmp(field[0], "sctp") != 0)
		return "the protocol is none of tcp, udp and sctp";
	if (strcmp(field[1], "*") != 0 && address_parse(field[1], NULL) == 0)
		return "the address is neither IPv4 nor IPv6";
	if (!ports_parse(field[2], &host) || !ports_parse(field[3], &ctr))
		return "a port is a number from 1 to 65535, or a range of them such as 8000-8010";
	if (host.last - host.first != ctr.last - ctr.first)
		return "the two ranges of ports differ in length";
	return NULL;
}

static const char *
check_expose(char *const *field, size_t n)
{
	struct ports p;

	(void)n;
	if (strcmp(field[0], "tcp") != 0 && strcmp(field[0], "udp") != 0 && strcmp(field[0], "sctp") != 0)
		return "the protocol is none of tcp, udp and sctp";
	return ports_parse(field[1], &p) ? NULL : "a port is a number from 1 to 65535, or a range of them such as 8000-8010";
}

static const char *
check_port(char *const *field, size_t n)
{
	char *some[] = { field[0], field[1], "1", field[3], NULL };

	return check_published(strcmp(field[2], "0") == 0 ? some : field, n);
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

static const char *
check_volume(char *const *field, size_t n)
{
	const char *s = field[2];
	size_t len;
	bool ro = false, rw = false;

	(void)n;
	if (!path_valid(field[0]))
		return "the host's path is not absolute, or has '.', '..', '//' or a control character";
	if (!path_valid(field[1]) || strcmp(field[1], "/") == 0)
		return "the container's path is not absolute, is '/', or has '.', '..', '//' or a control character";
	for (;; s += len + 1) {
		len = strcspn(s, ",");
		if (len == 2 && strncmp(s, "ro", 2) == 0)
			ro = true;
		else if (len == 2 && strncmp(s, "rw", 2) == 0)
			rw = true;
		else if (len != 6 || strncmp(s, "nocopy", 6) != 0)
			return "the options of a volume are ro, rw and nocopy";
		if (s[len] == '\0')
			break;
	}
	return ro && rw ? "a volume is either ro or rw" : NULL;
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

static const char *
check_fqdn(char *const *field, size_t n)
{
	(void)n;
	return hostname_valid(field[0]) ? NULL
					: "a host name is of labels of letters, digits and '-', 63 at most each, "
					  "joined by dots";
}

static const char *
check_link(char *const *field, size_t n)
{
	size_t i;

	if (!name_valid(field[0]))
		return check_name(field, 1);
	for (i = 1; i < n; i++)
		if (!hostname_valid(field[i]) && !name_valid(field[i]))
			return "an alias is no host name";
	return NULL;
}

bool
forward_text(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon != NULL && strchr(colon + 1, ':') != NULL;
}

/* A port, and no range of them. */
static bool
one_port(const char *text)
{
	struct ports p;

	return strchr(text, '-') == NULL && ports_parse(text, &p);
}

static const char *
check_forward(char *const *field, size_t n)
{
	unsigned char a[16];

	if (!name_valid(field[0]))
		return check_name(field, n);
	if (strcmp(field[1], "tcp") != 0 && strcmp(field[1], "udp") != 0)
		return "the protocol is neither tcp nor udp";
	/* Its first and last are broadcast addresses (RFC 1122, 3.2.1.3), where nobody connects to. */
	if (address_parse(field[2], a) != AF_INET || a[0] != 127 || strcmp(field[2], "127.0.0.0") == 0 ||
	    strcmp(field[2], "127.255.255.255") == 0)
		return "the local address is none from 127.0.0.1 to 127.255.255.254";
	return one_port(field[3]) && one_port(field[4]) ? NULL : "a port is a number from 1 to 65535";
}

static const char *
check_cgroup(char *const *field, size_t n)
{
	(void)n;
	/* Capitals: hugetlb.2MB.max */
	if (field[0][0] == '\0' ||
	    field[0][strspn(field[0], "abcdefghijklmnopqrstuvwxyz0123456789_.BGKM")] != '\0' ||
	    strchr(field[0], '.') == NULL || field[0][0] == '.')
		return "a cgroup key is such as memory.max: a controller, a dot and a name";
	if (field[1][0] == '\0' || !one_line(field[1]))
		return "the value is empty or has a control character";
	return NULL;
}

static const char *
check_env(char *const *field, size_t n)
{
	(void)n;
	if (field[0][0] == '\0' || isdigit((unsigned char)field[0][0]) ||
	    field[0][strspn(field[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0')
		return "a variable's name is of letters, digits and '_', and begins with no digit";
	return one_line(field[1]) ? NULL : "the value has a control character";
}

static const char *
check_config(char *const *field, size_t n)
{
	(void)n;
	if (strncmp(field[0], "lxc.", 4) != 0 ||
	    field[0][strspn(field[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] != '\0')
		return "a setting is such as lxc.cap.drop: lxc., then letters, digits, '_', '-' and dots";
	return one_line(field[1]) ? NULL : "the value has a control character";
}

static const char *
check_bool(char *const *field, size_t n)
{
	(void)n;
	return strcmp(field[0], "true") == 0 || strcmp(field[0], "false") == 0 ? NULL : "it is neither true nor false";
}

static const char *
check_veth(char *const *field, size_t n)
{
	const char *s = field[0];

	(void)n;
	/* dev_valid_name() of the kernel; IFNAMSIZ counts the NUL. */
	if (*s == '\0' || strlen(s) > 15 || strcmp(s, ".") == 0 || strcmp(s, "..") == 0 || strpbrk(s, "/: ") != NULL ||
	    !one_line(s))
		return "it is neither none, host, container:NAME nor the name of a bridge, 15 bytes at most";
	return NULL;
}

const char *
network_shared(const char *network)
{
	return strncmp(network, "container:", 10) == 0 ? network + 10 : NULL;
}

bool
network_bridge(const char *network)
{
	return strcmp(network, "none") != 0 && strcmp(network, "host") != 0 && network_shared(network) == NULL;
}

static const char *
check_network(char *const *field, size_t n)
{
	const char *shared = network_shared(field[0]);

	if (shared == NULL)
		return check_veth(field, n);
	return name_valid(shared) ? NULL : "what follows container: is no container's name";
}

static const char *
check_mtu(char *const *field, size_t n)
{
	const char *s = field[0];
	size_t len = strlen(s);

	(void)n;
	/* RFC 8200, 5: no link of IPv6 has less. */
	if (len == 0 || len > 5 || s[0] == '0' || s[strspn(s, "0123456789")] != '\0' || strtoul(s, NULL, 10) < 1280 ||
	    strtoul(s, NULL, 10) > 65535)
		return "it is no number from 1280 to 65535";
	return NULL;
}

static const char *
check_address(char *const *field, size_t n)
{
	(void)n;
	return address_parse(field[0], NULL) != 0 ? NULL : "it is neither an IPv4 nor an IPv6 address";
}

static const char *
check_dns(char *const *field, size_t n)
{
	if (strcmp(field[0], "$bridge") == 0 || strcmp(field[0], "$copy") == 0)
		return NULL;
	return check_address(field, n) == NULL ? NULL : "it is neither an IPv4 nor an IPv6 address, $bridge nor $copy";
}

static const char *
check_family(char *const *field, int family)
{
	return address_parse(field[0], NULL) == family ? NULL : "it is no address of this family";
}

static const char *
check_ipv4(char *const *field, size_t n)
{
	(void)n;
	return check_family(field, AF_INET);
}

static const char *
check_ipv6(char *const *field, size_t n)
{
	(void)n;
	return check_family(field, AF_INET6);
}

static const char *
check_mac(char *const *field, size_t n)
{
	const char *s = field[0];
	int i;

	(void)n;
	for (i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
			return "it is no MAC address";
	return s[17] == '\0' ? NULL : "it is no MAC address";
}

static const char *
check_idmap(char *const *field, size_t n)
{
	uint32_t host, count;

	(void)n;
	if (strcmp(field[0], "auto") == 0 || idmap_parse(field[0], &host, &count))
		return NULL;
	return "it is neither auto nor HOST:COUNT, the host's first id, 1 or more, and how many";
}

static const char *
check_mapped(char *const *field, size_t n)
{
	char *text = xasprintf("%s:%s", field[0], field[1]);
	uint32_t host, count;
	bool good = idmap_parse(text, &host, &count);
	size_t i;

	(void)n;
	free(text);
	for (i = 0; good && idmap_how[i] != NULL; i++)
		if (strcmp(idmap_how[i], field[2]) == 0)
			return NULL;
	return "it is not the host's first id, a number of ids, and mount, chown or half";
}

static const char *
check_path(char *const *field, size_t n)
{
	(void)n;
	return path_valid(field[0]) ? NULL : "it is no absolute path";
}

/* TEXT as the only field. */
static const char *
parse_field(struct record *r, const char *key, char *text)
{
	record_add(r, key, text, NULL);
	return NULL;
}

static const char *
parse_words(struct record *r, const char *key, char *text)
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
static const char *
parse_name_list(struct record *r, const char *key, char *text)
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

static const char *
parse_link(struct record *r, const char *key, char *text)
{
	if (forward_text(text))
		return "it is not NAME[:ALIAS,...]; what leads from a local port to another's is a forward";
	return parse_name_list(r, key, text);
}

/* [ADDRESS:]PORT:NAME:PORT[/PROTOCOL] */
static const char *
parse_forward(struct record *r, const char *key, char *text)
{
	char *proto = strchr(text, '/'), *part[4], *s = text;
	size_t n = 0, at;

	if (proto != NULL)
		*proto++ = '\0';
	for (; s != NULL && n < 4; n++) {
		part[n] = s;
		s = strchr(s, ':');
		if (s != NULL)
			*s++ = '\0';
	}
	if (n < 3 || s != NULL)
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
static const char *
parse_setting(struct record *r, const char *key, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return "it is not KEY=VALUE";
	*equals = '\0';
	record_add(r, key, trim(text), trim(equals + 1), NULL);
	return NULL;
}

/* A variable's value is its user's: its blanks are kept. */
static const char *
parse_env(struct record *r, const char *key, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return "it is not NAME=VALUE";
	*equals = '\0';
	record_add(r, key, text, equals + 1, NULL);
	return NULL;
}

/* PROJECT:SHORT */
static const char *
parse_container(struct record *r, const char *key, char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return "it is not PROJECT:NAME";
	*colon = '\0';
	record_add(r, key, text, colon + 1, NULL);
	return NULL;
}

/* [ADDR:][HOST]:CTR[/PROTO], an IPv6 ADDR in brackets; no HOST is any, as 0 is */
static const char *
parse_port(struct record *r, const char *key, char *text)
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
static const char *
parse_expose(struct record *r, const char *key, char *text)
{
	char *proto = strchr(text, '/');

	if (proto != NULL)
		*proto++ = '\0';
	record_add(r, key, proto == NULL ? "tcp" : proto, text, NULL);
	return NULL;
}

/* HOST:CTR[:OPTION,...]; a slash at a path's end means nothing */
static const char *
parse_volume(struct record *r, const char *key, char *text)
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

/* In canonical order. Man page ctr-records(5) lists them with their meaning. */
static const struct form forms[] = {
	{ "project", 0, 0, true, WHOLE, NULL, NULL },
	{ "lxcpath", 1, 1, true, WHOLE, check_path, parse_field },
	{ "container", 2, 2, true, WHOLE, check_container, parse_container },
	{ "template", 1, ANY, true, WHOLE, check_template, parse_words },
	{ "clone", 1, ANY, true, WHOLE, check_clone, parse_name_list },
	{ "idmap", 1, 1, true, WHOLE, check_idmap, parse_field },
	{ "command", 1, ANY, true, WHOLE, check_words, parse_words },
	{ "port", 4, 4, false, F(0) | F(1) | F(2), check_port, parse_port },
	{ "expose", 2, 2, false, WHOLE, check_expose, parse_expose },
	{ "volume", 3, 3, false, F(1), check_volume, parse_volume },
	{ "link", 1, ANY, false, F(0), check_link, parse_link },
	{ "backlink", 1, 1, false, F(0), check_name, parse_field },
	{ "forward", 5, 5, false, F(1) | F(2) | F(3), check_forward, parse_forward },
	{ "after", 1, 1, false, F(0), check_name, parse_field },
	{ "fqdn", 1, 1, true, WHOLE, check_fqdn, parse_field },
	{ "cgroup", 2, 2, false, F(0), check_cgroup, parse_setting },
	{ "env", 2, 2, false, F(0), check_env, parse_env },
	{ "config", 2, 2, false, WHOLE, check_config, parse_setting },
	{ "autostart", 1, 1, true, WHOLE, check_bool, parse_field },
	{ "network", 1, 1, true, WHOLE, check_network, parse_field },
	{ "isolate", 1, 1, true, WHOLE, check_bool, parse_field },
	{ "outbound", 1, 1, true, WHOLE, check_bool, parse_field },
	{ "mtu", 1, 1, true, WHOLE, check_mtu, parse_field },
	{ "address", 1, 1, false, F(0), check_address, parse_field },
	{ "dns", 1, 1, false, F(0), check_dns, parse_field },
	/* Here stand the keys that are not known. */
	{ "mac", 1, 1, true, WHOLE, check_mac, NULL },
	{ "veth", 1, 1, true, WHOLE, check_veth, NULL },
	{ "ipv4", 1, 1, false, WHOLE, check_ipv4, NULL },
	{ "ipv6", 1, 1, false, WHOLE, check_ipv6, NULL },
	{ "mapped", 3, 3, true, WHOLE, check_mapped, NULL },
	{ "chosen", 4, 4, false, WHOLE, check_published, NULL },
	{ "orphan", 0, 0, true, WHOLE, NULL, NULL },
	{ "state", 1, 1, true, WHOLE, NULL, NULL },
	{ "pid", 1, 1, true, WHOLE, NULL, NULL },
	{ "published", 4, 4, false, WHOLE, check_published, NULL },
	{ "linked", 1, ANY, false, WHOLE, NULL, NULL },
	{ "backlinked", 1, ANY, false, WHOLE, NULL, NULL },
	{ "forwarded", 5, 5, false, WHOLE, check_forward, NULL },
	{ "memory", 1, 2, true, WHOLE, NULL, NULL },
	{ "cpu", 1, 1, true, WHOLE, NULL, NULL },
	{ "pending", 1, 1, false, WHOLE, NULL, NULL },
	{ "did", 2, 2, false, WHOLE, NULL, NULL },
	{ "error", 2, 2, false, WHOLE, NULL, NULL },
};

enum {
	NFORM = sizeof(forms) / sizeof(forms[0]),
	FIRST_LIVE = 25, /* "mac" */
};

static const struct form *
form_find(const char *key)
{
	size_t i;

	/* The first byte tells nearly all keys apart, so that this is some 30 compared bytes. */
	for (i = 0; i < NFORM; i++)
		if (forms[i].key[0] == key[0] && strcmp(forms[i].key, key) == 0)
			return &forms[i];
	return NULL;
}

int
fact_order(const char *key)
{
	const struct form *f = form_find(key);
	int i;

	if (f == NULL)
		return FIRST_LIVE;
	i = (int)(f - forms);
	return i < FIRST_LIVE ? i : i + 1;
}

bool
fact_single(const char *key)
{
	const struct form *f = form_find(key);

	return f != NULL && f->single;
}

const char *
fact_check(const struct fact *f)
{
	const struct form *form = form_find(f->key);

	if (form == NULL)
		return NULL;
	if (f->n < form->min)
		return "it has too few fields for its key";
	if (f->n > form->max)
		return "it has too many fields for its key";
	return form->check == NULL ? NULL : form->check(f->field, f->n);
}

const char *
fact_short(struct record *r, const char *key, const char *text)
{
	const struct form *form = form_find(key);
	size_t n = r->nfact, at;
	struct fact *f;
	const char *bad;
	char *copy, *host;

	if (form == NULL || form->parse == NULL)
		return "there is no such key";
	copy = xstrdup(text);
	bad = form->parse(r, key, copy);
	free(copy);
	if (bad != NULL)
		return bad;
	/* The last of its key is the new one. */
	for (at = n; strcmp(r->fact[at].key, key) != 0; at--)
		continue;
	f = &r->fact[at];
	/* A volume's relative host path becomes absolute later: check the rest. */
	if (strcmp(key, "volume") == 0 && f->field[0][0] != '/' && f->field[0][0] != '\0') {
		host = f->field[0];
		f->field[0] = (char *)"/";
		bad = one_line(host) ? fact_check(f) : "the host's path has a control character";
		f->field[0] = host;
	} else {
		bad = fact_check(f);
	}
	if (bad != NULL)
		record_drop_fact(r, f);
	return bad;
}

bool
fact_same(const struct fact *a, const struct fact *b)
{
	const struct form *form = form_find(a->key);
	size_t i;

	if (strcmp(a->key, b->key) != 0)
		return false;
	if (form != NULL && form->single)
		return true;
	if (form == NULL || form->about == WHOLE)
		return fact_equal(a, b);
	for (i = 0; i < a->n && i < b->n; i++)
		if ((form->about & F(i)) != 0 && strcmp(a->field[i], b->field[i]) != 0)
			return false;
	if (strcmp(a->key, "cgroup") == 0)
		return cgroup_order(a, b) == 0;
	/* Of those that leave the host's port open, it is the container's port that tells them apart. */
	return strcmp(a->key, "port") != 0 || !port_open(a) || strcmp(a->field[3], b->field[3]) == 0;
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
