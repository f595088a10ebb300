/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of ctrctl: a row for each command, of the programs that it pipes together. */
#ifndef ROWS_H
#define ROWS_H

#include <getopt.h>
#include <stddef.h>

enum {
	/* When a stage is left out. */
	IF_NAMES = 1 << 0,	/* without names */
	UNLESS_PORTS = 1 << 1,	/* with -n */
	UNLESS_LINKS = 1 << 2,	/* with -m */
	/* What it is given besides its fixed option. */
	SOURCE = 1 << 3,	/* -f, -p; runs alone, first */
	PROJECT = 1 << 4,	/* -p */
	NAMES = 1 << 5,		/* the names */
	DEPS = 1 << 6,		/* -a unless --no-deps */
	JOBS = 1 << 7,		/* -j */
	SECONDS = 1 << 8,	/* -t */
	RESTART = 1 << 9,	/* -r */
	NOCOPY = 1 << 10,	/* -n with -d */
	EXTENDED = 1 << 11,	/* -e */
	NOCOLOR = 1 << 12,	/* -o */
	LINES = 1 << 13,	/* -v where nothing else shows what is going on */
	CHOICE = 1 << 14,	/* chooses: runs before what acts */
	IF_HOSTS = 1 << 15,	/* left out without -a */
	/* Of a row. */
	SHOWS = 1 << 0,		/* its output is the user's */
	ASKS = 1 << 1,		/* about each container */
	PROGRESS = 1 << 2,
	SUMMED = 1 << 3,	/* with -e `summary` runs by itself after it; the status stays */
	WHOLE = 1 << 4,		/* takes no names: it is about the project */
};

struct stage {
	const char *program, *option;
	unsigned flags;
	const char *what;
};

#define PARSE	  { "ctr-parse", NULL, SOURCE, "the project file as records" }
#define ALL	  { "ctr-list", "-o", CHOICE, "adds those on disk that the file has no more" }
#define NAMED_ALL { "ctr-list", "-o", CHOICE | IF_NAMES, "adds those on disk that the file has no more" }
#define CHOSEN	  { "ctr-select", NULL, CHOICE | IF_NAMES | NAMES, "those named" }
#define NEEDED	  { "ctr-select", NULL, CHOICE | IF_NAMES | NAMES | DEPS, "those named, and what they need" }
#define REVERSED  { "ctr-select", "-r", CHOICE | NAMES, "those named, or all, in reverse order" }
#define CREATE	  { "ctr-create", NULL, JOBS | LINES, "makes those that are not there" }
#define IDMAP	  { "ctr-idmap", NULL, JOBS, "gives each a block of ids of its own, where that is declared" }
#define ADDR	  { "ctr-addr", NULL, JOBS, "gives each its addresses, for life" }
#define CONFIG	  { "ctr-config", NULL, JOBS, "environment, command and raw settings" }
#define MOUNT	  { "ctr-mount", NULL, JOBS | NOCOPY, "the volumes, filled when they are new" }
#define NAME	  { "ctr-name", NULL, JOBS, "host names" }
#define DNS	  { "ctr-dns", NULL, JOBS, "whom they ask for names" }
#define NET	  { "ctr-net", NULL, 0, "makes the host's network ready" }
#define CGROUP	  { "ctr-cgroup", NULL, JOBS, "limits" }
#define START	  { "ctr-start", NULL, JOBS | SECONDS | RESTART, "starts them, in their order" }
/*
 * Before anything else: a new volume is filled while its container is stopped. Who links to it stays linked.
 */
#define HALTED	  { "ctr-stop", "-bq", JOBS | SECONDS, "shuts those down that run" }
#define PORTS(f)  { "ctr-ports", NULL, f, "publishes ports" }
#define LINK(f)	  { "ctr-link", NULL, JOBS | (f), "makes the linked ones known by name" }
#define HOSTS	  { "ctr-hosts", NULL, IF_HOSTS, "makes them known by name on the host" }
#define UNPORT(f) { "ctr-ports", "-u", f, "withdraws their ports" }
#define UNLINK(f) { "ctr-link", "-u", JOBS | (f), "takes the linked ones' names out" }
#define STOP	  { "ctr-stop", NULL, JOBS | SECONDS, "shuts them down" }
#define UNHOSTS	  { "ctr-hosts", "-u", 0, "takes their names out of the host's /etc/hosts" }
#define UNNET	  { "ctr-net", "-u", 0, "takes the network away when none runs any more" }
#define DESTROY	  { "ctr-destroy", "-k", JOBS, "removes them, but not their volumes' directories" }
#define ENABLE	  { "ctr-unit", NULL, 0, "writes their project's unit for systemd, and enables it" }
#define DISABLE	  { "ctr-unit", "-u", 0, "removes their project's unit" }
#define EMPTIED	  { "ctr-unit", "-e", 0, "removes the unit of a project that has none left" }
/*
 * From disk, and no choice that must be made before all else: what cannot be read is told, and has no part in the rest.
 */
#define NOTED	  { "ctr-list", "-b", PROJECT | NAMES, "those that are to run, as they were applied last" }
#define APPLIED	  { "ctr-list", NULL, PROJECT | NAMES, "the containers on disk" }
#define KEPT	  { "ctr-stop", "-b", JOBS | SECONDS, "shuts them down, noting which of them are to run again" }
#define CLOSED	  { "ctr-ports", NULL, 0, "withdraws the ports of those that are stopped" }
#define STATUS	  { "ctr-status", NULL, EXTENDED, "adds what is so at this moment" }
#define TABLE	  { "ctr-table", NULL, EXTENDED | NOCOLOR, "as a table" }
#define DOCTOR	  { "ctr-doctor", NULL, NAMES, "what of the host is in their way, with proof and remedy" }
#define LIST	  { "ctr-list", NULL, PROJECT | NAMES, "records of the containers on disk" }

enum {
	STAGES_MAX = 16,
};

static const struct row {
	const char *name, *what;
	unsigned flags;
	struct stage stage[STAGES_MAX];
} rows[] = {
	{ "up", "create what is missing, start, and apply what has changed", PROGRESS,
	    { PARSE, NEEDED, CREATE, IDMAP, ADDR, CONFIG, MOUNT, NAME, DNS, NET, CGROUP, START, PORTS(UNLESS_PORTS),
		LINK(UNLESS_LINKS), HOSTS } },
	{ "down", "stop, and withdraw ports and network; containers and data stay", 0,
	    { PARSE, NAMED_ALL, REVERSED, UNLINK(UNLESS_LINKS), UNPORT(UNLESS_PORTS), STOP, UNHOSTS, UNNET } },
	{ "create", "create what is missing, without starting it", PROGRESS,
	    { PARSE, NEEDED, CREATE, IDMAP, ADDR, CONFIG, MOUNT, NAME, DNS, CGROUP } },
	{ "start", "apply what has changed, start, publish ports, link", 0,
	    { PARSE, NEEDED, IDMAP, ADDR, CONFIG, MOUNT, NAME, DNS, NET, CGROUP, START, PORTS(UNLESS_PORTS),
		LINK(UNLESS_LINKS), HOSTS } },
	{ "stop", "remove links, withdraw ports, stop", 0,
	    { PARSE, NAMED_ALL, REVERSED, UNLINK(UNLESS_LINKS), UNPORT(UNLESS_PORTS), STOP, UNHOSTS } },
	{ "reboot", "stop what runs and start it", 0,
	    { PARSE, CHOSEN, HALTED, IDMAP, ADDR, CONFIG, MOUNT, NAME, DNS, NET, CGROUP, START, PORTS(UNLESS_PORTS),
		LINK(UNLESS_LINKS), HOSTS } },
	{ "rm", "stop and remove; the directories of volumes stay", ASKS,
	    { PARSE, NAMED_ALL, REVERSED, STOP, UNHOSTS, DESTROY, EMPTIED } },
	{ "enable", "bring up at each boot of the host what ran before, by systemd", WHOLE, { PARSE, ENABLE } },
	{ "disable", "leave that", WHOLE, { PARSE, DISABLE } },
	{ "boot", "start what is to run, as it was applied last; for enable's unit", 0,
	    { NOTED, NET, CGROUP, START, PORTS(UNLESS_PORTS), LINK(UNLESS_LINKS) } },
	{ "halt", "stop, to be started again by boot; for enable's unit", 0, { APPLIED, KEPT, CLOSED, UNNET } },
	{ "status", "show the containers and their state", SHOWS | SUMMED, { PARSE, ALL, CHOSEN, STATUS, TABLE } },
	{ "ports", "publish the ports of running containers", 0, { PARSE, CHOSEN, NET, PORTS(0) } },
	{ "rmports", "withdraw published ports", 0, { PARSE, NAMED_ALL, CHOSEN, UNPORT(0) } },
	{ "links", "update the links in running containers", 0, { PARSE, CHOSEN, LINK(0) } },
	{ "rmlinks", "remove the links from running containers", 0, { PARSE, NAMED_ALL, CHOSEN, UNLINK(0) } },
	{ "cgroup", "apply the limits", 0, { PARSE, CHOSEN, CGROUP } },
	{ "list", "the records of the containers on disk, of all projects or of -p's", SHOWS, { LIST } },
	{ "config", "the records of the project file", SHOWS, { PARSE, CHOSEN } },
	{ "doctor", "what on this host would make a container unreachable or a limit void", SHOWS, { DOCTOR } },
};

static const struct stage summary = { "ctr-doctor", "-s", 0, "a line on what of the host is in their way" };

#define NROW (sizeof(rows) / sizeof(rows[0]))

#define USAGE "ctrctl [-hvqxdranmoe] [-f file] [-p project] [-P lxcpath] [-j jobs] [-t seconds]\n" \
	      "              [--no-deps] [--dry-run] [--version] command [name ...]"

enum {
	OPT_VERSION = 256,
	OPT_NO_DEPS,
	OPT_DRY_RUN,
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "delete-dont-ask", no_argument, NULL, 'x' },
	{ "dont-copy-on-create", no_argument, NULL, 'd' },
	{ "file", required_argument, NULL, 'f' },
	{ "project", required_argument, NULL, 'p' },
	{ "restart", no_argument, NULL, 'r' },
	{ "add-hosts", no_argument, NULL, 'a' },
	{ "no-ports", no_argument, NULL, 'n' },
	{ "no-links", no_argument, NULL, 'm' },
	{ "no-color", no_argument, NULL, 'o' },
	{ "extended", no_argument, NULL, 'e' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "seconds", required_argument, NULL, 't' },
	{ "lxcpath", required_argument, NULL, 'P' },
	{ "no-deps", no_argument, NULL, OPT_NO_DEPS },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ NULL, 0, NULL, 0 },
};

static const char options_help[] =
    "  -h, --help                  this text\n"
    "  -v, --verbose               say what is changed\n"
    "  -q, --quiet                 say errors only\n"
    "      --version               print the version\n"
    "  -f, --file FILE             the project file (ctr.yml, ctr.yaml, locker.yml, locker.yaml)\n"
    "  -p, --project PROJECT       the project's name\n"
    "  -P, --lxcpath DIRECTORY     where the containers are\n"
    "  -j, --jobs N                how many containers at once\n"
    "  -t, --seconds SECONDS       how long to wait for a start or a shutdown\n"
    "      --no-deps               up, create, start: only those named, without what they need\n"
    "      --dry-run               print the pipeline as a script, and change nothing\n"
    "  -x, --delete-dont-ask       rm: do not ask\n"
    "  -d, --dont-copy-on-create   up, create, start, reboot: do not fill new volumes from the container\n"
    "  -r, --restart               up, start: restart what runs\n"
    "  -a, --add-hosts             up, start, reboot: make them known in the host's /etc/hosts\n"
    "  -n, --no-ports              up, down, start, stop, reboot: leave ports alone\n"
    "  -m, --no-links              up, down, start, stop, reboot: leave links alone\n"
    "  -e, --extended              status: process, memory and CPU as well, and what ctr-doctor found\n"
    "  -o, --no-color              status: without colours\n";

#endif
