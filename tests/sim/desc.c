// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building configuration descriptors that are right for each speed.
 * May call libc only. Pure.
 * Called by the kinds (describe) and by the device core.
 */
#include <stdlib.h>
#include <string.h>

#include "desc.h"

void desc_raw(struct desc *d, const void *bytes, size_t n)
{
	if (d->len + n > sizeof(d->mem))
		abort();
	memcpy(d->mem + d->len, bytes, n);
	d->len += n;
}

void desc_begin(struct desc *d, enum usb_device_speed speed)
{
	uint8_t config[9] = {
		9,
		USB_DT_CONFIG,
		0,
		0,
		0,
		1,
		0,
		USB_CONFIG_ATT_ONE | USB_CONFIG_ATT_WAKEUP,
		/* 100 mA, in units of 8 mA at SuperSpeed and of 2 mA below */
		speed_is_super(speed) ? 13 : 50,
	};

	memset(d, 0, sizeof(*d));
	d->speed = speed;
	desc_raw(d, config, sizeof(config));
}

void desc_interface(struct desc *d, uint8_t number, uint8_t alt, uint8_t class,
		    uint8_t subclass, uint8_t protocol)
{
	uint8_t iface[9] = {
		9,     USB_DT_INTERFACE, number,   alt, 0,
		class, subclass,	 protocol, 0,
	};

	if (!alt)
		d->mem[4]++; /* bNumInterfaces */
	d->iface = d->len;
	desc_raw(d, iface, sizeof(iface));
}

static void add_endpoint(struct desc *d, uint8_t address, uint8_t type,
			 uint16_t size, uint8_t interval)
{
	uint8_t ep[7] = { 7, USB_DT_ENDPOINT, address, type, 0, 0, interval };
	uint8_t companion[6] = { 6, USB_DT_SS_ENDPOINT_COMP };

	put_le16(ep + 4, size);
	desc_raw(d, ep, sizeof(ep));
	d->mem[d->iface + 4]++; /* bNumEndpoints */

	if (!speed_is_super(d->speed))
		return;
	if ((type & USB_ENDPOINT_XFERTYPE_MASK) != USB_ENDPOINT_XFER_BULK)
		put_le16(companion + 4, size); /* wBytesPerInterval */
	desc_raw(d, companion, sizeof(companion));
}

/* bInterval is a count of frames below high speed, an exponent from there on. */
static uint8_t interrupt_interval(enum usb_device_speed speed, unsigned int frames)
{
	uint8_t exponent = 4; /* 2^3 microframes = one frame */

	if (speed == USB_SPEED_LOW && frames < 10)
		return 10;
	if (speed <= USB_SPEED_FULL)
		return frames > 255 ? 255 : frames;
	while (exponent < 16 && (1U << (exponent - 4)) < frames)
		exponent++;
	return exponent;
}

void desc_endpoint(struct desc *d, uint8_t address, uint8_t type,
		   unsigned int size, unsigned int frames)
{
	static const uint16_t bulk[] = {
		[USB_SPEED_FULL] = 64,
		[USB_SPEED_HIGH] = 512,
		[USB_SPEED_SUPER] = 1024,
		[USB_SPEED_SUPER_PLUS] = 1024,
	};
	static const uint16_t interrupt[] = {
		[USB_SPEED_LOW] = 8,	       [USB_SPEED_FULL] = 64,
		[USB_SPEED_HIGH] = 1024,       [USB_SPEED_SUPER] = 1024,
		[USB_SPEED_SUPER_PLUS] = 1024,
	};

	if (type == USB_ENDPOINT_XFER_BULK) {
		add_endpoint(d, address, type, bulk[d->speed], 0);
		return;
	}
	if (!size || size > interrupt[d->speed])
		size = interrupt[d->speed];
	add_endpoint(d, address, type, size,
		     interrupt_interval(d->speed, frames));
}

void desc_iso(struct desc *d, uint8_t address, unsigned int size, uint8_t interval)
{
	unsigned int most = d->speed == USB_SPEED_FULL ? 1023 : 1024;
	uint8_t sync = address & USB_DIR_IN ? USB_ENDPOINT_SYNC_ASYNC :
					      USB_ENDPOINT_SYNC_ADAPTIVE;

	if (!size || size > most)
		size = most;
	add_endpoint(d, address, USB_ENDPOINT_XFER_ISOC | sync, size, interval);
}

void desc_end(struct desc *d)
{
	put_le16(d->mem + 2, d->len);
}

size_t desc_bos(uint8_t *to, enum usb_device_speed speed)
{
	static const uint8_t ext[7] = {
		7, USB_DT_DEVICE_CAPABILITY, USB_CAP_TYPE_EXT, 0x02, 0, 0, 0,
	};
	static const uint8_t super[10] = {
		10,
		USB_DT_DEVICE_CAPABILITY,
		USB_SS_CAP_TYPE,
		0, /* no latency tolerance messages */
		0x0e,
		0, /* full, high and SuperSpeed */
		1, /* all functions from full speed on */
		4,
		0xf4,
		0x01, /* U1 4 us, U2 500 us */
	};
	static const uint8_t plus[20] = {
		20,
		USB_DT_DEVICE_CAPABILITY,
		USB_SSP_CAP_TYPE,
		0,
		1,
		0,
		0,
		0, /* two sublink speed attributes */
		0x00,
		0x11,
		0,
		0, /* one lane, id 0 */
		0x30,
		0x40,
		10,
		0, /* id 0, 10 Gb/s, receive */
		0xb0,
		0x40,
		10,
		0, /* id 0, 10 Gb/s, transmit */
	};
	uint8_t head[5] = { 5, USB_DT_BOS, 0, 0, 2 };
	size_t len = sizeof(head);

	memcpy(to + len, ext, sizeof(ext));
	len += sizeof(ext);
	memcpy(to + len, super, sizeof(super));
	len += sizeof(super);
	if (speed == USB_SPEED_SUPER_PLUS) {
		head[4]++;
		memcpy(to + len, plus, sizeof(plus));
		len += sizeof(plus);
	}
	put_le16(head + 2, len);
	memcpy(to, head, sizeof(head));
	return len;
}
