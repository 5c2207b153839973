// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frame pacing: isochronous URBs complete when their last packet's (micro)frame is over.
 * May call the loop's timers and the kind's iso_packet().
 * Called by urb.c (submit) and by the timer.
 */
#include "device.h"

#define UFRAME_NS 125000ULL

static uint64_t uframe_now(void)
{
	return loop_now() / UFRAME_NS;
}

static void arm(struct sim_dev *dev)
{
	uint64_t first = UINT64_MAX;
	int i;

	for (i = 1; i < 16; i++) {
		struct sim_urb *in = TAILQ_FIRST(&dev->ep_in[i].queue);
		struct sim_urb *out = TAILQ_FIRST(&dev->ep_out[i].queue);

		if (in && in->n_iso && in->due < first)
			first = in->due;
		if (out && out->n_iso && out->due < first)
			first = out->due;
	}
	if (first != UINT64_MAX)
		loop_timer_set(&dev->pace_timer, first * UFRAME_NS);
}

/* A queue that ran dry starts again one frame from now (URB_ISO_ASAP). */
void pace_submit(struct sim_dev *dev, struct sim_urb *urb)
{
	struct sim_ep *ep = urb->ep;
	uint64_t now = uframe_now();

	if (ep->next < now)
		ep->next = now + 8;
	urb->start = ep->next;
	ep->next += (uint64_t)urb->n_iso * ep->period;
	urb->due = ep->next;
	if (!dev->pace_timer.armed || dev->pace_timer.due > urb->due * UFRAME_NS)
		loop_timer_set(&dev->pace_timer, urb->due * UFRAME_NS);
}

static void finish(struct sim_dev *dev, struct sim_urb *urb)
{
	unsigned int i;

	for (i = 0; i < urb->n_iso; i++) {
		struct usbipx_iso *p = &urb->iso[i];

		p->actual = 0;
		p->status = dev->kind->iso_packet(dev, urb, p);
		if (p->status)
			urb->errors++;
		urb->actual += p->actual;
	}
	if (dev->speed <= USB_SPEED_FULL)
		urb->start /= 8;
	urb->start &= 0x7ff;
	urb_complete(dev, urb, 0);
}

static void run_queue(struct sim_dev *dev, struct sim_ep *ep, uint64_t now)
{
	struct sim_urb *urb;

	while ((urb = TAILQ_FIRST(&ep->queue)) && urb->n_iso && urb->due <= now)
		finish(dev, urb);
}

void pace_fired(struct loop_timer *t)
{
	struct sim_dev *dev = container_of(t, struct sim_dev, pace_timer);
	uint64_t now = uframe_now();
	int i;

	/* What goes out first can come back in the same frame. */
	for (i = 1; i < 16; i++)
		run_queue(dev, &dev->ep_out[i], now);
	for (i = 1; i < 16; i++)
		run_queue(dev, &dev->ep_in[i], now);
	arm(dev);
}
