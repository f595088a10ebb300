/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chains.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

enum {
	DEPTH_MAX = 16, /* of jumps, as in the kernel (NFT_JUMP_STACK_SIZE) */
	WORD_BYTES = 256,
};

enum match { NO, MAYBE, YES };

enum verdict { GO_ON, ACCEPT, DROP, RETURN, JUMP, GOTO };

/*
 * The next word of *S, without quotes, into WORD; a set in braces is one word. Longer ones are cut. Returns false at the
 * end.
 */
static bool
next_word(const char **s, char word[WORD_BYTES])
{
	size_t n = 0;
	char end = ' ';

	*s += strspn(*s, " \t");
	if (**s == '\0')
		return false;
	if (**s == '"' || **s == '{')
		end = *(*s)++ == '"' ? '"' : '}';
	for (; **s != '\0' && **s != end; ++*s)
		if (n + 1 < WORD_BYTES)
			word[n++] = **s;
	word[n] = '\0';
	*s += **s == '\0' ? 0 : 1;
	return true;
}

/* Whether an interface of which is known only IS_CTR, that its name begins with ctr, has the name or pattern NAME. */
static enum match
match_name(const char *name, bool is_ctr)
{
	size_t n = strcspn(name, "*");

	/* A set, of which somebody may think what it has. */
	if (strpbrk(name, "@, ") != NULL || name[0] == '\0')
		return MAYBE;
	if (n <= 3 && name[n] == '*' && strncmp(name, "ctr", n) == 0)
		return is_ctr || n == 0 ? YES : n == 3 ? NO : MAYBE;
	return is_ctr == (strncmp(name, "ctr", 3) == 0) ? MAYBE : NO;
}

/* Skips what belongs to `log`, and demands nothing. */
static void
skip_log(const char **s)
{
	static const char *const options[] = { "prefix", "level", "group", "snaplen", "queue-threshold",
		"flags" };
	char word[WORD_BYTES];
	const char *at;
	size_t i;

	for (;;) {
		at = *s;
		if (!next_word(s, word))
			return;
		for (i = 0; i < sizeof(options) / sizeof(options[0]) && strcmp(word, options[i]) != 0;)
			i++;
		if (i == sizeof(options) / sizeof(options[0])) {
			*s = at;
			return;
		}
		next_word(s, word);
	}
}

/* Whether RULE meets P, and what it does then: *VERDICT, with the chain of a jump in TARGET. *OWN: it names ctr*. */
static enum match
match_rule(
    const char *rule, const struct packet *p, enum verdict *verdict, char target[WORD_BYTES], bool *own)
{
	static const struct {
		const char *word;
		enum verdict verdict;
	} ends[] = { { "accept", ACCEPT }, { "drop", DROP }, { "reject", DROP }, { "return", RETURN },
		{ "jump", JUMP }, { "goto", GOTO } };
	enum match all = YES, one;
	char word[WORD_BYTES], value[WORD_BYTES];
	bool in, not ;
	size_t i;

	*verdict = GO_ON;
	*own = false;
	while (next_word(&rule, word)) {
		for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (strcmp(word, ends[i].word) == 0) {
				*verdict = ends[i].verdict;
				if (*verdict == JUMP || *verdict == GOTO)
					next_word(&rule, target);
				return all;
			}
		in = strcmp(word, "iifname") == 0;
		if (in || strcmp(word, "oifname") == 0) {
			if (!next_word(&rule, value))
				return NO;
			not = strcmp(value, "!=") == 0;
			if (not &&!next_word(&rule, value))
				return NO;
			one = match_name(value, in ? p->from : p->to);
			*own = *own || (one == YES && !not &&strncmp(value, "ctr", 3) == 0);
			if (not &&one != MAYBE)
				one = one == YES ? NO : YES;
			all = one < all ? one : all;
		} else if (strcmp(word, "log") == 0) {
			skip_log(&rule);
		} else if (strcmp(word, "comment") == 0) {
			next_word(&rule, value);
		} else if (strcmp(word, "counter") != 0) {
			/* Whatever it demands; and words that follow it, and are the verdict, stay to be seen. */
			all = MAYBE < all ? MAYBE : all;
		}
	}
	return all;
}

static const struct chain *
find_chain(const char *name, const struct chain *chains, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(chains[i].name, name) == 0)
			return &chains[i];
	return NULL;
}

/* ACCEPT or DROP where it certainly comes to that in C, or in a chain that it is certainly sent to; else GO_ON. */
static enum verdict
walk(const struct chain *c, const struct chain *chains, size_t n, const struct packet *p, int depth,
    const char **rule)
{
	enum verdict verdict;
	char target[WORD_BYTES] = "";
	enum match match;
	bool own;
	size_t i;

	for (i = 0; c != NULL && depth < DEPTH_MAX && i < c->n; i++) {
		match = match_rule(c->rule[i], p, &verdict, target, &own);
		if (verdict == ACCEPT && match == MAYBE && own && p->trusting)
			return ACCEPT;
		if (match != YES || verdict == GO_ON)
			continue;
		if (verdict == RETURN)
			return GO_ON;
		if (verdict == DROP)
			*rule = c->rule[i];
		if (verdict == ACCEPT || verdict == DROP)
			return verdict;
		match = verdict == GOTO ? YES : NO;
		verdict = walk(find_chain(target, chains, n), chains, n, p, depth + 1, rule);
		if (verdict != GO_ON || match == YES)
			return verdict;
	}
	return GO_ON;
}

bool
chains_drop(const struct chain *start, const struct chain *chains, size_t n, const struct packet *p,
    const char **rule)
{
	enum verdict verdict;

	*rule = NULL;
	verdict = walk(start, chains, n, p, 0, rule);
	return verdict == DROP || (verdict == GO_ON && start->drops);
}

/* The word after KEY in LINE, up to a blank or ';', of the caller's to free; a null pointer where there is no KEY. */
static char *
word_after(const char *line, const char *key)
{
	const char *s = strstr(line, key);

	if (s == NULL)
		return NULL;
	s += strlen(key);
	return xstrndup(s, strcspn(s, " ;{"));
}

size_t
chains_parse(const char *text, struct chain **chains)
{
	char *copy = xstrdup(text), *rest = copy, *line, *family = NULL, *table = NULL;
	struct chain *all = NULL, *c = NULL;
	size_t n = 0, indent;

	while ((line = strsep(&rest, "\n")) != NULL) {
		indent = strspn(line, "\t");
		line += indent;
		if (indent == 0 && strncmp(line, "table ", 6) == 0) {
			free(family);
			family = word_after(line, "table ");
			free(table);
			table = word_after(line + 6 + strlen(family), " ");
		} else if (indent == 1) {
			c = NULL;
			if (strncmp(line, "chain ", 6) != 0 || table == NULL)
				continue;
			all = xrealloc(all, n + 1, sizeof(*all));
			c = &all[n++];
			*c = (struct chain){ .family = xstrdup(family), .table = xstrdup(table) };
			c->name = word_after(line, "chain ");
		} else if (indent >= 2 && c != NULL && strncmp(line, "type ", 5) == 0 &&
			   strstr(line, " hook ") != NULL) {
			c->hook = word_after(line, " hook ");
			c->drops = strstr(line, "policy drop") != NULL;
		} else if (indent >= 2 && c != NULL && *line != '\0') {
			c->rule = xrealloc(c->rule, c->n + 1, sizeof(*c->rule));
			c->rule[c->n++] = xstrdup(line);
		}
	}
	free(family);
	free(table);
	free(copy);
	*chains = all;
	return n;
}

void
chains_free(struct chain *chains, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < chains[i].n; k++)
			free(chains[i].rule[k]);
		free(chains[i].rule);
		free(chains[i].family);
		free(chains[i].table);
		free(chains[i].name);
		free(chains[i].hook);
	}
	free(chains);
}
