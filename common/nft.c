/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft.h"

#include <dlfcn.h>
#include <linux/close_range.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "netns.h"
#include "say.h"

/*
 * libnftables, which is loaded when it is first called: that takes as long as all else that ctr-net, ctr-ports and ctr-link do
 * where nothing is to be changed, and then it is not.
 */
static struct {
	__typeof__(nft_ctx_new) *ctx_new;
	__typeof__(nft_ctx_free) *ctx_free;
	__typeof__(nft_ctx_buffer_output) *ctx_buffer_output;
	__typeof__(nft_ctx_buffer_error) *ctx_buffer_error;
	__typeof__(nft_ctx_get_output_buffer) *ctx_get_output_buffer;
	__typeof__(nft_ctx_get_error_buffer) *ctx_get_error_buffer;
	__typeof__(nft_ctx_output_set_flags) *ctx_output_set_flags;
	__typeof__(nft_run_cmd_from_filename) *run_cmd_from_filename;
} nft;

static const char library_name[] = "libnftables.so.1";

void
nft_prepare(void)
{
	dlopen(library_name, RTLD_NOW);
}

static void
load(void)
{
	static const struct {
		const char *name;
		void *function; /* of nft, a pointer to a function, as dlsym(3) returns it */
	} symbols[] = {
		{ "nft_ctx_new", &nft.ctx_new },
		{ "nft_ctx_free", &nft.ctx_free },
		{ "nft_ctx_buffer_output", &nft.ctx_buffer_output },
		{ "nft_ctx_buffer_error", &nft.ctx_buffer_error },
		{ "nft_ctx_get_output_buffer", &nft.ctx_get_output_buffer },
		{ "nft_ctx_get_error_buffer", &nft.ctx_get_error_buffer },
		{ "nft_ctx_output_set_flags", &nft.ctx_output_set_flags },
		{ "nft_run_cmd_from_filename", &nft.run_cmd_from_filename },
	};
	void *library, *function;
	size_t i;

	if (nft.ctx_new != NULL)
		return;
	library = dlopen(library_name, RTLD_NOW);
	for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		function = library == NULL ? NULL : dlsym(library, symbols[i].name);
		if (function == NULL)
			die(EXIT_FAILED, "cannot load libnftables: %s", dlerror());
		memcpy(symbols[i].function, &function, sizeof(function));
	}
}

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

/* Kept of one call for the next, since it has a socket as netlink_netfilter()'s. */
static struct {
	struct nft_ctx *ctx;
	struct netns_own own;
} kept;

void
nft_end(void)
{
	if (kept.ctx != NULL)
		nft.ctx_free(kept.ctx);
	kept.ctx = NULL;
}

/* That one, or a new one. */
static struct nft_ctx *
context(void)
{
	if (!netns_is_own(&kept.own))
		nft_end();
	if (kept.ctx != NULL)
		return kept.ctx;
	load();
	kept.ctx = nft.ctx_new(NFT_CTX_DEFAULT);
	/* Without its buffers libnftables writes to stdout and stderr. */
	if (kept.ctx == NULL || nft.ctx_buffer_output(kept.ctx) != 0 || nft.ctx_buffer_error(kept.ctx) != 0)
		die(EXIT_FAILED, "cannot set up libnftables");
	return kept.ctx;
}

/* Runs COMMANDS; *ERROR, where it is no null pointer, gets what is wrong, and *OUT, likewise, what they list. */
static int
run(const char *commands, unsigned flags, char **out, char **error)
{
	struct nft_ctx *ctx = context();
	const char *listed, *said;
	char *path;
	int r, fd;

	if (error != NULL)
		*error = NULL;
	nft.ctx_output_set_flags(ctx, flags);
	fd = in_memory(commands, &path);
	r = nft.run_cmd_from_filename(ctx, path);
	/* Both are emptied by being taken. */
	listed = nft.ctx_get_output_buffer(ctx);
	said = nft.ctx_get_error_buffer(ctx);
	if (r != 0 && error != NULL)
		*error = xstrdup(said == NULL || *said == '\0' ? "libnftables gives no reason" : said);
	if (r == 0 && out != NULL)
		*out = xstrdup(listed == NULL ? "" : listed);
	close(fd);
	free(path);
	/* libnftables opens its socket for who is executed, too. */
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		nft_end();
	return r == 0 ? 0 : -1;
}

int
nft_run(const char *commands, char **error)
{
	return run(commands, NFT_CTX_OUTPUT_NUMERIC_PROTO, NULL, error);
}

char *
nft_rules(const char *command, char **error)
{
	char *text = NULL;

	return run(command, NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE, &text, error) == 0 ? text : NULL;
}
