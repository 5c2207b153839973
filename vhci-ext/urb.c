// SPDX-License-Identifier: GPL-2.0-only
/*
 * URBs: from the USB core onto the connection, answers back into them.
 * May call core and the USB host controller API. Called by the USB core
 * (through controller.c's hc_driver), by core's connection, and by port.c,
 * unlink.c and watch.c.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/usb/quirks.h>

#include "trace.h"
#include "vhci.h"

static struct kmem_cache *vurb_cache;

int vhci_urb_init(void)
{
	vurb_cache = KMEM_CACHE(vhci_urb, 0);
	return vurb_cache ? 0 : -ENOMEM;
}

void vhci_urb_exit(void)
{
	kmem_cache_destroy(vurb_cache);
}

static void vurb_free(struct vhci_urb *vurb)
{
	kfree(vurb->submit.iso);
	kmem_cache_free(vurb_cache, vurb);
}

/**
 * vhci_urb_put - one reason less to keep a vurb
 * @vurb: may be gone afterwards; its port->lock is held
 *
 * Context: any.
 */
void vhci_urb_put(struct vhci_urb *vurb)
{
	lockdep_assert_held(&vurb->port->lock);
	if (!--vurb->holds)
		vurb_free(vurb);
}

/**
 * vhci_urb_giveback - give an URB back
 * @port: where it was
 * @urb: from vhci_urb_take(), or never enqueued
 * @status: for its driver
 *
 * Context: any, without port->lock.
 */
void vhci_urb_giveback(struct vhci_port *port, struct urb *urb, int status)
{
	unsigned long flags;

	/*
	 * With HCD_BH the USB core takes a plain spinlock here that interrupts take
	 * too. On PREEMPT_RT it sleeps, and interrupts are threads.
	 */
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		usb_hcd_giveback_urb(port->hub->hcd, urb, status);
		return;
	}
	local_irq_save(flags);
	usb_hcd_giveback_urb(port->hub->hcd, urb, status);
	local_irq_restore(flags);
}

/* Cancelled by its driver, or shorter than it may be: that is no error. */
static bool is_error(int status)
{
	return status && status != -ENOENT && status != -ECONNRESET &&
	       status != -EREMOTEIO;
}

static void count_giveback(struct vhci_counts *counts, struct urb *urb, int status)
{
	if (!IS_ENABLED(CONFIG_DEBUG_FS))
		return;
	counts->given_back++;
	if (usb_urb_dir_in(urb))
		counts->bytes_in += urb->actual_length;
	else
		counts->bytes_out += urb->actual_length;
	/* The USB core cancels, too, with -ESHUTDOWN. */
	if (unlikely(!urb->unlinked && is_error(status)))
		counts->error = status;
}

/**
 * vhci_urb_take - take the URB off a vurb, to be given back
 * @vurb: may be gone afterwards; its port->lock is held
 * @status: for vhci_urb_giveback()
 *
 * Context: any. Return: the URB.
 */
struct urb *vhci_urb_take(struct vhci_urb *vurb, int status)
{
	struct urb *urb = vurb->urb;

	lockdep_assert_held(&vurb->port->lock);
	/* The USB core's reason for a cancellation counts, and not the server's. */
	status = urb->unlinked ?: status;
	count_giveback(&vurb->port->counts, urb, status);
	trace_vhci_giveback(vurb->port->number, vurb->seqnum, urb,
			    urb->actual_length, status);
	vurb->urb = NULL;
	hash_del(&vurb->hash);
	if (!list_empty(&vurb->node))
		vhci_unlink_over(vurb);
	usb_hcd_unlink_urb_from_ep(vurb->port->hub->hcd, urb);
	vhci_urb_put(vurb);
	return urb;
}

static struct vhci_urb *vurb_find(struct vhci_port *port, u32 seqnum)
{
	struct vhci_urb *vurb;

	lockdep_assert_held(&port->lock);
	hash_for_each_possible(port->urbs, vurb, hash, seqnum / VHCI_SEQ_STEP)
		if (vurb->seqnum == seqnum)
			return vurb;
	return NULL;
}

/* Was @seqnum ever given to an URB of this connection? */
static bool seqnum_was_used(const struct vhci_port *port, u32 seqnum)
{
	/* Wraps; the lowest bits of port->seqnum are 0. */
	return seqnum >= VHCI_SEQ_STEP &&
	       (s32)(port->seqnum - (seqnum & ~(VHCI_SEQ_STEP - 1))) >= 0;
}

/**
 * vhci_port_of - the port a device sits on
 * @hcd: the host controller
 * @udev: the device
 *
 * Context: any. Return: NULL for what is not directly on our root hub, and when
 * usb_remove_hcd() has taken that away, which may be at this moment. The port is
 * there as long as @hcd, which @udev keeps.
 */
struct vhci_port *vhci_port_of(struct usb_hcd *hcd, struct usb_device *udev)
{
	struct vhci_hub *hub = vhci_hub_of(hcd);

	if (udev->parent != READ_ONCE(hcd->self.root_hub) || !udev->portnum ||
	    udev->portnum > hub->nports)
		return NULL;
	return &hub->ports[udev->portnum - 1];
}

static int encode_packets(struct usbipx_tx *tx, struct urb *urb, gfp_t gfp)
{
	int i;

	tx->iso_length = urb->number_of_packets * sizeof(*tx->iso);
	tx->iso = kmalloc(tx->iso_length, gfp);
	if (!tx->iso)
		return -ENOMEM;
	for (i = 0; i < urb->number_of_packets; i++) {
		const struct usbipx_iso iso = {
			.offset = urb->iso_frame_desc[i].offset,
			.length = urb->iso_frame_desc[i].length,
		};

		usbipx_encode_iso(&tx->iso[i], &iso);
	}
	return 0;
}

static struct vhci_urb *vurb_alloc(struct vhci_port *port, struct urb *urb,
				   gfp_t gfp)
{
	struct vhci_urb *vurb;

	if (!usbipx_urb_has_memory(urb, urb->transfer_buffer_length))
		return ERR_PTR(-EINVAL);
	if (usb_pipeisoc(urb->pipe) &&
	    (urb->number_of_packets > USBIPX_MAX_PACKETS || urb->num_sgs))
		return ERR_PTR(-EINVAL);

	vurb = kmem_cache_alloc(vurb_cache, gfp);
	if (!vurb)
		return ERR_PTR(-ENOMEM);

	vurb->port = port;
	vurb->urb = urb;
	INIT_LIST_HEAD(&vurb->node);
	vurb->holds = 1;
	vurb->sending = false;
	vurb->receiving = false;
	vurb->answered = false;
	usbipx_tx_init(&vurb->submit);

	if (!usb_urb_dir_in(urb))
		usbipx_tx_data(&vurb->submit, urb, urb->transfer_buffer_length);
	if (usb_pipeisoc(urb->pipe) && encode_packets(&vurb->submit, urb, gfp)) {
		vurb_free(vurb);
		return ERR_PTR(-ENOMEM);
	}
	return vurb;
}

/**
 * vhci_next_seqnum - a number for a PDU
 * @port: its lock is held
 * @bits: VHCI_SEQ_* that go with it
 *
 * Context: any.
 */
u32 vhci_next_seqnum(struct vhci_port *port, u32 bits)
{
	lockdep_assert_held(&port->lock);
	do {
		port->seqnum += VHCI_SEQ_STEP;
		/* After a wrap: neither 0 nor one that is still out. */
	} while (!port->seqnum || vurb_find(port, port->seqnum | bits));
	return port->seqnum | bits;
}

static void vurb_number(struct vhci_urb *vurb)
{
	struct urb *urb = vurb->urb;
	u32 bits = 0;

	if (usb_urb_dir_in(urb))
		bits |= VHCI_SEQ_IN;
	if (usb_pipeisoc(urb->pipe))
		bits |= VHCI_SEQ_ISO;
	vurb->seqnum = vhci_next_seqnum(vurb->port, bits);
}

static void vurb_encode(struct vhci_urb *vurb)
{
	struct urb *urb = vurb->urb;
	struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_SUBMIT,
		.seqnum = vurb->seqnum,
		.devid = vurb->port->devid,
		.ep = usb_pipeendpoint(urb->pipe),
		.in = usb_urb_dir_in(urb),
		.length = urb->transfer_buffer_length,
		.flags = urb->transfer_flags &
			 (USBIPX_SHORT_NOT_OK | USBIPX_ISO_ASAP |
			  USBIPX_ZERO_PACKET),
		.start_frame = urb->start_frame,
		.packets = usb_pipeisoc(urb->pipe) ? urb->number_of_packets : 0,
		.interval = urb->interval,
	};

	if (usb_pipecontrol(urb->pipe))
		memcpy(pdu.setup, urb->setup_packet, sizeof(pdu.setup));
	usbipx_encode(&vurb->submit.header, &pdu);
}

/*
 * The first request to a new device goes to address 0: from then on the device
 * is the one the port's connection is about, until vhci_free_dev().
 */
static bool port_knows_device(struct vhci_port *port, struct urb *urb)
{
	lockdep_assert_held(&port->lock);
	if (!port->udev && !usb_pipedevice(urb->pipe)) {
		port->udev = urb->dev;
		/* Earlier tries count. */
		port->since = port->since ?: jiffies | 1;
	}
	return port->udev == urb->dev;
}

static bool is_device_request(const struct urb *urb, u8 request)
{
	return usb_pipecontrol(urb->pipe) &&
	       urb->setup_packet[0] == USB_RECIP_DEVICE &&
	       urb->setup_packet[1] == request;
}

/**
 * vhci_urb_enqueue - hc_driver.urb_enqueue
 * @hcd: the host controller
 * @urb: ours from a return of 0 until it is given back
 * @mem_flags: says whether this may sleep; then the URB is sent from here
 *
 * Context: any. Return: 0; -ENODEV when the device is gone; -EINVAL when the
 * URB promises memory that it has not; -ENOMEM.
 */
int vhci_urb_enqueue(struct usb_hcd *hcd, struct urb *urb, gfp_t mem_flags)
{
	struct vhci_port *port = vhci_port_of(hcd, urb->dev);
	struct usbipx_conn *conn;
	struct vhci_urb *vurb;
	unsigned long flags;
	int ret = -ENODEV;

	if (!port)
		return -ENODEV;

	vurb = vurb_alloc(port, urb, mem_flags);
	if (IS_ERR(vurb))
		return PTR_ERR(vurb);

	spin_lock_irqsave(&port->lock, flags);
	conn = port->conn;
	if (!conn || !port_knows_device(port, urb))
		goto fail;
	ret = usb_hcd_link_urb_to_ep(hcd, urb);
	if (ret)
		goto fail;

	/* The device has an address at the server already. */
	if (is_device_request(urb, USB_REQ_SET_ADDRESS)) {
		usb_hcd_unlink_urb_from_ep(hcd, urb);
		vurb_free(vurb);
		spin_unlock_irqrestore(&port->lock, flags);
		vhci_urb_giveback(port, urb, 0);
		return 0;
	}

	/* No PDU says that a device wakes its host: the core must not rely on it. */
	if (is_device_request(urb, USB_REQ_SET_CONFIGURATION))
		urb->dev->quirks |= USB_QUIRK_IGNORE_REMOTE_WAKEUP;

	vurb_number(vurb);
	vurb_encode(vurb);
	ret = usbipx_conn_queue(conn, &vurb->submit);
	if (ret) {
		usb_hcd_unlink_urb_from_ep(hcd, urb);
		ret = -ENODEV;
		goto fail;
	}
	vurb->sending = true;
	vurb->holds++;
	urb->hcpriv = vurb;
	hash_add(port->urbs, &vurb->hash, vurb->seqnum / VHCI_SEQ_STEP);
	if (IS_ENABLED(CONFIG_DEBUG_FS))
		port->counts.submitted++;
	trace_vhci_submit(port->number, vurb->seqnum, urb,
			  urb->transfer_buffer_length, 0);
	vhci_watch_asked(port, urb);
	usbipx_conn_get(conn);
	spin_unlock_irqrestore(&port->lock, flags);

	usbipx_conn_kick(conn, gfpflags_allow_blocking(mem_flags));
	usbipx_conn_put(conn);
	return 0;

fail:
	vurb_free(vurb);
	spin_unlock_irqrestore(&port->lock, flags);
	return ret;
}

/**
 * vhci_urb_flush - give back every URB of a port that is losing its device
 * @port: its connection takes no PDUs any more, and nothing of it is running
 *
 * Context: process.
 */
void vhci_urb_flush(struct vhci_port *port)
{
	struct hlist_node *next;
	struct vhci_urb *vurb;
	struct urb *urb;
	int bucket;

	spin_lock_irq(&port->lock);
	hash_for_each_safe(port->urbs, bucket, next, vurb, hash) {
		/* Nobody else gives back or adds any more: @next stays. */
		urb = vhci_urb_take(vurb, -ESHUTDOWN);
		spin_unlock_irq(&port->lock);
		vhci_urb_giveback(port, urb, -ESHUTDOWN);
		spin_lock_irq(&port->lock);
	}
	spin_unlock_irq(&port->lock);
}

/* An answer to an URB we gave up: swallow exactly what belongs to it. */
static int swallow_answer(struct vhci_port *port, struct usbipx_rx *rx)
{
	const struct usbipx_pdu *pdu = &rx->pdu;

	if (!seqnum_was_used(port, pdu->seqnum) || pdu->seqnum & VHCI_SEQ_UNLINK) {
		rx->fault.what = "seqnum";
		rx->fault.value = pdu->seqnum;
		return -EPROTO;
	}
	if (pdu->seqnum & VHCI_SEQ_IN)
		rx->skip = pdu->length;
	if (pdu->seqnum & VHCI_SEQ_ISO) {
		if (pdu->packets < 0 || pdu->packets > USBIPX_MAX_PACKETS) {
			rx->fault.what = "number_of_packets";
			rx->fault.value = pdu->packets;
			return -EPROTO;
		}
		rx->packets = pdu->packets;
	}
	return 0;
}

/* Hold an answer against the URB it is for. */
static int check_answer(struct urb *urb, struct usbipx_rx *rx)
{
	const struct usbipx_pdu *pdu = &rx->pdu;

	if (pdu->length > urb->transfer_buffer_length) {
		rx->fault.what = "actual_length";
		rx->fault.value = pdu->length;
		return -EPROTO;
	}
	/* A server may leave the packets out of a failed URB. */
	if (usb_pipeisoc(urb->pipe) && pdu->packets &&
	    pdu->packets != urb->number_of_packets) {
		rx->fault.what = "number_of_packets";
		rx->fault.value = pdu->packets;
		return -EPROTO;
	}
	return 0;
}

static int rx_ret_submit(struct vhci_port *port, struct usbipx_rx *rx)
{
	const struct usbipx_pdu *pdu = &rx->pdu;
	struct vhci_urb *vurb = vurb_find(port, pdu->seqnum);
	struct urb *urb;
	int ret;

	/* Cancelled, which some servers say so and not with RET_UNLINK. */
	if (pdu->status == -ECONNRESET || pdu->status == -ENOENT)
		port->deaf = false;
	if (!vurb || vurb->answered)
		return swallow_answer(port, rx);

	urb = vurb->urb;
	ret = check_answer(urb, rx);
	if (ret)
		return ret;

	vurb->receiving = true;
	rx->ctx = vurb;
	if (usb_urb_dir_in(urb))
		usbipx_cursor_init(&rx->data, urb, pdu->length);
	if (usb_pipeisoc(urb->pipe))
		rx->packets = pdu->packets;
	urb->actual_length = 0; /* rx_iso() adds up */
	return 0;
}

/* The server has cancelled, or says that it answered before. */
static struct urb *rx_ret_unlink(struct vhci_port *port, struct usbipx_rx *rx)
{
	/* Some servers answer with the number of the URB itself. */
	struct vhci_urb *vurb =
		vurb_find(port, rx->pdu.seqnum & ~VHCI_SEQ_UNLINK);

	port->deaf = false;
	if (!vurb || list_empty(&vurb->node))
		return NULL;
	if (vurb->sending) {
		vurb->answered = true;
		vurb->status = -ECONNRESET;
		return NULL;
	}
	return vhci_urb_take(vurb, rx->pdu.status ?: -ECONNRESET);
}

static int vhci_rx_pdu(struct usbipx_conn *conn, struct usbipx_rx *rx,
		       bool may_sleep)
{
	struct vhci_port *port = conn->priv;
	struct urb *done = NULL;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&port->lock, flags);
	port->heard = jiffies;
	if (rx->pdu.command == USBIPX_RET_SUBMIT)
		ret = rx_ret_submit(port, rx);
	else
		done = rx_ret_unlink(port, rx);
	spin_unlock_irqrestore(&port->lock, flags);

	if (done)
		vhci_urb_giveback(port, done, rx->pdu.status ?: -ECONNRESET);
	return ret;
}

/* The URB is safe while it is being received: nobody else gives it back. */
static int vhci_rx_iso(struct usbipx_conn *conn, struct usbipx_rx *rx,
		       const struct usbipx_iso *iso)
{
	struct vhci_urb *vurb = rx->ctx;
	struct urb *urb = vurb->urb;
	struct usb_iso_packet_descriptor *desc = &urb->iso_frame_desc[rx->packet];

	if (iso->actual > desc->length ||
	    (usb_urb_dir_in(urb) &&
	     iso->actual > rx->pdu.length - urb->actual_length)) {
		rx->fault.what = "iso packet actual_length";
		rx->fault.value = iso->actual;
		return -EPROTO;
	}
	desc->actual_length = iso->actual;
	desc->status = iso->status;
	urb->actual_length += iso->actual;
	return 0;
}

/* Results of an isochronous URB; the packets have been filled in. */
static int finish_iso(struct urb *urb, struct usbipx_rx *rx)
{
	const struct usbipx_pdu *pdu = &rx->pdu;
	int i;

	urb->start_frame = pdu->start_frame;
	urb->error_count = pdu->error_count;
	if (!pdu->packets) {
		for (i = 0; i < urb->number_of_packets; i++) {
			urb->iso_frame_desc[i].actual_length = 0;
			urb->iso_frame_desc[i].status = pdu->status ?: -EXDEV;
		}
		urb->error_count = urb->number_of_packets;
		return 0;
	}
	if (!usb_urb_dir_in(urb))
		return 0;
	if (urb->actual_length != pdu->length) {
		rx->fault.what = "actual_length, not the sum of its packets";
		rx->fault.value = pdu->length;
		return -EPROTO;
	}
	usbipx_iso_spread(urb);
	return 0;
}

static int vhci_rx_done(struct usbipx_conn *conn, struct usbipx_rx *rx)
{
	struct vhci_port *port = conn->priv;
	struct vhci_urb *vurb = rx->ctx;
	struct urb *urb = vurb->urb;
	struct urb *done = NULL;
	unsigned long flags;
	int ret = 0;

	if (usb_pipeisoc(urb->pipe))
		ret = finish_iso(urb, rx);
	else
		urb->actual_length = rx->pdu.length;

	spin_lock_irqsave(&port->lock, flags);
	vurb->receiving = false;
	/* After a protocol error closed() gives it back. */
	if (!ret && vurb->sending) {
		vurb->answered = true;
		vurb->status = rx->pdu.status;
	} else if (!ret) {
		done = vhci_urb_take(vurb, rx->pdu.status);
	}
	spin_unlock_irqrestore(&port->lock, flags);

	if (done)
		vhci_urb_giveback(port, done, rx->pdu.status);
	return ret;
}

static void vhci_tx_done(struct usbipx_conn *conn, struct usbipx_tx *tx)
{
	struct vhci_port *port = conn->priv;
	struct urb *done = NULL;
	struct vhci_urb *vurb;
	unsigned long flags;
	int status = 0;

	spin_lock_irqsave(&port->lock, flags);
	if (tx == &port->probe) {
		port->probing = false;
		goto unlock;
	}
	if (tx->header.command == cpu_to_be32(USBIPX_CMD_UNLINK)) {
		vurb = container_of(tx, struct vhci_urb, unlink);
	} else {
		vurb = container_of(tx, struct vhci_urb, submit);
		vurb->sending = false;
		status = vurb->status;
		/* The answer overtook the end of the send. */
		if (vurb->answered)
			done = vhci_urb_take(vurb, status);
	}
	vhci_urb_put(vurb);
unlock:
	spin_unlock_irqrestore(&port->lock, flags);

	if (done)
		vhci_urb_giveback(port, done, status);
}

static atomic_t closing = ATOMIC_INIT(0);

const struct usbipx_conn_ops vhci_conn_ops = {
	.role = USBIPX_CLIENT,
	.closing = &closing,
	.rx_pdu = vhci_rx_pdu,
	.rx_iso = vhci_rx_iso,
	.rx_done = vhci_rx_done,
	.tx_done = vhci_tx_done,
	.closed = vhci_port_closed,
};
