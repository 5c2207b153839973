// SPDX-License-Identifier: GPL-2.0-only
/*
 * The USB core as the fuzz target server needs it, one device, and a host controller that
 * completes when it is told to.
 * May call shim.c, run.c. Called by usbip-host-ext and server.c.
 */
#include "server_hc.h"

#include "../../usbip-host-ext/host.h"

struct server_hc hc;
static struct usb_device hub;

/* --- the device ----------------------------------------------------------------- */
static struct usb_host_endpoint endpoints[][2] = {
#define EP(number, type, size)                                                 \
	{                                                                      \
		{ { .bLength = 7,                                              \
		    .bEndpointAddress = (number),                              \
		    .bmAttributes = (type),                                    \
		    .wMaxPacketSize = (size),                                  \
		    .bInterval = 4 } },                                        \
			{ { .bLength = 7,                                      \
			    .bEndpointAddress = (number) | USB_DIR_IN,         \
			    .bmAttributes = (type),                            \
			    .wMaxPacketSize = (size),                          \
			    .bInterval = 200 } },                              \
	}
	EP(1, USB_ENDPOINT_XFER_BULK, 512),
	EP(2, USB_ENDPOINT_XFER_INT, 64),
	EP(3, USB_ENDPOINT_XFER_ISOC, 1023),
	EP(4, USB_ENDPOINT_XFER_ISOC, 64), /* in altsetting 1 */
	EP(5, USB_ENDPOINT_XFER_CONTROL, 64),
	EP(6, USB_ENDPOINT_XFER_BULK, 1000),
	EP(7, USB_ENDPOINT_XFER_BULK, 0),
};
static struct usb_host_interface altsettings[2];
static struct usb_interface_cache cache = { 2, altsettings };
static struct usb_host_config config1;

bool hc_is_iso(u32 ep)
{
	return ep == 3 || ep == 4;
}

/* 0: none; else 1 and an altsetting. */
static void configure(struct usb_device *udev, int configuration, int alternate)
{
	unsigned int i;

	memset(udev->ep_in, 0, sizeof(udev->ep_in));
	memset(udev->ep_out, 0, sizeof(udev->ep_out));
	udev->actconfig = configuration ? &config1 : NULL;
	for (i = 0; configuration && i < ARRAY_SIZE(endpoints); i++) {
		if (i == 3 && !alternate)
			continue;
		udev->ep_out[i + 1] = &endpoints[i][0];
		udev->ep_in[i + 1] = &endpoints[i][1];
	}
}

void hc_init(u8 how)
{
	config1.desc.bConfigurationValue = 1;
	config1.desc.bNumInterfaces = 2;
	config1.intf_cache[0] = &cache;
	altsettings[0].desc.bNumEndpoints = 2;
	altsettings[0].endpoint = endpoints[0];
	altsettings[1].desc.bNumEndpoints = 2;
	altsettings[1].endpoint = endpoints[3];
	hc.device = (struct usb_device){
		.devnum = 3,
		.speed = USB_SPEED_HIGH,
		.parent = &hub,
		.portnum = 1,
		.bus = &hc.bus,
		.can_submit = true,
		.ep0.desc.wMaxPacketSize = 64,
	};
	INIT_LIST_HEAD(&hc.urbs);
	hc.bus.sg_tablesize = how & 2 ? 512 : 0;
	hc.bus.no_sg_constraint = how & 4;
	hc.dwc2 = how & 8;
	if (hc.dwc2)
		hc.device.speed = USB_SPEED_FULL;
	hc.unlink_is_sync = false;
	hc.submit_is_sync = false;
	hc.submit_error = 0;
}

/* --- the USB core and the host controller -------------------------------------------- */
bool is_vmalloc_addr(const void *p)
{
	(void)p;
	return false;
}

void usb_init_urb(struct urb *urb)
{
	memset(urb, 0, sizeof(*urb));
	kref_init(&urb->kref);
	INIT_LIST_HEAD(&urb->anchor_list);
	INIT_LIST_HEAD(&urb->shim_node);
}

struct urb *usb_alloc_urb(int packets, gfp_t gfp)
{
	struct urb *urb;

	check(packets >= 0 && packets <= USBIPX_MAX_PACKETS, "%d packets",
	      packets);
	urb = kmalloc(sizeof(*urb) + packets * sizeof(urb->iso_frame_desc[0]),
		      gfp);
	if (urb)
		usb_init_urb(urb);
	return urb;
}

struct urb *usb_get_urb(struct urb *urb)
{
	kref_get(&urb->kref);
	return urb;
}

static void urb_release(struct kref *kref)
{
	struct urb *urb = container_of(kref, struct urb, kref);

	check(!urb->shim_linked, "an URB is freed at the host controller");
	check(!urb->anchor, "an anchored URB is freed");
	kfree(urb);
}

void usb_free_urb(struct urb *urb)
{
	if (urb)
		kref_put(&urb->kref, urb_release);
}

void init_usb_anchor(struct usb_anchor *anchor)
{
	INIT_LIST_HEAD(&anchor->urb_list);
	spin_lock_init(&anchor->lock);
}

void usb_anchor_urb(struct urb *urb, struct usb_anchor *anchor)
{
	check(!urb->anchor, "anchored twice");
	usb_get_urb(urb);
	list_add_tail(&urb->anchor_list, &anchor->urb_list);
	urb->anchor = anchor;
}

void usb_unanchor_urb(struct urb *urb)
{
	if (!urb->anchor)
		return;
	list_del_init(&urb->anchor_list);
	urb->anchor = NULL;
	usb_put_urb(urb);
}

/* Reads or fills an URB's memory: @fill counts up from there, -1 checks. */
static void walk(struct urb *urb, u32 offset, u32 length, int fill)
{
	struct scatterlist one = { .length = urb->transfer_buffer_length,
				   .last = true };
	struct scatterlist *sg = urb->num_sgs ? urb->sg : &one;
	bool first = true;
	u8 next = fill;

	check(!length || urb->num_sgs || urb->transfer_buffer, "no memory");
	for (; sg && length; sg = sg_next(sg)) {
		u8 *p = urb->transfer_buffer;
		u32 n;

		if (offset >= sg->length) {
			offset -= sg->length;
			continue;
		}
		if (urb->num_sgs)
			p = sg_virt(sg);
		n = min(length, sg->length - offset);
		if (fill < 0 && n) {
			check(!run.aligned || (counts_up(p + offset, n) &&
					       (first || p[offset] == next)),
			      "OUT data is scrambled");
			next = p[offset + n - 1] + 1;
			first = false;
		}
		if (fill >= 0) {
			count_up(p + offset, n, next);
			next += n;
		}
		length -= n;
		offset = 0;
	}
	check(!length, "memory is too short");
}

/* As the USB core checks what it is given. */
static int urb_valid(struct urb *urb)
{
	static const unsigned int types[] = { PIPE_CONTROL, PIPE_ISOCHRONOUS,
					      PIPE_BULK, PIPE_INTERRUPT };
	const struct usb_host_endpoint *ep;
	struct usb_device *udev = urb->dev;
	bool in = usb_pipein(urb->pipe);
	int i, max;

	ep = usb_pipe_endpoint(udev, urb->pipe);
	if (!ep)
		return -ENOENT;
	check(usb_pipetype(urb->pipe) == types[usb_endpoint_type(&ep->desc)],
	      "the pipe is of another type");
	if (usb_pipecontrol(urb->pipe)) {
		const struct usb_ctrlrequest *setup = (void *)urb->setup_packet;

		check(le16_to_cpu(setup->wLength) == urb->transfer_buffer_length,
		      "wLength disagrees");
		check(in == (setup->bRequestType & USB_DIR_IN && setup->wLength),
		      "the pipe's direction disagrees");
	}
	if (usb_pipeisoc(urb->pipe)) {
		max = usb_endpoint_maxp(&ep->desc);
		if (urb->number_of_packets <= 0)
			return -EINVAL;
		for (i = 0; i < urb->number_of_packets; i++) {
			const struct usb_iso_packet_descriptor *d =
				&urb->iso_frame_desc[i];

			check(d->offset <= urb->transfer_buffer_length &&
				      d->length <= urb->transfer_buffer_length -
							   d->offset,
			      "packet %d is outside", i);
			if ((int)d->length < 0 || (int)d->length > max)
				return -EMSGSIZE;
		}
	} else {
		check(!urb->number_of_packets, "packets, not isochronous");
		if (!usb_endpoint_maxp(&ep->desc))
			return -EMSGSIZE;
	}
	if (urb->num_sgs) {
		struct scatterlist *sg;

		check(usb_pipebulk(urb->pipe), "scatter list, not bulk");
		check(urb->num_sgs <= (int)hc.bus.sg_tablesize,
		      "scatter list is too long");
		for_each_sg(urb->sg, sg, urb->num_sgs - 1, i)
			check(hc.bus.no_sg_constraint ||
				      !(sg->length % usb_endpoint_maxp(&ep->desc)),
			      "a piece ends within a packet");
	}
	if ((usb_pipeint(urb->pipe) || usb_pipeisoc(urb->pipe)) &&
	    urb->interval <= 0)
		return -EINVAL;
	return 0;
}

/* Nothing else goes through an endpoint until a transfer in pieces is over. */
static void check_pieces(const struct urb *urb)
{
	const struct host_urb *other;
	const struct urb *there;

	list_for_each_entry(there, &hc.urbs, shim_node) {
		other = there->context;
		check(there->pipe != urb->pipe || !other->total,
		      "while a transfer goes in pieces");
	}
}

int usb_submit_urb(struct urb *urb, gfp_t gfp)
{
	int ret, error = hc.submit_error;

	(void)gfp;
	check(!shim_now.locks, "submitted with a lock held");
	shim_may_race();
	check_pieces(urb);
	check(!urb->shim_linked, "submitted twice");
	check(urb->complete, "without completion function");
	hc.submit_error = 0;
	if (error)
		return error;
	if (urb->shim_blocked)
		return -EPERM;
	if (!hc.device.can_submit)
		return -EHOSTUNREACH;
	ret = urb_valid(urb);
	if (ret)
		return ret;
	if (!usb_pipein(urb->pipe))
		walk(urb, 0, urb->transfer_buffer_length, -1);
	usb_get_urb(urb);
	/* Only from here on the flag can be relied on. */
	urb->transfer_flags |= usb_pipein(urb->pipe) ? URB_DIR_IN : 0;
	urb->shim_linked = true;
	urb->unlinked = 0;
	urb->status = -EINPROGRESS;
	urb->actual_length = 0;
	list_add_tail(&urb->shim_node, &hc.urbs);
	if (hc.submit_is_sync)
		hc_complete(urb, 0, 255, true);
	else
		shim_may_race();
	return 0;
}

struct urb *hc_urb(unsigned int n)
{
	struct urb *urb;

	list_for_each_entry(urb, &hc.urbs, shim_node)
		if (!n--)
			return urb;
	return NULL;
}

void hc_complete(struct urb *urb, int status, u32 amount, bool in_irq)
{
	struct shim_context before = shim_now;
	const struct host_urb *hurb = urb->context;
	bool in = usb_pipein(urb->pipe);
	u32 sum = 0;
	int i;

	list_del_init(&urb->shim_node);
	urb->shim_linked = false;
	for (i = 0; i < urb->number_of_packets; i++) {
		struct usb_iso_packet_descriptor *d = &urb->iso_frame_desc[i];

		d->actual_length = d->length * (u64)(i & 1 ? 255 : amount) / 255;
		d->status = status;
		if (in)
			walk(urb, d->offset, d->actual_length, (u8)sum);
		sum += d->actual_length;
	}
	if (urb->number_of_packets) {
		urb->actual_length = hc.dwc2 ? 0 : sum;
		urb->error_count = 0;
	} else {
		urb->actual_length =
			urb->transfer_buffer_length * (u64)amount / 255;
		if (in)
			walk(urb, 0, urb->actual_length,
			     hurb->total && hurb->done ? (u8)(255 + hurb->done) :
							 (u8)amount);
	}
	urb->status = status;
	usb_unanchor_urb(urb);

	/* Some complete in hard interrupts, some in bottom halves. */
	if (in_irq)
		shim_now.irqs_off = true;
	else
		shim_now.softirq = true;
	urb->complete(urb);
	check(shim_now.irqs_off == (in_irq || before.irqs_off),
	      "interrupts are not as they were");
	shim_now.irqs_off = before.irqs_off;
	shim_now.softirq = before.softirq;
	/* The answer may be sent, and the next URB come, before this. */
	shim_may_race();
	usb_put_urb(urb);
	shim_run_bh();
}

int usb_unlink_urb(struct urb *urb)
{
	check(!shim_now.locks, "unlinked with a lock held");
	if (!urb->shim_linked)
		return -EIDRM;
	if (urb->unlinked)
		return -EBUSY;
	urb->unlinked = -ECONNRESET;
	if (hc.unlink_is_sync)
		hc_complete(urb, -ECONNRESET, 0, true);
	else
		shim_may_race();
	return -EINPROGRESS;
}

void usb_block_urb(struct urb *urb)
{
	urb->shim_blocked = true;
}

/* One that is about to be submitted would be waited for: it is its submitter's. */
void usb_kill_anchored_urbs(struct usb_anchor *anchor)
{
	struct urb *urb;

	shim_may_sleep("usb_kill_anchored_urbs");
again:
	list_for_each_entry(urb, &anchor->urb_list, anchor_list) {
		if (!urb->shim_linked) {
			check(urb->shim_blocked,
			      "anchored, and can be submitted");
			continue;
		}
		hc_complete(urb, -ENOENT, 0, false);
		shim_may_race();
		goto again;
	}
}

bool usb_trylock_device(struct usb_device *udev)
{
	bool ours = !udev->locked;

	udev->locked = true;
	return ours;
}

void usb_unlock_device(struct usb_device *udev)
{
	check(udev->locked, "the device is not locked");
	udev->locked = false;
	shim_may_race();
}

/* Whoever has the device lock gives it up. */
/* Only where SOCK_MEMALLOC goes: at a client. */
void target_check_no_urbs(const char *when)
{
	(void)when;
}

void target_sleep(void)
{
	hc.device.locked = false;
	hc.device.can_submit = true;
}

int usb_choose_configuration(struct usb_device *udev)
{
	(void)udev;
	return 1;
}

/* Each sleeps, and needs the device lock. */
static int device_changes(struct usb_device *udev, const char *how)
{
	int error = hc.submit_error;

	shim_may_sleep(how);
	check(udev->locked, "%s without the device lock", how);
	hc.submit_error = 0;
	shim_may_race();
	return error;
}

/* URBs of endpoints that go are given back. */
static void flush(void)
{
	struct urb *urb;

	while ((urb = hc_urb(0)))
		hc_complete(urb, -ESHUTDOWN, 0, true);
}

int usb_set_configuration(struct usb_device *udev, int value)
{
	int ret = device_changes(udev, "usb_set_configuration");

	if (!ret && value != 1 && value != -1)
		ret = -EINVAL;
	if (ret)
		return ret;
	flush();
	configure(udev, value == 1, 0);
	return 0;
}

int usb_reset_configuration(struct usb_device *udev)
{
	int ret = device_changes(udev, "usb_reset_configuration");

	if (ret)
		return ret;
	flush();
	configure(udev, 1, 0);
	return 0;
}

/* The one interface there is has two settings; nobody looks into either. */
struct usb_interface *usb_ifnum_to_if(struct usb_device *udev, unsigned int n)
{
	return udev->actconfig && !n ? (struct usb_interface *)udev : NULL;
}

struct usb_host_interface *usb_altnum_to_altsetting(struct usb_interface *intf,
						    unsigned int alternate)
{
	return alternate <= 1 ? (struct usb_host_interface *)intf : NULL;
}

int usb_set_interface(struct usb_device *udev, int interface, int alternate)
{
	int ret = device_changes(udev, "usb_set_interface");

	if (!ret && (interface || alternate > 1 || !udev->actconfig))
		ret = -EINVAL;
	if (ret)
		return ret;
	flush();
	configure(udev, 1, alternate);
	return 0;
}

int usb_clear_halt(struct usb_device *udev, int pipe)
{
	check(usb_pipe_endpoint(udev, pipe), "usb_clear_halt() of no endpoint");
	return device_changes(udev, "usb_clear_halt");
}

int usb_reset_device(struct usb_device *udev)
{
	return device_changes(udev, "usb_reset_device");
}
