// SPDX-License-Identifier: GPL-2.0-only
/*
 * Root hubs: port status bits and the hub class requests of the USB core.
 * May call the USB host controller API. Called by the USB core (through
 * controller.c's hc_driver) and by port.c.
 *
 * Source of the requests: USB 2.0 specification, 11.24; USB 3.2, 10.16.
 */
#include <linux/usb/ch11.h>

#include "vhci.h"

/* A feature's bit in wPortChange; both are numbered alike. */
static u16 feature_change(u16 feature)
{
	return BIT(feature - USB_PORT_FEAT_C_CONNECTION);
}

static void set_link_state(struct vhci_port *port, u16 state)
{
	port->status &= ~USB_PORT_STAT_LINK_STATE;
	port->status |= state;
}

static u16 power_bit(const struct vhci_port *port)
{
	return port->hub->super ? USB_SS_PORT_STAT_POWER : USB_PORT_STAT_POWER;
}

static u16 speed_bits(const struct vhci_port *port)
{
	switch (port->speed) {
	case USB_SPEED_LOW:
		return USB_PORT_STAT_LOW_SPEED;
	case USB_SPEED_HIGH:
	case USB_SPEED_WIRELESS:
		return USB_PORT_STAT_HIGH_SPEED;
	default:
		/* Full speed; a USB3 port counts 5 Gbit/s as 0. */
		return 0;
	}
}

/**
 * vhci_port_plugged - a device has come to a port
 * @port: its connection and speed are set
 *
 * Context: any; the caller holds port->lock and has the root hub polled after.
 */
void vhci_port_plugged(struct vhci_port *port)
{
	lockdep_assert_held(&port->lock);
	port->status |= USB_PORT_STAT_CONNECTION | speed_bits(port);
	port->change |= USB_PORT_STAT_C_CONNECTION;
	if (port->hub->super)
		set_link_state(port, USB_SS_PORT_LS_U0);
}

/**
 * vhci_port_unplugged - the device of a port has gone
 * @port: the port
 *
 * Context: any; the caller holds port->lock and has the root hub polled after.
 */
void vhci_port_unplugged(struct vhci_port *port)
{
	lockdep_assert_held(&port->lock);
	if (!(port->status & USB_PORT_STAT_CONNECTION))
		return;
	port->status &= power_bit(port);
	port->change |= USB_PORT_STAT_C_CONNECTION;
	if (port->hub->super)
		set_link_state(port, USB_SS_PORT_LS_RX_DETECT);
}

/**
 * vhci_hub_status_data - to which ports a device has come, and from which it has gone
 * @hcd: the host controller
 * @buf: one bit a port, from bit 1
 *
 * All other changes are what whoever has locked the port has asked for, and looks
 * for; told here, they would make the hub driver wait for that lock.
 *
 * The USB core may deliver an answer after a younger one that had more bits,
 * and the hub driver keeps the last. So as long as anything is to be told, the
 * core asks four times a second, and wakes the root hub (also while one that was
 * deprived of its driver has nobody to tell). The lock makes the flag that of
 * the last look, and where a device comes or goes there is a look after it.
 *
 * Context: any. Return: bytes in @buf, or 0 when nothing changed.
 */
int vhci_hub_status_data(struct usb_hcd *hcd, char *buf)
{
	struct vhci_hub *hub = vhci_hub_of(hcd);
	int size = DIV_ROUND_UP(hub->nports + 1, 8);
	bool changed = false;
	unsigned long flags;
	unsigned int i;

	memset(buf, 0, size);
	spin_lock_irqsave(&hub->poll_lock, flags);
	for (i = 0; i < hub->nports; i++) {
		if (!(READ_ONCE(hub->ports[i].change) &
		      USB_PORT_STAT_C_CONNECTION))
			continue;
		buf[(i + 1) / 8] |= BIT((i + 1) % 8);
		changed = true;
	}
	assign_bit(HCD_FLAG_POLL_RH, &hcd->flags, changed);
	spin_unlock_irqrestore(&hub->poll_lock, flags);
	if (changed && hcd->state == HC_STATE_SUSPENDED)
		usb_hcd_resume_root_hub(hcd);
	return changed ? size : 0;
}

static void usb2_descriptor(struct vhci_hub *hub, char *buf, u16 length)
{
	struct usb_hub_descriptor desc = {
		.bDescLength = USB_DT_HUB_NONVAR_SIZE + 2 * 2,
		.bDescriptorType = USB_DT_HUB,
		.bNbrPorts = hub->nports,
		.wHubCharacteristics = cpu_to_le16(HUB_CHAR_INDV_PORT_LPSM |
						   HUB_CHAR_COMMON_OCPM),
	};

	/* All removable: two bitmaps, of 0 and of 1, for up to 15 ports. */
	memset(desc.u.hs.DeviceRemovable + 2, 0xff, 2);
	memcpy(buf, &desc, min_t(u16, length, desc.bDescLength));
}

static void usb3_descriptor(struct vhci_hub *hub, char *buf, u16 length)
{
	struct usb_hub_descriptor desc = {
		.bDescLength = USB_DT_SS_HUB_SIZE,
		.bDescriptorType = USB_DT_SS_HUB,
		.bNbrPorts = hub->nports,
		.wHubCharacteristics = cpu_to_le16(HUB_CHAR_INDV_PORT_LPSM |
						   HUB_CHAR_COMMON_OCPM),
	};

	memcpy(buf, &desc, min_t(u16, length, desc.bDescLength));
}

/* What a USB3 root hub says of itself; the USB core insists on one. */
static const struct {
	struct usb_bos_descriptor bos;
	struct usb_ss_cap_descriptor ss;
} __packed usb3_bos = {
	.bos = {
		.bLength = USB_DT_BOS_SIZE,
		.bDescriptorType = USB_DT_BOS,
		.wTotalLength = cpu_to_le16(sizeof(usb3_bos)),
		.bNumDeviceCaps = 1,
	},
	.ss = {
		.bLength = USB_DT_USB_SS_CAP_SIZE,
		.bDescriptorType = USB_DT_DEVICE_CAPABILITY,
		.bDevCapabilityType = USB_SS_CAP_TYPE,
		.wSpeedSupported = cpu_to_le16(USB_5GBPS_OPERATION),
		.bFunctionalitySupport = ilog2(USB_5GBPS_OPERATION),
	},
};

static void put_status(char *buf, u16 status, u16 change)
{
	struct usb_port_status *out = (struct usb_port_status *)buf;

	out->wPortStatus = cpu_to_le16(status);
	out->wPortChange = cpu_to_le16(change);
}

/* SetPortFeature(PORT_RESET): done at once, nothing needs the time. */
static void port_reset(struct vhci_port *port)
{
	if (!(port->status & USB_PORT_STAT_CONNECTION))
		return;
	port->status &= ~USB_PORT_STAT_SUSPEND;
	port->status |= USB_PORT_STAT_ENABLE;
	port->change |= USB_PORT_STAT_C_RESET;
	if (port->hub->super)
		set_link_state(port, USB_SS_PORT_LS_U0);
}

static int set_feature(struct vhci_port *port, u16 feature, u8 selector)
{
	bool super = port->hub->super;
	u16 link_state;

	switch (feature) {
	case USB_PORT_FEAT_POWER:
		port->status |= power_bit(port);
		return 0;
	case USB_PORT_FEAT_RESET:
		port_reset(port);
		return 0;
	case USB_PORT_FEAT_BH_PORT_RESET:
		if (!super)
			return -EPIPE;
		port_reset(port);
		if (port->status & USB_PORT_STAT_CONNECTION)
			port->change |= USB_PORT_STAT_C_BH_RESET;
		return 0;
	case USB_PORT_FEAT_SUSPEND:
		if (super)
			return -EPIPE;
		if (port->status & USB_PORT_STAT_ENABLE)
			port->status |= USB_PORT_STAT_SUSPEND;
		return 0;
	case USB_PORT_FEAT_LINK_STATE:
		link_state = selector << 5;
		if (!super)
			return -EPIPE;
		if ((port->status & USB_PORT_STAT_LINK_STATE) ==
			    USB_SS_PORT_LS_U3 &&
		    link_state == USB_SS_PORT_LS_U0)
			port->change |= USB_PORT_STAT_C_LINK_STATE;
		if (port->status & USB_PORT_STAT_CONNECTION)
			set_link_state(port, link_state);
		return 0;
	case USB_PORT_FEAT_U1_TIMEOUT:
	case USB_PORT_FEAT_U2_TIMEOUT:
	case USB_PORT_FEAT_REMOTE_WAKE_MASK:
		return super ? 0 : -EPIPE;
	default:
		return -EPIPE;
	}
}

static int clear_feature(struct vhci_port *port, u16 feature)
{
	bool super = port->hub->super;

	switch (feature) {
	case USB_PORT_FEAT_POWER:
		port->status &= ~(power_bit(port) | USB_PORT_STAT_ENABLE);
		return 0;
	case USB_PORT_FEAT_ENABLE:
		port->status &= ~USB_PORT_STAT_ENABLE;
		return 0;
	case USB_PORT_FEAT_SUSPEND:
		if (super)
			return -EPIPE;
		if (port->status & USB_PORT_STAT_SUSPEND) {
			port->status &= ~USB_PORT_STAT_SUSPEND;
			port->change |= USB_PORT_STAT_C_SUSPEND;
		}
		return 0;
	case USB_PORT_FEAT_C_CONNECTION:
	case USB_PORT_FEAT_C_ENABLE:
	case USB_PORT_FEAT_C_SUSPEND:
	case USB_PORT_FEAT_C_OVER_CURRENT:
	case USB_PORT_FEAT_C_RESET:
		port->change &= ~feature_change(feature);
		return 0;
	case USB_PORT_FEAT_C_PORT_LINK_STATE:
		port->change &= ~USB_PORT_STAT_C_LINK_STATE;
		return super ? 0 : -EPIPE;
	case USB_PORT_FEAT_C_PORT_CONFIG_ERROR:
		port->change &= ~USB_PORT_STAT_C_CONFIG_ERROR;
		return super ? 0 : -EPIPE;
	case USB_PORT_FEAT_C_BH_PORT_RESET:
		port->change &= ~USB_PORT_STAT_C_BH_RESET;
		return super ? 0 : -EPIPE;
	default:
		return -EPIPE;
	}
}

static int port_request(struct vhci_hub *hub, u16 type, u16 value, u16 index,
			char *buf)
{
	unsigned int n = index & 0xff;
	struct vhci_port *port;
	unsigned long flags;
	int ret = 0;

	if (n < 1 || n > hub->nports)
		return -EPIPE;
	port = &hub->ports[n - 1];

	spin_lock_irqsave(&port->lock, flags);
	if (type == GetPortStatus)
		put_status(buf, port->status, port->change);
	else if (type == SetPortFeature)
		ret = set_feature(port, value, index >> 8);
	else
		ret = clear_feature(port, value);
	spin_unlock_irqrestore(&port->lock, flags);
	return ret;
}

/**
 * vhci_hub_control - a class request to a root hub
 * @hcd: the host controller
 * @type: bmRequestType << 8 | bRequest
 * @value: wValue
 * @index: wIndex
 * @buf: answer
 * @length: wLength
 *
 * Context: process. Return: 0, bytes in @buf where less than @length may be
 * returned, or -EPIPE as a stall.
 */
int vhci_hub_control(struct usb_hcd *hcd, u16 type, u16 value, u16 index,
		     char *buf, u16 length)
{
	struct vhci_hub *hub = vhci_hub_of(hcd);

	switch (type) {
	case GetHubDescriptor:
		if (hub->super) {
			if (value >> 8 != USB_DT_SS_HUB)
				return -EPIPE;
			usb3_descriptor(hub, buf, length);
		} else {
			usb2_descriptor(hub, buf, length);
		}
		return 0;
	case DeviceRequest | USB_REQ_GET_DESCRIPTOR:
		if (!hub->super || value >> 8 != USB_DT_BOS)
			return -EPIPE;
		length = min_t(u16, length, sizeof(usb3_bos));
		memcpy(buf, &usb3_bos, length);
		return length;
	case GetHubStatus:
		put_status(buf, 0, 0);
		return 0;
	case SetHubFeature:
	case ClearHubFeature:
	case SetHubDepth:
		return 0;
	case GetPortStatus:
	case SetPortFeature:
	case ClearPortFeature:
		return port_request(hub, type, value, index, buf);
	case GetPortErrorCount:
		if (!hub->super)
			return -EPIPE;
		put_status(buf, 0, 0);
		return 0;
	default:
		return -EPIPE;
	}
}

/**
 * vhci_bus_suspend - hc_driver.bus_suspend: nothing to save power with
 * @hcd: the host controller
 *
 * Context: process. Return: 0; the USB core sets hcd->state.
 */
int vhci_bus_suspend(struct usb_hcd *hcd)
{
	return 0;
}

/**
 * vhci_bus_resume - hc_driver.bus_resume
 * @hcd: the host controller
 *
 * Context: process. Return: 0; the USB core sets hcd->state.
 */
int vhci_bus_resume(struct usb_hcd *hcd)
{
	return 0;
}
