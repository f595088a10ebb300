/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of ctr-doctor, each of which says what it finds by report.h, and changes nothing. */
#ifndef CHECKS_H
#define CHECKS_H

/* kernel.c: what the managed network and the programs need of the kernel. */
void check_kernel(void);

/* chains.c: base chains of others' tables that drop what is forwarded, or what is sent to dnsmasq. */
void check_forward(void);
void check_input(void);

/* network.c */
void check_forwarding(void);
void check_table(void);
void check_rp_filter(void);
void check_pool(void);

/* dns.c: dnsmasq is there, runs and answers. */
void check_dnsmasq(void);

/* published.c: ports that processes of the host listen on, and those of containers that are gone. */
void check_port(void);
void check_stale(void);

/* system.c */
void check_lxc(void);
void check_cgroup(void);
void check_apparmor(void);
void check_lxcfs(void);
void check_subid(void);

/* " -P LXCPATH" for a remedy, empty where that is LXC's own; the caller frees it. */
char *path_option(void);

/* A command that has ctr-net make the host ready for all containers of LXCPATH, and publish their ports. */
void remedy_network(void);

#endif
