// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that wait and compare: expect, expect-close, expect-end, expect-silence, expect-bytes.
 * May call peer-link.c.
 * Called by peer-script.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

static void wait_for(struct peer *p, const struct tag *t, bool unlinked,
		     int timeout)
{
	const char *what = unlinked ? "RET_UNLINK" : "RET_SUBMIT";
	int64_t deadline = now_ms() + timeout;

	while (!(unlinked ? t->n_unlinked : t->n_answers)) {
		if (!unlinked && t->n_unlinked &&
		    t->unlink_status == -USBIPX_ECONNRESET)
			fail(p, "%s: cancelled, a RET_SUBMIT was expected",
			     t->name);
		switch (link_next(p, deadline)) {
		case LINK_PDU:
			break;
		case LINK_TIMEOUT:
			fail(p, "%s: no %s within %d ms", t->name, what, timeout);
		case LINK_CLOSED:
			fail(p, "%s: connection closed, %s was expected",
			     t->name, what);
		}
	}
}

static void check_status(const struct peer *p, const struct words *w,
			 const struct tag *t, int status, int otherwise)
{
	const char *text = word_value(w, "status");
	int wanted;

	if (text && !strcmp(text, "any"))
		return;
	wanted = text ? number(p, text) : otherwise;
	if (status != wanted)
		fail(p, "%s: status %d, expected %d", t->name, status, wanted);
}

static void check_byte(const struct peer *p, const struct tag *t, size_t i,
		       uint8_t wanted)
{
	uint8_t is = buf_data(&t->data)[i];

	if (is != wanted)
		fail(p, "%s: byte %zu of %zu is 0x%02x, expected 0x%02x",
		     t->name, i, t->data.len, is, wanted);
}

static void check_data(const struct peer *p, const struct words *w,
		       const struct tag *t)
{
	long long fill = word_number(p, w, "fill", -1);
	const char *hex = word_value(w, "data");
	struct buf b = { 0 };
	size_t i;

	if (hex) {
		if (buf_add_hex(&b, hex))
			fail(p, "data=%s: not hex", hex);
		if (b.len != t->data.len)
			fail(p, "%s: %zu bytes of data, expected %zu", t->name,
			     t->data.len, b.len);
		for (i = 0; i < b.len; i++)
			check_byte(p, t, i, buf_data(&b)[i]);
		buf_free(&b);
	}
	for (i = 0; fill >= 0 && i < t->data.len; i++)
		check_byte(p, t, i, fill);
	for (i = 0; word_value(w, "pattern") && i < t->data.len; i++)
		check_byte(p, t, i, pattern_byte(i));
}

static void check_packets(const struct peer *p, const struct words *w,
			  const struct tag *t)
{
	const char *text = word_value(w, "packets");
	unsigned int i, actual;
	int status;

	if (!text)
		return;
	if (sscanf(text, "%u:%d", &actual, &status) != 2)
		fail(p, "packets=%s: ACTUAL:STATUS expected", text);
	for (i = 0; i < t->n_iso; i++)
		if (t->iso[i].actual != actual || t->iso[i].status != status)
			fail(p, "%s: packet %u: actual %u status %d, expected %s",
			     t->name, i, t->iso[i].actual, t->iso[i].status,
			     text);
}

void cmd_expect(struct peer *p, struct words *w)
{
	static const char *const keys[] = {
		"status",   "len",     "data",	 "fill",    "pattern",
		"unlinked", "timeout", "errors", "packets", NULL,
	};
	struct tag *t;
	long long n;
	int timeout;

	words_check(p, w, 2, keys);
	t = tag_find(p, w->argv[1]);
	if (!t)
		fail(p, "no tag %s", w->argv[1]);
	timeout = word_number(p, w, "timeout", p->timeout);
	if (word_value(w, "unlinked")) {
		wait_for(p, t, true, timeout);
		check_status(p, w, t, t->unlink_status, -USBIPX_ECONNRESET);
		return;
	}
	wait_for(p, t, false, timeout);
	check_status(p, w, t, t->answer.status, 0);
	n = word_number(p, w, "len", t->answer.length);
	if (n != t->answer.length)
		fail(p, "%s: actual_length %u, expected %lld", t->name,
		     t->answer.length, n);
	n = word_number(p, w, "errors", t->answer.error_count);
	if (n != t->answer.error_count)
		fail(p, "%s: error_count %d, expected %lld", t->name,
		     t->answer.error_count, n);
	check_packets(p, w, t);
	check_data(p, w, t);
}

static int own_timeout(struct peer *p, struct words *w)
{
	if (w->argc > 2)
		fail(p, "%s takes at most one number", w->argv[0]);
	return w->argc == 2 ? number(p, w->argv[1]) : p->timeout;
}

/* Whole answers may still come before the end; half a one may not. */
void cmd_expect_close(struct peer *p, struct words *w)
{
	int timeout = own_timeout(p, w);
	int64_t deadline = now_ms() + timeout;
	enum link_event e;

	do
		e = link_next(p, deadline);
	while (e == LINK_PDU);
	if (e == LINK_TIMEOUT)
		fail(p, "connection not closed within %d ms", timeout);
}

/* The end, whatever comes before it, half a PDU too. */
void cmd_expect_end(struct peer *p, struct words *w)
{
	int timeout = own_timeout(p, w);
	int64_t deadline = now_ms() + timeout;
	enum link_event e;

	do {
		buf_reset(&p->in);
		e = link_fill(p, deadline);
	} while (e == LINK_PDU);
	if (e == LINK_TIMEOUT)
		fail(p, "connection not closed within %d ms", timeout);
}

void cmd_expect_silence(struct peer *p, struct words *w)
{
	int timeout = own_timeout(p, w);

	switch (p->in.len ? LINK_PDU : link_fill(p, now_ms() + timeout)) {
	case LINK_PDU:
		fail(p, "%zu bytes came within %d ms, silence was expected",
		     p->in.len, timeout);
	case LINK_CLOSED:
		fail(p, "connection closed within %d ms, silence was expected",
		     timeout);
	case LINK_TIMEOUT:
		break;
	}
}

/* The very next bytes, whatever they are: expect-bytes HEX [TIMEOUT]. */
void cmd_expect_bytes(struct peer *p, struct words *w)
{
	struct buf b = { 0 };
	int64_t deadline;
	size_t i;

	if (w->argc < 2 || w->argc > 3 || buf_add_hex(&b, w->argv[1]))
		fail(p, "expect-bytes HEX [TIMEOUT]");
	deadline = now_ms() + (w->argc == 3 ? number(p, w->argv[2]) : p->timeout);
	while (p->in.len < b.len) {
		enum link_event e = link_fill(p, deadline);

		if (e != LINK_PDU)
			fail(p, "%s after %zu of %zu bytes",
			     e == LINK_CLOSED ? "connection closed" : "no more",
			     p->in.len, b.len);
	}
	for (i = 0; i < b.len; i++)
		if (buf_data(&p->in)[i] != buf_data(&b)[i])
			fail(p, "byte %zu is 0x%02x, expected 0x%02x", i,
			     buf_data(&p->in)[i], buf_data(&b)[i]);
	buf_pull(&p->in, b.len);
	buf_free(&b);
}
