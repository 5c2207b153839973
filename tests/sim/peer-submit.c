// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that send what a good client sends: submit, unlink.
 * May call peer-link.c and core/wire.
 * Called by peer-script.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#define LENGTH_MAX (64 << 20)

/* Bytes to send: data=HEX, fill=BYTE or pattern, len of them. */
static void payload(const struct peer *p, const struct words *w, struct buf *b,
		    size_t len)
{
	const char *hex = word_value(w, "data");
	long long fill = word_number(p, w, "fill", -1);
	size_t i;

	if (hex && buf_add_hex(b, hex))
		fail(p, "data=%s: not hex", hex);
	if (hex)
		return;
	if (fill >= 0) {
		buf_fill(b, fill, len);
		return;
	}
	for (i = 0; i < len; i++) {
		uint8_t byte = word_value(w, "pattern") ? pattern_byte(i) : 0;

		buf_add(b, &byte, 1);
	}
}

static void parse_setup(const struct peer *p, const struct words *w,
			struct usbipx_pdu *pdu)
{
	const char *hex = word_value(w, "setup");
	struct buf b = { 0 };

	if (!hex)
		return;
	if (buf_add_hex(&b, hex) || b.len != sizeof(pdu->setup))
		fail(p, "setup=%s: 16 hex digits expected", hex);
	memcpy(pdu->setup, buf_data(&b), b.len);
	buf_free(&b);
}

static bool direction(const struct peer *p, const struct words *w,
		      const struct usbipx_pdu *pdu)
{
	const char *dir = word_value(w, "dir");

	if (!dir)
		return pdu->setup[0] & 0x80;
	if (strcmp(dir, "in") && strcmp(dir, "out"))
		fail(p, "dir=%s: in or out expected", dir);
	return !strcmp(dir, "in");
}

static void parse_packets(const struct peer *p, const struct words *w,
			  struct tag *t)
{
	const char *text = word_value(w, "packets");
	int n;

	if (!text)
		return;
	n = sscanf(text, "%u:%u:%u", &t->n_iso, &t->iso_size, &t->iso_stride);
	if (n == 2)
		t->iso_stride = t->iso_size;
	if (n < 2 || !t->n_iso || t->n_iso > USBIPX_MAX_PACKETS ||
	    t->iso_stride < t->iso_size)
		fail(p, "packets=%s: N:LENGTH[:STRIDE] expected, N up to %d",
		     text, USBIPX_MAX_PACKETS);
}

static void add_packets(struct buf *b, const struct tag *t)
{
	unsigned int i;

	for (i = 0; i < t->n_iso; i++) {
		struct usbipx_iso iso = {
			.offset = i * t->iso_stride,
			.length = t->iso_size,
		};
		struct usbipx_wire_iso w;

		usbipx_encode_iso(&w, &iso);
		buf_add(b, &w, sizeof(w));
	}
}

void cmd_submit(struct peer *p, struct words *w)
{
	static const char *const keys[] = {
		"ep",	  "dir",     "setup",	    "len",	"data",
		"fill",	  "pattern", "flags",	    "interval", "packets",
		"seqnum", "devid",   "start_frame", NULL,
	};
	struct usbipx_pdu pdu = { .command = USBIPX_CMD_SUBMIT };
	struct usbipx_wire_header h;
	struct buf data = { 0 };
	struct buf b = { 0 };
	long long len;
	struct tag *t;

	words_check(p, w, 2, keys);
	parse_setup(p, w, &pdu);
	pdu.seqnum = word_number(p, w, "seqnum", ++p->seqnum);
	t = tag_new(p, w->argv[1], pdu.seqnum);
	parse_packets(p, w, t);
	len = (long long)t->n_iso * t->iso_stride;
	if (!t->n_iso)
		len = pdu.setup[6] | pdu.setup[7] << 8;
	len = word_number(p, w, "len", len);
	if (len < 0 || len > LENGTH_MAX)
		fail(p, "len=%lld: up to %d expected", len, LENGTH_MAX);

	pdu.in = direction(p, w, &pdu);
	if (!pdu.in)
		payload(p, w, &data, len);
	pdu.length = pdu.in ? len : (long long)data.len;
	pdu.ep = word_number(p, w, "ep", 0);
	pdu.flags = word_number(p, w, "flags", t->n_iso ? USBIPX_ISO_ASAP : 0);
	pdu.interval = word_number(p, w, "interval", pdu.ep ? 1 : 0);
	pdu.start_frame = word_number(p, w, "start_frame", 0);
	pdu.packets = t->n_iso;
	pdu.devid = word_number(p, w, "devid", p->devid);
	t->in = pdu.in;
	t->length = pdu.length;

	usbipx_encode(&h, &pdu);
	buf_add(&b, &h, sizeof(h));
	buf_add(&b, data.len ? buf_data(&data) : NULL, data.len);
	add_packets(&b, t);
	link_send(p, buf_data(&b), b.len);
	buf_free(&data);
	buf_free(&b);
}

void cmd_unlink(struct peer *p, struct words *w)
{
	static const char *const keys[] = { "seqnum", "victim", "devid", NULL };
	struct usbipx_pdu pdu = { .command = USBIPX_CMD_UNLINK };
	struct usbipx_wire_header h;
	struct tag *t;

	words_check(p, w, 2, keys);
	t = tag_find(p, w->argv[1]);
	if (!t)
		fail(p, "no tag %s", w->argv[1]);
	pdu.devid = word_number(p, w, "devid", p->devid);
	pdu.seqnum = word_number(p, w, "seqnum", ++p->seqnum);
	pdu.victim = word_number(p, w, "victim", t->seqnum);
	t->unlinking = true;
	t->unlink_seqnum = pdu.seqnum;
	t->n_unlinked = 0;
	usbipx_encode(&h, &pdu);
	link_send(p, &h, sizeof(h));
}
