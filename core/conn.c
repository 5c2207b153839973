// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a connection: take over the socket, states, take down.
 * May call the socket API, rx.c and tx.c. Called by vhci-ext, usbip-host-ext.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/timekeeping.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "../compat/compat.h"
#include "internal.h"

/* The one place where a connection changes state. */
static bool conn_set_state(struct usbipx_conn *conn, enum usbipx_conn_state to)
{
	bool legal;

	lockdep_assert_held(&conn->lock);
	switch (to) {
	case USBIPX_CONN_UP:
		legal = conn->state == USBIPX_CONN_NEW;
		break;
	case USBIPX_CONN_CLOSING:
		legal = conn->state == USBIPX_CONN_UP;
		break;
	case USBIPX_CONN_DEAD:
		legal = conn->state == USBIPX_CONN_NEW ||
			conn->state == USBIPX_CONN_CLOSING;
		break;
	default:
		legal = false;
	}
	if (legal)
		conn->state = to;
	return legal;
}

/**
 * conn_queue_rx_work - queue rx_work unless the connection is ending
 * @conn: the connection
 *
 * After CLOSING no work is queued any more, so conn_close_work() can cancel
 * it for good.
 *
 * Context: any.
 */
void conn_queue_rx_work(struct usbipx_conn *conn)
{
	unsigned long flags;

	spin_lock_irqsave(&conn->lock, flags);
	if (conn->state == USBIPX_CONN_UP)
		queue_work(usbipx_wq, &conn->rx_work);
	spin_unlock_irqrestore(&conn->lock, flags);
}

/* Of a socket that is in use, but whose connection hears nothing of it any more. */
#define SK_LETTING_GO ((void *)SK_USER_DATA_NOCOPY)

/* The caller holds sk_callback_lock. NULL when it is none of ours, or SK_LETTING_GO. */
static struct usbipx_conn *conn_of(const struct sock *sk)
{
	return (void *)((uintptr_t)sk->sk_user_data & SK_USER_DATA_PTRMASK);
}

static void conn_data_ready(struct sock *sk)
{
	struct usbipx_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = conn_of(sk);
	if (conn) {
		/* An upper layer takes its records apart first. */
		if (!conn->tcp)
			conn->saved_data_ready(sk);
		conn_rx_ready(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/* The end of the stream comes here; rx_work reads what is left before it. */
static void conn_state_change(struct sock *sk)
{
	struct usbipx_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = conn_of(sk);
	if (conn) {
		conn->saved_state_change(sk);
		conn_queue_rx_work(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void conn_error_report(struct sock *sk)
{
	struct usbipx_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = conn_of(sk);
	if (conn) {
		conn->saved_error_report(sk);
		conn_queue_rx_work(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void conn_write_space(struct sock *sk)
{
	struct usbipx_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = conn_of(sk);
	if (conn) {
		conn->saved_write_space(sk);
		/* TCP says so at every acknowledgment. */
		if (!conn->tcp || sk_stream_is_writeable(sk))
			conn_tx_resume(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/*
 * A peer that is silent for peer_timeout seconds is gone: keepalive notices it
 * when we have nothing to send, the user timeout when we have.
 */
static void conn_set_tcp_options(struct sock *sk, unsigned int timeout)
{
	unsigned int step;

	tcp_sock_set_nodelay(sk);
	if (!timeout)
		return;

	step = max(timeout / 4, 1U);
	sock_set_keepalive(sk);
	tcp_sock_set_keepidle(sk, step);
	tcp_sock_set_keepintvl(sk, step);
	tcp_sock_set_keepcnt(sk, 3);
	tcp_sock_set_user_timeout(sk, timeout * 1000);
}

/* Is the peer on this machine, for instance a tunnel's end? Not known: perhaps. */
static bool sk_is_looped(struct sock *sk)
{
	const struct net_device *dev;
	const struct dst_entry *dst;
	bool looped;

	rcu_read_lock();
	dst = __sk_dst_get(sk);
	dev = dst ? READ_ONCE(dst->dev) : NULL;
	looped = !dev || dev->flags & IFF_LOOPBACK || netif_is_l3_master(dev);
	rcu_read_unlock();
	return looped;
}

/*
 * What a client receives may be the answer that frees memory: there may be swap space on
 * a disk that is attached. So its socket gets the last reserves, too, and packets in
 * them are dropped for all others (sk_set_memalloc(), made for swap over a network). That
 * is why none of ours may be in them that goes to another socket of this machine.
 * The caller owns the socket, and nobody else has taken it over.
 */
static void conn_set_memalloc(struct usbipx_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	if (conn->ops->role != USBIPX_CLIENT || !conn->tcp ||
	    sock_flag(sk, SOCK_MEMALLOC) || sk_is_looped(sk))
		return;
	sk_set_memalloc(sk);
	/* What fails is tried again. */
	conn->memalloc = __GFP_MEMALLOC | __GFP_NOWARN;
}

/*
 * A packet in the reserves that got into the backlog by the flag must still find it there,
 * or __sk_backlog_rcv() has a BUG for it. So it goes while nobody owns the socket, when the
 * backlog is empty; what comes after it is dropped. This waits for a lock whose holder
 * may wait for memory: not before all URBs are back.
 */
static void conn_clear_memalloc(struct usbipx_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	unsigned int flags;

	if (!conn->memalloc)
		return;
	flags = conn_memalloc_save(conn);
	while (lock_sock_fast(sk))
		unlock_sock_fast(sk, true);
	sock_reset_flag(sk, SOCK_MEMALLOC);
	unlock_sock_fast(sk, false);

	lock_sock(sk);
	sk_clear_memalloc(sk); /* all that goes with the flag */
	release_sock(sk);
	conn_memalloc_restore(conn, flags);
}

/* As far as sending goes: of what the peer sent before it closed, there is an end. */
static bool sk_is_connected(const struct sock *sk)
{
	return (sk->sk_state == TCP_ESTABLISHED ||
		sk->sk_state == TCP_CLOSE_WAIT) &&
	       !(sk->sk_shutdown & SEND_SHUTDOWN);
}

static bool sk_is_tcp_of_inet(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

/* An upper layer protocol (TLS) wants its own recvmsg. */
static bool sk_has_upper_layer(const struct sock *sk)
{
	return sk_is_tcp_of_inet(sk) && inet_csk(sk)->icsk_ulp_ops;
}

/**
 * conn_check_tcp - may its socket still be used behind the back of an upper layer?
 * @conn: a connection of plain TCP
 *
 * Who has kept a descriptor may have put TLS on it, which holds on to packets that we
 * would free.
 *
 * Context: the socket lock is held, as it is by who does that. Return: 0; -EPROTO, and
 * the connection ends.
 */
int conn_check_tcp(struct usbipx_conn *conn)
{
	if (!sk_has_upper_layer(conn->sock->sk))
		return 0;
	usbipx_conn_close(conn, 0, "somebody has put TLS on its socket");
	return -EPROTO;
}

/* "10.0.0.1:3240", "[fe80::1%2]:3240", or the kind of an address that is none. */
static void conn_name_peer(struct usbipx_conn *conn)
{
	struct sockaddr_storage addr = {};
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr;
	int ret = kernel_getpeername(conn->sock, (struct sockaddr *)&addr);
	int family = conn->sock->sk->sk_family;
	char *peer = conn->peer;

	if (family == AF_UNIX)
		scnprintf(peer, USBIPX_PEER_SIZE, "local");
	else if (ret < 0)
		scnprintf(peer, USBIPX_PEER_SIZE, "unknown");
	else if (family == AF_INET6 && in6->sin6_scope_id)
		scnprintf(peer, USBIPX_PEER_SIZE, "[%pI6c%%%u]:%u",
			  &in6->sin6_addr, in6->sin6_scope_id,
			  ntohs(in6->sin6_port));
	else if (family == AF_INET || family == AF_INET6)
		scnprintf(peer, USBIPX_PEER_SIZE, "%pISpc", &addr);
	else
		scnprintf(peer, USBIPX_PEER_SIZE, "address family %d", family);
}

static void conn_close_work(struct work_struct *work);

/**
 * usbipx_conn_create - a connection on a socket of the calling process
 * @sockfd: the caller's descriptor of a connected stream socket
 * @ops: the driver's callbacks
 * @priv: for the driver
 * @why: set on failure: what was wrong with @sockfd
 *
 * Nothing moves before usbipx_conn_start().
 *
 * Context: process, may sleep. Return: a connection with one reference, or
 * an ERR_PTR: -EINVAL when @sockfd is no connected stream socket (the errno
 * the stock drivers answer), -EBUSY when somebody else has taken it over, -ENOMEM.
 */
struct usbipx_conn *usbipx_conn_create(int sockfd,
				       const struct usbipx_conn_ops *ops,
				       void *priv, const char **why)
{
	struct usbipx_conn *conn;
	struct socket *sock;
	int err;

	sock = sockfd_lookup(sockfd, &err);
	if (!sock) {
		*why = err == -EBADF ? "not an open descriptor" : "not a socket";
		return ERR_PTR(-EINVAL);
	}
	if (sock->type != SOCK_STREAM) {
		*why = "not a stream socket";
		err = -EINVAL;
		goto put;
	}
	if (sock->sk->sk_state != TCP_ESTABLISHED) {
		*why = "not connected";
		err = -EINVAL;
		goto put;
	}
	/* Not even looked at; usbipx_conn_start() makes sure. */
	if (READ_ONCE(sock->sk->sk_user_data)) {
		*why = "socket is in use";
		err = -EBUSY;
		goto put;
	}

	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn) {
		*why = "out of memory";
		err = -ENOMEM;
		goto put;
	}

	kref_init(&conn->ref);
	conn->ops = ops;
	conn->priv = priv;
	conn->sock = sock;
	spin_lock_init(&conn->lock);
	INIT_LIST_HEAD(&conn->tx_queue);
	init_waitqueue_head(&conn->tx_idle);
	mutex_init(&conn->rx_mutex);
	INIT_WORK(&conn->rx_work, conn_rx_work);
	tasklet_setup(&conn->tx_bh, conn_tx_bh);
	INIT_DELAYED_WORK(&conn->tx_work, conn_tx_work);
	INIT_WORK(&conn->close_work, conn_close_work);
	init_completion(&conn->dead);
	conn->since = ktime_get_boottime_seconds();
	conn_name_peer(conn);
	return conn;

put:
	sockfd_put(sock);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(usbipx_conn_create);

/* Unless it is not UP yet. The caller holds conn->lock and has set the reason. */
static void conn_begin_close(struct usbipx_conn *conn)
{
	if (!conn_set_state(conn, USBIPX_CONN_CLOSING))
		return;
	atomic_inc(conn->ops->closing);
	queue_work(usbipx_close_wq, &conn->close_work);
}

/**
 * usbipx_conn_start - take the socket over and begin to receive
 * @conn: a NEW connection; on success it holds a reference of its own until
 *	it is DEAD
 * @why: set on failure: what was wrong with its socket
 *
 * Callbacks may come before this returns.
 *
 * Context: process, may sleep. Return: 0; -EBUSY when somebody else has
 * taken the socket over, -EINVAL when it is not connected any more, -EOPNOTSUPP when
 * it has TLS and this kernel would mistake us for a part of that; @conn is DEAD then.
 */
int usbipx_conn_start(struct usbipx_conn *conn, const char **why)
{
	struct sock *sk = conn->sock->sk;
	int ret = 0;

	/* 32767 is TCP's limit for keepalive. */
	conn->timeout = min(READ_ONCE(usbipx_peer_timeout), 32767U);
	if (sk->sk_protocol == IPPROTO_TCP)
		conn_set_tcp_options(sk, conn->timeout);

	usbipx_conn_get(conn);
	/* The connection may end and let go of it before this does. */
	sock_hold(sk);
	lock_sock(sk);
	conn->tcp = sk_is_tcp_of_inet(sk) && !sk_has_upper_layer(sk);
	if (READ_ONCE(sk->sk_user_data))
		ret = -EBUSY;
	else if (!sk_is_connected(sk))
		ret = -EINVAL;
	else if (sk_has_upper_layer(sk) && !compat_ulp_leaves_user_data())
		ret = -EOPNOTSUPP;
	conn->saved_allocation = sk->sk_allocation;
	if (!ret)
		conn_set_memalloc(conn);
	write_lock_bh(&sk->sk_callback_lock);
	spin_lock_irq(&conn->lock);
	if (!ret && sk->sk_user_data)
		ret = -EBUSY;
	if (!ret) {
		conn->saved_data_ready = sk->sk_data_ready;
		conn->saved_state_change = sk->sk_state_change;
		conn->saved_write_space = sk->sk_write_space;
		conn->saved_error_report = sk->sk_error_report;
		/* Not for whom a listening socket accepts, should it become one. */
		sk->sk_user_data =
			(void *)((uintptr_t)conn | SK_USER_DATA_NOCOPY);
		sk->sk_data_ready = conn_data_ready;
		sk->sk_state_change = conn_state_change;
		sk->sk_write_space = conn_write_space;
		sk->sk_error_report = conn_error_report;
		/*
		 * Must not wait for the disk that may hang on this socket, and
		 * not at all in softirq; see tx_send_tcp().
		 */
		sk->sk_allocation = (conn->tcp ? GFP_ATOMIC : GFP_NOIO) |
				    conn->memalloc;
		/* Nor use a page of whoever runs at the moment. */
		conn->saved_task_frag = compat_use_task_frag(sk, false);
		conn_set_state(conn, USBIPX_CONN_UP);
		/* What came before the callbacks were there. */
		queue_work(usbipx_wq, &conn->rx_work);
		if (conn->reason)
			conn_begin_close(conn);
	} else {
		conn_set_state(conn, USBIPX_CONN_DEAD);
	}
	spin_unlock_irq(&conn->lock);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
	sock_put(sk);

	if (ret) {
		*why = ret == -EBUSY ?
			       "socket is in use" :
		       ret == -EOPNOTSUPP ?
			       "has TLS, for which this kernel is too old" :
			       "not connected";
		conn_clear_memalloc(conn);
		complete_all(&conn->dead);
		usbipx_conn_put(conn);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(usbipx_conn_start);

/**
 * usbipx_conn_close - begin to take a connection down
 * @conn: the connection; one that is NEW ends as soon as it is UP
 * @error: negative errno, or 0 for an orderly end
 * @reason: static text for the log; the first caller's is kept
 *
 * The driver hears of it through closed(), later and from a work item.
 *
 * Context: any.
 */
void usbipx_conn_close(struct usbipx_conn *conn, int error, const char *reason)
{
	unsigned long flags;

	spin_lock_irqsave(&conn->lock, flags);
	if (!conn->reason) {
		conn->error = error;
		conn->reason = reason;
		conn_begin_close(conn);
	}
	spin_unlock_irqrestore(&conn->lock, flags);
}
EXPORT_SYMBOL_GPL(usbipx_conn_close);

/* Or those of an upper layer that has come since: TLS has kept ours, and calls them. */
static bool sk_has_our_callbacks(const struct sock *sk)
{
	return sk->sk_data_ready == conn_data_ready &&
	       sk->sk_state_change == conn_state_change &&
	       sk->sk_write_space == conn_write_space &&
	       sk->sk_error_report == conn_error_report;
}

/*
 * Who may still be running, and why they no longer are:
 *
 *   socket callbacks   sk_callback_lock for writing waited for those inside;
 *                      the socket has its own back, and SK_LETTING_GO is no
 *                      connection for one that was about to be called. TLS
 *                      changes them with the socket locked; when it has
 *                      kept ours, this module stays
 *   rx_work, tx_work   CLOSING keeps them from being queued; cancelled
 *   tx_bh              same; killed
 *   submitters         CLOSING keeps the next one from sending; tx_idle waited
 *                      for one who was. He does not block: the socket is shut
 *                      down and every send is MSG_DONTWAIT
 *   rx_drop callers    rx_mutex; they find nothing to drop
 */
static void conn_close_work(struct work_struct *work)
{
	struct usbipx_conn *conn =
		container_of(work, struct usbipx_conn, close_work);
	unsigned int flags = conn_memalloc_save(conn);
	atomic_t *closing = conn->ops->closing;
	struct sock *sk = conn->sock->sk;
	bool ours;
	void *ctx;

	kernel_sock_shutdown(conn->sock, SHUT_RDWR);

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	ours = sk_has_our_callbacks(sk);
	sk->sk_data_ready = conn->saved_data_ready;
	sk->sk_state_change = conn->saved_state_change;
	sk->sk_write_space = conn->saved_write_space;
	sk->sk_error_report = conn->saved_error_report;
	sk->sk_user_data = SK_LETTING_GO;
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
	if (!ours) {
		/* The driver, without which closed() does not come, holds it as well. */
		__module_get(THIS_MODULE);
		pr_notice("usbip-ext-core: stays loaded: TLS that came later to a socket may call it\n");
	}

	cancel_work_sync(&conn->rx_work);
	cancel_delayed_work_sync(&conn->tx_work);
	tasklet_kill(&conn->tx_bh);
	wait_event(conn->tx_idle, !READ_ONCE(conn->tx_sending));
	sk->sk_allocation = conn->saved_allocation; /* no sender changes it now */
	compat_use_task_frag(sk, conn->saved_task_frag);
	conn_tx_drop(conn);

	mutex_lock(&conn->rx_mutex);
	ctx = conn->rx.ctx;
	conn->rx.ctx = NULL;
	mutex_unlock(&conn->rx_mutex);
	conn_memalloc_restore(conn, flags);

	conn->ops->closed(conn, ctx);
	/* The driver may be gone then, and @closing is but an address. */
	if (atomic_dec_and_test(closing))
		wake_up_var(closing);
	conn_clear_memalloc(conn);

	/* Only now may another connection have it; never, when it would be called by TLS. */
	if (ours) {
		write_lock_bh(&sk->sk_callback_lock);
		sk->sk_user_data = NULL;
		write_unlock_bh(&sk->sk_callback_lock);
	}

	spin_lock_irq(&conn->lock);
	conn_set_state(conn, USBIPX_CONN_DEAD);
	spin_unlock_irq(&conn->lock);

	sockfd_put(conn->sock);
	conn->sock = NULL;
	complete_all(&conn->dead);
	usbipx_conn_put(conn);
}

/**
 * usbipx_conn_wait_dead - wait until a closed connection is gone
 * @conn: usbipx_conn_close() was called, or it never came UP
 *
 * Bounded by what the driver does in closed(), and by other owners of the socket.
 *
 * Context: process, may sleep; not from a callback of the connection.
 */
void usbipx_conn_wait_dead(struct usbipx_conn *conn)
{
	wait_for_completion(&conn->dead);
}
EXPORT_SYMBOL_GPL(usbipx_conn_wait_dead);

/**
 * usbipx_conn_wait_closed - wait for every closed() to return
 * @ops: whose
 *
 * For a driver about to go, which cannot see a connection any more that has let
 * go of it in its closed(). The other driver's may take their time.
 *
 * Context: process, may sleep.
 */
void usbipx_conn_wait_closed(const struct usbipx_conn_ops *ops)
{
	wait_var_event(ops->closing, !atomic_read(ops->closing));
}
EXPORT_SYMBOL_GPL(usbipx_conn_wait_closed);

/**
 * usbipx_conn_describe - why a connection ended, as one phrase for the log
 * @conn: a connection in its closed() callback
 * @buf: filled in
 * @size: of @buf
 *
 * The peer's end reads the same whoever met it first, the reader, the sender or
 * the socket. A peer that closes before it has read all resets (RFC 2525, 2.17).
 *
 * Context: any. Return: @buf.
 */
const char *usbipx_conn_describe(struct usbipx_conn *conn, char *buf, size_t size)
{
	if (conn->error == -EPROTO && conn->rx.fault.what)
		scnprintf(buf, size, "peer sent a bad %s: %d (0x%x)",
			  conn->rx.fault.what, (s32)conn->rx.fault.value,
			  conn->rx.fault.value);
	else if (conn->error == -ECONNRESET)
		scnprintf(buf, size, "peer reset the connection");
	else if (conn->error == -EPIPE)
		scnprintf(buf, size, "peer closed the connection");
	else if (conn->error)
		scnprintf(buf, size, "%s: error %d", conn->reason, conn->error);
	else
		scnprintf(buf, size, "%s", conn->reason);
	return buf;
}
EXPORT_SYMBOL_GPL(usbipx_conn_describe);

/**
 * usbipx_conn_is_up - can PDUs still be queued
 * @conn: the connection
 *
 * Context: any. A hint unless the caller knows that nobody closes.
 */
bool usbipx_conn_is_up(struct usbipx_conn *conn)
{
	return READ_ONCE(conn->state) == USBIPX_CONN_UP;
}
EXPORT_SYMBOL_GPL(usbipx_conn_is_up);

/* The caller knows that closed() has not returned. */
static void conn_bytes(const struct usbipx_conn *conn, u64 *rx, u64 *tx)
{
	const struct sock *sk = conn->sock->sk;

	if (sk->sk_protocol == IPPROTO_TCP) {
		*rx = READ_ONCE(tcp_sk(sk)->bytes_received);
		*tx = READ_ONCE(tcp_sk(sk)->bytes_acked);
	} else {
		*rx = READ_ONCE(conn->rx_bytes);
		*tx = READ_ONCE(conn->tx_bytes);
	}
}

/**
 * usbipx_conn_moved - bytes that reached us, or the peer
 * @conn: the connection; its closed() has not returned
 *
 * What a TCP peer has acknowledged, what another socket has taken.
 *
 * Context: any. Return: a count to compare with an earlier one; on 32 bits it
 * may be torn, and then shows a move that was none.
 */
u64 usbipx_conn_moved(struct usbipx_conn *conn)
{
	u64 rx, tx;

	conn_bytes(conn, &rx, &tx);
	return rx + tx;
}
EXPORT_SYMBOL_GPL(usbipx_conn_moved);

/**
 * usbipx_conn_stats - what a connection has done so far
 * @conn: its closed() has not returned
 * @stats: filled in; on 32 bits a count of bytes may be torn
 *
 * Context: any.
 */
void usbipx_conn_stats(struct usbipx_conn *conn, struct usbipx_stats *stats)
{
	memcpy(stats->peer, conn->peer, sizeof(stats->peer));
	stats->seconds = ktime_get_boottime_seconds() - conn->since;
	conn_bytes(conn, &stats->rx_bytes, &stats->tx_bytes);
}
EXPORT_SYMBOL_GPL(usbipx_conn_stats);

/**
 * usbipx_conn_path - what TCP knows of the way to the peer
 * @conn: its closed() has not returned; it need not be started
 * @path: filled in when this is TCP
 *
 * The socket's lock is not taken: each number is right by itself.
 *
 * Context: any. Return: false for a socket that is not TCP.
 */
bool usbipx_conn_path(struct usbipx_conn *conn, struct usbipx_path *path)
{
	const struct sock *sk = conn->sock->sk;

	if (sk->sk_protocol != IPPROTO_TCP)
		return false;
	path->retrans = READ_ONCE(tcp_sk(sk)->total_retrans);
	/* TCP keeps eight times the time. */
	path->rtt_us = READ_ONCE(tcp_sk(sk)->srtt_us) >> 3;
	return true;
}
EXPORT_SYMBOL_GPL(usbipx_conn_path);

/**
 * usbipx_conn_is_acked - has the peer's machine got all that was sent
 * @conn: the connection; its closed() has not returned
 *
 * Context: any. Return: false while TCP waits for an acknowledgment.
 */
bool usbipx_conn_is_acked(struct usbipx_conn *conn)
{
	const struct sock *sk = conn->sock->sk;

	return sk->sk_protocol != IPPROTO_TCP ||
	       READ_ONCE(tcp_sk(sk)->snd_una) == READ_ONCE(tcp_sk(sk)->write_seq);
}
EXPORT_SYMBOL_GPL(usbipx_conn_is_acked);

/**
 * usbipx_conn_patience - how long the peer may be silent when asked
 * @conn: started
 *
 * Context: any. Return: jiffies, 0: for ever.
 */
unsigned long usbipx_conn_patience(struct usbipx_conn *conn)
{
	return conn->timeout * (unsigned long)HZ;
}
EXPORT_SYMBOL_GPL(usbipx_conn_patience);

static void conn_release(struct kref *ref)
{
	struct usbipx_conn *conn = container_of(ref, struct usbipx_conn, ref);

	/* Still there when the connection was never started. */
	if (conn->sock)
		sockfd_put(conn->sock);
	mutex_destroy(&conn->rx_mutex);
	kfree(conn);
}

/**
 * usbipx_conn_get - take a reference
 * @conn: a connection the caller may look at
 *
 * Context: any. Pairs with usbipx_conn_put(). Return: @conn.
 */
struct usbipx_conn *usbipx_conn_get(struct usbipx_conn *conn)
{
	kref_get(&conn->ref);
	return conn;
}
EXPORT_SYMBOL_GPL(usbipx_conn_get);

/**
 * usbipx_conn_put - drop a reference
 * @conn: the connection
 *
 * Context: any once the connection was started; process before.
 */
void usbipx_conn_put(struct usbipx_conn *conn)
{
	kref_put(&conn->ref, conn_release);
}
EXPORT_SYMBOL_GPL(usbipx_conn_put);
