// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: queued PDUs leave in as few calls of the socket as possible.
 * May call the socket API and the driver's tx_done callback.
 * Called by vhci-ext and usbip-host-ext, and as a work item.
 */
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>

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

/* Jiffies until memory is tried for again that process context did not get either. */
#define TX_MEMORY_DELAY max(HZ / 50, 1)

/* Calls of the socket before it is tx_work's turn. */
#define TX_SENDS 64

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

static size_t tx_left(const struct usbipx_tx *tx)
{
	return (size_t)tx_header_left(tx) + tx->data.left + tx_iso_left(tx);
}

/*
 * May the socket keep a piece of payload by reference? Slab memory has none, nor
 * have the later pages of an allocation that is not compound.
 */
static bool tx_may_splice(const struct usbipx_tx *tx, const struct bio_vec *bv)
{
	u32 at = bv->bv_offset & PAGE_MASK;

	if (!tx->splice)
		return false;
	for (; at < bv->bv_offset + bv->bv_len; at += PAGE_SIZE)
		if (!sendpage_ok(compat_nth_page(bv->bv_page, at >> PAGE_SHIFT)))
			return false;
	return true;
}

/*
 * Put what is left of a PDU behind the first @n pieces. All pieces of one send
 * are copied, or all are spliced: the first one says.
 */
static unsigned int tx_pieces(struct usbipx_conn *conn, struct usbipx_tx *tx,
			      unsigned int n, size_t *bytes, bool *splice)
{
	struct usbipx_cursor data = tx->data;
	struct bio_vec *bv = conn->tx_bvec;
	u32 left = tx_header_left(tx);

	if (n == USBIPX_TX_PIECES)
		return n;
	if (left) {
		if (n && *splice)
			return n;
		bv[n] = bvec_of((u8 *)&tx->header + tx->passed, left);
		*bytes += bv[n++].bv_len;
		*splice = false;
	}
	while (n < USBIPX_TX_PIECES && usbipx_cursor_piece(&data, &bv[n])) {
		bool may = tx_may_splice(tx, &bv[n]);

		if (n && may != *splice)
			return n;
		*splice = may;
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

/* The right to send ends. The caller holds conn->lock. */
static void tx_end(struct usbipx_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	conn->tx_sending = false;
	if (conn->state != USBIPX_CONN_UP)
		wake_up(&conn->tx_idle);
}

/* The right to send, if there is something to send and nobody has it. */
static bool tx_begin(struct usbipx_conn *conn)
{
	unsigned long flags;
	bool begun;

	spin_lock_irqsave(&conn->lock, flags);
	begun = conn->state == USBIPX_CONN_UP && !conn->tx_sending &&
		!conn->tx_blocked && !list_empty(&conn->tx_queue);
	if (begun)
		conn->tx_sending = true;
	spin_unlock_irqrestore(&conn->lock, flags);
	return begun;
}

/* The right to send ends, and tx_work takes it up after @delay jiffies. */
static void tx_later(struct usbipx_conn *conn, unsigned long delay)
{
	unsigned long flags;

	spin_lock_irqsave(&conn->lock, flags);
	tx_end(conn);
	/* Sooner than it may be waiting for already. */
	if (conn->state == USBIPX_CONN_UP)
		mod_delayed_work(usbipx_wq, &conn->tx_work, delay);
	spin_unlock_irqrestore(&conn->lock, flags);
}

/*
 * Collect what goes out next. Return: number of pieces. When there are none
 * the right to send has ended, and whoever queues or unblocks begins anew.
 */
static unsigned int tx_gather(struct usbipx_conn *conn, struct msghdr *msg,
			      bool *splice)
{
	struct usbipx_tx *tx;
	unsigned long flags;
	unsigned int n = 0;
	size_t bytes = 0;

	*splice = false;
	msg->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	spin_lock_irqsave(&conn->lock, flags);
	if (conn->state == USBIPX_CONN_UP && !conn->tx_blocked) {
		list_for_each_entry(tx, &conn->tx_queue, node) {
			size_t begin = bytes;

			n = tx_pieces(conn, tx, n, &bytes, splice);
			if (bytes == begin)
				break;
			tx->busy = true;
			if (bytes - begin == tx_left(tx))
				continue;
			/* The rest of a PDU is sure to follow. */
			msg->msg_flags |= MSG_MORE;
			break;
		}
	}
	if (n)
		/* Before the call: write_space may come before it returns. */
		conn->tx_blocked = true;
	else
		tx_end(conn);
	spin_unlock_irqrestore(&conn->lock, flags);

	iov_iter_bvec(&msg->msg_iter, ITER_SOURCE, conn->tx_bvec, n, bytes);
	return n;
}

/* Take sent bytes off a PDU. Return: how many of them were not of this one. */
static size_t tx_advance(struct usbipx_tx *tx, size_t sent)
{
	u32 n = min_t(size_t, sent, tx_header_left(tx));

	tx->passed += n;
	sent -= n;
	n = min_t(size_t, sent, tx->data.left);
	if (n)
		usbipx_cursor_advance(&tx->data, n);
	sent -= n;
	if (!tx_header_left(tx) && !tx->data.left) {
		n = min_t(size_t, sent, tx_iso_left(tx));
		tx->passed += n;
		sent -= n;
	}
	return sent;
}

/*
 * The result of a send. PDUs that are out go back to the driver; those that
 * were collected and of which no byte has left may be cancelled again.
 */
static void tx_account(struct usbipx_conn *conn, int ret)
{
	struct list_head *stays = &conn->tx_queue;
	size_t sent = max(ret, 0);
	struct usbipx_tx *tx, *next;
	unsigned long flags;
	LIST_HEAD(done);

	spin_lock_irqsave(&conn->lock, flags);
	if (ret != -EAGAIN)
		conn->tx_blocked = false;
	list_for_each_entry(tx, &conn->tx_queue, node) {
		if (tx->busy)
			sent = tx_advance(tx, sent);
		if (!tx_left(tx))
			continue;
		if (stays == &conn->tx_queue)
			stays = &tx->node;
		if (!tx->busy)
			break;
		tx->busy = tx->passed;
	}
	list_cut_before(&done, &conn->tx_queue, stays);
	spin_unlock_irqrestore(&conn->lock, flags);

	/* What they raise runs at the enable, not in ksoftirqd. */
	local_bh_disable();
	list_for_each_entry_safe(tx, next, &done, node) {
		INIT_LIST_HEAD(&tx->node);
		conn->ops->tx_done(conn, tx);
	}
	local_bh_enable();
}

/* The stream cannot be sent to any more; all else is for later. */
static bool tx_is_final(int ret)
{
	switch (ret) {
	case -EAGAIN:
	case -EBUSY: /* owned in process context */
	case -EINTR: /* a signal of the submitter's */
	case -ERESTARTSYS:
	case -ENOBUFS:
	case -ENOMEM:
		return false;
	}
	return ret < 0;
}

/* The caller holds the socket lock. */
static int tx_send_locked(struct usbipx_conn *conn, struct msghdr *msg,
			  bool splice)
{
	struct sock *sk = conn->sock->sk;
	size_t bytes = iov_iter_count(&msg->msg_iter);
	int ret = conn_check_tcp(conn);

	if (!ret)
		ret = splice ? compat_tcp_splice_locked(sk, msg, bytes) :
			       tcp_sendmsg_locked(sk, msg, bytes);
	/* There is room, but no memory: write_space may never come. */
	if (ret == -EAGAIN && sk_stream_is_writeable(sk))
		return -ENOBUFS;
	/* It took the error from the socket, where the reader looks for it. */
	if (tx_is_final(ret))
		usbipx_conn_close(conn, ret, "cannot send");
	return ret;
}

static int tx_send_bh(struct usbipx_conn *conn, struct msghdr *msg, bool splice)
{
	struct sock *sk = conn->sock->sk;
	int ret = -EBUSY;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		ret = tx_send_locked(conn, msg, splice);
	bh_unlock_sock(sk);
	return ret;
}

/*
 * The socket's allocation mode is that of softirq; who owns the socket in
 * process context may change it meanwhile. It does not cover the charges of
 * memory cgroups, here and for what release_sock() receives. No security module
 * is asked: the socket passed when its process handed it over.
 */
static int tx_send_tcp(struct usbipx_conn *conn, struct msghdr *msg, bool splice)
{
	struct sock *sk = conn->sock->sk;
	unsigned int flags = conn_memalloc_save(conn);
	int ret;

	lock_sock(sk);
	sk->sk_allocation = GFP_NOIO | conn->memalloc;
	ret = tx_send_locked(conn, msg, splice);
	sk->sk_allocation = GFP_ATOMIC | conn->memalloc;
	release_sock(sk);
	conn_memalloc_restore(conn, flags);
	return ret;
}

/* Sends carry the kernel's credentials, not those of who submits an URB. */
static int tx_send_other(struct usbipx_conn *conn, struct msghdr *msg)
{
	const struct cred *cred = override_creds(usbipx_cred);
	unsigned int flags = conn_memalloc_save(conn);
	int ret = sock_sendmsg(conn->sock, msg);

	conn_memalloc_restore(conn, flags);
	revert_creds(cred);
	if (ret > 0)
		WRITE_ONCE(conn->tx_bytes, conn->tx_bytes + ret);
	else if (tx_is_final(ret))
		usbipx_conn_close(conn, ret, "cannot send");
	return ret;
}

/* Send what there is. @may_sleep is true for all but plain TCP. */
static void tx_run(struct usbipx_conn *conn, bool may_sleep)
{
	unsigned int sends = 0;
	struct msghdr msg = {};
	bool splice;
	int ret;

	if (!tx_begin(conn))
		return;
	while (tx_gather(conn, &msg, &splice)) {
		if (!conn->tcp)
			ret = tx_send_other(conn, &msg);
		else if (may_sleep)
			ret = tx_send_tcp(conn, &msg, splice);
		else
			ret = tx_send_bh(conn, &msg, splice);
		tx_account(conn, ret);

		switch (ret) {
		case -EBUSY:
		case -EINTR:
		case -ERESTARTSYS:
			tx_later(conn, 0);
			return;
		case -ENOBUFS:
		case -ENOMEM:
			tx_later(conn, may_sleep ? TX_MEMORY_DELAY : 0);
			return;
		}
		/* Others queue as fast as this sends: not for ever here. */
		if (++sends == TX_SENDS) {
			tx_later(conn, 0);
			return;
		}
	}
}

/**
 * conn_tx_bh - send in softirq
 * @bh: of the connection
 *
 * Context: softirq.
 */
void conn_tx_bh(struct tasklet_struct *bh)
{
	tx_run(container_of(bh, struct usbipx_conn, tx_bh), false);
}

/**
 * conn_tx_work - send where nobody else can
 * @work: of the connection
 *
 * Context: process; sleeps.
 */
void conn_tx_work(struct work_struct *work)
{
	tx_run(container_of(to_delayed_work(work), struct usbipx_conn, tx_work),
	       true);
}

/* The caller holds conn->lock, so nothing is scheduled after CLOSING. */
static void tx_schedule(struct usbipx_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	if (conn->state != USBIPX_CONN_UP)
		return;
	if (conn->tcp)
		tasklet_schedule(&conn->tx_bh);
	else
		queue_delayed_work(usbipx_wq, &conn->tx_work, 0);
}

/**
 * conn_tx_resume - the socket has room again
 * @conn: the connection
 *
 * Context: the write_space callback.
 */
void conn_tx_resume(struct usbipx_conn *conn)
{
	unsigned long flags;

	spin_lock_irqsave(&conn->lock, flags);
	/* Whoever is sending looks again before the right to send ends. */
	if (conn->tx_blocked && !conn->tx_sending)
		tx_schedule(conn);
	conn->tx_blocked = false;
	spin_unlock_irqrestore(&conn->lock, flags);
}

/**
 * conn_tx_drop - give back every PDU of a connection that is closing
 * @conn: not UP any more
 *
 * Context: process; nobody is sending.
 */
void conn_tx_drop(struct usbipx_conn *conn)
{
	struct usbipx_tx *tx, *next;
	LIST_HEAD(queue);

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
	bool enable_bh = !IS_ENABLED(CONFIG_PREEMPT_RT) && !irqs_disabled();
	unsigned long flags;

	if (may_sleep) {
		tx_run(conn, true);
		return;
	}
	/*
	 * In process context tx_bh runs at the enable, not in ksoftirqd. On
	 * PREEMPT_RT that would be a lock, and the caller may hold others.
	 */
	if (enable_bh)
		local_bh_disable();
	spin_lock_irqsave(&conn->lock, flags);
	tx_schedule(conn);
	spin_unlock_irqrestore(&conn->lock, flags);
	if (enable_bh)
		local_bh_enable();
}
EXPORT_SYMBOL_GPL(usbipx_conn_kick);
