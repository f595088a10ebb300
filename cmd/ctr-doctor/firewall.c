/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base chains of others. An accept in the table inet ctr does not overrule their drop: whoever drops a packet, it is
 * gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "chains.h"
#include "checks.h"
#include "ready.h"
#include "replace.h"
#include "report.h"
#include "say.h"

/*
 * What nft(8) would list, without elements of sets, of the caller's to free. A null pointer with what it said in *ERROR,
 * the caller's too.
 */
static char *
list(const char *command, char **error)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	char *text = NULL, *why;
	const char *said;

	if (ctx == NULL || nft_ctx_buffer_output(ctx) != 0 || nft_ctx_buffer_error(ctx) != 0)
		die(EXIT_FAILED, "cannot set up libnftables");
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE);
	if (nft_run_cmd_from_buffer(ctx, command) == 0) {
		text = xstrdup(nft_ctx_get_output_buffer(ctx));
	} else {
		said = nft_ctx_get_error_buffer(ctx);
		why = strstr(said, "Error: ");
		said = why == NULL ? said : why + strlen("Error: ");
		*error = xstrndup(said, strcspn(said, "\n"));
	}
	nft_ctx_free(ctx);
	return text;
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

/* What is to be done for base chain C, so that what comes FROM and goes TO containers is accepted. */
static void
accept_both(const struct chain *c, const struct chain *all, size_t n, bool from, bool to)
{
	const char *iptables = strcmp(c->family, "ip") == 0 ? "iptables" : "ip6tables";
	bool docker = false;
	size_t i;

	for (i = 0; i < n; i++)
		docker = docker || strcmp(all[i].name, "DOCKER-USER") == 0;
	docker = docker && strcmp(c->hook, "forward") == 0 && strcmp(c->table, "filter") == 0;
	if (from && docker)
		remedy("%s -I DOCKER-USER -i ctr+ -j ACCEPT", iptables);
	else if (from)
		remedy("nft 'insert rule %s %s %s iifname \"ctr*\" accept'", c->family, c->table, c->name);
	if (to && docker)
		remedy("%s -I DOCKER-USER -o ctr+ -j ACCEPT", iptables);
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

static void
look_at_hook(const char *hook)
{
	char *error = NULL, *text;
	struct chain *all = NULL, *c;
	size_t n, i;

	/* Where that is not allowed, libnftables says so on stderr, in words of its own. */
	if (ready_rules() == UINT64_MAX) {
		unknown("cannot list the chains of nftables: %s", strerror(errno));
		return;
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
}

/* The older iptables have tables of their own, of which nftables knows nothing. */
static void
look_at_legacy(const char *names, const char *program, const char *chain)
{
	int fd = open(names, O_RDONLY | O_CLOEXEC);
	char *text = NULL, *line, *rest;
	size_t len;

	if (fd >= 0 && read_all(fd, &text, &len, 1 << 16) < 0)
		text = NULL;
	if (fd >= 0)
		close(fd);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		if (strcmp(line, "filter") == 0) {
			note(
			    "there is a table 'filter' of %s, which nftables does not show: it may drop in chain '%s'",
			    program, chain);
			proof("%s -S %s", program, chain);
			remedy("%s -I %s -i ctr+ -j ACCEPT", program, chain);
			if (strcmp(chain, "FORWARD") == 0)
				remedy("%s -I %s -o ctr+ -j ACCEPT", program, chain);
		}
	free(text);
}

void
check_forward(void)
{
	look_at_hook("forward");
	look_at_legacy("/proc/net/ip_tables_names", "iptables-legacy", "FORWARD");
	look_at_legacy("/proc/net/ip6_tables_names", "ip6tables-legacy", "FORWARD");
}

void
check_input(void)
{
	look_at_hook("input");
	look_at_legacy("/proc/net/ip_tables_names", "iptables-legacy", "INPUT");
}
