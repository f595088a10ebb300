/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"
#include "nft.h"
#include "pool.h"
#include "ready.h"
#include "replace.h"
#include "say.h"

/* The table. It is as long with one container as with a thousand: only the sets and maps grow. */
static char *
table_text(void)
{
	static const char form[] =
	    "table inet ctr {\n"
	    "	chain guard { type filter hook prerouting priority -300; }\n"
	    "	chain own { }\n"
	    "	chain inward { type nat hook prerouting priority -100; }\n"
	    "	chain local { type nat hook output priority -100; }\n"
	    "	chain outward { type nat hook postrouting priority 100; }\n"
	    "	chain host { type filter hook input priority 0; }\n"
	    "	chain pass { type filter hook forward priority 0; }\n"
	    "	chain from { }\n"
	    "	chain refuse { }\n"
	    "	map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	    "	map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	    "	map one4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	    "	map one6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	    /* Ranges that keep their ports. Each port is in one element at most, in whichever form. */
	    "	map anyrange4 { type inet_proto . inet_service : ipv4_addr; flags interval; }\n"
	    "	map anyrange6 { type inet_proto . inet_service : ipv6_addr; flags interval; }\n"
	    "	map onerange4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr; flags interval; }\n"
	    "	map onerange6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr; flags interval; }\n"
	    "	set source4 { type ifname . ipv4_addr; }\n"
	    "	set source6 { type ifname . ipv6_addr; }\n"
	    "	set self4 { type ipv4_addr . ipv4_addr; }\n"
	    "	set self6 { type ipv6_addr . ipv6_addr; }\n"
	    "	set link4 { type ipv4_addr . ipv4_addr; }\n"
	    "	set link6 { type ipv6_addr . ipv6_addr; }\n"
	    "	set expose4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }\n"
	    "	set expose6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service; }\n"
	    "	map project4 { type ipv4_addr : mark; }\n"
	    "	map project6 { type ipv6_addr : mark; }\n"
	    "	set member4 { type ipv4_addr . mark; }\n"
	    "	set member6 { type ipv6_addr . mark; }\n"
	    "	set inside4 { type ipv4_addr; }\n"
	    "	set inside6 { type ipv6_addr; }\n"
	    "}\n"
	    /* Rules that are there already would be there twice. */
	    "flush chain inet ctr guard\n"
	    "flush chain inet ctr own\n"
	    "flush chain inet ctr inward\n"
	    "flush chain inet ctr local\n"
	    "flush chain inet ctr outward\n"
	    "flush chain inet ctr host\n"
	    "flush chain inet ctr pass\n"
	    "flush chain inet ctr from\n"
	    "flush chain inet ctr refuse\n"
	    "table inet ctr {\n"
	    /* Each packet of the host comes by here: what is no container's has done with it at once. */
	    "	chain guard {\n"
	    "		iifname \"ctr*\" jump own\n"
	    /* route_localnet is on, for the host's own connections: CVE-2020-8558. */
	    "		iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n"
	    "	}\n"
	    /* From a container, only its own addresses; before it has one, what asks for it or who has it. */
	    "	chain own {\n"
	    "		iifname . ip saddr @source4 return\n"
	    "		iifname . ip6 saddr @source6 return\n"
	    "		ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp dport 67 return\n"
	    "		ip6 saddr :: ip6 daddr ff02::/16 return\n"
	    "		ip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff02::/16 } return\n"
	    "		drop\n"
	    "	}\n"
	    "	chain inward {\n"
	    /* A published port 53 does not take the gateway's names from the other containers. */
	    "		iifname \"ctr*\" ip daddr %1$s meta l4proto { tcp, udp } th dport { 53, 67 } accept\n"
	    "		iifname \"ctr*\" ip6 daddr { %4$s, fe80::1 } meta l4proto { tcp, udp } th dport 53 accept\n"
	    "		fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @one4\n"
	    "		fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @onerange4\n"
	    "		fib daddr type local dnat ip to meta l4proto . th dport map @any4\n"
	    "		fib daddr type local dnat ip to meta l4proto . th dport map @anyrange4\n"
	    "		fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @one6\n"
	    "		fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @onerange6\n"
	    "		fib daddr type local dnat ip6 to meta l4proto . th dport map @any6\n"
	    "		fib daddr type local dnat ip6 to meta l4proto . th dport map @anyrange6\n"
	    "	}\n"
	    "	chain local {\n"
	    /* The kernel drops what comes back to ::1 by another interface than lo. */
	    "		ip6 daddr ::1 accept\n"
	    "		ip daddr %1$s meta l4proto { tcp, udp } th dport 53 accept\n"
	    "		ip6 daddr %4$s meta l4proto { tcp, udp } th dport 53 accept\n"
	    "		fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @one4\n"
	    "		fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @onerange4\n"
	    "		fib daddr type local dnat ip to meta l4proto . th dport map @any4\n"
	    "		fib daddr type local dnat ip to meta l4proto . th dport map @anyrange4\n"
	    "		fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @one6\n"
	    "		fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @onerange6\n"
	    "		fib daddr type local dnat ip6 to meta l4proto . th dport map @any6\n"
	    "		fib daddr type local dnat ip6 to meta l4proto . th dport map @anyrange6\n"
	    "	}\n"
	    /* Where the answer would not come back this way, the host's address stands for the sender's. */
	    "	chain outward {\n"
	    "		ip saddr . ip daddr @self4 masquerade\n"
	    "		ip6 saddr . ip6 daddr @self6 masquerade\n"
	    "		oifname \"ctr*\" ip saddr 127.0.0.0/8 masquerade\n"
	    /*
	     * With another port than the container's own: or what it still sends on a connection whose published port was
	     * withdrawn would be a new one, which looks like the old one to the other end where the ports are equal.
	     */
	    "		ip saddr %2$s oifname != \"lo\" oifname != \"ctr*\" masquerade fully-random\n"
	    "		ip6 saddr %3$s oifname != \"lo\" oifname != \"ctr*\" masquerade fully-random\n"
	    "	}\n"
	    /* From a container to the host: its addresses and names, and whether it is there. */
	    "	chain host {\n"
	    "		iifname != \"ctr*\" accept\n"
	    "		ct state established,related accept\n"
	    "		ip daddr { 255.255.255.255, %1$s } udp dport 67 accept\n"
	    "		ip daddr %1$s meta l4proto { tcp, udp } th dport 53 accept\n"
	    "		ip6 daddr { %4$s, fe80::1 } meta l4proto { tcp, udp } th dport 53 accept\n"
	    "		icmp type echo-request accept\n"
	    "		icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	    "		meta pkttype { broadcast, multicast } drop\n"
	    "		jump refuse\n"
	    "	}\n"
	    /* To a container: who links to it, and who comes by a published port. */
	    "	chain pass {\n"
	    "		ct state established,related accept\n"
	    "		iifname \"ctr*\" jump from\n"
	    "		oifname \"ctr*\" ct status dnat accept\n"
	    "		oifname \"ctr*\" drop\n"
	    "	}\n"
	    /*
	     * From a container; its source is its own, by guard. It is nobody's router nor, unless it was asked, DHCP server.
	     * What comes to the end goes out.
	     */
	    "	chain from {\n"
	    "		udp dport { 68, 546 } drop\n"
	    "		icmpv6 type { nd-router-solicit, nd-router-advert, nd-redirect } drop\n"
	    "		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } drop\n"
	    "		ip saddr . ip daddr @link4 accept\n"
	    "		ip6 saddr . ip6 daddr @link6 accept\n"
	    "		ip saddr . ip daddr . meta l4proto . th dport @expose4 accept\n"
	    "		ip6 saddr . ip6 daddr . meta l4proto . th dport @expose6 accept\n"
	    /* Where its project is not isolated, the mark is the project's: no rule can compare two look-ups. */
	    "		oifname \"ctr*\" meta mark set ip saddr map @project4\n"
	    "		oifname \"ctr*\" meta mark set ip6 saddr map @project6\n"
	    "		oifname \"ctr*\" ip daddr . meta mark @member4 accept\n"
	    "		oifname \"ctr*\" ip6 daddr . meta mark @member6 accept\n"
	    "		ip saddr @inside4 jump refuse\n"
	    "		ip6 saddr @inside6 jump refuse\n"
	    "		oifname \"ctr*\" ct status dnat accept\n"
	    "		oifname \"ctr*\" jump refuse\n"
	    "	}\n"
	    /* At once; and a connection that has been cut off is at its end, which an ICMP message would not tell. */
	    "	chain refuse {\n"
	    "		meta l4proto tcp reject with tcp reset\n"
	    "		reject with icmpx admin-prohibited\n"
	    "	}\n"
	    "}\n";

	return xasprintf(form, pool()->gateway4, pool()->net4, pool()->net6, pool()->gateway6);
}

/* The line of RUN/rules: the kernel's rules, and the text that they were made of. */
static char *
rules_line(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a, 32 bits */

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return xasprintf("%016llx %08x\n", (unsigned long long)ready_rules(netlink_netfilter()), h);
}

int
table_run(const char *commands, const char *what, char **error)
{
	char *said = NULL, *why;

	if (nft_run(commands, &said) == 0)
		return 0;
	/* "FILE:LINE:COL-COL: Error: REASON", then the command, and marks below what is wrong with it. */
	why = strstr(said, "Error: ");
	why = why == NULL ? said : why + strlen("Error: ");
	why[strcspn(why, "\n")] = '\0';
	*error = xasprintf("cannot %s: %s", what, why);
	free(said);
	return -1;
}

int
table_make(int run, char **error)
{
	char *text = table_text(), *line = rules_line(text), *old = NULL;
	size_t len;
	int status = 1;

	if (read_at(run, "rules", &old, &len, 64) == 0 && strcmp(old, line) == 0)
		status = 0;
	else if (table_run(text, "make the table inet ctr", error) < 0)
		status = -1;
	free(old);
	free(line);
	free(text);
	return status;
}

int
table_note(int run, char **error)
{
	char *text = table_text(), *line = rules_line(text);
	int status = replace_at(run, "rules", line, strlen(line), -1, 0644);

	if (status < 0)
		*error = xasprintf("cannot write 'rules' in the runtime directory: %s", strerror(errno));
	free(line);
	free(text);
	return status;
}

void
table_flush(FILE *out)
{
	static const char *const sets[] = { "set source", "set self", "map project", "set member", "set inside" };
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		fprintf(out, "flush %.3s inet ctr %s4\nflush %.3s inet ctr %s6\n", sets[i], sets[i] + 4, sets[i], sets[i] + 4);
}

void
table_elements(FILE *out, bool remove, bool more, const struct names_entry *e)
{
	const char *four = e->ipv4, *six = e->ipv6, *verb;
	struct in6_addr in6;
	struct in_addr in;
	unsigned veth;
	int pass;

	if (inet_pton(AF_INET, four, &in) != 1 || inet_pton(AF_INET6, six, &in6) != 1)
		return;
	veth = ntohl(in.s_addr);
	/* Added first, so that one that is not there can be deleted: `destroy' came with nft 1.0.7. */
	for (pass = 0; pass < (remove || more ? 2 : 1); pass++) {
		verb = pass == 0 ? "add" : "delete";
		if (pass == 0 || remove) {
			fprintf(out, "%s element inet ctr source4 { \"ctr%08x\" . %s }\n", verb, veth, four);
			fprintf(out, "%s element inet ctr source6 { \"ctr%08x\" . %s }\n", verb, veth, six);
			fprintf(out, "%s element inet ctr self4 { %s . %s }\n", verb, four, four);
			fprintf(out, "%s element inet ctr self6 { %s . %s }\n", verb, six, six);
		}
		if (pass == 0 ? more || remove || e->open : remove || !e->open) {
			fprintf(out, "%s element inet ctr project4 { %s : %u }\n", verb, four, e->mark);
			fprintf(out, "%s element inet ctr project6 { %s : %u }\n", verb, six, e->mark);
			fprintf(out, "%s element inet ctr member4 { %s . %u }\n", verb, four, e->mark);
			fprintf(out, "%s element inet ctr member6 { %s . %u }\n", verb, six, e->mark);
		}
		if (pass == 0 ? more || remove || e->inside : remove || !e->inside) {
			fprintf(out, "%s element inet ctr inside4 { %s }\n", verb, four);
			fprintf(out, "%s element inet ctr inside6 { %s }\n", verb, six);
		}
	}
}

int
table_remove(int run, char **error)
{
	if (ready_rules(netlink_netfilter()) == 0 && faccessat(run, "rules", F_OK, 0) < 0)
		return 0;
	return table_run("add table inet ctr\ndelete table inet ctr\n", "remove the table inet ctr", error) <
		       0
		   ? -1
		   : 1;
}
