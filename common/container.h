/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container on disk: its directory, its lock, its stored record and the .conf files that ctrkit includes. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include "record.h"
#include "replace.h"

struct container {
	const char *name; /* of the record that it was opened for */
	char *dir;	  /* LXCPATH/NAME, absolute */
	int dirfd;	  /* of LXCPATH/NAME/ctr, or -1 */
	int lock;
	struct record *stored; /* LXCPATH/NAME/ctr/record: what was applied last */
	struct record *next;   /* what it is to be, between container_store_begin() and _end() */
	struct replacement file;
};

/*
 * LXCPATH, absolute: what container_set_path said (-P), else $CTR_LXCPATH, else lxc.lxcpath of
 * /etc/lxc/lxc.conf, else /var/lib/lxc. Exits 2 where it is no absolute path.
 */
const char *container_path(void);
void container_set_path(const char *path);

/*
 * The directory CTR_STATE/SUB (by default /var/lib/ctr/SUB), made where it is missing. Returns a descriptor
 * of the caller's to close, or -1 with errno.
 */
int state_open(const char *sub);

/* The file name that stands for container NAME of LXCPATH in a directory of CTR_STATE; the caller frees it. */
char *state_name(const char *name);

/* flock(2) that goes on after a signal. 0, or -1 with errno. */
int lock_hold(int fd, int how);

/* Makes the file FILE in DIR where it is missing, and locks it so. Returns a descriptor, or -1 with errno. */
int lock_file(int dir, const char *file, int how);

/*
 * Waits for the lock FILE in CTR_STATE/lock and takes it: HOW is LOCK_EX, or LOCK_SH where it is shared with others that
 * say so (flock(2)). A container's is state_name(NAME). Returns a descriptor, which holds it as long as it is
 * open in any process, or -1 with errno.
 */
int state_lock(const char *file, int how);

/* The directory /run/ctr, or CTR_RUN: what does not outlive the host's boot. As state_open. */
int run_open(const char *sub);

/* The same where it is there: makes nothing. -1 with errno, ENOENT where it is not. */
int run_find(const char *sub);

/*
 * Takes the lock of R's container (CTR_STATE/lock), waiting for whoever has it, without looking
 * whether the container is there. C is set up for container_close. Returns 0, or -1 after record_fail.
 */
int container_lock(struct container *c, struct record *r);

/* As container_lock, but waits for nobody: 1 where somebody else has the lock. */
int container_try_lock(struct container *c, struct record *r);

/*
 * As container_lock, then reads the stored record. Fails (record_fail, -1) where there is no such
 * container, where ctrkit did not make it, where it is half made, or where R says another project than
 * the stored record.
 */
int container_open(struct container *c, struct record *r);

/* What container_open does once it has the lock. */
int container_read(struct container *c, struct record *r);

enum {
	LOOK_FAILED = -1,
	LOOK_ABSENT,  /* or half made: ctrkit makes it or removes it */
	LOOK_FOREIGN, /* not made by ctrkit */
	LOOK_OURS,
};

/*
 * Looks at R's container without its lock, and so without waiting for anybody, in whatever state that leaves it. Returns
 * LOOK_OURS with its stored record in *STORED, the caller's to free; else *STORED is a null pointer. LOOK_FAILED after
 * record_fail(R): the stored record cannot be read, or says another name, or another project than R.
 */
int container_look(struct record *r, struct record **stored);

/* Says with record_fail(R), whose value it returns, that R's container is LOOK_FOREIGN or LOOK_ABSENT. */
int container_refuse(struct record *r, int what);

/*
 * The stored record of container NAME, of the caller's to free; or a null pointer with errno: ENOENT where there is no such
 * container, or it has none. Needs no lock.
 */
struct record *container_record(const char *name);

/*
 * The same of OWNER, LXCPATH/NAME in whatever directory of containers, also where it is the record of another. Only ENOENT proves that
 * it does not have something.
 */
struct record *container_owner_record(const char *owner);

/* Whether the container with this stored record has addresses of the managed network. */
bool container_managed(const struct record *stored);

/* Whether LXCPATH/NAME is there at all, made by whomever. Needs no lock. */
bool container_exists(const char *name);

/*
 * Whether NAME is being made or removed at this moment, or was when its program was killed: there is a note about it
 * (unmake.h). Needs no lock.
 */
bool container_making(const char *name);

void container_close(struct container *c);

/*
 * What an action does whose facts have KEYS (ending with a null pointer): opens R's container, finds what is wanted of it
 * (container_want), has BRING bring it to that, and closes it. With UNDO one that is not there has nothing to be undone. Returns
 * what BRING does, or -1 after record_fail.
 */
int container_apply(struct record *r, const char *const keys[], bool undo,
    int (*bring)(struct container *c, struct record *r, struct record *want));

/*
 * What is wanted of the facts with KEYS (ending with a null pointer), as a record of the caller's to free.
 * Where R is whole, R's own, or none with UNDO. Where it is not, the stored ones with R's added (in place of
 * those about the same thing), or with UNDO without those that R names; without all, where it
 * names none.
 */
struct record *container_want(const struct container *c, const struct record *r, const char *const keys[],
    bool undo);

/*
 * For what filter.h calls settled: the stored record of R's container, of the caller's to free, where R is whole, its
 * facts with KEYS are the stored ones, and the file CONF (which may be a null pointer) was not changed
 * after it; else a null pointer. Takes no lock and says nothing.
 */
struct record *container_settled(const struct record *r, const char *const keys[], const char *conf);

/*
 * Replaces the facts with KEYS in the stored record by those of WANT, and the file where that changes
 * it. Returns 1 where it did, 0 where it was so, -1 with errno.
 */
int container_store(struct container *c, const struct record *want, const char *const keys[]);

/*
 * The same in the two steps of replace_begin() and replace_end(), for several containers at once. The first returns 0, or -1 with
 * errno; the second returns as container_store(), 0 too where nothing was begun.
 */
int container_store_begin(struct container *c, const struct record *want, const char *const keys[]);
int container_store_end(struct container *c);

/*
 * The files that LXCPATH/NAME/ctr/config includes, in this order, ending with a null pointer: idmap.conf (ctr-idmap; a
 * container that was made before there was that program lacks it until it is given a block), net.conf (ctr-addr),
 * name.conf (ctr-name), mount.conf (ctr-mount), cgroup.conf (ctr-cgroup), env.conf and raw.conf (ctr-config).
 */
extern const char *const container_confs[];

/* Replaces ctr/FILE by TEXT where it differs. Returns 1 where it did, 0 where it was so, -1 with errno. */
int container_conf(struct container *c, const char *file, const char *text);

/*
 * All containers in LXCPATH that have a stored record, sorted by name. Broken ones are told and left out; their number is
 * added to *BROKEN, which may be a null pointer. Returns the number of the others; the caller frees records and array.
 */
size_t container_stored(struct record ***records, size_t *broken);

/* The path of program NAME of ctrkit: beside the running program, or ../libexec/ctrkit; the caller frees it. */
char *program_path(const char *name);

#endif
