// SPDX-License-Identifier: GPL-2.0-only
/*
 * --random: connection after connection of commands that are mostly valid, and how
 * the server bears it.
 * May call peer-device.c, peer-child.c and peer-link.c (now_ms).
 * Called by peer-main.c.
 *
 * What holds: the server reads on; every answer is one, as far as an answer shows by
 * itself, and there are no more of them than commands; after the end of a connection
 * the device is available within 10 s. One seed is one sequence of commands; when
 * answers come, and which are never read, is the machine's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define STALL_MS     20000
#define AVAILABLE_MS 10000
#define LENGTH_MAX   (64u << 20)  /* of an URB, as the server has it */
#define PAYLOAD_MAX  (256u << 10) /* that is really sent */
#define URBS_MAX     1000	  /* on one connection */

struct client {
	struct peer p;
	uint64_t random;
	struct endpoint ep[32];
	int n_ep;
	bool is_hid;   /* has interrupt endpoints */
	bool reads;    /* takes its answers */
	bool over;     /* the server hung up */
	uint64_t skip; /* bytes of the answer at hand */
	unsigned long submits, unlinks, ret_submits,
		ret_unlinks; /* of one connection */
	bool lost; /* the server may have taken payload for commands */
	unsigned long sent, answers, hung_up, connections;
};

struct submit {
	uint32_t words[12];
	uint32_t packet[USBIPX_MAX_PACKETS][4];
	unsigned int packets; /* descriptors that follow */
	uint32_t payload;     /* bytes that follow */
	bool last;	      /* nothing sensible can come behind it */
};

static uint64_t next(struct client *c)
{
	uint64_t z = (c->random += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint32_t below(struct client *c, uint32_t n)
{
	return next(c) % n;
}

static bool one_in(struct client *c, uint32_t n)
{
	return !below(c, n);
}

/* --- answers --- */

static void bad_answer(const struct client *c, const char *what, uint32_t value)
{
	fail(&c->p, "connection %lu: bad answer: %s 0x%x", c->connections, what,
	     value);
}

/* Our seqnums are odd for IN, which tells what follows an answer. */
static void take_header(struct client *c)
{
	struct usbipx_wire_header w;
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;

	buf_take(&c->p.in, &w, sizeof(w));
	if (usbipx_decode(&pdu, &w, USBIPX_CLIENT, &fault))
		bad_answer(c, fault.what, fault.value);
	if (w.devid || w.direction || w.ep)
		bad_answer(c, "devid, direction or ep", ntohl(w.devid));
	c->answers++;
	if (pdu.command == USBIPX_RET_UNLINK) {
		if (++c->ret_unlinks > c->unlinks && !c->lost)
			bad_answer(c, "more than commands, seqnum", pdu.seqnum);
		return;
	}
	if (++c->ret_submits > c->submits && !c->lost)
		bad_answer(c, "more than commands, seqnum", pdu.seqnum);
	if ((int32_t)ntohl(w.ret_submit.status) > 0)
		bad_answer(c, "status", pdu.status);
	if (pdu.length > LENGTH_MAX)
		bad_answer(c, "actual_length", pdu.length);
	if (pdu.packets < 0 || pdu.packets > USBIPX_MAX_PACKETS)
		bad_answer(c, "number_of_packets", pdu.packets);
	c->skip = pdu.packets * 16ull;
	if (pdu.seqnum & 1)
		c->skip += pdu.length;
}

static void take_answers(struct client *c)
{
	struct buf *in = &c->p.in;

	for (;;) {
		size_t n = in->len < c->skip ? in->len : c->skip;

		buf_pull(in, n);
		c->skip -= n;
		if (c->skip || in->len < sizeof(struct usbipx_wire_header))
			return;
		take_header(c);
	}
}

/* --- the socket --- */

static void receive(struct client *c)
{
	ssize_t n = recv(c->p.fd, buf_room(&c->p.in, 65536), 65536, MSG_DONTWAIT);

	if (n > 0) {
		buf_grew(&c->p.in, n);
		take_answers(c);
	} else if (!n || errno != EAGAIN) {
		c->over = true;
	}
}

static void push(struct client *c, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n && !c->over) {
		struct pollfd pfd = { .fd = c->p.fd,
				      .events = POLLOUT |
						(c->reads ? POLLIN : 0) };
		ssize_t sent;

		/* Who does not read must expect that the server does not either. */
		if (poll(&pfd, 1, c->reads ? STALL_MS : 200) <= 0) {
			if (c->reads)
				fail(&c->p,
				     "connection %lu: nothing read for %d s",
				     c->connections, STALL_MS / 1000);
			c->over = true;
			return;
		}
		if (c->reads && pfd.revents & (POLLIN | POLLHUP | POLLERR))
			receive(c);
		if (!(pfd.revents & POLLOUT))
			continue;
		sent = send(c->p.fd, at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			at += sent;
			n -= sent;
		} else if (errno != EAGAIN) {
			c->over = true;
		}
	}
}

/* Whole, or in pieces. */
static void push_somehow(struct client *c, const struct buf *b)
{
	const uint8_t *at = buf_data(b);
	size_t left = b->len;
	int pieces = one_in(c, 20) ? 20 : 0;

	while (pieces-- && left > 1) {
		size_t n = 1 + below(c, left < 64 ? left : 64);

		push(c, at, n);
		at += n;
		left -= n;
	}
	push(c, at, left);
}

/* --- commands --- */

enum {
	COMMAND,
	SEQNUM,
	DEVID,
	DIRECTION,
	EP,
	FLAGS,
	LENGTH,
	START_FRAME,
	PACKETS,
	INTERVAL,
	SETUP
};

static uint32_t odd_value(struct client *c)
{
	static const uint32_t values[] = {
		0,	    1,		2,
		3,	    15,		16,
		63,	    64,		255,
		512,	    1023,	1024,
		1025,	    0xffff,	0x10000,
		65537,	    64u << 20,	(64u << 20) + 1,
		0x7fffffff, 0x80000000, 0x80000001,
		-2u,	    -1u,
	};

	if (one_in(c, 3))
		return next(c);
	return values[below(c, sizeof(values) / sizeof(values[0]))];
}

static uint32_t length(struct client *c)
{
	switch (below(c, 40)) {
	case 0:
		return below(c, PAYLOAD_MAX);
	case 1:
	case 2:
		return below(c, 65536);
	case 3 ... 9:
		return below(c, 4097);
	default:
		return below(c, 520);
	}
}

static const struct endpoint *of_type(const struct client *c, uint32_t number,
				      bool in, uint8_t type)
{
	int i;

	for (i = 0; i < c->n_ep; i++)
		if (c->ep[i].number == number && c->ep[i].in == in &&
		    c->ep[i].type == type)
			return &c->ep[i];
	return NULL;
}

static void set_setup(struct submit *s, uint8_t type, uint8_t request,
		      uint16_t value, uint16_t index, uint16_t len)
{
	const uint8_t setup[8] = { type,  request,    value, value >> 8,
				   index, index >> 8, len,   len >> 8 };

	memcpy(s->words + SETUP, setup, 8);
	s->words[EP] = 0;
	s->words[DIRECTION] = type >> 7;
	s->words[LENGTH] = len;
}

static void control(struct client *c, struct submit *s)
{
	static const struct {
		uint8_t type, request;
		uint16_t value, len;
	} requests[] = {
		{ 0x80, 6, 0x0100, 18 },  { 0x80, 6, 0x0200, 255 },
		{ 0x80, 6, 0x0302, 255 }, { 0x80, 6, 0x0f00, 64 },
		{ 0x80, 0, 0, 2 },	  { 0x81, 0, 0, 2 },
		{ 0x82, 0, 0, 2 },	  { 0x80, 8, 0, 1 },
		{ 0x81, 10, 0, 1 },	  { 0xa1, 1, 0x0100, 64 },
		{ 0x81, 6, 0x2200, 64 },  { 0xc0, 0x5c, 0, 64 },
		{ 0x40, 0x5b, 0, 64 },	  { 0x21, 9, 0x0200, 8 },
	};
	int i = below(c, sizeof(requests) / sizeof(requests[0]));

	set_setup(s, requests[i].type, requests[i].request, requests[i].value,
		  below(c, 3), requests[i].len);
}

/* What the server carries out itself, and sleeps for. */
static void sleeping(struct client *c, struct submit *s)
{
	switch (below(c, 24)) {
	case 0:
		set_setup(s, 0x23, 3, 4, 1, 0); /* PORT_RESET */
		break;
	case 1 ... 3:
		set_setup(s, 0, 9, below(c, 3), 0, 0); /* SET_CONFIGURATION */
		break;
	case 4 ... 8:
		set_setup(s, 0, 5, below(c, 128), 0, 0); /* SET_ADDRESS */
		break;
	case 9 ... 15: /* SET_INTERFACE */
		/* The kernel's HID gadget leaks a request when one succeeds. */
		set_setup(s, 1, 11, c->is_hid ? 1 : below(c, 3), below(c, 3), 0);
		break;
	default:
		set_setup(s, 2, 1, 0, below(c, 4) | below(c, 2) << 7, 0);
		break; /* CLEAR_FEATURE(HALT) */
	}
}

static void transfer(struct client *c, struct submit *s)
{
	const struct endpoint *e = &c->ep[below(c, c->n_ep)];
	unsigned int i, n;

	s->words[EP] = e->number;
	s->words[DIRECTION] = e->in;
	s->words[INTERVAL] = 1;
	s->words[FLAGS] = one_in(c, 4) ? USBIPX_ZERO_PACKET : 0;
	if (e->type != 1) {
		s->words[LENGTH] = length(c);
		return;
	}
	n = 1 + below(c, one_in(c, 10) ? USBIPX_MAX_PACKETS : 16);
	s->words[FLAGS] = USBIPX_ISO_ASAP;
	s->words[PACKETS] = n;
	s->words[LENGTH] = n * e->size;
	for (i = 0; i < n; i++) {
		s->packet[i][0] = i * e->size;
		s->packet[i][1] = below(c, e->size + 1);
	}
}

/* What the receiver takes for fatal is rare, so that connections last. */
static void mutate(struct client *c, struct submit *s)
{
	static const uint8_t harmless[] = { SEQNUM,	 DEVID,	  FLAGS,
					    START_FRAME, PACKETS, INTERVAL,
					    SETUP,	 SETUP,	  SETUP + 1 };
	static const uint8_t fatal[] = { COMMAND, DIRECTION, EP, LENGTH };
	unsigned int i;

	if (one_in(c, 8))
		s->words[harmless[below(c, sizeof(harmless))]] = odd_value(c);
	if (one_in(c, 40))
		s->words[EP] = below(c, 16);
	if (one_in(c, 40))
		s->words[DIRECTION] ^= 1;
	if (one_in(c, 40))
		s->words[LENGTH] = length(c);
	if (one_in(c, 300))
		s->words[fatal[below(c, sizeof(fatal))]] = odd_value(c);
	if (s->words[PACKETS] - 1 < USBIPX_MAX_PACKETS && one_in(c, 50)) {
		i = below(c, s->words[PACKETS]);
		s->packet[i][below(c, 4)] = odd_value(c);
		c->lost = true;
	}
}

/*
 * The bytes of a CMD_SUBMIT, or of the CMD_UNLINK it was mutated to, and of what its
 * own fields say comes behind it.
 */
static void encode(struct client *c, struct submit *s, struct buf *b)
{
	bool in = s->words[DIRECTION] == USBIPX_DIR_IN;
	bool is_unlink = s->words[COMMAND] == USBIPX_CMD_UNLINK;
	unsigned int i, packets = s->words[PACKETS];
	uint32_t payload = in || is_unlink ? 0 : s->words[LENGTH];

	s->words[SEQNUM] = (s->words[SEQNUM] & ~1u) | in;
	if (!of_type(c, s->words[EP], in, 1) || packets > USBIPX_MAX_PACKETS ||
	    is_unlink)
		packets = 0;
	if (payload > PAYLOAD_MAX) {
		payload = below(c, 4096);
		s->last = true;
	}
	if (one_in(c, 500)) {
		payload += below(c, 100) - 50;
		c->lost = true;
	}
	if (payload > PAYLOAD_MAX)
		payload = 0;
	for (i = 0; i <= SETUP - 1; i++) {
		uint32_t word = htonl(s->words[i]);

		buf_add(b, &word, 4);
	}
	buf_add(b, s->words + SETUP, 8);
	buf_fill(b, below(c, 256), payload);
	for (i = 0; i < packets * 4; i++) {
		uint32_t word = htonl(s->packet[i / 4][i % 4]);

		buf_add(b, &word, 4);
	}
}

static bool submit(struct client *c, struct buf *b)
{
	static struct submit s;

	memset(&s, 0, sizeof(s));
	s.words[COMMAND] = USBIPX_CMD_SUBMIT;
	s.words[SEQNUM] = c->p.seqnum += 2;
	s.words[DEVID] = c->p.devid;
	switch (below(c, 100)) {
	case 0 ... 24:
		control(c, &s);
		break;
	case 25 ... 29:
		sleeping(c, &s);
		break;
	default:
		transfer(c, &s);
		break;
	}
	mutate(c, &s);
	encode(c, &s, b);
	if (s.words[COMMAND] == USBIPX_CMD_UNLINK)
		c->unlinks++;
	else
		c->submits++;
	return !s.last;
}

static void unlink_some(struct client *c, struct buf *b)
{
	uint32_t victim = c->p.seqnum - 2 * below(c, 40) + below(c, 2);
	struct usbipx_wire_header h;
	struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_UNLINK,
		.seqnum = c->p.seqnum += 2,
		.devid = c->p.devid,
		.victim = one_in(c, 20) ? odd_value(c) : victim,
	};

	usbipx_encode(&h, &pdu);
	buf_add(b, &h, sizeof(h));
	c->unlinks++;
}

/* Returns whether more may come. */
static bool command(struct client *c)
{
	struct buf b = { 0 };
	bool more = true;

	if (one_in(c, 5))
		unlink_some(c, &b);
	else
		more = submit(c, &b);
	if (one_in(c, 1000)) {
		uint64_t garbage = next(c);

		buf_add(&b, &garbage, 1 + below(c, 8));
		more = false;
	}
	push_somehow(c, &b);
	c->sent++;
	buf_free(&b);
	return more;
}

/* --- connections --- */

static void leave(struct client *c)
{
	struct linger hard = { .l_onoff = 1 };
	int64_t deadline = now_ms() + STALL_MS;
	uint32_t how = below(c, 4);

	if (how < 2 && c->reads) {
		shutdown(c->p.fd, SHUT_WR);
		while (!c->over) {
			struct pollfd pfd = { .fd = c->p.fd, .events = POLLIN };

			if (poll(&pfd, 1, 100) > 0)
				receive(c);
			else if (now_ms() > deadline)
				fail(&c->p,
				     "connection %lu: not closed within %d s",
				     c->connections, STALL_MS / 1000);
		}
	} else if (how == 2) {
		setsockopt(c->p.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	}
	close(c->p.fd);
}

static void connection(struct client *c, const char *busid, bool tcp,
		       unsigned long most)
{
	unsigned long n = 1 + below(c, URBS_MAX);

	buf_reset(&c->p.in);
	c->over = false;
	c->skip = 0;
	c->submits = c->unlinks = c->ret_submits = c->ret_unlinks = 0;
	c->lost = false;
	c->reads = !one_in(c, 10);
	c->p.seqnum = below(c, 1000) * 2;
	c->connections++;
	device_connect(&c->p, busid, tcp);
	while (n-- && most-- && !c->over)
		if (!command(c))
			break;
	c->hung_up += c->over;
	leave(c);
	if (!child_until_available(busid, AVAILABLE_MS))
		fail(&c->p, "connection %lu: not available within %d s",
		     c->connections, AVAILABLE_MS / 1000);
}

int random_run(const char *busid, bool tcp, uint64_t seed, unsigned long count)
{
	static struct client c;
	int64_t begin = now_ms();

	printf("# seed %" PRIu64 ", %lu PDUs, device %s\n", seed, count, busid);
	c.random = seed;
	c.n_ep = device_endpoints(busid, c.ep, 32);
	if (!c.n_ep)
		fail(&c.p, "%s has no endpoints", busid);
	c.is_hid = c.ep[0].type == 3;
	while (c.sent < count)
		connection(&c, busid, tcp, count - c.sent);
	printf("# %lu PDUs in %lu connections, %lu answers, hung up on %lu times, %lld ms\n",
	       c.sent, c.connections, c.answers, c.hung_up,
	       (long long)(now_ms() - begin));
	return 0;
}
