// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that goes wrong at random, but the same way for the same seed.
 * May call conn.c.
 * Called by answer.c for every answer, by sim-main.c and control.c.
 *
 * Each connection of each device has a generator of its own, so what other
 * devices do changes nothing. A connection is good for a while, then spoils one
 * answer in twenty, and ends after some hundreds.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "mutate.h"

#define GRACE	 64   /* about as many as an enumeration takes */
#define LIMIT	 1500 /* answers to a connection, at most */
#define RARITY	 20   /* one answer in so many is spoilt */
#define HELD_MAX 65536

static bool on;
static uint64_t seed;
static uint64_t count; /* answers to spoil, 0 = without end */
static uint64_t n_answers;
static uint64_t n_spoilt;
static uint64_t n_connections;

int mutate_parse(const char *text)
{
	char *end;

	seed = strtoull(text, &end, 0);
	if (end == text)
		return -1;
	if (*end == ':')
		count = strtoull(end + 1, &end, 0);
	on = true;
	return *end ? -1 : 0;
}

/* splitmix64 */
static uint64_t chance(struct mutate *m)
{
	uint64_t x = m->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint32_t below(struct mutate *m, uint32_t n)
{
	return chance(m) % n;
}

static void begin(struct conn *c)
{
	struct mutate *m = &c->mutate;
	const char *p;

	m->state = seed * 0x9e3779b97f4a7c15ULL + c->dev->n_connections + 1;
	for (p = c->dev->busid; *p; p++)
		m->state = (m->state ^ (uint8_t)*p) * 0x100000001b3ULL;
	/* Some spoil the enumeration. */
	m->grace = below(m, 4) ? GRACE + below(m, GRACE) : below(m, GRACE);
	m->limit = m->grace + below(m, LIMIT);
	n_connections++;
}

/* A value that a field may choke on. */
static uint32_t nasty(struct mutate *m)
{
	static const uint32_t values[] = {
		0,	    1,		2,	    3,		4,
		8,	    47,		48,	    49,		511,
		512,	    1023,	1024,	    1025,	4096,
		0xffff,	    0x10000,	0x7fffffff, 0x80000000, 0x80000001,
		0xffffffff, 0xfffffffe, 0xfffff000, 0xffffff98, 0xffffff87,
	};

	if (!below(m, 4))
		return chance(m);
	return values[below(m, sizeof(values) / sizeof(values[0]))];
}

static void spoil_field(struct mutate *m, uint8_t *pdu, size_t len)
{
	uint32_t at = below(m, len < 48 ? len / 4 : 12) * 4;
	uint32_t value;

	memcpy(&value, pdu + at, 4);
	value = ntohl(value);
	switch (below(m, 3)) {
	case 0:
		value = nasty(m);
		break;
	case 1:
		value += below(m, 33) - 16;
		break;
	case 2:
		value ^= 1U << below(m, 32);
		break;
	}
	value = htonl(value);
	memcpy(pdu + at, &value, 4);
}

/* Behind the data of an isochronous answer are its packet descriptors. */
static void spoil_tail(struct mutate *m, uint8_t *pdu, size_t len)
{
	size_t room = len - 48 < 256 ? len - 48 : 256;
	uint32_t value = htonl(nasty(m));

	if (room < 4)
		return;
	memcpy(pdu + len - 4 - below(m, room / 4) * 4, &value, 4);
}

static void add_noise(struct conn *c, size_t n)
{
	uint8_t byte;

	while (n--) {
		byte = chance(&c->mutate);
		buf_add(&c->out, &byte, 1);
	}
}

/* An answer nobody asked for, to an URB of the past or of the future. */
static void add_stray(struct conn *c, uint32_t seqnum)
{
	struct mutate *m = &c->mutate;
	struct usbipx_pdu pdu = {
		.command = below(m, 2) ? USBIPX_RET_SUBMIT : USBIPX_RET_UNLINK,
		.seqnum = below(m, 4) ? seqnum + below(m, 512) - 384 : nasty(m),
		.status = below(m, 2) ? 0 : (int32_t)nasty(m),
		.length = below(m, 2) ? 0 : nasty(m),
		.packets = below(m, 2) ? 0 : (int32_t)nasty(m),
	};
	struct usbipx_wire_header w;

	usbipx_encode(&w, &pdu);
	buf_add(&c->out, &w, sizeof(w));
}

/* Wrong, but nothing that a client must end the connection for. */
static void spoil_gently(struct conn *c, size_t before)
{
	struct usbipx_wire_header *w =
		(void *)(c->out.mem + c->out.head + before);
	struct mutate *m = &c->mutate;

	switch (below(m, 4)) {
	case 0:
		w->devid = htonl(nasty(m));
		break;
	case 1:
		w->direction = htonl(nasty(m));
		w->ep = htonl(nasty(m));
		break;
	case 2:
		w->ret_submit.status = htonl(nasty(m));
		break;
	case 3:
		w->ret_submit.error_count = htonl(nasty(m));
		w->ret_submit.start_frame = htonl(nasty(m));
		break;
	}
}

static void hold(struct conn *c, size_t before)
{
	size_t len = c->out.len - before;

	if (len > HELD_MAX)
		return;
	buf_add(&c->mutate.held, buf_data(&c->out) + before, len);
	c->out.len = before;
}

static void spoil(struct conn *c, size_t before)
{
	uint8_t *pdu = c->out.mem + c->out.head + before;
	size_t len = c->out.len - before;
	struct mutate *m = &c->mutate;
	struct buf copy = { 0 };
	uint32_t seqnum;

	memcpy(&seqnum, pdu + 4, sizeof(seqnum));
	seqnum = ntohl(seqnum);
	n_spoilt++;
	switch (below(m, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		spoil_gently(c, before);
		break;
	case 4:
	case 5:
		spoil_field(m, pdu, len);
		break;
	case 6:
		pdu[below(m, len)] ^= 1 << below(m, 8);
		break;
	case 7:
		spoil_tail(m, pdu, len);
		break;
	case 8:
		hold(c, before);
		break;
	case 9: /* never answered */
		if (!below(m, 4))
			c->out.len = before;
		break;
	case 10: /* answered twice */
		buf_add(&copy, pdu, len);
		buf_add(&c->out, buf_data(&copy), copy.len);
		buf_free(&copy);
		break;
	case 11:
		add_noise(c, 1 + below(m, 100));
		break;
	case 12:
	case 13:
		add_stray(c, seqnum);
		break;
	case 14: /* cut, and on with the next */
		c->out.len = before + below(m, len);
		break;
	case 15:
		c->out.len = before + below(m, len + 1);
		conn_finish(c, below(m, 2) ? END_CLOSE : END_RST);
		break;
	}
}

void mutate_answer(struct conn *c, size_t before)
{
	struct mutate *m = &c->mutate;
	struct buf held;

	if (!on)
		return;
	if (!m->state)
		begin(c);
	n_answers++;
	if (count && n_answers > count)
		return;
	if (m->grace) {
		m->grace--;
		m->limit--;
		return;
	}
	if (!m->limit--) {
		conn_finish(c, below(m, 2) ? END_CLOSE : END_RST);
		return;
	}
	held = m->held;
	memset(&m->held, 0, sizeof(m->held));
	if (!below(m, RARITY) && c->out.len >= before + 48)
		spoil(c, before);
	if (held.len)
		buf_add(&c->out, buf_data(&held), held.len);
	buf_free(&held);
}

void mutate_end(struct conn *c)
{
	buf_free(&c->mutate.held);
}

void mutate_print(char *to, size_t size)
{
	*to = 0;
	if (on)
		snprintf(to, size,
			 "random seed %llu answers %llu spoilt %llu connections %llu\n",
			 (unsigned long long)seed, (unsigned long long)n_answers,
			 (unsigned long long)n_spoilt,
			 (unsigned long long)n_connections);
}
