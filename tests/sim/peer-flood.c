// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for many PDUs at once: flood, expect-flood.
 * May call peer-link.c and peer-raw.c (header_words).
 * Called by peer-script.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "peer.h"

/* Room to keep what is sent at once. */
#define BATCH (256 << 10)

/*
 * As much as the server takes. Returns how much; fewer when it has taken nothing
 * for so long, or has hung up.
 */
static size_t push(const struct peer *p, const uint8_t *at, size_t n, int stall)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLOUT };
	size_t pushed = 0;

	while (pushed < n) {
		ssize_t sent = send(p->fd, at + pushed, n - pushed,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			pushed += sent;
			continue;
		}
		if (errno != EAGAIN || poll(&pfd, 1, stall) <= 0)
			break;
	}
	return pushed;
}

static size_t flood_size(const struct tag *t)
{
	return (sizeof(t->words) + t->payload) * ((size_t)t->more + 1);
}

/* Goes on where it ended. Returns false when the server took nothing for so long. */
static bool flood_on(const struct peer *p, struct tag *t, int stall)
{
	size_t size = sizeof(t->words) + t->payload;
	size_t total = flood_size(t);
	struct buf batch = { 0 };
	bool taken = true;

	while (t->sent < total && taken) {
		uint32_t i = t->sent / size;
		size_t n;

		buf_reset(&batch);
		do {
			t->words[1] = htonl(t->seqnum + i);
			buf_add(&batch, t->words, sizeof(t->words));
			buf_fill(&batch, 0, t->payload);
		} while (i++ < t->more && batch.len < BATCH);
		buf_pull(&batch, t->sent % size);
		n = push(p, buf_data(&batch), batch.len, stall);
		taken = n == batch.len;
		t->sent += n;
	}
	buf_free(&batch);
	return taken;
}

/*
 * flood TAG N [stall=MS] [payload=BYTES] [FIELD=VALUE…]: N times that header with
 * the next seqnums, without reading an answer. A server that takes nothing for so
 * long ends it, and the last PDU may be incomplete then.
 */
void cmd_flood(struct peer *p, struct words *w)
{
	uint32_t words[12];
	size_t payload = 0;
	int stall = 1000;
	struct tag *t;
	int from;

	if (w->argc < 3)
		fail(p,
		     "flood TAG N [stall=MS] [payload=BYTES] [FIELD=VALUE...]");
	for (from = 3; from < w->argc; from++) {
		if (!strncmp(w->argv[from], "stall=", 6))
			stall = number(p, w->argv[from] + 6);
		else if (!strncmp(w->argv[from], "payload=", 8))
			payload = number(p, w->argv[from] + 8);
		else
			break;
	}
	header_words(p, w, from, words);
	t = tag_new(p, w->argv[1], ntohl(words[1]));
	memcpy(t->words, words, sizeof(words));
	t->payload = payload;
	t->more = number(p, w->argv[2]) - 1;
	t->in = ntohl(words[3]) == USBIPX_DIR_IN;
	t->unlinking = ntohl(words[0]) == USBIPX_CMD_UNLINK;
	t->unlink_seqnum = t->seqnum;
	p->seqnum = t->seqnum + t->more;

	flood_on(p, t, stall);
	printf("%s: %zu of %zu bytes sent\n", t->name, t->sent, flood_size(t));
}

/* expect-flood TAG N [TIMEOUT]: so many answers have come; what was not sent yet is. */
void cmd_expect_flood(struct peer *p, struct words *w)
{
	int64_t deadline, soon;
	struct tag *t;
	unsigned int n;

	if (w->argc < 3 || w->argc > 4)
		fail(p, "expect-flood TAG N [TIMEOUT]");
	t = tag_find(p, w->argv[1]);
	if (!t)
		fail(p, "no tag %s", w->argv[1]);
	n = number(p, w->argv[2]);
	deadline = now_ms() + (w->argc == 4 ? number(p, w->argv[3]) : p->timeout);
	while (t->n_answers < n) {
		soon = deadline;
		/* Not before what is here has been looked at. */
		if (p->in.len < sizeof(t->words) && !flood_on(p, t, 0))
			soon = now_ms() + 20;
		if (link_next(p, soon < deadline ? soon : deadline) ==
			    LINK_CLOSED ||
		    now_ms() >= deadline)
			fail(p, "%s: %u of %u answers", t->name, t->n_answers, n);
	}
}
