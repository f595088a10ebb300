/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define MEMORY_MAX "'memory.max', which counts that too"
#define PARTITION "'cpuset.cpus.partition'"

/*
 * Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst of Linux, and the kernel's sources where these are
 * silent. ctr-cgroup(1) has this as a table. In the order that they are written: memory before memory and
 * swap. A row with one key only has nothing like it in the other version: none that comes near it, such as
 * memory.high to memory.limit_in_bytes, takes its place, as a hard limit is no soft one.
 */
static const struct limit_form forms[] = {
	{ .v1 = "memory.limit_in_bytes", .v2 = "memory.max", .kind = SIZE, .none1 = "-1", .none2 = "max" },
	{ .v1 = "memory.memsw.limit_in_bytes", .kind = SIZE, .family = SWAP, .none1 = "-1" },
	{ .v2 = "memory.swap.max", .kind = SIZE, .family = SWAP, .none2 = "max" },
	{ .v1 = "memory.soft_limit_in_bytes", .v2 = "memory.low", .kind = SIZE, .none1 = "-1", .none2 = "0" },
	{ .v2 = "memory.min", .kind = SIZE, .none2 = "0",
	    .near1 = "'memory.soft_limit_in_bytes', which is a wish" },
	{ .v2 = "memory.high", .kind = SIZE, .none2 = "max",
	    .near1 = "'memory.limit_in_bytes', which kills where this slows down" },
	{ .v2 = "memory.swap.high", .kind = SIZE, .none2 = "max", .near1 = "'memory.memsw.limit_in_bytes'" },
	{ .v2 = "memory.zswap.max", .kind = SIZE, .none2 = "max", .near1 = "'memory.memsw.limit_in_bytes'" },
	{ .v2 = "memory.zswap.writeback", .kind = NUMBER, .max = 1, .none2 = "1", .near1 = "'memory.swappiness'" },
	{ .v2 = "memory.oom.group", .kind = NUMBER, .max = 1, .none2 = "0" },
	{ .v1 = "memory.kmem.limit_in_bytes", .kind = SIZE, .none1 = "-1", .near2 = MEMORY_MAX,
	    .near1 = "'memory.limit_in_bytes', which counts that too" },
	{ .v1 = "memory.kmem.tcp.limit_in_bytes", .kind = SIZE, .none1 = "-1", .near2 = MEMORY_MAX },
	{ .v1 = "memory.swappiness", .kind = NUMBER, .max = 200,
	    .near2 = "'memory.swap.max', which bounds what is swapped" },
	{ .v1 = "memory.oom_control", .kind = NUMBER, .max = 1, .none1 = "0",
	    .near2 = "'memory.high', which slows down before anything is killed" },
	{ .v1 = "cpu.shares", .v2 = "cpu.weight", .kind = WEIGHT, .family = SHARE, .min = 2, .max = 262144,
	    .usual = 1024, .none1 = "1024", .none2 = "100" },
	{ .v2 = "cpu.weight.nice", .kind = NUMBER, .family = SHARE, .min = -20, .max = 19, .none2 = "0" },
	{ .v1 = "cpu.cfs_period_us", .kind = NUMBER, .family = CPU, .min = 1000, .max = 1000000,
	    .none1 = "100000" },
	{ .v1 = "cpu.cfs_quota_us", .kind = QUOTA, .family = CPU, .min = 1000, .max = INT32_MAX, .none1 = "-1" },
	{ .v2 = "cpu.max", .kind = CPU_MAX, .family = CPU, .min = 1000, .max = 1000000, .none2 = "max 100000" },
	{ .v1 = "cpu.cfs_burst_us", .v2 = "cpu.max.burst", .kind = NUMBER, .max = INT32_MAX, .none1 = "0",
	    .none2 = "0" },
	{ .v1 = "cpu.idle", .v2 = "cpu.idle", .kind = NUMBER, .max = 1, .none1 = "0", .none2 = "0" },
	{ .v1 = "cpu.uclamp.min", .v2 = "cpu.uclamp.min", .kind = PERCENT, .none1 = "0.00", .none2 = "0.00" },
	{ .v1 = "cpu.uclamp.max", .v2 = "cpu.uclamp.max", .kind = PERCENT, .none1 = "max", .none2 = "max" },
	{ .v1 = "cpu.rt_period_us", .kind = NUMBER, .min = 1, .max = INT32_MAX, .none1 = "1000000",
	    .near2 = "'cpu.max', which does not bound real-time processes" },
	{ .v1 = "cpu.rt_runtime_us", .kind = NUMBER, .max = INT32_MAX, .none1 = "0",
	    .near2 = "'cpu.max', which does not bound real-time processes" },
	{ .v1 = "cpuset.cpus", .v2 = "cpuset.cpus", .kind = LIST },
	{ .v1 = "cpuset.mems", .v2 = "cpuset.mems", .kind = LIST },
	{ .v2 = "cpuset.cpus.partition", .kind = CHOICE, .words = "member root isolated", .none2 = "member",
	    .near1 = "'cpuset.cpu_exclusive'" },
	{ .v2 = "cpuset.cpus.exclusive", .kind = LIST, .none2 = "", .near1 = "'cpuset.cpu_exclusive'",
	    .near2 = PARTITION },
	{ .v1 = "cpuset.cpu_exclusive", .kind = NUMBER, .max = 1, .none1 = "0", .near2 = PARTITION },
	{ .v1 = "cpuset.mem_exclusive", .kind = NUMBER, .max = 1, .none1 = "0", .near2 = "'cpuset.mems'" },
	{ .v1 = "cpuset.mem_hardwall", .kind = NUMBER, .max = 1, .none1 = "0", .near2 = "'cpuset.mems'" },
	{ .v1 = "cpuset.memory_migrate", .kind = NUMBER, .max = 1, .none1 = "0",
	    .near2 = "'cpuset.mems', which always moves memory" },
	{ .v1 = "cpuset.memory_spread_page", .kind = NUMBER, .max = 1, .none1 = "0" },
	{ .v1 = "cpuset.memory_spread_slab", .kind = NUMBER, .max = 1, .none1 = "0" },
	{ .v1 = "cpuset.sched_load_balance", .kind = NUMBER, .max = 1, .none1 = "1", .near2 = PARTITION },
	{ .v1 = "cpuset.sched_relax_domain_level", .kind = NUMBER, .min = -1, .max = 5, .none1 = "-1" },
	{ .v1 = "pids.max", .v2 = "pids.max", .kind = COUNT, .max = INT32_MAX, .none1 = "max", .none2 = "max" },
	{ .v1 = "blkio.weight", .v2 = "io.weight", .kind = WEIGHT, .min = 10, .max = 1000, .usual = 500,
	    .none1 = "500", .none2 = "100", .near1 = "'blkio.bfq.weight'", .near2 = "'io.bfq.weight'" },
	{ .v1 = "blkio.weight_device", .v2 = "io.weight", .kind = WEIGHT, .about = DISK, .min = 10, .max = 1000,
	    .usual = 500, .none1 = "default", .none2 = "default", .near1 = "'blkio.bfq.weight_device'",
	    .near2 = "'io.bfq.weight'" },
	{ .v1 = "blkio.leaf_weight", .kind = NUMBER, .min = 10, .max = 1000, .none1 = "500",
	    .near1 = "'blkio.bfq.weight'", .near2 = "'io.weight'" },
	{ .v1 = "blkio.leaf_weight_device", .kind = NUMBER, .about = DISK, .min = 10, .max = 1000,
	    .none1 = "default", .near1 = "'blkio.bfq.weight_device'", .near2 = "'io.weight'" },
	{ .v1 = "blkio.bfq.weight", .v2 = "io.bfq.weight", .kind = NUMBER, .min = 1, .max = 1000, .none1 = "100",
	    .none2 = "100", .near1 = "'blkio.weight'", .near2 = "'io.weight'" },
	{ .v1 = "blkio.bfq.weight_device", .v2 = "io.bfq.weight", .kind = NUMBER, .about = DISK, .min = 1,
	    .max = 1000, .none1 = "default", .none2 = "default", .near1 = "'blkio.weight_device'",
	    .near2 = "'io.weight'" },
	{ .v1 = "blkio.throttle.read_bps_device", .kind = RATE, .family = IO, .about = DISK, .none1 = "0" },
	{ .v1 = "blkio.throttle.write_bps_device", .kind = RATE, .family = IO, .about = DISK, .none1 = "0" },
	{ .v1 = "blkio.throttle.read_iops_device", .kind = RATE, .family = IO, .about = DISK, .none1 = "0" },
	{ .v1 = "blkio.throttle.write_iops_device", .kind = RATE, .family = IO, .about = DISK, .none1 = "0" },
	{ .v2 = "io.max", .kind = PAIRS, .family = IO, .about = DISK, .words = "rbps wbps riops wiops", .min = 1,
	    .none2 = "rbps=max wbps=max riops=max wiops=max" },
	{ .v2 = "io.latency", .kind = PAIRS, .about = DISK, .words = "target", .none2 = "target=0",
	    .near1 = "'blkio.throttle' of the others", .near2 = "'io.max' of the others" },
	{ .v1 = "blkio.prio.class", .v2 = "io.prio.class", .kind = CHOICE,
	    .words = "no-change promote-to-rt restrict-to-be idle none-to-rt", .none1 = "no-change",
	    .none2 = "no-change" },
	{ .v1 = "hugetlb.*.limit_in_bytes", .v2 = "hugetlb.*.max", .kind = SIZE, .none1 = "-1", .none2 = "max" },
	{ .v1 = "hugetlb.*.rsvd.limit_in_bytes", .v2 = "hugetlb.*.rsvd.max", .kind = SIZE, .none1 = "-1",
	    .none2 = "max" },
	{ .v1 = "rdma.max", .v2 = "rdma.max", .kind = PAIRS, .about = NAMED, .words = "hca_handle hca_object",
	    .none1 = "hca_handle=max hca_object=max", .none2 = "hca_handle=max hca_object=max" },
	{ .v1 = "misc.max", .v2 = "misc.max", .kind = COUNT, .about = NAMED, .max = INT32_MAX, .none1 = "max",
	    .none2 = "max" },
	{ .v1 = "devices.deny", .v2 = "devices.deny", .kind = RULE },
	{ .v1 = "devices.allow", .v2 = "devices.allow", .kind = RULE },
	{ .v1 = "net_cls.classid", .kind = NUMBER, .max = UINT32_MAX, .none1 = "0",
	    .near2 = "nft's 'socket cgroupv2'" },
	{ .v1 = "net_prio.ifpriomap", .kind = NUMBER, .about = NAMED, .max = INT32_MAX, .none1 = "0",
	    .near2 = "nft's 'meta priority set' on 'socket cgroupv2'" },
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Whether KEY is NAME, or where that has a *, has a size of pages there, such as 2MB. */
static bool
matches(const char *name, const char *key)
{
	const char *star = name == NULL ? NULL : strchr(name, '*');
	size_t n, digits;

	if (name == NULL)
		return false;
	if (star == NULL)
		return strcmp(name, key) == 0;
	n = (size_t)(star - name);
	if (strncmp(name, key, n) != 0)
		return false;
	digits = strspn(key + n, "0123456789");
	key += n + digits;
	return digits > 0 && *key != '\0' && strchr("KMG", *key) != NULL && key[1] == 'B' &&
	       strcmp(star + 1, key + 2) == 0;
}

static bool
begins_with_disk(const char *value)
{
	size_t major = strspn(value, "0123456789"), minor;

	if (major == 0 || value[major] != ':')
		return false;
	minor = strspn(value + major + 1, "0123456789");
	return minor > 0 && value[major + 1 + minor] == ' ';
}

const struct limit_form *
form_find(const char *key, const char *value)
{
	const struct limit_form *found = NULL;
	size_t i;

	for (i = 0; i < COUNT_OF(forms); i++)
		if (matches(forms[i].v1, key) || matches(forms[i].v2, key)) {
			if ((forms[i].about == DISK) == begins_with_disk(value))
				return &forms[i];
			if (found == NULL)
				found = &forms[i];
		}
	return found;
}

const struct limit_form *
form_get(const char *key)
{
	return form_find(key, "");
}

bool
form_said(const struct limit_form *form, const char *key, int version)
{
	return matches(version == 1 ? form->v1 : form->v2, key);
}

char *
form_key(const struct limit_form *form, int version, const char *key)
{
	const char *name = version == 1 ? form->v1 : form->v2, *star = strchr(name, '*');
	const char *said = form_said(form, key, 1) ? form->v1 : form->v2, *size;

	if (star == NULL)
		return xstrdup(name);
	size = key + (strchr(said, '*') - said);
	return xasprintf("%.*s%.*s%s", (int)(star - name), name, (int)strcspn(size, "."), size, star + 1);
}

const char *
form_no_limit(const char *key)
{
	static const struct {
		const char *key, *what;
	} others[] = {
		{ "freezer.state", "lxc-freeze(1) freezes a container" },
		{ "cgroup.freeze", "lxc-freeze(1) freezes a container" },
		{ "memory.use_hierarchy", "groups count what is below them in both versions" },
		{ "memory.move_charge_at_immigrate", "memory stays with the group that it was taken in" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(others); i++)
		if (strcmp(others[i].key, key) == 0)
			return others[i].what;
	return NULL;
}
