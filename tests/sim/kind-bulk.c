// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind "bulk": source and sink, what the kernel's usbtest driver expects of gadget zero.
 * May call device.h (urb_complete, ep0_answer).
 * Called through struct sim_kind.
 *
 * Alternate settings: 0 bulk, 1 bulk and isochronous, 2 bulk and interrupt.
 * All data is zero ("pattern 0"); what comes in is compared with that.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "device.h"

#define EP_BULK 1
#define EP_ISO	2
#define EP_INT	3

/* Control OUT that is kept, control IN that gives it back. */
#define CTRL_OUT 0x5b
#define CTRL_IN	 0x5c

struct source_sink {
	uint8_t kept[65536];
	size_t kept_len;
};

static int bulk_init(struct sim_dev *dev)
{
	dev->priv = xalloc(sizeof(struct source_sink));
	return 0;
}

static void bulk_exit(struct sim_dev *dev)
{
	free(dev->priv);
}

static void bulk_pair(struct desc *d)
{
	desc_endpoint(d, EP_BULK | USB_DIR_IN, USB_ENDPOINT_XFER_BULK, 0, 0);
	desc_endpoint(d, EP_BULK, USB_ENDPOINT_XFER_BULK, 0, 0);
}

static void bulk_describe(struct sim_dev *dev, struct desc *d)
{
	unsigned int size = dev->opt.packet ? dev->opt.packet : 512;
	/* One packet a frame unless asked otherwise. */
	uint8_t interval = d->speed <= USB_SPEED_FULL ? 1 : 4;

	if (dev->opt.interval)
		interval = dev->opt.interval;
	desc_interface(d, 0, 0, USB_CLASS_VENDOR_SPEC, 0, 0);
	bulk_pair(d);
	desc_interface(d, 0, 1, USB_CLASS_VENDOR_SPEC, 0, 0);
	bulk_pair(d);
	desc_iso(d, EP_ISO | USB_DIR_IN, size, interval);
	desc_iso(d, EP_ISO, size, interval);
	desc_interface(d, 0, 2, USB_CLASS_VENDOR_SPEC, 0, 0);
	bulk_pair(d);
	desc_endpoint(d, EP_INT | USB_DIR_IN, USB_ENDPOINT_XFER_INT, 64, 1);
	desc_endpoint(d, EP_INT, USB_ENDPOINT_XFER_INT, 64, 1);
}

static int bulk_control(struct sim_dev *dev, struct sim_urb *urb)
{
	struct source_sink *s = dev->priv;
	struct setup setup = urb_setup(urb);

	if ((setup.type & USB_TYPE_MASK) != USB_TYPE_VENDOR || setup.value ||
	    setup.index)
		return E_PIPE;
	if (setup.request == CTRL_OUT && !(setup.type & USB_DIR_IN)) {
		s->kept_len = setup.length;
		if (setup.length)
			memcpy(s->kept, urb->buf, setup.length);
		return 0;
	}
	if (setup.request == CTRL_IN && (setup.type & USB_DIR_IN))
		return ep0_answer(urb, s->kept, setup.length);
	return E_PIPE;
}

/* A sink that finds anything but zeroes says so by stalling. */
static bool all_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

static void bulk_service(struct sim_dev *dev, struct sim_ep *ep)
{
	struct sim_urb *urb;

	while (!ep->halted && (urb = TAILQ_FIRST(&ep->queue)) && !urb->n_iso) {
		if (urb->pdu.in) {
			if (urb->pdu.length)
				memset(urb->buf, 0, urb->pdu.length);
		} else if (!all_zero(urb->buf, urb->pdu.length)) {
			ep->halted = true;
			urb_flush(dev, ep, E_PIPE);
			return;
		}
		urb->actual = urb->pdu.length;
		urb_complete(dev, urb, 0);
	}
}

static int bulk_iso_packet(struct sim_dev *dev, struct sim_urb *urb,
			   struct usbipx_iso *p)
{
	(void)dev;
	p->actual = p->length;
	if (p->length > urb->ep->maxp)
		p->actual = urb->ep->maxp;
	if (urb->pdu.in)
		memset(urb->buf + p->offset, 0, p->actual);
	return urb->pdu.in || p->length <= urb->ep->maxp ? 0 : E_OVERFLOW;
}

const struct sim_kind kind_bulk = {
	.name = "bulk",
	.product = "simulated source/sink",
	.vid = 0x0525,
	.pid = 0xa4a0,
	.device_class = USB_CLASS_VENDOR_SPEC,
	.speeds = 1 << USB_SPEED_FULL | 1 << USB_SPEED_HIGH |
		  1 << USB_SPEED_SUPER | 1 << USB_SPEED_SUPER_PLUS,
	.init = bulk_init,
	.exit = bulk_exit,
	.describe = bulk_describe,
	.control = bulk_control,
	.service = bulk_service,
	.iso_packet = bulk_iso_packet,
};
