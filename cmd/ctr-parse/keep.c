/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "say.h"

enum {
	SMALL = 64 * 1024,	/* a block at first: most files need no more */
	LARGE = 2 * 1024 * 1024, /* and then: a huge page, which takes one fault where 4 KiB pages take 512 */
	SMALL_MAX = 4,		/* small blocks before that */
};

static char *block;
static size_t used, size, blocks;

static void
new_block(size_t wanted)
{
	size_t unit = blocks++ < SMALL_MAX ? SMALL : LARGE;

	used = 0;
	size = (wanted + unit - 1) / unit * unit;
	block = aligned_alloc(unit == LARGE ? LARGE : sizeof(void *), size);
	if (block == NULL)
		die(EXIT_FAILED, "cannot allocate memory:");
	/* Where there are none, pages are as good. */
	if (unit == LARGE)
		madvise(block, size, MADV_HUGEPAGE);
}

void *
keep(size_t wanted)
{
	char *p;

	wanted = (wanted + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
	if (size - used < wanted)
		new_block(wanted);
	p = block + used;
	used += wanted;
	return p;
}
