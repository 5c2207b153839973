// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unlinking: URBs that their drivers cancel, and how long the server may take for it.
 * May call urb.c, core and the USB host controller API. Called by the USB core
 * (through controller.c's hc_driver) and by the port's unlink_work.
 */
#include <linux/jiffies.h>

#include "trace.h"
#include "vhci.h"

unsigned int vhci_unlink_timeout = 5;

/*
 * Who cancels many, one by one, waits for them in state D: a driver that goes, or
 * the USB core, endpoint by endpoint, when a program ends. Who waits cannot be told, so
 * the time is the port's. An answer should come within twice the round trip and a tenth
 * of a second, PROMPT_MOST at most. What cancels take longer adds up, and the next
 * ones get that much less, so that it is never more than half of peer_timeout. A pause
 * is forgiven FORGIVE times, up to what one cancel may take: who waits again and again
 * makes none, who works in between does, if but for a moment. PROMPT alone is what the
 * next gets when one was not answered.
 *
 * Of cancels at the same time the longest counts, or the first. Who waits at several
 * ports waits at each.
 */
#define PROMPT	    (HZ / 10)
#define PROMPT_MOST (HZ / 4)
#define FORGIVE	    8

/* 0 would give up before anything can be answered; much more would wrap. */
static unsigned long unlink_wait(void)
{
	return clamp(READ_ONCE(vhci_unlink_timeout), 1U, 3600U) * HZ;
}

/* Take CMD_SUBMIT back if none of it has left. The caller holds port->lock. */
static bool vurb_cancel(struct vhci_urb *vurb, struct usbipx_conn *conn)
{
	lockdep_assert_held(&vurb->port->lock);
	/* A peer may answer what has not left yet: then its memory is in use. */
	if (!vurb->sending || vurb->receiving ||
	    !usbipx_conn_cancel(conn, &vurb->submit))
		return false;
	vurb->sending = false;
	vhci_urb_put(vurb);
	return true;
}

/*
 * Look at it then, whatever else is waited for: the list is in the order of
 * deadlines, which unlink_timeout may put before older ones. The caller holds
 * port->lock.
 */
static void vurb_look_at(struct vhci_urb *vurb, unsigned long deadline)
{
	struct vhci_port *port = vurb->port;
	struct list_head *before = port->unlinking.prev;

	lockdep_assert_held(&port->lock);
	vurb->deadline = deadline;
	while (before != &port->unlinking &&
	       time_before(deadline,
			   list_entry(before, struct vhci_urb, node)->deadline))
		before = before->prev;
	list_add(&vurb->node, before);
	if (port->unlinking.next == &vurb->node)
		mod_delayed_work(usbipx_wq, &port->unlink_work,
				 deadline - jiffies);
}

/* How long a server may take that cancels at once, in jiffies. */
static unsigned long unlink_prompt(struct usbipx_conn *conn)
{
	struct usbipx_path path;
	unsigned long trip = 0;

	if (usbipx_conn_path(conn, &path))
		trip = usecs_to_jiffies(min(path.rtt_us, 1000000U));
	return min_t(unsigned long, PROMPT + 2 * trip, PROMPT_MOST);
}

/* Before a cancel, for the time in which none was waited for. */
static void unlink_forgive(struct vhci_port *port)
{
	unsigned long idle = jiffies - port->idle;

	lockdep_assert_held(&port->lock);
	if (!list_empty(&port->unlinking))
		return;
	if (idle < unlink_wait())
		idle = min(FORGIVE * idle, unlink_wait());
	port->slow -= min(port->slow, idle);
}

/**
 * vhci_unlink_over - a cancel is answered, or given up
 * @vurb: among those that wait for it; its port->lock is held
 *
 * Context: any.
 */
void vhci_unlink_over(struct vhci_urb *vurb)
{
	struct vhci_port *port = vurb->port;
	unsigned long counted = port->counted - vurb->counted;
	long late = jiffies - vurb->due;

	lockdep_assert_held(&port->lock);
	/* But for what others have had counted since its cancel. */
	if (late > 0 && late > counted) {
		port->slow += late - counted;
		port->counted += late - counted;
	}
	list_del_init(&vurb->node);
	if (list_empty(&port->unlinking))
		port->idle = jiffies;
}

/* Ask the server to cancel. The caller holds port->lock. */
static void vurb_unlink(struct vhci_urb *vurb, struct usbipx_conn *conn)
{
	struct vhci_port *port = vurb->port;
	const struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_UNLINK,
		.seqnum = vurb->seqnum | VHCI_SEQ_UNLINK,
		.devid = port->devid,
		.victim = vurb->seqnum,
	};
	unsigned long patience = usbipx_conn_patience(conn);
	unsigned long prompt = unlink_prompt(conn);
	unsigned long wait = unlink_wait();

	usbipx_tx_init(&vurb->unlink);
	usbipx_encode(&vurb->unlink.header, &pdu);
	if (usbipx_conn_queue(conn, &vurb->unlink))
		return; /* closing: closed() gives the URB back */

	unlink_forgive(port);
	vurb->holds++;
	vurb->late = false;
	vurb->cut = false;
	vurb->due = jiffies + prompt;
	vurb->counted = port->counted;
	vurb->rest = jiffies + patience - min(port->slow, patience);
	if (patience) {
		unsigned long limit = patience / 2;
		unsigned long left = limit - min(port->slow, limit);

		vurb->cut = prompt + left < min(wait, prompt + limit);
		wait = min(wait, prompt + left);
	}
	if (port->deaf && !vurb->sending)
		wait = min_t(unsigned long, wait, PROMPT);
	vurb_look_at(vurb, jiffies + wait);
}

/**
 * vhci_urb_dequeue - hc_driver.urb_dequeue
 * @hcd: the host controller
 * @urb: enqueued before
 * @status: for the giveback
 *
 * An URB that has not left is given back at once; one at the server when the
 * server says so or after unlink_timeout, which a server that lets it pass does not
 * get again before it has answered, and which is less for one that is slow often.
 *
 * Context: any. Return: as usb_hcd_check_unlink_urb().
 */
int vhci_urb_dequeue(struct usb_hcd *hcd, struct urb *urb, int status)
{
	struct usbipx_conn *conn = NULL;
	struct urb *done = NULL;
	struct vhci_port *port;
	struct vhci_urb *vurb;
	unsigned long flags;
	int ret;

	/*
	 * The URB may be over by now, and its driver gone. The device keeps the
	 * port's memory; and whoever frees the module's waits for RCU (not for what
	 * is before this and after the end of it, as with any host controller's driver).
	 */
	rcu_read_lock();
	port = vhci_port_of(hcd, urb->dev);
	if (!port) {
		rcu_read_unlock();
		return -EIDRM;
	}

	spin_lock_irqsave(&port->lock, flags);
	ret = usb_hcd_check_unlink_urb(hcd, urb, status);
	/* Without a connection the URB is on its way back. */
	if (ret || !port->conn)
		goto out;

	conn = usbipx_conn_get(port->conn);
	vurb = urb->hcpriv;
	if (IS_ENABLED(CONFIG_DEBUG_FS))
		port->counts.unlinked++;
	trace_vhci_unlink(port->number, vurb->seqnum, urb,
			  urb->transfer_buffer_length, status);
	if (vurb_cancel(vurb, conn))
		done = vhci_urb_take(vurb, status);
	else
		vurb_unlink(vurb, conn);
out:
	spin_unlock_irqrestore(&port->lock, flags);

	if (done)
		vhci_urb_giveback(port, done, status);
	else if (conn)
		usbipx_conn_kick(conn, false);
	if (conn)
		usbipx_conn_put(conn);
	rcu_read_unlock();
	return ret;
}

/*
 * The deadline has come for one that is half sent, whose memory the socket has:
 * only the server, by reading the rest, can let it be given back. Whoever
 * cancelled it may be waiting in state D, so the rest gets no longer than a
 * silence, and one look more than the first, which may have met a send that is
 * just ending. The caller holds port->lock.
 */
static void vurb_wait_for_rest(struct vhci_urb *vurb)
{
	struct vhci_port *port = vurb->port;
	unsigned long patience = usbipx_conn_patience(port->conn);
	unsigned long next;

	lockdep_assert_held(&port->lock);
	if (vurb->late && patience && time_after_eq(jiffies, vurb->rest))
		usbipx_conn_close(port->conn, -ETIMEDOUT,
				  "peer does not take the rest of a cancelled transfer");
	vurb->late = true;
	list_del(&vurb->node);
	next = jiffies + unlink_wait();
	if (patience && time_before(vurb->rest, next))
		next = max_t(long, vurb->rest - jiffies, HZ / 10) + jiffies;
	vurb_look_at(vurb, next);
}

/**
 * vhci_unlink_work - give up waiting for RET_UNLINK
 * @work: of the port
 *
 * Context: process, sleeps.
 */
void vhci_unlink_work(struct work_struct *work)
{
	struct vhci_port *port = container_of(to_delayed_work(work),
					      struct vhci_port, unlink_work);
	struct usbipx_conn *conn;
	struct vhci_urb *vurb;
	struct urb *urb;

	spin_lock_irq(&port->lock);
	while (port->conn && !list_empty(&port->unlinking)) {
		vurb = list_first_entry(&port->unlinking, struct vhci_urb, node);
		if (time_before(jiffies, vurb->deadline)) {
			mod_delayed_work(usbipx_wq, &port->unlink_work,
					 vurb->deadline - jiffies);
			break;
		}
		/* It may have been with the sender when it was unlinked. */
		if (!vurb_cancel(vurb, port->conn)) {
			if (vurb->sending) {
				vurb_wait_for_rest(vurb);
				continue;
			}
			/* It has had its chance: nothing was in the way. */
			if (!vurb->receiving && !vurb->late && !vurb->cut)
				port->deaf = true;
		}
		vhci_unlink_over(vurb);
		vurb->holds++;
		if (vurb->receiving) {
			conn = usbipx_conn_get(port->conn);
			spin_unlock_irq(&port->lock);
			usbipx_conn_rx_drop(conn, vurb);
			usbipx_conn_put(conn);
			spin_lock_irq(&port->lock);
		}
		/* Unless it was answered, or the connection closed, meanwhile. */
		urb = vurb->urb ? vhci_urb_take(vurb, -ECONNRESET) : NULL;
		if (IS_ENABLED(CONFIG_DEBUG_FS) && urb)
			port->counts.timeouts++;
		vhci_urb_put(vurb);
		if (!urb)
			continue;
		spin_unlock_irq(&port->lock);
		vhci_urb_giveback(port, urb, -ECONNRESET);
		spin_lock_irq(&port->lock);
	}
	spin_unlock_irq(&port->lock);
}
