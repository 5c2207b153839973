// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: core/wire.c alone. What is decoded is in its range, and what is
 * encoded from it decodes to the same again.
 * May call wire.c and libc. Called by libFuzzer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/wire.h"
#include "check.h"

/* The @n-th word of a header. */
static uint32_t word(const uint8_t *data, int n)
{
	uint32_t be;

	memcpy(&be, data + 4 * n, sizeof(be));
	return ntohl(be);
}

static void check_range(const struct usbipx_pdu *pdu, enum usbipx_role role)
{
	bool submit = pdu->command == USBIPX_CMD_SUBMIT;

	if (role == USBIPX_SERVER)
		check(submit || pdu->command == USBIPX_CMD_UNLINK);
	else
		check(pdu->command == USBIPX_RET_SUBMIT ||
		      pdu->command == USBIPX_RET_UNLINK);
	check(pdu->ep <= 15 && (submit || !pdu->ep));
	check(pdu->length <= USBIPX_MAX_LENGTH);
	check(pdu->status <= 0 && pdu->status >= -4095);
	check(pdu->interval >= 0);
	if (role == USBIPX_SERVER)
		check(!pdu->status && !pdu->error_count);
	if (pdu->command != USBIPX_CMD_UNLINK)
		check(!pdu->victim);
	if (pdu->command == USBIPX_RET_UNLINK || pdu->command == USBIPX_CMD_UNLINK)
		check(!pdu->length && !pdu->packets && !pdu->start_frame);
}

static void header(const uint8_t *data, enum usbipx_role role)
{
	const char *nothing = "nothing";
	struct usbipx_fault fault = { .what = nothing };
	struct usbipx_wire_header w, again;
	struct usbipx_pdu pdu, second;
	int ret;

	/* Whatever was there before, all of it is written. */
	memset(&pdu, 0xa5, sizeof(pdu));
	memset(&second, 0x5a, sizeof(second));
	memset(&again, 0xa5, sizeof(again));
	memcpy(&w, data, sizeof(w));
	ret = usbipx_decode(&pdu, &w, role, &fault);
	check(!ret || ret == -EPROTO);
	check((fault.what != nothing) == !!ret);
	if (ret)
		return;
	check_range(&pdu, role);

	/* Devid travels in commands only. */
	if (role == USBIPX_CLIENT)
		pdu.devid = 0;
	usbipx_encode(&again, &pdu);
	check(!usbipx_decode(&second, &again, role, &fault));
	check(!memcmp(&pdu, &second, sizeof(pdu)));

	/* A well-formed command comes out as it went in. */
	if (pdu.command == USBIPX_CMD_SUBMIT && (int32_t)word(data, 9) >= 0)
		check(!memcmp(&w, &again, sizeof(w)));
}

static void packet(const uint8_t *data)
{
	struct usbipx_wire_iso w, again;
	struct usbipx_iso iso, second;
	struct usbipx_fault fault;

	memcpy(&w, data, sizeof(w));
	if (usbipx_decode_iso(&iso, &w, &fault))
		return;
	check(iso.offset <= USBIPX_MAX_LENGTH &&
	      iso.length <= USBIPX_MAX_LENGTH && iso.actual <= USBIPX_MAX_LENGTH);
	check(iso.status <= 0 && iso.status >= -4095);
	usbipx_encode_iso(&again, &iso);
	check(!usbipx_decode_iso(&second, &again, &fault));
	check(!memcmp(&iso, &second, sizeof(iso)));
	check(!memcmp(&w, &again, offsetof(struct usbipx_wire_iso, status)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= sizeof(struct usbipx_wire_header)) {
		header(data, USBIPX_CLIENT);
		header(data, USBIPX_SERVER);
	}
	if (size >= sizeof(struct usbipx_wire_iso))
		packet(data);
	return 0;
}
