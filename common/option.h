/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options: those that mean the same in every program are read here. */
#ifndef OPTION_H
#define OPTION_H

/*
 * getopt(3), which takes these besides LETTERS and acts on them itself:
 *   -P LXCPATH (container_path), -v and -q (say_level), --help (prints "usage: USAGE" to
 *   stdout, exits 0), --version (exits 0); -j N (filter_jobs) where LETTERS has "j:".
 * Returns the next of LETTERS, its argument in optarg, or -1 at the first operand (operands after
 * options only; "--" ends them). An unknown option is told with the usage, exit 2.
 */
int option(int argc, char **argv, const char *letters, const char *usage);

/* The number in TEXT, the argument of option -LETTER; exits 2 where it is not between MIN and MAX. */
unsigned long option_number(int letter, const char *text, unsigned long min, unsigned long max);

/* Says "usage: USAGE" on stderr, exits 2. */
_Noreturn void option_usage(const char *usage);

#endif
