/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of all actions: read records, work on several at once, write them in the order they came. */
#ifndef FILTER_H
#define FILTER_H

#include "record.h"

struct filter {
	/*
	 * Brings one container to what R says, in a forked child, and adds facts to R. Returns 0, or -1
	 * after record_fail(R). Called for every record but those of kind `project`, and but those
	 * with an error on them unless `ends` is set. May be a null pointer where `all` does the work.
	 */
	int (*apply)(struct record *r);
	/*
	 * Where set, called before apply: whether all that R says holds already, so that apply is not needed. It changes
	 * nothing and takes no lock. May add facts to R where it does. Called in this process, where it is to look at the host's files
	 * only; or with `asks`, in one child for several records, where it may ask monitors and open what
	 * containers have made: where no answer comes, apply is called.
	 */
	bool (*settled)(struct record *r);
	bool asks;
	bool ends;   /* it undoes or ends something: takes records with an error too, and a record waits
			for those that name it in `after`, not for those that it names */
	/*
	 * Where set, with `gather`: called where the input keeps it waiting, with what has come and apply would get, each time that
	 * there is more of it: to get ready, in the parent, what will be wanted for those.
	 */
	void (*waits)(struct record **records, size_t n);
	bool gather; /* read the whole input before the first apply; and write none that others still wait for */
	const char *key; /* of the facts that name the records to wait for, in place of `after` */
	/*
	 * Where set, called in the parent, for what is done once for several. With `gather` or `ends` it gets
	 * all records that apply would get, before that gets any; returns 0, or -1 where they are to be passed
	 * on as they now are, without apply: then each it left undone has its error. Without, there is no
	 * apply, and it is called again and again with what has come since: who waits in the pipe for the first
	 * of them need not wait for the last. May add facts to them.
	 */
	int (*all)(struct record **records, size_t n);
};

extern unsigned long filter_jobs; /* -j, how many containers at once; 0: as many as processors are online, and 8 at least */

/*
 * For apply, in its child: what others wait for is reached, and they may begin, though this record is not done yet. Not with
 * `ends` or `gather`.
 */
void filter_pass(void);

/*
 * Runs F over the records of the operands ARGV[0..ARGC-1], or of stdin where there is none, and writes
 * them to stdout. Returns the exit status of the program. SIGINT, SIGTERM and SIGHUP, where they were not ignored
 * when it was started, end the children with SIGTERM, then the program by the same signal.
 */
int filter(const struct filter *f, int argc, char **argv);

/* Whether an error was put on R, by this program or an earlier one. */
bool record_failed(const struct record *r);

#endif
