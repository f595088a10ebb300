/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctr-veth-up is run by LXC on the host, from a container's net.conf. Before the container's network is made
 * (as lxc.hook.pre-start, with ... NAME lxc pre-start) it sees that the host is ready for it, and has no link of
 * its yet. When the veth is there (as lxc.net.0.script.up, with ... NAME net up veth VETH) it gives the host's
 * end the gateway's addresses and its settings, and makes the container's end use its IPv6 address at once.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "container.h"
#include "execute.h"
#include "names.h"
#include "netlink.h"
#include "option.h"
#include "pool.h"
#include "ready.h"
#include "replace.h"
#include "say.h"

static const char usage[] =
    "ctr-veth-up [-P lxcpath] [-4 network] [-6 network] name lxc pre-start\n"
    "       ctr-veth-up [-P lxcpath] [-4 network] [-6 network] name net up veth interface";

/* Settings of the host's end (kernel's ip-sysctl). */
static const struct {
	const char *name, *value;
} settings[] = {
	/* A DHCP client takes the whole pool to be on its link, and asks for its neighbours by ARP. */
	{ "ipv4/conf/%s/proxy_arp", "1" },
	{ "ipv4/neigh/%s/proxy_delay", "0" },
	/* What the host itself sends from 127.0.0.1 to a published port goes out here. */
	{ "ipv4/conf/%s/route_localnet", "1" },
	/*
	 * The container is no router: what it says of routes is not listened to, what has another source is
	 * dropped.
	 */
	{ "ipv4/conf/%s/rp_filter", "1" },
	{ "ipv4/conf/%s/accept_redirects", "0" },
	{ "ipv4/conf/%s/accept_source_route", "0" },
	{ "ipv4/conf/%s/send_redirects", "0" },
	{ "ipv6/conf/%s/accept_ra", "0" },
	{ "ipv6/conf/%s/accept_redirects", "0" },
	{ "ipv6/conf/%s/autoconf", "0" },
	{ "ipv6/conf/%s/accept_dad", "0" },
};

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), status, saved;

	if (fd < 0)
		return -1;
	status = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	saved = errno;
	close(fd);
	errno = saved;
	return status;
}

/* Executes ctr-net for the container. Its record is for nobody; LXC takes a hook's stdout for its log. */
static int
make_ready(const char *name)
{
	int status = execute((const char *const[]){ "ctr-net", "-q", "-P", container_path(), name, NULL });

	if (status != 0)
		say_error(name, "the host's network is not ready: ctr-net exited with status %d", status);
	return status == 0 ? 0 : -1;
}

/* What leads from the container's local addresses elsewhere, where there is any. Without that it runs all the same. */
static void
set_forwards(const char *name)
{
	struct record *stored = container_record(name);

	if (stored != NULL && record_find(stored, "forward", NULL) != NULL &&
	    execute((const char *const[]){ "ctr-forward", "-P", container_path(), name, getenv("LXC_PID"), NULL }) != 0)
		say_warning(name, "not all of its forwards are made");
	record_free(stored);
}

/* Whether the container was let in with the addresses that it has by its stored record. */
static bool
let_in(const char *name)
{
	struct record *stored = container_record(name);
	char *file = state_name(name);
	const char *ipv4 = stored == NULL ? NULL : record_get(stored, "ipv4");
	const char *ipv6 = stored == NULL ? NULL : record_get(stored, "ipv6");
	struct names_entry e;
	int hosts = run_open("hosts");
	bool is;

	is = hosts >= 0 && ipv4 != NULL && ipv6 != NULL && names_read(hosts, file, &e) > 0 &&
	     strcmp(ipv4, e.ipv4) == 0 && strcmp(ipv6, e.ipv6) == 0;
	if (hosts >= 0)
		close(hosts);
	record_free(stored);
	free(file);
	return is;
}

/*
 * Whether the host is ready and has let the container in; makes it so where not. The lock keeps `ctr-net -u'
 * from taking away what was just seen; once the veth is there, it takes nothing away.
 */
static int
see_ready(const char *name)
{
	int run, lock = ready_lock(LOCK_SH, &run);
	bool is;

	if (lock < 0)
		die(EXIT_FAILED, "cannot lock the host's network:");
	is = let_in(name) && ready(run);
	close(lock);
	close(run);
	return is ? 0 : make_ready(name);
}

/* Whether the interface is one end of a veth, by the name of its driver (ethtool(8)). */
static bool
is_veth(int fd, const char *interface)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ask = { .ifr_data = (char *)&info };

	snprintf(ask.ifr_name, sizeof(ask.ifr_name), "%s", interface);
	return ioctl(fd, SIOCETHTOOL, &ask) == 0 && strcmp(info.driver, "veth") == 0;
}

/*
 * Removes a link of the container's that is there before it has a network: its monitor was killed. Then the kernel takes it
 * away some time after the container's last process; never, while the other end was not yet in its place or somebody keeps that
 * network; and meanwhile no other can be made by that name. LXC has come here, which calls no hook of one that runs; who
 * calls this program by hand has no LXC_NAME.
 */
static int
remove_link(const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg message;
	} ask = {
		.header = { sizeof(ask), RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		.message = { .ifi_family = AF_UNSPEC },
	};
	struct record *stored = container_record(name);
	const char *veth = stored == NULL ? NULL : record_get(stored, "veth"), *starting = getenv("LXC_NAME");
	int fd, status = 0;

	if (veth != NULL && starting != NULL && strcmp(starting, name) == 0)
		ask.message.ifi_index = (int)if_nametoindex(veth);
	if (ask.message.ifi_index != 0) {
		fd = netlink_open(NETLINK_ROUTE);
		if (fd < 0 || (is_veth(fd, veth) && netlink_route(fd, &ask.header) < 0 && errno != ENODEV)) {
			say_error(name, "cannot remove '%s', of an earlier start: %s", veth, strerror(errno));
			status = -1;
		}
		if (fd >= 0)
			close(fd);
	}
	record_free(stored);
	return status;
}

/* Adds ADDRESS to the interface, as ip-address(8) does with nodad. */
static int
add_address(int fd, unsigned index, int family, const void *address, size_t len, unsigned char bits)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
		struct {
			struct rtattr attr;
			unsigned char address[16];
		} attrs[2];
	} ask = {
		.header = { 0, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, 1, 0 },
		.message = { (unsigned char)family, bits, IFA_F_NODAD, RT_SCOPE_UNIVERSE, index },
	};
	char *at = (char *)&ask.attrs;
	unsigned short type;

	for (type = IFA_ADDRESS; type <= IFA_LOCAL; type++, at += RTA_LENGTH(len)) {
		*(struct rtattr *)at = (struct rtattr){ (unsigned short)RTA_LENGTH(len), type };
		memcpy(RTA_DATA((struct rtattr *)at), address, len);
	}
	ask.header.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(ask.message)) + 2 * RTA_LENGTH(len));
	return netlink_route(fd, &ask.header);
}

static void
set_addresses(const char *name, const char *veth)
{
	unsigned index = if_nametoindex(veth);
	int fd = netlink_open(NETLINK_ROUTE);
	struct in_addr gateway4 = { htonl(pool()->gateway) };
	struct in6_addr gateway6 = pool()->prefix, link;

	gateway6.s6_addr[15] = 1;
	inet_pton(AF_INET6, "fe80::1", &link);
	if (index == 0 || fd < 0 || add_address(fd, index, AF_INET, &gateway4, sizeof(gateway4), 32) < 0 ||
	    add_address(fd, index, AF_INET6, &gateway6, sizeof(gateway6), 128) < 0 ||
	    add_address(fd, index, AF_INET6, &link, sizeof(link), 64) < 0)
		die(EXIT_FAILED, "%s: cannot give '%s' the gateway's addresses: %s", name, veth,
		    strerror(errno));
	close(fd);
}

static void
set_settings(const char *name, const char *veth)
{
	char *path, *form;
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		form = strchr(settings[i].name, '%');
		path = xasprintf("/proc/sys/net/%.*s%s%s", (int)(form - settings[i].name), settings[i].name,
		    veth, form + 2);
		if (write_file(path, settings[i].value) < 0)
			die(EXIT_FAILED, "%s: cannot set '%s' to %s: %s", name, path, settings[i].value,
			    strerror(errno));
		free(path);
	}
}

/*
 * In the container's network namespace, where no process of the container runs yet: without duplicate address
 * detection the IPv6 address is good from the first instant; LXC's own lxc.sysctl lines come after it was
 * added, and it would wait for one or two seconds. On a link of two there is nobody to detect.
 */
static void
skip_detection(const char *name)
{
	const char *pid = getenv("LXC_PID");
	char *path;
	struct dirent *entry;
	DIR *dir;
	int ns;

	if (pid == NULL || pid[0] == '\0' || pid[strspn(pid, "0123456789")] != '\0')
		die(EXIT_FAILED, "%s: the environment has no LXC_PID", name);
	path = xasprintf("/proc/%s/ns/net", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		die(EXIT_FAILED, "%s: cannot enter '%s': %s", name, path, strerror(errno));
	free(path);
	dir = opendir("/proc/sys/net/ipv6/conf");
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		path = xasprintf("/proc/sys/net/ipv6/conf/%s/accept_dad", entry->d_name);
		if (entry->d_name[0] != '.' && write_file(path, "0") < 0)
			die(EXIT_FAILED, "%s: cannot set '%s' to 0: %s", name, path, strerror(errno));
		free(path);
	}
	if (dir == NULL)
		die(EXIT_FAILED, "%s: cannot read '/proc/sys/net/ipv6/conf': %s", name, strerror(errno));
	closedir(dir);
	close(ns);
}

static struct {
	const char *name;   /* the container's */
	int said, standard; /* what went to stderr, and where that leads */
	bool well;
} end = { NULL, -1, -1, false };

/*
 * What was said goes to stderr, which leads nowhere when LXC has gone into the background; where the start is
 * to fail, also as an error into the log of which ctr-start tells the first one, in the form of LXC's lines.
 */
static void
tell(void)
{
	char *text = NULL, *path, *line, *next;
	size_t len;
	FILE *log;
	int fd;

	if (lseek(end.said, 0, SEEK_SET) < 0 || read_all(end.said, &text, &len, 1 << 16) < 0 || len == 0)
		return;
	if (write(end.standard, text, len) < 0)
		end.well = false;
	path = xasprintf("%s/%s/ctr/lxc.log", container_path(), end.name);
	fd = end.well ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	log = fd < 0 ? NULL : fdopen(fd, "a");
	for (line = text; log != NULL && *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		fprintf(log, "lxc %s - ERROR    hook - %s - %s\n", end.name, say_program, line);
	}
	if (log != NULL)
		fclose(log);
	free(path);
	free(text);
}

static void
listen_to_stderr(const char *name)
{
	end.name = name;
	end.standard = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	end.said = memfd_create("stderr", MFD_CLOEXEC);
	if (end.standard >= 0 && end.said >= 0 && atexit(tell) == 0)
		dup2(end.said, STDERR_FILENO);
}

int
main(int argc, char **argv)
{
	const char *name, *veth;
	int letter;

	say_begin(argv[0]);
	while ((letter = option(argc, argv, "4:6:", usage)) != -1)
		if (setenv(letter == '4' ? "CTR_POOL4" : "CTR_POOL6", optarg, 1) < 0)
			die(EXIT_FAILED, "cannot set a variable:");
	argv += optind;
	argc -= optind;
	if (argc < 3 || !name_valid(argv[0]))
		option_usage(usage);
	name = argv[0];
	if (argc == 3 && strcmp(argv[1], "lxc") == 0 && strcmp(argv[2], "pre-start") == 0) {
		listen_to_stderr(name);
		end.well = remove_link(name) == 0 && see_ready(name) == 0;
		return end.well ? say_end(EXIT_DONE) : EXIT_FAILED;
	}
	if (argc != 5 || strcmp(argv[1], "net") != 0 || strcmp(argv[2], "up") != 0 ||
	    strcmp(argv[3], "veth") != 0)
		option_usage(usage);
	veth = argv[4];
	listen_to_stderr(name);
	set_addresses(name, veth);
	set_settings(name, veth);
	/* Again: between the hook and the veth, the last other container may have been taken down. */
	if (see_ready(name) < 0)
		return EXIT_FAILED;
	set_forwards(name);
	skip_detection(name);
	end.well = true;
	return say_end(EXIT_DONE);
}
