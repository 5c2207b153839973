// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoint 0: the standard requests of chapter 9, and the reset of the device.
 * May call device.c, desc.c, twist.c and the kind's own control().
 * Called by urb.c for every URB on endpoint 0.
 */
#include <stdio.h>
#include <string.h>

#include "device.h"

#define TYPE_STANDARD_DEVICE (USB_TYPE_STANDARD | USB_RECIP_DEVICE)
#define TYPE_STANDARD_IFACE  (USB_TYPE_STANDARD | USB_RECIP_INTERFACE)
#define TYPE_STANDARD_EP     (USB_TYPE_STANDARD | USB_RECIP_ENDPOINT)

/* SET_FEATURE(PORT_RESET) to a port: how a client passes on a device reset. */
#define TYPE_PORT  (USB_TYPE_CLASS | USB_RECIP_OTHER)
#define PORT_RESET 4

#define FEATURES_SUPER                                                         \
	((1 << USB_DEV_STAT_U1_ENABLED) | (1 << USB_DEV_STAT_U2_ENABLED) |     \
	 (1 << USB_DEV_STAT_LTM_ENABLED))

/* Data stage towards the host, cut to what it asked for. */
int ep0_answer(struct sim_urb *urb, const void *data, size_t n)
{
	struct setup s = urb_setup(urb);

	if (n > s.length)
		n = s.length;
	if (n > urb->pdu.length)
		n = urb->pdu.length;
	if (n)
		memcpy(urb->buf, data, n);
	return n;
}

/* A descriptor, with the changes that were asked for. */
int ep0_descriptor(struct sim_dev *dev, struct sim_urb *urb,
		   enum twist_what what, const void *data, size_t n)
{
	static uint8_t room[TWIST_ROOM];
	unsigned int wanted = urb_setup(urb).length;
	unsigned int i;

	if (n > sizeof(room))
		n = sizeof(room);
	memcpy(room, data, n);
	for (i = 0; i < dev->bad.n_twist; i++)
		twist_apply(dev->bad.twist[i], what, room, &n, wanted,
			    dev->n_resets > 0);
	return ep0_answer(urb, room, n);
}

static bool lenient(const struct sim_dev *dev)
{
	return bad_has(&dev->bad, BAD_LENIENT);
}

static uint16_t bcd_usb(enum usb_device_speed speed)
{
	switch (speed) {
	case USB_SPEED_LOW:
		return 0x0110;
	case USB_SPEED_SUPER:
		return 0x0300;
	case USB_SPEED_SUPER_PLUS:
		return 0x0310;
	default:
		return 0x0200;
	}
}

static uint8_t ep0_size(enum usb_device_speed speed)
{
	if (speed == USB_SPEED_LOW)
		return 8;
	return speed_is_super(speed) ? 9 : 64; /* 9: as an exponent, 512 */
}

static int get_device(struct sim_dev *dev, struct sim_urb *urb)
{
	uint8_t d[18] = {
		18,
		USB_DT_DEVICE,
		0,
		0,
		dev->kind->device_class,
		0,
		0,
		ep0_size(dev->speed),
		0,
		0,
		0,
		0,
		0x00,
		0x01,
		1,
		2,
		3,
		1,
	};

	put_le16(d + 2, bcd_usb(dev->speed));
	put_le16(d + 8, dev->vid);
	put_le16(d + 10, dev->pid);
	return ep0_descriptor(dev, urb, TWIST_DEV, d, sizeof(d));
}

/* The speed a device of both full and high speed is not running at. */
static enum usb_device_speed other_speed(const struct sim_dev *dev)
{
	enum usb_device_speed other = USB_SPEED_UNKNOWN;

	if (dev->speed == USB_SPEED_HIGH)
		other = USB_SPEED_FULL;
	if (dev->speed == USB_SPEED_FULL)
		other = USB_SPEED_HIGH;
	return dev->kind->speeds & 1U << other ? other : USB_SPEED_UNKNOWN;
}

static int get_qualifier(struct sim_dev *dev, struct sim_urb *urb)
{
	uint8_t d[10] = {
		10,
		USB_DT_DEVICE_QUALIFIER,
		0x00,
		0x02,
		dev->kind->device_class,
		0,
		0,
		64,
		1,
		0,
	};

	if (other_speed(dev) == USB_SPEED_UNKNOWN)
		return E_PIPE;
	return ep0_descriptor(dev, urb, TWIST_QUAL, d, sizeof(d));
}

static int get_other_speed(struct sim_dev *dev, struct sim_urb *urb)
{
	struct desc d;

	if (other_speed(dev) == USB_SPEED_UNKNOWN)
		return E_PIPE;
	desc_begin(&d, other_speed(dev));
	dev->kind->describe(dev, &d);
	desc_end(&d);
	d.mem[1] = USB_DT_OTHER_SPEED_CONFIG;
	return ep0_answer(urb, d.mem, d.len);
}

static int get_string(struct sim_dev *dev, struct sim_urb *urb, uint8_t index)
{
	const char *const text[] = {
		"",
		"usbip-ext",
		dev->kind->product,
		dev->serial,
	};
	uint8_t d[2 + 2 * 126] = { 0, USB_DT_STRING };
	size_t i;

	if (!index) {
		put_le16(d + 2, 0x0409); /* English, United States */
		d[0] = 4;
		return ep0_descriptor(dev, urb, TWIST_STR0, d, 4);
	}
	if (index >= sizeof(text) / sizeof(text[0]))
		return E_PIPE;
	for (i = 0; text[index][i] && i < 126; i++)
		put_le16(d + 2 + 2 * i, (uint8_t)text[index][i]);
	d[0] = 2 + 2 * i;
	return ep0_descriptor(dev, urb, TWIST_STR0 + index, d, d[0]);
}

static int get_descriptor(struct sim_dev *dev, struct sim_urb *urb)
{
	struct setup s = urb_setup(urb);
	uint8_t index = s.value & 0xff;
	uint8_t bos[64];

	switch (s.value >> 8) {
	case USB_DT_DEVICE:
		return get_device(dev, urb);
	case USB_DT_CONFIG:
		if (index && !lenient(dev))
			return E_PIPE;
		return ep0_descriptor(dev, urb, TWIST_CONF, dev->config_desc.mem,
				      dev->config_desc.len);
	case USB_DT_STRING:
		return get_string(dev, urb, index);
	case USB_DT_DEVICE_QUALIFIER:
		return get_qualifier(dev, urb);
	case USB_DT_OTHER_SPEED_CONFIG:
		return index ? E_PIPE : get_other_speed(dev, urb);
	case USB_DT_BOS:
		if (!speed_is_super(dev->speed))
			return E_PIPE;
		return ep0_descriptor(dev, urb, TWIST_BOS, bos,
				      desc_bos(bos, dev->speed));
	}
	return E_PIPE;
}

static int device_feature(struct sim_dev *dev, uint16_t feature, bool set)
{
	uint8_t bit;

	switch (feature) {
	case USB_DEVICE_REMOTE_WAKEUP:
		bit = 1 << USB_DEVICE_REMOTE_WAKEUP;
		break;
	case USB_DEVICE_U1_ENABLE:
		bit = 1 << USB_DEV_STAT_U1_ENABLED;
		break;
	case USB_DEVICE_U2_ENABLE:
		bit = 1 << USB_DEV_STAT_U2_ENABLED;
		break;
	case USB_DEVICE_LTM_ENABLE:
		bit = 1 << USB_DEV_STAT_LTM_ENABLED;
		break;
	default:
		return E_PIPE;
	}
	if ((bit & FEATURES_SUPER) &&
	    (!speed_is_super(dev->speed) || !dev->config))
		return E_PIPE;
	dev->features = set ? dev->features | bit : dev->features & ~bit;
	return 0;
}

static int device_request(struct sim_dev *dev, struct sim_urb *urb,
			  const struct setup *s)
{
	uint8_t status[2] = { dev->features, 0 };

	switch (s->request) {
	case USB_REQ_GET_DESCRIPTOR:
		return get_descriptor(dev, urb);
	case USB_REQ_GET_CONFIGURATION:
		return ep0_answer(urb, &dev->config, 1);
	case USB_REQ_SET_CONFIGURATION:
		if (s->value > 1 && !lenient(dev))
			return E_PIPE;
		device_set_config(dev, s->value);
		return 0;
	case USB_REQ_GET_STATUS:
		return ep0_answer(urb, status, 2);
	case USB_REQ_SET_FEATURE:
		return device_feature(dev, s->value, true);
	case USB_REQ_CLEAR_FEATURE:
		return device_feature(dev, s->value, false);
	case USB_REQ_SET_ADDRESS:
		dev->address = s->value;
		return 0;
	case USB_REQ_SET_SEL:
		return speed_is_super(dev->speed) && s->length == 6 ? 6 : E_PIPE;
	case USB_REQ_SET_ISOCH_DELAY:
		return speed_is_super(dev->speed) ? 0 : E_PIPE;
	}
	return E_PIPE;
}

static int interface_request(struct sim_dev *dev, struct sim_urb *urb,
			     const struct setup *s)
{
	uint8_t status[2] = { 0, 0 };

	if (!dev->config ||
	    (s->index >= dev->config_desc.mem[4] && !lenient(dev)))
		return E_PIPE;

	switch (s->request) {
	case USB_REQ_GET_INTERFACE:
		return ep0_answer(urb, &dev->alt[s->index % sizeof(dev->alt)], 1);
	case USB_REQ_SET_INTERFACE:
		if (lenient(dev))
			return 0;
		if (s->value > 255)
			return E_PIPE;
		return device_set_alt(dev, s->index, s->value);
	case USB_REQ_GET_STATUS:
		return ep0_answer(urb, status, 2);
	case USB_REQ_SET_FEATURE:
	case USB_REQ_CLEAR_FEATURE:
		return speed_is_super(dev->speed) &&
				       s->value == USB_INTRF_FUNC_SUSPEND ?
			       0 :
			       E_PIPE;
	case USB_REQ_GET_DESCRIPTOR: /* HID descriptors are asked for here */
		return dev->kind->control ? dev->kind->control(dev, urb) : E_PIPE;
	}
	return E_PIPE;
}

static void halt(struct sim_dev *dev, struct sim_ep *ep, bool set)
{
	ep->halted = set;
	if (set)
		urb_flush(dev, ep, E_PIPE);
	else if (dev->kind->service)
		dev->kind->service(dev, ep);
}

static int endpoint_request(struct sim_dev *dev, struct sim_urb *urb,
			    const struct setup *s)
{
	struct sim_ep *ep = device_ep(dev, s->index);
	uint8_t status[2] = { 0, 0 };
	bool ep0 = !(s->index & 0xff7f);

	if (!ep0 && (s->index > 255 || !ep || !device_ep_active(dev, ep)))
		return E_PIPE;

	switch (s->request) {
	case USB_REQ_GET_STATUS:
		status[0] = !ep0 && ep->halted;
		return ep0_answer(urb, status, 2);
	case USB_REQ_SET_FEATURE:
	case USB_REQ_CLEAR_FEATURE:
		if (s->value != USB_ENDPOINT_HALT)
			return E_PIPE;
		if (!ep0 && ep->type == USB_ENDPOINT_XFER_ISOC)
			return E_PIPE;
		if (!ep0)
			halt(dev, ep, s->request == USB_REQ_SET_FEATURE);
		return 0;
	case USB_REQ_SYNCH_FRAME:
		if (ep0 || ep->type != USB_ENDPOINT_XFER_ISOC)
			return E_PIPE;
		return ep0_answer(urb, status, 2);
	}
	return E_PIPE;
}

/*
 * The data stage goes the way the setup packet says. An OUT data stage reports
 * its whole length on success.
 */
int ep0_request(struct sim_dev *dev, struct sim_urb *urb)
{
	struct setup s = urb_setup(urb);
	bool in = s.type & USB_DIR_IN;
	int ret;

	if (s.length && in != urb->pdu.in)
		return E_PIPE;
	if (!in && s.length > urb->pdu.length)
		return E_PIPE;

	switch (s.type & ~USB_DIR_IN) {
	case TYPE_STANDARD_DEVICE:
		ret = device_request(dev, urb, &s);
		break;
	case TYPE_STANDARD_IFACE:
		ret = interface_request(dev, urb, &s);
		break;
	case TYPE_STANDARD_EP:
		ret = endpoint_request(dev, urb, &s);
		break;
	case TYPE_PORT:
		if (in || s.request != USB_REQ_SET_FEATURE ||
		    s.value != PORT_RESET)
			return E_PIPE;
		device_reset(dev);
		dev->n_resets++;
		if (dev->opt.reset_pid)
			dev->pid = dev->opt.reset_pid;
		ret = 0;
		break;
	default:
		ret = dev->kind->control ? dev->kind->control(dev, urb) : E_PIPE;
	}
	if (ret >= 0 && !in)
		ret = s.length;
	return ret;
}
