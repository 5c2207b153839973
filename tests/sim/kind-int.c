// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind "int": interrupt endpoints; a vendor loopback, or with mouse=1 a HID mouse.
 * May call device.h, buf.h and the loop's timers.
 * Called through struct sim_kind.
 *
 * Every OUT transfer comes back as one IN transfer. With tick=MS a report is made
 * every so many ms besides: the mouse walks in a square, the vendor device counts.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "device.h"

#define EP_OUT	    0x01
#define EP_IN	    0x81
#define REPORTS_MAX 256

#define HID_DT_HID	 0x21
#define HID_DT_REPORT	 0x22
#define HID_GET_REPORT	 0x01
#define HID_GET_IDLE	 0x02
#define HID_GET_PROTOCOL 0x03
#define HID_SET_REPORT	 0x09
#define HID_SET_IDLE	 0x0a
#define HID_SET_PROTOCOL 0x0b

struct report {
	size_t len;
	uint8_t data[1024];
};

struct intr {
	struct sim_dev *dev;
	struct loop_timer timer;
	uint32_t n_ticks;
	uint8_t idle;
	uint8_t protocol;
	struct buf reports; /* of struct report */
};

static const uint8_t mouse_report[] = {
	0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, /* generic desktop, mouse */
	0x09, 0x01, 0xa1, 0x00,		    /* pointer, physical */
	0x05, 0x09, 0x19, 0x01, 0x29, 0x03, /* buttons 1 to 3 */
	0x15, 0x00, 0x25, 0x01, 0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01,
	0x75, 0x05, 0x81, 0x01,		    /* padding */
	0x05, 0x01, 0x09, 0x30, 0x09, 0x31, /* x, y */
	0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xc0, 0xc0,
};

static const uint8_t hid_descriptor[9] = {
	9, HID_DT_HID, 0x11, 0x01, 0, 1, HID_DT_REPORT, sizeof(mouse_report), 0,
};

static void int_service(struct sim_dev *dev, struct sim_ep *ep);

static void queue_report(struct intr *s, const uint8_t *data, size_t n)
{
	struct report r = { .len = n < sizeof(r.data) ? n : sizeof(r.data) };

	if (r.len)
		memcpy(r.data, data, r.len);
	if (s->reports.len < REPORTS_MAX * sizeof(r))
		buf_add(&s->reports, &r, sizeof(r));
}

static void tick(struct loop_timer *t)
{
	struct intr *s = container_of(t, struct intr, timer);
	static const int8_t dx[4] = { 1, 0, -1, 0 };
	uint8_t report[8] = { 0 };

	if (!s->dev->config)
		return;
	if (s->dev->opt.mouse) {
		report[1] = dx[s->n_ticks / 8 % 4];
		report[2] = dx[(s->n_ticks / 8 + 3) % 4];
		queue_report(s, report, 3);
	} else {
		put_le32(report, s->n_ticks);
		queue_report(s, report, sizeof(report));
	}
	s->n_ticks++;
	loop_timer_set(t, t->due + s->dev->opt.tick * 1000000ULL);
	int_service(s->dev, NULL);
}

static int int_init(struct sim_dev *dev)
{
	struct intr *s = xalloc(sizeof(*s));

	s->dev = dev;
	s->timer.fired = tick;
	s->protocol = 1;
	dev->priv = s;
	return 0;
}

static void int_exit(struct sim_dev *dev)
{
	struct intr *s = dev->priv;

	loop_timer_stop(&s->timer);
	buf_free(&s->reports);
	free(s);
}

static void int_describe(struct sim_dev *dev, struct desc *d)
{
	unsigned int size = dev->opt.packet;

	if (dev->opt.mouse) {
		desc_interface(d, 0, 0, USB_CLASS_HID, 1, 2);
		desc_raw(d, hid_descriptor, sizeof(hid_descriptor));
		desc_endpoint(d, EP_IN, USB_ENDPOINT_XFER_INT, 8, 10);
		return;
	}
	/* 64 is the most a default setting may claim at high speed. */
	if (!size || (d->speed == USB_SPEED_HIGH && size > 64))
		size = 64;
	desc_interface(d, 0, 0, USB_CLASS_VENDOR_SPEC, 0, 0);
	desc_endpoint(d, EP_IN, USB_ENDPOINT_XFER_INT, size, 1);
	desc_endpoint(d, EP_OUT, USB_ENDPOINT_XFER_INT, size, 1);
}

static void int_reset(struct sim_dev *dev)
{
	struct intr *s = dev->priv;

	buf_reset(&s->reports);
	s->n_ticks = 0;
	loop_timer_stop(&s->timer);
	if (dev->config && dev->opt.tick)
		loop_timer_set(&s->timer,
			       loop_now() + dev->opt.tick * 1000000ULL);
}

static int int_control(struct sim_dev *dev, struct sim_urb *urb)
{
	struct intr *s = dev->priv;
	struct setup setup = urb_setup(urb);
	uint8_t still[3] = { 0 };

	if (!dev->opt.mouse)
		return E_PIPE;
	if (setup.type == 0x81 && setup.request == USB_REQ_GET_DESCRIPTOR) {
		if (setup.value >> 8 == HID_DT_REPORT)
			return ep0_descriptor(dev, urb, TWIST_REPORT,
					      mouse_report, sizeof(mouse_report));
		if (setup.value >> 8 == HID_DT_HID)
			return ep0_answer(urb, hid_descriptor,
					  sizeof(hid_descriptor));
		return E_PIPE;
	}
	if ((setup.type & ~USB_DIR_IN) != (USB_TYPE_CLASS | USB_RECIP_INTERFACE))
		return E_PIPE;
	switch (setup.request) {
	case HID_GET_REPORT:
		return ep0_answer(urb, still, sizeof(still));
	case HID_GET_IDLE:
		return ep0_answer(urb, &s->idle, 1);
	case HID_SET_IDLE:
		s->idle = setup.value >> 8;
		return 0;
	case HID_GET_PROTOCOL:
		return ep0_answer(urb, &s->protocol, 1);
	case HID_SET_PROTOCOL:
		s->protocol = setup.value;
		return 0;
	}
	return E_PIPE;
}

static void int_service(struct sim_dev *dev, struct sim_ep *ep)
{
	struct urb_list *out = &dev->ep_out[EP_OUT].queue;
	struct urb_list *in = &dev->ep_in[EP_IN & 15].queue;
	struct intr *s = dev->priv;
	struct sim_urb *urb;
	struct report r;

	(void)ep;
	while ((urb = TAILQ_FIRST(out))) {
		queue_report(s, urb->buf, urb->pdu.length);
		urb->actual = urb->pdu.length;
		urb_complete(dev, urb, 0);
	}
	while (s->reports.len && (urb = TAILQ_FIRST(in))) {
		buf_take(&s->reports, &r, sizeof(r));
		urb->actual = r.len < urb->pdu.length ? r.len : urb->pdu.length;
		if (urb->actual)
			memcpy(urb->buf, r.data, urb->actual);
		urb_complete(dev, urb, r.len > urb->pdu.length ? E_OVERFLOW : 0);
	}
}

const struct sim_kind kind_int = {
	.name = "int",
	.product = "simulated interrupt device",
	.vid = 0x1209,
	.pid = 0x0004,
	.speeds = 1 << USB_SPEED_LOW | 1 << USB_SPEED_FULL | 1 << USB_SPEED_HIGH |
		  1 << USB_SPEED_SUPER | 1 << USB_SPEED_SUPER_PLUS,
	.init = int_init,
	.exit = int_exit,
	.describe = int_describe,
	.reset = int_reset,
	.control = int_control,
	.service = int_service,
};
