// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large transfers for host controllers that take no scatter lists (dwc2): one piece
 * after the other, by the same URB. An IN transfer may end with any of them, so the
 * next is not submitted before the last is full; what the client sends for the same
 * endpoint meanwhile is held back, or it would come in between.
 * May call urb.c and the USB core. Called by urb.c and buffer.c.
 *
 * The completion handler submits the next piece with hdev->lock held: who cancels
 * has either set hurb->unlink before, and there is no next piece, or finds it at the
 * host controller. The same goes for those held back, which are submitted by the
 * completion handler of the one that they wait for. So host_kill_urbs(), which waits for
 * completion handlers, waits for all that these submit.
 */
#include <linux/scatterlist.h>

#include "host.h"

static u32 endpoint_bit(unsigned int pipe)
{
	return BIT(usb_pipeendpoint(pipe) + (usb_pipein(pipe) ? 16 : 0));
}

/* Its data are hurb->piece only. */
static void set_piece(struct host_urb *hurb)
{
	struct urb *urb = hurb->urb;

	urb->sg = NULL;
	urb->num_sgs = 0;
	urb->transfer_buffer = sg_virt(hurb->piece);
	urb->transfer_buffer_length = hurb->piece->length;
	urb->transfer_flags &= ~URB_ZERO_PACKET;
	if (sg_is_last(hurb->piece) && hurb->zero)
		urb->transfer_flags |= URB_ZERO_PACKET;
}

/**
 * host_split_whole - make an URB look as the client knows it
 * @hurb: with total, not at the host controller
 *
 * Context: any.
 */
void host_split_whole(struct host_urb *hurb)
{
	struct urb *urb = hurb->urb;

	urb->transfer_buffer = NULL;
	urb->sg = hurb->sgt.sgl;
	urb->num_sgs = hurb->sgt.nents;
	urb->transfer_buffer_length = hurb->total;
	urb->actual_length = hurb->done;
}

static int submit(struct host_urb *hurb)
{
	struct urb *urb = hurb->urb;
	int ret;

	lockdep_assert_held(&hurb->reply.hdev->lock);
	usb_anchor_urb(urb, &hurb->reply.hdev->inflight);
	ret = usb_submit_urb(urb, GFP_ATOMIC);
	if (ret)
		usb_unanchor_urb(urb);
	return ret;
}

/**
 * host_split_init - a transfer that is larger than one piece
 * @hurb: its URB has a scatter list, which the host controller does not take
 *
 * Context: any.
 */
void host_split_init(struct host_urb *hurb)
{
	hurb->total = hurb->urb->transfer_buffer_length;
	hurb->zero = hurb->urb->transfer_flags & URB_ZERO_PACKET;
}

/**
 * host_split_begin - an URB is to go to the host controller
 * @hurb: in hdev->urbs, its data received
 *
 * Context: any, with hdev->lock. Return: true when it may; its URB is the first
 * piece then. False when it is held back and host_split_end() submits it.
 */
bool host_split_begin(struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	u32 bit = endpoint_bit(hurb->urb->pipe);

	lockdep_assert_held(&hdev->lock);
	if (hurb->total) {
		hurb->done = 0;
		hurb->piece = hurb->sgt.sgl;
		set_piece(hurb);
	}
	if (hdev->splitting & bit) {
		list_add_tail(&hurb->held, &hdev->held);
		return false;
	}
	if (hurb->total)
		hdev->splitting |= bit;
	return true;
}

/**
 * host_split_done - a piece has completed, or could not be submitted
 * @hurb: the URB's, with total
 *
 * Context: completion handler. Return: true when that was the last, and the URB
 * looks like a whole one; false when it is at the host controller again, and
 * not the caller's any more.
 */
bool host_split_done(struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	struct urb *urb = hurb->urb;
	unsigned long flags;
	int ret = 0;

	hurb->done += urb->actual_length;
	if (!urb->status && !sg_is_last(hurb->piece) &&
	    urb->actual_length == urb->transfer_buffer_length) {
		hurb->piece = sg_next(hurb->piece);
		set_piece(hurb);
		spin_lock_irqsave(&hdev->lock, flags);
		ret = hurb->unlink ? -ECONNRESET : submit(hurb);
		spin_unlock_irqrestore(&hdev->lock, flags);
		if (!ret)
			return false;
		/* -EPERM: somebody is killing it. */
		urb->status = ret == -EPERM ? -ENOENT : ret;
	}
	host_split_whole(hurb);
	return true;
}

/**
 * host_split_end - a split transfer is over: submit what waits for it
 * @hdev: the device
 * @pipe: the URB's
 *
 * Context: completion handler, or where host_split_begin() was called; without
 * hdev->lock.
 */
void host_split_end(struct host_device *hdev, unsigned int pipe)
{
	u32 bit = endpoint_bit(pipe);
	struct host_urb *hurb;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&hdev->lock, flags);
again:
	list_for_each_entry(hurb, &hdev->held, held) {
		bool split = hurb->total;

		if (endpoint_bit(hurb->urb->pipe) != bit)
			continue;
		list_del_init(&hurb->held);
		ret = submit(hurb);
		if (ret) {
			spin_unlock_irqrestore(&hdev->lock, flags);
			host_urb_failed(hurb, ret);
			spin_lock_irqsave(&hdev->lock, flags);
		} else if (split) {
			goto unlock;
		}
		goto again;
	}
	hdev->splitting &= ~bit;
unlock:
	spin_unlock_irqrestore(&hdev->lock, flags);
}

/**
 * host_split_take - one of those held back, if there is one
 * @hdev: the device
 *
 * Context: any, without hdev->lock. Return: the hurb, the caller's now, or NULL.
 */
struct host_urb *host_split_take(struct host_device *hdev)
{
	struct host_urb *hurb;
	unsigned long flags;

	spin_lock_irqsave(&hdev->lock, flags);
	hurb = list_first_entry_or_null(&hdev->held, struct host_urb, held);
	if (hurb)
		list_del_init(&hurb->held);
	spin_unlock_irqrestore(&hdev->lock, flags);
	return hurb;
}
