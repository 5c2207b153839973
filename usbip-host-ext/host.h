/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exported devices: which are claimed, their state, their URBs.
 * May use core's conn.h. Included by usbip-host-ext only.
 *
 * Objects
 *
 *   device   struct host_device, from probe to disconnect of a USB device
 *   hurb     an URB made from a CMD_SUBMIT, until its answer has been sent
 *   reply    a PDU to send; a part of a hurb, or by itself
 *
 * Locking, outermost first
 *
 *   device lock    the USB core's; held in probe and disconnect. Whoever runs
 *                  for a connection only tries to take it, host_lock_device():
 *                  disconnect waits for the connection with it held
 *   kill_lock      of a device: one host_kill_urbs() at a time
 *   match_lock     rules and busid table (match.c)
 *   budgets_lock   list of the devices that may be short of memory (budget.c)
 *   hdev->lock     everything of a device and its hurbs but its budget, see
 *                  budget.c. Interrupts disabled.
 *                  Outside of the connection's own spinlock, and of
 *                  hdev->inflight.lock
 */
#ifndef HOST_H
#define HOST_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/usb.h>
#include <linux/workqueue.h>

#include "../compat/compat.h"
#include "../core/conn.h"

/* The tools look for this very name. */
#define HOST_NAME "usbip-host"

/* More than usbfs lets one URB have by default, less than a peer may ask for. */
#define HOST_MAX_URB (64U << 20)

/* Transfers up to this size have their memory with the hurb. */
#define HOST_SMALL 4096U

/* Hurbs that a device with a client keeps for the next URBs. */
#define HOST_HURBS_KEPT 4

/* usbip_status, as the tools know it. */
enum host_status {
	HOST_AVAILABLE = 1,
	HOST_USED = 2,
};

/**
 * struct host_split - an endpoint whose transfers may go in pieces
 * @busy: one does
 * @held: hurbs that wait for it, in order
 * @submitting: what was submitted last by a completion handler; NULL when it is over
 */
struct host_split {
	bool busy;
	struct list_head held;
	struct host_urb *submitting;
};

/**
 * struct host_device - a claimed device
 * @udev: the device; invariant
 * @lock: see above
 * @conn: the client's connection, with a reference; NULL when none
 * @config: configuration that clients find, -1 for none; invariant
 * @has_client_group: usbip_client/ is there; invariant
 * @gone: disconnect has begun
 * @charged: bytes of the client's URBs until the socket has taken the answer
 * @answers: answers without an URB that no socket has taken yet
 * @paused: the connection's reader waits until there is less of either; set by
 *	the reader, see budget.c
 * @stalled: none of @charged completes; what does not fit is refused
 * @stall_armed: @stall_work may find that out; changed under @lock
 * @stall_work: finds it out
 * @budgets: in the list of devices whose readers a new limit resumes
 * @urbs: hurbs at the host controller, by seqnum
 * @inflight: the same URBs, to kill them and to wait for their completions
 * @splits: transfers in pieces, by endpoint: see split.c
 * @kill_lock: one host_kill_urbs() at a time
 * @completed: URBs of the client that are over, and were not cancelled by it
 * @failed: those of them with an error
 * @kept: hurbs for the next URBs
 * @nkept: how many
 */
struct host_device {
	struct usb_device *udev;

	spinlock_t lock; /* see above */
	struct usbipx_conn *conn;
	int config;
	bool has_client_group;
	bool gone;
	atomic_long_t charged;
	atomic_long_t answers;
	bool paused;
	bool stalled;
	bool stall_armed;
	struct delayed_work stall_work;
	struct list_head budgets;
	DECLARE_HASHTABLE(urbs, 6);
	struct usb_anchor inflight;
	struct host_split splits[32];
	struct mutex kill_lock; /* see above */
	u64 completed;
	u64 failed;
	struct host_urb *kept;
	unsigned int nkept;
};

/**
 * struct host_client - who uses a device, and what for
 * @conn: the connection
 * @completed: URBs that are over, and were not cancelled by it
 * @failed: those of them with an error
 */
struct host_client {
	struct usbipx_stats conn;
	u64 completed;
	u64 failed;
};

/**
 * struct host_reply - an answer
 * @tx: the PDU
 * @hdev: for which device; invariant
 * @hurb: what @tx is a part of, or NULL
 */
struct host_reply {
	struct usbipx_tx tx;
	struct host_device *hdev;
	struct host_urb *hurb;
};

/**
 * struct host_urb - an URB of a client
 * @reply: RET_SUBMIT
 * @urb: the hurb has a reference; the host controller, @hdev->inflight and who unlinks it
 *	have others
 * @ep: the endpoint, as it was when the command came
 * @hash: in hdev->urbs while at the host controller
 * @seqnum: of CMD_SUBMIT
 * @unlink: RET_UNLINK to send when the URB completes, or NULL; under hdev->lock
 * @cancelled: by host_kill_urbs(); under hdev->inflight.lock
 * @iso_sum: lengths of the packets received so far
 * @charge: what it takes of hdev->charged
 * @small: HOST_SMALL bytes, or NULL; stays with the hurb
 * @sgt: pages of a large buffer, when urb->num_sgs
 * @total: bytes of a transfer that goes piece by piece, see split.c; 0 for others
 * @done: those of its pieces that have completed
 * @zero: its last piece has URB_ZERO_PACKET
 * @piece: the one that is at the host controller
 * @node: in what an endpoint's host_split has held, or empty
 * @next: in hdev->kept
 * @setup: setup packet; read by the host controller
 */
struct host_urb {
	struct host_reply reply;
	struct urb *urb;
	struct usb_host_endpoint *ep;
	struct hlist_node hash;
	u32 seqnum;
	struct host_reply *unlink;
	bool cancelled;
	u32 iso_sum;
	long charge;
	void *small;
	struct sg_table sgt;
	u32 total;
	u32 done;
	bool zero;
	struct scatterlist *piece;
	struct list_head node;
	struct host_urb *next;
	struct usb_ctrlrequest setup;
};

/* device.c */
extern struct usb_device_driver host_driver;
int host_device_connect(struct host_device *hdev, int sockfd);
int host_device_disconnect(struct host_device *hdev);
enum host_status host_device_status(struct host_device *hdev);
int host_device_client(struct host_device *hdev, struct host_client *client);
int host_lock_device(struct host_device *hdev, struct usbipx_conn *conn);
void host_device_closed(struct usbipx_conn *conn, void *ctx);

/* match.c */
bool host_may_export(struct usb_device *udev);
bool host_wants(struct usb_device *udev);
int host_set_rules(const char *text);
int host_get_rules(char *buf);
int host_apply_rules(void);
void host_free_rules(void);
int host_busid_add(const char *busid);
int host_busid_del(const char *busid);
int host_busid_show(char *buf);
int host_rebind(const char *busid);
void host_release_all(void (*unregister)(void));

/* request.c */
bool host_request_sleeps(const struct usbipx_pdu *pdu);
int host_request(struct host_device *hdev, struct usbipx_conn *conn,
		 const struct usbipx_pdu *pdu);
int host_set_configuration(struct usb_device *udev, int value);

/* buffer.c */
long host_buffer_size(const struct usb_device *udev,
		      const struct usb_host_endpoint *ep, u32 length);
int host_buffer_alloc(struct host_urb *hurb, const struct usb_host_endpoint *ep,
		      u32 length, bool may_sleep);
void host_buffer_free(struct host_urb *hurb);
void host_buffer_exit(void);

/* split.c */
void host_split_init(struct host_device *hdev);
void host_split_mark(struct host_urb *hurb);
bool host_split_begin(struct host_urb *hurb);
bool host_split_done(struct host_urb *hurb);
void host_split_end(struct host_device *hdev, unsigned int pipe, int status);
void host_split_finish(struct host_urb *hurb);
void host_split_whole(struct host_urb *hurb);
struct host_urb *host_split_take(struct host_device *hdev);

/* budget.c */
extern unsigned int host_client_memory_mb;
int host_charge_urb(struct host_device *hdev, long bytes, bool may_sleep);
void host_uncharge_urb(struct host_device *hdev, long bytes, bool completed);
int host_charge_answer(struct host_device *hdev, bool may_sleep);
void host_uncharge_answer(struct host_device *hdev);
void host_budget_init(struct host_device *hdev);
void host_budget_end(struct host_device *hdev);
void host_budget_exit(struct host_device *hdev);
void host_budget_progress(struct host_device *hdev);
void host_limit_changed(void);

/* urb.c */
extern const struct usbipx_conn_ops host_conn_ops;
void host_hurb_free(struct host_urb *hurb);
void host_urb_failed(struct host_urb *hurb, int status);
void host_free_kept(struct host_device *hdev);
void host_kill_urbs(struct host_device *hdev);

/* sysfs.c */
extern const struct attribute_group host_client_group;
extern const struct attribute_group *host_device_groups[];
int host_sysfs_create(void);
void host_sysfs_remove(void);

#endif
