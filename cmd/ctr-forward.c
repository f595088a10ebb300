/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-forward makes in the network of a container that starts what ctr-link made in its last one: ports of others at local
 * addresses. It is executed by ctr-veth-up before the container's init runs. It takes no lock: ctr-start holds it.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container.h"
#include "forward.h"
#include "option.h"
#include "say.h"

#define USAGE "ctr-forward [-qv] [-P lxcpath] name pid"

int
main(int argc, char **argv)
{
	struct forwards want = { NULL, 0, false };
	const struct fact *f = NULL;
	struct record *own, *to;
	const char *name;
	char *error = NULL, *end;
	unsigned long pid;
	int pidfd, status = EXIT_DONE, set;

	say_begin(argv[0]);
	if (option(argc, argv, "", USAGE) != -1 || argc - optind != 2 || !name_valid(argv[optind]))
		option_usage(USAGE);
	name = argv[optind];
	pid = strtoul(argv[optind + 1], &end, 10);
	if (!isdigit((unsigned char)argv[optind + 1][0]) || *end != '\0' || pid > INT_MAX)
		option_usage(USAGE);
	pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (pidfd < 0)
		die(EXIT_FAILED, "%s: cannot find process %s:", name, argv[optind + 1]);
	own = container_record(name);
	if (own == NULL && errno == ENOENT)
		die(EXIT_FAILED, "%s: it has no stored record", name);
	if (own == NULL)
		die(EXIT_FAILED, "%s: cannot read its stored record:", name);
	while ((f = record_find(own, "forward", f)) != NULL) {
		to = container_record(f->field[0]);
		if (to == NULL && errno != ENOENT) {
			say_error(name, "cannot read the stored record of '%s', which %s:%s leads to:", f->field[0], f->field[2],
			    f->field[3]);
			status = EXIT_FAILED;
		} else if (to == NULL || !forward_add(&want, f, to)) {
			say_error(name, "cannot forward %s:%s to '%s', which has no address", f->field[2], f->field[3],
			    f->field[0]);
			status = EXIT_FAILED;
		}
		record_free(to);
	}
	set = forward_set(pidfd, &want, &error);
	if (set < 0)
		say_error(name, "%s", error);
	else if (set > 0)
		say_note(name, "its local addresses lead to others");
	free(error);
	forward_free(&want);
	record_free(own);
	close(pidfd);
	return say_end(set < 0 ? EXIT_FAILED : status);
}
