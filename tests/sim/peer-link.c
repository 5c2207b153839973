// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client's connection: sending, receiving PDUs, giving answers to their tags.
 * May call core/wire, buf.h and libc.
 * Called by the commands in peer-submit.c, peer-expect.c and peer-raw.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "peer.h"

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

struct tag *tag_find(struct peer *p, const char *name)
{
	struct tag *t;

	for (t = p->tags; t; t = t->next)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

static void tag_free(struct tag *t)
{
	free(t->name);
	free(t->iso);
	buf_free(&t->data);
	free(t);
}

/* A name used again stands for the newer URB from now on. */
struct tag *tag_new(struct peer *p, const char *name, uint32_t seqnum)
{
	struct tag *t = xalloc(sizeof(*t));

	t->name = xstrdup(name);
	t->seqnum = seqnum;
	t->next = p->tags;
	p->tags = t;
	return t;
}

void tags_free(struct peer *p)
{
	struct tag *t;

	while ((t = p->tags)) {
		p->tags = t->next;
		tag_free(t);
	}
}

void link_send(struct peer *p, const void *bytes, size_t n)
{
	const char *at = bytes;

	if (p->fd < 0)
		fail(p, "the connection is closed already");
	if (p->holding) {
		buf_add(&p->held, bytes, n);
		return;
	}
	if (p->cutting) {
		n = n < p->cut ? n : p->cut;
		p->cut -= n;
	}
	while (n) {
		size_t want = p->piece && p->piece < n ? p->piece : n;
		ssize_t sent = send(p->fd, at, want, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		/* Bytes behind a fault are lost on a server that hung up on it. */
		if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
			return;
		if (sent < 0)
			fail(p, "send: %s", strerror(errno));
		at += sent;
		n -= sent;
		if (p->piece_once)
			p->piece = 0;
	}
}

/* Some more bytes into p->in. */
enum link_event link_fill(struct peer *p, int64_t deadline)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	int64_t left = deadline - now_ms();
	ssize_t n;

	if (p->fd < 0)
		return LINK_CLOSED;
	if (poll(&pfd, 1, left < 0 ? 0 : left) <= 0)
		return LINK_TIMEOUT;
	n = recv(p->fd, buf_room(&p->in, 65536), 65536, 0);
	if (n < 0 && errno != ECONNRESET)
		fail(p, "receive: %s", strerror(errno));
	if (n <= 0)
		return LINK_CLOSED;
	buf_grew(&p->in, n);
	return LINK_PDU;
}

static enum link_event need(struct peer *p, size_t n, int64_t deadline)
{
	while (p->in.len < n) {
		enum link_event e = link_fill(p, deadline);

		if (e == LINK_CLOSED && p->in.len)
			fail(p,
			     "connection closed inside a PDU, %zu of %zu bytes seen",
			     p->in.len, n);
		if (e != LINK_PDU)
			return e;
	}
	return LINK_PDU;
}

static bool zero(const uint8_t *at, size_t n)
{
	while (n--)
		if (*at++)
			return false;
	return true;
}

/* What an answer carries must be zero beyond the fields the protocol names. */
static void check_zeroes(const struct peer *p,
			 const struct usbipx_wire_header *w, bool iso)
{
	bool submit = ntohl(w->command) == USBIPX_RET_SUBMIT;
	uint32_t packets = ntohl(w->ret_submit.number_of_packets);

	if (p->lax)
		return;
	if (w->devid || w->direction || w->ep)
		fail(p,
		     "answer %u has devid 0x%x direction %u ep %u, expected zeroes",
		     ntohl(w->seqnum), ntohl(w->devid), ntohl(w->direction),
		     ntohl(w->ep));
	if (submit ? !zero(w->ret_submit.padding, sizeof(w->ret_submit.padding)) :
		     !zero(w->ret_unlink.padding, sizeof(w->ret_unlink.padding)))
		fail(p, "answer %u has padding that is not zero",
		     ntohl(w->seqnum));
	if ((int32_t)ntohl(w->ret_submit.status) > 0)
		fail(p, "answer %u has positive status %d", ntohl(w->seqnum),
		     (int32_t)ntohl(w->ret_submit.status));
	if (submit && !iso && packets && packets != 0xffffffff)
		fail(p,
		     "answer %u is not isochronous and has number_of_packets 0x%x",
		     ntohl(w->seqnum), packets);
	if (submit && !iso && w->ret_submit.start_frame)
		fail(p, "answer %u is not isochronous and has start_frame 0x%x",
		     ntohl(w->seqnum), ntohl(w->ret_submit.start_frame));
}

static void take_packets(struct peer *p, struct tag *t, const uint8_t *at)
{
	uint64_t sum = 0;
	unsigned int i;

	free(t->iso);
	t->iso = xalloc(t->n_iso * sizeof(*t->iso));
	for (i = 0; i < t->n_iso; i++) {
		struct usbipx_fault fault;
		struct usbipx_wire_iso w;

		memcpy(&w, at + i * sizeof(w), sizeof(w));
		if (usbipx_decode_iso(&t->iso[i], &w, &fault))
			fail(p, "%s: packet %u: %s %u", t->name, i, fault.what,
			     fault.value);
		if (t->iso[i].offset > t->length ||
		    t->iso[i].length > t->length - t->iso[i].offset ||
		    t->iso[i].actual > t->iso[i].length)
			fail(p,
			     "%s: packet %u: offset %u length %u actual %u do not fit into %u bytes",
			     t->name, i, t->iso[i].offset, t->iso[i].length,
			     t->iso[i].actual, t->length);
		if (t->iso_stride && (t->iso[i].offset != i * t->iso_stride ||
				      t->iso[i].length != t->iso_size))
			fail(p,
			     "%s: packet %u: offset %u length %u, %u and %u were sent",
			     t->name, i, t->iso[i].offset, t->iso[i].length,
			     i * t->iso_stride, t->iso_size);
		sum += t->iso[i].actual;
	}
	if (sum != t->answer.length)
		fail(p, "%s: packets hold %llu bytes, actual_length says %u",
		     t->name, (unsigned long long)sum, t->answer.length);
}

static bool is_of(const struct tag *t, uint32_t seqnum)
{
	return seqnum - t->seqnum <= t->more;
}

/* Of several with one seqnum, the oldest that has had no answer. */
static struct tag *answered(struct peer *p, uint32_t seqnum)
{
	struct tag *found = NULL;
	struct tag *t;

	for (t = p->tags; t; t = t->next)
		if (is_of(t, seqnum) &&
		    (!found || (!t->n_answers && !t->n_unlinked)))
			found = t;
	return found;
}

/* Of a flood only the number of answers is kept. */
static enum link_event take_flood(struct peer *p, struct tag *t,
				  const struct usbipx_pdu *pdu, int64_t deadline)
{
	size_t total = sizeof(struct usbipx_wire_header);
	enum link_event e;

	if (pdu->command == USBIPX_RET_SUBMIT && t->in)
		total += pdu->length;
	e = need(p, total, deadline);
	if (e != LINK_PDU)
		return e;
	t->n_answers++;
	t->answer = *pdu;
	buf_pull(&p->in, total);
	return LINK_PDU;
}

static enum link_event take_submit(struct peer *p, const struct usbipx_pdu *pdu,
				   const struct usbipx_wire_header *w,
				   int64_t deadline)
{
	struct tag *t = answered(p, pdu->seqnum);
	size_t total = sizeof(*w);
	enum link_event e;
	size_t data;

	if (t && t->more)
		return take_flood(p, t, pdu, deadline);
	if (!t)
		fail(p, "RET_SUBMIT for seqnum %u, which was never sent",
		     pdu->seqnum);
	check_zeroes(p, w, t->n_iso);
	if (t->n_answers)
		fail(p, "%s: second RET_SUBMIT", t->name);
	if (t->n_unlinked && t->unlink_status == -USBIPX_ECONNRESET)
		fail(p, "%s: RET_SUBMIT after it was cancelled", t->name);
	if (pdu->length > t->length)
		fail(p, "%s: actual_length %u, buffer is %u", t->name,
		     pdu->length, t->length);
	if (t->n_iso && pdu->packets != (int)t->n_iso)
		fail(p, "%s: number_of_packets %d, %u were sent", t->name,
		     pdu->packets, t->n_iso);
	data = t->in ? pdu->length : 0;
	total += data + t->n_iso * sizeof(struct usbipx_wire_iso);
	e = need(p, total, deadline);
	if (e != LINK_PDU)
		return e;
	t->answer = *pdu;
	t->n_answers++;
	buf_add(&t->data, buf_data(&p->in) + sizeof(*w), data);
	if (t->n_iso)
		take_packets(p, t, buf_data(&p->in) + sizeof(*w) + data);
	buf_pull(&p->in, total);
	return LINK_PDU;
}

static void take_unlink(struct peer *p, const struct usbipx_pdu *pdu,
			const struct usbipx_wire_header *w)
{
	struct tag *t = p->tags;

	while (t && !(t->unlinking && pdu->seqnum - t->unlink_seqnum <= t->more))
		t = t->next;
	if (t && t->more) {
		take_flood(p, t, pdu, 0);
		return;
	}
	if (!t)
		fail(p, "RET_UNLINK for seqnum %u, which was no unlink",
		     pdu->seqnum);
	check_zeroes(p, w, false);
	if (t->n_unlinked)
		fail(p, "%s: second RET_UNLINK", t->name);
	if (t->n_answers && pdu->status == -USBIPX_ECONNRESET)
		fail(p, "%s: RET_UNLINK %d although RET_SUBMIT came", t->name,
		     pdu->status);
	t->n_unlinked++;
	t->unlink_status = pdu->status;
	buf_pull(&p->in, sizeof(*w));
}

/* Receives one PDU and notes it with its tag. */
enum link_event link_next(struct peer *p, int64_t deadline)
{
	struct usbipx_wire_header w;
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;
	enum link_event e = need(p, sizeof(w), deadline);

	if (e != LINK_PDU)
		return e;
	memcpy(&w, buf_data(&p->in), sizeof(w));
	if (usbipx_decode(&pdu, &w, USBIPX_CLIENT, &fault))
		fail(p, "server broke the protocol: %s 0x%x", fault.what,
		     fault.value);
	if (pdu.command == USBIPX_RET_SUBMIT)
		return take_submit(p, &pdu, &w, deadline);
	take_unlink(p, &pdu, &w);
	return LINK_PDU;
}
