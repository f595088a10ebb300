/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "quote.h"

#include <string.h>

#include "say.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:,./-"

void
quote_write(FILE *out, const char *word)
{
	if (*word != '\0' && word[strspn(word, PLAIN)] == '\0') {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	putc('\'', out);
}

char *
quote_text(const char *word)
{
	char *text = NULL;
	size_t len;
	FILE *out = xopen_memstream(&text, &len);

	quote_write(out, word);
	xfclose(out);
	return text;
}
