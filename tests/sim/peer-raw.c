// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for hostile use and for ending: raw, header, bytes, packet, split, cut, hold, release,
 * shutdown, rst, close, sleep.
 * May call peer-link.c and core/wire.
 * Called by peer-script.c.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

static void one_argument(struct peer *p, struct words *w)
{
	if (w->argc != 2)
		fail(p, "%s takes one argument", w->argv[0]);
}

void cmd_raw(struct peer *p, struct words *w)
{
	struct buf b = { 0 };
	int i;

	for (i = 1; i < w->argc; i++)
		if (buf_add_hex(&b, w->argv[i]))
			fail(p, "raw %s: not hex", w->argv[i]);
	if (!b.len)
		fail(p, "raw HEX...");
	link_send(p, buf_data(&b), b.len);
	buf_free(&b);
}

/* Names of the twelve words of a header; several where commands differ. */
static const struct {
	const char *name;
	int word;
} fields[] = {
	{ "command", 0 },     { "seqnum", 1 },	{ "devid", 2 },
	{ "direction", 3 },   { "ep", 4 },	{ "flags", 5 },
	{ "status", 5 },      { "victim", 5 },	{ "length", 6 },
	{ "start_frame", 7 }, { "packets", 8 }, { "interval", 9 },
	{ "error_count", 9 }, { "w10", 10 },	{ "w11", 11 },
};

static int field_word(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == len &&
		    !strncmp(fields[i].name, name, len))
			return fields[i].word;
	return -1;
}

/*
 * header [field=value…] [setup=HEX] [tag=NAME] [isochronous]: unnamed fields are
 * a CMD_SUBMIT of this device with the next seqnum; with tag= the answer can be
 * expected as that of an OUT transfer, or of an IN transfer of that length.
 *
 * Returns the tag, or NULL. words are the twelve of the header, as on the wire.
 */
struct tag *header_words(struct peer *p, struct words *w, int from,
			 uint32_t words[12])
{
	const char *name = word_value(w, "tag");
	struct tag *t;
	int i;

	memset(words, 0, 48);
	words[0] = htonl(USBIPX_CMD_SUBMIT);
	words[1] = htonl(++p->seqnum);
	words[2] = htonl(p->devid);
	for (i = from; i < w->argc; i++) {
		char *value = strchr(w->argv[i], '=');
		int at = value ? field_word(w->argv[i], value - w->argv[i]) : -1;

		if (at >= 0) {
			words[at] = htonl(number(p, value + 1));
		} else if (!strncmp(w->argv[i], "setup=", 6)) {
			struct buf b = { 0 };

			if (buf_add_hex(&b, value + 1) || b.len != 8)
				fail(p, "%s: 16 hex digits expected", w->argv[i]);
			memcpy(words + 10, buf_data(&b), 8);
			buf_free(&b);
		} else if (strncmp(w->argv[i], "tag=", 4) &&
			   strcmp(w->argv[i], "isochronous")) {
			fail(p, "header: no field %s", w->argv[i]);
		}
	}
	if (!name)
		return NULL;
	t = tag_new(p, name, ntohl(words[1]));
	t->in = ntohl(words[3]) == USBIPX_DIR_IN;
	t->length = ntohl(words[6]);
	/* So that the answer's descriptors are read. */
	if (word_value(w, "isochronous") && ntohl(words[8]) <= USBIPX_MAX_PACKETS)
		t->n_iso = ntohl(words[8]);
	t->unlinking = ntohl(words[0]) == USBIPX_CMD_UNLINK;
	t->unlink_seqnum = t->seqnum;
	return t;
}

void cmd_header(struct peer *p, struct words *w)
{
	uint32_t words[12];

	header_words(p, w, 1, words);
	link_send(p, words, sizeof(words));
}

/* bytes N [VALUE]: payload behind a header. */
void cmd_bytes(struct peer *p, struct words *w)
{
	struct buf b = { 0 };

	if (w->argc < 2 || w->argc > 3)
		fail(p, "bytes N [VALUE]");
	buf_fill(&b, w->argc == 3 ? number(p, w->argv[2]) : 0,
		 number(p, w->argv[1]));
	link_send(p, buf_data(&b), b.len);
	buf_free(&b);
}

/* packet OFFSET LENGTH [ACTUAL [STATUS]]: a packet descriptor. */
void cmd_packet(struct peer *p, struct words *w)
{
	uint32_t words[4] = { 0 };
	int i;

	if (w->argc < 3 || w->argc > 5)
		fail(p, "packet OFFSET LENGTH [ACTUAL [STATUS]]");
	for (i = 1; i < w->argc; i++)
		words[i - 1] = htonl(number(p, w->argv[i]));
	link_send(p, words, sizeof(words));
}

/* split N: everything in pieces of N; split N once: the next PDU as N bytes and the rest. */
void cmd_split(struct peer *p, struct words *w)
{
	p->piece_once = w->argc == 3 && !strcmp(w->argv[2], "once");
	if (w->argc != 2 && !p->piece_once)
		fail(p, "split N [once]");
	p->piece = number(p, w->argv[1]);
}

/* cut N: N bytes more, and then nothing is sent any more. */
void cmd_cut(struct peer *p, struct words *w)
{
	one_argument(p, w);
	p->cutting = true;
	p->cut = number(p, w->argv[1]);
}

/* hold … release: the PDUs between them leave together. */
void cmd_hold(struct peer *p, struct words *w)
{
	(void)w;
	p->holding = true;
}

void cmd_release(struct peer *p, struct words *w)
{
	(void)w;
	p->holding = false;
	link_send(p, buf_data(&p->held), p->held.len);
	buf_reset(&p->held);
}

void cmd_sleep(struct peer *p, struct words *w)
{
	one_argument(p, w);
	usleep(number(p, w->argv[1]) * 1000);
}

void cmd_shutdown(struct peer *p, struct words *w)
{
	static const char *const how[] = {
		[SHUT_RD] = "rd",
		[SHUT_WR] = "wr",
		[SHUT_RDWR] = "both",
	};
	int i;

	one_argument(p, w);
	for (i = 0; i < 3; i++)
		if (!strcmp(how[i], w->argv[1]))
			break;
	if (i == 3)
		fail(p, "shutdown rd|wr|both");
	shutdown(p->fd, i);
}

void cmd_rst(struct peer *p, struct words *w)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (p->fd >= 0)
		setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	cmd_close(p, w);
}

void cmd_close(struct peer *p, struct words *w)
{
	if (w->argc != 1)
		fail(p, "%s takes no argument", w->argv[0]);
	if (p->fd < 0)
		fail(p, "the connection is closed already");
	close(p->fd);
	p->fd = -1;
}
