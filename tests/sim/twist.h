/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that are wrong: changes to the bytes a device describes itself with.
 * May call buf.h and libc only. Pure.
 * Called by bad.c (parse) and by ep0.c for every descriptor sent.
 */
#ifndef SIM_TWIST_H
#define SIM_TWIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWIST_ROOM 65536

enum twist_what {
	TWIST_DEV,
	TWIST_CONF,
	TWIST_BOS,
	TWIST_QUAL,
	TWIST_REPORT,
	TWIST_STR0,
	TWIST_STR1,
	TWIST_STR2,
	TWIST_STR3,
};

/* Does text name a change? */
bool twist_valid(const char *text);

/*
 * Changes *len bytes at mem, which has TWIST_ROOM of them, as text says, if it is
 * about this descriptor. wanted: how many bytes the host has asked for; reset: it
 * has reset the device.
 */
void twist_apply(const char *text, enum twist_what what, uint8_t *mem,
		 size_t *len, unsigned int wanted, bool reset);

#endif
