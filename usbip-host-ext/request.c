// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control requests that change what the kernel knows of a device. They must not
 * go to the device behind the USB core's back, and they sleep.
 * May call the USB core, device.c and urb.c. Called by urb.c in process context.
 */
#include <linux/usb/ch11.h>

#include "host.h"

#define REQUEST(type, request) (((type) << 8) | (request))

#define SET_ADDRESS	  REQUEST(USB_RECIP_DEVICE, USB_REQ_SET_ADDRESS)
#define SET_CONFIGURATION REQUEST(USB_RECIP_DEVICE, USB_REQ_SET_CONFIGURATION)
#define SET_INTERFACE	  REQUEST(USB_RECIP_INTERFACE, USB_REQ_SET_INTERFACE)
#define CLEAR_EP_FEATURE  REQUEST(USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE)
/* A hub class request, which no device but a hub has: reset the device. */
#define RESET_DEVICE	  REQUEST(USB_RT_PORT, USB_REQ_SET_FEATURE)

static const struct usb_ctrlrequest *setup_of(const struct usbipx_pdu *pdu)
{
	return (const struct usb_ctrlrequest *)pdu->setup;
}

/* Without data the direction means nothing (USB 2.0, 9.3.1). */
static u16 request_of(const struct usb_ctrlrequest *setup)
{
	u8 type = setup->bRequestType;

	if (!setup->wLength)
		type &= ~USB_DIR_IN;
	return REQUEST(type, setup->bRequest);
}

/**
 * host_request_sleeps - is a CMD_SUBMIT one of these requests
 * @pdu: the command
 *
 * Context: any.
 */
bool host_request_sleeps(const struct usbipx_pdu *pdu)
{
	const struct usb_ctrlrequest *setup = setup_of(pdu);
	u16 value = le16_to_cpu(setup->wValue);

	if (pdu->ep)
		return false;
	switch (request_of(setup)) {
	case SET_ADDRESS:
	case SET_CONFIGURATION:
	case SET_INTERFACE:
		return true;
	case CLEAR_EP_FEATURE:
		return value == USB_ENDPOINT_HALT;
	case RESET_DEVICE:
		return value == USB_PORT_FEAT_RESET;
	default:
		return false;
	}
}

/**
 * host_set_configuration - set a configuration, all altsettings 0
 * @udev: the device
 * @value: bConfigurationValue; 0 or -1 for none
 *
 * Context: process, sleeps; the device lock is held.
 * Return: 0 or a negative errno.
 */
int host_set_configuration(struct usb_device *udev, int value)
{
	/* The lighter way keeps the interfaces in place. */
	if (udev->actconfig && udev->actconfig->desc.bConfigurationValue == value)
		return usb_reset_configuration(udev);
	/* 0 is the address state to the device, -1 to the USB core. */
	return usb_set_configuration(udev, value > 0 ? value : -1);
}

static int clear_halt(struct usb_device *udev, u16 address)
{
	unsigned int n = address & USB_ENDPOINT_NUMBER_MASK;
	struct usb_host_endpoint *ep;
	unsigned int pipe;

	ep = address & USB_DIR_IN ? udev->ep_in[n] : udev->ep_out[n];
	if (!ep)
		return -EPIPE;
	if (address & USB_DIR_IN)
		pipe = usb_rcvbulkpipe(udev, n);
	else
		pipe = usb_sndbulkpipe(udev, n);
	return usb_clear_halt(udev, pipe);
}

/* The USB core would tell the log, as often as a client asks. */
static int set_interface(struct usb_device *udev, u16 number, u16 setting)
{
	struct usb_interface *intf = usb_ifnum_to_if(udev, number);

	if (!intf || !usb_altnum_to_altsetting(intf, setting))
		return -EPIPE;
	return usb_set_interface(udev, number, setting);
}

/**
 * host_request - carry out one of these requests
 * @hdev: the device
 * @conn: on whose behalf
 * @pdu: host_request_sleeps() said yes to it
 *
 * Context: process, sleeps; the connection's reader waits for us.
 * Return: status for the answer: 0 or a negative errno.
 */
int host_request(struct host_device *hdev, struct usbipx_conn *conn,
		 const struct usbipx_pdu *pdu)
{
	const struct usb_ctrlrequest *setup = setup_of(pdu);
	struct usb_device *udev = hdev->udev;
	u16 value = le16_to_cpu(setup->wValue);
	u16 index = le16_to_cpu(setup->wIndex);
	int ret;

	/* None of them has data; what has is something else in disguise. */
	if (pdu->length || setup->wLength)
		return -EPIPE;
	/* The address is the USB core's, and the client has no use for it. */
	if (request_of(setup) == SET_ADDRESS)
		return 0;

	ret = host_lock_device(hdev, conn);
	if (ret)
		return ret;

	switch (request_of(setup)) {
	case SET_CONFIGURATION:
		ret = host_set_configuration(udev, value);
		break;
	case SET_INTERFACE:
		ret = set_interface(udev, index, value);
		break;
	case CLEAR_EP_FEATURE:
		ret = clear_halt(udev, index);
		break;
	case RESET_DEVICE:
		/* As a driver does before a reset. */
		host_kill_urbs(hdev);
		ret = usb_reset_device(udev);
		break;
	}
	usb_unlock_device(udev);

	/* The USB core's word for a request it will not send at all. */
	if (ret == -EINVAL)
		ret = -EPIPE;
	return ret;
}
