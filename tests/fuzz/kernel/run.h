/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run of a fuzz target: its input, its socket, its peer's bytes, and what the
 * shim asks of it.
 * May use shim.h and core's wire.h. Included by shim.c, run.c and the targets.
 */
#ifndef RUN_H
#define RUN_H

#include "shim.h"
#include "../../../core/wire.h"

/* A machine as small as that: beyond it allocations fail. */
#define SHIM_MEMORY_MAX (4L << 20)

/**
 * struct shim_memory - what is allocated
 * @blocks: number of allocations
 * @bytes: their sum
 * @fail_after: the n-th allocation from now fails; 0 for none
 */
struct shim_memory {
	long blocks;
	long bytes;
	unsigned int fail_after;
};
extern struct shim_memory shim_memory;

/* As far as a clock goes that wraps. */
#define SHIM_EVER (~0UL >> 2)
extern bool shim_racing;
extern struct workqueue_struct *usbipx_close_wq;
extern unsigned int usbipx_peer_timeout;

/* shim.c */
bool shim_run_work(unsigned int nth);
bool shim_next_work(unsigned long within);
void shim_check_idle(void);
void shim_reset(void);
void shim_cache_destroy(struct kmem_cache *cache);
void shim_hold_page(struct page *page);
void shim_release_pages(void);

/* What the shim asks: run.c */
void run_race(void);
void run_work(struct work_struct *work);
bool run_blocks_work(const struct work_struct *work);
bool run_blocks_bh(void);
void run_late_callback(void);

/* The input. Past its end it is all zeros. */
void run_input(const u8 *data, size_t size);
bool run_more(void);
u8 in8(void);
u32 in16(void);
u32 in32(void);

enum run_mishap {
	RUN_NO_MISHAP,
	RUN_TAKEN, /* before all */
	RUN_TAKEN_LATE,
	RUN_DISCONNECTED,
};

/**
 * struct run_socket - the one socket of a run
 * @sk: as the connection sees it
 * @socket: same
 * @queue: bytes the peer has sent: @head have been read, @ready have arrived
 * @chunk: most that one skb or one recvmsg() has
 * @send_chunk: most that one send takes; both 0 for no limit
 * @pieces: how many pieces were that small
 * @spoil: word of the next PDU's header that becomes @spoil_with, from 1
 * @spoil_with: see @spoil
 * @room: bytes the socket still takes; ROOM_UNLIMITED for no end
 * @send_error: result of the next send, once
 * @eof: nothing comes after @queue
 * @lock_waited: lock_sock_fast() has
 * @mishap: what comes between a look at the socket and its takeover, once
 * @starting: it is being taken over, so no URB waits for it
 * @data_ready: the connection's, once it was called
 * @dev: where it sends
 * @dst: same
 * @aligned: every byte of the peer's so far was a PDU of run_peer_pdu()
 */
#define ROOM_UNLIMITED 0xffffffffU
struct run_socket {
	struct sock sk;
	struct socket socket;
	u8 queue[1 << 16];
	u32 head;
	u32 ready;
	u32 tail;
	u32 chunk;
	u32 send_chunk;
	u32 pieces;
	u32 spoil;
	u32 spoil_with;
	u32 room;
	int send_error;
	bool eof;
	bool lock_waited;
	bool aligned;
	enum run_mishap mishap;
	bool starting;
	void (*data_ready)(struct sock *sk);
	struct net_device dev;
	struct dst_entry dst;
};
extern struct run_socket run;

/* @looped: the peer is on this machine. */
void run_socket_open(bool tcp, bool looped);
/* Right before a takeover that is to fail, and after it. */
void run_socket_mishap(enum run_mishap mishap);
void run_socket_check_untouched(void);
void run_socket_closed(void);

/* The peer's side of it. */
u32 run_peer_room(void);
void run_peer_pdu(const struct usbipx_wire_header *w);
void run_peer_bytes(u32 n, u8 first);
void run_peer_raw(const void *p, u32 n);
void run_deliver(u32 n);
void run_peer_closes(bool reset);
void run_make_room(u32 n);

/* Ops that both targets have. Return: false if @op is none of them. */
enum run_op {
	RUN_DELIVER,
	RUN_DELIVER_ALL,
	RUN_WORK,
	RUN_ROOM,
	RUN_TIME,
	RUN_SEND_ERROR,
	RUN_NO_MEMORY,
	RUN_RACE,
	RUN_CHUNK,
	RUN_CLOSE,
	RUN_RAW,
	RUN_SPOIL,
	RUN_OPS,
};
void run_op(enum run_op op);
void run_settle(void);

/* The target's. */
void target_op(void);
void target_sleep(void);
void target_check_no_urbs(const char *when);
void target_sent(const u8 *p, size_t n);

/* Payload: bytes that count up. */
void count_up(u8 *p, size_t n, u8 first);
bool counts_up(const u8 *p, size_t n);

#endif
