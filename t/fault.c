/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD, by t/fault.sh: makes one call fail. FAULT is CLASS:N: the Nth call of that class, which a program of ctrkit
 * itself makes, not a library for it nor a program that it runs, returns an error. In a child the count goes on from
 * that of its parent. The first process to come so far makes the file FAULT_LOG, with the program's name; where that is
 * there, no call fails any more. With CLASS:N+ all calls from the Nth on fail. With FAULT_IN it is calls of that program alone.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

/* t/counted.c. */
void counted_end(void) __attribute__((weak));

/* Whether ADDRESS lies in the program itself. */
static bool
own(const void *address)
{
	static uintptr_t begin, end;
	const Elf64_Phdr *p = (const Elf64_Phdr *)getauxval(AT_PHDR);
	uintptr_t base = 0;
	size_t n = getauxval(AT_PHNUM), i;
	const char *name = program_invocation_short_name, *in = getenv("FAULT_IN");

	if (end == 0 && (in == NULL ? strncmp(name, "ctr", 3) == 0 : strcmp(name, in) == 0)) {
		for (i = 0; i < n; i++)
			if (p[i].p_type == PT_PHDR)
				base = (uintptr_t)p - p[i].p_vaddr;
		for (i = 0, begin = UINTPTR_MAX; i < n; i++)
			if (p[i].p_type == PT_LOAD) {
				if (base + p[i].p_vaddr < begin)
					begin = base + p[i].p_vaddr;
				if (base + p[i].p_vaddr + p[i].p_memsz > end)
					end = base + p[i].p_vaddr + p[i].p_memsz;
			}
		/* Behind it stands libgcov, which has been linked in by `make cover`. */
		if (counted_end != NULL)
			end = (uintptr_t)counted_end;
	}
	return (uintptr_t)address >= begin && (uintptr_t)address < end;
}

/* Counts a call of CLASS from ADDRESS; whether it is to fail, and then errno is E. */
static bool
fails(const char *class, const void *address, int e)
{
	static unsigned long left;
	static bool all;
	const char *fault = getenv("FAULT"), *log = getenv("FAULT_LOG");
	size_t n = strlen(class);
	char *rest;
	int fd;

	if (fault == NULL || log == NULL || strncmp(fault, class, n) != 0 || fault[n] != ':' || !own(address))
		return false;
	if (left == 0) {
		left = strtoul(fault + n + 1, &rest, 10) + 1;
		all = *rest == '+';
	}
	/* 1 stands for one that has failed. */
	if (left != 1 && --left > 1)
		return false;
	fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && !all)
		return false;
	syscall(SYS_write, fd, program_invocation_short_name, strlen(program_invocation_short_name));
	syscall(SYS_write, fd, "\n", 1);
	syscall(SYS_close, fd);
	errno = e;
	return true;
}

#define REAL(name)                                                                           \
	static __typeof__(name) *real;                                                       \
	if (real == NULL)                                                                    \
		real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* NAME, of TYPE and with the parameters PARAMS and arguments ARGS, returns BAD with errno ERROR. */
#define FAULT(class, error, bad, type, name, params, args)                                   \
	type name params                                                                     \
	{                                                                                    \
		REAL(name);                                                                  \
		return fails(class, __builtin_return_address(0), error) ? (bad) : real args; \
	}

FAULT("malloc", ENOMEM, NULL, void *, malloc, (size_t n), (n))
FAULT("malloc", ENOMEM, NULL, void *, realloc, (void *p, size_t n), (p, n))
FAULT("malloc", ENOMEM, NULL, void *, reallocarray, (void *p, size_t n, size_t m), (p, n, m))
FAULT("malloc", ENOMEM, NULL, FILE *, open_memstream, (char **text, size_t *n), (text, n))
FAULT("malloc", ENOMEM, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
FAULT("malloc", ENOMEM, -1, int, vasprintf, (char **text, const char *format, va_list args), (text, format, args))

int __vasprintf_chk(char **text, int flag, const char *format, va_list args);
FAULT("malloc", ENOMEM, -1, int, __vasprintf_chk, (char **text, int flag, const char *format, va_list args),
    (text, flag, format, args))

FAULT("read", EIO, -1, ssize_t, read, (int fd, void *bytes, size_t n), (fd, bytes, n))
FAULT("write", ENOSPC, -1, ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
FAULT("fsync", EIO, -1, int, fsync, (int fd), (fd))
FAULT("rename", EIO, -1, int, rename, (const char *old, const char *new), (old, new))
FAULT("rename", EIO, -1, int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
FAULT("rename", EIO, -1, int, renameat2, (int from, const char *old, int to, const char *new, unsigned flags),
    (from, old, to, new, flags))
FAULT("fork", EAGAIN, -1, pid_t, fork, (void), ())

/* A child that comes out of here would return, and with it whatever its parent has on the stack: a copy of that does. */
pid_t
vfork(void)
{
	REAL(fork);
	return fails("fork", __builtin_return_address(0), EAGAIN) ? -1 : real();
}

FAULT("pipe", EMFILE, -1, int, pipe2, (int fd[2], int flags), (fd, flags))
FAULT("pipe", EMFILE, -1, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
FAULT("stat", EIO, -1, int, fstat, (int fd, struct stat *st), (fd, st))
FAULT("stat", EIO, -1, int, fstatat, (int fd, const char *path, struct stat *st, int flags), (fd, path, st, flags))
FAULT("mkdir", EDQUOT, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
FAULT("mkdir", EDQUOT, -1, int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
FAULT("unlink", EIO, -1, int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
FAULT("unlink", EIO, -1, int, rmdir, (const char *path), (path))
FAULT("chmod", EIO, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
FAULT("chmod", EIO, -1, int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
FAULT("chmod", EIO, -1, int, chmod, (const char *path, mode_t mode), (path, mode))
FAULT("chmod", EIO, -1, int, fchownat, (int fd, const char *path, uid_t uid, gid_t gid, int flags), (fd, path, uid, gid, flags))
FAULT("xattr", EIO, -1, ssize_t, listxattr, (const char *path, char *names, size_t n), (path, names, n))
FAULT("xattr", EIO, -1, ssize_t, getxattr, (const char *path, const char *name, void *value, size_t n), (path, name, value, n))
FAULT("xattr", EIO, -1, int, setxattr, (const char *path, const char *name, const void *value, size_t n, int flags),
    (path, name, value, n, flags))
FAULT("xattr", EIO, -1, int, removexattr, (const char *path, const char *name), (path, name))
FAULT("space", EPERM, -1, int, unshare, (int flags), (flags))
FAULT("space", EPERM, -1, int, setns, (int fd, int type), (fd, type))
FAULT("link", ENOSPC, -1, int, symlinkat, (const char *to, int fd, const char *path), (to, fd, path))
FAULT("flock", ENOLCK, -1, int, flock, (int fd, int how), (fd, how))
FAULT("opendir", ENOMEM, NULL, DIR *, opendir, (const char *path), (path))
FAULT("opendir", ENOMEM, NULL, DIR *, fdopendir, (int fd), (fd))

/* Of a stream that is written: what it still had is lost, and it remembers that. All streams, NULL, nobody checks. */
int
fflush(FILE *f)
{
	REAL(fflush);
	if (f != NULL && __fwritable(f) && fails("write", __builtin_return_address(0), ENOSPC)) {
		__fpurge(f);
		f->_flags |= _IO_ERR_SEEN;
		return EOF;
	}
	return real(f);
}

/* The same; it is closed nevertheless. */
int
fclose(FILE *f)
{
	REAL(fclose);
	if (__fwritable(f) && fails("write", __builtin_return_address(0), ENOSPC)) {
		real(f);
		errno = ENOSPC;
		return EOF;
	}
	return real(f);
}

#define OPEN(name, params, last, args)                                                       \
	int name params                                                                      \
	{                                                                                    \
		va_list list;                                                                \
		mode_t mode;                                                                 \
		REAL(name);                                                                  \
		va_start(list, last);                                                        \
		mode = va_arg(list, mode_t);                                                 \
		va_end(list);                                                                \
		return fails("open", __builtin_return_address(0), EMFILE) ? -1 : real args;  \
	}

OPEN(open, (const char *path, int flags, ...), flags, (path, flags, mode))
OPEN(openat, (int fd, const char *path, int flags, ...), flags, (fd, path, flags, mode))

/* There is no openat2() in this libc; and a declaration of syscall() with dots, for which none can be written. */
long fault_syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

long
fault_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	static long (*real)(long number, ...);

	if (real == NULL)
		real = (long (*)(long number, ...))dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_openat2 && fails("open", __builtin_return_address(0), EMFILE))
		return -1;
	return real(number, a, b, c, d, e, f);
}
