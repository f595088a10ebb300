/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limit.h"

#include <ctype.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "say.h"

#define UNLIMITED INT64_MAX

enum kind {
	SIZE,  /* bytes, or no limit */
	COUNT, /* a number, or no limit, which both versions call max */
	NUMBER,
	LIST,	/* of processors or memory nodes: 0-3,5 */
	WEIGHT, /* a number that the two versions scale differently */
	QUOTA,	/* cpu.cfs_quota_us: -1 is no limit */
	CPU_MAX,
	RATE, /* of a device, 0 is no limit */
	IO_MAX,
	RULE,
};

/* Limits of one family are said by other keys in the other version, several together. */
enum family {
	ALONE,
	CPU,
	SWAP,
	IO,
};

struct limit_form {
	const char *v1, *v2; /* a null pointer where that version has none */
	enum kind kind;
	enum family family;
	long min, max;		   /* of numbers, in version 1 where they differ */
	const char *none1, *none2; /* limits nothing; a null pointer: as in the group above */
};

#define MEMORY_LIMIT "memory.limit_in_bytes"

/*
 * Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst of Linux. ctr-cgroup(1) has this as a table.
 * memory.high has no row with a key of version 1: there is nothing like it, and a hard limit is none. In the
 * order that they are written: memory before memory and swap.
 */
static const struct limit_form forms[] = {
	{ MEMORY_LIMIT, "memory.max", SIZE, ALONE, 0, 0, "-1", "max" },
	{ "memory.memsw.limit_in_bytes", NULL, SIZE, SWAP, 0, 0, "-1", NULL },
	{ NULL, "memory.swap.max", SIZE, SWAP, 0, 0, NULL, "max" },
	{ "memory.soft_limit_in_bytes", "memory.low", SIZE, ALONE, 0, 0, "-1", "0" },
	{ NULL, "memory.min", SIZE, ALONE, 0, 0, NULL, "0" },
	{ NULL, "memory.high", SIZE, ALONE, 0, 0, NULL, "max" },
	{ NULL, "memory.swap.high", SIZE, ALONE, 0, 0, NULL, "max" },
	{ NULL, "memory.zswap.max", SIZE, ALONE, 0, 0, NULL, "max" },
	{ NULL, "memory.oom.group", NUMBER, ALONE, 0, 1, NULL, "0" },
	{ "memory.kmem.tcp.limit_in_bytes", NULL, SIZE, ALONE, 0, 0, "-1", NULL },
	{ "memory.swappiness", NULL, NUMBER, ALONE, 0, 200, NULL, NULL },
	{ "memory.oom_control", NULL, NUMBER, ALONE, 0, 1, "0", NULL },
	{ "cpu.shares", "cpu.weight", WEIGHT, ALONE, 2, 262144, "1024", "100" },
	{ "cpu.cfs_period_us", NULL, NUMBER, CPU, 1000, 1000000, "100000", NULL },
	{ "cpu.cfs_quota_us", NULL, QUOTA, CPU, 1000, INT32_MAX, "-1", NULL },
	{ NULL, "cpu.max", CPU_MAX, CPU, 1000, 1000000, NULL, "max 100000" },
	{ "cpu.cfs_burst_us", "cpu.max.burst", NUMBER, ALONE, 0, INT32_MAX, "0", "0" },
	{ "cpu.idle", "cpu.idle", NUMBER, ALONE, 0, 1, "0", "0" },
	{ "cpu.rt_runtime_us", NULL, NUMBER, ALONE, 0, INT32_MAX, "0", NULL },
	{ "cpu.rt_period_us", NULL, NUMBER, ALONE, 1, INT32_MAX, "1000000", NULL },
	{ NULL, "cpu.weight.nice", NUMBER, ALONE, -20, 19, NULL, "0" },
	{ "cpuset.cpus", "cpuset.cpus", LIST, ALONE, 0, 0, NULL, "" },
	{ "cpuset.mems", "cpuset.mems", LIST, ALONE, 0, 0, NULL, "" },
	{ "cpuset.cpu_exclusive", NULL, NUMBER, ALONE, 0, 1, "0", NULL },
	{ "cpuset.mem_exclusive", NULL, NUMBER, ALONE, 0, 1, "0", NULL },
	{ "cpuset.memory_migrate", NULL, NUMBER, ALONE, 0, 1, "0", NULL },
	{ "cpuset.sched_load_balance", NULL, NUMBER, ALONE, 0, 1, "1", NULL },
	{ "pids.max", "pids.max", COUNT, ALONE, 0, INT32_MAX, "max", "max" },
	{ "blkio.weight", "io.weight", WEIGHT, ALONE, 10, 1000, "500", "100" },
	{ "blkio.bfq.weight", "io.bfq.weight", NUMBER, ALONE, 1, 1000, "100", "100" },
	{ "blkio.throttle.read_bps_device", NULL, RATE, IO, 0, 0, "0", NULL },
	{ "blkio.throttle.write_bps_device", NULL, RATE, IO, 0, 0, "0", NULL },
	{ "blkio.throttle.read_iops_device", NULL, RATE, IO, 0, 0, "0", NULL },
	{ "blkio.throttle.write_iops_device", NULL, RATE, IO, 0, 0, "0", NULL },
	{ NULL, "io.max", IO_MAX, IO, 0, 0, NULL, "rbps=max wbps=max riops=max wiops=max" },
	{ "devices.deny", "devices.deny", RULE, ALONE, 0, 0, NULL, NULL },
	{ "devices.allow", "devices.allow", RULE, ALONE, 0, 0, NULL, NULL },
	{ "net_cls.classid", NULL, NUMBER, ALONE, 0, UINT32_MAX, "0", NULL },
};

/* The words of io.max, in the kernel's order, and what they are in version 1. */
static const struct {
	const char *word, *v1;
} rates[] = {
	{ "rbps", "blkio.throttle.read_bps_device" },
	{ "wbps", "blkio.throttle.write_bps_device" },
	{ "riops", "blkio.throttle.read_iops_device" },
	{ "wiops", "blkio.throttle.write_iops_device" },
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct limit_form *
find_form(const char *key)
{
	size_t i;

	for (i = 0; i < COUNT_OF(forms); i++)
		if ((forms[i].v1 != NULL && strcmp(forms[i].v1, key) == 0) ||
		    (forms[i].v2 != NULL && strcmp(forms[i].v2, key) == 0))
			return &forms[i];
	return NULL;
}

static bool
said_in(const struct limit_form *form, const char *key, int version)
{
	const char *name = version == 1 ? form->v1 : form->v2;

	return name != NULL && strcmp(name, key) == 0;
}

int
limit_version(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC ? 2 : 1;
}

/* A number of bytes, with K, M, G or T for powers of 1024; max and -1 are UNLIMITED. -1 where it is none. */
static int64_t
parse_size(const char *s)
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

static bool
parse_number(const char *s, long min, long max, long *n)
{
	const char *digits = *s == '-' ? s + 1 : s;
	size_t len = strspn(digits, "0123456789");

	if (len == 0 || len > 12 || digits[len] != '\0')
		return false;
	*n = strtol(s, NULL, 10);
	return *n >= min && *n <= max;
}

/*
 * MAJOR:MINOR at the start of *S, which is moved behind it and blanks; a null pointer where it is not there.
 * 
 */
static char *
parse_device(const char **s)
{
	size_t major = strspn(*s, "0123456789"), minor;
	char *device;

	if (major == 0 || (*s)[major] != ':')
		return NULL;
	minor = strspn(*s + major + 1, "0123456789");
	if (minor == 0 || (*s)[major + 1 + minor] != ' ')
		return NULL;
	device = xstrndup(*s, major + 1 + minor);
	*s += major + 1 + minor;
	*s += strspn(*s, " ");
	return device;
}

/* 0-3,5: each number once in SET, of the caller's, of 8192 bits. */
static bool
parse_list(const char *s, unsigned char *set)
{
	unsigned long first, last;
	char *end;

	memset(set, 0, 1024);
	for (;; s = end + 1) {
		if (!isdigit((unsigned char)*s))
			return false;
		last = first = strtoul(s, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return false;
			last = strtoul(end + 1, &end, 10);
		}
		if (first > last || last >= 8192)
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

static char *
size_text(int64_t n, int version)
{
	if (n == UNLIMITED)
		return xstrdup(version == 1 ? "-1" : "max");
	return xasprintf("%lld", (long long)n);
}

/* "8:0 rbps=1M": the rates after the device, in the kernel's order; those not named are max. */
static char *
parse_io_max(const char *s)
{
	int64_t rate[COUNT_OF(rates)];
	char *copy = xstrdup(s), *save = NULL, *word, *equals, *text = NULL, *shown[COUNT_OF(rates)];
	bool good = true, any = false;
	size_t i;

	for (i = 0; i < COUNT_OF(rates); i++)
		rate[i] = UNLIMITED;
	for (word = strtok_r(copy, " ", &save); word != NULL && good; word = strtok_r(NULL, " ", &save)) {
		equals = strchr(word, '=');
		if (equals != NULL)
			*equals = '\0';
		for (i = 0; i < COUNT_OF(rates) && strcmp(rates[i].word, word) != 0; i++)
			;
		good = equals != NULL && i < COUNT_OF(rates) && (rate[i] = parse_size(equals + 1)) > 0;
		any = true;
	}
	free(copy);
	if (!good || !any)
		return NULL;
	for (i = 0; i < COUNT_OF(rates); i++)
		shown[i] = size_text(rate[i], 2);
	text = xasprintf("rbps=%s wbps=%s riops=%s wiops=%s", shown[0], shown[1], shown[2], shown[3]);
	for (i = 0; i < COUNT_OF(rates); i++)
		free(shown[i]);
	return text;
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

/*
 * Of the form of KEY, the VALUE that was given, as the kernel takes it in KEY's own version; a null pointer
 * where it is none.
 */
static char *
parse_value(const struct limit_form *form, const char *key, const char *value, char **device)
{
	bool second = !said_in(form, key, 1);
	unsigned char set[1024];
	int64_t size;
	long n;

	switch (form->kind) {
	case SIZE:
		size = parse_size(value);
		return size < 0 ? NULL : size_text(size, second ? 2 : 1);
	case COUNT:
		if (strcmp(value, "max") == 0 || strcmp(value, "-1") == 0)
			return xstrdup("max");
		return parse_number(value, form->min, form->max, &n) ? xasprintf("%ld", n) : NULL;
	case WEIGHT:
		if (second && strncmp(value, "default ", 8) == 0)
			value += 8;
		if (!parse_number(value, second ? 1 : form->min, second ? 10000 : form->max, &n))
			return NULL;
		return xasprintf("%ld", n);
	case QUOTA:
		if (strcmp(value, "max") == 0 || strcmp(value, "-1") == 0)
			return xstrdup("-1");
		/* fall through */
	case NUMBER:
		return parse_number(value, form->min, form->max, &n) ? xasprintf("%ld", n) : NULL;
	case LIST:
		return parse_list(value, set) ? xstrdup(value) : NULL;
	case CPU_MAX:
		return parse_cpu_max(form, value);
	case RATE:
		*device = parse_device(&value);
		size = *device == NULL ? -1 : parse_size(value);
		return size < 0 ? NULL : xasprintf("%lld", size == UNLIMITED ? 0 : (long long)size);
	case IO_MAX:
		*device = parse_device(&value);
		return *device == NULL ? NULL : parse_io_max(value);
	case RULE:
		return parse_rule(value) ? xstrdup(value) : NULL;
	}
	return NULL;
}

struct list {
	struct limit *limit;
	long n;
};

static void
add(struct list *list, const struct limit_form *form, int version, const char *device, char *value)
{
	list->limit = xrealloc(list->limit, (size_t)list->n + 1, sizeof(*list->limit));
	list->limit[list->n++] = (struct limit){ .form = form,
		.version = version,
		.key = version == 1 ? form->v1 : form->v2,
		.device = device == NULL ? NULL : xstrdup(device),
		.value = value };
}

static const struct limit *
find(const struct list *list, const char *key, const char *device)
{
	long i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->limit[i].key, key) == 0 &&
		    (device == NULL || strcmp(list->limit[i].device, device) == 0))
			return &list->limit[i];
	return NULL;
}

/*
 * FROM..., a number between MIN and MAX, to where it stands between TO_MIN and TO_MAX, as crun and systemd
 * reckon.
 */
static char *
scale(const char *from, long min, long max, long to_min, long to_max)
{
	return xasprintf("%ld", to_min + (strtol(from, NULL, 10) - min) * (to_max - to_min) / (max - min));
}

/* Version 2 counts swap alone, version 1 memory and swap together. */
static char *
translate_swap(const struct list *said, const struct limit *l, int version, struct list *to)
{
	const struct limit *memory = find(said, MEMORY_LIMIT, NULL);
	int64_t have, base, sum;

	/* Either key of the memory's own limit will do. */
	if (memory == NULL)
		memory = find(said, "memory.max", NULL);
	have = parse_size(l->value);
	base = memory == NULL ? UNLIMITED : parse_size(memory->value);
	if (have == UNLIMITED)
		sum = UNLIMITED;
	else if (base == UNLIMITED)
		return xasprintf("'%s' needs a limit '%s' beside it", l->key,
		    version == 1 ? "memory.max" : MEMORY_LIMIT);
	else if (version == 2 && have < base)
		return xasprintf("'%s' is less than the limit of memory alone", l->key);
	else if (version == 2)
		sum = have - base;
	else if (__builtin_add_overflow(base, have, &sum))
		sum = UNLIMITED;
	add(to, find_form(version == 2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes"), version, NULL,
	    size_text(sum, version));
	return NULL;
}

static void
translate_cpu(const struct list *said, const struct limit *l, int version, struct list *to)
{
	const struct limit *quota, *period;
	const char *blank;

	if (version == 1) {
		blank = strchr(l->value, ' ');
		add(to, find_form("cpu.cfs_period_us"), 1, NULL, xstrdup(blank + 1));
		add(to, find_form("cpu.cfs_quota_us"), 1, NULL,
		    strncmp(l->value, "max", 3) == 0 ? xstrdup("-1")
						     : xstrndup(l->value, (size_t)(blank - l->value)));
	} else if (find(to, "cpu.max", NULL) == NULL) {
		quota = find(said, "cpu.cfs_quota_us", NULL);
		period = find(said, "cpu.cfs_period_us", NULL);
		add(to, find_form("cpu.max"), 2, NULL,
		    xasprintf("%s %s", quota == NULL || quota->value[0] == '-' ? "max" : quota->value,
			period == NULL ? "100000" : period->value));
	}
}

static void
translate_io(const struct list *said, const struct limit *l, int version, struct list *to)
{
	const struct limit *rate;
	const char *shown[COUNT_OF(rates)], *s;
	size_t i;

	if (version == 1) {
		for (i = 0, s = l->value; i < COUNT_OF(rates); i++) {
			s = strchr(s, '=') + 1;
			if (strncmp(s, "max", 3) != 0)
				add(to, find_form(rates[i].v1), 1, l->device, xstrndup(s, strcspn(s, " ")));
		}
	} else if (find(to, "io.max", l->device) == NULL) {
		for (i = 0; i < COUNT_OF(rates); i++) {
			rate = find(said, rates[i].v1, l->device);
			shown[i] = rate == NULL || strcmp(rate->value, "0") == 0 ? "max" : rate->value;
		}
		add(to, find_form("io.max"), 2, l->device,
		    xasprintf("rbps=%s wbps=%s riops=%s wiops=%s", shown[0], shown[1], shown[2], shown[3]));
	}
}

/*
 * L, which was said in the other version, in VERSION. What is wrong, in the caller's to free, or a null
 * pointer.
 */
static char *
translate(const struct list *said, const struct limit *l, int version, struct list *to)
{
	const struct limit_form *form = l->form;
	int64_t size;
	char *value;

	switch (form->family) {
	case SWAP:
		return translate_swap(said, l, version, to);
	case CPU:
		translate_cpu(said, l, version, to);
		return NULL;
	case IO:
		translate_io(said, l, version, to);
		return NULL;
	case ALONE:
		break;
	}
	if ((version == 1 ? form->v1 : form->v2) == NULL)
		return xasprintf("'%s' has nothing like it in control groups of version %d", l->key, version);
	if (form->kind == WEIGHT) {
		value = version == 2 ? scale(l->value, form->min, form->max, 1, 10000)
				     : scale(l->value, 1, 10000, form->min, form->max);
	} else if (form->kind == SIZE) {
		size = parse_size(l->value);
		/* No soft limit is no protection, whose zero is not a limit of nothing. */
		if (strcmp(form->none2, "0") == 0 && size == (version == 1 ? 0 : UNLIMITED))
			value = xstrdup(version == 1 ? form->none1 : form->none2);
		else
			value = size_text(size, version);
	} else {
		value = xstrdup(l->value);
	}
	add(to, form, version, NULL, value);
	return NULL;
}

/*
 * In the order of the forms; rules of devices, of which there may be several of one form, stay in their own.
 * 
 */
static void
sort(struct list *list)
{
	struct limit l;
	long i, k;

	for (i = 1; i < list->n; i++) {
		l = list->limit[i];
		for (k = i; k > 0 && list->limit[k - 1].form > l.form; k--)
			list->limit[k] = list->limit[k - 1];
		list->limit[k] = l;
	}
}

/* What the facts say, each in its own version. */
static char *
read_facts(const struct record *r, struct list *said)
{
	const struct limit_form *form;
	const struct fact *f = NULL;
	char *device, *value;
	long i;

	while ((f = record_find(r, "cgroup", f)) != NULL) {
		form = find_form(f->field[0]);
		if (strcmp(f->field[0], "freezer.state") == 0 || strcmp(f->field[0], "cgroup.freeze") == 0)
			return xasprintf("'%s' is no limit; lxc-freeze(1) freezes a container", f->field[0]);
		if (form == NULL)
			return xasprintf(
			    "there is no limit '%s' in control groups of either version", f->field[0]);
		device = NULL;
		value = parse_value(form, f->field[0], f->field[1], &device);
		for (i = 0; value != NULL && i < said->n; i++)
			if (form->kind != RULE && limit_alias(said->limit[i].key, f->field[0]) &&
			    (device == NULL || strcmp(device, said->limit[i].device) == 0)) {
				free(device);
				free(value);
				return xasprintf(
				    "'%s' and '%s' say the same limit", said->limit[i].key, f->field[0]);
			}
		if (value != NULL)
			add(said, form, said_in(form, f->field[0], 1) ? 1 : 2, device, value);
		free(device);
		if (value == NULL)
			return xasprintf("'%s' is no value of '%s'", f->field[1], f->field[0]);
	}
	return NULL;
}

long
limits_make(const struct record *r, int version, struct limit **limits, char **error)
{
	struct list said = { 0 }, to = { 0 };
	const struct limit *l;
	long i;

	*error = read_facts(r, &said);
	for (i = 0; i < said.n && *error == NULL; i++) {
		l = &said.limit[i];
		if (said_in(l->form, l->key, version))
			add(&to, l->form, version, l->device, xstrdup(l->value));
		else
			*error = translate(&said, l, version, &to);
	}
	limits_free(said.limit, said.n);
	if (*error != NULL) {
		limits_free(to.limit, to.n);
		return -1;
	}
	sort(&to);
	*limits = to.limit;
	return to.n;
}

void
limits_free(struct limit *limits, long n)
{
	long i;

	for (i = 0; i < n; i++) {
		free(limits[i].device);
		free(limits[i].value);
	}
	free(limits);
}

bool
limit_alias(const char *a, const char *b)
{
	const struct limit_form *x = find_form(a), *y = find_form(b);

	if (x == NULL || y == NULL)
		return strcmp(a, b) == 0;
	return x == y || (x->family != ALONE && x->family == y->family && (x->v1 == NULL) != (y->v1 == NULL));
}

bool
limit_same(const struct limit *a, const struct limit *b)
{
	if (a->form != b->form)
		return false;
	if (a->form->kind == RULE)
		return strcmp(a->value, b->value) == 0;
	return a->device == NULL || b->device == NULL || strcmp(a->device, b->device) == 0;
}

bool
limit_is_rule(const struct limit *l)
{
	return l->form->kind == RULE;
}

char *
limit_text(const struct limit *l)
{
	return l->device == NULL ? xstrdup(l->value) : xasprintf("%s %s", l->device, l->value);
}

struct limit *
limit_none(const struct limit *l)
{
	const char *none = l->version == 1 ? l->form->none1 : l->form->none2;
	struct list list = { 0 };

	add(&list, l->form, l->version, l->device, none == NULL ? NULL : xstrdup(none));
	return list.limit;
}

char *
limit_current(const struct limit *l, const char *text)
{
	size_t len, device = l->device == NULL ? 0 : strlen(l->device);
	const char *s = text, *blank;

	if (device > 0) {
		for (; *s != '\0'; s += len + (s[len] == '\n')) {
			len = strcspn(s, "\n");
			if (strncmp(s, l->device, device) == 0 && s[device] == ' ')
				return xstrndup(s + device + 1, len - device - 1);
		}
		/* A device without a line has no limit. */
		return xstrdup(l->form->kind == RATE ? "0" : "rbps=max wbps=max riops=max wiops=max");
	}
	len = strcspn(s, "\n");
	/* "oom_kill_disable 0", "default 100" */
	blank = memchr(s, ' ', len);
	if (blank != NULL && l->form->kind != CPU_MAX) {
		len -= (size_t)(blank + 1 - s);
		s = blank + 1;
	}
	return xstrndup(s, len);
}

bool
limit_holds(const struct limit *l, const char *current)
{
	unsigned char want[1024], have[1024];
	int64_t a, b, page = sysconf(_SC_PAGESIZE);

	if (l->form->kind == LIST && l->value[0] != '\0')
		return parse_list(l->value, want) && parse_list(current, have) &&
		    memcmp(want, have, sizeof(want)) == 0;
	if (l->form->kind != SIZE)
		return strcmp(l->value, current) == 0;
	a = parse_size(l->value);
	b = parse_size(current);
	/* The kernel counts pages; what version 1 shows for no limit is the largest number of them. */
	return a / page == b / page;
}
