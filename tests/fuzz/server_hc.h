/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device that the fuzz target server exports, and its host controller.
 * Included by server.c and server_hc.c.
 */
#ifndef FUZZ_SERVER_HC_H
#define FUZZ_SERVER_HC_H

#include "run.h"

/**
 * struct server_hc - the device and how its host controller behaves
 * @device: endpoints 1 to 7, in 1 configuration of 1 interface with 2 altsettings
 * @bus: says what scatter lists it takes
 * @urbs: submitted and not given back, in order
 * @unlink_is_sync: URBs are given back while they are being unlinked
 * @submit_is_sync: what is done is given back while it is being submitted
 * @dwc2: does not sum up isochronous packets
 * @submit_error: result of the next submit or change of configuration, once
 */
struct server_hc {
	struct usb_device device;
	struct usb_bus bus;
	struct list_head urbs;
	bool unlink_is_sync;
	bool submit_is_sync;
	bool dwc2;
	int submit_error;
};
extern struct server_hc hc;

/* @how: bits 1 and 2 say what scatter lists it takes, bit 3 makes it a dwc2. */
void hc_init(u8 how);
bool hc_is_iso(u32 ep);
struct urb *hc_urb(unsigned int n);
/* @amount of what was asked for, in 255ths. */
void hc_complete(struct urb *urb, int status, u32 amount, bool in_irq);

#endif
