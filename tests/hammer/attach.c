// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of the client: attach over TCP and socket pairs, peers that die, detach.
 * May call util.c, sim/pair.c and sim/op.h; starts usbip-sim.
 * Called by hammer.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hammer.h"
#include "../sim/op.h"

#define SIM_PORT    3300 /* hammer.sh starts it there */
#define USBIPD_PORT OP_PORT
#define SIM_DEVICES 12

/* A request for one device; its busid follows the common part. */
struct op_import {
	struct op_common common;
	char busid[32];
};

static int import(int fd, const char *busid, struct op_device *dev)
{
	struct op_import req = {
		.common = { htons(OP_VERSION), htons(OP_REQ_IMPORT), 0 },
	};
	struct op_common reply;

	strncpy(req.busid, busid, sizeof(req.busid) - 1);
	if (send(fd, &req, sizeof(req), 0) != sizeof(req) ||
	    recv(fd, &reply, sizeof(reply), MSG_WAITALL) != sizeof(reply))
		return ECONNRESET;
	if (reply.status)
		return EBUSY;
	if (recv(fd, dev, sizeof(*dev), MSG_WAITALL) != sizeof(*dev))
		return ECONNRESET;
	return 0;
}

static unsigned int count_ports(void)
{
	char text[16];

	return read_file(VHCI "/nports", text, sizeof(text)) ? 0 : atoi(text);
}

/* The tools look for a free port; so do we, but at random. */
static int attach(int fd, unsigned int devid, unsigned int speed)
{
	unsigned int nports = count_ports();
	int tries, err = ENODEV;
	char text[64];

	for (tries = 0; nports && tries < 8; tries++) {
		snprintf(text, sizeof(text), "%u %d %u %u",
			 random_below(nports), fd, devid, speed);
		err = write_file(VHCI "/attach", text);
		if (err != EBUSY)
			break;
	}
	return err;
}

static int attach_from(unsigned int port, const char *busid)
{
	struct op_device dev;
	int fd = connect_local(port);
	int err;

	if (fd < 0)
		return ECONNREFUSED;
	err = import(fd, busid, &dev);
	if (!err)
		err = attach(fd, ntohl(dev.busnum) << 16 | ntohl(dev.devnum),
			     ntohl(dev.speed));
	close(fd);
	return err;
}

static int attach_tcp(void)
{
	char busid[16];

	snprintf(busid, sizeof(busid), "1-%u", 1 + random_below(SIM_DEVICES));
	return attach_from(SIM_PORT, busid);
}

static unsigned int read_number(const char *busid, const char *name)
{
	char dir[128], text[16];

	snprintf(dir, sizeof(dir), DEVICES "/%s", busid);
	return read_at(dir, name, text, sizeof(text)) ? 0 : atoi(text);
}

/* What usbipd and usbip do to a device, without their words to each other. */
static int attach_directly(const char *busid)
{
	unsigned int devid = read_number(busid, "busnum") << 16 |
			     read_number(busid, "devnum");
	unsigned int mbit = read_number(busid, "speed");
	unsigned int speed = mbit > 480 ? 5 : mbit > 12 ? 3 : mbit > 1 ? 2 : 1;
	char path[128], text[16];
	int fd[2], err;

	if (pair_open(random_below(2) ? PAIR_TCP : PAIR_UNIX, fd))
		return errno;
	snprintf(path, sizeof(path), HOST "/%s/usbip_sockfd", busid);
	snprintf(text, sizeof(text), "%d", fd[0]);
	err = write_file(path, text);
	if (!err)
		err = attach(fd[1], devid, speed);
	close(fd[0]);
	close(fd[1]);
	return err;
}

/* A device that usbip-host has; if that is taken, another. */
static int attach_exported(void)
{
	bool directly = random_below(4); /* the daemon takes its time */
	long end = now_ms() + 3000;
	int tries, err = ENODEV;
	const char *busid;
	char path[256];

	for (tries = 0; tries < 4; tries++) {
		/* Others unbind what others bind: there may be none for a moment. */
		while (!random_match(HOST "/*-*", path, sizeof(path))) {
			if (now_ms() > end)
				return ENODEV;
			sleep_ms(50);
		}
		busid = strrchr(path, '/') + 1;
		err = directly ? attach_directly(busid) :
				 attach_from(USBIPD_PORT, busid);
		if (err != EBUSY)
			break;
	}
	return err;
}

static void reap(int pid, unsigned int ms)
{
	long end = now_ms() + ms;

	while (waitpid(pid, NULL, WNOHANG) != pid) {
		if (now_ms() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
		sleep_ms(20);
	}
}

/* A peer that lives for a while, on a socket pair or TCP, and dies somehow. */
static int peer_dies(void)
{
	char device[128];
	char *argv[] = { (char *)sim_path, "--attach", device, NULL, NULL };
	unsigned int life = random_below(6) ? random_below(4000) : 8000;
	int pid;

	if (access(VHCI "/attach", F_OK))
		return ENOENT;
	if (random_below(2))
		argv[3] = "--tcp";
	snprintf(device, sizeof(device), "%s:speed=%s%s",
		 one_of("serial", "storage", "bulk", "int", "iso"),
		 one_of("full", "high", "super"),
		 one_of("", "", "", ",bad=silent-after=30",
			",bad=deaf-after=30", ",bad=close-after=25",
			",bad=rst-after=25", ",bad=half-close-after=40",
			",bad=unlink-silent", ",bad=short-header=20",
			",bad=short-data=35", ",bad=segments=7",
			",bad=unknown-command=20", ",bad=unlink-both",
			",bad=oversize-actual", ",bad=slow=2000"));
	pid = start_program(argv);
	if (pid < 0)
		return errno;
	sleep_ms(life);
	switch (random_below(4)) {
	case 0: /* it may end when it is detached */
		reap(pid, 2000);
		break;
	case 1:
		kill(pid, SIGTERM);
		reap(pid, 500);
		break;
	case 2:
		kill(pid, SIGSTOP);
		sleep_ms(random_below(6000));
		kill(pid, SIGKILL);
		reap(pid, 0);
		break;
	default:
		kill(pid, SIGKILL);
		reap(pid, 0);
	}
	return 0;
}

/* A socket with nobody behind it who knows the protocol. */
static int attach_garbage(void)
{
	unsigned char noise[512];
	unsigned int i;
	int fd[2], err;

	if (pair_open(random_below(2) ? PAIR_TCP : PAIR_UNIX, fd))
		return errno;
	err = attach(fd[0], random_below(1 << 20), 1 + random_below(5));
	if (!err) {
		for (i = 0; i < sizeof(noise); i++)
			noise[i] = random_below(256);
		sleep_ms(random_below(100));
		send(fd[1], noise, 1 + random_below(sizeof(noise)), 0);
		sleep_ms(random_below(300));
	}
	close(fd[0]);
	close(fd[1]);
	return err;
}

static int detach(void)
{
	unsigned int nports = count_ports();
	char text[16];

	if (!nports)
		return ENODEV;
	snprintf(text, sizeof(text), "%u", random_below(nports));
	return write_file(VHCI "/detach", text);
}

const struct op attach_ops[] = {
	{ "attach-tcp", 200, attach_tcp },
	{ "attach-tcp-2", 200, attach_tcp },
	{ "attach-exported", 200, attach_exported },
	{ "attach-exported-2", 200, attach_exported },
	{ "peer-dies", 200, peer_dies },
	{ "peer-dies-2", 200, peer_dies },
	{ "peer-dies-3", 200, peer_dies },
	{ "attach-garbage", 500, attach_garbage },
	{ "detach", 300, detach },
	{ 0 },
};
