/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The linker leads the calls that the project's objects make to exit, read, write, open_memstream and fclose here
 * (ld(1), --wrap); those inside of other libraries it does not.
 */
#include "fuzz.h"

#include <locale.h>
#include <sanitizer/allocator_interface.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "record.h"

enum {
	STREAMS = 8,
};

static struct run *run; /* what runs, or a null pointer */
static jmp_buf end;
static FILE *stream[STREAMS]; /* in memory, which WORK left open */
static const void **block;    /* all that WORK allocated, whether it is freed or not */
static size_t nblock, cap;
static bool counting;

_Noreturn void __real_exit(int status);
ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __real_write(int fd, const void *bytes, size_t n);
FILE *__real_open_memstream(char **text, size_t *len);
int __real_fclose(FILE *f);

_Noreturn void __wrap_exit(int status);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
FILE *__wrap_open_memstream(char **text, size_t *len);
int __wrap_fclose(FILE *f);

void
fuzz_broken(const char *file, int line, const char *what)
{
	run = NULL;
	fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
	abort();
}

void
__wrap_exit(int status)
{
	if (run == NULL)
		__real_exit(status);
	run->status = status;
	longjmp(end, 1);
}

ssize_t
__wrap_read(int fd, void *bytes, size_t n)
{
	if (run == NULL || fd != STDIN_FILENO)
		return __real_read(fd, bytes, n);
	if (n > run->len)
		n = run->len;
	if (run->chunk > 0 && n > run->chunk)
		n = run->chunk;
	memcpy(bytes, run->in, n);
	run->in += n;
	run->len -= n;
	return (ssize_t)n;
}

/* A message is one line, without control characters. */
ssize_t
__wrap_write(int fd, const void *bytes, size_t n)
{
	const unsigned char *text = bytes;
	size_t i;

	if (run == NULL || fd != STDERR_FILENO)
		return __real_write(fd, bytes, n);
	HOLDS(n > 0 && text[n - 1] == '\n');
	for (i = 0; i + 1 < n; i++)
		HOLDS(text[i] >= ' ' && text[i] != 0x7f);
	run->nmessage++;
	return (ssize_t)n;
}

FILE *
__wrap_open_memstream(char **text, size_t *len)
{
	FILE *f = __real_open_memstream(text, len);
	int i;

	for (i = 0; i < STREAMS; i++)
		if (stream[i] == NULL) {
			stream[i] = f;
			return f;
		}
	HOLDS(!"too many streams are open");
	return NULL;
}

int
__wrap_fclose(FILE *f)
{
	int i;

	for (i = 0; i < STREAMS; i++)
		if (stream[i] == f)
			stream[i] = NULL;
	return __real_fclose(f);
}

static void
allocated(const volatile void *p, size_t size)
{
	(void)size;
	if (!counting)
		return;
	if (nblock == cap) {
		counting = false;
		cap = cap == 0 ? 65536 : cap * 2;
		block = realloc(block, cap * sizeof(*block));
		HOLDS(block != NULL);
		counting = true;
	}
	block[nblock++] = (const void *)p;
}

static void
freed(const volatile void *p)
{
	(void)p;
}

void
fuzz_run(struct run *r, int (*work)(void *arg), void *arg)
{
	FILE *out = stdout;
	char *text = NULL;
	size_t len = 0;
	int i;

	r->status = 0;
	r->nmessage = 0;
	nblock = 0;
	counting = true;
	stdout = __wrap_open_memstream(&text, &len);
	run = r;
	if (setjmp(end) == 0)
		r->status = work(arg);
	run = NULL;
	for (i = 0; i < STREAMS; i++)
		if (stream[i] != NULL)
			__wrap_fclose(stream[i]);
	stdout = out;
	counting = false;
	r->out = malloc(len + 1);
	HOLDS(r->out != NULL);
	memcpy(r->out, text, len);
	r->out[len] = '\0';
	r->nout = len;
	/* The sanitizer knows which of them are still there. */
	while (nblock-- > 0)
		if (__sanitizer_get_ownership(block[nblock]))
			free((void *)block[nblock]);
}

int
fuzz_copy(void *arg)
{
	struct record *r;
	struct reader in;
	int got;

	(void)arg;
	reader_begin(&in, STDIN_FILENO, "stdin");
	while ((got = reader_next(&in, &r)) > 0)
		record_write(stdout, r);
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static bool begun;
	mbstate_t state = { 0 };
	wchar_t w;

	if (!begun) {
		__sanitizer_install_malloc_and_free_hooks(allocated, freed);
		/* What libc allocates for these, it keeps: so before the first run. */
		setlocale(LC_CTYPE, "C.UTF-8");
		mbrtowc(&w, "\xc3\xa4", 2, &state);
		begun = true;
	}
	fuzz_one((const char *)bytes, len);
	return 0;
}
