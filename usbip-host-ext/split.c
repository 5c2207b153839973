// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large transfers for host controllers that take no scatter lists (dwc2): one piece
 * after the other, by the same URB. An IN transfer may end with any of them, so the
 * next is not submitted before the last is full; what the client sends for the same
 * endpoint meanwhile is held back, or it would come in between.
 * May call urb.c, budget.c and the USB core. Called by urb.c, buffer.c and device.c.
 *
 * Pieces and what was held back are submitted by the completion handler of what was
 * before them, one at a time. It does so without hdev->lock, as some host controllers
 * give an URB back while it is being submitted (one that did so for every piece would
 * take too much stack; none is known), and looks afterwards whether a CMD_UNLINK has come
 * meanwhile. host_kill_urbs() waits for completion handlers and so for all that these
 * submit. How much one has to submit is limited by client_memory_mb.
 */
#include <linux/scatterlist.h>

#include "host.h"

static struct host_split *split_of(struct host_device *hdev, unsigned int pipe)
{
	return &hdev->splits[usb_pipeendpoint(pipe) + (usb_pipein(pipe) ? 16 : 0)];
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

/* Has the client cancelled what is being submitted? No when it is over already. */
static bool is_unlinked(struct host_device *hdev, const struct host_split *split,
			const struct host_urb *hurb)
{
	unsigned long flags;
	bool unlinked;

	spin_lock_irqsave(&hdev->lock, flags);
	unlinked = split->submitting == hurb && hurb->unlink;
	spin_unlock_irqrestore(&hdev->lock, flags);
	return unlinked;
}

/*
 * From here on @hurb, which is @split->submitting, is the completion handler's,
 * unless an error is returned.
 */
static int submit(struct host_split *split, struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	struct urb *urb = hurb->urb;
	int ret;

	/* It was meant for an altsetting that is no longer chosen. */
	if (usb_pipe_endpoint(urb->dev, urb->pipe) != hurb->ep)
		return -ESHUTDOWN;

	usb_get_urb(urb);
	usb_anchor_urb(urb, &hdev->inflight);
	ret = usb_submit_urb(urb, GFP_ATOMIC);
	if (ret)
		usb_unanchor_urb(urb);
	else if (is_unlinked(hdev, split, hurb))
		usb_unlink_urb(urb); /* again: it may not have been there */
	usb_put_urb(urb);
	/* -EPERM: somebody is killing it. */
	return ret == -EPERM ? -ENOENT : ret;
}

/**
 * host_split_init - a device without transfers
 * @hdev: the device
 *
 * Context: any.
 */
void host_split_init(struct host_device *hdev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hdev->splits); i++)
		INIT_LIST_HEAD(&hdev->splits[i].held);
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

/**
 * host_split_mark - a transfer is larger than one piece
 * @hurb: its URB has a scatter list, which the host controller does not take
 *
 * Context: any.
 */
void host_split_mark(struct host_urb *hurb)
{
	hurb->total = hurb->urb->transfer_buffer_length;
	hurb->zero = hurb->urb->transfer_flags & URB_ZERO_PACKET;
}

/**
 * host_split_begin - an URB is to go to the host controller
 * @hurb: in hdev->urbs, its data received
 *
 * Context: any, with hdev->lock; from the connection's reader. Return: true when it
 * may; its URB is the first piece then. False when it is held back and
 * host_split_end() submits it.
 */
bool host_split_begin(struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	struct host_split *split = split_of(hdev, hurb->urb->pipe);

	lockdep_assert_held(&hdev->lock);
	if (hurb->total) {
		hurb->done = 0;
		hurb->piece = hurb->sgt.sgl;
		set_piece(hurb);
	}
	if (split->busy) {
		list_add_tail(&hurb->node, &split->held);
		return false;
	}
	split->busy = hurb->total;
	return true;
}

/**
 * host_split_done - a piece has completed
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
	struct host_split *split = split_of(hdev, urb->pipe);
	int ret = -ECONNRESET;
	unsigned long flags;
	bool unlinked;

	hurb->done += urb->actual_length;
	if (!urb->status && !sg_is_last(hurb->piece) &&
	    urb->actual_length == urb->transfer_buffer_length) {
		host_budget_progress(hdev);
		hurb->piece = sg_next(hurb->piece);
		set_piece(hurb);
		spin_lock_irqsave(&hdev->lock, flags);
		unlinked = hurb->unlink;
		split->submitting = hurb;
		spin_unlock_irqrestore(&hdev->lock, flags);
		if (!unlinked && !READ_ONCE(hurb->cancelled))
			ret = submit(split, hurb);
		if (!ret)
			return false;
		urb->status = ret;
	}
	host_split_whole(hurb);
	return true;
}

/**
 * host_split_end - a split transfer is over: submit what waits for it
 * @hdev: the device
 * @pipe: the URB's
 * @status: the URB's; -ESHUTDOWN when the endpoint has gone
 *
 * Context: completion handler, or where host_split_begin() was called; without
 * hdev->lock.
 */
void host_split_end(struct host_device *hdev, unsigned int pipe, int status)
{
	struct host_split *split = split_of(hdev, pipe);
	struct host_urb *hurb;
	unsigned long flags;
	bool large;
	int ret;

	do {
		spin_lock_irqsave(&hdev->lock, flags);
		hurb = list_first_entry_or_null(&split->held, struct host_urb,
						node);
		split->submitting = hurb;
		split->busy = hurb;
		if (hurb)
			list_del_init(&hurb->node);
		spin_unlock_irqrestore(&hdev->lock, flags);
		if (!hurb)
			return;

		large = hurb->total;
		ret = status == -ESHUTDOWN ? status : submit(split, hurb);
		if (ret)
			host_urb_failed(hurb, ret);
	} while (ret || !large);
}

/**
 * host_split_finish - a transfer is over, and its hurb about to be another's
 * @hurb: any
 *
 * Context: any, with hdev->lock.
 */
void host_split_finish(struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	struct host_split *split = split_of(hdev, hurb->urb->pipe);

	lockdep_assert_held(&hdev->lock);
	if (split->submitting == hurb)
		split->submitting = NULL;
}

/**
 * host_split_take - the last of those held back, if there is one
 * @hdev: the device
 *
 * Context: any, without hdev->lock. Return: the hurb, the caller's now, or NULL.
 */
struct host_urb *host_split_take(struct host_device *hdev)
{
	struct host_urb *hurb = NULL;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&hdev->lock, flags);
	for (i = 0; i < ARRAY_SIZE(hdev->splits) && !hurb; i++) {
		if (list_empty(&hdev->splits[i].held))
			continue;
		hurb = list_last_entry(&hdev->splits[i].held, struct host_urb,
				       node);
		list_del_init(&hurb->node);
	}
	spin_unlock_irqrestore(&hdev->lock, flags);
	return hurb;
}
