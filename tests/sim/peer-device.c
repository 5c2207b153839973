// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exported device of this machine: becoming its client, whether it is available.
 * May call pair.c.
 * Called by peer-main.c, peer-table.c and peer-random.c.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"
#include "peer.h"

static void path_of(char *path, size_t size, const char *busid, const char *name)
{
	snprintf(path, size, "/sys/bus/usb/devices/%.64s/%s", busid, name);
}

static unsigned int attribute(const char *busid, const char *name)
{
	char path[256];
	unsigned int n;
	FILE *f;

	path_of(path, sizeof(path), busid, name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%u", &n) != 1) {
		fprintf(stderr, "usbip-peer: cannot read %s\n", path);
		exit(1);
	}
	fclose(f);
	return n;
}

/* Does what usbipd does after an import: hands the exported device a socket. */
void device_connect(struct peer *p, const char *busid, bool tcp)
{
	char path[256], text[16];
	int fd[2];
	int err;

	if (pair_open(tcp ? PAIR_TCP : PAIR_UNIX, fd)) {
		perror("pair of sockets");
		exit(1);
	}
	p->devid = attribute(busid, "busnum") << 16 | attribute(busid, "devnum");
	path_of(path, sizeof(path), busid, "usbip_sockfd");
	snprintf(text, sizeof(text), "%d\n", fd[0]);
	err = sysfs_write(path, text);
	if (err) {
		fprintf(stderr, "usbip-peer: %s: %s\n", path, errno_name(err));
		exit(1);
	}
	close(fd[0]);
	p->fd = fd[1];
}

bool device_available(const char *busid)
{
	return attribute(busid, "usbip_status") == 1;
}

/* Where it hangs in sysfs, with a / at the end. */
void device_path(const char *busid, char *path, size_t size)
{
	char link[256], real[PATH_MAX];

	path_of(link, sizeof(link), busid, "");
	if (!realpath(link, real)) {
		perror(link);
		exit(1);
	}
	snprintf(path, size, "%s/", real);
}

/* The endpoints of all configurations and altsettings, as they come. */
int device_endpoints(const char *busid, struct endpoint *to, int max)
{
	uint8_t d[4096];
	char path[256];
	size_t len, at;
	int n = 0;
	FILE *f;

	path_of(path, sizeof(path), busid, "descriptors");
	f = fopen(path, "r");
	if (!f) {
		fprintf(stderr, "usbip-peer: cannot read %s\n", path);
		exit(1);
	}
	len = fread(d, 1, sizeof(d), f);
	fclose(f);
	for (at = 0; at + 7 <= len && d[at] && n < max; at += d[at]) {
		if (d[at + 1] != 5 || d[at] < 7)
			continue;
		to[n].number = d[at + 2] & 15;
		to[n].in = d[at + 2] & 0x80;
		to[n].type = d[at + 3] & 3;
		to[n].size = (d[at + 4] | d[at + 5] << 8) & 0x7ff;
		n++;
	}
	return n;
}
