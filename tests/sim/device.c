// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated devices: creation, configuration, alternate settings, reset.
 * May call the kinds, urb.c and desc.c.
 * Called by spec.c (creation), ep0.c (requests) and the connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "device.h"

struct dev_list all_devices = TAILQ_HEAD_INITIALIZER(all_devices);

static const struct sim_kind *const kinds[] = {
	&kind_serial, &kind_storage, &kind_bulk, &kind_iso, &kind_int,
};

const struct sim_kind *kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

struct sim_dev *device_new(const struct sim_kind *kind,
			   const struct sim_options *opt,
			   enum usb_device_speed speed)
{
	struct sim_dev *dev = xalloc(sizeof(*dev));
	int i;

	dev->kind = kind;
	dev->opt = *opt;
	dev->speed = speed;
	dev->vid = kind->vid;
	dev->pid = kind->pid;
	dev->plugged = true;
	dev->hub_port = -1;
	dev->wanted_port = -1;
	dev->pace_timer.fired = pace_fired;
	dev->delay_timer.fired = delay_fired;
	TAILQ_INIT(&dev->delayed);
	for (i = 0; i < 16; i++) {
		TAILQ_INIT(&dev->ep_in[i].queue);
		TAILQ_INIT(&dev->ep_out[i].queue);
	}
	return dev;
}

static unsigned int period_of(enum usb_device_speed speed, uint8_t type,
			      uint8_t interval)
{
	if (interval < 1)
		interval = 1;
	if (type == USB_ENDPOINT_XFER_INT && speed <= USB_SPEED_FULL)
		return interval * 8;
	if (interval > 16)
		interval = 16;
	return (speed <= USB_SPEED_FULL ? 8 : 1) << (interval - 1);
}

/* Endpoints are found out from the very descriptors the client will read. */
static void parse_endpoints(struct sim_dev *dev)
{
	const struct desc *d = &dev->config_desc;
	uint8_t iface = 0, alt = 0;
	size_t at;

	for (at = 0; at < d->len; at += d->mem[at]) {
		const uint8_t *p = d->mem + at;
		struct sim_ep *ep;

		if (p[1] == USB_DT_INTERFACE) {
			iface = p[2];
			alt = p[3];
		}
		if (p[1] != USB_DT_ENDPOINT)
			continue;
		ep = p[2] & USB_DIR_IN ? &dev->ep_in[p[2] & 15] :
					 &dev->ep_out[p[2] & 15];
		ep->address = p[2];
		ep->type = p[3] & USB_ENDPOINT_XFERTYPE_MASK;
		ep->maxp = get_le16(p + 4);
		ep->iface = iface;
		ep->alts |= 1U << alt;
		ep->period = period_of(dev->speed, ep->type, p[6]);
	}
}

int device_start(struct sim_dev *dev)
{
	desc_begin(&dev->config_desc, dev->speed);
	dev->kind->describe(dev, &dev->config_desc);
	desc_end(&dev->config_desc);
	parse_endpoints(dev);
	if (dev->kind->init && dev->kind->init(dev))
		return -1;
	TAILQ_INSERT_TAIL(&all_devices, dev, link);
	return 0;
}

void device_free(struct sim_dev *dev)
{
	TAILQ_REMOVE(&all_devices, dev, link);
	urb_drop_all(dev);
	if (dev->kind->exit)
		dev->kind->exit(dev);
	bad_free(&dev->bad);
	free(dev);
}

struct sim_dev *device_find(const char *busid)
{
	struct sim_dev *dev;

	TAILQ_FOREACH(dev, &all_devices, link)
	if (!strcmp(dev->busid, busid))
		return dev;
	return NULL;
}

static void flush_interface(struct sim_dev *dev, int iface)
{
	int i;

	for (i = 1; i < 16; i++) {
		struct sim_ep *pair[2] = { &dev->ep_in[i], &dev->ep_out[i] };
		int j;

		for (j = 0; j < 2; j++) {
			if (iface >= 0 && pair[j]->iface != iface)
				continue;
			urb_flush(dev, pair[j], E_SHUTDOWN);
			pair[j]->halted = false;
			pair[j]->next = 0;
		}
	}
}

void device_set_config(struct sim_dev *dev, uint8_t value)
{
	flush_interface(dev, -1);
	dev->config = value;
	memset(dev->alt, 0, sizeof(dev->alt));
	if (dev->kind->reset)
		dev->kind->reset(dev);
}

/* Back to the address state, as after a reset of the port and SET_ADDRESS. */
void device_reset(struct sim_dev *dev)
{
	device_set_config(dev, 0);
	dev->features = 0;
}

int device_set_alt(struct sim_dev *dev, uint8_t iface, uint8_t alt)
{
	const struct desc *d = &dev->config_desc;
	size_t at;

	for (at = 0; at < d->len; at += d->mem[at]) {
		const uint8_t *p = d->mem + at;

		if (p[1] != USB_DT_INTERFACE || p[2] != iface || p[3] != alt)
			continue;
		flush_interface(dev, iface);
		dev->alt[iface] = alt;
		if (dev->kind->reset)
			dev->kind->reset(dev);
		return 0;
	}
	return E_PIPE;
}

/* Known in some alternate setting: enough to tell how a URB is laid out. */
struct sim_ep *device_ep(struct sim_dev *dev, uint8_t address)
{
	struct sim_ep *ep = address & USB_DIR_IN ? &dev->ep_in[address & 15] :
						   &dev->ep_out[address & 15];

	return ep->address && (address & 15) ? ep : NULL;
}

bool device_ep_active(const struct sim_dev *dev, const struct sim_ep *ep)
{
	return dev->config && (ep->alts & 1U << dev->alt[ep->iface]);
}
