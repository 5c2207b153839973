// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run of a fuzz target: reads its input, is its socket, feeds what the peer
 * sends in pieces, runs work items and other CPUs when the input says so.
 * May call shim.c and the target. Called by the drivers and by the targets.
 */
#include "run.h"

#include "../../../core/conn.h"

struct run_socket run;

static const u8 *input, *input_end;

/* Where the peer's PDUs begin in run.queue, and how many were decoded. */
static u32 pdu_at[sizeof(run.queue) / sizeof(struct usbipx_wire_header)];
static u32 pdus, pdus_decoded;

/* --- input ------------------------------------------------------------------- */
void run_input(const u8 *data, size_t size)
{
	input = data;
	input_end = data + size;
}

bool run_more(void)
{
	return input < input_end;
}

u8 in8(void)
{
	return input < input_end ? *input++ : 0;
}

u32 in16(void)
{
	u32 low = in8();

	return low | (u32)in8() << 8;
}

u32 in32(void)
{
	u32 low = in16();

	return low | in16() << 16;
}

/* --- payload ----------------------------------------------------------------- */
static u8 counting[256 + 4096];

static void __attribute__((constructor)) count(void)
{
	for (size_t i = 0; i < sizeof(counting); i++)
		counting[i] = i;
}

void count_up(u8 *p, size_t n, u8 first)
{
	while (n) {
		size_t now = min_t(size_t, n, 4096);

		memcpy(p, counting + first, now);
		p += now;
		n -= now;
	}
}

bool counts_up(const u8 *p, size_t n)
{
	u8 first = n ? *p : 0;

	while (n) {
		size_t now = min_t(size_t, n, 4096);

		if (memcmp(p, counting + first, now))
			return false;
		p += now;
		n -= now;
	}
	return true;
}

/* --- the socket --------------------------------------------------------------- */
static void no_callback(struct sock *sk)
{
	(void)sk;
}

void run_socket_open(bool tcp, bool looped)
{
	struct sock *sk = &run.sk;

	memset(sk, 0, sizeof(*sk));
	sk->sk_family = tcp ? AF_INET : AF_UNIX;
	sk->sk_protocol = tcp ? IPPROTO_TCP : 0;
	sk->sk_state = TCP_ESTABLISHED;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_data_ready = no_callback;
	sk->sk_state_change = no_callback;
	sk->sk_write_space = no_callback;
	sk->sk_error_report = no_callback;
	run.dev.flags = looped ? IFF_LOOPBACK : 0;
	run.dst = (struct dst_entry){ .dev = &run.dev };
	sk->sk_dst_cache = tcp ? &run.dst : NULL;
	run.mishap = RUN_NO_MISHAP;
	run.starting = false;
	run.data_ready = NULL;
	run.socket.type = SOCK_STREAM;
	run.socket.sk = sk;
	run.socket.files = 0;
	run.head = 0;
	run.ready = 0;
	run.tail = 0;
	run.chunk = 0;
	run.pieces = 0;
	run.send_chunk = 0;
	run.spoil = 0;
	run.room = ROOM_UNLIMITED;
	run.send_error = 0;
	run.eof = false;
	run.lock_waited = false;
	run.aligned = true;
	pdus = 0;
	pdus_decoded = 0;
}

/* The connection has let go of it. */
void run_socket_closed(void)
{
	run_socket_check_untouched();
	check(!run.sk.sk_user_data, "the socket is not free");
	shim_release_pages();
}

void run_socket_mishap(enum run_mishap mishap)
{
	run.mishap = mishap;
	if (mishap == RUN_TAKEN)
		run.sk.sk_user_data = &run;
}

void run_socket_check_untouched(void)
{
	struct sock *sk = &run.sk;

	/* What was there before, or has come in between */
	if (run.mishap) {
		sk->sk_user_data = NULL;
		sk->sk_state = TCP_ESTABLISHED;
		run.mishap = RUN_NO_MISHAP;
	}
	check(!sk->memalloc && !sk->memalloc_key, "SOCK_MEMALLOC is left");
	check(!sk->refs, "a reference to the socket is left");
	check(sk->sk_allocation == GFP_KERNEL,
	      "the socket's allocation mode is not as it was");
	check(!run.socket.files, "%d references to the socket are left",
	      run.socket.files);
	check(sk->sk_data_ready == no_callback &&
		      sk->sk_state_change == no_callback &&
		      sk->sk_write_space == no_callback &&
		      sk->sk_error_report == no_callback,
	      "the socket has not its own callbacks back");
	check(!sk->owned && !sk->slock, "the socket is left locked");
}

struct socket *sockfd_lookup(int fd, int *error)
{
	(void)fd;
	(void)error;
	run.socket.files++;
	return &run.socket;
}

void sockfd_put(struct socket *sock)
{
	check(sock->files > 0, "one reference to the socket too many");
	sock->files--;
}

/* Callbacks of the socket: of softirq, or of whoever owns it. */
enum {
	SK_DATA = 1,
	SK_SPACE = 2,
	SK_STATE = 4,
};

static void sk_events(unsigned int events)
{
	struct sock *sk = &run.sk;

	if (sk->sk_data_ready != no_callback)
		run.data_ready = sk->sk_data_ready;
	if (events & SK_DATA)
		sk->sk_data_ready(sk);
	if (events & SK_SPACE)
		sk->sk_write_space(sk);
	if (events & SK_STATE) {
		if (sk->sk_err)
			sk->sk_error_report(sk);
		sk->sk_state_change(sk);
	}
}

/* Who found it in the socket before it had its own back comes to it now. */
void run_late_callback(void)
{
	if (!run.data_ready)
		return;
	shim_now.softirq = true;
	run.sk.slock = true;
	run.data_ready(&run.sk);
	run.sk.slock = false;
	shim_now.softirq = false;
}

static void sk_raise(unsigned int events)
{
	struct sock *sk = &run.sk;

	if (sk->sk_protocol != IPPROTO_TCP) {
		sk_events(events);
		return;
	}
	if (sk->owned || sk->slock) {
		sk->backlog |= events;
		return;
	}
	/* Softirq, on a CPU that had nothing else to do. */
	shim_now.softirq = true;
	sk->slock = true;
	sk_events(events);
	sk->slock = false;
	shim_now.softirq = false;
	shim_run_bh();
}

void lock_sock(struct sock *sk)
{
	shim_may_sleep("lock_sock");
	check(!sk->owned && !sk->slock, "deadlock: the socket is owned");
	sk->owned = true;
	if (run.mishap == RUN_DISCONNECTED)
		sk->sk_state = TCP_CLOSE;
}

void release_sock(struct sock *sk)
{
	check(sk->owned, "the socket is not owned");
	shim_may_sleep("release_sock");
	while (sk->backlog) {
		unsigned int events = sk->backlog;

		sk->backlog = 0;
		sk_events(events);
	}
	sk->owned = false;
	shim_run_bh();
	shim_may_race();
}

/* True when it had to wait for an owner, and is one now: so it is the first time. */
bool lock_sock_fast(struct sock *sk)
{
	bool slow = !run.lock_waited;

	run.lock_waited = true;
	lock_sock(sk);
	if (slow)
		return true;
	sk->owned = false;
	sk->slock = true;
	shim_now.locks++;
	shim_now.bh_off++;
	return false;
}

void unlock_sock_fast(struct sock *sk, bool slow)
{
	if (slow) {
		release_sock(sk);
		return;
	}
	shim_now.bh_off--;
	shim_now.locks--;
	bh_unlock_sock(sk);
}

void sk_set_memalloc(struct sock *sk)
{
	check(sk->owned, "the socket is not owned");
	sk->memalloc = true;
	sk->sk_allocation |= __GFP_MEMALLOC;
	sk->memalloc_key++;
	if (run.mishap == RUN_TAKEN_LATE)
		sk->sk_user_data = &run;
}

void sk_clear_memalloc(struct sock *sk)
{
	check(sk->owned, "the socket is not owned");
	check(!sk->memalloc, "a packet in the backlog may need the flag");
	sk->sk_allocation &= ~__GFP_MEMALLOC;
	sk->memalloc_key--;
}

void sock_reset_flag(struct sock *sk, int flag)
{
	check(flag == SOCK_MEMALLOC, "another flag");
	check(sk->slock && !sk->owned, "there may be a backlog");
	target_check_no_urbs("before its connection lets go of SOCK_MEMALLOC");
	sk->memalloc = false;
}

void bh_lock_sock(struct sock *sk)
{
	check(!sk->slock, "deadlock: the socket's spinlock is held");
	sk->slock = true;
}

void bh_unlock_sock(struct sock *sk)
{
	unsigned int events = sk->backlog;

	sk->slock = false;
	if (sk->owned || !events)
		return;
	sk->backlog = 0;
	sk_raise(events);
}

int kernel_getpeername(struct socket *sock, struct sockaddr *addr)
{
	shim_may_sleep("kernel_getpeername");
	addr->sa_family = sock->sk->sk_family;
	return sizeof(*addr);
}

int kernel_sock_shutdown(struct socket *sock, int how)
{
	(void)how;
	shim_may_sleep("kernel_sock_shutdown");
	sock->sk->sk_shutdown = RCV_SHUTDOWN | SEND_SHUTDOWN;
	run.head = run.ready = run.tail;
	run.eof = true;
	sk_raise(SK_STATE);
	return 0;
}

/* So many pieces are small; a byte at a time for ever is only slow. */
#define PIECES 300

static u32 piece(u32 n, u32 chunk)
{
	if (!chunk || chunk >= n || run.pieces == PIECES)
		return n;
	run.pieces++;
	return chunk;
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	check(offset >= 0 && len >= 0, "negative length");
	if (offset > (int)skb->len - len)
		return -EFAULT;
	memcpy(to, skb->data + offset, len);
	return 0;
}

int skb_copy_datagram_iter(const struct sk_buff *skb, int offset,
			   struct iov_iter *to, int len)
{
	check(!to->is_kvec && to->nr_segs == 1 && to->count == (size_t)len &&
		      to->bvec->bv_len >= (unsigned int)len,
	      "iterator of another size");
	return skb_copy_bits(skb, offset,
			     (u8 *)shim_page_address(to->bvec->bv_page) +
				     to->bvec->bv_offset,
			     len);
}

/* Who owns a socket with reserves does not wait for memory. */
static void check_reclaim(const struct sock *sk)
{
	check(!sk->memalloc || !sk->owned || shim_now.noreclaim || run.starting,
	      "owns the socket and may wait for memory");
}

int tcp_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor)
{
	int copied = 0;

	check(sk->owned || sk->slock, "reads without the socket lock");
	check_reclaim(sk);
	check(sk->sk_data_ready != no_callback, "reads what it has let go");
	while (run.head < run.ready) {
		u32 len = piece(run.ready - run.head, run.chunk);
		struct sk_buff skb = { run.queue + run.head, len };
		u32 offset = 0;

		while (offset < len) {
			int used = actor(desc, &skb, offset, len - offset);

			if (used <= 0)
				return copied;
			check((u32)used <= len - offset,
			      "read more than there is");
			copied += used;
			offset += used;
			run.head += used;
			sk->bytes_received += used;
		}
		if (!desc->count)
			break;
	}
	return copied;
}

int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags)
{
	struct iov_iter *to = &msg->msg_iter;
	struct sk_buff skb;
	u32 n = piece(run.ready - run.head, run.chunk);

	check(sock == &run.socket && flags & MSG_DONTWAIT, "would block");
	check(to->count && to->nr_segs == 1, "nothing is asked for");
	shim_may_sleep("sock_recvmsg");
	if (!n && sock->sk->sk_err)
		return -sock->sk->sk_err;
	if (!n)
		return run.eof && run.head == run.tail ? 0 : -EAGAIN;
	n = min_t(u32, n, to->count);
	skb = (struct sk_buff){ run.queue + run.head, n };
	if (to->is_kvec) {
		check(to->kvec->iov_len >= n, "iterator of another size");
		skb_copy_bits(&skb, 0, to->kvec->iov_base, n);
	} else {
		to->count = n;
		skb_copy_datagram_iter(&skb, 0, to, n);
	}
	run.head += n;
	shim_may_race();
	return n;
}

/* The peer's machine has got everything. */
static void acknowledge(void)
{
	struct sock *sk = &run.sk;

	sk->bytes_acked += sk->write_seq - sk->snd_una;
	sk->snd_una = sk->write_seq;
}

static int send_bytes(struct msghdr *msg, size_t bytes)
{
	const struct iov_iter *from = &msg->msg_iter;
	int error = run.send_error;
	size_t sum = 0;
	u32 sent = 0;
	u32 i;

	check(msg->msg_flags & MSG_DONTWAIT, "would block");
	check(from->count == bytes && bytes, "count disagrees");
	for (i = 0; i < from->nr_segs; i++)
		sum += from->bvec[i].bv_len;
	check(sum >= bytes, "iterator promises too much");
	run.send_error = 0;
	if (error)
		return error;
	if (run.sk.sk_shutdown & SEND_SHUTDOWN || run.sk.sk_err)
		return -EPIPE;
	if (!run.room)
		return -EAGAIN;
	bytes = min_t(size_t, bytes, run.room);
	bytes = piece(bytes, run.send_chunk);
	for (i = 0; sent < bytes; i++) {
		const struct bio_vec *bv = &from->bvec[i];
		u32 n = min_t(u32, bv->bv_len, bytes - sent);

		check(!(msg->msg_flags & MSG_SPLICE_PAGES) ||
			      sendpage_ok(bv->bv_page),
		      "slab memory is spliced");
		if (msg->msg_flags & MSG_SPLICE_PAGES)
			shim_hold_page(bv->bv_page);
		target_sent((u8 *)shim_page_address(bv->bv_page) + bv->bv_offset,
			    n);
		sent += n;
	}
	run.sk.write_seq += sent;
	if (run.room == ROOM_UNLIMITED)
		acknowledge();
	else
		run.room -= sent;
	return sent;
}

int tcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t bytes)
{
	check(sk->owned || sk->slock, "sends without the socket lock");
	check_reclaim(sk);
	check(sk->sk_allocation ==
		      ((sk->owned ? GFP_NOIO : GFP_ATOMIC) |
		       (sk->memalloc ? __GFP_MEMALLOC | __GFP_NOWARN : 0)),
	      "the socket's allocation mode is of another context");
	return send_bytes(msg, bytes);
}

int sock_sendmsg(struct socket *sock, struct msghdr *msg)
{
	int ret;

	check(sock->sk->sk_protocol != IPPROTO_TCP, "a TCP socket's own way");
	shim_may_sleep("sock_sendmsg");
	ret = send_bytes(msg, msg->msg_iter.count);
	shim_may_race();
	return ret;
}

bool sk_stream_is_writeable(const struct sock *sk)
{
	(void)sk;
	return run.room;
}

/* --- the peer's side ------------------------------------------------------------ */
/* Each PDU begins where the protocol says, or the receiver is out of step. */
int __real_usbipx_decode(struct usbipx_pdu *pdu,
			 const struct usbipx_wire_header *w,
			 enum usbipx_role role, struct usbipx_fault *fault);
int __wrap_usbipx_decode(struct usbipx_pdu *pdu,
			 const struct usbipx_wire_header *w,
			 enum usbipx_role role, struct usbipx_fault *fault);

int __wrap_usbipx_decode(struct usbipx_pdu *pdu,
			 const struct usbipx_wire_header *w,
			 enum usbipx_role role, struct usbipx_fault *fault)
{
	if (run.aligned) {
		check(pdus_decoded < pdus, "payload is taken for a PDU");
		check(!memcmp(w, run.queue + pdu_at[pdus_decoded], sizeof(*w)),
		      "PDU %u does not begin where it is looked for",
		      pdus_decoded);
		pdus_decoded++;
	}
	return __real_usbipx_decode(pdu, w, role, fault);
}

u32 run_peer_room(void)
{
	return run.eof ? 0 : sizeof(run.queue) - run.tail;
}

void run_peer_raw(const void *p, u32 n)
{
	check(n <= run_peer_room(), "harness: queue is full");
	memcpy(run.queue + run.tail, p, n);
	run.tail += n;
}

void run_peer_pdu(const struct usbipx_wire_header *w)
{
	u32 at = run.tail;

	pdu_at[pdus++] = at;
	run_peer_raw(w, sizeof(*w));
	if (!run.spoil)
		return;
	memcpy(run.queue + at + 4 * (run.spoil - 1), &run.spoil_with, 4);
	run.spoil = 0;
	run.aligned = false;
}

void run_peer_bytes(u32 n, u8 first)
{
	check(n <= run_peer_room(), "harness: queue is full");
	count_up(run.queue + run.tail, n, first);
	run.tail += n;
}

/* @n more bytes arrive. */
void run_deliver(u32 n)
{
	run.ready += min(n, run.tail - run.ready);
	sk_raise(SK_DATA);
}

void run_peer_closes(bool reset)
{
	run.eof = true;
	run.sk.sk_shutdown |= RCV_SHUTDOWN;
	if (reset) {
		run.sk.sk_err = ECONNRESET;
		run.sk.sk_state = TCP_CLOSE;
	}
	sk_raise(SK_STATE);
}

/* The peer acknowledges, and the socket lets go of memory. */
void run_make_room(u32 n)
{
	shim_release_pages();
	acknowledge();
	if (run.room < ROOM_UNLIMITED - n)
		run.room += n;
	else
		run.room = ROOM_UNLIMITED;
	sk_raise(SK_SPACE);
}

/* --- what both targets do --------------------------------------------------------- */
static unsigned int race_ops;

void run_race(void)
{
	unsigned int n;

	for (n = race_ops; n && run_more(); n--)
		target_op();
}

/* Work on another CPU waits for these; here nobody could wait. */
bool run_blocks_work(const struct work_struct *work)
{
	const struct usbipx_conn *conn =
		(void *)((uintptr_t)run.sk.sk_user_data & SK_USER_DATA_PTRMASK);
	bool locked = run.sk.owned || run.sk.slock;

	if (conn && work == &conn->tx_work.work)
		return conn->tcp && locked;
	return locked || (conn && conn->rx_mutex.held);
}

bool run_blocks_bh(void)
{
	return run.sk.slock;
}

void run_work(struct work_struct *work)
{
	work_func_t func = work->func;

	/* A work item may free what it is in, so let it be idle before that. */
	if (work->wq == usbipx_close_wq) {
		work->running = false;
		func(work);
	} else {
		func(work);
		work->running = false;
	}
	shim_check_idle();
}

void run_op(enum run_op op)
{
	static const int errors[] = { -EAGAIN, -ENOBUFS, -EINTR,      -ENOMEM,
				      -EPIPE,  -EBUSY,	 -ERESTARTSYS };
	u8 raw[256];
	u32 n, i;

	switch (op) {
	case RUN_DELIVER:
		run_deliver(1 + in8());
		break;
	case RUN_DELIVER_ALL:
		run_deliver(sizeof(run.queue));
		break;
	case RUN_WORK:
		shim_run_work(in8());
		break;
	case RUN_ROOM:
		n = in8();
		if (n == 0)
			run.room = 0;
		else
			run_make_room(n == 255 ? ROOM_UNLIMITED : n);
		break;
	case RUN_TIME:
		n = in8();
		jiffies += n & 0x80 ? (n & 0x7f) * HZ : n;
		for (i = 0; i < 4; i++)
			shim_run_work(0);
		break;
	case RUN_SEND_ERROR:
		run.send_error = errors[in8() % ARRAY_SIZE(errors)];
		break;
	case RUN_NO_MEMORY:
		shim_memory.fail_after = 1 + in8() % 8;
		break;
	case RUN_RACE:
		n = in8();
		shim_race_after = 1 + n % 16;
		race_ops = 1 + (n >> 4) % 4;
		break;
	case RUN_CHUNK:
		run.chunk = in8();
		run.send_chunk = in8();
		break;
	case RUN_SPOIL:
		run.spoil = 1 + in8() % (sizeof(struct usbipx_wire_header) / 4);
		run.spoil_with = in32();
		break;
	case RUN_CLOSE:
		run_peer_closes(in8() & 1);
		break;
	case RUN_RAW:
		n = in8();
		for (i = 0; i < n && run_more(); i++)
			raw[i] = in8();
		if (i > run_peer_room())
			break;
		run.aligned = false;
		run_peer_raw(raw, i);
		break;
	case RUN_OPS:
		break;
	}
}

/* Nothing is short any more, and all that is due happens. */
void run_settle(void)
{
	int i;

	shim_race_after = 0;
	shim_memory.fail_after = 0;
	run.send_error = 0;
	run.send_chunk = 0;
	run.spoil = 0;
	run_make_room(ROOM_UNLIMITED);
	run_deliver(sizeof(run.queue));
	shim_run_bh();
	for (i = 0; shim_run_work(0) || shim_next_work(HZ / 10); i++)
		check(i < 1000, "work items queue each other for ever");
	shim_run_bh();
}
