/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection: takes over a stream socket, receives PDUs into URB memory,
 * sends queued PDUs. The only code of the project that touches sockets.
 * May call wire.h and payload.h. Called by vhci-ext and usbip-host-ext.
 *
 * Contexts
 *
 *   There is no thread. Over plain TCP, PDUs are received in the socket's
 *   data_ready callback (softirq, or whoever releases the socket lock) and sent
 *   by the submitter when it may sleep and nobody else is sending, else by
 *   tx_bh (softirq). Other sockets (UNIX, vsock, TLS), and what finds the socket
 *   locked, memory short or has to sleep, go through rx_work and tx_work.
 *
 * Locking, outermost first
 *
 *   rx_mutex       one reader in process context (rx_work, rx_drop)
 *   tx_sending     not a lock but the right to send, taken and left under
 *                  conn->lock: owns the busy PDUs of tx_queue, and tx_bvec
 *   socket lock    TCP: held while sending, and for struct usbipx_rx. All: while
 *                  the socket is taken over and let go, when jump labels may be
 *                  changed in it
 *   sk_callback_lock  held for reading in the socket's callbacks, so that
 *                  taking it for writing waits for every callback to end
 *   conn->lock     state, tx_queue, and whether work may still be queued.
 *                  Interrupts disabled: URBs complete in hard interrupts
 *
 *   Callbacks of usbipx_conn_ops are called without conn->lock. A driver may
 *   call usbipx_conn_queue(), _cancel() and _close() with its own spinlock
 *   held; that lock is therefore outside conn->lock.
 *
 * States: NEW -> UP -> CLOSING -> DEAD, or NEW -> DEAD; conn_set_state() alone
 * moves from one to the next.
 */
#ifndef USBIPX_CONN_H
#define USBIPX_CONN_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "debug.h"
#include "payload.h"
#include "wire.h"

/* Pieces of memory handed to the socket in one call. */
#define USBIPX_TX_PIECES 32

/* Enough for an IPv6 address with its scope in brackets and a port. */
#define USBIPX_PEER_SIZE 72

struct usbipx_conn;

enum usbipx_conn_state {
	USBIPX_CONN_NEW,
	USBIPX_CONN_UP,
	USBIPX_CONN_CLOSING,
	USBIPX_CONN_DEAD,
};

/**
 * struct usbipx_tx - one PDU to send; embedded in what it is about
 * @node: place in the queue; empty when the connection does not hold it
 * @header: encoded
 * @data: payload behind the header
 * @iso: encoded packet descriptors behind the payload, or NULL
 * @iso_length: size of @iso in bytes
 * @passed: bytes of @header and @iso already sent
 * @splice: the pages of @data may be read after tx_done(), see
 *	usbipx_tx_data()
 * @busy: some of it may have left; protected by conn->lock
 */
struct usbipx_tx {
	struct list_head node;
	struct usbipx_wire_header header;
	struct usbipx_cursor data;
	struct usbipx_wire_iso *iso;
	u32 iso_length;
	u32 passed;
	bool splice;
	bool busy;
};

/**
 * struct usbipx_rx - the PDU being received
 * @stage: which part of it comes next
 * @have: bytes of @header or @iso_wire already there
 * @header: as received
 * @iso_wire: the packet descriptor being received
 * @pdu: decoded @header
 * @fault: what was wrong with it
 * @error: why receiving must end; 0 while all is well
 * @deferred: @pdu waits for rx_work; nothing is read meanwhile
 * @waiting: and for usbipx_conn_rx_resume()
 * @ctx: set by rx_pdu(): what the PDU is about; NULL to swallow it
 * @data: set by rx_pdu(): where the payload goes
 * @skip: set by rx_pdu(): bytes of payload to swallow after @data
 * @packets: set by rx_pdu(): packet descriptors that follow the payload
 * @packet: index of the next packet descriptor
 */
struct usbipx_rx {
	enum {
		USBIPX_RX_HEADER,
		USBIPX_RX_DATA,
		USBIPX_RX_ISO,
	} stage;
	u32 have;
	union {
		struct usbipx_wire_header header;
		struct usbipx_wire_iso iso_wire;
	};
	struct usbipx_pdu pdu;
	struct usbipx_fault fault;
	int error;
	bool deferred;
	bool waiting;
	void *ctx;
	struct usbipx_cursor data;
	u32 skip;
	u32 packets;
	u32 packet;
};

/**
 * struct usbipx_conn_ops - what a driver does with PDUs
 * @role: which PDUs may arrive
 * @closing: how many of the driver's connections are, until closed() has returned
 * @rx_pdu: a header has arrived. Sets @ctx, @data, @skip and @packets of the
 *	struct usbipx_rx. Atomic unless @may_sleep; returns -EAGAIN to be called
 *	again when it may. When it may, returns -EBUSY to be called again after
 *	usbipx_conn_rx_resume(). Any other error closes the connection.
 * @rx_iso: a packet descriptor has arrived; not called when ctx is NULL
 * @rx_done: the PDU is complete; not called when ctx is NULL. Takes ctx over.
 * @tx_done: the connection holds the PDU no longer, sent or not
 * @closed: nothing will be sent or received any more and no callback but this
 *	one is running. @ctx is the PDU that was being received. May sleep.
 *
 * rx_* are called one at a time, tx_done one at a time, without locks that
 * the driver knows of; bottom halves may be disabled.
 */
struct usbipx_conn_ops {
	enum usbipx_role role;
	atomic_t *closing;
	int (*rx_pdu)(struct usbipx_conn *conn, struct usbipx_rx *rx,
		      bool may_sleep);
	int (*rx_iso)(struct usbipx_conn *conn, struct usbipx_rx *rx,
		      const struct usbipx_iso *iso);
	int (*rx_done)(struct usbipx_conn *conn, struct usbipx_rx *rx);
	void (*tx_done)(struct usbipx_conn *conn, struct usbipx_tx *tx);
	void (*closed)(struct usbipx_conn *conn, void *ctx);
};

/**
 * struct usbipx_conn - one attachment's socket
 * @ref: references
 * @ops: invariant
 * @priv: the driver's; invariant
 * @sock: holds a reference to the socket's file until DEAD
 * @peer: who is at the other end, for people; invariant
 * @since: when it was made, in seconds since boot; invariant
 * @tcp: plain TCP, which can be read and sent in softirq; invariant once UP
 * @timeout: peer_timeout in seconds, 0: none; invariant once UP
 * @lock: see above
 * @state: protected by @lock
 * @reason: why the connection ended, set once, with CLOSING or, for a NEW one, before
 * @error: errno that goes with @reason
 * @tx_queue: PDUs to send, the first may be sent in part; protected by @lock
 * @tx_sending: somebody is sending; protected by @lock
 * @tx_blocked: the socket had no room, write_space goes on; protected by @lock
 * @tx_idle: woken when @tx_sending ends after CLOSING
 * @tx_bvec: the sender's
 * @tx_bytes: taken by a socket that is not TCP
 * @rx_mutex: the reader in process context
 * @rx: protected by the socket lock, or by @rx_mutex without @tcp
 * @rx_bytes: received from a socket that is not TCP
 * @rx_work: reads where data_ready cannot
 * @tx_bh: sends where the submitter cannot
 * @tx_work: sends where neither can
 * @close_work: takes the connection down
 * @dead: completed when DEAD
 * @saved_data_ready: the socket's own callbacks and allocation mode
 * @saved_state_change: same
 * @saved_write_space: same
 * @saved_error_report: same
 * @saved_allocation: same
 * @memalloc: more allocation flags when the socket may use the last reserves of memory, or 0
 * @saved_task_frag: same
 */
struct usbipx_conn {
	struct kref ref;
	const struct usbipx_conn_ops *ops;
	void *priv;
	struct socket *sock;
	char peer[USBIPX_PEER_SIZE];
	time64_t since;
	bool tcp;
	unsigned int timeout;

	spinlock_t lock; /* see the locking chapter above */
	enum usbipx_conn_state state;
	const char *reason;
	int error;

	struct list_head tx_queue;
	bool tx_sending;
	bool tx_blocked;
	wait_queue_head_t tx_idle;
	struct bio_vec tx_bvec[USBIPX_TX_PIECES];
	u64 tx_bytes;

	struct mutex rx_mutex; /* see the locking chapter above */
	struct usbipx_rx rx;
	u64 rx_bytes;

	struct work_struct rx_work;
	struct tasklet_struct tx_bh;
	struct delayed_work tx_work;
	struct work_struct close_work;
	struct completion dead;

	void (*saved_data_ready)(struct sock *sk);
	void (*saved_state_change)(struct sock *sk);
	void (*saved_write_space)(struct sock *sk);
	void (*saved_error_report)(struct sock *sk);
	gfp_t saved_allocation;
	gfp_t memalloc;
	bool saved_task_frag;
};

/**
 * struct usbipx_stats - what a connection has done so far
 * @peer: who is at the other end, "ADDRESS:PORT" or what kind of socket it is
 * @seconds: since it was taken over
 * @rx_bytes: received from the peer; over TCP with the few hundred bytes by which the
 *	tools have agreed about the device
 * @tx_bytes: same, that the peer has confirmed; taken by the socket when it is not TCP
 */
struct usbipx_stats {
	char peer[USBIPX_PEER_SIZE];
	time64_t seconds;
	u64 rx_bytes;
	u64 tx_bytes;
};

/**
 * struct usbipx_path - what TCP knows of the way to the peer
 * @retrans: segments sent again since the socket was made
 * @rtt_us: smoothed round-trip time in microseconds, 0 before the first
 */
struct usbipx_path {
	u32 retrans;
	u32 rtt_us;
};

/* main.c: for works that URBs wait for */
extern struct workqueue_struct *usbipx_wq;

/* conn.c */
struct usbipx_conn *usbipx_conn_create(int sockfd,
				       const struct usbipx_conn_ops *ops,
				       void *priv, const char **why);
int usbipx_conn_start(struct usbipx_conn *conn, const char **why);
void usbipx_conn_close(struct usbipx_conn *conn, int error, const char *reason);
void usbipx_conn_wait_dead(struct usbipx_conn *conn);
void usbipx_conn_wait_closed(const struct usbipx_conn_ops *ops);
const char *usbipx_conn_describe(struct usbipx_conn *conn, char *buf,
				 size_t size);
bool usbipx_conn_is_up(struct usbipx_conn *conn);
u64 usbipx_conn_moved(struct usbipx_conn *conn);
void usbipx_conn_stats(struct usbipx_conn *conn, struct usbipx_stats *stats);
bool usbipx_conn_path(struct usbipx_conn *conn, struct usbipx_path *path);
bool usbipx_conn_is_acked(struct usbipx_conn *conn);
unsigned long usbipx_conn_patience(struct usbipx_conn *conn);
struct usbipx_conn *usbipx_conn_get(struct usbipx_conn *conn);
void usbipx_conn_put(struct usbipx_conn *conn);

/* tx.c */
int usbipx_conn_queue(struct usbipx_conn *conn, struct usbipx_tx *tx);
bool usbipx_conn_cancel(struct usbipx_conn *conn, struct usbipx_tx *tx);
void usbipx_conn_kick(struct usbipx_conn *conn, bool may_sleep);

/**
 * usbipx_tx_init - a PDU with nothing behind its header, not queued yet
 * @tx: all but @header, which is the caller's to encode
 *
 * Context: any.
 */
static inline void usbipx_tx_init(struct usbipx_tx *tx)
{
	tx->data.left = 0;
	tx->iso = NULL;
	tx->iso_length = 0;
	tx->passed = 0;
	tx->splice = false;
	tx->busy = false;
}

/* Shorter payloads are copied, for less than it takes to share their pages. */
#define USBIPX_SPLICE_MIN (16U << 10)

/**
 * usbipx_tx_data - let the memory of an URB follow the header
 * @tx: initialised
 * @urb: its memory stays until tx_done(). The pages of a scatter list may be
 *	in the socket for longer, with references of their own: whoever writes
 *	to them before the peer has confirmed them changes what it receives
 * @length: bytes; see usbipx_urb_has_memory()
 *
 * Context: any.
 */
static inline void usbipx_tx_data(struct usbipx_tx *tx, const struct urb *urb,
				  u32 length)
{
	usbipx_cursor_init(&tx->data, urb, length);
	tx->splice = urb->num_sgs && length >= USBIPX_SPLICE_MIN;
}

/* rx.c */
bool usbipx_conn_rx_drop(struct usbipx_conn *conn, void *ctx);
void usbipx_conn_rx_resume(struct usbipx_conn *conn);

#endif
