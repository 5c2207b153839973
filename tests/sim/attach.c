// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handing a simulated device to this machine's vhci_hcd, without a network.
 * May call conn.c and pair.c.
 * Called by sim-main.c and, for "plug", by control.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "pair.h"
#include "server.h"

#define VHCI	  "/sys/devices/platform/vhci_hcd.0"
#define PORT_FREE 4
#define TRIES	  64

struct attach_mode attach_mode = { .pair = PAIR_UNIX, .port = -1 };
static unsigned int n_attached;

static void detached(struct sim_dev *dev)
{
	printf("detached port %d %s %s\n", dev->hub_port, dev->kind->name,
	       dev->busid);
	fflush(stdout);
	dev->hub_port = -1;
	if (!--n_attached && !attach_mode.stay)
		loop_stop();
}

/* First free port of the kind in one status file; -1 none, -2 no such file. */
static int free_port_in(const char *path, const char *hub)
{
	FILE *f = fopen(path, "r");
	char line[256], kind[8];
	int port, state;
	int found = -1;

	if (!f)
		return -2;
	while (found < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%7s %d %d", kind, &port, &state) == 3 &&
		    !strcmp(kind, hub) && state == PORT_FREE)
			found = port;
	fclose(f);
	return found;
}

static int free_port(enum usb_device_speed speed)
{
	const char *hub = speed_is_super(speed) ? "ss" : "hs";
	char path[128];
	int i, port;

	for (i = 0;; i++) {
		if (i)
			snprintf(path, sizeof(path), VHCI "/status.%d", i);
		else
			snprintf(path, sizeof(path), VHCI "/status");
		port = free_port_in(path, hub);
		if (port != -1)
			return port;
	}
}

static int write_attach(const struct sim_dev *dev, int port, int fd)
{
	uint32_t devid = dev->busnum << 16 | dev->devnum;
	char text[64];

	if (bad_has(&dev->bad, BAD_DEVID0))
		devid = 0;
	snprintf(text, sizeof(text), "%d %d %u %u", port, fd, devid, dev->speed);
	return sysfs_write(VHCI "/attach", text);
}

int attach_device(struct sim_dev *dev)
{
	int wanted = attach_mode.port;
	int tries, port, err = EBUSY;
	int fd[2];

	attach_mode.port = -1;
	if (wanted < 0)
		wanted = dev->wanted_port;
	if (pair_open(attach_mode.pair, fd)) {
		perror("pair of sockets");
		return -1;
	}
	for (tries = 0; err == EBUSY && tries < TRIES; tries++) {
		port = wanted >= 0 ? wanted : free_port(dev->speed);
		if (port < 0) {
			fprintf(stderr, "%s: no free port\n", dev->busid);
			goto fail;
		}
		err = write_attach(dev, port, fd[0]);
		if (wanted >= 0)
			break;
	}
	if (err) {
		fprintf(stderr, "%s: attach to port %d: %s\n", dev->busid, port,
			errno_name(err));
		goto fail;
	}
	/* The kernel holds its own reference. */
	close(fd[0]);
	n_attached++;
	dev->hub_port = port;
	conn_start(dev, fd[1], detached);
	printf("attached port %d %s %s\n", port, dev->kind->name, dev->busid);
	return 0;

fail:
	close(fd[0]);
	close(fd[1]);
	return -1;
}
