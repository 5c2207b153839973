// SPDX-License-Identifier: GPL-2.0-only
/*
 * The USB/IP wire format: decode with validation, encode. Pure functions.
 * May use wire.h and byte order macros only; user space compiles this file too.
 * Called by core (connection), vhci-ext and usbip-host-ext.
 */
#include "wire.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#else
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#define be32_to_cpu(x) ntohl(x)
#define cpu_to_be32(x) htonl(x)
#define EXPORT_SYMBOL_GPL(symbol)
#endif

static int bad(struct usbipx_fault *fault, const char *what, u32 value)
{
	fault->what = what;
	fault->value = value;
	return -EPROTO;
}

static int decode_cmd_submit(struct usbipx_pdu *pdu,
			     const struct usbipx_wire_header *w,
			     struct usbipx_fault *fault)
{
	u32 direction = be32_to_cpu(w->direction);
	u32 length = be32_to_cpu(w->cmd_submit.transfer_buffer_length);

	pdu->ep = be32_to_cpu(w->ep);
	if (pdu->ep > 15)
		return bad(fault, "endpoint", pdu->ep);
	if (direction != USBIPX_DIR_OUT && direction != USBIPX_DIR_IN)
		return bad(fault, "direction", direction);
	if (length > USBIPX_MAX_LENGTH)
		return bad(fault, "transfer_buffer_length", length);

	pdu->in = direction == USBIPX_DIR_IN;
	pdu->length = length;
	pdu->flags = be32_to_cpu(w->cmd_submit.transfer_flags);
	pdu->start_frame = be32_to_cpu(w->cmd_submit.start_frame);
	pdu->packets = be32_to_cpu(w->cmd_submit.number_of_packets);
	pdu->interval = be32_to_cpu(w->cmd_submit.interval);
	if (pdu->interval < 0)
		pdu->interval = 0;
	memcpy(pdu->setup, w->cmd_submit.setup, sizeof(pdu->setup));
	return 0;
}

static int decode_ret_submit(struct usbipx_pdu *pdu,
			     const struct usbipx_wire_header *w,
			     struct usbipx_fault *fault)
{
	u32 length = be32_to_cpu(w->ret_submit.actual_length);

	if (length > USBIPX_MAX_LENGTH)
		return bad(fault, "actual_length", length);

	pdu->length = length;
	pdu->status = be32_to_cpu(w->ret_submit.status);
	pdu->start_frame = be32_to_cpu(w->ret_submit.start_frame);
	pdu->packets = be32_to_cpu(w->ret_submit.number_of_packets);
	pdu->error_count = be32_to_cpu(w->ret_submit.error_count);
	return 0;
}

/**
 * usbipx_decode - validate a header and turn it into host order
 * @pdu: filled in on success; every member is written
 * @w: 48 bytes from the peer
 * @role: which side is decoding
 * @fault: filled in on failure, for the log line
 *
 * Some peers fill fields that the protocol wants zeroed (devid, direction and
 * ep of an answer), send positive status values or echo the header: none of
 * that is looked at, and a positive status is taken as the errno it names.
 *
 * Context: any. Return: 0, or -EPROTO when the peer broke the protocol.
 */
int usbipx_decode(struct usbipx_pdu *pdu, const struct usbipx_wire_header *w,
		  enum usbipx_role role, struct usbipx_fault *fault)
{
	int ret = 0;

	memset(pdu, 0, sizeof(*pdu));
	pdu->command = be32_to_cpu(w->command);
	pdu->seqnum = be32_to_cpu(w->seqnum);
	pdu->devid = be32_to_cpu(w->devid);

	if (role == USBIPX_SERVER && pdu->command == USBIPX_CMD_SUBMIT)
		ret = decode_cmd_submit(pdu, w, fault);
	else if (role == USBIPX_SERVER && pdu->command == USBIPX_CMD_UNLINK)
		pdu->victim = be32_to_cpu(w->cmd_unlink.seqnum);
	else if (role == USBIPX_CLIENT && pdu->command == USBIPX_RET_SUBMIT)
		ret = decode_ret_submit(pdu, w, fault);
	else if (role == USBIPX_CLIENT && pdu->command == USBIPX_RET_UNLINK)
		pdu->status = be32_to_cpu(w->ret_unlink.status);
	else
		ret = bad(fault, "command", pdu->command);

	/* Third-party servers exist that send errno values unnegated. */
	if (pdu->status > 0)
		pdu->status = -pdu->status;
	/* What can be no errno must not reach an ERR_PTR or a driver. */
	if (pdu->status < -4095)
		pdu->status = -EPROTO;
	return ret;
}

/**
 * usbipx_decode_iso - validate one packet descriptor
 * @iso: filled in on success
 * @w: 16 bytes from the peer
 * @fault: filled in on failure, for the log line
 *
 * Whether the packet lies inside the buffer is for the owner of the URB.
 *
 * Context: any. Return: 0, or -EPROTO when a value is out of its range.
 */
int usbipx_decode_iso(struct usbipx_iso *iso, const struct usbipx_wire_iso *w,
		      struct usbipx_fault *fault)
{
	iso->offset = be32_to_cpu(w->offset);
	iso->length = be32_to_cpu(w->length);
	iso->actual = be32_to_cpu(w->actual_length);
	iso->status = be32_to_cpu(w->status);

	if (iso->offset > USBIPX_MAX_LENGTH)
		return bad(fault, "iso packet offset", iso->offset);
	if (iso->length > USBIPX_MAX_LENGTH)
		return bad(fault, "iso packet length", iso->length);
	if (iso->actual > USBIPX_MAX_LENGTH)
		return bad(fault, "iso packet actual_length", iso->actual);
	if (iso->status > 0)
		iso->status = -iso->status;
	if (iso->status < -4095)
		iso->status = -EPROTO;
	return 0;
}

/**
 * usbipx_encode - turn a PDU header into its 48 bytes
 * @w: filled in completely, padding zeroed
 * @pdu: which members count depends on its command
 *
 * Context: any.
 */
void usbipx_encode(struct usbipx_wire_header *w, const struct usbipx_pdu *pdu)
{
	memset(w, 0, sizeof(*w));
	w->command = cpu_to_be32(pdu->command);
	w->seqnum = cpu_to_be32(pdu->seqnum);

	switch (pdu->command) {
	case USBIPX_CMD_SUBMIT:
		w->devid = cpu_to_be32(pdu->devid);
		w->direction =
			cpu_to_be32(pdu->in ? USBIPX_DIR_IN : USBIPX_DIR_OUT);
		w->ep = cpu_to_be32(pdu->ep);
		w->cmd_submit.transfer_flags = cpu_to_be32(pdu->flags);
		w->cmd_submit.transfer_buffer_length = cpu_to_be32(pdu->length);
		w->cmd_submit.start_frame = cpu_to_be32(pdu->start_frame);
		w->cmd_submit.number_of_packets = cpu_to_be32(pdu->packets);
		w->cmd_submit.interval = cpu_to_be32(pdu->interval);
		memcpy(w->cmd_submit.setup, pdu->setup, sizeof(pdu->setup));
		break;
	case USBIPX_CMD_UNLINK:
		w->devid = cpu_to_be32(pdu->devid);
		w->cmd_unlink.seqnum = cpu_to_be32(pdu->victim);
		break;
	case USBIPX_RET_SUBMIT:
		w->ret_submit.status = cpu_to_be32(pdu->status);
		w->ret_submit.actual_length = cpu_to_be32(pdu->length);
		w->ret_submit.start_frame = cpu_to_be32(pdu->start_frame);
		w->ret_submit.number_of_packets = cpu_to_be32(pdu->packets);
		w->ret_submit.error_count = cpu_to_be32(pdu->error_count);
		break;
	case USBIPX_RET_UNLINK:
		w->ret_unlink.status = cpu_to_be32(pdu->status);
		break;
	}
}
EXPORT_SYMBOL_GPL(usbipx_encode);

/**
 * usbipx_encode_iso - turn a packet descriptor into its 16 bytes
 * @w: filled in
 * @iso: the descriptor
 *
 * Context: any.
 */
void usbipx_encode_iso(struct usbipx_wire_iso *w, const struct usbipx_iso *iso)
{
	w->offset = cpu_to_be32(iso->offset);
	w->length = cpu_to_be32(iso->length);
	w->actual_length = cpu_to_be32(iso->actual);
	w->status = cpu_to_be32(iso->status);
}
EXPORT_SYMBOL_GPL(usbipx_encode_iso);
