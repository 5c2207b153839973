// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: usbip-host's URBs and core's connection against any client.
 * The input says what the client sends, in which pieces it arrives, what the
 * socket takes, how the host controller completes, what another CPU does meanwhile.
 * May call usbip-host-ext (all but match.c and sysfs.c), core, run.c.
 * Called by libFuzzer.
 *
 * Every payload byte is one more than the byte before it, so that each byte
 * in the wrong place is seen.
 */
#include "run.h"

#include "../../usbip-host-ext/host.h"

void server_buffer_reset(void);

#define COMMANDS 128
#define DEVID	 0x00020003
#define NOBODY	 0xfffffff0

/* A command that the client has sent. */
struct command {
	u32 seqnum;
	bool in;
	bool iso;
	bool unlink;
	bool answered;
	bool unlinked; /* some CMD_UNLINK is about it */
	u32 victim;
	u32 length;
	u32 packets;
};

static struct usb_device hub, device;
static struct usb_bus bus;
static LIST_HEAD(at_hc);
static struct usbipx_conn *conn; /* a reference, to read its end */

static struct command commands[COMMANDS];
static u32 ncommands;
static u32 next_seqnum;
static bool sinned;	  /* the client has broken the protocol */
static bool deconfigured; /* the client has asked for that */
static bool ambiguous;	  /* has used a number twice, or lost count */
static bool unlink_is_sync;
/* Some give back what is done while it is being submitted. */
static bool submit_is_sync;
static bool dwc2; /* does not sum up isochronous packets */
static int submit_error;

/* What the server sends, as the client reads it. */
static struct {
	struct usbipx_wire_header header;
	u32 have;
	u32 payload;
	u32 packets;
	u8 next;
	bool first;
	bool in;
	struct usbipx_pdu pdu;
	u32 packet_bytes;
	struct usbipx_wire_iso iso;
	u32 sum;
} out;

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

static bool is_iso(u32 ep)
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

static void device_init(void)
{
	config1.desc.bConfigurationValue = 1;
	config1.desc.bNumInterfaces = 2;
	config1.intf_cache[0] = &cache;
	altsettings[0].desc.bNumEndpoints = 2;
	altsettings[0].endpoint = endpoints[0];
	altsettings[1].desc.bNumEndpoints = 2;
	altsettings[1].endpoint = endpoints[3];
	device = (struct usb_device){
		.devnum = 3,
		.speed = USB_SPEED_HIGH,
		.parent = &hub,
		.portnum = 1,
		.bus = &bus,
		.can_submit = true,
		.ep0.desc.wMaxPacketSize = 64,
	};
}

/* --- what usbip-host calls in files that are not here ----------------------------- */
const struct attribute_group host_client_group = { .name = "usbip_client" };
const struct attribute_group *host_device_groups[] = { NULL };

bool host_wants(struct usb_device *udev)
{
	(void)udev;
	return true;
}

static struct host_device *hdev(void)
{
	return dev_get_drvdata(&device.dev);
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
		check(urb->num_sgs <= (int)bus.sg_tablesize,
		      "scatter list is too long");
		for_each_sg(urb->sg, sg, urb->num_sgs - 1, i)
			check(bus.no_sg_constraint ||
				      !(sg->length % usb_endpoint_maxp(&ep->desc)),
			      "a piece ends within a packet");
	}
	if ((usb_pipeint(urb->pipe) || usb_pipeisoc(urb->pipe)) &&
	    urb->interval <= 0)
		return -EINVAL;
	return 0;
}

static void complete(struct urb *urb, int status, u32 amount, bool in_irq);

/* Nothing else goes through an endpoint until a transfer in pieces is over. */
static void check_pieces(const struct urb *urb)
{
	const struct host_urb *other;
	const struct urb *there;

	list_for_each_entry(there, &at_hc, shim_node) {
		other = there->context;
		check(there->pipe != urb->pipe || !other->total,
		      "while a transfer goes in pieces");
	}
}

int usb_submit_urb(struct urb *urb, gfp_t gfp)
{
	int ret, error = submit_error;

	(void)gfp;
	check(!shim_now.locks, "submitted with a lock held");
	check_pieces(urb);
	check(!urb->shim_linked, "submitted twice");
	check(urb->complete, "without completion function");
	submit_error = 0;
	if (error)
		return error;
	if (urb->shim_blocked)
		return -EPERM;
	ret = urb_valid(urb);
	if (ret)
		return ret;
	if (!usb_pipein(urb->pipe))
		walk(urb, 0, urb->transfer_buffer_length, -1);
	usb_get_urb(urb);
	/* Only from here on the flag can be relied on. */
	urb->transfer_flags |= usb_pipein(urb->pipe) ? URB_DIR_IN : 0;
	urb->shim_linked = true;
	urb->shim_unlinked = 0;
	urb->status = -EINPROGRESS;
	urb->actual_length = 0;
	list_add_tail(&urb->shim_node, &at_hc);
	if (submit_is_sync)
		complete(urb, 0, 255, true);
	else
		shim_may_race();
	return 0;
}

static struct urb *urb_at_hc(unsigned int n)
{
	struct urb *urb;

	list_for_each_entry(urb, &at_hc, shim_node)
		if (!n--)
			return urb;
	return NULL;
}

/* @amount of what was asked for, in 255ths. */
static void complete(struct urb *urb, int status, u32 amount, bool in_irq)
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
		urb->actual_length = dwc2 ? 0 : sum;
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
	if (urb->shim_unlinked)
		return -EBUSY;
	urb->shim_unlinked = -ECONNRESET;
	if (unlink_is_sync)
		complete(urb, -ECONNRESET, 0, true);
	else
		shim_may_race();
	return -EINPROGRESS;
}

void usb_block_urb(struct urb *urb)
{
	urb->shim_blocked = true;
}

void usb_kill_anchored_urbs(struct usb_anchor *anchor)
{
	shim_may_sleep("usb_kill_anchored_urbs");
	while (!list_empty(&anchor->urb_list)) {
		struct urb *urb = list_first_entry(&anchor->urb_list,
						   struct urb, anchor_list);

		check(urb->shim_linked, "anchored, not at the host controller");
		complete(urb, -ENOENT, 0, false);
		shim_may_race();
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
void target_sleep(void)
{
	device.locked = false;
	device.can_submit = true;
}

int usb_choose_configuration(struct usb_device *udev)
{
	(void)udev;
	return 1;
}

/* Each sleeps, and needs the device lock. */
static int device_changes(struct usb_device *udev, const char *how)
{
	int error = submit_error;

	shim_may_sleep(how);
	check(udev->locked, "%s without the device lock", how);
	submit_error = 0;
	shim_may_race();
	return error;
}

/* URBs of endpoints that go are given back. */
static void flush(void)
{
	struct urb *urb;

	while ((urb = urb_at_hc(0)))
		complete(urb, -ESHUTDOWN, 0, true);
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

/* --- the client ------------------------------------------------------------------- */
static struct command *command_of(u32 seqnum)
{
	u32 i;

	for (i = 0; i < ncommands; i++)
		if (commands[i].seqnum == seqnum)
			return &commands[i];
	return NULL;
}

static struct command *command_new(u8 how)
{
	struct command *c = &commands[ncommands % COMMANDS];

	if (ncommands == COMMANDS) {
		ambiguous = true;
		ncommands = 0;
		c = commands;
	}
	ncommands++;
	*c = (struct command){ .seqnum = next_seqnum++ };
	if ((how & 0xe0) == 0xe0) {
		c->seqnum = how & 7;
		ambiguous = true;
	}
	return c;
}

/* Descriptors as a client's driver would have them, with gaps, or spoilt. */
static void send_packets(const struct command *c, u8 how, u32 limit)
{
	struct usbipx_iso iso = {};
	u32 i, spoilt = how & 4 ? in8() % c->packets : c->packets;

	for (i = 0; i < c->packets; i++) {
		struct usbipx_wire_iso w;
		struct usbipx_iso bad = iso;

		iso.length = min_t(u32, how & 8 ? (i * 7) % (limit + 1) : limit,
				   c->length - iso.offset);
		bad = iso;
		if (i == spoilt) {
			sinned = true;
			bad.offset = how & 16 ? in32() : iso.offset;
			bad.length = how & 32 ? in32() : iso.length;
			bad.actual = how & 64 ? in32() : 0;
		}
		usbipx_encode_iso(&w, &bad);
		run_peer_raw(&w, sizeof(w));
		iso.offset += iso.length;
		if (how & 128 && iso.offset < c->length)
			iso.offset++;
	}
}

static void send_submit(void)
{
	static const u8 requests[][5] = {
		{ USB_DIR_IN, USB_REQ_GET_DESCRIPTOR, 0, 1, 0 },
		{ 0, USB_REQ_SET_CONFIGURATION, 1, 0, 0 },
		{ 0, USB_REQ_SET_CONFIGURATION, 0, 0, 0 },
		{ USB_RECIP_INTERFACE, USB_REQ_SET_INTERFACE, 1, 0, 0 },
		{ USB_RECIP_INTERFACE, USB_REQ_SET_INTERFACE, 0, 0, 0 },
		{ USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE, 0, 0, 0x81 },
		{ USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE, 0, 0, 0x01 },
		{ USB_RECIP_ENDPOINT, USB_REQ_CLEAR_FEATURE, 0, 0, 0x0f },
		{ USB_TYPE_CLASS | USB_RECIP_OTHER, USB_REQ_SET_FEATURE, 4, 0, 1 },
		{ 0, USB_REQ_SET_ADDRESS, 5, 0, 0 },
		{ USB_DIR_IN, USB_REQ_SET_CONFIGURATION, 1, 0, 0 },
	};
	u8 kind = in8(), how = in8(), size = in8();
	struct command *c = command_new(how);
	struct usbipx_wire_header w;
	struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_SUBMIT,
		.seqnum = c->seqnum,
		.devid = DEVID,
		.ep = kind & 15,
		.in = kind & 16,
		.flags = size * 0x01010101U,
		.interval = (s8)size,
	};
	u32 limit = 0, tail;

	if (kind & 0x40)
		pdu.ep = kind & 7;
	c->in = pdu.in;
	c->iso = is_iso(pdu.ep);
	c->length = size;
	if (c->iso) {
		/* What the server cannot know any more no client sends. */
		if (deconfigured || !device.actconfig)
			run.aligned = false;
		c->packets = 1 + (how & 7);
		limit = size & 0x7f;
		c->length = c->packets * (limit + 1);
		if ((how & 0x18) == 0x18) {
			c->packets = in32();
			sinned |= c->packets < 1 || c->packets > 1024;
			c->length = limit;
		}
	} else if (kind & 0x20) {
		/* Large, and some beyond all limits. */
		c->length = size *
			    (host_client_memory_mb == 1 && how & 4 ? 1701 : 161);
		if ((how & 0x18) == 0x18 && pdu.in)
			c->length = in32() & USBIPX_MAX_LENGTH;
	} else if (how & 8) {
		pdu.packets = in32(); /* garbage that some clients send */
		if (!pdu.ep || device.ep_in[pdu.ep])
			pdu.packets &= ~7U;
	}
	if (!pdu.ep || pdu.ep == 5) {
		const u8 *r = requests[(how & 0x1f) % ARRAY_SIZE(requests)];
		u16 n = c->length;

		if ((how & 0x1f) % ARRAY_SIZE(requests))
			c->length = n = size & 0x80 ? size : 0;
		if (how & 0x40)
			n++;
		deconfigured |= r[1] == USB_REQ_SET_CONFIGURATION;
		pdu.setup[0] = r[0];
		pdu.setup[1] = r[1];
		pdu.setup[2] = r[2];
		pdu.setup[3] = r[3];
		pdu.setup[4] = r[4];
		pdu.setup[6] = n;
		pdu.setup[7] = n >> 8;
		if (r[0] & USB_DIR_IN && how & 0x20)
			c->in = pdu.in = true;
	}
	pdu.length = c->length;
	if (c->iso)
		pdu.packets = c->packets;

	tail = sizeof(w) + (c->iso && c->packets <= 1024 ? c->packets * 16 : 0);
	usbipx_encode(&w, &pdu);
	if (run_peer_room() < tail ||
	    (!pdu.in && run_peer_room() - tail < c->length)) {
		/* Too long for this queue: the rest never comes. */
		if (run_peer_room() < sizeof(w)) {
			ncommands--;
			return;
		}
		run_peer_pdu(&w);
		run_peer_closes(false);
		return;
	}
	run_peer_pdu(&w);
	if (!pdu.in)
		run_peer_bytes(c->length, how);
	if (c->iso && c->packets <= 1024 && c->packets)
		send_packets(c, how, limit);
}

static void send_unlink(void)
{
	u8 how = in8();
	struct command *c, *victim = NULL;
	struct usbipx_wire_header w;
	struct usbipx_pdu pdu = {
		.command = USBIPX_CMD_UNLINK,
		.devid = DEVID,
	};

	if (run_peer_room() < sizeof(w))
		return;
	pdu.victim = how & 128 ? in32() : next_seqnum - 1 - (how & 15);
	victim = command_of(pdu.victim);
	c = command_new(how & 64 ? in8() : 0);
	pdu.seqnum = c->seqnum;
	c->unlink = true;
	/* Nothing is known of one who is still to come, or is asked for twice. */
	c->victim = NOBODY;
	if (victim && victim != c && !victim->unlinked) {
		c->victim = pdu.victim;
		victim->unlinked = true;
	}
	usbipx_encode(&w, &pdu);
	run_peer_pdu(&w);
}

static void got_unlinked(struct command *c)
{
	struct command *victim = command_of(c->victim);
	int status = out.pdu.status;

	check(c->unlink, "RET_UNLINK for a CMD_SUBMIT");
	check(!status || status == -ECONNRESET, "RET_UNLINK with %d", status);
	if (status) {
		check(victim && !victim->unlink, "cancelled what is no URB");
		check(!victim->answered, "cancelled what is answered");
		victim->answered = true;
	} else if (victim && !victim->unlink) {
		check(victim->answered, "RET_UNLINK 0 before the RET_SUBMIT");
	}
}

static void got_header(void)
{
	static struct usbipx_fault fault;
	const struct usbipx_pdu *pdu = &out.pdu;
	struct command *c;
	int __real_usbipx_decode(struct usbipx_pdu * pdu,
				 const struct usbipx_wire_header *w,
				 enum usbipx_role role,
				 struct usbipx_fault *fault);

	check(!__real_usbipx_decode(&out.pdu, &out.header, USBIPX_CLIENT, &fault),
	      "the server sends a bad %s", fault.what);
	c = command_of(pdu->seqnum);
	check(c, "answers what was not asked: %u", pdu->seqnum);
	check(!c->answered, "answers twice: %u", pdu->seqnum);
	c->answered = true;
	out.payload = 0;
	out.packets = 0;
	out.packet_bytes = 0;
	out.sum = 0;
	if (pdu->command == USBIPX_RET_UNLINK) {
		got_unlinked(c);
		return;
	}
	check(!c->unlink, "RET_SUBMIT for a CMD_UNLINK");
	check(pdu->length <= c->length, "%u bytes of %u", pdu->length, c->length);
	check(!pdu->packets || pdu->packets == (s32)c->packets,
	      "%d packets of %u", pdu->packets, c->packets);
	out.in = c->in;
	if (c->in)
		out.payload = pdu->length;
	out.first = true;
	out.packets = pdu->packets;
}

static void got_packet(void)
{
	struct usbipx_fault fault;
	struct usbipx_iso iso;

	check(!usbipx_decode_iso(&iso, &out.iso, &fault),
	      "the server sends a bad %s", fault.what);
	check(iso.actual <= iso.length, "packet is too long");
	out.sum += iso.actual;
	out.packet_bytes = 0;
	/* OUT packets may overlap; no client's would. */
	if (!--out.packets)
		check(out.sum == out.pdu.length || (sinned && !out.in),
		      "packets have %u of %u", out.sum, out.pdu.length);
}

void target_sent(const u8 *p, size_t n)
{
	if (ambiguous || !run.aligned) {
		/* Every byte is read all the same: is it there? */
		static u8 sink[4096];

		for (; n > sizeof(sink); n -= sizeof(sink), p += sizeof(sink))
			memcpy(sink, p, sizeof(sink));
		memcpy(sink, p, n);
		return;
	}
	while (n) {
		size_t now;

		if (out.have < sizeof(out.header)) {
			now = min(n, sizeof(out.header) - out.have);
			memcpy((u8 *)&out.header + out.have, p, now);
			out.have += now;
			if (out.have == sizeof(out.header))
				got_header();
		} else if (out.payload) {
			now = min_t(size_t, n, out.payload);
			check(counts_up(p, now) && (out.first || *p == out.next),
			      "IN data is scrambled");
			out.first = false;
			out.next = p[now - 1] + 1;
			out.payload -= now;
		} else {
			now = min(n, sizeof(out.iso) - out.packet_bytes);
			memcpy((u8 *)&out.iso + out.packet_bytes, p, now);
			out.packet_bytes += now;
			if (out.packet_bytes == sizeof(out.iso))
				got_packet();
		}
		p += now;
		n -= now;
		if (out.have == sizeof(out.header) && !out.payload && !out.packets)
			out.have = 0;
	}
}

/* --- a run ---------------------------------------------------------------------------- */
static void attach(bool tcp, bool taken)
{
	run_socket_open(tcp);
	memset(&out, 0, sizeof(out));
	ncommands = 0;
	ambiguous = false;
	sinned = false;
	deconfigured = false;
	if (taken) {
		run.sk.sk_user_data = &out; /* somebody else's */
		check(host_device_connect(hdev(), 3) < 0,
		      "a socket in use is taken");
		run.sk.sk_user_data = NULL;
	}
	if (!host_device_connect(hdev(), 3))
		conn = usbipx_conn_get(hdev()->conn);
	else
		check(!hdev()->conn, "connected and not connected");
}

static void ended(void)
{
	while (conn->state != USBIPX_CONN_DEAD) {
		check(shim_next_work(SHIM_EVER), "the connection does not end");
		shim_run_work(0);
	}
	check(conn->error != -EPROTO || sinned || !run.aligned,
	      "closed for a bad %s: %u", conn->rx.fault.what,
	      conn->rx.fault.value);
	check(list_empty(&conn->tx_queue), "a PDU is queued at the end");
	usbipx_conn_put(conn);
	conn = NULL;
	check(!hdev()->conn, "the device is not available again");
	check(list_empty(&at_hc), "an URB is left at the host controller");
	check(hash_empty(hdev()->urbs), "an URB is left in the table");
	for (unsigned int i = 0; i < ARRAY_SIZE(hdev()->splits); i++)
		check(!hdev()->splits[i].busy && !hdev()->splits[i].submitting,
		      "a transfer in pieces does not end");
	check(!host_split_take(hdev()), "an URB waits for pieces");
	check(!atomic_long_read(&hdev()->charged), "memory is left charged");
	check(!atomic_long_read(&hdev()->answers), "answers are left charged");
	run_socket_closed();
}

static void complete_one(void)
{
	static const int statuses[] = { 0,	    -EPIPE,	 -ESHUTDOWN,
					-EREMOTEIO, -ECONNRESET, -ENOENT,
					-EOVERFLOW, -EPROTO };
	u8 how = in8();
	struct urb *urb = urb_at_hc(how & 7);
	int status = statuses[how >> 4 & 7];

	if (!urb)
		return;
	if (status == -ECONNRESET && !urb->shim_unlinked)
		status = 0;
	complete(urb, status, in8(), how & 8);
}

void target_op(void)
{
	u8 op = in8(), how;

	shim_print(NULL, "op %u%s\n", op, shim_racing ? " on another CPU" : "");
	if (op < 8 * RUN_OPS) {
		/* Not within what another one does. */
		if (shim_racing && op / 8 == RUN_RACE)
			return;
		run_op(op / 8);
		return;
	}
	switch (op % 8) {
	case 0:
	case 1:
	case 2:
		send_submit();
		break;
	case 3:
		send_unlink();
		break;
	case 4:
	case 5:
	case 6:
		complete_one();
		break;
	case 7:
		how = in8();
		if (how < 16)
			host_device_disconnect(hdev());
		else if (how < 32 && !shim_racing && conn &&
			 conn->state != USBIPX_CONN_UP)
			ended();
		else if (how < 64 && !conn && !shim_racing)
			attach(how & 1, how & 2);
		else if (how < 64 && hdev()->conn && !shim_racing)
			check(host_device_connect(hdev(), 3) < 0,
			      "a device in use is connected");
		else if (how < 80)
			unlink_is_sync = !unlink_is_sync;
		else if (how < 96)
			submit_is_sync = !submit_is_sync;
		else if (how < 128)
			submit_error = -(how - 95);
		else if (how < 160 && !shim_racing)
			device.locked = true;
		else if (how < 192 && !shim_racing && !device.locked) {
			device.locked = true;
			host_driver.suspend(&device, (pm_message_t){});
			device.can_submit = false;
			device.locked = false;
		}
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 config;
	u32 i;

	shim_reset();
	run_input(data, size);
	config = in8();
	device_init();
	bus.sg_tablesize = config & 2 ? 512 : 0;
	bus.no_sg_constraint = config & 4;
	dwc2 = config & 8;
	if (dwc2)
		device.speed = USB_SPEED_FULL;
	unlink_is_sync = false;
	submit_is_sync = false;
	submit_error = 0;
	next_seqnum = 1;
	host_client_memory_mb = config & 64 ? 1 : 64;

	device.locked = true;
	check(!host_driver.probe(&device), "probe");
	device.locked = false;
	attach(config & 1, false);
	while (run_more()) {
		target_op();
		shim_check_idle();
		if (config & 16)
			shim_run_bh();
		if (config & 32)
			shim_run_work(0);
	}

	if (conn) {
		submit_error = 0;
		run_settle();
		while (urb_at_hc(0)) {
			complete(urb_at_hc(0), 0, 255, false);
			run_settle();
		}
		check(!conn->rx.deferred || !usbipx_conn_is_up(conn),
		      "the reader waits, and for nothing");
		if (usbipx_conn_is_up(conn) && !sinned && !ambiguous &&
		    run.aligned && !run.eof)
			for (i = 0; i < ncommands; i++)
				check(commands[i].answered,
				      "%u is not answered", commands[i].seqnum);
	}
	/* The client goes first, or the device does. */
	if (conn && config & 128) {
		host_device_disconnect(hdev());
		ended();
	}
	device.locked = true;
	host_driver.disconnect(&device);
	device.locked = false;
	if (conn) {
		run_socket_closed();
		check(list_empty(&at_hc),
		      "an URB is left at the host controller");
		usbipx_conn_put(conn);
		conn = NULL;
	}
	/* What is kept from one client to the next. */
	server_buffer_reset();
	shim_reset();
	return 0;
}
