// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: bytes of the socket become PDUs, payload goes straight to its URB.
 * May call the socket API and the driver's rx_* callbacks.
 * Called by conn.c (socket callbacks) and as a work item.
 */
#include <linux/export.h>
#include <linux/skbuff.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "../compat/compat.h"
#include "internal.h"

/* Payload nobody wants, of sockets that must be read to be skipped; never read. */
static u8 rx_bin[1024];

/* Go past every part of the PDU that is complete. */
static int rx_settle(struct usbipx_conn *conn)
{
	struct usbipx_rx *rx = &conn->rx;
	int ret = 0;

	if (rx->data.left || rx->skip)
		return 0;
	if (rx->stage == USBIPX_RX_DATA) {
		rx->stage = USBIPX_RX_ISO;
		rx->packet = 0;
		rx->have = 0;
	}
	if (rx->packet < rx->packets)
		return 0;

	if (rx->ctx)
		ret = conn->ops->rx_done(conn, rx);
	rx->ctx = NULL;
	rx->stage = USBIPX_RX_HEADER;
	rx->have = 0;
	return ret;
}

/* Ask the driver what to do with the PDU whose header is there. */
static int rx_start_pdu(struct usbipx_conn *conn, bool may_sleep)
{
	struct usbipx_rx *rx = &conn->rx;
	int ret;

	rx->ctx = NULL;
	rx->data.left = 0;
	rx->skip = 0;
	rx->packets = 0;
	ret = conn->ops->rx_pdu(conn, rx, may_sleep);
	if (ret)
		return ret;
	rx->stage = USBIPX_RX_DATA;
	return 0;
}

/* @n bytes have arrived where rx_destination() said. */
static int rx_got(struct usbipx_conn *conn, u32 n)
{
	struct usbipx_rx *rx = &conn->rx;
	struct usbipx_iso iso;
	int ret = 0;

	switch (rx->stage) {
	case USBIPX_RX_HEADER:
		rx->have += n;
		if (rx->have < sizeof(rx->header))
			return 0;
		usbipx_debug_pdu(conn, "received", &rx->header);
		ret = usbipx_decode(&rx->pdu, &rx->header, conn->ops->role,
				    &rx->fault);
		if (ret)
			return ret;
		ret = rx_start_pdu(conn, false);
		if (ret == -EAGAIN) {
			rx->deferred = true;
			return 0;
		}
		break;
	case USBIPX_RX_DATA:
		if (rx->data.left)
			usbipx_cursor_advance(&rx->data, n);
		else
			rx->skip -= n;
		break;
	case USBIPX_RX_ISO:
		rx->have += n;
		if (rx->have < sizeof(rx->iso_wire))
			return 0;
		ret = usbipx_decode_iso(&iso, &rx->iso_wire, &rx->fault);
		if (!ret && rx->ctx)
			ret = conn->ops->rx_iso(conn, rx, &iso);
		rx->packet++;
		rx->have = 0;
		break;
	}
	return ret ?: rx_settle(conn);
}

/* Where the rest of a header or of a packet descriptor goes, and its size. */
static u8 *rx_rest(struct usbipx_rx *rx, u32 *left)
{
	if (rx->stage == USBIPX_RX_HEADER) {
		*left = sizeof(rx->header) - rx->have;
		return (u8 *)&rx->header + rx->have;
	}
	*left = sizeof(rx->iso_wire) - rx->have;
	return (u8 *)&rx->iso_wire + rx->have;
}

/*
 * Where the next bytes go; 0 when they are to be skipped. The iterator uses the
 * caller's @kv or @bv.
 */
static u32 rx_destination(struct usbipx_rx *rx, struct iov_iter *iter,
			  struct kvec *kv, struct bio_vec *bv)
{
	u32 left;

	if (rx->stage == USBIPX_RX_DATA) {
		if (!usbipx_cursor_piece(&rx->data, bv))
			return 0;
		iov_iter_bvec(iter, ITER_DEST, bv, 1, bv->bv_len);
		return bv->bv_len;
	}

	kv->iov_base = rx_rest(rx, &left);
	kv->iov_len = left;
	iov_iter_kvec(iter, ITER_DEST, kv, 1, left);
	return left;
}

/* Copy some of the @len bytes of @skb to where they belong. Return: how many. */
static u32 rx_copy(struct usbipx_rx *rx, struct sk_buff *skb,
		   unsigned int offset, size_t len)
{
	u32 n = len;
	u32 left;
	u8 *to;

	if (rx->stage == USBIPX_RX_DATA) {
		if (!rx->data.left)
			return min(n, rx->skip);
		rx->error = usbipx_cursor_fill(&rx->data, skb, offset, &n);
		return n;
	}

	to = rx_rest(rx, &left);
	n = min(n, left);
	rx->error = skb_copy_bits(skb, offset, to, n);
	return n;
}

/* tcp_read_sock() hands over received data; consume as much as is wanted. */
static int rx_actor(read_descriptor_t *desc, struct sk_buff *skb,
		    unsigned int offset, size_t len)
{
	struct usbipx_conn *conn = desc->arg.data;
	struct usbipx_rx *rx = &conn->rx;
	u32 used = 0;

	while (used < len && !rx->deferred && !rx->error) {
		u32 n = rx_copy(rx, skb, offset + used, len - used);

		if (!rx->error)
			rx->error = rx_got(conn, n);
		used += n;
	}
	return used;
}

/* The caller holds the socket lock, as an owner or as its spinlock. */
static void rx_read_skbs(struct usbipx_conn *conn)
{
	read_descriptor_t desc = { .arg.data = conn, .count = 1 };

	if (!conn->rx.error)
		conn->rx.error = conn_check_tcp(conn);
	if (!conn->rx.deferred && !conn->rx.error)
		tcp_read_sock(conn->sock->sk, &desc, rx_actor);
}

/* Sockets other than TCP; the caller holds rx_mutex. Return: at the end? */
static bool rx_read_msgs(struct usbipx_conn *conn)
{
	struct usbipx_rx *rx = &conn->rx;
	struct bio_vec bv;
	struct kvec kv;

	while (!rx->deferred && !rx->error) {
		struct msghdr msg = {};
		u32 want = rx_destination(rx, &msg.msg_iter, &kv, &bv);
		int n;

		if (!want) {
			kv.iov_base = rx_bin;
			kv.iov_len = min_t(size_t, rx->skip, sizeof(rx_bin));
			iov_iter_kvec(&msg.msg_iter, ITER_DEST, &kv, 1,
				      kv.iov_len);
		}
		n = sock_recvmsg(conn->sock, &msg, MSG_DONTWAIT);
		if (n == -EAGAIN)
			return false;
		if (n == 0)
			return true;
		if (n > 0)
			WRITE_ONCE(conn->rx_bytes, conn->rx_bytes + n);
		rx->error = n < 0 ? n : rx_got(conn, n);
	}
	return false;
}

static void rx_failed(struct usbipx_conn *conn)
{
	int error = conn->rx.error;

	usbipx_conn_close(conn, error, "cannot receive");
}

/**
 * conn_rx_ready - the socket has something to read
 * @conn: the connection
 *
 * Context: the data_ready callback; with @conn->tcp the socket lock is
 * held, as TCP does.
 */
void conn_rx_ready(struct usbipx_conn *conn)
{
	if (!conn->tcp) {
		conn_queue_rx_work(conn);
		return;
	}

	rx_read_skbs(conn);
	if (conn->rx.error)
		rx_failed(conn);
	else if (conn->rx.deferred && !conn->rx.waiting)
		conn_queue_rx_work(conn);
}

static void rx_lock(struct usbipx_conn *conn)
{
	mutex_lock(&conn->rx_mutex);
	if (conn->tcp)
		lock_sock(conn->sock->sk);
}

static void rx_unlock(struct usbipx_conn *conn)
{
	if (conn->tcp)
		release_sock(conn->sock->sk);
	mutex_unlock(&conn->rx_mutex);
}

/* Will the peer send nothing more? There may be something to read still. */
static bool rx_is_ending(const struct sock *sk)
{
	return sk->sk_shutdown & RCV_SHUTDOWN || sk->sk_state == TCP_CLOSE;
}

/* Nobody is there any more to whom an answer could go. */
static bool rx_is_abandoned(struct usbipx_conn *conn)
{
	const struct sock *sk = conn->sock->sk;

	return !usbipx_conn_is_up(conn) || sk->sk_err || rx_is_ending(sk);
}

/*
 * Nothing is left to read, or the driver has no room for it: has the stream
 * ended, and how?
 */
static void rx_check_end(struct usbipx_conn *conn, bool end)
{
	struct sock *sk = conn->sock->sk;

	if (conn->tcp || conn->rx.deferred)
		end = rx_is_ending(sk);
	if (conn->rx.error)
		rx_failed(conn);
	else if (sk->sk_err)
		usbipx_conn_close(conn, -sk->sk_err, "connection lost");
	else if (end)
		usbipx_conn_close(conn, 0, "peer closed the connection");
}

/**
 * conn_rx_work - read where data_ready cannot
 * @work: of the connection
 *
 * For sockets other than TCP, for PDUs whose handling sleeps, for what was
 * there before the callbacks, and to find the end of the stream. When the driver
 * has no room for a PDU it stays @deferred, and this is queued again by
 * usbipx_conn_rx_resume() or by the end of the stream.
 *
 * Context: process; sleeps.
 */
void conn_rx_work(struct work_struct *work)
{
	struct usbipx_conn *conn =
		container_of(work, struct usbipx_conn, rx_work);
	struct usbipx_rx *rx = &conn->rx;
	unsigned int flags = conn_memalloc_save(conn);
	bool end = false;
	int ret;

	rx_lock(conn);
	for (;;) {
		if (conn->tcp) {
			/* As in softirq: completions run at the enable. */
			local_bh_disable();
			rx_read_skbs(conn);
			local_bh_enable();
		} else {
			end = rx_read_msgs(conn);
		}
		if (!rx->deferred || rx->error)
			break;
		/* It may take long, and thousands like it be behind it. */
		if (rx_is_abandoned(conn))
			break;

		/*
		 * While deferred nobody reads, so the PDU may be handled
		 * without the socket lock; rx_mutex keeps rx_drop() away.
		 */
		if (conn->tcp)
			release_sock(conn->sock->sk);
		ret = rx_start_pdu(conn, true);
		if (conn->tcp)
			lock_sock(conn->sock->sk);
		rx->waiting = ret == -EBUSY;
		if (rx->waiting)
			break;
		rx->deferred = false;
		rx->error = ret ?: rx_settle(conn);
	}
	rx_check_end(conn, end);
	rx_unlock(conn);
	conn_memalloc_restore(conn, flags);
}

/**
 * usbipx_conn_rx_drop - forget where the rest of a PDU was to go
 * @conn: the connection
 * @ctx: what the driver's rx_pdu() had set
 *
 * The rest is swallowed. Waits for a reader that is copying.
 *
 * Context: process, may sleep; the connection's closed() has not returned.
 * Return: false when @ctx is not, or no longer, being received.
 */
bool usbipx_conn_rx_drop(struct usbipx_conn *conn, void *ctx)
{
	unsigned int flags = conn_memalloc_save(conn);
	struct usbipx_rx *rx = &conn->rx;
	bool found;

	rx_lock(conn);
	found = ctx && rx->ctx == ctx;
	if (found) {
		rx->skip += rx->data.left;
		rx->data.left = 0;
		rx->ctx = NULL;
	}
	rx_unlock(conn);
	conn_memalloc_restore(conn, flags);
	return found;
}
EXPORT_SYMBOL_GPL(usbipx_conn_rx_drop);

/**
 * usbipx_conn_rx_resume - call rx_pdu() again, which had answered -EBUSY
 * @conn: the connection
 *
 * One call too many does no harm.
 *
 * Context: any.
 */
void usbipx_conn_rx_resume(struct usbipx_conn *conn)
{
	conn_queue_rx_work(conn);
}
EXPORT_SYMBOL_GPL(usbipx_conn_rx_resume);
