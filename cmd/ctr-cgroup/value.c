/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum {
	SET_BYTES = 1024, /* of 8192 processors, the kernel's most */
};

int64_t
size_parse(const char *s)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	int64_t n = 0;
	int shift = 0;

	if (strcmp(s, "max") == 0 || strcmp(s, "-1") == 0)
		return UNLIMITED;
	if (!isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s); s++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n))
			return -1;
	if (*s != '\0') {
		suffix = strchr(suffixes, toupper((unsigned char)*s));
		if (suffix == NULL || s[1] != '\0')
			return -1;
		shift = 10 * (int)(suffix - suffixes + 1);
	}
	return n > INT64_MAX >> shift ? -1 : n << shift;
}

char *
size_text(int64_t n, int version)
{
	if (n == UNLIMITED)
		return xstrdup(version == 1 ? "-1" : "max");
	return xasprintf("%lld", (long long)n);
}

/* Decimal, or with 0x hexadecimal, as a class of net_cls is usually written. */
static bool
parse_number(const char *s, long min, long max, long *n)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	const char *digits = hex ? s + 2 : *s == '-' ? s + 1 : s;
	size_t len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (len == 0 || len > 12 || digits[len] != '\0')
		return false;
	*n = strtol(s, NULL, hex ? 16 : 10);
	return *n >= min && *n <= max;
}

static char *
number_text(const char *s, long min, long max)
{
	long n;

	return parse_number(s, min, max, &n) ? xasprintf("%ld", n) : NULL;
}

/* What the line is about, at the start of *S, which is moved behind it and blanks. */
static char *
parse_about(enum limit_about about, const char **s)
{
	size_t n = strcspn(*s, " "), major = strspn(*s, "0123456789"), i;
	char *name;

	if (n == 0 || (*s)[n] == '\0')
		return NULL;
	if (about == DISK && (major == 0 || (*s)[major] != ':' || major + 1 == n ||
				 major + 1 + strspn(*s + major + 1, "0123456789") != n))
		return NULL;
	for (i = 0; about == NAMED && i < n; i++)
		if (!isalnum((unsigned char)(*s)[i]) && strchr("_.:-", (*s)[i]) == NULL)
			return NULL;
	name = xstrndup(*s, n);
	*s += n;
	*s += strspn(*s, " ");
	return name;
}

/* 0-3,5: each number once in SET, of SET_BYTES. */
static bool
parse_list(const char *s, unsigned char *set)
{
	unsigned long first, last;
	char *end;

	memset(set, 0, SET_BYTES);
	for (;; s = end + 1) {
		if (!isdigit((unsigned char)*s))
			return false;
		last = first = strtoul(s, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return false;
			last = strtoul(end + 1, &end, 10);
		}
		if (first > last || last >= 8UL * SET_BYTES)
			return false;
		for (; first <= last; first++)
			set[first / 8] |= (unsigned char)(1 << first % 8);
		if (*end == '\0')
			return true;
		if (*end != ',')
			return false;
	}
}

/* "a", or "b" or "c" with MAJOR:MINOR, either of which may be *, and one or more of r, w, m. */
static bool
parse_rule(const char *s)
{
	size_t n;
	int i;

	if (strcmp(s, "a") == 0)
		return true;
	if (strchr("abc", *s) == NULL || *s == '\0' || s[1] != ' ')
		return false;
	s += 2;
	for (i = 0; i < 2; i++) {
		n = *s == '*' ? 1 : strspn(s, "0123456789");
		if (n == 0 || s[n] != (i == 0 ? ':' : ' '))
			return false;
		s += n + 1;
	}
	n = strspn(s, "rwm");
	return n > 0 && n <= 3 && s[n] == '\0';
}

/* The length of the word at *WORDS, which is moved to it; 0 where there is no more. */
static size_t
next_word(const char **words)
{
	*words += strspn(*words, " ");
	return strcspn(*words, " ");
}

static bool
is_choice(const char *words, const char *s)
{
	size_t n;

	for (; (n = next_word(&words)) > 0; words += n)
		if (strlen(s) == n && strncmp(words, s, n) == 0)
			return true;
	return false;
}

/* The value that S, "rbps=1M wiops=5", gives the word of N bytes at WORD, in the caller's to free. */
static char *
pair_value(const char *s, const char *word, size_t n)
{
	size_t len;

	for (; (len = next_word(&s)) > 0; s += len)
		if (len > n && strncmp(s, word, n) == 0 && s[n] == '=')
			return xstrndup(s + n + 1, len - n - 1);
	return NULL;
}

/* "rbps=1M": in the order of the form's words; those that are not named are max. */
static char *
parse_pairs(const struct limit_form *form, const char *s)
{
	const char *words = form->words, *rest = s;
	char *text = xstrdup(""), *value, *more;
	size_t n, said = 0, known = 0;
	int64_t limit;
	bool good = true;

	for (; next_word(&rest) > 0; rest += next_word(&rest))
		said++;
	for (; (n = next_word(&words)) > 0; words += n) {
		value = pair_value(s, words, n);
		limit = value == NULL ? UNLIMITED : size_parse(value);
		known += value != NULL;
		good = good && limit >= form->min;
		free(value);
		value = size_text(limit, 2);
		more = xasprintf("%s%s%.*s=%s", text, *text == '\0' ? "" : " ", (int)n, words, value);
		free(value);
		free(text);
		text = more;
	}
	/* One that is not known, or that is there twice. */
	if (good && known > 0 && known == said)
		return text;
	free(text);
	return NULL;
}

/* QUOTA [PERIOD] */
static char *
parse_cpu_max(const struct limit_form *form, const char *s)
{
	const char *blank = strchr(s, ' ');
	char *quota = blank == NULL ? xstrdup(s) : xstrndup(s, (size_t)(blank - s)), *text = NULL;
	long n = 0, period = 100000;

	if ((blank == NULL || parse_number(blank + 1, form->min, form->max, &period)) &&
	    (strcmp(quota, "max") == 0 || parse_number(quota, 1000, INT32_MAX, &n)))
		text = xasprintf("%s %ld", quota, period);
	free(quota);
	return text;
}

/* 0 to 100 with two decimals at most, as Documentation/admin-guide/cgroup-v2.rst has it. */
static char *
parse_percent(const char *s)
{
	size_t whole = strspn(s, "0123456789"), n;
	const char *rest = s + whole + (s[whole] == '.');
	long part;

	if (strcmp(s, "max") == 0)
		return xstrdup(s);
	n = strspn(rest, "0123456789");
	if (whole == 0 || whole > 3 || rest[n] != '\0' || n > 2 || (n == 0) != (s[whole] == '\0'))
		return NULL;
	part = n == 0 ? 0 : strtol(rest, NULL, 10) * (n == 1 ? 10 : 1);
	if (strtol(s, NULL, 10) * 100 + part > 10000)
		return NULL;
	return xasprintf("%ld.%02ld", strtol(s, NULL, 10), part);
}

static char *
parse(const struct limit_form *form, bool second, const char *value)
{
	bool max = strcmp(value, "max") == 0 || strcmp(value, "-1") == 0;
	unsigned char set[SET_BYTES];
	int64_t size;

	switch (form->kind) {
	case SIZE:
		size = size_parse(value);
		return size < 0 ? NULL : size_text(size, second ? 2 : 1);
	case COUNT:
		return max ? xstrdup("max") : number_text(value, form->min, form->max);
	case WEIGHT:
		if (second && form->about == ALL && strncmp(value, "default ", 8) == 0)
			value += 8;
		return number_text(value, second ? 1 : form->min, second ? 10000 : form->max);
	case QUOTA:
		return max ? xstrdup("-1") : number_text(value, form->min, form->max);
	case NUMBER:
		return number_text(value, form->min, form->max);
	case RATE:
		size = size_parse(value);
		return size < 0 ? NULL : xasprintf("%lld", size == UNLIMITED ? 0 : (long long)size);
	case LIST:
		return parse_list(value, set) ? xstrdup(value) : NULL;
	case CPU_MAX:
		return parse_cpu_max(form, value);
	case PERCENT:
		return parse_percent(value);
	case CHOICE:
		return is_choice(form->words, value) ? xstrdup(value) : NULL;
	case PAIRS:
		return parse_pairs(form, value);
	case RULE:
		return parse_rule(value) ? xstrdup(value) : NULL;
	}
	return NULL;
}

char *
value_parse(const struct limit_form *form, const char *key, const char *text, char **about)
{
	char *value;

	*about = form->about == ALL ? NULL : parse_about(form->about, &text);
	if (form->about != ALL && *about == NULL)
		return NULL;
	value = parse(form, !form_said(form, key, 1), text);
	if (value == NULL) {
		free(*about);
		*about = NULL;
	}
	return value;
}

/* What the kernel counts KEY in: its pages, or the large ones of hugetlb.2MB.max. */
static int64_t
page_size(const char *key)
{
	char *size;
	int64_t n = 0;

	if (strncmp(key, "hugetlb.", 8) == 0) {
		key += 8;
		size = xstrndup(key, strcspn(key, "B."));
		n = size_parse(size);
		free(size);
	}
	return n > 0 ? n : sysconf(_SC_PAGESIZE);
}

bool
value_holds(const struct limit_form *form, const char *key, const char *want, const char *have)
{
	unsigned char a[SET_BYTES], b[SET_BYTES];
	int64_t page;

	if (form->kind == LIST && want[0] != '\0')
		return parse_list(want, a) && parse_list(have, b) && memcmp(a, b, sizeof(a)) == 0;
	if (form->kind != SIZE)
		return strcmp(want, have) == 0;
	page = page_size(key);
	/* What version 1 shows for no limit is the largest number of pages. */
	return size_parse(want) / page == size_parse(have) / page;
}
