// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection that carries PDUs of one imported device: reading and writing.
 * May call the loop, the device's URBs and core/wire.
 * Called by server.c and attach.c (start), answer.c (send).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"

#define READ_ROOM  (256 * 1024)
#define OUT_MUCH   (8 * 1024 * 1024) /* stop reading while so much waits */
#define LENGTH_MAX (64 * 1024 * 1024)

bool verbose;

static void host_gone(void *host)
{
	conn_finish(host, END_NOW);
}

static const struct host_ops conn_host_ops = {
	.giveback = answer_submit,
	.gone = host_gone,
};

static void protocol_error(struct conn *c, const char *what, uint32_t value)
{
	fprintf(stderr, "%s: client broke the protocol: %s %u (0x%x)\n",
		c->dev->busid, what, value, value);
	conn_finish(c, END_NOW);
}

/* Isochronous packets lie inside the buffer, or the client is in error. */
static bool decode_packets(struct conn *c, struct sim_urb *urb, const uint8_t *at)
{
	unsigned int i;

	urb->n_iso = urb->pdu.packets;
	urb->iso = xalloc(urb->n_iso * sizeof(*urb->iso));
	for (i = 0; i < urb->n_iso; i++) {
		struct usbipx_iso *p = &urb->iso[i];
		struct usbipx_fault fault;
		struct usbipx_wire_iso w;

		memcpy(&w, at + i * sizeof(w), sizeof(w));
		if (usbipx_decode_iso(p, &w, &fault)) {
			protocol_error(c, fault.what, fault.value);
			return false;
		}
		if (p->offset > urb->pdu.length ||
		    p->length > urb->pdu.length - p->offset) {
			protocol_error(c, "packet outside buffer, number", i);
			return false;
		}
		p->actual = 0;
		p->status = E_XDEV; /* until it has been transferred */
	}
	return true;
}

static void refuse(struct conn *c, const struct usbipx_pdu *pdu, int status)
{
	struct sim_urb none = { .pdu = *pdu, .status = status };

	answer_submit(c, &none);
}

/* Returns the bytes used up, 0 when the PDU is not complete yet. */
static size_t take_submit(struct conn *c, const struct usbipx_pdu *pdu)
{
	uint8_t address = pdu->ep | (pdu->in ? USB_DIR_IN : 0);
	struct sim_ep *ep = device_ep(c->dev, address);
	bool iso = ep && ep->type == USB_ENDPOINT_XFER_ISOC;
	size_t need = sizeof(struct usbipx_wire_header);
	size_t data = pdu->in ? 0 : pdu->length;
	const uint8_t *at;
	struct sim_urb *urb;

	if (pdu->length > LENGTH_MAX) {
		protocol_error(c, "transfer_buffer_length", pdu->length);
		return 0;
	}
	if (iso && (pdu->packets < 1 || pdu->packets > USBIPX_MAX_PACKETS)) {
		protocol_error(c, "number_of_packets", pdu->packets);
		return 0;
	}
	need += data;
	if (iso)
		need += pdu->packets * sizeof(struct usbipx_wire_iso);
	if (c->in.len < need) {
		buf_room(&c->in, need - c->in.len);
		return 0;
	}

	at = buf_data(&c->in) + sizeof(struct usbipx_wire_header);
	urb = urb_new(pdu);
	if (!urb) {
		refuse(c, pdu, E_NOMEM);
		return need;
	}
	urb->ep = ep;
	if (data)
		memcpy(urb->buf, at, data);
	if (iso && !decode_packets(c, urb, at + data)) {
		urb_free(urb);
		return need;
	}
	urb_submit(c->dev, urb);
	return need;
}

static size_t take_pdu(struct conn *c)
{
	struct usbipx_wire_header w;
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;

	if (c->in.len < sizeof(w))
		return 0;
	memcpy(&w, buf_data(&c->in), sizeof(w));
	if (usbipx_decode(&pdu, &w, USBIPX_SERVER, &fault)) {
		protocol_error(c, fault.what, fault.value);
		return 0;
	}
	if (pdu.command == USBIPX_CMD_SUBMIT)
		return take_submit(c, &pdu);
	if (verbose)
		fprintf(stderr, "%s: unlink %u of %u\n", c->dev->busid,
			pdu.seqnum, pdu.victim);
	answer_unlink(c, &pdu);
	return sizeof(w);
}

static void take_all(struct conn *c)
{
	size_t n;

	while (c->end == END_NOT && (n = take_pdu(c)))
		buf_pull(&c->in, n);
}

static void receive(struct conn *c)
{
	uint8_t *to = buf_room(&c->in, READ_ROOM);
	ssize_t n = recv(c->io.fd, to, READ_ROOM, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (verbose)
			fprintf(stderr, "%s: connection ended: %s\n",
				c->dev->busid, n ? strerror(errno) : "closed");
		conn_finish(c, END_NOW);
		return;
	}
	buf_grew(&c->in, n);
	take_all(c);
}

#define RATE_STEPS 20 /* pieces a second, or one byte at a time */

/* How much may go out in one piece; 0 for all there is. */
static size_t next_piece(struct conn *c)
{
	unsigned int rate = bad_value(&c->dev->bad, BAD_RATE);
	uint64_t cut;

	if (rate)
		return rate < RATE_STEPS ? 1 : rate / RATE_STEPS;
	while (c->cuts.len) {
		memcpy(&cut, buf_data(&c->cuts), sizeof(cut));
		if (cut > c->sent)
			return cut - c->sent;
		buf_pull(&c->cuts, sizeof(cut));
	}
	return bad_value(&c->dev->bad, BAD_SEGMENTS);
}

void conn_begin_pdu(struct conn *c)
{
	unsigned int split = bad_value(&c->dev->bad, BAD_SPLIT);
	uint64_t cut = c->sent + c->out.len;

	if (!split)
		return;
	buf_add(&c->cuts, &cut, sizeof(cut));
	cut += split;
	buf_add(&c->cuts, &cut, sizeof(cut));
}

static void rate_fired(struct loop_timer *t)
{
	struct conn *c = container_of(t, struct conn, rate_timer);

	loop_later(&c->task);
}

static void flush(struct conn *c)
{
	unsigned int rate = bad_value(&c->dev->bad, BAD_RATE);

	while (c->out.len && !c->rate_timer.armed) {
		size_t piece = next_piece(c);
		size_t want = piece && piece < c->out.len ? piece : c->out.len;
		ssize_t n = send(c->io.fd, buf_data(&c->out), want,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* Not conn_finish(): settle() frees it at once. */
			c->end = END_NOW;
			return;
		}
		buf_pull(&c->out, n);
		c->sent += n;
		if (rate)
			loop_timer_set(&c->rate_timer,
				       loop_now() + n * 1000000000ULL / rate);
		/* The next piece waits for the next round: let the peer see this one. */
		if (piece)
			return;
	}
}

/* Closing with unread bytes makes TCP send RST where FIN is meant. */
static void drain(struct conn *c)
{
	while (recv(c->io.fd, buf_room(&c->in, READ_ROOM), READ_ROOM,
		    MSG_DONTWAIT) > 0)
		;
}

static void conn_free(struct conn *c)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	struct sim_dev *dev = c->dev;

	if (c->end == END_RST)
		setsockopt(c->io.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	else
		drain(c);
	dev->host = NULL;
	urb_drop_all(dev);
	device_reset(dev);
	loop_timer_stop(&c->unlink_timer);
	loop_timer_stop(&c->rate_timer);
	loop_del(&c->io);
	close(c->io.fd);
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->late);
	buf_free(&c->cuts);
	mutate_end(c);
	dev->n_connections++;
	if (c->closed)
		c->closed(dev);
	free(c);
}

/* End of the round: send what was gathered, then see whether this is the end. */
static void settle(struct loop_task *t)
{
	struct conn *c = container_of(t, struct conn, task);
	const struct bad *bad = &c->dev->bad;
	uint32_t want = 0;

	if (!c->begun && bad_has(bad, BAD_FIRST))
		buf_add(&c->out, bad->first, bad->first_len);
	c->begun = true;
	if (c->end != END_NOW)
		flush(c);
	if (c->end == END_NOW || (c->end != END_NOT && !c->out.len)) {
		conn_free(c);
		return;
	}
	if (c->shut && !c->shut_done && !c->out.len) {
		shutdown(c->io.fd, SHUT_WR);
		c->shut_done = true;
	}
	if (c->out.len && !c->rate_timer.armed)
		want |= EPOLLOUT;
	if (c->deaf)
		want |= EPOLLRDHUP;
	else if (c->end == END_NOT && c->out.len < OUT_MUCH)
		want |= EPOLLIN;
	loop_want(&c->io, want);
}

static void conn_ready(struct loop_fd *f, uint32_t events)
{
	struct conn *c = container_of(f, struct conn, io);

	if (c->deaf && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		conn_finish(c, END_NOW);
	else if (!c->deaf && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		receive(c);
	loop_later(&c->task);
}

static void late_fired(struct loop_timer *t)
{
	struct conn *c = container_of(t, struct conn, unlink_timer);

	conn_send(c, buf_data(&c->late), c->late.len);
	buf_reset(&c->late);
}

struct conn *conn_start(struct sim_dev *dev, int fd,
			void (*closed)(struct sim_dev *dev))
{
	struct conn *c = xalloc(sizeof(*c));

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	c->dev = dev;
	c->io.fd = fd;
	c->io.ready = conn_ready;
	c->task.run = settle;
	c->unlink_timer.fired = late_fired;
	c->rate_timer.fired = rate_fired;
	c->closed = closed;
	dev->host = c;
	dev->host_ops = &conn_host_ops;
	loop_add(&c->io, EPOLLIN);
	loop_later(&c->task);
	return c;
}

void conn_feed(struct conn *c, const void *bytes, size_t n)
{
	buf_add(&c->in, bytes, n);
	take_all(c);
	loop_later(&c->task);
}

void conn_send(struct conn *c, const void *bytes, size_t n)
{
	if (!conn_open(c))
		return;
	buf_add(&c->out, bytes, n);
	loop_later(&c->task);
}

void conn_finish(struct conn *c, enum conn_end how)
{
	if (c->end < how)
		c->end = how;
	loop_later(&c->task);
}

void conn_rearm(struct conn *c)
{
	c->answered = 0;
	c->data_answered = 0;
	c->unlinked = 0;
	c->once = 0;
	c->silent = false;
	c->deaf = false;
	loop_later(&c->task);
}
