// SPDX-License-Identifier: GPL-2.0-only
/*
 * URB memory as a sequence of contiguous pieces, linear or scatter-gather.
 * Kernel only; knows nothing of sockets or PDUs.
 * Called by core (rx.c, tx.c), vhci-ext and usbip-host-ext.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "../compat/compat.h"
#include "payload.h"

/**
 * usbipx_cursor_advance - move the cursor on
 * @cur: the cursor
 * @bytes: not more than @cur->left
 *
 * Context: any.
 */
void usbipx_cursor_advance(struct usbipx_cursor *cur, u32 bytes)
{
	cur->left -= bytes;
	if (!cur->sg) {
		cur->linear += bytes;
		return;
	}
	cur->sg_offset += bytes;
	while (cur->left && cur->sg_offset >= cur->sg->length) {
		cur->sg_offset -= cur->sg->length;
		cur->sg = sg_next(cur->sg);
	}
}

/**
 * usbipx_cursor_init - put a cursor at the start of an URB's memory
 * @cur: the cursor
 * @urb: its scatter list counts if it has one, else its transfer buffer
 * @length: bytes the cursor may cover; see usbipx_urb_has_memory()
 *
 * Context: any.
 */
void usbipx_cursor_init(struct usbipx_cursor *cur, const struct urb *urb,
			u32 length)
{
	cur->left = length;
	cur->sg_offset = 0;
	if (urb->num_sgs) {
		cur->linear = NULL;
		cur->sg = urb->sg;
		usbipx_cursor_advance(cur, 0); /* past empty entries */
	} else {
		cur->linear = urb->transfer_buffer;
		cur->sg = NULL;
	}
}
EXPORT_SYMBOL_GPL(usbipx_cursor_init);

/**
 * usbipx_urb_has_memory - does an URB own as many bytes as are spoken of
 * @urb: the URB
 * @length: bytes
 *
 * Drivers may leave out the buffer of an URB without data; a scatter list may
 * be shorter than transfer_buffer_length says.
 *
 * Context: any.
 */
bool usbipx_urb_has_memory(const struct urb *urb, u32 length)
{
	struct scatterlist *sg;
	u32 sum = 0;
	int i;

	if (!length)
		return true;
	if (!urb->num_sgs)
		return urb->transfer_buffer;
	for_each_sg(urb->sg, sg, urb->num_sgs, i) {
		sum += sg->length;
		if (sum >= length)
			return true;
	}
	return false;
}
EXPORT_SYMBOL_GPL(usbipx_urb_has_memory);

/**
 * usbipx_cursor_piece - the contiguous piece of memory under the cursor
 * @cur: the cursor
 * @bv: filled in
 *
 * Linear buffers from vmalloc come page by page.
 *
 * Context: any. Return: false at the end.
 */
bool usbipx_cursor_piece(const struct usbipx_cursor *cur, struct bio_vec *bv)
{
	if (!cur->left)
		return false;

	if (cur->sg) {
		bv->bv_page = sg_page(cur->sg);
		bv->bv_offset = cur->sg->offset + cur->sg_offset;
		bv->bv_len = min(cur->left, cur->sg->length - cur->sg_offset);
	} else if (is_vmalloc_addr(cur->linear)) {
		bv->bv_page = vmalloc_to_page(cur->linear);
		bv->bv_offset = offset_in_page(cur->linear);
		bv->bv_len = min_t(u32, cur->left, PAGE_SIZE - bv->bv_offset);
	} else {
		bv->bv_page = virt_to_page(cur->linear);
		bv->bv_offset = offset_in_page(cur->linear);
		bv->bv_len = cur->left;
	}
	return true;
}

/**
 * usbipx_cursor_fill - copy received bytes to the memory under the cursor
 * @cur: the cursor; usbipx_cursor_advance() is the caller's to call
 * @skb: from there
 * @offset: first byte in @skb
 * @bytes: in: how many there are; out: how many were copied, at least one
 *
 * Not through an iterator, whose checks cost as much as a small copy, unless
 * the memory has no address.
 *
 * Context: any; @cur is not at its end. Return: 0, or -EFAULT when @skb has
 * fewer bytes.
 */
int usbipx_cursor_fill(const struct usbipx_cursor *cur,
		       const struct sk_buff *skb, unsigned int offset, u32 *bytes)
{
	struct iov_iter iter;
	struct bio_vec bv;

	if (!cur->sg) {
		*bytes = min(*bytes, cur->left);
		return skb_copy_bits(skb, offset, cur->linear, *bytes);
	}

	usbipx_cursor_piece(cur, &bv);
	*bytes = min(*bytes, bv.bv_len);
	if (!PageHighMem(bv.bv_page))
		return skb_copy_bits(skb, offset,
				     page_address(bv.bv_page) + bv.bv_offset,
				     *bytes);

	iov_iter_bvec(&iter, ITER_DEST, &bv, 1, *bytes);
	return skb_copy_datagram_iter(skb, offset, &iter, *bytes);
}

/**
 * usbipx_iso_pack - move the received packets together
 * @urb: a completed isochronous IN URB; its offsets stay as they were
 *
 * On the wire the data of one packet follows that of the packet before it
 * (protocol document, USBIP_RET_SUBMIT: padding is not transmitted).
 *
 * Context: any; the caller owns @urb.
 */
void usbipx_iso_pack(struct urb *urb)
{
	u32 end = 0;
	int i;

	for (i = 0; i < urb->number_of_packets; i++) {
		struct usb_iso_packet_descriptor *d = &urb->iso_frame_desc[i];

		if (d->offset != end)
			memmove(urb->transfer_buffer + end,
				urb->transfer_buffer + d->offset,
				d->actual_length);
		end += d->actual_length;
	}
}
EXPORT_SYMBOL_GPL(usbipx_iso_pack);

/**
 * usbipx_iso_spread - undo usbipx_iso_pack() on the receiving side
 * @urb: its buffer holds the packets one after another; every packet must lie
 *	inside the buffer and actual_length must be their sum
 *
 * Goes from the last packet to the first: packets only ever move up.
 *
 * Context: any; the caller owns @urb.
 */
void usbipx_iso_spread(struct urb *urb)
{
	u32 start = urb->actual_length;
	int i;

	for (i = urb->number_of_packets - 1; i >= 0; i--) {
		struct usb_iso_packet_descriptor *d = &urb->iso_frame_desc[i];

		start -= d->actual_length;
		if (d->offset != start)
			memmove(urb->transfer_buffer + d->offset,
				urb->transfer_buffer + start, d->actual_length);
	}
}
EXPORT_SYMBOL_GPL(usbipx_iso_spread);
