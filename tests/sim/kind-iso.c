// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind "iso": isochronous endpoints, alternate setting 1 counts, 2 loops back.
 * May call device.h and buf.h; pace.c decides when a packet moves.
 * Called through struct sim_kind.
 *
 * A packet of setting 1 starts with a 32-bit little endian count of packets, the
 * rest is that count plus the position, modulo 256. IN packets are made so; an OUT
 * packet that is not gets the status EPROTO. In setting 2 each OUT packet comes back
 * as one IN packet; with none waiting, an empty one.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "device.h"

#define EP_COUNT     1
#define EP_LOOP	     2
#define LOOP_PACKETS 4096

struct iso {
	uint32_t n_in;
	uint32_t n_out;
	struct buf sizes; /* of the packets in data, uint16_t each */
	struct buf data;
};

static int iso_init(struct sim_dev *dev)
{
	dev->priv = xalloc(sizeof(struct iso));
	return 0;
}

static void iso_exit(struct sim_dev *dev)
{
	struct iso *s = dev->priv;

	buf_free(&s->sizes);
	buf_free(&s->data);
	free(s);
}

static void iso_reset(struct sim_dev *dev)
{
	struct iso *s = dev->priv;

	s->n_in = 0;
	s->n_out = 0;
	buf_reset(&s->sizes);
	buf_reset(&s->data);
}

static void iso_pair(struct sim_dev *dev, struct desc *d, uint8_t ep)
{
	unsigned int size = dev->opt.packet ? dev->opt.packet : 512;
	/* One packet a frame unless asked otherwise. */
	uint8_t interval = d->speed <= USB_SPEED_FULL ? 1 : 4;

	if (dev->opt.interval)
		interval = dev->opt.interval;
	desc_iso(d, ep | USB_DIR_IN, size, interval);
	desc_iso(d, ep, size, interval);
}

static void iso_describe(struct sim_dev *dev, struct desc *d)
{
	desc_interface(d, 0, 0, USB_CLASS_VENDOR_SPEC, 0, 0);
	desc_interface(d, 0, 1, USB_CLASS_VENDOR_SPEC, 0, 0);
	iso_pair(dev, d, EP_COUNT);
	desc_interface(d, 0, 2, USB_CLASS_VENDOR_SPEC, 0, 0);
	iso_pair(dev, d, EP_LOOP);
}

static uint8_t count_byte(uint32_t count, size_t i)
{
	return i < 4 ? count >> 8 * i : count + i;
}

/* Is it the turn of the every-th? */
static bool is_nth(uint32_t count, unsigned int every)
{
	return every && count % every == every - 1;
}

/* The packet's count has gone up even if it fails. */
static int count_packet(struct sim_dev *dev, struct sim_urb *urb, uint8_t *at,
			struct usbipx_iso *p, size_t n)
{
	struct iso *s = dev->priv;
	uint32_t count = urb->pdu.in ? s->n_in++ : s->n_out++;
	size_t i;

	if (is_nth(count, dev->opt.iso_error))
		return E_ILSEQ;
	if (is_nth(count, dev->opt.iso_short))
		n /= 2;
	for (i = 0; i < n; i++) {
		if (urb->pdu.in)
			at[i] = count_byte(count, i);
		else if (at[i] != count_byte(count, i))
			return E_PROTO;
	}
	p->actual = n;
	return 0;
}

static int iso_packet(struct sim_dev *dev, struct sim_urb *urb,
		      struct usbipx_iso *p)
{
	struct iso *s = dev->priv;
	size_t n = p->length < urb->ep->maxp ? p->length : urb->ep->maxp;
	uint8_t *at = urb->buf + p->offset;
	uint16_t size;

	if (!urb->pdu.in && p->length > urb->ep->maxp)
		return E_OVERFLOW;
	if (urb->pdu.ep == EP_COUNT)
		return count_packet(dev, urb, at, p, n);
	if (urb->pdu.in) {
		if (!buf_take(&s->sizes, &size, sizeof(size)))
			return 0;
		p->actual = buf_take(&s->data, at, size < n ? size : n);
		buf_pull(&s->data, size - p->actual);
		return size > n ? E_OVERFLOW : 0;
	}
	p->actual = p->length;
	if (s->sizes.len < LOOP_PACKETS * sizeof(size)) {
		size = p->length;
		buf_add(&s->sizes, &size, sizeof(size));
		buf_add(&s->data, at, size);
	}
	return 0;
}

/* Isochronous URBs are paced; there is nothing else to wait for. */
static void iso_service(struct sim_dev *dev, struct sim_ep *ep)
{
	(void)dev;
	(void)ep;
}

const struct sim_kind kind_iso = {
	.name = "iso",
	.product = "simulated isochronous device",
	.vid = 0x1209,
	.pid = 0x0003,
	.device_class = USB_CLASS_VENDOR_SPEC,
	.speeds = 1 << USB_SPEED_FULL | 1 << USB_SPEED_HIGH |
		  1 << USB_SPEED_SUPER | 1 << USB_SPEED_SUPER_PLUS,
	.init = iso_init,
	.exit = iso_exit,
	.describe = iso_describe,
	.reset = iso_reset,
	.service = iso_service,
	.iso_packet = iso_packet,
};
