/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wrong.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "idmap.h"
#include "say.h"

const char *
wrong_name(char *const *field, size_t n)
{
	(void)n;
	return name_valid(field[0]) ? NULL : "the name is not of letters, digits, '_', '.' and '-', 63 at most";
}

const char *
wrong_container(char *const *field, size_t n)
{
	(void)n;
	if (!name_valid(field[0]) || !name_valid(field[1]))
		return "project and name are of letters, digits, '_', '.' and '-'";
	return NULL;
}

const char *
wrong_clone(char *const *field, size_t n)
{
	size_t i;

	if (!name_valid(field[0]))
		return wrong_name(field, 1);
	for (i = 1; i < n; i++)
		if (strcmp(field[i], "snapshot") != 0 && strcmp(field[i], "backend=overlay") != 0 &&
		    strcmp(field[i], "backend=dir") != 0 && strcmp(field[i], "backend=btrfs") != 0 &&
		    strcmp(field[i], "backend=zfs") != 0 && strcmp(field[i], "backend=lvm") != 0)
			return "the options of a clone are snapshot and backend=overlay|dir|btrfs|zfs|lvm";
	return NULL;
}

const char *
wrong_words(char *const *field, size_t n)
{
	size_t i;

	if (field[0][0] == '\0')
		return "the first word is empty";
	for (i = 0; i < n; i++)
		if (!one_line(field[i]))
			return "a word has a control character";
	return NULL;
}

const char *
wrong_template(char *const *field, size_t n)
{
	/* LXC takes a path too; the name alone must not look like an option to anybody. */
	if (field[0][0] == '-')
		return "the template's name begins with '-'";
	return wrong_words(field, n);
}

/* A port that is published: of the host too it is known. */
const char *
wrong_published(char *const *field, size_t n)
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

const char *
wrong_expose(char *const *field, size_t n)
{
	struct ports p;

	(void)n;
	if (strcmp(field[0], "tcp") != 0 && strcmp(field[0], "udp") != 0 && strcmp(field[0], "sctp") != 0)
		return "the protocol is none of tcp, udp and sctp";
	return ports_parse(field[1], &p) ? NULL : "a port is a number from 1 to 65535, or a range of them such as 8000-8010";
}

const char *
wrong_port(char *const *field, size_t n)
{
	char *some[] = { field[0], field[1], "1", field[3], NULL };

	return wrong_published(strcmp(field[2], "0") == 0 ? some : field, n);
}

const char *
wrong_volume(char *const *field, size_t n)
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

const char *
wrong_fqdn(char *const *field, size_t n)
{
	(void)n;
	return hostname_valid(field[0]) ? NULL
					: "a host name is of labels of letters, digits and '-', 63 at most each, "
					  "joined by dots";
}

const char *
wrong_link(char *const *field, size_t n)
{
	size_t i;

	if (!name_valid(field[0]))
		return wrong_name(field, 1);
	for (i = 1; i < n; i++)
		if (!hostname_valid(field[i]) && !name_valid(field[i]))
			return "an alias is no host name";
	return NULL;
}

/* A port, and no range of them. */
static bool
one_port(const char *text)
{
	struct ports p;

	return strchr(text, '-') == NULL && ports_parse(text, &p);
}

const char *
wrong_forward(char *const *field, size_t n)
{
	unsigned char a[16];

	if (!name_valid(field[0]))
		return wrong_name(field, n);
	if (strcmp(field[1], "tcp") != 0 && strcmp(field[1], "udp") != 0)
		return "the protocol is neither tcp nor udp";
	/* Its first and last are broadcast addresses (RFC 1122, 3.2.1.3), where nobody connects to. */
	if (address_parse(field[2], a) != AF_INET || a[0] != 127 || strcmp(field[2], "127.0.0.0") == 0 ||
	    strcmp(field[2], "127.255.255.255") == 0)
		return "the local address is none from 127.0.0.1 to 127.255.255.254";
	return one_port(field[3]) && one_port(field[4]) ? NULL : "a port is a number from 1 to 65535";
}

const char *
wrong_cgroup(char *const *field, size_t n)
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

const char *
wrong_env(char *const *field, size_t n)
{
	(void)n;
	if (field[0][0] == '\0' || isdigit((unsigned char)field[0][0]) ||
	    field[0][strspn(field[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0')
		return "a variable's name is of letters, digits and '_', and begins with no digit";
	return one_line(field[1]) ? NULL : "the value has a control character";
}

const char *
wrong_config(char *const *field, size_t n)
{
	(void)n;
	if (strncmp(field[0], "lxc.", 4) != 0 ||
	    field[0][strspn(field[0], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] != '\0')
		return "a setting is such as lxc.cap.drop: lxc., then letters, digits, '_', '-' and dots";
	return one_line(field[1]) ? NULL : "the value has a control character";
}

const char *
wrong_bool(char *const *field, size_t n)
{
	(void)n;
	return strcmp(field[0], "true") == 0 || strcmp(field[0], "false") == 0 ? NULL : "it is neither true nor false";
}

const char *
wrong_veth(char *const *field, size_t n)
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
wrong_network(char *const *field, size_t n)
{
	const char *shared = network_shared(field[0]);

	if (shared == NULL)
		return wrong_veth(field, n);
	return name_valid(shared) ? NULL : "what follows container: is no container's name";
}

const char *
wrong_mtu(char *const *field, size_t n)
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

const char *
wrong_address(char *const *field, size_t n)
{
	(void)n;
	return address_parse(field[0], NULL) != 0 ? NULL : "it is neither an IPv4 nor an IPv6 address";
}

const char *
wrong_dns(char *const *field, size_t n)
{
	if (strcmp(field[0], "$bridge") == 0 || strcmp(field[0], "$copy") == 0)
		return NULL;
	return wrong_address(field, n) == NULL ? NULL : "it is neither an IPv4 nor an IPv6 address, $bridge nor $copy";
}

static const char *
wrong_family(char *const *field, int family)
{
	return address_parse(field[0], NULL) == family ? NULL : "it is no address of this family";
}

const char *
wrong_ipv4(char *const *field, size_t n)
{
	(void)n;
	return wrong_family(field, AF_INET);
}

const char *
wrong_ipv6(char *const *field, size_t n)
{
	(void)n;
	return wrong_family(field, AF_INET6);
}

const char *
wrong_mac(char *const *field, size_t n)
{
	const char *s = field[0];
	int i;

	(void)n;
	for (i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
			return "it is no MAC address";
	return s[17] == '\0' ? NULL : "it is no MAC address";
}

const char *
wrong_idmap(char *const *field, size_t n)
{
	uint32_t host, count;

	(void)n;
	if (strcmp(field[0], "auto") == 0 || idmap_parse(field[0], &host, &count))
		return NULL;
	return "it is neither auto nor HOST:COUNT, the host's first id, 1 or more, and how many";
}

const char *
wrong_mapped(char *const *field, size_t n)
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

const char *
wrong_path(char *const *field, size_t n)
{
	(void)n;
	return path_valid(field[0]) ? NULL : "it is no absolute path";
}
