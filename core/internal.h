/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of core share with each other and with nobody else.
 * May use conn.h. Called by core only.
 */
#ifndef USBIPX_INTERNAL_H
#define USBIPX_INTERNAL_H

#include "conn.h"

/* main.c */
extern struct workqueue_struct *usbipx_close_wq;
extern unsigned int usbipx_peer_timeout;
extern const struct cred *usbipx_cred;

/* conn.c */
void conn_queue_rx_work(struct usbipx_conn *conn);

/* rx.c */
void conn_rx_ready(struct usbipx_conn *conn);
void conn_rx_work(struct work_struct *work);

/* tx.c */
void conn_tx_bh(struct tasklet_struct *bh);
void conn_tx_work(struct work_struct *work);
void conn_tx_resume(struct usbipx_conn *conn);
void conn_tx_drop(struct usbipx_conn *conn);

#endif
