/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "say.h"

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

/* Runs COMMANDS; *ERROR, where it is no null pointer, gets what is wrong, and *OUT, likewise, what they list. */
static int
run(const char *commands, char **out, char **error)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	char *path;
	const char *said;
	int r, fd;

	if (error != NULL)
		*error = NULL;
	/* Without its buffers libnftables writes to stdout and stderr. */
	if (ctx == NULL || nft_ctx_buffer_output(ctx) != 0 || nft_ctx_buffer_error(ctx) != 0)
		die(EXIT_FAILED, "cannot set up libnftables");
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_NUMERIC_PROTO);
	fd = in_memory(commands, &path);
	r = nft_run_cmd_from_filename(ctx, path);
	if (r != 0 && error != NULL) {
		said = nft_ctx_get_error_buffer(ctx);
		*error = xstrdup(said == NULL || *said == '\0' ? "libnftables gives no reason" : said);
	}
	if (r == 0 && out != NULL) {
		said = nft_ctx_get_output_buffer(ctx);
		*out = xstrdup(said == NULL ? "" : said);
	}
	nft_ctx_free(ctx);
	close(fd);
	free(path);
	return r == 0 ? 0 : -1;
}

int
nft_run(const char *commands, char **error)
{
	return run(commands, NULL, error);
}

char *
nft_list(const char *command, char **error)
{
	char *text = NULL;

	return run(command, &text, error) == 0 ? text : NULL;
}
