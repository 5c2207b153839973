/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building configuration descriptors that are right for each speed.
 * May call libc only. Pure.
 * Called by the kinds (describe) and by the device core.
 */
#ifndef SIM_DESC_H
#define SIM_DESC_H

#include <linux/usb/ch9.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct desc {
	enum usb_device_speed speed;
	size_t len;
	size_t iface; /* where the present interface descriptor is */
	uint8_t mem[1024];
};

void desc_begin(struct desc *d, enum usb_device_speed speed);
void desc_raw(struct desc *d, const void *bytes, size_t n);
void desc_interface(struct desc *d, uint8_t number, uint8_t alt, uint8_t class,
		    uint8_t subclass, uint8_t protocol);

/*
 * size: wanted packet size, cut down to what speed and type allow, 0 = most.
 * frames: wanted service interval in frames (1 ms), for interrupt only.
 */
void desc_endpoint(struct desc *d, uint8_t address, uint8_t type,
		   unsigned int size, unsigned int frames);
/* interval: bInterval as it stands in the descriptor. */
void desc_iso(struct desc *d, uint8_t address, unsigned int size,
	      uint8_t interval);
void desc_end(struct desc *d);

/* Binary object store of a SuperSpeed device; returns its length. */
size_t desc_bos(uint8_t *to, enum usb_device_speed speed);

static inline bool speed_is_super(enum usb_device_speed speed)
{
	return speed >= USB_SPEED_SUPER;
}

static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	put_le16(p, v);
	put_le16(p + 2, v >> 16);
}

static inline uint16_t get_le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return get_le16(p) | (uint32_t)get_le16(p + 2) << 16;
}

#endif
