/* SPDX-License-Identifier: GPL-2.0-or-later */
/* That the host forwards packets, and that it does what it did before. */
#ifndef FORWARD_H
#define FORWARD_H

/*
 * Turns forwarding on, for both families. What the kernel changes along with it, and what had to be changed
 * so that the host keeps its own routes, is written down first, in RUN/sysctls. Returns 1 where something was
 * changed, 0 where it was on, -1 with errno and in *PATH the setting that failed, the caller's to free.
 */
int forward_on(int run, char **path);

/* Sets all back that RUN/sysctls has, and removes it. Returns as forward_on. */
int forward_restore(int run, char **path);

#endif
