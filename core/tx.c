// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: queued PDUs leave in as few calls of the socket as possible.
 * May call the socket API and the driver's tx_done callback.
 * Called by vhci-ext and usbip-host-ext, and as a work item.
 */
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/sched/mm.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "../compat/compat.h"
#include "internal.h"

static struct bio_vec bvec_of(void *p, u32 len)
{
	return (struct bio_vec){
		.bv_page = virt_to_page(p),
		.bv_offset = offset_in_page(p),
		.bv_len = len,
	};
}

static u32 tx_header_left(const struct usbipx_tx *tx)
{
	if (tx->passed >= sizeof(tx->header))
		return 0;
	return sizeof(tx->header) - tx->passed;
}

/* Both header and descriptors count in @passed; the payload is between them. */
static u32 tx_iso_left(const struct usbipx_tx *tx)
{
	return sizeof(tx->header) + tx->iso_length - tx->passed -
	       tx_header_left(tx);
}

/* Put what is left of a PDU behind the first @n pieces. */
static unsigned int tx_pieces(struct usbipx_conn *conn, struct usbipx_tx *tx,
			      unsigned int n, size_t *bytes)
{
	struct usbipx_cursor data = tx->data;
	struct bio_vec *bv = conn->tx_bvec;
	u32 left = tx_header_left(tx);

	if (left) {
		bv[n] = bvec_of((u8 *)&tx->header + tx->passed, left);
		*bytes += bv[n++].bv_len;
	}
	while (n < USBIPX_TX_PIECES && usbipx_cursor_piece(&data, &bv[n])) {
		usbipx_cursor_advance(&data, bv[n].bv_len);
		*bytes += bv[n++].bv_len;
	}
	left = tx_iso_left(tx);
	if (left && n < USBIPX_TX_PIECES && !data.left) {
		bv[n] = bvec_of((u8 *)tx->iso + tx->iso_length - left, left);
		*bytes += bv[n++].bv_len;
	}
	return n;
}

/* Collect what goes out next. Return: number of pieces. */
static unsigned int tx_gather(struct usbipx_conn *conn, size_t *bytes)
{
	struct usbipx_tx *tx;
	unsigned int n = 0;

	*bytes = 0;
	spin_lock_irq(&conn->lock);
	list_for_each_entry(tx, &conn->tx_queue, node) {
		if (n == USBIPX_TX_PIECES)
			break;
		tx->busy = true;
		n = tx_pieces(conn, tx, n, bytes);
	}
	spin_unlock_irq(&conn->lock);
	return n;
}

/* Take @sent bytes off the queue; PDUs that are out go back to the driver. */
static void tx_account(struct usbipx_conn *conn, size_t sent)
{
	while (sent) {
		struct usbipx_tx *tx;
		u32 n;

		/* Busy PDUs stay where they are, and only we take them off. */
		spin_lock_irq(&conn->lock);
		tx = list_first_entry(&conn->tx_queue, struct usbipx_tx, node);
		spin_unlock_irq(&conn->lock);

		n = min_t(size_t, sent, tx_header_left(tx));
		tx->passed += n;
		sent -= n;
		n = min_t(size_t, sent, tx->data.left);
		if (n)
			usbipx_cursor_advance(&tx->data, n);
		sent -= n;
		n = min_t(size_t, sent, tx_iso_left(tx));
		if (!tx_header_left(tx) && !tx->data.left) {
			tx->passed += n;
			sent -= n;
		}
		if (tx_header_left(tx) || tx->data.left || tx_iso_left(tx))
			continue;

		spin_lock_irq(&conn->lock);
		list_del_init(&tx->node);
		spin_unlock_irq(&conn->lock);
		conn->ops->tx_done(conn, tx);
	}
}

/* PDUs that were collected and of which no byte has left may be cancelled. */
static void tx_release(struct usbipx_conn *conn)
{
	struct usbipx_tx *tx;

	spin_lock_irq(&conn->lock);
	list_for_each_entry(tx, &conn->tx_queue, node) {
		if (!tx->busy)
			break;
		tx->busy = tx->passed;
	}
	spin_unlock_irq(&conn->lock);
}

/* Send once. Return: bytes, 0 when the queue is empty, or a negative errno. */
static int tx_send(struct usbipx_conn *conn)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	unsigned int n;
	size_t bytes;
	int ret;

	n = tx_gather(conn, &bytes);
	if (!n)
		return 0;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, conn->tx_bvec, n, bytes);
	ret = sock_sendmsg(conn->sock, &msg);
	if (ret > 0)
		tx_account(conn, ret);
	if (ret < 0 || ret < bytes)
		tx_release(conn);
	return ret;
}

/* Return: false when a signal of the submitter's cut it short. */
static bool tx_flush(struct usbipx_conn *conn)
{
	const struct cred *cred = override_creds(usbipx_cred);
	unsigned int noio = memalloc_noio_save();
	int ret;

	lockdep_assert_held(&conn->tx_mutex);
	do {
		/* Before the call: write_space may come before it returns. */
		WRITE_ONCE(conn->tx_blocked, true);
		ret = tx_send(conn);
		if (ret != -EAGAIN)
			WRITE_ONCE(conn->tx_blocked, false);
	} while (ret > 0 && usbipx_conn_is_up(conn));

	memalloc_noio_restore(noio);
	revert_creds(cred);

	if (ret == -EINTR || ret == -ERESTARTSYS)
		return false;
	if (ret < 0 && ret != -EAGAIN)
		usbipx_conn_close(conn, ret, "cannot send");
	return true;
}

static bool tx_pending(struct usbipx_conn *conn)
{
	return !list_empty_careful(&conn->tx_queue) &&
	       !READ_ONCE(conn->tx_blocked) && usbipx_conn_is_up(conn);
}

static void tx_try(struct usbipx_conn *conn)
{
	bool done;

	do {
		/*
		 * Between queueing and trylock, and between unlock and looking
		 * again: either we get the mutex or its holder sees our PDU.
		 */
		smp_mb();
		if (!tx_pending(conn) || !mutex_trylock(&conn->tx_mutex))
			return;
		done = tx_flush(conn);
		mutex_unlock(&conn->tx_mutex);
	} while (done);
	conn_queue_work(conn, &conn->tx_work);
}

/**
 * conn_tx_work - send where the submitter cannot
 * @work: of the connection
 *
 * Context: process; sleeps.
 */
void conn_tx_work(struct work_struct *work)
{
	struct usbipx_conn *conn =
		container_of(work, struct usbipx_conn, tx_work);

	mutex_lock(&conn->tx_mutex);
	tx_flush(conn);
	mutex_unlock(&conn->tx_mutex);
	tx_try(conn);
}

/**
 * conn_tx_drop - give back every PDU of a connection that is closing
 * @conn: not UP any more
 *
 * Context: process; the caller holds tx_mutex.
 */
void conn_tx_drop(struct usbipx_conn *conn)
{
	struct usbipx_tx *tx, *next;
	LIST_HEAD(queue);

	lockdep_assert_held(&conn->tx_mutex);
	spin_lock_irq(&conn->lock);
	/* Nobody may cancel what is on its way to tx_done. */
	list_for_each_entry(tx, &conn->tx_queue, node)
		tx->busy = true;
	list_splice_init(&conn->tx_queue, &queue);
	spin_unlock_irq(&conn->lock);

	list_for_each_entry_safe(tx, next, &queue, node) {
		list_del_init(&tx->node);
		conn->ops->tx_done(conn, tx);
	}
}

/**
 * usbipx_conn_queue - hand a PDU to the connection
 * @conn: the connection
 * @tx: header encoded, data, iso and iso_length set, the rest 0; stays with the
 *	connection until tx_done() or a successful usbipx_conn_cancel()
 *
 * Keeps the order of the calls. usbipx_conn_kick() must follow.
 *
 * Context: any, the driver's spinlock may be held.
 * Return: 0, or -ENOTCONN when the connection is not UP.
 */
int usbipx_conn_queue(struct usbipx_conn *conn, struct usbipx_tx *tx)
{
	unsigned long flags;
	int ret = -ENOTCONN;

	spin_lock_irqsave(&conn->lock, flags);
	if (conn->state == USBIPX_CONN_UP) {
		list_add_tail(&tx->node, &conn->tx_queue);
		usbipx_debug_pdu(conn, "queued", &tx->header);
		ret = 0;
	}
	spin_unlock_irqrestore(&conn->lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(usbipx_conn_queue);

/**
 * usbipx_conn_cancel - take a PDU back
 * @conn: the connection
 * @tx: was queued and has not come back
 *
 * Context: any, the driver's spinlock may be held.
 * Return: true when no byte of it has left; tx_done() will not be called.
 */
bool usbipx_conn_cancel(struct usbipx_conn *conn, struct usbipx_tx *tx)
{
	unsigned long flags;
	bool ours = false;

	spin_lock_irqsave(&conn->lock, flags);
	if (!tx->busy) {
		list_del_init(&tx->node);
		ours = true;
	}
	spin_unlock_irqrestore(&conn->lock, flags);
	return ours;
}
EXPORT_SYMBOL_GPL(usbipx_conn_cancel);

/**
 * usbipx_conn_kick - get queued PDUs going
 * @conn: the caller holds a reference
 * @may_sleep: send in this context if nobody else is sending
 *
 * Never waits for the peer.
 *
 * Context: process if @may_sleep, else any.
 */
void usbipx_conn_kick(struct usbipx_conn *conn, bool may_sleep)
{
	if (may_sleep)
		tx_try(conn);
	else
		conn_queue_work(conn, &conn->tx_work);
}
EXPORT_SYMBOL_GPL(usbipx_conn_kick);
