// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind "serial": a CDC ACM modem whose output comes back as input.
 * May call device.h (urb_complete, ep0_answer) and buf.h.
 * Called through struct sim_kind.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "device.h"

#define EP_DATA_OUT 0x01
#define EP_DATA_IN  0x81
#define EP_NOTIFY   0x82

#define LOOP_ROOM (64 * 1024) /* above it, output waits */

#define CDC_SET_LINE_CODING	   0x20
#define CDC_GET_LINE_CODING	   0x21
#define CDC_SET_CONTROL_LINE_STATE 0x22
#define CDC_SEND_BREAK		   0x23
#define CDC_SERIAL_STATE	   0x20
#define CDC_LINE_CODING_SIZE	   7

struct serial {
	struct buf loop;
	uint8_t line_coding[CDC_LINE_CODING_SIZE];
	uint8_t line_state;
	bool notify; /* line state changed, not told yet */
};

static const uint8_t line_coding_default[CDC_LINE_CODING_SIZE] = {
	0x80, 0x25, 0, 0, 0, 0, 8, /* 9600 8N1 */
};

static int serial_init(struct sim_dev *dev)
{
	struct serial *s = xalloc(sizeof(*s));

	memcpy(s->line_coding, line_coding_default, CDC_LINE_CODING_SIZE);
	dev->priv = s;
	return 0;
}

static void serial_exit(struct sim_dev *dev)
{
	struct serial *s = dev->priv;

	buf_free(&s->loop);
	free(s);
}

static void serial_describe(struct sim_dev *dev, struct desc *d)
{
	static const uint8_t functional[] = {
		5, 0x24, 0x00, 0x10, 0x01, /* header, CDC 1.10 */
		5, 0x24, 0x01, 0x00, 1,	   /* call management: none */
		4, 0x24, 0x02, 0x06,	   /* ACM: line coding, break */
		5, 0x24, 0x06, 0,    1,	   /* union: 0 controls 1 */
	};

	(void)dev;
	desc_interface(d, 0, 0, USB_CLASS_COMM, 2, 1);
	desc_raw(d, functional, sizeof(functional));
	desc_endpoint(d, EP_NOTIFY, USB_ENDPOINT_XFER_INT, 16, 32);
	desc_interface(d, 1, 0, USB_CLASS_CDC_DATA, 0, 0);
	desc_endpoint(d, EP_DATA_IN, USB_ENDPOINT_XFER_BULK, 0, 0);
	desc_endpoint(d, EP_DATA_OUT, USB_ENDPOINT_XFER_BULK, 0, 0);
}

static void serial_reset(struct sim_dev *dev)
{
	struct serial *s = dev->priv;

	buf_reset(&s->loop);
	s->line_state = 0;
	s->notify = false;
}

/* Carrier and data set ready follow the terminal's DTR. */
static void notify(struct sim_dev *dev, struct serial *s)
{
	struct sim_urb *urb = TAILQ_FIRST(&dev->ep_in[EP_NOTIFY & 15].queue);
	uint8_t state[10] = { 0xa1, CDC_SERIAL_STATE, 0, 0, 0, 0, 2, 0 };

	if (!s->notify || !urb)
		return;
	s->notify = false;
	state[8] = s->line_state & 1 ? 3 : 0;
	urb->actual = urb->pdu.length < sizeof(state) ? urb->pdu.length :
							sizeof(state);
	if (urb->actual)
		memcpy(urb->buf, state, urb->actual);
	urb_complete(dev, urb, 0);
}

static int serial_control(struct sim_dev *dev, struct sim_urb *urb)
{
	struct serial *s = dev->priv;
	struct setup setup = urb_setup(urb);

	if ((setup.type & ~USB_DIR_IN) != (USB_TYPE_CLASS | USB_RECIP_INTERFACE))
		return E_PIPE;

	switch (setup.request) {
	case CDC_SET_LINE_CODING:
		if (setup.length != CDC_LINE_CODING_SIZE)
			return E_PIPE;
		memcpy(s->line_coding, urb->buf, CDC_LINE_CODING_SIZE);
		return 0;
	case CDC_GET_LINE_CODING:
		return ep0_answer(urb, s->line_coding, CDC_LINE_CODING_SIZE);
	case CDC_SET_CONTROL_LINE_STATE:
		s->notify = (s->line_state ^ setup.value) & 1;
		s->line_state = setup.value;
		notify(dev, s);
		return 0;
	case CDC_SEND_BREAK:
		return 0;
	}
	return E_PIPE;
}

/* Moves what can be moved; a full loop leaves output pending, an empty one input. */
static void serial_service(struct sim_dev *dev, struct sim_ep *ep)
{
	struct urb_list *out = &dev->ep_out[EP_DATA_OUT].queue;
	struct urb_list *in = &dev->ep_in[EP_DATA_IN & 15].queue;
	struct serial *s = dev->priv;
	struct sim_urb *urb;
	bool more = true;

	(void)ep;
	notify(dev, s);
	while (more) {
		more = false;
		while (s->loop.len < LOOP_ROOM && (urb = TAILQ_FIRST(out))) {
			buf_add(&s->loop, urb->buf, urb->pdu.length);
			urb->actual = urb->pdu.length;
			urb_complete(dev, urb, 0);
		}
		while (s->loop.len && (urb = TAILQ_FIRST(in))) {
			urb->actual =
				buf_take(&s->loop, urb->buf, urb->pdu.length);
			urb_complete(dev, urb, 0);
			more = true;
		}
	}
}

const struct sim_kind kind_serial = {
	.name = "serial",
	.product = "simulated serial port",
	.vid = 0x1209,
	.pid = 0x0001,
	.device_class = USB_CLASS_COMM,
	.speeds = 1 << USB_SPEED_FULL | 1 << USB_SPEED_HIGH |
		  1 << USB_SPEED_SUPER | 1 << USB_SPEED_SUPER_PLUS,
	.init = serial_init,
	.exit = serial_exit,
	.describe = serial_describe,
	.reset = serial_reset,
	.control = serial_control,
	.service = serial_service,
};
