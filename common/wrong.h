/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fields of each fact must be, for the table of fact.c: FIELD has as many as the table says, N. A null pointer, or what is
 * wrong with them, a static string.
 */
#ifndef WRONG_H
#define WRONG_H

#include <stddef.h>

const char *wrong_name(char *const *field, size_t n);
const char *wrong_container(char *const *field, size_t n);
const char *wrong_clone(char *const *field, size_t n);
const char *wrong_words(char *const *field, size_t n);
const char *wrong_template(char *const *field, size_t n);
const char *wrong_published(char *const *field, size_t n);
const char *wrong_expose(char *const *field, size_t n);
const char *wrong_port(char *const *field, size_t n);
const char *wrong_volume(char *const *field, size_t n);
const char *wrong_fqdn(char *const *field, size_t n);
const char *wrong_link(char *const *field, size_t n);
const char *wrong_forward(char *const *field, size_t n);
const char *wrong_cgroup(char *const *field, size_t n);
const char *wrong_env(char *const *field, size_t n);
const char *wrong_config(char *const *field, size_t n);
const char *wrong_bool(char *const *field, size_t n);
const char *wrong_veth(char *const *field, size_t n);
const char *wrong_network(char *const *field, size_t n);
const char *wrong_mtu(char *const *field, size_t n);
const char *wrong_address(char *const *field, size_t n);
const char *wrong_dns(char *const *field, size_t n);
const char *wrong_ipv4(char *const *field, size_t n);
const char *wrong_ipv6(char *const *field, size_t n);
const char *wrong_mac(char *const *field, size_t n);
const char *wrong_idmap(char *const *field, size_t n);
const char *wrong_mapped(char *const *field, size_t n);
const char *wrong_path(char *const *field, size_t n);

#endif
