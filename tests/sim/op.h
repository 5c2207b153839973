/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The messages before a device is imported: device list and import, byte layout.
 * May use byte order macros and libc types only. Pure.
 * Called by the server (usbip-sim), the client (usbip-peer) and the hammer.
 */
#ifndef SIM_OP_H
#define SIM_OP_H

#include <assert.h>
#include <stdint.h>

#define OP_VERSION 0x0111
#define OP_PORT	   3240

#define OP_REQ_DEVLIST 0x8005
#define OP_REP_DEVLIST 0x0005
#define OP_REQ_IMPORT  0x8003
#define OP_REP_IMPORT  0x0003

/* Status of an answer. */
#define OP_ST_OK    0
#define OP_ST_NA    1
#define OP_ST_BUSY  2
#define OP_ST_ERROR 3
#define OP_ST_NODEV 4

/* All numbers big endian. */
struct op_common {
	uint16_t version;
	uint16_t code;
	uint32_t status;
};

struct op_device {
	char path[256];
	char busid[32];
	uint32_t busnum;
	uint32_t devnum;
	uint32_t speed;
	uint16_t id_vendor;
	uint16_t id_product;
	uint16_t bcd_device;
	uint8_t device_class;
	uint8_t device_subclass;
	uint8_t device_protocol;
	uint8_t configuration;
	uint8_t num_configurations;
	uint8_t num_interfaces;
};

/* One per interface behind each struct op_device of a device list. */
struct op_interface {
	uint8_t interface_class;
	uint8_t interface_subclass;
	uint8_t interface_protocol;
	uint8_t padding;
};

struct op_busid {
	char busid[32];
};

static_assert(sizeof(struct op_common) == 8, "operation header is 8 bytes");
static_assert(sizeof(struct op_device) == 312, "device record is 312 bytes");
static_assert(sizeof(struct op_interface) == 4, "interface record is 4 bytes");

#endif
