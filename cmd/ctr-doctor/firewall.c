/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base chains of others. An accept in the table inet ctr does not overrule their drop: whoever drops a packet, it is
 * gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "checks.h"
#include "legacy.h"
#include "netlink.h"
#include "nft.h"
#include "ready.h"
#include "report.h"
#include "say.h"

/*
 * What nft(8) would list, of the caller's to free. A null pointer with the first line of what it said in *ERROR, the caller's
 * too.
 */
static char *
list(const char *command, char **error)
{
	char *text = nft_rules(command, error), *why = *error;

	if (text != NULL)
		return text;
	if (strstr(why, "Error: ") != NULL)
		why = strstr(why, "Error: ") + strlen("Error: ");
	why = xstrndup(why, strcspn(why, "\n"));
	free(*error);
	*error = why;
	return NULL;
}

/* A firewall writes its rules anew when it is reloaded, and then one added by hand is gone. */
static void
how_to_last(const char *table, const struct chain *all, size_t n)
{
	const char *who = strcmp(table, "firewalld") == 0 ? "firewalld" : NULL;
	size_t i;

	for (i = 0; who == NULL && i < n; i++)
		if (strncmp(all[i].name, "ufw", 3) == 0)
			who = "ufw";
	if (who != NULL)
		remedy(
		    "# to last, %s itself must be told to accept what comes from and goes to interfaces ctr*",
		    who);
}

static bool
is_legacy(const struct chain *c)
{
	return strstr(c->family, "legacy") != NULL;
}

/* What is to be done for base chain C, so that what comes FROM and goes TO containers is accepted. */
static void
accept_both(const struct chain *c, const struct chain *all, size_t n, bool from, bool to)
{
	const char *iptables = is_legacy(c) ? c->family : NULL, *chain = c->name;
	size_t i;

	/* The one that Docker leaves to others. */
	for (i = 0; iptables == NULL && i < n; i++)
		if (strcmp(all[i].name, "DOCKER-USER") == 0 && strcmp(c->hook, "forward") == 0 &&
		    strcmp(c->table, "filter") == 0) {
			iptables = strcmp(c->family, "ip") == 0 ? "iptables" : "ip6tables";
			chain = all[i].name;
		}
	if (from && iptables != NULL)
		remedy("%s -I %s -i ctr+ -j ACCEPT", iptables, chain);
	else if (from)
		remedy("nft 'insert rule %s %s %s iifname \"ctr*\" accept'", c->family, c->table, c->name);
	if (to && iptables != NULL)
		remedy("%s -I %s -o ctr+ -j ACCEPT", iptables, chain);
	else if (to)
		remedy("nft 'insert rule %s %s %s oifname \"ctr*\" accept'", c->family, c->table, c->name);
	how_to_last(c->table, all, n);
}

static void
look(const struct chain *c, const struct chain *all, size_t n)
{
	bool forward = strcmp(c->hook, "forward") == 0, from, to;
	struct packet out = { .from = true, .trusting = !forward }, in = { .to = true };
	const char *rule = NULL, *rule_out, *which;
	char *how;

	from = chains_drop(c, all, n, &out, &rule_out);
	to = forward && chains_drop(c, all, n, &in, &rule);
	if (!from && !to)
		return;
	rule = from ? rule_out : rule;
	how = rule == NULL ? xstrdup("has policy drop") : xasprintf("has the rule '%s'", rule);
	which = !forward     ? "what containers ask dnsmasq"
		: from && to ? "what comes from containers and what goes to them"
		: from	     ? "what comes from containers"
			     : "what goes to containers";
	finding("chain '%s' of table '%s %s' %s: %s ends there", c->name, c->family, c->table, how, which);
	free(how);
	if (is_legacy(c))
		proof("%s -S %s", c->family, c->name);
	else
		proof("nft list chain %s %s %s", c->family, c->table, c->name);
	accept_both(c, all, n, from, to);
}

/* Names become part of commands; the kernel takes any bytes for one. */
static bool
is_plain(const char *name)
{
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")] ==
	       '\0';
}

/* The table of the base chain C, with all its rules. */
static void
look_at_table(const struct chain *c)
{
	char *command, *error = NULL, *text;
	struct chain *all = NULL;
	size_t n, i;

	if (!is_plain(c->table) || !is_plain(c->name)) {
		unknown("chain '%s' of table '%s %s' has a name that cannot be given to nft", c->name,
		    c->family, c->table);
		return;
	}
	command = xasprintf("list table %s %s", c->family, c->table);
	text = list(command, &error);
	n = text == NULL ? 0 : chains_parse(text, &all);
	if (text == NULL)
		unknown("cannot list table '%s %s': %s", c->family, c->table, error);
	for (i = 0; i < n; i++)
		if (strcmp(all[i].name, c->name) == 0 && all[i].hook != NULL)
			look(&all[i], all, n);
	chains_free(all, n);
	free(error);
	free(text);
	free(command);
}

/* Returns false where nobody may look, as it will be with others. */
static bool
look_at_hook(const char *hook)
{
	char *error = NULL, *text;
	struct chain *all = NULL, *c;
	size_t n, i;

	/* Where that is not allowed, libnftables says so on stderr, in words of its own. */
	if (ready_rules(netlink_netfilter()) == UINT64_MAX) {
		unknown("cannot list the chains of nftables: %s", strerror(errno));
		return false;
	}
	text = list("list chains", &error);
	n = text == NULL ? 0 : chains_parse(text, &all);
	if (text == NULL)
		unknown("cannot list the chains of nftables: %s", error);
	for (i = 0; i < n; i++) {
		c = &all[i];
		/* Routed packets do not come by those of bridges and devices. */
		if (c->hook != NULL && strcmp(c->hook, hook) == 0 &&
		    (strcmp(c->family, "ip") == 0 || strcmp(c->family, "ip6") == 0 ||
			strcmp(c->family, "inet") == 0) &&
		    (strcmp(c->family, "inet") != 0 || strcmp(c->table, "ctr") != 0))
			look_at_table(c);
	}
	chains_free(all, n);
	free(error);
	free(text);
	return true;
}

/* The older iptables have a table of their own, of which nftables knows nothing. */
static void
look_at_legacy(const char *hook, bool six)
{
	struct chain *all;
	long n = legacy_chains(six, &all), i;

	if (n < 0)
		unknown("cannot read the table 'filter' of %s: %s",
		    six ? "ip6tables-legacy" : "iptables-legacy", strerror(errno));
	for (i = 0; i < n; i++)
		if (all[i].hook != NULL && strcmp(all[i].hook, hook) == 0)
			look(&all[i], all, (size_t)n);
	if (n > 0)
		chains_free(all, (size_t)n);
}

void
check_forward(void)
{
	if (!look_at_hook("forward"))
		return;
	look_at_legacy("forward", false);
	look_at_legacy("forward", true);
}

void
check_input(void)
{
	if (!look_at_hook("input"))
		return;
	look_at_legacy("input", false);
	look_at_legacy("input", true);
}
