// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on USB devices, imported, exported and others: usbfs, sysfs, gadgets.
 * May call util.c.
 * Called by hammer.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hammer.h"
#include "../usbtest.h"

/* Open a random device; if that is gone, another. */
static int any_device(char where)
{
	int tries, fd = -1;
	char busid[32];

	for (tries = 0; fd < 0 && tries < 4; tries++) {
		if (!random_device(where, busid, sizeof(busid))) {
			errno = ENODEV;
			return -1;
		}
		fd = open_device(busid);
	}
	return fd;
}

static int ioctl_once(unsigned long request, void *arg)
{
	int fd = any_device(random_below(3) ? 'v' : 'l');
	int err;

	if (fd < 0)
		return errno;
	err = ioctl(fd, request, arg) < 0 ? errno : 0;
	close(fd);
	return err;
}

static int reset(void)
{
	return ioctl_once(USBDEVFS_RESET, NULL);
}

static int set_configuration(void)
{
	int value = (int)random_below(3) - 1;

	return ioctl_once(USBDEVFS_SETCONFIGURATION, &value);
}

static int clear_halt(void)
{
	unsigned int ep = 1 + random_below(3) + 128 * random_below(2);

	return ioctl_once(USBDEVFS_CLEAR_HALT, &ep);
}

static int get_descriptor(void)
{
	unsigned char data[256];
	struct usbdevfs_ctrltransfer t = {
		.bRequestType = USB_DIR_IN,
		.bRequest = USB_REQ_GET_DESCRIPTOR,
		.wValue = (1 + random_below(3)) << 8,
		.wLength = sizeof(data),
		.timeout = 1000,
		.data = data,
	};

	return ioctl_once(USBDEVFS_CONTROL, &t);
}

/* Take the interface's driver away, or let it come. */
static int interface_driver(void)
{
	struct usbdevfs_ioctl cmd = {
		.ioctl_code = random_below(3) ? USBDEVFS_CONNECT :
						USBDEVFS_DISCONNECT,
	};

	return ioctl_once(USBDEVFS_IOCTL, &cmd);
}

static int set_interface(void)
{
	struct usbdevfs_setinterface setting = { 0, random_below(3) };
	struct usbdevfs_ioctl cmd = { .ioctl_code = USBDEVFS_DISCONNECT };
	int fd = any_device('v');
	unsigned int number = 0;
	int err = 0;

	if (fd < 0)
		return errno;
	if (random_below(2))
		ioctl(fd, USBDEVFS_IOCTL, &cmd);
	if (ioctl(fd, USBDEVFS_CLAIMINTERFACE, &number) ||
	    ioctl(fd, USBDEVFS_SETINTERFACE, &setting))
		err = errno;
	close(fd);
	return err;
}

/* A random endpoint of any altsetting, from the descriptors usbfs reads. */
static bool random_endpoint(int fd, struct usb_endpoint_descriptor *ep,
			    struct usb_interface_descriptor *of)
{
	struct usb_interface_descriptor intf = { 0 };
	unsigned char d[2048];
	ssize_t n = read(fd, d, sizeof(d)), i;
	unsigned int found = 0;

	for (i = 0; i + 2 <= n && d[i] >= 2 && i + d[i] <= n; i += d[i]) {
		if (d[i + 1] == USB_DT_INTERFACE && d[i] >= 9)
			memcpy(&intf, d + i, 9);
		if (d[i + 1] != USB_DT_ENDPOINT || d[i] < 7)
			continue;
		if (random_below(++found))
			continue;
		memcpy(ep, d + i, 7);
		*of = intf;
	}
	return found;
}

#define URBS 6

/* Some URBs to an endpoint, of which some are cancelled; the rest the close does. */
static int urbs(void)
{
	static unsigned char data[URBS][1 << 16];
	struct usb_interface_descriptor intf;
	struct usb_endpoint_descriptor ep;
	struct usbdevfs_setinterface setting;
	struct usbdevfs_urb *urb[URBS], *back;
	struct usbdevfs_ioctl cmd = { .ioctl_code = USBDEVFS_DISCONNECT };
	unsigned int i, packets, number;
	int fd = any_device(random_below(6) ? 'v' : 'l');
	int err = 0;

	if (fd < 0)
		return errno;
	if (!random_endpoint(fd, &ep, &intf)) {
		close(fd);
		return ENODEV;
	}
	number = intf.bInterfaceNumber;
	setting.interface = number;
	setting.altsetting = intf.bAlternateSetting;
	cmd.ifno = number;
	ioctl(fd, USBDEVFS_IOCTL, &cmd);
	if (ioctl(fd, USBDEVFS_CLAIMINTERFACE, &number) ||
	    (setting.altsetting && ioctl(fd, USBDEVFS_SETINTERFACE, &setting))) {
		err = errno;
		close(fd);
		return err;
	}
	for (i = 0; i < URBS; i++) {
		urb[i] = calloc(1, sizeof(*urb[i]) +
					   8 * sizeof(urb[i]->iso_frame_desc[0]));
		urb[i]->endpoint = ep.bEndpointAddress;
		urb[i]->buffer = data[i];
		urb[i]->buffer_length = 1U << random_below(17);
		switch (ep.bmAttributes & 3) {
		case USB_ENDPOINT_XFER_ISOC:
			urb[i]->type = USBDEVFS_URB_TYPE_ISO;
			urb[i]->number_of_packets = 8;
			urb[i]->flags = USBDEVFS_URB_ISO_ASAP;
			urb[i]->buffer_length = 0;
			for (packets = 0; packets < 8; packets++) {
				unsigned int n = ep.wMaxPacketSize & 0x7ff;

				urb[i]->iso_frame_desc[packets].length = n;
				urb[i]->buffer_length += n;
			}
			break;
		case USB_ENDPOINT_XFER_INT:
			urb[i]->type = USBDEVFS_URB_TYPE_INTERRUPT;
			urb[i]->buffer_length = ep.wMaxPacketSize & 0x7ff;
			break;
		default:
			urb[i]->type = USBDEVFS_URB_TYPE_BULK;
		}
		if (ioctl(fd, USBDEVFS_SUBMITURB, urb[i]) && !err)
			err = errno;
	}
	sleep_ms(random_below(100));
	while (!ioctl(fd, USBDEVFS_REAPURBNDELAY, &back))
		;
	for (i = 0; i < URBS; i++)
		if (random_below(2))
			ioctl(fd, USBDEVFS_DISCARDURB, urb[i]);
	if (random_below(2))
		while (!ioctl(fd, USBDEVFS_REAPURBNDELAY, &back))
			;
	/* What is left, the close cancels. */
	cmd.ioctl_code = USBDEVFS_CONNECT;
	if (random_below(2)) {
		ioctl(fd, USBDEVFS_RELEASEINTERFACE, &number);
		ioctl(fd, USBDEVFS_IOCTL, &cmd);
	}
	close(fd);
	for (i = 0; i < URBS; i++)
		free(urb[i]);
	return err;
}

/* The kernel's own test driver, where it has the device. */
static int usbtest(void)
{
	static const unsigned char tests[] = { 1,  2,  3,  4,  5,  6,  7,  8,
					       9,  10, 11, 12, 13, 14, 17, 18,
					       19, 20, 21, 24, 27, 28, 29 };
	struct usbtest_param p = {
		.test_num = tests[random_below(sizeof(tests))],
		.iterations = 1 + random_below(10),
		.length = 512U << random_below(6),
		.vary = 512,
		.sglen = 1 + random_below(8),
	};
	struct usbdevfs_ioctl cmd = {
		.ioctl_code = (int)USBTEST_REQUEST,
		.data = &p,
	};
	char path[256], *busid;
	int fd, err;

	if (!random_match("/sys/bus/usb/drivers/usbtest/*:*", path, sizeof(path)))
		return ENODEV;
	/* usbtest tells DEBUG_OBJECTS that its timer is gone after the first. */
	if (p.test_num >= 5 && p.test_num <= 8)
		p.iterations = 1;
	busid = strrchr(path, '/') + 1;
	*strchr(busid, ':') = 0;
	fd = open_device(busid);
	if (fd < 0)
		return errno;
	err = ioctl(fd, USBDEVFS_IOCTL, &cmd) < 0 ? errno : 0;
	close(fd);
	return err;
}

static int write_attribute(char where, const char *name, const char *text)
{
	char busid[32], path[128];

	if (!random_device(where, busid, sizeof(busid)))
		return ENODEV;
	snprintf(path, sizeof(path), DEVICES "/%s/%s", busid, name);
	return write_file(path, text);
}

static int sysfs_configuration(void)
{
	return write_attribute('a', "bConfigurationValue",
			       one_of("1", "1", "0", "-1", "2"));
}

/* Taken away for a moment only, or soon nothing would be left to do. */
static int authorized(void)
{
	char busid[32], path[128];
	int err;

	if (!random_device('a', busid, sizeof(busid)))
		return ENODEV;
	snprintf(path, sizeof(path), DEVICES "/%s/authorized", busid);
	err = write_file(path, "0");
	sleep_ms(random_below(300));
	return write_file(path, "1") ?: err;
}

static int power_control(void)
{
	if (random_below(2))
		write_attribute('a', "power/autosuspend_delay_ms",
				one_of("0", "100", "2000"));
	return write_attribute('a', "power/control", one_of("auto", "on"));
}

/* Imported devices only: nothing brings others back. */
static int remove_device(void)
{
	return write_attribute('v', "remove", "1");
}

/* A root hub of ours, or its hub driver, goes and comes. */
static int root_hub(void)
{
	char path[256], name[32];
	const char *dir = "/sys/bus/usb/drivers/usb";
	int err, keep;

	if (!random_match("/sys/devices/platform/vhci_hcd.*/usb*", path,
			  sizeof(path)))
		return ENODEV;
	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	if (random_below(2)) {
		snprintf(name, sizeof(name), "%d-0:1.0",
			 atoi(strrchr(path, '/') + 4));
		dir = "/sys/bus/usb/drivers/hub";
	}
	keep = keep_parents(false);
	err = write_at(dir, "unbind", name);
	close(keep);
	sleep_ms(random_below(300));
	keep = keep_parents(false);
	err = write_at(dir, "bind", name) ?: err;
	close(keep);
	return err;
}

static int interface_bind(void)
{
	char path[256], dir[300], target[256];
	ssize_t n;
	int err;

	if (!random_match("/sys/devices/platform/*_hcd.*/usb*/*-*/*:1.*", path,
			  sizeof(path)))
		return ENODEV;
	snprintf(dir, sizeof(dir), "%s/driver", path);
	n = readlink(dir, target, sizeof(target) - 1);
	if (n < 0)
		return write_file("/sys/bus/usb/drivers_probe",
				  strrchr(path, '/') + 1);
	target[n] = 0;
	snprintf(dir, sizeof(dir), "/sys/bus/usb/drivers/%s",
		 strrchr(target, '/') + 1);
	err = write_at(dir, "unbind", strrchr(path, '/') + 1);
	sleep_ms(random_below(100));
	return write_at(dir, "bind", strrchr(path, '/') + 1) ?: err;
}

/* Without asking the gadget: as if the cable were pulled. */
static int gadget_cable(void)
{
	char path[256];
	int err;

	if (!random_match("/sys/class/udc/dummy_udc.*", path, sizeof(path)))
		return ENODEV;
	err = write_at(path, "soft_connect", "disconnect");
	sleep_ms(random_below(200));
	return write_at(path, "soft_connect", "connect") ?: err;
}

static int gadget_udc(void)
{
	char path[256], udc[64];
	int err;

	if (!random_match("/sys/kernel/config/usb_gadget/*", path, sizeof(path)))
		return ENODEV;
	err = read_at(path, "UDC", udc, sizeof(udc));
	if (err)
		return err;
	if (udc[0] == '\n' || !udc[0]) {
		snprintf(udc, sizeof(udc), "dummy_udc.%u", random_below(4));
		return write_at(path, "UDC", udc);
	}
	err = write_at(path, "UDC", "\n");
	sleep_ms(random_below(200));
	return write_at(path, "UDC", udc) ?: err;
}

const struct op usb_ops[] = {
	{ "usbfs-reset", 400, reset },
	{ "usbfs-configuration", 800, set_configuration },
	{ "usbfs-interface", 200, set_interface },
	{ "usbfs-clear-halt", 100, clear_halt },
	{ "usbfs-control", 50, get_descriptor },
	{ "usbfs-driver", 500, interface_driver },
	{ "usbfs-urbs", 50, urbs },
	{ "usbfs-urbs-2", 50, urbs },
	{ "usbtest", 50, usbtest },
	{ "usbtest-2", 50, usbtest },
	{ "configuration", 1000, sysfs_configuration },
	{ "authorized", 2000, authorized },
	{ "power", 500, power_control },
	{ "remove", 2000, remove_device },
	{ "root-hub", 3000, root_hub },
	{ "interface-bind", 800, interface_bind },
	{ "gadget-cable", 2000, gadget_cable },
	{ "gadget-udc", 3000, gadget_udc },
	{ 0 },
};
