// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stock drivers' usbip_debug file: non-zero logs every PDU header.
 * May use wire.h. Called by core's connection; the drivers show the file.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/sysfs.h>

#include "debug.h"

unsigned long usbipx_debug;

static ssize_t usbip_debug_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lx\n", usbipx_debug);
}

static ssize_t usbip_debug_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	int ret = kstrtoul(buf, 16, &usbipx_debug);

	return ret ?: count;
}

/* One setting for all devices and both drivers, shown where stock shows it. */
struct device_attribute usbipx_debug_attr =
	__ATTR(usbip_debug, 0644, usbip_debug_show, usbip_debug_store);
EXPORT_SYMBOL_GPL(usbipx_debug_attr);

/**
 * usbipx_debug_print - log a PDU header
 * @conn: which connection; printed hashed
 * @what: "queued" or "received"
 * @w: as on the wire
 *
 * Context: any.
 */
void usbipx_debug_print(const void *conn, const char *what,
			const struct usbipx_wire_header *w)
{
	pr_info("usbip-ext: %p %s %48ph\n", conn, what, w);
}
