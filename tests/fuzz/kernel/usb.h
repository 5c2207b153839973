/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The USB core as far as the drivers' data path sees it, see shim.h.
 * Included by shim.h only.
 */
#ifndef SHIM_USB_H
#define SHIM_USB_H

#include <linux/usb/ch9.h>

struct urb;

struct usb_host_endpoint {
	struct usb_endpoint_descriptor desc;
};
struct usb_host_interface {
	struct usb_interface_descriptor desc;
	struct usb_host_endpoint *endpoint;
};
struct usb_interface_cache {
	unsigned int num_altsetting;
	struct usb_host_interface *altsetting;
};
struct usb_host_config {
	struct usb_config_descriptor desc;
	struct usb_interface_cache *intf_cache[4];
};
struct usb_device;
struct usb_bus {
	struct device *controller;
	struct usb_device *root_hub;
	unsigned int sg_tablesize;
	bool no_sg_constraint;
};
struct usb_dev_state;
/* @locked: the device lock is held */
struct usb_device {
	int devnum;
	enum usb_device_speed speed;
	enum usb_device_state state;
	struct usb_device *parent;
	struct usb_bus *bus;
	struct usb_host_endpoint ep0;
	struct usb_device_descriptor descriptor;
	struct device dev;
	struct usb_host_config *actconfig;
	struct usb_host_endpoint *ep_in[16];
	struct usb_host_endpoint *ep_out[16];
	u8 portnum;
	bool can_submit;
	bool port_is_suspended;
	u32 quirks;
	bool locked;
};
#define USB_QUIRK_IGNORE_REMOTE_WAKEUP BIT(9)
struct usb_device_driver {
	const char *name;
	bool (*match)(struct usb_device *udev);
	int (*probe)(struct usb_device *udev);
	void (*disconnect)(struct usb_device *udev);
	int (*suspend)(struct usb_device *udev, pm_message_t message);
	int (*resume)(struct usb_device *udev, pm_message_t message);
	const struct attribute_group **dev_groups;
};

#define URB_SHORT_NOT_OK 0x0001
#define URB_ISO_ASAP	 0x0002
#define URB_ZERO_PACKET	 0x0040
#define URB_DIR_IN	 0x0200

struct usb_iso_packet_descriptor {
	unsigned int offset;
	unsigned int length;
	unsigned int actual_length;
	int status;
};
struct usb_anchor {
	struct list_head urb_list;
	spinlock_t lock;
};
typedef void (*usb_complete_t)(struct urb *urb);
/* The last ones are the shim's: where it is, and what the HC thinks of it. */
struct urb {
	struct kref kref;
	void *hcpriv;
	struct list_head anchor_list;
	struct usb_anchor *anchor;
	struct usb_device *dev;
	unsigned int pipe;
	int status;
	int unlinked;
	unsigned int transfer_flags;
	void *transfer_buffer;
	struct scatterlist *sg;
	int num_sgs;
	u32 transfer_buffer_length;
	u32 actual_length;
	unsigned char *setup_packet;
	int start_frame;
	int number_of_packets;
	int interval;
	int error_count;
	void *context;
	usb_complete_t complete;
	struct list_head shim_node;
	bool shim_linked;
	bool shim_blocked;
	struct usb_iso_packet_descriptor iso_frame_desc[];
};

#define PIPE_ISOCHRONOUS    0
#define PIPE_INTERRUPT	    1
#define PIPE_CONTROL	    2
#define PIPE_BULK	    3
#define usb_pipein(p)	    ((p)&USB_DIR_IN)
#define usb_pipeout(p)	    (!usb_pipein(p))
#define usb_pipedevice(p)   (((p) >> 8) & 0x7f)
#define usb_pipeendpoint(p) (((p) >> 15) & 0xf)
#define usb_pipetype(p)	    (((p) >> 30) & 3)
#define usb_pipeisoc(p)	    (usb_pipetype(p) == PIPE_ISOCHRONOUS)
#define usb_pipeint(p)	    (usb_pipetype(p) == PIPE_INTERRUPT)
#define usb_pipecontrol(p)  (usb_pipetype(p) == PIPE_CONTROL)
#define usb_pipebulk(p)	    (usb_pipetype(p) == PIPE_BULK)

static inline struct usb_host_endpoint *usb_pipe_endpoint(struct usb_device *udev,
							  unsigned int pipe)
{
	unsigned int n = usb_pipeendpoint(pipe);

	if (!n)
		return &udev->ep0;
	return usb_pipein(pipe) ? udev->ep_in[n] : udev->ep_out[n];
}

static inline unsigned int shim_pipe(const struct usb_device *udev,
				     unsigned int type, unsigned int ep,
				     unsigned int dir)
{
	return type << 30 | ep << 15 | (unsigned int)udev->devnum << 8 | dir;
}
#define usb_sndctrlpipe(d, n) shim_pipe(d, PIPE_CONTROL, n, 0)
#define usb_rcvctrlpipe(d, n) shim_pipe(d, PIPE_CONTROL, n, USB_DIR_IN)
#define usb_sndisocpipe(d, n) shim_pipe(d, PIPE_ISOCHRONOUS, n, 0)
#define usb_rcvisocpipe(d, n) shim_pipe(d, PIPE_ISOCHRONOUS, n, USB_DIR_IN)
#define usb_sndintpipe(d, n)  shim_pipe(d, PIPE_INTERRUPT, n, 0)
#define usb_rcvintpipe(d, n)  shim_pipe(d, PIPE_INTERRUPT, n, USB_DIR_IN)
#define usb_sndbulkpipe(d, n) shim_pipe(d, PIPE_BULK, n, 0)
#define usb_rcvbulkpipe(d, n) shim_pipe(d, PIPE_BULK, n, USB_DIR_IN)
#define usb_urb_dir_in(urb)   (!!((urb)->transfer_flags & URB_DIR_IN))

/* For device drivers, as usbip-host is one. */
struct urb *usb_alloc_urb(int packets, gfp_t gfp);
void usb_init_urb(struct urb *urb);
struct urb *usb_get_urb(struct urb *urb);
void usb_free_urb(struct urb *urb);
#define usb_put_urb usb_free_urb
void init_usb_anchor(struct usb_anchor *anchor);
void usb_anchor_urb(struct urb *urb, struct usb_anchor *anchor);
void usb_unanchor_urb(struct urb *urb);
void usb_kill_anchored_urbs(struct usb_anchor *anchor);
int usb_submit_urb(struct urb *urb, gfp_t gfp);
int usb_unlink_urb(struct urb *urb);
void usb_block_urb(struct urb *urb);
bool usb_trylock_device(struct usb_device *udev);
void usb_unlock_device(struct usb_device *udev);
int usb_choose_configuration(struct usb_device *udev);
int usb_set_configuration(struct usb_device *udev, int value);
int usb_reset_configuration(struct usb_device *udev);
int usb_set_interface(struct usb_device *udev, int interface, int alternate);
struct usb_interface;
struct usb_interface *usb_ifnum_to_if(struct usb_device *udev, unsigned int n);
struct usb_host_interface *usb_altnum_to_altsetting(struct usb_interface *intf,
						    unsigned int alternate);
int usb_clear_halt(struct usb_device *udev, int pipe);
int usb_reset_device(struct usb_device *udev);
#define usb_set_device_state(udev, new) ((udev)->state = (new))
#define usb_hub_claim_port(hub, port, owner)                                   \
	((void)(hub), (void)(port), (void)(owner), 0)
#define usb_hub_release_port(hub, port, owner)                                 \
	((void)(hub), (void)(port), (void)(owner))
#define USB_CTRL_SET_TIMEOUT 5000
#define usb_control_msg(d, pipe, request, type, value, index, data, size, ms)  \
	((void)(d), (void)(pipe), (void)(data), -EPIPE)

/* For host controller drivers, as vhci-hcd is one. */
struct usb_hcd {
	struct usb_bus self;
	unsigned long hcd_priv[4096]; /* hc_driver.hcd_priv_size */
};
int usb_hcd_link_urb_to_ep(struct usb_hcd *hcd, struct urb *urb);
void usb_hcd_unlink_urb_from_ep(struct usb_hcd *hcd, struct urb *urb);
int usb_hcd_check_unlink_urb(struct usb_hcd *hcd, struct urb *urb, int status);
void usb_hcd_giveback_urb(struct usb_hcd *hcd, struct urb *urb, int status);
#define usb_hcd_poll_rh_status(hcd) ((void)(hcd))

#endif
