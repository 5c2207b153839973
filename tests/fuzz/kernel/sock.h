/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets, and the iterators of their messages, as far as core sees them: see shim.h.
 * Included by shim.h only; implemented by run.c.
 */
#ifndef SHIM_SOCK_H
#define SHIM_SOCK_H

struct kvec {
	void *iov_base;
	size_t iov_len;
};
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};
#define ITER_DEST   0
#define ITER_SOURCE 1
struct iov_iter {
	bool is_kvec;
	unsigned int direction;
	const struct kvec *kvec;
	const struct bio_vec *bvec;
	unsigned long nr_segs;
	size_t count;
};
static inline void iov_iter_kvec(struct iov_iter *i, unsigned int direction,
				 const struct kvec *kv, unsigned long n,
				 size_t count)
{
	*i = (struct iov_iter){ true, direction, kv, NULL, n, count };
}
static inline void iov_iter_bvec(struct iov_iter *i, unsigned int direction,
				 const struct bio_vec *bv, unsigned long n,
				 size_t count)
{
	*i = (struct iov_iter){ false, direction, NULL, bv, n, count };
}
#define iov_iter_count(i) ((i)->count)

#define MSG_DONTWAIT	 0x40
#define MSG_NOSIGNAL	 0x4000
#define MSG_MORE	 0x8000
#define MSG_SPLICE_PAGES 0x8000000
struct msghdr {
	struct iov_iter msg_iter;
	unsigned int msg_flags;
};
struct sk_buff {
	const u8 *data;
	unsigned int len;
};
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);
int skb_copy_datagram_iter(const struct sk_buff *skb, int offset,
			   struct iov_iter *to, int len);

#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define IPPROTO_TCP	6
#define SOCK_STREAM	1
#define SHUT_RDWR	2
#define RCV_SHUTDOWN	1
#define SEND_SHUTDOWN	2
#define TCP_ESTABLISHED 1
#define TCP_CLOSE	7
#define TCP_CLOSE_WAIT	8
struct net_device {
	unsigned int flags;
};
#define IFF_LOOPBACK 8
struct dst_entry {
	struct net_device *dev;
};
#define SK_USER_DATA_NOCOPY  1UL
#define SK_USER_DATA_PSOCK   4UL
#define SK_USER_DATA_PTRMASK (~(SK_USER_DATA_NOCOPY | SK_USER_DATA_PSOCK))
/* One socket for all of inet_connection_sock, tcp_sock and sock. */
struct sock {
	int sk_protocol;
	int sk_family;
	int sk_state;
	int sk_shutdown;
	int sk_err;
	gfp_t sk_allocation;
	rwlock_t sk_callback_lock;
	void *sk_user_data;
	void (*sk_data_ready)(struct sock *sk);
	void (*sk_state_change)(struct sock *sk);
	void (*sk_write_space)(struct sock *sk);
	void (*sk_error_report)(struct sock *sk);
	const void *icsk_ulp_ops;
	u64 bytes_received;
	u64 bytes_acked;
	u32 snd_una;
	u32 write_seq;
	u32 total_retrans;
	u32 srtt_us;
	struct dst_entry *sk_dst_cache;
	int refs;	  /* sock_hold() without its sock_put() */
	bool memalloc;	  /* SOCK_MEMALLOC */
	int memalloc_key; /* sk_set_memalloc() without its sk_clear_memalloc() */
	bool owned;	  /* by process context */
	bool slock;	  /* its spinlock */
	unsigned int backlog; /* callbacks that are due when the owner lets go */
};
struct socket {
	int type;
	struct sock *sk;
	int files; /* references to it */
};
#define inet_csk(sk) (sk)
#define tcp_sk(sk)   (sk)
struct socket *sockfd_lookup(int fd, int *error);
void sockfd_put(struct socket *sock);
struct sockaddr {
	unsigned short sa_family;
};
struct sockaddr_storage {
	unsigned short ss_family;
	char data[126];
} __attribute__((aligned(8)));
struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	u8 sin6_addr[16];
	u32 sin6_scope_id;
};
int kernel_getpeername(struct socket *sock, struct sockaddr *addr);
int kernel_sock_shutdown(struct socket *sock, int how);
int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags);
int sock_sendmsg(struct socket *sock, struct msghdr *msg);
int tcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t bytes);
bool sk_stream_is_writeable(const struct sock *sk);
void lock_sock(struct sock *sk);
void release_sock(struct sock *sk);
bool lock_sock_fast(struct sock *sk);
void unlock_sock_fast(struct sock *sk, bool slow);
#define sock_hold(sk)		((void)(sk)->refs++)
#define sock_put(sk)		((void)(sk)->refs--)
#define __sk_dst_get(sk)	((sk)->sk_dst_cache)
#define netif_is_l3_master(dev) false
void sk_set_memalloc(struct sock *sk);
void sk_clear_memalloc(struct sock *sk);
void sock_reset_flag(struct sock *sk, int flag);
void bh_lock_sock(struct sock *sk);
void bh_unlock_sock(struct sock *sk);
#define sock_owned_by_user(sk)		 ((sk)->owned)
#define SOCK_MEMALLOC			 0
#define sock_flag(sk, flag)		 ((sk)->memalloc)
#define tcp_sock_set_nodelay(sk)	 ((void)(sk))
#define sock_set_keepalive(sk)		 ((void)(sk))
#define tcp_sock_set_keepidle(sk, n)	 ((void)(sk), (void)(n))
#define tcp_sock_set_keepintvl(sk, n)	 ((void)(sk), (void)(n))
#define tcp_sock_set_keepcnt(sk, n)	 ((void)(sk), (void)(n))
#define tcp_sock_set_user_timeout(sk, n) ((void)(sk), (void)(n))
typedef struct {
	union {
		void *data;
	} arg;
	size_t count;
} read_descriptor_t;
typedef int (*sk_read_actor_t)(read_descriptor_t *desc, struct sk_buff *skb,
			       unsigned int offset, size_t len);
int tcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		  sk_read_actor_t actor);

struct cred;
#define override_creds(c) (c)
#define revert_creds(c)	  ((void)(c))

#endif
