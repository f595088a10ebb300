/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handle.h"
#include "replace.h"
#include "say.h"

/* As liblxc makes it. */
enum {
	CONFIG_MODE = 0640,
};

static const char root_key[] = "lxc.rootfs.path";

/* Whether KEY has a value in the configuration of FROM, or in what that includes. */
static bool
has(struct lxc_container *from, const char *key)
{
	return from->get_config_item(from, key, NULL, 0) > 0;
}

/* Whether the line at LINE sets what begins with KEY. */
static bool
begins(const char *line, const char *key)
{
	return strncmp(line + strspn(line, " \t"), key, strlen(key)) == 0;
}

/* Whether the line at LINE gives a network interface a MAC address, of which liblxc makes another. */
static bool
has_mac(const char *line)
{
	size_t len = strcspn(line, "=\n");

	return begins(line, "lxc.net") && memmem(line, len, "hwaddr", 6) != NULL;
}

/* Whether the line at LINE names DIR or what is below it. */
static bool
names(const char *line, const char *dir)
{
	size_t len = strcspn(line, "\n"), n = strlen(dir);
	const char *s = line, *end = line + len;

	while ((s = memmem(s, (size_t)(end - s), dir, n)) != NULL) {
		s += n;
		if (s == end || strchr("/ \t\r\"',:;", *s) != NULL)
			return true;
	}
	return false;
}

static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\0' ? NULL : line + 1;
}

bool
directory_alone(struct lxc_container *from, const char *config)
{
	char *dir = xasprintf("%s/%s", container_path(), from->name), *root = xasprintf("%s/rootfs", dir);
	char *value = handle_item(from, root_key);
	const char *path = strncmp(value, "dir:", 4) == 0 ? value + 4 : value, *line;
	struct stat st;
	bool alone;

	/* A link would be copied as such. */
	alone = strcmp(path, root) == 0 && lstat(root, &st) == 0 && S_ISDIR(st.st_mode) &&
		!has(from, "lxc.rootfs.options") && !has(from, "lxc.idmap") && !has(from, "lxc.mount.fstab");
	for (line = config; alone && line != NULL; line = next_line(line))
		alone = line[strspn(line, " \t")] == '#' ||
			(!has_mac(line) && (begins(line, root_key) || !names(line, dir)));
	free(value);
	free(root);
	free(dir);
	return alone;
}

/* In the child: becomes cp(1), its stderr being ERR. */
static void
be_cp(const char *source, const char *to, int err)
{
	/* Without its own mention, cp would be silent about attributes (capabilities) that it cannot set. */
	const char *const argv[] = { "cp", "--archive", "--preserve=all,xattr", "--reflink=auto",
		"--no-target-directory", "--", source, to, NULL };

	if (dup2(err, STDERR_FILENO) >= 0) {
		setenv("LC_ALL", "C", 1);
		execvp(argv[0], (char *const *)argv);
		dprintf(STDERR_FILENO, "cannot execute cp: %s\n", strerror(errno));
	}
	_exit(127);
}

/* Copies the directory SOURCE to TO, which is missing. No link is followed. */
static bool
copy(const char *source, const char *to)
{
	int fd[2] = { -1, -1 }, status = -1;
	bool told = false;
	char *line = NULL;
	size_t size = 0;
	FILE *err;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (err = fdopen(fd[0], "r")) == NULL || (pid = fork()) < 0) {
		dprintf(STDERR_FILENO, "cannot start cp: %s\n", strerror(errno));
		return false;
	}
	if (pid == 0)
		be_cp(source, to, fd[1]);
	close(fd[1]);
	while (getline(&line, &size, err) > 0) {
		dprintf(STDERR_FILENO, "%s", line);
		told = true;
		/* It would go on, on a full disk too, and fail with each file that is left. */
		if (strncmp(line, "cp: ", 4) == 0) {
			kill(pid, SIGKILL);
			break;
		}
	}
	free(line);
	fclose(err);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!told && WIFSIGNALED(status))
		dprintf(STDERR_FILENO, "cp ended by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* CONFIG with ROOT as the root, last, so that no file that it includes says otherwise. */
static char *
with_root(const char *config, const char *root)
{
	char *text = NULL;
	size_t len;
	FILE *out = xopen_memstream(&text, &len);
	const char *line;

	for (line = config; line != NULL && *line != '\0'; line = next_line(line))
		if (!begins(line, root_key))
			fprintf(out, "%.*s\n", (int)strcspn(line, "\n"), line);
	fprintf(out, "%s = dir:%s\n", root_key, root);
	xfclose(out);
	return text;
}

bool
directory_clone(struct lxc_container *from, const char *config, const char *name)
{
	char *source = xasprintf("%s/%s/rootfs", container_path(), from->name);
	char *dir = xasprintf("%s/%s", container_path(), name), *root = xasprintf("%s/rootfs", dir), *text;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool made = false;

	if (fd < 0) {
		dprintf(STDERR_FILENO, "cannot open '%s': %s\n", dir, strerror(errno));
	} else if (copy(source, root)) {
		/* Last: without a configuration it is no container yet to LXC's programs. */
		text = with_root(config, root);
		made = replace_at(fd, "config", text, strlen(text), -1, CONFIG_MODE) == 0;
		if (!made)
			dprintf(STDERR_FILENO, "cannot write '%s/config': %s\n", dir, strerror(errno));
		free(text);
	}
	if (fd >= 0)
		close(fd);
	free(root);
	free(dir);
	free(source);
	return made;
}
