// SPDX-License-Identifier: GPL-2.0-only
/*
 * URBs inside the simulator: queueing, completion, cancelling, artificial delay.
 * May call the kind of the device, ep0.c, pace.c and the owner's host_ops.
 * Called by the connection (submit, cancel) and by the kinds (complete).
 */
#include <stdlib.h>

#include "buf.h"
#include "device.h"

struct sim_urb *urb_new(const struct usbipx_pdu *pdu)
{
	struct sim_urb *urb = xalloc(sizeof(*urb));

	urb->pdu = *pdu;
	if (pdu->length) {
		urb->buf = malloc(pdu->length);
		if (!urb->buf) {
			free(urb);
			return NULL;
		}
	}
	return urb;
}

void urb_free(struct sim_urb *urb)
{
	free(urb->iso);
	free(urb->buf);
	free(urb);
}

static void giveback(struct sim_dev *dev, struct sim_urb *urb, int status)
{
	urb->status = status;
	dev->n_urbs++;
	if (dev->host)
		dev->host_ops->giveback(dev->host, urb);
	urb_free(urb);
}

/* The kind is done with a URB that waits on its endpoint. */
void urb_complete(struct sim_dev *dev, struct sim_urb *urb, int status)
{
	TAILQ_REMOVE(&urb->ep->queue, urb, link);
	if (!status && urb->pdu.in && !urb->n_iso &&
	    (urb->pdu.flags & USBIPX_SHORT_NOT_OK) &&
	    urb->actual < urb->pdu.length)
		status = E_REMOTEIO;
	giveback(dev, urb, status);
}

static void control(struct sim_dev *dev, struct sim_urb *urb)
{
	int ret = ep0_request(dev, urb);

	if (ret >= 0) {
		urb->actual = ret;
		ret = 0;
		if (urb->pdu.in && (urb->pdu.flags & USBIPX_SHORT_NOT_OK) &&
		    urb->actual < urb->pdu.length)
			ret = E_REMOTEIO;
	}
	giveback(dev, urb, ret);
}

static void dispatch(struct sim_dev *dev, struct sim_urb *urb)
{
	struct sim_ep *ep = urb->ep;

	if (!urb->pdu.ep) {
		control(dev, urb);
		return;
	}
	if (!ep || !device_ep_active(dev, ep)) {
		giveback(dev, urb, E_NOENT);
		return;
	}
	if (ep->halted && ep->type != USB_ENDPOINT_XFER_ISOC) {
		giveback(dev, urb, E_PIPE);
		return;
	}
	TAILQ_INSERT_TAIL(&ep->queue, urb, link);
	if (urb->n_iso)
		pace_submit(dev, urb);
	else
		dev->kind->service(dev, ep);
}

void urb_submit(struct sim_dev *dev, struct sim_urb *urb)
{
	unsigned int slow = bad_value(&dev->bad, BAD_SLOW);

	if (!slow && TAILQ_EMPTY(&dev->delayed)) {
		dispatch(dev, urb);
		return;
	}
	urb->due = loop_now() + slow * 1000ULL;
	TAILQ_INSERT_TAIL(&dev->delayed, urb, link);
	if (!dev->delay_timer.armed)
		loop_timer_set(&dev->delay_timer, urb->due);
}

void delay_fired(struct loop_timer *t)
{
	struct sim_dev *dev = container_of(t, struct sim_dev, delay_timer);
	struct sim_urb *urb;

	while ((urb = TAILQ_FIRST(&dev->delayed)) && urb->due <= loop_now()) {
		TAILQ_REMOVE(&dev->delayed, urb, link);
		dispatch(dev, urb);
	}
	urb = TAILQ_FIRST(&dev->delayed);
	if (urb)
		loop_timer_set(t, urb->due);
}

static struct sim_urb *find(struct urb_list *list, uint32_t seqnum)
{
	struct sim_urb *urb;

	TAILQ_FOREACH(urb, list, link)
	if (urb->pdu.seqnum == seqnum)
		return urb;
	return NULL;
}

/*
 * Takes a pending URB out of its queue and hands it to the caller, who frees it.
 * False when it is not pending (any more).
 */
bool urb_cancel(struct sim_dev *dev, uint32_t seqnum, struct sim_urb **out)
{
	struct sim_urb *urb = find(&dev->delayed, seqnum);
	int i;

	if (urb) {
		TAILQ_REMOVE(&dev->delayed, urb, link);
		*out = urb;
		return true;
	}
	for (i = 1; i < 16; i++) {
		urb = find(&dev->ep_in[i].queue, seqnum);
		if (!urb)
			urb = find(&dev->ep_out[i].queue, seqnum);
		if (!urb)
			continue;
		TAILQ_REMOVE(&urb->ep->queue, urb, link);
		*out = urb;
		return true;
	}
	return false;
}

void urb_flush(struct sim_dev *dev, struct sim_ep *ep, int status)
{
	struct sim_urb *urb;

	while ((urb = TAILQ_FIRST(&ep->queue)))
		urb_complete(dev, urb, status);
}

static void drop(struct urb_list *list)
{
	struct sim_urb *urb;

	while ((urb = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, urb, link);
		urb_free(urb);
	}
}

/* The connection is gone: nobody is left to answer to. */
void urb_drop_all(struct sim_dev *dev)
{
	int i;

	drop(&dev->delayed);
	for (i = 0; i < 16; i++) {
		drop(&dev->ep_in[i].queue);
		drop(&dev->ep_out[i].queue);
	}
	loop_timer_stop(&dev->delay_timer);
	loop_timer_stop(&dev->pace_timer);
}
