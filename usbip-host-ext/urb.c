// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client's commands become URBs of the device, their results answers.
 * May call budget.c, buffer.c, split.c, request.c, device.c, core and the USB core.
 * Called by core's connection, by the host controller on completion, and by
 * device.c, split.c and request.c.
 */
#include <linux/slab.h>

#include "host.h"

static gfp_t rx_gfp(bool may_sleep)
{
	return (may_sleep ? GFP_NOIO : GFP_ATOMIC) | __GFP_NOWARN;
}

static void reply_init(struct host_reply *reply, struct host_urb *hurb)
{
	usbipx_tx_init(&reply->tx);
	reply->hurb = hurb;
}

/* An answer without an URB, or why not yet, as rx_pdu() returns it. */
static struct host_reply *reply_alloc(struct host_device *hdev, bool may_sleep)
{
	struct host_reply *reply;
	int ret;

	ret = host_charge_answer(hdev, may_sleep);
	if (ret)
		return ERR_PTR(ret);
	reply = kmalloc(sizeof(*reply), rx_gfp(may_sleep));
	if (!reply) {
		host_uncharge_answer(hdev);
		return ERR_PTR(may_sleep ? -ENOMEM : -EAGAIN);
	}
	reply->hdev = hdev;
	reply_init(reply, NULL);
	return reply;
}

/*
 * A hurb with nothing but its parts. Kernels that clear what they allocate make
 * it worth while to keep a few.
 */
static struct host_urb *hurb_new(struct host_device *hdev, int packets, gfp_t gfp)
{
	struct host_urb *hurb = NULL;
	unsigned long flags;

	if (!packets) {
		spin_lock_irqsave(&hdev->lock, flags);
		hurb = hdev->kept;
		if (hurb) {
			hdev->kept = hurb->next;
			hdev->nkept--;
		}
		spin_unlock_irqrestore(&hdev->lock, flags);
	}
	if (hurb) {
		usb_init_urb(hurb->urb);
		return hurb;
	}

	hurb = kmalloc(sizeof(*hurb), gfp);
	if (!hurb)
		return NULL;
	hurb->urb = usb_alloc_urb(packets, gfp);
	if (!hurb->urb) {
		kfree(hurb);
		return NULL;
	}
	hurb->reply.hdev = hdev;
	hurb->small = NULL;
	return hurb;
}

/* Keep an emptied hurb for hurb_new() if there is room. */
static bool hurb_keep(struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	unsigned long flags;
	bool keep;

	/* The host controller may not have let go of the URB yet. */
	if (hurb->urb->number_of_packets || kref_read(&hurb->urb->kref) > 1)
		return false;
	smp_acquire__after_ctrl_dep(); /* it has, before we use it again */

	spin_lock_irqsave(&hdev->lock, flags);
	keep = hdev->nkept < HOST_HURBS_KEPT;
	if (keep) {
		hurb->next = hdev->kept;
		hdev->kept = hurb;
		hdev->nkept++;
	}
	spin_unlock_irqrestore(&hdev->lock, flags);
	return keep;
}

static void hurb_destroy(struct host_urb *hurb)
{
	kfree(hurb->small);
	usb_free_urb(hurb->urb);
	kfree(hurb);
}

static void hurb_release(struct host_urb *hurb, bool completed)
{
	struct host_device *hdev = hurb->reply.hdev;
	long charge = hurb->charge;

	host_buffer_free(hurb);
	kfree(hurb->reply.tx.iso);
	if (!hurb_keep(hurb))
		hurb_destroy(hurb);
	host_uncharge_urb(hdev, charge, completed);
}

/**
 * host_hurb_free - let go of a hurb that nobody knows
 * @hurb: its URB is not at the host controller, its answer not queued
 *
 * Context: any.
 */
void host_hurb_free(struct host_urb *hurb)
{
	hurb_release(hurb, true);
}

/**
 * host_free_kept - free what host_hurb_free() kept
 * @hdev: there are no other hurbs of it
 *
 * Context: any.
 */
void host_free_kept(struct host_device *hdev)
{
	struct host_urb *hurb;

	while ((hurb = hdev->kept)) {
		hdev->kept = hurb->next;
		hurb_destroy(hurb);
	}
	hdev->nkept = 0;
}

static void reply_free(struct host_reply *reply)
{
	struct host_device *hdev = reply->hdev;

	if (reply->hurb) {
		host_hurb_free(reply->hurb);
	} else {
		kfree(reply);
		host_uncharge_answer(hdev);
	}
}

/* Takes @reply over. usbipx_conn_kick() must follow. */
static void reply_queue(struct usbipx_conn *conn, struct host_reply *reply)
{
	if (usbipx_conn_queue(conn, &reply->tx))
		reply_free(reply);
}

static void encode_ret_unlink(struct host_reply *reply, u32 seqnum, int status)
{
	const struct usbipx_pdu pdu = {
		.command = USBIPX_RET_UNLINK,
		.seqnum = seqnum,
		.status = status,
	};

	usbipx_encode(&reply->tx.header, &pdu);
}

/* The results of an URB, or @status for one that could not be submitted. */
static void encode_ret_submit(struct host_urb *hurb, int status)
{
	struct usbipx_tx *tx = &hurb->reply.tx;
	struct urb *urb = hurb->urb;
	bool in = usb_pipein(urb->pipe);
	struct usbipx_pdu pdu = {
		.command = USBIPX_RET_SUBMIT,
		.seqnum = hurb->seqnum,
		.status = status,
		.start_frame = urb->number_of_packets ? urb->start_frame : 0,
		.packets = urb->number_of_packets,
		.error_count = urb->error_count,
	};
	u32 sum = 0;
	int i;

	/* Before packing moves the data: offsets stay the client's. */
	for (i = 0; i < urb->number_of_packets; i++) {
		const struct usb_iso_packet_descriptor *d =
			&urb->iso_frame_desc[i];
		const struct usbipx_iso iso = {
			.offset = d->offset,
			.length = d->length,
			.actual = d->actual_length,
			.status = d->status,
		};

		usbipx_encode_iso(&tx->iso[i], &iso);
		sum += d->actual_length;
	}
	if (urb->number_of_packets) {
		/* Some host controller drivers leave it at 0. */
		urb->actual_length = sum;
		if (in)
			usbipx_iso_pack(urb);
	}
	pdu.length = min(urb->actual_length, urb->transfer_buffer_length);
	if (in)
		usbipx_tx_data(tx, urb, pdu.length);
	usbipx_encode(&tx->header, &pdu);
}

/* Not a transfer that was shorter than allowed, nor one that was cancelled. */
static bool is_error(int status)
{
	return status && status != -EREMOTEIO && status != -ENOENT &&
	       status != -ECONNRESET;
}

/* The transfer is over, as its URB says: answer it. */
static void finish(struct host_urb *hurb)
{
	struct host_device *hdev = hurb->reply.hdev;
	struct urb *urb = hurb->urb;
	struct host_reply *unlink;
	struct usbipx_conn *conn;
	unsigned long flags;
	bool cancelled;
	bool queued = false;

	/* For nothing when it was cancelled, which the lock will tell. */
	encode_ret_submit(hurb, urb->status);

	spin_lock_irqsave(&hdev->lock, flags);
	hash_del(&hurb->hash);
	host_split_finish(hurb);
	unlink = hurb->unlink;
	/* Set: closed() waits for us before it forgets the connection. */
	conn = usbipx_conn_get(hdev->conn);
	/*
	 * Cancelled: RET_UNLINK alone. Completed before the cancel took
	 * effect: the result, and RET_UNLINK that says so. The result is queued
	 * before rx_unlink() can find that the URB is no longer there: some
	 * clients end the connection when it comes after RET_UNLINK.
	 */
	cancelled = unlink && urb->status == -ECONNRESET;
	if (!cancelled) {
		hdev->completed++;
		hdev->failed += is_error(urb->status);
		queued = !usbipx_conn_queue(conn, &hurb->reply.tx);
	}
	spin_unlock_irqrestore(&hdev->lock, flags);

	if (!queued)
		host_hurb_free(hurb);
	if (unlink) {
		encode_ret_unlink(unlink, be32_to_cpu(unlink->tx.header.seqnum),
				  cancelled ? -ECONNRESET : 0);
		reply_queue(conn, unlink);
	}
	usbipx_conn_kick(conn, false);
	usbipx_conn_put(conn);
}

static void host_complete(struct urb *urb)
{
	struct host_urb *hurb = urb->context;
	struct host_device *hdev = hurb->reply.hdev;
	unsigned int pipe = urb->pipe;
	int status;

	if (!hurb->total) {
		finish(hurb);
	} else if (host_split_done(hurb)) {
		status = urb->status;
		finish(hurb);
		host_split_end(hdev, pipe, status);
	}
}

/**
 * host_urb_failed - an URB could not be submitted, or was cancelled before
 * @hurb: in hdev->urbs, not at the host controller, known to nobody else
 * @status: for the answer
 *
 * Context: any, without hdev->lock.
 */
void host_urb_failed(struct host_urb *hurb, int status)
{
	if (hurb->total)
		host_split_whole(hurb);
	hurb->urb->actual_length = 0;
	hurb->urb->status = status;
	finish(hurb);
}

/* The interval of an endpoint, where the client sent none. */
static int default_interval(const struct usb_device *udev,
			    const struct usb_host_endpoint *ep)
{
	int interval = max_t(int, ep->desc.bInterval, 1);

	if (udev->speed < USB_SPEED_HIGH && usb_endpoint_xfer_int(&ep->desc))
		return interval;
	return 1 << (min(interval, 16) - 1);
}

/*
 * The pipe of an URB. A control transfer's direction is that of its setup
 * packet, see usb_submit_urb().
 */
static unsigned int pipe_of(struct usb_device *udev,
			    const struct usb_host_endpoint *ep,
			    const struct usbipx_pdu *pdu)
{
	unsigned int n = usb_endpoint_num(&ep->desc);

	switch (usb_endpoint_type(&ep->desc)) {
	case USB_ENDPOINT_XFER_CONTROL:
		return pdu->in && pdu->length ? usb_rcvctrlpipe(udev, n) :
						usb_sndctrlpipe(udev, n);
	case USB_ENDPOINT_XFER_ISOC:
		return pdu->in ? usb_rcvisocpipe(udev, n) :
				 usb_sndisocpipe(udev, n);
	case USB_ENDPOINT_XFER_INT:
		return pdu->in ? usb_rcvintpipe(udev, n) :
				 usb_sndintpipe(udev, n);
	default:
		return pdu->in ? usb_rcvbulkpipe(udev, n) :
				 usb_sndbulkpipe(udev, n);
	}
}

/* Only flags that usb_submit_urb() takes for this kind of transfer. */
static unsigned int flags_of(const struct usb_host_endpoint *ep,
			     const struct usbipx_pdu *pdu)
{
	u32 flags = pdu->flags;

	/* The values on the wire are the kernel's. */
	if (usb_endpoint_xfer_isoc(&ep->desc))
		return flags & URB_ISO_ASAP;
	if (pdu->in)
		return pdu->length ? flags & URB_SHORT_NOT_OK : 0;
	if (usb_endpoint_xfer_control(&ep->desc))
		return 0;
	return flags & URB_ZERO_PACKET;
}

static struct host_urb *hurb_alloc(struct host_device *hdev,
				   struct usb_host_endpoint *ep,
				   const struct usbipx_pdu *pdu, bool may_sleep)
{
	int packets = usb_endpoint_xfer_isoc(&ep->desc) ? pdu->packets : 0;
	struct usb_device *udev = hdev->udev;
	gfp_t gfp = rx_gfp(may_sleep);
	struct host_urb *hurb;
	struct urb *urb;
	long charge;
	int ret;

	charge = sizeof(*hurb) + sizeof(*urb) +
		 host_buffer_size(udev, ep, pdu->length) +
		 packets * (sizeof(*urb->iso_frame_desc) +
			    sizeof(struct usbipx_wire_iso));
	ret = host_charge_urb(hdev, charge, may_sleep);
	if (ret)
		return ERR_PTR(ret);

	ret = may_sleep ? -ENOMEM : -EAGAIN;
	hurb = hurb_new(hdev, packets, gfp);
	if (!hurb) {
		host_uncharge_urb(hdev, charge, false);
		return ERR_PTR(ret);
	}

	urb = hurb->urb;
	reply_init(&hurb->reply, hurb);
	hurb->charge = charge;
	hurb->ep = ep;
	hurb->seqnum = pdu->seqnum;
	hurb->unlink = NULL;
	hurb->cancelled = false;
	hurb->iso_sum = 0;
	hurb->total = 0;
	INIT_LIST_HEAD(&hurb->node);
	memcpy(&hurb->setup, pdu->setup, sizeof(hurb->setup));

	urb->dev = udev;
	urb->pipe = pipe_of(udev, ep, pdu);
	urb->setup_packet = (u8 *)&hurb->setup;
	urb->transfer_flags = flags_of(ep, pdu);
	urb->start_frame = pdu->start_frame;
	urb->number_of_packets = packets;
	urb->interval = pdu->interval ?: default_interval(udev, ep);
	urb->complete = host_complete;
	urb->context = hurb;

	if (packets) {
		struct usbipx_tx *tx = &hurb->reply.tx;

		tx->iso_length = packets * sizeof(*tx->iso);
		tx->iso = kmalloc(tx->iso_length, gfp);
		if (!tx->iso)
			goto free;
	}
	ret = host_buffer_alloc(hurb, ep, pdu->length, may_sleep);
	if (ret)
		goto free;
	return hurb;

free:
	hurb_release(hurb, false);
	return ERR_PTR(ret);
}

/* The answer is there at once; swallow what belongs to the command. */
static void answer(struct usbipx_conn *conn, struct usbipx_rx *rx,
		   struct host_reply *reply, int status, bool may_sleep)
{
	const struct usbipx_pdu ret = {
		.command = USBIPX_RET_SUBMIT,
		.seqnum = rx->pdu.seqnum,
		.status = status,
	};

	if (!rx->pdu.in)
		rx->skip = rx->pdu.length;
	usbipx_encode(&reply->tx.header, &ret);
	reply_queue(conn, reply);
	usbipx_conn_kick(conn, may_sleep);
}

static int answer_now(struct usbipx_conn *conn, struct usbipx_rx *rx,
		      int status, bool may_sleep)
{
	struct host_reply *reply = reply_alloc(conn->priv, may_sleep);

	if (IS_ERR(reply))
		return PTR_ERR(reply);
	answer(conn, rx, reply, status, may_sleep);
	return 0;
}

/* A request that sleeps; not carried out before there is room for its answer. */
static int rx_request(struct usbipx_conn *conn, struct usbipx_rx *rx,
		      bool may_sleep)
{
	struct host_device *hdev = conn->priv;
	struct host_reply *reply;

	if (!may_sleep)
		return -EAGAIN;
	reply = reply_alloc(hdev, true);
	if (IS_ERR(reply))
		return PTR_ERR(reply);
	answer(conn, rx, reply, host_request(hdev, conn, &rx->pdu), true);
	return 0;
}

static struct usb_host_endpoint *endpoint_of(struct usb_device *udev,
					     const struct usbipx_pdu *pdu)
{
	if (!pdu->ep)
		return &udev->ep0;
	return pdu->in ? udev->ep_in[pdu->ep] : udev->ep_out[pdu->ep];
}

/* The setup packet must promise what the PDU carries, or memory would leak. */
static bool setup_agrees(const struct usbipx_pdu *pdu)
{
	const struct usb_ctrlrequest *setup =
		(const struct usb_ctrlrequest *)pdu->setup;
	bool in = setup->bRequestType & USB_DIR_IN;

	return le16_to_cpu(setup->wLength) == pdu->length &&
	       (!pdu->length || in == pdu->in);
}

/* Is an endpoint of no present altsetting isochronous in another one? */
static bool is_iso_elsewhere(struct usb_device *udev, const struct usbipx_pdu *pdu)
{
	const struct usb_host_config *config = READ_ONCE(udev->actconfig);
	u8 address = pdu->ep | (pdu->in ? USB_DIR_IN : USB_DIR_OUT);
	const struct usb_endpoint_descriptor *ep;
	int i, j, k;

	for (i = 0; config && i < config->desc.bNumInterfaces; i++) {
		const struct usb_interface_cache *cache = config->intf_cache[i];

		for (j = 0; cache && j < cache->num_altsetting; j++) {
			const struct usb_host_interface *alt =
				&cache->altsetting[j];

			for (k = 0; k < alt->desc.bNumEndpoints; k++) {
				ep = &alt->endpoint[k].desc;
				if (ep->bEndpointAddress == address &&
				    usb_endpoint_xfer_isoc(ep))
					return true;
			}
		}
	}
	return false;
}

static int rx_submit(struct usbipx_conn *conn, struct usbipx_rx *rx,
		     bool may_sleep)
{
	struct host_device *hdev = conn->priv;
	const struct usbipx_pdu *pdu = &rx->pdu;
	struct usb_host_endpoint *ep;
	struct host_urb *hurb;
	bool packets;

	if (host_request_sleeps(pdu))
		return rx_request(conn, rx, may_sleep);

	ep = endpoint_of(hdev->udev, pdu);
	packets = pdu->packets >= 1 && pdu->packets <= USBIPX_MAX_PACKETS;
	if (!ep) {
		if (packets && is_iso_elsewhere(hdev->udev, pdu))
			rx->packets = pdu->packets;
		return answer_now(conn, rx, -ENOENT, may_sleep);
	}
	if (usb_endpoint_xfer_isoc(&ep->desc)) {
		if (!packets) {
			rx->fault.what = "number_of_packets";
			rx->fault.value = pdu->packets;
			return -EPROTO;
		}
		rx->packets = pdu->packets;
	}
	if (pdu->length > HOST_MAX_URB)
		return answer_now(conn, rx, -EMSGSIZE, may_sleep);
	if (usb_endpoint_xfer_control(&ep->desc) && !setup_agrees(pdu))
		return answer_now(conn, rx, -EBADR, may_sleep);

	hurb = hurb_alloc(hdev, ep, pdu, may_sleep);
	if (hurb == ERR_PTR(-ENOMEM))
		return answer_now(conn, rx, -ENOMEM, may_sleep);
	if (IS_ERR(hurb))
		return PTR_ERR(hurb);

	rx->ctx = hurb;
	if (!pdu->in)
		usbipx_cursor_init(&rx->data, hurb->urb, pdu->length);
	return 0;
}

static int rx_unlink(struct usbipx_conn *conn, struct usbipx_rx *rx,
		     bool may_sleep)
{
	struct host_device *hdev = conn->priv;
	struct host_reply *reply = reply_alloc(hdev, may_sleep);
	struct host_urb *hurb, *held = NULL;
	struct urb *urb = NULL;
	unsigned long flags;

	if (IS_ERR(reply))
		return PTR_ERR(reply);
	/* Not there (any more): it has been answered. */
	encode_ret_unlink(reply, rx->pdu.seqnum, 0);

	spin_lock_irqsave(&hdev->lock, flags);
	hash_for_each_possible(hdev->urbs, hurb, hash, rx->pdu.victim) {
		if (hurb->seqnum != rx->pdu.victim || hurb->unlink)
			continue;
		hurb->unlink = reply;
		if (list_empty(&hurb->node)) {
			urb = usb_get_urb(hurb->urb);
		} else {
			list_del_init(&hurb->node);
			held = hurb;
		}
		break;
	}
	spin_unlock_irqrestore(&hdev->lock, flags);

	if (held) {
		host_urb_failed(held, -ECONNRESET);
	} else if (urb) {
		usb_unlink_urb(urb);
		usb_put_urb(urb);
	} else {
		reply_queue(conn, reply);
		usbipx_conn_kick(conn, may_sleep);
	}
	return 0;
}

static int host_rx_pdu(struct usbipx_conn *conn, struct usbipx_rx *rx,
		       bool may_sleep)
{
	if (rx->pdu.command == USBIPX_CMD_SUBMIT)
		return rx_submit(conn, rx, may_sleep);
	return rx_unlink(conn, rx, may_sleep);
}

/* In order and without overlap, or packing the answer would scramble it. */
static int host_rx_iso(struct usbipx_conn *conn, struct usbipx_rx *rx,
		       const struct usbipx_iso *iso)
{
	struct host_urb *hurb = rx->ctx;
	struct urb *urb = hurb->urb;
	struct usb_iso_packet_descriptor *d = &urb->iso_frame_desc[rx->packet];
	u32 end = 0;

	/* usbipx_iso_pack() relies on the order. URB_DIR_IN is not set yet. */
	if (usb_pipein(urb->pipe) && rx->packet)
		end = d[-1].offset + d[-1].length;
	if (iso->offset < end || iso->offset > urb->transfer_buffer_length) {
		rx->fault.what = "iso packet offset";
		rx->fault.value = iso->offset;
		return -EPROTO;
	}
	if (iso->length > urb->transfer_buffer_length - iso->offset) {
		rx->fault.what = "iso packet length";
		rx->fault.value = iso->length;
		return -EPROTO;
	}
	/* OUT packets may be in any order, but are no more than the buffer. */
	hurb->iso_sum += iso->length;
	if (hurb->iso_sum > urb->transfer_buffer_length) {
		rx->fault.what = "sum of iso packet lengths";
		rx->fault.value = hurb->iso_sum;
		return -EPROTO;
	}
	d->offset = iso->offset;
	d->length = iso->length;
	d->actual_length = 0;
	d->status = -EXDEV;
	return 0;
}

static int host_rx_done(struct usbipx_conn *conn, struct usbipx_rx *rx)
{
	struct host_urb *hurb = rx->ctx;
	struct host_device *hdev = hurb->reply.hdev;
	struct urb *urb = hurb->urb;
	unsigned int pipe = urb->pipe;
	bool split = hurb->total;
	unsigned long flags;
	bool up, begin;
	int ret;

	spin_lock_irqsave(&hdev->lock, flags);
	hash_add(hdev->urbs, &hurb->hash, hurb->seqnum);
	/*
	 * host_suspend() cancels while we may still be reading. It closes the
	 * connection and takes this lock before it looks: it finds this one, too.
	 */
	up = usbipx_conn_is_up(conn);
	begin = up && host_split_begin(hurb);
	if (begin)
		usb_anchor_urb(urb, &hdev->inflight);
	spin_unlock_irqrestore(&hdev->lock, flags);
	if (!up)
		host_urb_failed(hurb, -ECONNRESET);
	if (!begin)
		return 0;

	ret = usb_submit_urb(urb, GFP_ATOMIC);
	if (!ret)
		return 0;

	usb_unanchor_urb(urb);
	/* -EPERM: somebody is killing it. */
	host_urb_failed(hurb, ret == -EPERM ? -ENOENT : ret);
	if (split)
		host_split_end(hdev, pipe, ret);
	return 0;
}

/*
 * The last of a client's URBs that have not been cancelled, with references. They
 * go to the front, so that those which have been are never passed again.
 */
static int pick_urbs(struct usb_anchor *anchor, struct urb **picked, int max)
{
	struct host_urb *hurb;
	struct urb *urb;
	int n;

	/* An URB leaves the anchor before host_complete() frees its hurb. */
	spin_lock_irq(&anchor->lock);
	for (n = 0; n < max && !list_empty(&anchor->urb_list); n++) {
		urb = list_last_entry(&anchor->urb_list, struct urb, anchor_list);
		hurb = urb->context;
		if (hurb->cancelled)
			break;
		WRITE_ONCE(hurb->cancelled, true);
		usb_block_urb(urb); /* may not have been submitted yet */
		list_move(&urb->anchor_list, &anchor->urb_list);
		picked[n] = usb_get_urb(urb);
	}
	spin_unlock_irq(&anchor->lock);
	return n;
}

/**
 * host_kill_urbs - cancel every URB of a client and wait for them
 * @hdev: its connection is ending, or the caller is its reader
 *
 * All are cancelled before one is waited for: some host controllers need a
 * frame or more for each. From the last to the first, so that none is carried
 * out after one that was not.
 *
 * Context: process, may sleep.
 */
void host_kill_urbs(struct host_device *hdev)
{
	struct urb *picked[32];
	struct host_urb *hurb;
	int n, i;

	/* Who is on no list at the moment is with somebody who holds this. */
	mutex_lock(&hdev->kill_lock);
	while ((hurb = host_split_take(hdev)))
		host_urb_failed(hurb, -ECONNRESET);
	while ((n = pick_urbs(&hdev->inflight, picked, ARRAY_SIZE(picked)))) {
		for (i = 0; i < n; i++) {
			usb_unlink_urb(picked[i]);
			usb_put_urb(picked[i]);
		}
		cond_resched();
	}
	usb_kill_anchored_urbs(&hdev->inflight);
	mutex_unlock(&hdev->kill_lock);
}

static void host_tx_done(struct usbipx_conn *conn, struct usbipx_tx *tx)
{
	reply_free(container_of(tx, struct host_reply, tx));
}

static atomic_t closing = ATOMIC_INIT(0);

const struct usbipx_conn_ops host_conn_ops = {
	.role = USBIPX_SERVER,
	.closing = &closing,
	.rx_pdu = host_rx_pdu,
	.rx_iso = host_rx_iso,
	.rx_done = host_rx_done,
	.tx_done = host_tx_done,
	.closed = host_device_closed,
};
