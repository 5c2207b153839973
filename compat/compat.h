/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Teaches older kernels what the code, written for the newest, expects.
 * The only place that knows how kernels differ; COMPAT_* come from probes.mk.
 * Included by every .c file that uses something listed here.
 *
 * Each entry: what, which upstream commit brought it, when it may go.
 */
#ifndef USBIPX_COMPAT_H
#define USBIPX_COMPAT_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <net/tcp.h>

/*
 * ITER_DEST, ITER_SOURCE: commit de4eda9de2d9 ("use less confusing names for
 * iov_iter direction initializers"), v6.2. May go when 6.1 goes.
 */
#ifndef ITER_DEST
#define ITER_DEST   READ
#define ITER_SOURCE WRITE
#endif

/*
 * WQ_PERCPU: commit 930c2ea566af ("workqueue: Add new WQ_PERCPU flag"), v6.17;
 * bound is the default before. May go when 6.16 goes.
 */
#ifdef COMPAT_HAS_WQ_PERCPU
#define COMPAT_WQ_PERCPU WQ_PERCPU
#else
#define COMPAT_WQ_PERCPU 0
#endif

/*
 * platform_driver::remove returns void: commit 0edb555a65d1 ("platform: Make
 * platform_driver::remove() return void"), v6.11. May go when 6.10 goes.
 */
#ifdef COMPAT_PLATFORM_REMOVE_INT
#define compat_remove_t int
#define COMPAT_REMOVED	0
#else
#define compat_remove_t void
#define COMPAT_REMOVED
#endif

/*
 * usb_device_driver has a struct device_driver of its own: commit 49a78b05d5ca
 * ("USB: core: Use device_driver directly in struct usb_driver and
 * usb_device_driver"), v6.8, and in stable trees. May go when every older kernel
 * without that backport goes.
 */
#ifdef COMPAT_USBDRV_WRAP
#define compat_usb_device_driver(d) (&(d)->drvwrap.driver)
#else
#define compat_usb_device_driver(d) (&(d)->driver)
#endif

/*
 * The @n-th of pages that lie one behind the other: nth_page() went with commit
 * "mm: remove nth_page()", v6.18, when arithmetic had become enough. May go when
 * every kernel before that goes.
 */
static inline struct page *compat_nth_page(struct page *page, unsigned int n)
{
	return pfn_to_page(page_to_pfn(page) + n);
}

/*
 * sock::sk_use_task_frag: commit fb87bd47516d ("net: Introduce
 * sk_use_task_frag in struct sock."), v6.2, and in stable trees; sk_allocation
 * alone decided before. May go when every older kernel goes.
 *
 * compat_use_task_frag() - set it; return what it was
 */
static inline bool compat_use_task_frag(struct sock *sk, bool use)
{
#ifdef COMPAT_HAS_TASK_FRAG
	swap(sk->sk_use_task_frag, use);
#endif
	return use;
}

/*
 * SK_USER_DATA_PSOCK: commit 2a0133723f9e ("net: fix refcount bug in sk_psock_get
 * (2)"), v6.0, and in stable trees. Before, TLS took whatever sk_user_data holds for
 * a struct sk_psock. May go when every older kernel without that backport goes.
 *
 * compat_ulp_leaves_user_data() - may a socket with an upper layer be taken over
 */
static inline bool compat_ulp_leaves_user_data(void)
{
#ifdef SK_USER_DATA_PSOCK
	return true;
#else
	return false;
#endif
}

/*
 * MSG_SPLICE_PAGES, which takes pages by reference: commit 270a1c3de47e ("tcp:
 * Support MSG_SPLICE_PAGES"), v6.5; tcp_sendpage_locked() before. (Older trees
 * may have the flag and do nothing about it.) May go when 6.4 goes.
 *
 * compat_tcp_splice_locked() - tcp_sendmsg_locked() of pages that are not slab's
 */
#ifdef COMPAT_TCP_SENDPAGE
static inline int compat_tcp_splice_locked(struct sock *sk, struct msghdr *msg,
					   size_t bytes)
{
	const struct bio_vec *bv = msg->msg_iter.bvec;
	size_t done = 0, offset = 0;

	/* It would copy then, through kmap(), which may sleep. */
	if (!(sk->sk_route_caps & NETIF_F_SG))
		return tcp_sendmsg_locked(sk, msg, bytes);
	while (done < bytes) {
		size_t at = bv->bv_offset + offset;
		struct page *page =
			compat_nth_page(bv->bv_page, at >> PAGE_SHIFT);
		struct page *head = compound_head(page);
		/* A reference is to one page, or to all of a compound one. */
		size_t end =
			page_size(head) -
			((page_to_pfn(page) - page_to_pfn(head)) << PAGE_SHIFT);
		size_t n = min_t(size_t, bv->bv_len - offset,
				 end - offset_in_page(at));
		int flags = msg->msg_flags;
		int ret;

		if (done + n < bytes)
			flags |= MSG_SENDPAGE_NOTLAST | MSG_MORE;
		ret = tcp_sendpage_locked(sk, page, offset_in_page(at), n, flags);
		if (ret <= 0)
			return done ?: ret;
		done += ret;
		offset += ret;
		if (offset == bv->bv_len) {
			offset = 0;
			bv++;
		}
	}
	return done;
}
#else
static inline int compat_tcp_splice_locked(struct sock *sk, struct msghdr *msg,
					   size_t bytes)
{
	msg->msg_flags |= MSG_SPLICE_PAGES;
	return tcp_sendmsg_locked(sk, msg, bytes);
}
#endif

#endif
