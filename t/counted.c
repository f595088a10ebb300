/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked into the programs of `make cover`: a process that ends without exit(3) writes what it counted for gcov(1)
 * first. The linker leads the calls of the programs' own objects here (ld(1), --wrap), not those of liblxc, whose child
 * may stand in a container. Before fork(2) and exec(2) gcc itself sees to it, where it is not told to keep to ISO C.
 */
#include <gcov.h>
#include <stdio.h>
#include <unistd.h>

_Noreturn void __real__exit(int status);
int __real_raise(int sig);
pid_t __real_fork(void);
int __real_fflush(FILE *f);

_Noreturn void __wrap__exit(int status);
int __wrap_raise(int sig);
pid_t __wrap_fork(void);
int __wrap_fflush(FILE *f);
void counted_end(void);

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

int
__wrap_raise(int sig)
{
	__gcov_dump();
	return __real_raise(sig);
}

/* The program's call as it comes out of libgcov; t/fault.c takes it for the program's own here. */
pid_t
__wrap_fork(void)
{
	return __real_fork();
}

/* Between two answers a scout is killed, which is the leader of a group of its own. */
int
__wrap_fflush(FILE *f)
{
	if (getpid() == getpgrp()) {
		__gcov_dump();
		__gcov_reset();
	}
	return __real_fflush(f);
}

/* What lies behind it is libgcov, whose calls are not to fail: see t/fault.c. */
void
counted_end(void)
{
}
