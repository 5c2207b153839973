/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual host controller: controllers, their root hubs, ports, URBs.
 * May use core's conn.h. Included by vhci-ext only.
 *
 * Objects
 *
 *   controller   one platform device vhci_hcd.N: a USB2 and a USB3 root hub of
 *                the same number of ports
 *   place        which port numbers are a controller's. There are as many as
 *                controllers, but the place comes first and goes last: its
 *                status file is there while the directory is
 *   port         part of its root hub; a device is attached while port->conn
 *                is set
 *   vurb         one URB given to us and what is sent about it
 *
 * Locking
 *
 *   nports_lock  (nports.c) making and removing controllers, from load to
 *                unload; outside of all others. A signal ends the wait for it,
 *                but of the module's load and removal
 *   vhci_places_lock
 *                which places and controllers there are, how many ports of them
 *                are shown, who has a port from vhci_port_get(). Held for short
 *                only: nothing inside waits
 *   port->lock   everything of a port and of its vurbs. Interrupts disabled.
 *                Outside of the connection's own spinlock; URBs are given back
 *                and USB core functions that may call us are called without it.
 *   hub->poll_lock
 *                looking which ports have changed. Any context, nothing inside;
 *                port->change is only looked at.
 *
 * A controller is removed only when none of its ports is used or looked at by
 * somebody; with vhci_places_lock held that is found out and the controller is
 * taken out of its place, so that it cannot change any more. Who has a port from
 * vhci_port_get(), holds vhci_places_lock, or has the port's connection before its
 * closed() is about to return, may rely on the controller. Whom the USB core has
 * enqueue or cancel an URB may rely on the port's memory: it is the host
 * controller's, which the core keeps for every device that is not freed yet.
 *
 * A port whose connection has ended is not free before the USB core has let go
 * of the device that was there: URBs of an old device must not reach the next.
 */
#ifndef VHCI_H
#define VHCI_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/usb.h>
#include <linux/usb/hcd.h>
#include <linux/workqueue.h>

#include "../compat/compat.h"
#include "../core/conn.h"

#define VHCI_NAME "vhci_hcd"

/* Ports of one root hub: USB_SS_MAXPORTS, the limit of a USB3 hub. */
#define VHCI_HUB_PORTS 15

/* Bus numbers of a system (USB_MAXBUS of the USB core, 0 is not used). */
#define VHCI_MAX_BUSES 63

#define VHCI_MAX_CONTROLLERS (VHCI_MAX_BUSES / 2)

/*
 * The lowest bits of a seqnum say what an answer looks like, so that an answer
 * which comes after its URB was given up can still be swallowed exactly.
 */
#define VHCI_SEQ_IN	BIT(0) /* answer carries data */
#define VHCI_SEQ_ISO	BIT(1) /* answer carries packet descriptors */
#define VHCI_SEQ_UNLINK BIT(2) /* CMD_UNLINK of the URB with this bit clear */
#define VHCI_SEQ_STEP	BIT(3)

/* Port states as printed in the status files (facts of the stock ABI). */
enum vhci_port_state {
	VHCI_PORT_FREE = 4,
	VHCI_PORT_NOT_ASSIGNED = 5,
	VHCI_PORT_USED = 6,
};

/**
 * struct vhci_counts - what a port's device has done since it was attached
 * @submitted: URBs sent to the server
 * @given_back: of them
 * @unlinked: of them, cancelled by their drivers
 * @timeouts: of these, given back without RET_UNLINK
 * @bytes_in: that URBs have received
 * @bytes_out: that the server says it has passed on
 * @error: what the last URB ended with that was not cancelled or short, or 0
 */
struct vhci_counts {
	u64 submitted;
	u64 given_back;
	u64 unlinked;
	u64 timeouts;
	u64 bytes_in;
	u64 bytes_out;
	int error;
};

/**
 * struct vhci_port - one port of a root hub
 * @hub: whose port this is; invariant
 * @number: the port's number in the sysfs files; changes only while the port is
 *	free and nobody has it from vhci_port_get()
 * @users: vhci_port_get() and vhci_port_hold(); protected by vhci_places_lock
 * @lock: protects everything below
 * @conn: connection of the attached device, with a reference; NULL when none
 * @devid: the server's name for the device
 * @speed: USB_SPEED_*
 * @sockfd: descriptor number as written to attach, only ever printed
 * @udev: the device the USB core made for it, from its first request until
 *	vhci_free_dev(); outlives @conn
 * @status: wPortStatus
 * @change: wPortChange
 * @counts: for debugfs
 * @seqnum: last one used
 * @urbs: vurbs with an URB, by seqnum
 * @unlinking: vurbs waiting for RET_UNLINK, by deadline
 * @unlink_work: gives up waiting
 * @deaf: it has, and no RET_UNLINK came since
 * @slow: jiffies that cancels have taken longer than they should, see unlink.c
 * @counted: all that was ever added to it
 * @idle: jiffies since when @unlinking is empty
 * @since: jiffies of the first request to a device that is being enumerated, or 0
 * @watching: @watch_work is under way
 * @watch_work: looks whether the server is still there
 * @quiet: jiffies since when it has given no sign of life
 * @heard: jiffies of its last PDU
 * @moved: usbipx_conn_moved() at the last sign of life
 * @asked: questions it was asked since then
 * @due: jiffies of the next
 * @probe: the last one
 * @probing: @probe is in the connection's hands
 */
struct vhci_port {
	struct vhci_hub *hub;
	unsigned int number;
	unsigned int users;

	spinlock_t lock; /* see above */
	struct usbipx_conn *conn;
	u32 devid;
	enum usb_device_speed speed;
	int sockfd;
	struct usb_device *udev;
	u16 status;
	u16 change;
	struct vhci_counts counts;
	u32 seqnum;
	DECLARE_HASHTABLE(urbs, 6);
	struct list_head unlinking;
	struct delayed_work unlink_work;
	bool deaf;
	unsigned long slow;
	unsigned long counted;
	unsigned long idle;

	unsigned long since;
	bool watching;
	struct delayed_work watch_work;
	unsigned long quiet;
	unsigned long heard;
	u64 moved;
	unsigned int asked;
	unsigned long due;
	struct usbipx_tx probe;
	bool probing;
};

/**
 * struct vhci_hub - a root hub, in the memory of its host controller
 * @hcd: that
 * @super: USB3
 * @nports: how many of @ports there are
 * @poll_lock: for looking which of them have changed
 * @ports: all there may be
 */
struct vhci_hub {
	struct usb_hcd *hcd;
	bool super;
	unsigned int nports;
	spinlock_t poll_lock; /* see the locking chapter */
	struct vhci_port ports[VHCI_HUB_PORTS];
};

/**
 * struct vhci_controller - one platform device
 * @pdev: the platform device
 * @nports: of each root hub, of which the place may show less
 * @high: USB2 root hub
 * @super: USB3 root hub
 */
struct vhci_controller {
	struct platform_device *pdev;
	unsigned int nports;
	struct vhci_hub *high;
	struct vhci_hub *super;
};

/**
 * struct vhci_layout - platform data: what part of all ports is a controller's
 * @first: number of its first port
 * @nports: of each root hub
 */
struct vhci_layout {
	unsigned int first;
	unsigned int nports;
};

/**
 * struct vhci_place - a controller's part of all ports, as the sysfs files show it
 * @layout: the numbers: first those of the USB2 ports, then of the USB3 ones
 * @vhci: NULL while it is made, or removed
 * @pdev: protected by nports_lock
 */
struct vhci_place {
	struct vhci_layout layout;
	struct vhci_controller *vhci;
	struct platform_device *pdev;
};

/**
 * struct vhci_urb - an URB given to us, and the PDUs about it
 * @submit: CMD_SUBMIT
 * @unlink: CMD_UNLINK
 * @port: where; invariant
 * @urb: NULL once given back; all below protected by port->lock
 * @hash: in port->urbs while @urb is set
 * @node: in port->unlinking while waiting for RET_UNLINK
 * @due: jiffies until when RET_UNLINK should come
 * @counted: the port's, at the cancel
 * @rest: jiffies until when the server must have read it, when it is half sent
 * @deadline: jiffies at which to look at it
 * @seqnum: of CMD_SUBMIT
 * @holds: reasons to keep this: @urb, each PDU in the connection's hands, a
 *	timeout that waits for the reader
 * @sending: CMD_SUBMIT is in the connection's hands, the URB's memory with it
 * @late: and was at a deadline already
 * @cut: the server has less time for RET_UNLINK, as others were slow
 * @receiving: the answer is being received into the URB's memory
 * @answered: the answer came while @sending; given back after that
 * @status: for the giveback, when @answered
 */
struct vhci_urb {
	struct usbipx_tx submit;
	struct usbipx_tx unlink;
	struct vhci_port *port;
	struct urb *urb;
	struct hlist_node hash;
	struct list_head node;
	unsigned long due;
	unsigned long counted;
	unsigned long rest;
	unsigned long deadline;
	u32 seqnum;
	u8 holds;
	bool sending;
	bool late;
	bool cut;
	bool receiving;
	bool answered;
	int status;
};

/* controller.c */
extern struct platform_driver vhci_platform_driver;
extern struct mutex vhci_places_lock;
extern unsigned int vhci_nplaces;
int vhci_controllers_add(unsigned int nports);
int vhci_controllers_cut(unsigned int nports);
void vhci_controllers_detach(void);
void vhci_controllers_remove(void);
struct device *vhci_first_device(void);
unsigned int vhci_nports(void);
unsigned int vhci_max_nports(void);
const struct vhci_place *vhci_place(unsigned int n);
struct vhci_port *vhci_place_port(const struct vhci_place *place, unsigned int i);
struct vhci_port *vhci_port_get(unsigned int number, bool super);
void vhci_port_hold(struct vhci_port *port);
void vhci_port_put(struct vhci_port *port);

/* hub.c */
int vhci_hub_status_data(struct usb_hcd *hcd, char *buf);
int vhci_hub_control(struct usb_hcd *hcd, u16 type, u16 value, u16 index,
		     char *buf, u16 length);
int vhci_bus_suspend(struct usb_hcd *hcd);
int vhci_bus_resume(struct usb_hcd *hcd);
void vhci_port_plugged(struct vhci_port *port);
void vhci_port_unplugged(struct vhci_port *port);

/* port.c */
void vhci_port_init(struct vhci_port *port, struct vhci_hub *hub,
		    unsigned int number);
void vhci_port_exit(struct vhci_port *port);
bool vhci_port_is_free(struct vhci_port *port);
void vhci_port_renumber(struct vhci_port *port, unsigned int number);
int vhci_port_attach(struct vhci_port *port, int sockfd, u32 devid,
		     enum usb_device_speed speed);
int vhci_port_detach(struct vhci_port *port);
int vhci_port_show(struct vhci_port *port, char *buf, size_t size);
int vhci_port_show_absent(bool super, unsigned int number, char *buf,
			  size_t size);
void vhci_free_dev(struct usb_hcd *hcd, struct usb_device *udev);
int vhci_reset_device(struct usb_hcd *hcd, struct usb_device *udev);

/* urb.c */
extern const struct usbipx_conn_ops vhci_conn_ops;
int vhci_urb_init(void);
void vhci_urb_exit(void);
int vhci_urb_enqueue(struct usb_hcd *hcd, struct urb *urb, gfp_t mem_flags);
void vhci_urb_flush(struct vhci_port *port);
u32 vhci_next_seqnum(struct vhci_port *port, u32 bits);
struct vhci_port *vhci_port_of(struct usb_hcd *hcd, struct usb_device *udev);
struct urb *vhci_urb_take(struct vhci_urb *vurb, int status);
void vhci_urb_put(struct vhci_urb *vurb);
void vhci_urb_giveback(struct vhci_port *port, struct urb *urb, int status);

/* unlink.c */
extern unsigned int vhci_unlink_timeout;
int vhci_urb_dequeue(struct usb_hcd *hcd, struct urb *urb, int status);
void vhci_unlink_over(struct vhci_urb *vurb);
void vhci_unlink_work(struct work_struct *work);

/* watch.c */
void vhci_watch_asked(struct vhci_port *port, struct urb *urb);
void vhci_watch_work(struct work_struct *work);

/* port.c again: the end of a connection, for urb.c's ops */
void vhci_port_closed(struct usbipx_conn *conn, void *ctx);

/* sysfs.c */
int vhci_sysfs_create(void);
void vhci_sysfs_remove_attach(void);
void vhci_sysfs_remove(void);
int vhci_sysfs_add_status(unsigned int n);
void vhci_sysfs_remove_status(unsigned int n);

/* nports.c */
int vhci_nports_start(void);
void vhci_nports_stop(void);
int vhci_nports_settled(void);

/* debug.c */
#ifdef CONFIG_DEBUG_FS
void vhci_debug_create(void);
void vhci_debug_remove(void);
#else
static inline void vhci_debug_create(void)
{
}

static inline void vhci_debug_remove(void)
{
}
#endif

static inline struct vhci_hub *vhci_hub_of(struct usb_hcd *hcd)
{
	return (struct vhci_hub *)hcd->hcd_priv;
}

#endif
