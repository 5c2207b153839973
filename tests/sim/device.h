/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated USB device, its endpoints and the URBs queued on them.
 * May call desc.h and loop.h; answers go to whoever owns the device (struct host_ops).
 * Called by the connection with URBs, by the kinds to complete them.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "../../core/wire.h"
#include "bad.h"
#include "desc.h"
#include "loop.h"
#include "twist.h"

/* Errno values as they travel. */
#define E_NOENT	    (-2)
#define E_NOMEM	    (-12)
#define E_XDEV	    (-18)
#define E_INVAL	    (-22)
#define E_PIPE	    (-32)
#define E_PROTO	    (-71)
#define E_OVERFLOW  (-75)
#define E_ILSEQ	    (-84)
#define E_CONNRESET (-104)
#define E_SHUTDOWN  (-108)
#define E_REMOTEIO  (-121)

struct sim_dev;
struct sim_ep;

/**
 * struct sim_urb - one transfer, from CMD_SUBMIT to RET_SUBMIT
 * @link: in the endpoint's queue, or in the device's queue of delayed URBs
 * @ep: endpoint; NULL for endpoint 0 and for addresses that are not there
 * @pdu: the command as decoded
 * @buf: room for pdu.length bytes
 * @iso: packets, pdu.packets of them, on isochronous endpoints only
 * @n_iso: how many
 * @actual: bytes done
 * @status: 0 or a negative errno
 * @errors: packets with a status
 * @start: (micro)frame an isochronous URB starts in
 * @due: frame time it is complete (pace.c), or loop time it is let in (delay)
 */
struct sim_urb {
	TAILQ_ENTRY(sim_urb) link;
	struct sim_ep *ep;
	struct usbipx_pdu pdu;
	uint8_t *buf;
	struct usbipx_iso *iso;
	unsigned int n_iso;
	uint32_t actual;
	int status;
	int errors;
	uint64_t start;
	uint64_t due;
};

TAILQ_HEAD(urb_list, sim_urb);

/**
 * struct sim_ep - endpoint at the present speed
 * @address: with the direction bit; 0 = not there
 * @type: USB_ENDPOINT_XFER_*
 * @maxp: packet size
 * @iface: interface it belongs to
 * @alts: bit per alternate setting that has it
 * @period: service interval in microframes (isochronous, interrupt)
 * @halted: answers STALL
 * @next: microframe in which the next paced packet may go
 * @queue: URBs pending
 */
struct sim_ep {
	uint8_t address;
	uint8_t type;
	uint16_t maxp;
	uint8_t iface;
	uint32_t alts;
	unsigned int period;
	bool halted;
	uint64_t next;
	struct urb_list queue;
};

/**
 * struct sim_kind - what makes a device a serial adapter, a disk …
 * @name: as in DEVICE
 * @speeds: bit per enum usb_device_speed it can run at
 * @init: set @priv up from the options; @exit undoes it
 * @describe: interfaces and endpoints of the configuration
 * @reset: device reset, or another configuration or alternate setting
 * @control: class and vendor requests: bytes of data stage, or negative errno
 * @service: URBs are waiting on this endpoint, or another event came
 * @iso_packet: move one paced packet; the return value is its status
 */
struct sim_kind {
	const char *name;
	const char *product;
	uint16_t vid;
	uint16_t pid;
	uint8_t device_class;
	unsigned int speeds;
	int (*init)(struct sim_dev *dev);
	void (*exit)(struct sim_dev *dev);
	void (*describe)(struct sim_dev *dev, struct desc *d);
	void (*reset)(struct sim_dev *dev);
	int (*control)(struct sim_dev *dev, struct sim_urb *urb);
	void (*service)(struct sim_dev *dev, struct sim_ep *ep);
	int (*iso_packet)(struct sim_dev *dev, struct sim_urb *urb,
			  struct usbipx_iso *packet);
};

/* Who gets the answers: a connection. */
struct host_ops {
	void (*giveback)(void *host, struct sim_urb *urb);
	void (*gone)(void *host);
};

struct sim_options {
	unsigned int size_mib;
	unsigned int packet;	/* isochronous packet size */
	unsigned int interval;	/* isochronous bInterval */
	unsigned int tick;	/* ms between reports of their own accord */
	unsigned int iso_error; /* every Nth packet fails */
	unsigned int iso_short; /* every Nth packet is short */
	unsigned int reset_pid; /* product id after a reset */
	bool mouse;
};

struct sim_dev {
	TAILQ_ENTRY(sim_dev) link;
	const struct sim_kind *kind;
	struct sim_options opt;
	struct bad bad;
	char busid[32];
	char serial[64];
	uint16_t vid;
	uint16_t pid;
	enum usb_device_speed speed;
	uint32_t busnum;
	uint32_t devnum;
	bool plugged;

	struct desc config_desc;
	struct sim_ep ep_in[16];
	struct sim_ep ep_out[16];

	uint8_t address;
	uint8_t config;
	uint8_t alt[8];
	uint8_t features; /* bits of GET_STATUS(device) */

	struct urb_list delayed;
	struct loop_timer delay_timer;
	struct loop_timer pace_timer;

	const struct host_ops *host_ops;
	void *host;
	uint64_t n_urbs;
	unsigned int n_resets;
	unsigned int n_connections; /* that have ended */
	int hub_port;	 /* attach mode: where it sits, -1 = nowhere */
	int wanted_port; /* and where it shall sit, -1 = anywhere */
	void *priv;
};

TAILQ_HEAD(dev_list, sim_dev);
extern struct dev_list all_devices;

struct setup {
	uint8_t type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	uint16_t length;
};

static inline struct setup urb_setup(const struct sim_urb *urb)
{
	const uint8_t *s = urb->pdu.setup;

	return (struct setup){
		s[0], s[1], get_le16(s + 2), get_le16(s + 4), get_le16(s + 6),
	};
}

/* device.c */
struct sim_dev *device_new(const struct sim_kind *kind,
			   const struct sim_options *opt,
			   enum usb_device_speed speed);
int device_start(struct sim_dev *dev);
void device_free(struct sim_dev *dev);
struct sim_dev *device_find(const char *busid);
void device_reset(struct sim_dev *dev);
void device_set_config(struct sim_dev *dev, uint8_t value);
int device_set_alt(struct sim_dev *dev, uint8_t iface, uint8_t alt);
struct sim_ep *device_ep(struct sim_dev *dev, uint8_t address);
bool device_ep_active(const struct sim_dev *dev, const struct sim_ep *ep);

/* urb.c */
struct sim_urb *urb_new(const struct usbipx_pdu *pdu);
void urb_free(struct sim_urb *urb);
void urb_submit(struct sim_dev *dev, struct sim_urb *urb);
void urb_complete(struct sim_dev *dev, struct sim_urb *urb, int status);
bool urb_cancel(struct sim_dev *dev, uint32_t seqnum, struct sim_urb **out);
void urb_flush(struct sim_dev *dev, struct sim_ep *ep, int status);
void urb_drop_all(struct sim_dev *dev);
void delay_fired(struct loop_timer *t);

/* ep0.c */
int ep0_request(struct sim_dev *dev, struct sim_urb *urb);
int ep0_answer(struct sim_urb *urb, const void *data, size_t n);
int ep0_descriptor(struct sim_dev *dev, struct sim_urb *urb,
		   enum twist_what what, const void *data, size_t n);

/* pace.c */
void pace_submit(struct sim_dev *dev, struct sim_urb *urb);
void pace_fired(struct loop_timer *t);

/* device.c and kind-*.c */
const struct sim_kind *kind_find(const char *name);
extern const struct sim_kind kind_serial;
extern const struct sim_kind kind_storage;
extern const struct sim_kind kind_bulk;
extern const struct sim_kind kind_iso;
extern const struct sim_kind kind_int;

#endif
