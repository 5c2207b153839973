/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Teaches older kernels what the code, written for the newest, expects.
 * The only place that knows how kernels differ; COMPAT_* come from probes.mk.
 * Included by every .c file that uses something listed here.
 *
 * Each entry: what, which upstream commit brought it, when it may go.
 */
#ifndef USBIPX_COMPAT_H
#define USBIPX_COMPAT_H

#include <linux/uio.h>
#include <linux/workqueue.h>

/*
 * ITER_DEST, ITER_SOURCE: commit de4eda9de2d9 ("use less confusing names for
 * iov_iter direction initializers"), v6.2. May go when 6.1 goes.
 */
#ifndef ITER_DEST
#define ITER_DEST   READ
#define ITER_SOURCE WRITE
#endif

/*
 * WQ_PERCPU: commit 930c2ea566af ("workqueue: Add new WQ_PERCPU flag"), v6.17;
 * bound is the default before. May go when 6.16 goes.
 */
#ifdef COMPAT_HAS_WQ_PERCPU
#define COMPAT_WQ_PERCPU WQ_PERCPU
#else
#define COMPAT_WQ_PERCPU 0
#endif

/*
 * platform_driver::remove returns void: commit 0edb555a65d1 ("platform: Make
 * platform_driver::remove() return void"), v6.11. May go when 6.10 goes.
 */
#ifdef COMPAT_PLATFORM_REMOVE_INT
#define compat_remove_t int
#define COMPAT_REMOVED	0
#else
#define compat_remove_t void
#define COMPAT_REMOVED
#endif

/*
 * usb_device_driver has a struct device_driver of its own: commit 49a78b05d5ca
 * ("USB: core: Use device_driver directly in struct usb_driver and
 * usb_device_driver"), v6.8, and in stable trees. May go when every older kernel
 * without that backport goes.
 */
#ifdef COMPAT_USBDRV_WRAP
#define compat_usb_device_driver(d) (&(d)->drvwrap.driver)
#else
#define compat_usb_device_driver(d) (&(d)->driver)
#endif

#endif
