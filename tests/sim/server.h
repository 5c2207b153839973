/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ways a device meets its client: over TCP, or handed to the kernel here.
 * May call conn.c, op.h, pair.c and the loop.
 * Called by sim-main.c and control.c.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <stdbool.h>

#include "device.h"
#include "pair.h"

/* Listens and answers device list and import; -1 after a message. */
int server_start(const char *addr, unsigned int port);
void server_exit(void);

struct attach_mode {
	bool on;
	bool stay;	     /* do not end when the last connection has */
	enum pair_type pair; /* of sockets */
	int port; /* hub port for the first device, -1 = a free one */
};

extern struct attach_mode attach_mode;

/* Hands dev to this machine's vhci_hcd; -1 after a message. */
int attach_device(struct sim_dev *dev);

/* control.c: lines on standard input, or on a socket at path. */
int control_stdin(void);
int control_listen(const char *path);
void control_exit(void);

#endif
