// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth: one operation again and again, and each time the next of its allocations fails.
 * May call util.c and sim/pair.c; needs a kernel with FAILSLAB.
 * Called by the kselftests debug-failslab-*.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hammer.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define SETTLE	 20000 /* ms until an undone operation has no trace left */

static char **args;
static enum pair_type pair_type = PAIR_UNIX;
static int pair[2];
static int device = -1;
static struct usbdevfs_urb *urb;

/*
 * A path: what is prepared, what is done while allocations fail (0 or an errno
 * value), and what restores the state before. @undo gets what @run returned; it
 * returns false when that was not possible.
 */
struct path {
	const char *name;
	const char *arguments;
	int n_args;
	bool (*before)(void);
	int (*run)(void);
	bool (*undo)(int err);
};

static bool nothing(void)
{
	return true;
}

static bool nothing_to_undo(int err)
{
	return err >= 0;
}

static int read_number(const char *path)
{
	char text[16];

	return read_file(path, text, sizeof(text)) ? -1 : atoi(text);
}

/* --- waiting for the drivers ------------------------------------------------ */

static int state_of_port(int wanted)
{
	char buf[4096], *line;
	int port, state;

	if (read_file(VHCI "/status", buf, sizeof(buf)))
		return -1;
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*s %d %d", &port, &state) == 2 &&
		    port == wanted)
			return state;
	return -1;
}

static bool port_is_free(void)
{
	return state_of_port(atoi(args[0])) == 4;
}

static int host_status(void)
{
	char path[128];

	snprintf(path, sizeof(path), HOST "/%s/usbip_status", args[0]);
	return read_number(path);
}

static bool is_available(void)
{
	return host_status() == 1;
}

static bool is_exported(void)
{
	return host_status() > 0;
}

static bool is_not_exported(void)
{
	return host_status() < 0;
}

static bool wait_until(bool (*condition)(void))
{
	long end = now_ms() + SETTLE;

	while (!condition()) {
		if (now_ms() > end)
			return false;
		sleep_ms(10);
	}
	return true;
}

/* --- attach and detach ------------------------------------------------------ */

static bool open_pair(void)
{
	if (!pair_open(pair_type, pair))
		return true;
	perror("pair of sockets");
	return false;
}

static void close_pair(void)
{
	close(pair[0]);
	close(pair[1]);
}

static int attach(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %d 65538 3", args[0], pair[0]);
	return write_file(VHCI "/attach", text);
}

static int detach(void)
{
	return write_file(VHCI "/detach", args[0]);
}

static bool undo_attach(int err)
{
	if (!err)
		err = detach() ? -1 : 0;
	close_pair();
	return err >= 0 && wait_until(port_is_free);
}

static bool before_detach(void)
{
	return open_pair() && !attach();
}

static bool undo_detach(int err)
{
	return undo_attach(err ? 0 : -2) || (!err && wait_until(port_is_free));
}

/* --- the server's files ----------------------------------------------------- */

static int sockfd(void)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), HOST "/%s/usbip_sockfd", args[0]);
	snprintf(text, sizeof(text), "%d", pair[0]);
	return write_file(path, text);
}

static bool undo_sockfd(int err)
{
	close_pair();
	return err >= 0 && wait_until(is_available);
}

static int say(const char *file, const char *word)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s", word, args[0]);
	return write_file(file, text);
}

static bool before_bind(void)
{
	char dir[128];

	snprintf(dir, sizeof(dir), DEVICES "/%s/driver", args[0]);
	write_at(dir, "unbind", args[0]);
	return !say(HOST "/match_busid", "add ");
}

static int bind(void)
{
	return say(HOST "/bind", "");
}

static bool undo_bind(int err)
{
	if (!err)
		err = is_exported() ? say(HOST "/unbind", "") : EIO;
	if (say(HOST "/match_busid", "del ") || err == EIO)
		return false;
	say(HOST "/rebind", "");
	return is_not_exported();
}

static bool before_unbind(void)
{
	return before_bind() && !bind();
}

static int unbind(void)
{
	return say(HOST "/unbind", "");
}

static bool undo_unbind(int err)
{
	return undo_bind(err ? 0 : ENOMEM);
}

static int match_add(void)
{
	return say(HOST "/match_busid", "add ");
}

static bool undo_match_add(int err)
{
	return err ? true : !say(HOST "/match_busid", "del ");
}

static int match_del(void)
{
	return say(HOST "/match_busid", "del ");
}

/* Of a device that a rule wants: an entry is made that says no. */
static bool undo_match_del(int err)
{
	return err ? true : !match_add();
}

static int rebind(void)
{
	return say(HOST "/rebind", "");
}

/* Without memory for us another driver may have taken it; the next one does. */
static bool undo_rebind(int err)
{
	if (!err && !is_exported())
		err = !before_bind() || rebind() || !is_exported() ? EIO : 0;
	return undo_bind(err);
}

#define AUTOBIND PARAMS "/usbip_host/parameters/autobind"

static int rules(void)
{
	return write_file(AUTOBIND, args[1]);
}

/*
 * The rule stands, with or without memory to claim the device; then the log has
 * said so, and the next write claims it.
 */
static bool undo_rules(int err)
{
	if (!err && !is_exported())
		err = rules() || !is_exported() ? -1 : 0;
	else if (err && is_exported())
		err = -1;
	return err >= 0 && !write_file(AUTOBIND, "\n") && is_not_exported();
}

/* --- modules ---------------------------------------------------------------- */

static int load(void)
{
	return insert_module(args[0], args[2]);
}

static bool undo_load(int err)
{
	return err || !remove_module(args[1]);
}

static bool before_unload(void)
{
	return !load();
}

static int unload(void)
{
	return remove_module(args[1]);
}

static bool undo_unload(int err)
{
	return !err || !unload();
}

#define NPORTS PARAMS "/vhci_hcd/parameters/nports"

static int nports(void)
{
	return write_file(NPORTS, args[0]);
}

static bool before_nports(void)
{
	return !write_file(NPORTS, args[1]);
}

/* Refused, it has changed nothing. */
static bool undo_nports(int err)
{
	int now = atoi(args[err ? 1 : 0]);

	return read_number(NPORTS) == now &&
	       read_number(VHCI "/nports") == 2 * now;
}

/* --- URBs ------------------------------------------------------------------- */

static bool open_usbfs(void)
{
	unsigned int interface = 0;

	if (device < 0) {
		device = open(args[0], O_RDWR | O_CLOEXEC);
		ioctl(device, USBDEVFS_CLAIMINTERFACE, &interface);
	}
	return device >= 0;
}

static int control(void)
{
	unsigned char data[18];
	struct usbdevfs_ctrltransfer t = { 0x80, 6, 0x100, 0, 18, 5000, data };

	return ioctl(device, USBDEVFS_CONTROL, &t) < 0 ? errno : 0;
}

static int bulk(void)
{
	static unsigned char data[1 << 16];
	struct usbdevfs_bulktransfer t = {
		.ep = strtoul(args[1], NULL, 0),
		.len = atoi(args[2]),
		.timeout = 5000,
		.data = data,
	};

	return ioctl(device, USBDEVFS_BULK, &t) < 0 ? errno : 0;
}

static bool before_iso(void)
{
	struct usbdevfs_setinterface setting = { 0, 1 };
	unsigned int i;

	if (!open_usbfs() || ioctl(device, USBDEVFS_SETINTERFACE, &setting))
		return false;
	urb = calloc(1, sizeof(*urb) + 8 * sizeof(urb->iso_frame_desc[0]));
	urb->type = USBDEVFS_URB_TYPE_ISO;
	urb->flags = USBDEVFS_URB_ISO_ASAP;
	urb->endpoint = strtoul(args[1], NULL, 0);
	urb->number_of_packets = 8;
	urb->buffer_length = 8 * 64;
	urb->buffer = calloc(8, 64);
	for (i = 0; i < 8; i++)
		urb->iso_frame_desc[i].length = 64;
	return true;
}

static int iso(void)
{
	return ioctl(device, USBDEVFS_SUBMITURB, urb) ? errno : 0;
}

static bool undo_iso(int err)
{
	struct usbdevfs_urb *back;

	if (!err && ioctl(device, USBDEVFS_REAPURB, &back))
		return false;
	free(urb->buffer);
	free(urb);
	return true;
}

static const struct path paths[] = {
	{ "attach", "PORT", 1, open_pair, attach, undo_attach },
	{ "detach", "PORT", 1, before_detach, detach, undo_detach },
	{ "sockfd", "BUSID", 1, open_pair, sockfd, undo_sockfd },
	{ "bind", "BUSID", 1, before_bind, bind, undo_bind },
	{ "unbind", "BUSID", 1, before_unbind, unbind, undo_unbind },
	{ "match-add", "BUSID", 1, nothing, match_add, undo_match_add },
	{ "match-del", "BUSID", 1, nothing, match_del, undo_match_del },
	{ "rebind", "BUSID", 1, before_bind, rebind, undo_rebind },
	{ "rules", "BUSID RULES", 2, nothing, rules, undo_rules },
	{ "load", "FILE NAME PARAMETERS", 3, nothing, load, undo_load },
	{ "unload", "FILE NAME PARAMETERS", 3, before_unload, unload,
	  undo_unload },
	{ "nports", "NUMBER THE-ONE-BEFORE", 2, before_nports, nports,
	  undo_nports },
	{ "control", "NODE", 1, open_usbfs, control, nothing_to_undo },
	{ "bulk", "NODE EP LENGTH", 3, open_usbfs, bulk, nothing_to_undo },
	{ "iso", "NODE EP", 2, before_iso, iso, undo_iso },
};

/* --- the walk ---------------------------------------------------------------- */

/* Run with the @nth allocation failing. Return: how many were missing until that. */
static unsigned int run_failing(const struct path *path, unsigned int nth,
				int *err)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	char text[32];
	ssize_t n;

	snprintf(text, sizeof(text), "%u", nth);
	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(FAIL_NTH);
		exit(4);
	}
	*err = path->run();
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0 || pwrite(fd, "0", 1, 0) != 1) {
		perror(FAIL_NTH);
		exit(2);
	}
	text[n] = 0;
	close(fd);
	return atoi(text);
}

static int usage(void)
{
	size_t i;

	puts("failnth [-t] [-e ERRNO]... [-m MOST] [-s SKIP] PATH ARGUMENT...\n"
	     "failnth -c PATH ARGUMENT...   only counts the allocations, and prints their number\n"
	     "-t: TCP, not UNIX sockets; -e: this may be the answer, too, besides ENOMEM; -m: no\n"
	     "more than about so many allocations, the later ones thinned out; -s: not the first\n"
	     "SKIP. PATH and its arguments:");
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		printf("  %s %s\n", paths[i].name, paths[i].arguments);
	return 2;
}

static const struct path *find_path(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!strcmp(paths[i].name, name))
			return &paths[i];
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int nth, points = 0, refused = 0, survived = 0, bad = 0;
	const char *allowed[8] = { "ENOMEM" };
	unsigned int n_allowed = 1, most = 1000, skip = 0, i;
	bool count = false;
	const struct path *path;
	int opt, err;

	while ((opt = getopt(argc, argv, "cte:m:s:")) != -1) {
		if (opt == 't')
			pair_type = PAIR_TCP;
		else if (opt == 'e' && n_allowed < 8)
			allowed[n_allowed++] = optarg;
		else if (opt == 'm')
			most = atoi(optarg);
		else if (opt == 's')
			skip = atoi(optarg);
		else if (opt == 'c')
			count = true;
		else
			return usage();
	}
	path = optind < argc ? find_path(argv[optind]) : NULL;
	if (!path || argc - optind - 1 != path->n_args)
		return usage();
	args = argv + optind + 1;
	setvbuf(stdout, NULL, _IOLBF, 0);

	if (count) {
		if (!path->before())
			return 1;
		nth = 1000000000;
		printf("%u\n", nth - run_failing(path, nth, &err));
		return !path->undo(err);
	}
	/* Each of the first, then as many as MOST allows, ever farther apart. */
	for (nth = 1 + skip;;
	     nth += 1 + points / (most / 4 + 1) * ((nth - skip) / most + 1)) {
		bool injected;

		if (!path->before()) {
			printf("%s: cannot begin before allocation %u\n",
			       path->name, nth);
			return 1;
		}
		injected = !run_failing(path, nth, &err);
		if (injected)
			points++;
		if (injected && !err)
			survived++;
		for (i = 0; i < n_allowed; i++)
			if (err && !strcmp(errno_name(err), allowed[i]))
				break;
		if (err && i < n_allowed && injected) {
			refused++;
		} else if (err) {
			printf("%s: allocation %u: errno %d, %s\n", path->name,
			       nth, err, errno_name(err));
			bad++;
		}
		if (!path->undo(err)) {
			printf("%s: allocation %u, errno %d: not as before\n",
			       path->name, nth, err);
			bad++;
		}
		if (!injected)
			break;
	}
	printf("%s: %u of %u allocations failed: %u refused, %u survived, %u wrong\n",
	       path->name, points, nth - 1 - skip, refused, survived, bad);
	return bad || !points;
}
