/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "say.h"

enum {
	PARTS_MAX = 16, /* a concatenation has at most 16 registers of 32 bits (linux/netfilter/nf_tables.h) */
};

/*
 * The commands as a file in memory, and its path in *PATH: libnftables gives the line of an error only for
 * what it read from a file. Returns the file's descriptor.
 */
static int
in_memory(const char *commands, char **path)
{
	int fd = memfd_create("nft", MFD_CLOEXEC);
	size_t left = strlen(commands);
	ssize_t n;

	if (fd < 0)
		die(EXIT_FAILED, "cannot make a file in memory:");
	for (; left > 0; commands += n, left -= (size_t)n)
		if ((n = write(fd, commands, left)) < 0)
			die(EXIT_FAILED, "cannot write a file in memory:");
	*path = xasprintf("/proc/self/fd/%d", fd);
	return fd;
}

static int
run(const char *commands, unsigned int output, char **text, char **error)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	char *path;
	const char *said;
	int r, fd;

	if (text != NULL)
		*text = NULL;
	if (error != NULL)
		*error = NULL;
	if (ctx == NULL)
		die(EXIT_FAILED, "cannot set up libnftables");
	nft_ctx_output_set_flags(ctx, output);
	/* Without its buffers libnftables writes to stdout and stderr. */
	if (nft_ctx_buffer_output(ctx) != 0 || nft_ctx_buffer_error(ctx) != 0)
		die(EXIT_FAILED, "cannot set up libnftables");
	fd = in_memory(commands, &path);
	r = nft_run_cmd_from_filename(ctx, path);
	if (r == 0 && text != NULL) {
		said = nft_ctx_get_output_buffer(ctx);
		*text = xstrdup(said == NULL ? "" : said);
	}
	if (r != 0 && error != NULL) {
		said = nft_ctx_get_error_buffer(ctx);
		*error = xstrdup(said == NULL || *said == '\0' ? "libnftables gives no reason" : said);
	}
	nft_ctx_free(ctx);
	close(fd);
	free(path);
	return r == 0 ? 0 : -1;
}

int
nft_run(const char *commands, char **error)
{
	return run(commands, 0, NULL, error);
}

int
nft_list(const char *commands, char **text, char **error)
{
	/* Protocols keep their names; services are numbers as long as no flag asks for their names. */
	return run(commands, NFT_CTX_OUTPUT_NUMERIC_PRIO | NFT_CTX_OUTPUT_NUMERIC_SYMBOL, text, error);
}

/*
 * The next token of *P, copied into the text itself and ended there: a word, a quoted string without its
 * quotes, or one of , { } ; alone. *QUOTED says which of the first two. A null pointer at the end.
 */
static char *
token(const char **p, char *store, bool *quoted)
{
	const char *s = *p + strspn(*p, " \t\r\n");
	size_t n;

	*quoted = *s == '"';
	if (*s == '\0')
		return NULL;
	if (*quoted) {
		n = strcspn(++s, "\"");
		*p = s + n + (s[n] == '"');
	} else {
		n = strchr(",{};", *s) != NULL ? 1 : strcspn(s, " \t\r\n\",{};");
		*p = s + n;
	}
	memcpy(store, s, n);
	store[n] = '\0';
	return store;
}

int
nft_elements(const char *text,
    int (*each)(char **key, size_t nkey, char **data, size_t ndata, const char *comment, void *arg), void *arg)
{
	/* Of every token, its bytes and a NUL: never more than twice the text. */
	char *buf = xmalloc(2 * strlen(text) + 2), *store = buf, *t;
	char *part[2][PARTS_MAX], *comment = NULL;
	size_t n[2] = {0, 0};
	/* A part is expected at the start, after a "." and after the ":"; other words are options of the element. */
	bool quoted, inside = false, wanted = true, is_comment = false, was_elements = false;
	int side = 0, r = 0;

	while (r == 0 && (t = token(&text, store, &quoted)) != NULL) {
		if (!inside) {
			/* "elements = {", of which "elements" and "=" come as words of their own */
			if (!quoted && *t == '{' && was_elements)
				inside = true;
			else if (quoted || strcmp(t, "=") != 0)
				was_elements = !quoted && strcmp(t, "elements") == 0;
			continue;
		}
		if (!quoted && (*t == ',' || *t == '}')) {
			if (n[0] > 0)
				r = each(part[0], n[0], part[1], n[1], comment, arg);
			inside = *t == ',';
			was_elements = is_comment = false;
			wanted = true;
			comment = NULL;
			n[0] = n[1] = 0;
			side = 0;
			store = buf;
			continue;
		}
		if (!quoted && strcmp(t, ":") == 0) {
			side = 1;
			wanted = true;
			continue;
		}
		if (!quoted && strcmp(t, ".") == 0) {
			wanted = true;
			continue;
		}
		if (wanted && n[side] < PARTS_MAX)
			part[side][n[side]++] = t;
		else if (is_comment && quoted)
			comment = t;
		is_comment = !wanted && !quoted && strcmp(t, "comment") == 0;
		wanted = false;
		store += strlen(t) + 1;
	}
	free(buf);
	return r;
}
