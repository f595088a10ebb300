/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "replace.h"
#include "say.h"

/* What is wanted of a rule of either family. */
struct entry {
	char in[IFNAMSIZ + 2], out[IFNAMSIZ + 2]; /* as nft(8) has them, "" where none is demanded */
	bool not_in, not_out, other, go;	  /* GO: the jump does not come back */
	size_t target, next;
};

/* The kernel makes the table of a namespace when it is asked for it, so that must not be done where it is not there. */
static bool
is_there(bool six)
{
	int fd = open(six ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t len;
	bool there = false;

	if (fd >= 0 && read_all(fd, &text, &len, 1 << 16) == 0)
		there = strncmp(text, "filter\n", 7) == 0 || strstr(text, "\nfilter\n") != NULL;
	if (fd >= 0)
		close(fd);
	free(text);
	return there;
}

/* An interface and the mask of the bytes of it that count: all and the NUL, or for a pattern those before the `+`. */
static void
read_interface(char *to, const char *name, const unsigned char *mask)
{
	size_t n = strnlen(name, IFNAMSIZ - 1);

	memcpy(to, name, n);
	to[n] = '\0';
	if (mask[0] != 0 && mask[n] == 0)
		strncat(to, "*", 1);
}

static bool
all_zero(const void *bytes, size_t n)
{
	const unsigned char *s = bytes;

	while (n > 0 && s[n - 1] == 0)
		n--;
	return n == 0;
}

/* The rule in BYTES, of which LEFT are there; false where it is none. */
static bool
read_entry(bool six, const unsigned char *bytes, size_t left, struct entry *e)
{
	struct ip6t_entry e6;
	struct ipt_entry e4;
	size_t size = six ? sizeof(e6) : sizeof(e4);

	*e = (struct entry){ 0 };
	if (left < size)
		return false;
	if (six) {
		memcpy(&e6, bytes, sizeof(e6));
		read_interface(e->in, e6.ipv6.iniface, e6.ipv6.iniface_mask);
		read_interface(e->out, e6.ipv6.outiface, e6.ipv6.outiface_mask);
		e->not_in = (e6.ipv6.invflags & IP6T_INV_VIA_IN) != 0;
		e->not_out = (e6.ipv6.invflags & IP6T_INV_VIA_OUT) != 0;
		e->go = (e6.ipv6.flags & IP6T_F_GOTO) != 0;
		e->other = !all_zero(&e6.ipv6.smsk, 16) || !all_zero(&e6.ipv6.dmsk, 16) || e6.ipv6.proto != 0;
		e->target = e6.target_offset;
		e->next = e6.next_offset;
	} else {
		memcpy(&e4, bytes, sizeof(e4));
		read_interface(e->in, e4.ip.iniface, e4.ip.iniface_mask);
		read_interface(e->out, e4.ip.outiface, e4.ip.outiface_mask);
		e->not_in = (e4.ip.invflags & IPT_INV_VIA_IN) != 0;
		e->not_out = (e4.ip.invflags & IPT_INV_VIA_OUT) != 0;
		e->go = (e4.ip.flags & IPT_F_GOTO) != 0;
		e->other = e4.ip.smsk.s_addr != 0 || e4.ip.dmsk.s_addr != 0 || e4.ip.proto != 0;
		e->target = e4.target_offset;
		e->next = e4.next_offset;
	}
	/* Matches stand between the two. */
	e->other = e->other || e->target > size;
	return e->target >= size && e->next >= e->target + sizeof(struct xt_entry_target) && e->next <= left;
}

/* What becomes of a packet that meets the rule at AT, as nft(8) has it; "" where it goes on. The caller frees it. */
static char *
read_verdict(const unsigned char *bytes, size_t at, const struct entry *e)
{
	struct xt_standard_target t = { 0 };
	size_t n = e->next - e->target;

	memcpy(&t, bytes + at + e->target, n < sizeof(t) ? n : sizeof(t));
	if (strcmp(t.target.u.user.name, "REJECT") == 0)
		return xstrdup("reject");
	if (t.target.u.user.name[0] != '\0' || (t.verdict >= 0 && (size_t)t.verdict == at + e->next))
		return xstrdup("");
	if (t.verdict >= 0)
		return xasprintf("%s %d", e->go ? "goto" : "jump", t.verdict);
	return xstrdup(t.verdict == -NF_DROP - 1     ? "drop"
		       : t.verdict == -NF_ACCEPT - 1 ? "accept"
		       : t.verdict == XT_RETURN	     ? "return"
						     : "");
}

/* The chains in BYTES: those of hooks begin and end where INFO says, the others after a rule whose target is ERROR. */
static size_t
read_chains(bool six, const struct ipt_getinfo *info, const unsigned char *bytes, struct chain **chains)
{
	static const struct {
		unsigned hook;
		const char *name, *as;
	} hooks[] = { { NF_INET_LOCAL_IN, "INPUT", "input" }, { NF_INET_FORWARD, "FORWARD", "forward" },
		{ NF_INET_LOCAL_OUT, "OUTPUT", "output" } };
	struct chain *all = NULL, *c = NULL;
	struct xt_entry_target target;
	struct entry e;
	size_t at, n = 0, i;
	char *verdict;
	bool begins = true;

	for (at = 0; at < info->size && read_entry(six, bytes + at, info->size - at, &e); at += e.next) {
		memcpy(&target, bytes + at + e.target, sizeof(target));
		if (strcmp(target.u.user.name, XT_ERROR_TARGET) == 0) {
			begins = true;
			continue;
		}
		for (i = 0; i < 3 && at != info->hook_entry[hooks[i].hook];)
			i++;
		if (begins || i < 3) {
			all = xrealloc(all, n + 1, sizeof(*all));
			c = &all[n++];
			*c = (struct chain){ .family = xstrdup(six ? "ip6tables-legacy" : "iptables-legacy"),
				.table = xstrdup("filter") };
			/* Jumps know where it begins, not its name. */
			c->name = i < 3 ? xstrdup(hooks[i].name) : xasprintf("%zu", at);
			c->hook = i < 3 ? xstrdup(hooks[i].as) : NULL;
			begins = false;
		}
		verdict = read_verdict(bytes, at, &e);
		for (i = 0; c->hook != NULL && i < 3 && at != info->underflow[hooks[i].hook];)
			i++;
		if (c->hook != NULL && i < 3) {
			c->drops = strcmp(verdict, "drop") == 0;
		} else {
			c->rule = xrealloc(c->rule, c->n + 1, sizeof(*c->rule));
			c->rule[c->n++] = xasprintf("%s%s%s%s%s%s%s%s%s", e.in[0] == '\0' ? "" : "iifname ",
			    e.not_in	      ? "!= \""
			    : e.in[0] == '\0' ? ""
					      : "\"",
			    e.in, e.in[0] == '\0' ? "" : "\" ",
			    e.out[0] == '\0' ? ""
			    : e.not_out	     ? "oifname != \""
					     : "oifname \"",
			    e.out, e.out[0] == '\0' ? "" : "\" ", e.other ? "other " : "", verdict);
		}
		free(verdict);
	}
	*chains = all;
	return n;
}

long
legacy_chains(bool six, struct chain **chains)
{
	struct ipt_getinfo info = { .name = "filter" };
	struct ipt_get_entries *entries = NULL;
	int level = six ? SOL_IPV6 : SOL_IP, fd, saved;
	socklen_t len = sizeof(info);
	long n = -1;

	*chains = NULL;
	if (!is_there(six))
		return 0;
	/* Numbers and structures of both are the same for the two families (ip6_tables.h). */
	fd = socket(six ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd >= 0 && getsockopt(fd, level, IPT_SO_GET_INFO, &info, &len) == 0) {
		len = (socklen_t)(sizeof(*entries) + info.size);
		entries = xmalloc(len);
		memset(entries, 0, sizeof(*entries));
		memcpy(entries->name, info.name, sizeof(entries->name));
		entries->size = info.size;
		if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &len) == 0)
			n = (long)read_chains(six, &info, (unsigned char *)entries->entrytable, chains);
	}
	saved = errno;
	free(entries);
	if (fd >= 0)
		close(fd);
	errno = saved;
	return n;
}
