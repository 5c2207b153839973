/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The USB core and the drivers above it, as the fuzz target client has them.
 * Included by client.c and client_usb.c.
 */
#ifndef FUZZ_CLIENT_USB_H
#define FUZZ_CLIENT_USB_H

#include "run.h"

#define CLIENT_URBS 24

/**
 * struct client_usb - what is behind a root hub
 * @hcd: its host controller
 * @root: the root hub
 * @device: that of port 0
 * @stranger: one of another port, or another one of that port
 * @present: @device is there: from plug until the USB core lets go of it
 * @link_fails: no URB can be linked to an endpoint
 */
struct client_usb {
	struct usb_hcd hcd;
	struct usb_device root;
	struct usb_device device;
	struct usb_device stranger;
	bool present;
	bool link_fails;
};
extern struct client_usb usb;

void usb_init(bool in_sysfs, bool same_port);
/* As the input says; nothing when there is no device, or no URB left. */
void usb_submit(void);
void usb_unlink(void);
/* One that vhci-hcd has, or NULL. */
const struct urb *usb_urb(unsigned int n);
/* The USB core lets go of the devices. */
void usb_let_go(void);

#endif
