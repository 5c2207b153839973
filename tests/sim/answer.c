// SPDX-License-Identifier: GPL-2.0-only
/*
 * RET_SUBMIT and RET_UNLINK as a well-behaved server sends them, and as others do.
 * May call conn.c (send), urb.c (cancel) and core/wire.
 * Called by urb.c through host_ops, and by conn.c for CMD_UNLINK.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"

#define SHORT_HEADER 20

static const struct bad *bad_of(const struct conn *c)
{
	return &c->dev->bad;
}

/* True once, when N answers have gone out. */
static bool due_once(struct conn *c, enum bad_id id)
{
	if (!bad_has(bad_of(c), id) || c->once >> id & 1 ||
	    c->answered < bad_value(bad_of(c), id))
		return false;
	c->once |= 1ULL << id;
	return true;
}

/* Which answer this will be; urb is NULL for a RET_UNLINK. */
static struct answer_count count_of(const struct conn *c,
				    const struct sim_urb *urb)
{
	return (struct answer_count){
		.unlink = !urb,
		.data = urb && urb->pdu.ep,
		.submits = c->answered,
		.data_submits = c->data_answered,
		.unlinks = c->unlinked,
	};
}

/* Answers nobody asked for. */
static void send_extras(struct conn *c, const struct answer_count *now,
			uint32_t seqnum, uint32_t buffer)
{
	const struct bad *bad = bad_of(c);
	unsigned int i, j;

	for (i = 0; i < bad->n_extra; i++) {
		const struct extra *e = &bad->extra[i];
		struct usbipx_pdu pdu = {
			.command = e->command,
			.seqnum = seqnum,
		};
		struct usbipx_wire_header w;

		if (!moment_is(&e->when, now))
			continue;
		usbipx_encode(&w, &pdu);
		for (j = 0; j < e->n_patches; j++)
			patch_apply(&e->patch[j], &w, buffer);
		for (j = 0; j < e->count; j++)
			conn_send(c, &w, sizeof(w));
	}
}

static void patch_header(const struct bad *bad, const struct answer_count *now,
			 struct usbipx_wire_header *w, uint32_t buffer)
{
	unsigned int i;

	for (i = 0; i < bad->n_patch; i++)
		if (!bad->patch[i].packet && moment_is(&bad->patch[i].when, now))
			patch_apply(&bad->patch[i], w, buffer);
}

/* What is left of the answer that starts at before, and what comes after it. */
static void cut_answer(struct conn *c, const struct answer_count *now,
		       size_t before)
{
	const struct cut *cut = &bad_of(c)->cut;

	if (!bad_has(bad_of(c), BAD_CUT) || !moment_is(&cut->when, now))
		return;
	if (c->out.len > before + cut->bytes)
		c->out.len = before + cut->bytes;
	switch (cut->end) {
	case CUT_CLOSE:
		conn_finish(c, END_CLOSE);
		break;
	case CUT_RST:
		conn_finish(c, END_RST);
		break;
	case CUT_SHUT:
		c->shut = true;
		break;
	case CUT_STALL:
		c->silent = true;
		break;
	}
}

/* What happens in front of an answer when enough of them have gone out. */
static void events_before(struct conn *c)
{
	struct usbipx_pdu stray = {
		.command = USBIPX_RET_SUBMIT,
		.seqnum = 0x7ead0000,
	};
	struct usbipx_wire_header w;

	if (due_once(c, BAD_INJECT))
		conn_send(c, bad_of(c)->inject, bad_of(c)->inject_len);
	usbipx_encode(&w, &stray);
	if (due_once(c, BAD_UNKNOWN_SEQNUM))
		conn_send(c, &w, sizeof(w));
	w.command = htonl(0x1234);
	if (due_once(c, BAD_UNKNOWN_COMMAND))
		conn_send(c, &w, sizeof(w));

	if (due_once(c, BAD_SILENT_AFTER))
		c->silent = true;
	if (due_once(c, BAD_DEAF_AFTER)) {
		c->silent = true;
		c->deaf = true;
	}
	if (due_once(c, BAD_CLOSE_AFTER))
		conn_finish(c, END_CLOSE);
	if (due_once(c, BAD_RST_AFTER))
		conn_finish(c, END_RST);
	if (due_once(c, BAD_HALF_CLOSE_AFTER)) {
		c->shut = true;
		loop_later(&c->task);
	}
}

/* The 48 bytes, spoilt as asked. */
static void spoil_header(struct conn *c, struct usbipx_wire_header *w,
			 const struct usbipx_pdu *cmd, const struct sim_urb *urb)
{
	const struct answer_count now = count_of(c, urb);
	const struct bad *bad = bad_of(c);
	bool iso = urb && urb->n_iso;

	if (bad_has(bad, BAD_ECHO_HEADER)) {
		w->devid = htonl(cmd->devid);
		w->direction = htonl(cmd->in);
		w->ep = htonl(cmd->ep);
		memcpy(w->cmd_submit.setup, cmd->setup, sizeof(cmd->setup));
	}
	/* status lies in the same place in both answers */
	if (bad_has(bad, BAD_POSITIVE_STATUS) &&
	    (int32_t)ntohl(w->ret_submit.status) < 0)
		w->ret_submit.status = htonl(-ntohl(w->ret_submit.status));
	if (!urb) {
		patch_header(bad, &now, w, 0);
		return;
	}

	if (bad_has(bad, BAD_GARBAGE_PACKETS) && !iso) {
		w->ret_submit.start_frame = htonl(0x5a5a5a5a);
		w->ret_submit.number_of_packets = htonl(0xdeadbeef);
	}
	if (bad_has(bad, BAD_HUGE_ACTUAL))
		w->ret_submit.actual_length =
			htonl(bad_value(bad, BAD_HUGE_ACTUAL));
	if (iso && bad_has(bad, BAD_ISO_ZERO_ACTUAL))
		w->ret_submit.actual_length = 0;
	if (iso && bad_has(bad, BAD_ISO_PACKETS))
		w->ret_submit.number_of_packets =
			htonl(bad_value(bad, BAD_ISO_PACKETS));
	patch_header(bad, &now, w, urb->pdu.length);
}

/* Isochronous data travels packed, without the gaps between packets. */
static void add_packets(struct conn *c, struct buf *b, const struct sim_urb *urb)
{
	const struct answer_count now = count_of(c, urb);
	const struct bad *bad = bad_of(c);
	unsigned int i, j;

	for (i = 0; urb->pdu.in && i < urb->n_iso; i++)
		buf_add(b, urb->buf + urb->iso[i].offset, urb->iso[i].actual);
	for (i = 0; i < urb->n_iso; i++) {
		bool last = i + 1 == urb->n_iso;
		struct usbipx_wire_iso w;

		usbipx_encode_iso(&w, &urb->iso[i]);
		if (last && bad_has(bad, BAD_ISO_OFFSET))
			w.offset = htonl(bad_value(bad, BAD_ISO_OFFSET));
		if (last && bad_has(bad, BAD_ISO_LENGTH))
			w.length = htonl(bad_value(bad, BAD_ISO_LENGTH));
		if (last && bad_has(bad, BAD_ISO_ACTUAL))
			w.actual_length = htonl(bad_value(bad, BAD_ISO_ACTUAL));
		for (j = 0; j < bad->n_patch; j++)
			if (patch_is_of_packet(&bad->patch[j], i, urb->n_iso) &&
			    moment_is(&bad->patch[j].when, &now))
				patch_apply(&bad->patch[j], &w, urb->pdu.length);
		buf_add(b, &w, sizeof(w));
	}
}

static void encode_submit(struct conn *c, struct buf *b, const struct sim_urb *urb)
{
	const struct bad *bad = bad_of(c);
	struct usbipx_pdu ret = {
		.command = USBIPX_RET_SUBMIT,
		.seqnum = urb->pdu.seqnum,
		.status = urb->status,
		.length = urb->actual,
		.packets = urb->n_iso,
		.start_frame = urb->n_iso ? (int32_t)urb->start : 0,
		.error_count = urb->errors,
	};
	struct usbipx_wire_header w;
	size_t extra = 0;

	if (bad_has(bad, BAD_STATUS) && urb->pdu.ep)
		ret.status = -(int)bad_value(bad, BAD_STATUS);
	if (bad_has(bad, BAD_OVERSIZE_ACTUAL)) {
		ret.length =
			urb->pdu.length + bad_value(bad, BAD_OVERSIZE_ACTUAL);
		extra = ret.length - urb->actual;
	}
	usbipx_encode(&w, &ret);
	spoil_header(c, &w, &urb->pdu, urb);
	buf_add(b, &w, sizeof(w));
	if (urb->n_iso)
		add_packets(c, b, urb);
	else if (urb->pdu.in)
		buf_add(b, urb->buf, urb->actual);
	if (urb->pdu.in)
		buf_fill(b, 0xee, extra);
}

static void count_answer(struct conn *c, const struct sim_urb *urb)
{
	c->answered++;
	if (urb->pdu.ep)
		c->data_answered++;
}

void answer_submit(void *host, struct sim_urb *urb)
{
	struct conn *c = host;
	const struct answer_count now = count_of(c, urb);
	size_t before;

	if (verbose)
		fprintf(stderr,
			"%s: urb %u ep %u%s length %u: status %d actual %u\n",
			c->dev->busid, urb->pdu.seqnum, urb->pdu.ep,
			urb->pdu.in ? "in" : "out", urb->pdu.length,
			urb->status, urb->actual);
	if (now.data && !now.data_submits && bad_has(bad_of(c), BAD_DOZE))
		usleep(bad_value(bad_of(c), BAD_DOZE) * 1000);
	events_before(c);
	send_extras(c, &now, urb->pdu.seqnum, urb->pdu.length);
	if (!conn_open(c)) {
		count_answer(c, urb);
		return;
	}

	before = c->out.len;
	conn_begin_pdu(c);
	encode_submit(c, &c->out, urb);
	if (due_once(c, BAD_SHORT_HEADER)) {
		c->out.len = before + SHORT_HEADER;
		conn_finish(c, END_CLOSE);
	} else if (urb->pdu.in && urb->actual > 1 && due_once(c, BAD_SHORT_DATA)) {
		c->out.len = before + sizeof(struct usbipx_wire_header) +
			     urb->actual / 2;
		conn_finish(c, END_CLOSE);
	} else if (bad_has(bad_of(c), BAD_DOUBLE_ANSWER)) {
		encode_submit(c, &c->out, urb);
	}
	cut_answer(c, &now, before);
	mutate_answer(c, before);
	count_answer(c, urb);
	loop_later(&c->task);
}

static void send_unlink(struct conn *c, const struct usbipx_pdu *cmd,
			uint32_t seqnum, int status)
{
	const struct bad *bad = bad_of(c);
	struct usbipx_pdu ret = {
		.command = USBIPX_RET_UNLINK,
		.seqnum = seqnum,
		.status = status,
	};
	const struct answer_count now = count_of(c, NULL);
	struct usbipx_wire_header w;
	size_t before;

	usbipx_encode(&w, &ret);
	spoil_header(c, &w, cmd, NULL);
	send_extras(c, &now, seqnum, 0);
	if (!bad_has(bad, BAD_UNLINK_SLOW)) {
		before = c->out.len;
		conn_begin_pdu(c);
		conn_send(c, &w, sizeof(w));
		cut_answer(c, &now, before);
		if (conn_open(c))
			mutate_answer(c, before);
		c->unlinked++;
		return;
	}
	c->unlinked++;
	buf_add(&c->late, &w, sizeof(w));
	loop_timer_set(&c->unlink_timer,
		       loop_now() + bad_value(bad, BAD_UNLINK_SLOW) * 1000000ULL);
}

void answer_unlink(struct conn *c, const struct usbipx_pdu *cmd)
{
	const struct bad *bad = bad_of(c);
	struct sim_urb *urb = NULL;
	uint32_t seqnum = cmd->seqnum;
	int status = 0;

	if (bad_has(bad, BAD_UNLINK_IGNORE))
		return;
	if (urb_cancel(c->dev, cmd->victim, &urb)) {
		status = E_CONNRESET;
		urb->status = E_CONNRESET;
		urb->actual = 0;
		if (bad_has(bad, BAD_UNLINK_ZERO))
			status = 0;
		if (bad_has(bad, BAD_UNLINK_WRONG_SEQNUM))
			seqnum = cmd->victim;
	}

	if (urb && bad_has(bad, BAD_UNLINK_BOTH))
		answer_submit(c, urb);
	if (!bad_has(bad, BAD_UNLINK_SILENT))
		send_unlink(c, cmd, seqnum, status);
	if (bad_has(bad, BAD_UNLINK_DOUBLE))
		send_unlink(c, cmd, seqnum, status);
	if (urb && bad_has(bad, BAD_UNLINK_BOTH_LATE))
		answer_submit(c, urb);
	if (urb)
		urb_free(urb);
}
