// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the server still there? TCP tells of a network or a machine that is gone,
 * not of a process that is stopped, or that sends a byte now and then.
 * May call core. Called by urb.c (something is asked), as a work item, and by
 * port.c.
 *
 * An answer may rightly be long in coming: a serial port has nothing to say for
 * hours. So silence alone proves nothing, and the server is asked something that
 * does not depend on the device: CMD_UNLINK of an URB that does not exist. There
 * are servers that ignore every CMD_UNLINK; after more silence GET_STATUS, which
 * any device answers. Who has said nothing to all that within peer_timeout is gone.
 *
 * A server that answers, but each request of an enumeration just in time, would
 * keep the hub's other ports waiting for minutes, all tries of the USB core added up;
 * and one whose device cannot be enumerated would keep its port. Either gets three
 * times peer_timeout.
 *
 * Interrupt IN URBs do not count: they wait for ever as a rule, and nobody waits
 * for them in a state that a signal does not end.
 */
#include <linux/jiffies.h>
#include <linux/string.h>

#include "vhci.h"

/* Bytes that count as progress of a large PDU; fewer may be a trickle. */
#define WATCH_PROGRESS (64U << 10)

/* Questions in the time that a server has. */
#define WATCH_STEPS 3

/*
 * Times of peer_timeout that an enumeration may take; and what its dozen of requests
 * may in any case, one after the other across half the world.
 */
#define WATCH_ENUMERATION     3
#define WATCH_ENUMERATION_MIN (10UL * HZ)

/*
 * What TCP gets on top to bring a question across a network that is back. With a
 * look, and the end of the device for its drivers, less than 5 s.
 */
#define WATCH_GRACE (2 * HZ)

/* Until the next look, in jiffies. */
static unsigned long watch_interval(unsigned long patience)
{
	return min_t(unsigned long, patience / 20, HZ / 2);
}

/* Send one of our own. The caller holds port->lock. */
static void watch_probe(struct vhci_port *port, const struct usbipx_pdu *pdu)
{
	lockdep_assert_held(&port->lock);
	/* The last one has not left: another would say no more. */
	if (port->probing)
		return;
	usbipx_tx_init(&port->probe);
	usbipx_encode(&port->probe.header, pdu);
	port->probing = !usbipx_conn_queue(port->conn, &port->probe);
}

static void watch_probe_unlink(struct vhci_port *port)
{
	const struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_UNLINK,
		.seqnum = vhci_next_seqnum(port, 0) | VHCI_SEQ_UNLINK,
		.devid = port->devid,
		.victim = 0, /* no URB's */
	};

	watch_probe(port, &pdu);
}

static void watch_probe_status(struct vhci_port *port)
{
	const struct usb_ctrlrequest setup = {
		.bRequestType = USB_DIR_IN | USB_RECIP_DEVICE,
		.bRequest = USB_REQ_GET_STATUS,
		.wLength = cpu_to_le16(2),
	};
	struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_SUBMIT,
		/* The answer is swallowed like that to an URB given up. */
		.seqnum = vhci_next_seqnum(port, VHCI_SEQ_IN),
		.devid = port->devid,
		.in = true,
		.length = 2,
	};

	memcpy(pdu.setup, &setup, sizeof(pdu.setup));
	watch_probe(port, &pdu);
}

/* Anything new since the last look? The caller holds port->lock. */
static bool watch_sees_life(struct vhci_port *port)
{
	u64 moved = usbipx_conn_moved(port->conn);

	lockdep_assert_held(&port->lock);
	if (time_after(port->heard, port->quiet))
		port->quiet = port->heard;
	else if (moved - port->moved >= WATCH_PROGRESS)
		port->quiet = jiffies;
	else
		return false;
	port->moved = moved;
	return true;
}

static bool may_idle(struct urb *urb)
{
	return usb_pipeint(urb->pipe) && usb_urb_dir_in(urb);
}

/* Is an answer outstanding that somebody may be waiting for? */
static bool watch_is_owed(struct vhci_port *port)
{
	struct vhci_urb *vurb;
	int bucket;

	lockdep_assert_held(&port->lock);
	hash_for_each(port->urbs, bucket, vurb, hash)
		if (!may_idle(vurb->urb))
			return true;
	return false;
}

/* Is the device's enumeration neither over nor overdue? Ends an overdue one. */
static bool watch_enumeration(struct vhci_port *port, unsigned long patience)
{
	lockdep_assert_held(&port->lock);
	if (!port->since)
		return false;
	/* In sysfs: that may be missed by one look, but not taken back. */
	if (port->udev && data_race(device_is_registered(&port->udev->dev))) {
		port->since = 0;
		return false;
	}
	if (time_after(jiffies, port->since + max(WATCH_ENUMERATION * patience,
						  WATCH_ENUMERATION_MIN))) {
		usbipx_conn_close(port->conn, -ETIMEDOUT,
				  "device is not enumerated in time");
		return false;
	}
	return true;
}

/* The next question, or no more of them. The caller holds port->lock. */
static void watch_ask(struct vhci_port *port, unsigned long patience)
{
	unsigned long step = patience / WATCH_STEPS;

	lockdep_assert_held(&port->lock);
	switch (port->asked) {
	case 0:
		watch_probe_unlink(port);
		break;
	case 1:
		watch_probe_status(port);
		break;
	default:
		if (usbipx_conn_is_acked(port->conn) ||
		    time_after_eq(jiffies, port->quiet + patience + WATCH_GRACE))
			usbipx_conn_close(port->conn, -ETIMEDOUT,
					  "peer does not answer");
		return;
	}
	port->asked++;
	port->due = port->quiet + step * (port->asked + 1);
	/* This work may be late; the server gets its time. */
	if (time_before(port->due, jiffies + step / 2))
		port->due = jiffies + step / 2;
}

/**
 * vhci_watch_asked - the server owes an answer
 * @port: its connection took the PDU of @urb under port->lock, still held
 * @urb: what is to be answered
 *
 * Context: any.
 */
void vhci_watch_asked(struct vhci_port *port, struct urb *urb)
{
	unsigned long patience;

	lockdep_assert_held(&port->lock);
	if (port->watching || may_idle(urb))
		return;
	patience = usbipx_conn_patience(port->conn);
	if (!patience)
		return;
	port->watching = true;
	port->asked = 0;
	port->quiet = jiffies;
	port->heard = jiffies;
	port->due = jiffies + patience / WATCH_STEPS;
	port->moved = usbipx_conn_moved(port->conn);
	queue_delayed_work(usbipx_wq, &port->watch_work,
			   watch_interval(patience));
}

/**
 * vhci_watch_work - look whether the server has said anything
 * @work: of the port
 *
 * Context: process, sleeps.
 */
void vhci_watch_work(struct work_struct *work)
{
	struct vhci_port *port = container_of(to_delayed_work(work),
					      struct vhci_port, watch_work);
	struct usbipx_conn *conn;
	unsigned long patience;
	bool enumerating;

	spin_lock_irq(&port->lock);
	/* One that is ending: vhci_port_closed() tidies up. */
	if (!port->conn || !usbipx_conn_is_up(port->conn)) {
		spin_unlock_irq(&port->lock);
		return;
	}
	conn = usbipx_conn_get(port->conn);
	patience = usbipx_conn_patience(conn);

	enumerating = watch_enumeration(port, patience);
	if (watch_sees_life(port)) {
		port->asked = 0;
		port->due = port->quiet + patience / WATCH_STEPS;
		port->watching = enumerating || watch_is_owed(port);
	}
	if (port->watching) {
		if (time_after_eq(jiffies, port->due))
			watch_ask(port, patience);
		queue_delayed_work(usbipx_wq, &port->watch_work,
				   watch_interval(patience));
	}
	spin_unlock_irq(&port->lock);

	usbipx_conn_kick(conn, true);
	usbipx_conn_put(conn);
}
