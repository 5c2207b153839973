/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection that carries PDUs of one imported device.
 * May call the loop, the device's URBs and core/wire.
 * Called by server.c and attach.c (start), answer.c (send).
 */
#ifndef SIM_CONN_H
#define SIM_CONN_H

#include "buf.h"
#include "device.h"
#include "loop.h"
#include "mutate.h"

enum conn_end {
	END_NOT,
	END_CLOSE, /* once all is sent */
	END_RST,
	END_NOW, /* the peer is gone, or broke the protocol */
};

struct conn {
	struct loop_fd io;
	struct loop_task task;
	struct loop_timer unlink_timer;
	struct loop_timer rate_timer;
	struct sim_dev *dev;
	struct buf in;
	struct buf out;
	struct buf late; /* RET_UNLINKs held back */
	struct buf cuts; /* of uint64_t: where in the stream a new piece begins */
	uint64_t sent;	 /* bytes */
	uint64_t answered;	/* RET_SUBMITs since start, or since "bad" */
	uint64_t data_answered; /* those of endpoints other than 0 */
	uint64_t unlinked;	/* RET_UNLINKs */
	uint64_t once;		/* bit per one-time misbehaviour done */
	struct mutate mutate;
	enum conn_end end;
	bool silent;
	bool deaf;
	bool begun;
	bool shut; /* sending side to be shut down */
	bool shut_done;
	void (*closed)(struct sim_dev *dev);
};

/* Takes the descriptor. closed() is called when the device is free again. */
struct conn *conn_start(struct sim_dev *dev, int fd,
			void (*closed)(struct sim_dev *dev));
/* Bytes that were read before the connection was one. */
void conn_feed(struct conn *c, const void *bytes, size_t n);

/* Whether what is sent still reaches anyone. */
static inline bool conn_open(const struct conn *c)
{
	return !c->silent && !c->shut && c->end == END_NOT;
}

void conn_send(struct conn *c, const void *bytes, size_t n);
/* What is sent next is a PDU: with bad=split it goes out in two pieces. */
void conn_begin_pdu(struct conn *c);
void conn_finish(struct conn *c, enum conn_end how);
/* Counts behind "after N URBs" start anew. */
void conn_rearm(struct conn *c);

/* answer.c */
void answer_submit(void *host, struct sim_urb *urb);
void answer_unlink(struct conn *c, const struct usbipx_pdu *cmd);

extern bool verbose;

#endif
