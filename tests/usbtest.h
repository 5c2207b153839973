/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI of the kernel's usbtest driver, in no header: drivers/usb/misc/usbtest.c.
 * Uses the kernel's types only.
 * Included by testusb.c and bench/work.c.
 */
#ifndef USBTEST_H
#define USBTEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct usbtest_param {
	__u32 test_num;
	__u32 iterations;
	__u32 length;
	__u32 vary;
	__u32 sglen;
	__s32 duration_sec;
	__s32 duration_usec;
};

#define USBTEST_REQUEST _IOWR('U', 100, struct usbtest_param)

#endif
