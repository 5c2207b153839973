/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stock drivers' usbip_debug file: non-zero logs every PDU header.
 * May use wire.h. Called by core's connection; the drivers show the file.
 */
#ifndef USBIPX_DEBUG_H
#define USBIPX_DEBUG_H

#include <linux/compiler.h>
#include <linux/device.h>

#include "wire.h"

extern unsigned long usbipx_debug;
extern struct device_attribute usbipx_debug_attr;

void usbipx_debug_print(const void *conn, const char *what,
			const struct usbipx_wire_header *w);

/* A macro's worth of work as long as nobody asked. */
static inline void usbipx_debug_pdu(const void *conn, const char *what,
				    const struct usbipx_wire_header *w)
{
	if (unlikely(READ_ONCE(usbipx_debug)))
		usbipx_debug_print(conn, what, w);
}

#endif
