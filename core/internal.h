/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of core share with each other and with nobody else.
 * May use conn.h. Called by core only.
 */
#ifndef USBIPX_INTERNAL_H
#define USBIPX_INTERNAL_H

#include <linux/sched/mm.h>

#include "conn.h"

/* main.c */
extern struct workqueue_struct *usbipx_close_wq;
extern unsigned int usbipx_peer_timeout;
extern const struct cred *usbipx_cred;

/* conn.c */
void conn_queue_rx_work(struct usbipx_conn *conn);
int conn_check_tcp(struct usbipx_conn *conn);

/*
 * Around all that owns the socket in process context once there may be URBs, as
 * release_sock() receives, too. No allocation down there may wait for a disk that hangs
 * on this socket. Nor may one that has the reserves wait for memory to be reclaimed, as
 * kmalloc_reserve() would first: neither answers nor TCP's timers get through meanwhile.
 */
static inline unsigned int conn_memalloc_save(const struct usbipx_conn *conn)
{
	return conn->memalloc ? memalloc_noreclaim_save() : memalloc_noio_save();
}

static inline void conn_memalloc_restore(const struct usbipx_conn *conn,
					 unsigned int flags)
{
	if (conn->memalloc)
		memalloc_noreclaim_restore(flags);
	else
		memalloc_noio_restore(flags);
}

/* rx.c */
void conn_rx_ready(struct usbipx_conn *conn);
void conn_rx_work(struct work_struct *work);

/* tx.c */
void conn_tx_bh(struct tasklet_struct *bh);
void conn_tx_work(struct work_struct *work);
void conn_tx_resume(struct usbipx_conn *conn);
void conn_tx_drop(struct usbipx_conn *conn);

#endif
