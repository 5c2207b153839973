/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DEVICE arguments: text into devices; names of speeds.
 * May call device.c and bad.c.
 * Called by sim-main.c and control.c.
 */
#ifndef SIM_SPEC_H
#define SIM_SPEC_H

#include "device.h"

/* Makes the devices of KIND[:key=value[,key=value…]]; -1 after a message. */
int spec_devices(const char *text, const struct bad *bad_default);
const char *speed_name(enum usb_device_speed speed);

#endif
