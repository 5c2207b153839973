/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * URB memory as a sequence of contiguous pieces, linear or scatter-gather.
 * Kernel only; knows nothing of sockets or PDUs.
 * Called by core (rx.c, tx.c), vhci-ext and usbip-host-ext.
 */
#ifndef USBIPX_PAYLOAD_H
#define USBIPX_PAYLOAD_H

#include <linux/bvec.h>
#include <linux/usb.h>

struct sk_buff;

/**
 * struct usbipx_cursor - a position in the memory of an URB
 * @linear: next byte of a linear buffer; NULL for a scatter list
 * @sg: current entry of a scatter list
 * @sg_offset: bytes of @sg already passed
 * @left: bytes still to go
 *
 * Not locked: whoever moves the cursor owns it.
 */
struct usbipx_cursor {
	void *linear;
	struct scatterlist *sg;
	u32 sg_offset;
	u32 left;
};

void usbipx_cursor_init(struct usbipx_cursor *cur, const struct urb *urb,
			u32 length);
bool usbipx_cursor_piece(const struct usbipx_cursor *cur, struct bio_vec *bv);
int usbipx_cursor_fill(const struct usbipx_cursor *cur, const struct sk_buff *skb,
		       unsigned int offset, u32 *bytes);
void usbipx_cursor_advance(struct usbipx_cursor *cur, u32 bytes);
bool usbipx_urb_has_memory(const struct urb *urb, u32 length);

void usbipx_iso_pack(struct urb *urb);
void usbipx_iso_spread(struct urb *urb);

#endif
