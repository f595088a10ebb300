/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "fact.h"
#include "say.h"

/* What the programs of `ctrctl boot` and `ctrctl halt` ask of their environment. LXCPATH is an option of theirs. */
static const char *const variables[] = { "CTR_STATE", "CTR_RUN", "CTR_POOL4", "CTR_POOL6", "CTR_PORTS" };

enum {
	NVARIABLE = sizeof(variables) / sizeof(variables[0]),
};

char *
text_head(const char *project)
{
	return xasprintf(TEXT_MARK "for the containers of %s in %s\n", project, container_path());
}

/* BEFORE and TEXT as one word between quotes, where systemd takes \ for an escape and % for a specifier. */
static void
write_word(FILE *out, const char *before, const char *text)
{
	fprintf(out, "\"%s", before);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		else if (*text == '%')
			putc('%', out);
		putc(*text, out);
	}
	putc('"', out);
}

/* The colon: $ is nothing special. */
static void
write_command(FILE *out, const char *key, const char *ctrctl, const char *project, const char *command)
{
	fprintf(out, "%s=", key);
	write_word(out, ":", ctrctl);
	fprintf(out, " -p %s -P ", project);
	write_word(out, "", container_path());
	fprintf(out, " %s\n", command);
}

static void
write_unit(FILE *out, const char *ctrctl, const char *project, bool stops)
{
	const char *state = getenv("CTR_STATE");
	char *head = text_head(project), *name;
	size_t i;

	fputs(head, out);
	free(head);
	fprintf(out,
	    "# and replaced by it: 'systemctl edit ctr-%s' makes changes that stay.\n"
	    "\n[Unit]\n"
	    "Description=Containers of project %s\n"
	    "Wants=network-online.target\n"
	    /* nftables.service flushes all tables; lxc.service starts containers with lxc.start.auto. */
	    "After=network-online.target remote-fs.target nftables.service lxc-net.service lxc.service\n"
	    "RequiresMountsFor=",
	    project, project);
	write_word(out, "", container_path());
	if (state != NULL && path_valid(state)) {
		putc(' ', out);
		write_word(out, "", state);
	}
	/*
	 * Active as long as the host is up. One container that fails, which is 1, must not have the others killed at
	 * shutdown in no order, as those of a failed unit are. LXC puts its monitors and containers into control groups
	 * beside the unit's, or with lxc.cgroup.relative below it. What else may be in the unit's is the one dnsmasq of
	 * the host, which serves other projects too: it is not killed with the unit. A stop takes 40 seconds at most
	 * (halt.h) for each container of a chain of `after`.
	 */
	fputs("\n\n[Service]\n"
	      "Type=oneshot\n"
	      "RemainAfterExit=yes\n"
	      "SuccessExitStatus=1\n"
	      "Delegate=yes\n"
	      "TasksMax=infinity\n"
	      "KillMode=process\n"
	      "TimeoutStartSec=infinity\n"
	      "TimeoutStopSec=10min\n",
	    out);
	for (i = 0; i < NVARIABLE; i++)
		if (getenv(variables[i]) != NULL) {
			name = xasprintf("%s=", variables[i]);
			fputs("Environment=", out);
			write_word(out, name, getenv(variables[i]));
			putc('\n', out);
			free(name);
		}
	write_command(out, "ExecStart", ctrctl, project, "boot");
	if (stops)
		write_command(out, "ExecStop", ctrctl, project, "halt");
	fputs("\n[Install]\nWantedBy=multi-user.target\n", out);
}

/* What is wrong with PATH as that of a program, however it is written: string_is_safe() of systemd's string-util.c. */
static const char *
check_program(const char *path)
{
	return path[strcspn(path, "\\\"'")] == '\0' ? NULL
						     : "systemd runs no program with a quote or a backslash in its path";
}

char *
text_unit(const char *project, bool stops, const char **what, const char **wrong)
{
	char *ctrctl = program_path("ctrctl"), *text = NULL;
	const char *value;
	size_t len, i;
	FILE *out;

	*what = "the path of ctrctl";
	*wrong = text_check(ctrctl, strlen(ctrctl));
	if (*wrong == NULL)
		*wrong = check_program(ctrctl);
	if (*wrong == NULL) {
		*what = "the directory of containers";
		*wrong = text_check(container_path(), strlen(container_path()));
	}
	for (i = 0; *wrong == NULL && i < NVARIABLE; i++)
		if ((value = getenv(variables[i])) != NULL) {
			*what = variables[i];
			*wrong = text_check(value, strlen(value));
		}
	if (*wrong == NULL) {
		out = xopen_memstream(&text, &len);
		write_unit(out, ctrctl, project, stops);
		xfclose(out);
	}
	free(ctrctl);
	return text;
}
