/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The USB/IP wire format: byte layout, decode with validation, encode.
 *
 * May use linux/types.h and the byte order macros only, so that the unit
 * tests, the fuzzers and the peer simulator compile this very file.
 * Called by core (connection), vhci-ext and usbip-host-ext.
 *
 * Source of every rule: Documentation/usb/usbip_protocol.rst of the kernel,
 * version 0x0111.
 */
#ifndef USBIPX_WIRE_H
#define USBIPX_WIRE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h>
#include <stdbool.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
#endif

/* Commands and answers ("USBIP_CMD_SUBMIT" … in the protocol document). */
#define USBIPX_CMD_SUBMIT 0x0001
#define USBIPX_CMD_UNLINK 0x0002
#define USBIPX_RET_SUBMIT 0x0003
#define USBIPX_RET_UNLINK 0x0004

#define USBIPX_DIR_OUT 0
#define USBIPX_DIR_IN  1

/* Upper bound of number_of_packets in an isochronous URB. */
#define USBIPX_MAX_PACKETS 1024

/* Lengths travel in 32 bits and are signed: anything above is negative. */
#define USBIPX_MAX_LENGTH 0x7fffffffU

/*
 * Errno values as they travel: those of the generic Linux table (asm-generic),
 * whatever the numbers of the machine that decodes them.
 */
#define USBIPX_ECONNRESET 104

/* transfer_flags on the wire: the values of the kernel's URB_* flags. */
#define USBIPX_SHORT_NOT_OK 0x0001
#define USBIPX_ISO_ASAP	    0x0002
#define USBIPX_ZERO_PACKET  0x0040

/**
 * struct usbipx_wire_header - the 48 bytes in front of every PDU
 * @command: USBIPX_CMD_* or USBIPX_RET_*
 * @seqnum: chosen by the client, echoed by the server
 * @devid: busnum << 16 | devnum of the exported device; 0 in answers
 * @direction: USBIPX_DIR_*; 0 in answers
 * @ep: endpoint number; 0 in answers
 * @cmd_submit: body of USBIPX_CMD_SUBMIT
 * @ret_submit: body of USBIPX_RET_SUBMIT
 * @cmd_unlink: body of USBIPX_CMD_UNLINK
 * @ret_unlink: body of USBIPX_RET_UNLINK
 */
struct usbipx_wire_header {
	__be32 command;
	__be32 seqnum;
	__be32 devid;
	__be32 direction;
	__be32 ep;
	union {
		struct {
			__be32 transfer_flags;
			__be32 transfer_buffer_length;
			__be32 start_frame;
			__be32 number_of_packets;
			__be32 interval;
			__u8 setup[8];
		} cmd_submit;
		struct {
			__be32 status;
			__be32 actual_length;
			__be32 start_frame;
			__be32 number_of_packets;
			__be32 error_count;
			__u8 padding[8];
		} ret_submit;
		struct {
			__be32 seqnum;
			__u8 padding[24];
		} cmd_unlink;
		struct {
			__be32 status;
			__u8 padding[24];
		} ret_unlink;
	};
};

/**
 * struct usbipx_wire_iso - descriptor of one isochronous packet
 * @offset: where the packet starts in the transfer buffer, bytes
 * @length: room for the packet, bytes
 * @actual_length: bytes transferred
 * @status: 0 or a negative errno
 */
struct usbipx_wire_iso {
	__be32 offset;
	__be32 length;
	__be32 actual_length;
	__be32 status;
};

static_assert(sizeof(struct usbipx_wire_header) == 48, "PDU header is 48 bytes");
static_assert(sizeof(struct usbipx_wire_iso) == 16,
	      "packet descriptor is 16 bytes");

/**
 * struct usbipx_pdu - a decoded and validated PDU header
 * @command: USBIPX_CMD_* or USBIPX_RET_*
 * @seqnum: sequence number of the PDU itself
 * @devid: as received; only meaningful in commands
 * @ep: endpoint number 0–15; only meaningful in USBIPX_CMD_SUBMIT
 * @in: device to host; only meaningful in USBIPX_CMD_SUBMIT
 * @status: 0 or negative; only in answers
 * @length: transfer_buffer_length of a command, actual_length of an answer, ≥ 0
 * @start_frame: as received
 * @packets: number_of_packets as received; the user knows whether the endpoint
 *	is isochronous and must then bound it with USBIPX_MAX_PACKETS
 * @interval: as received, > 0 or 0 where the peer sent nonsense
 * @flags: transfer_flags, as received
 * @error_count: as received
 * @victim: seqnum of the URB that USBIPX_CMD_UNLINK is about
 * @setup: setup packet of USBIPX_CMD_SUBMIT
 *
 * Nothing here is larger than the type promises, but a length or count still
 * has to be held against the URB it speaks of.
 */
struct usbipx_pdu {
	u32 command;
	u32 seqnum;
	u32 devid;
	u32 ep;
	bool in;
	s32 status;
	u32 length;
	s32 start_frame;
	s32 packets;
	s32 interval;
	u32 flags;
	s32 error_count;
	u32 victim;
	u8 setup[8];
};

/**
 * struct usbipx_iso - a decoded packet descriptor
 * @offset: bytes
 * @length: bytes
 * @actual: bytes; the owner of the URB holds it against @length
 * @status: 0 or negative errno
 */
struct usbipx_iso {
	u32 offset;
	u32 length;
	u32 actual;
	s32 status;
};

/** enum usbipx_role - which PDUs a side may receive */
enum usbipx_role {
	USBIPX_CLIENT,
	USBIPX_SERVER,
};

/**
 * struct usbipx_fault - what was wrong with a PDU, for the one log line
 * @what: name of the field
 * @value: the offending value as received
 */
struct usbipx_fault {
	const char *what;
	u32 value;
};

int usbipx_decode(struct usbipx_pdu *pdu, const struct usbipx_wire_header *w,
		  enum usbipx_role role, struct usbipx_fault *fault);
int usbipx_decode_iso(struct usbipx_iso *iso, const struct usbipx_wire_iso *w,
		      struct usbipx_fault *fault);
void usbipx_encode(struct usbipx_wire_header *w, const struct usbipx_pdu *pdu);
void usbipx_encode_iso(struct usbipx_wire_iso *w, const struct usbipx_iso *iso);

#endif
