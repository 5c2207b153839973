// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of the fuzz target client: the USB core and the drivers above it, with their URBs.
 * May call vhci-ext (urb.c), shim. Called by client.c, and by vhci-ext as the USB core.
 *
 * The memory of an URB is exactly as large as it says, and freed the moment that it is
 * given back.
 */
#include "client_usb.h"

#include "../../vhci-ext/vhci.h"

#define FILL 0xa5

/* An URB that the driver has, or NULL; where its memory is. */
struct slot {
	struct urb *urb;
	u8 *memory;
	struct page *pages;
	bool vmalloc;
};

struct client_usb usb;
static struct slot slots[CLIENT_URBS];

void usb_init(bool in_sysfs, bool same_port)
{
	usb.device = (struct usb_device){ .parent = &usb.root, .portnum = 1 };
	usb.device.dev.kobj.state_in_sysfs = in_sysfs;
	usb.stranger = (struct usb_device){ .parent = &usb.root,
					    .portnum = same_port ? 1 : 3,
					    .devnum = 9 };
	usb.hcd.self.root_hub = &usb.root;
	usb.link_fails = false;
}

const struct urb *usb_urb(unsigned int n)
{
	const struct slot *s = &slots[n % CLIENT_URBS];

	return s->urb && s->urb->shim_linked ? s->urb : NULL;
}

void usb_let_go(void)
{
	usb.present = false;
	vhci_free_dev(&usb.hcd, &usb.device);
	vhci_free_dev(&usb.hcd, &usb.stranger);
}

void target_check_no_urbs(const char *when)
{
	int i;

	for (i = 0; i < CLIENT_URBS; i++)
		check(!slots[i].urb, "an URB is not given back %s", when);
}

static struct slot *slot_of(const struct urb *urb)
{
	int i;

	for (i = 0; i < CLIENT_URBS; i++)
		if (slots[i].urb == urb)
			return &slots[i];
	return NULL;
}

bool is_vmalloc_addr(const void *p)
{
	int i;

	for (i = 0; i < CLIENT_URBS; i++) {
		const struct slot *s = &slots[i];

		if (s->urb && s->vmalloc && (u8 *)p >= s->memory &&
		    (u8 *)p <= s->memory + s->urb->transfer_buffer_length)
			return true;
	}
	return false;
}

static void slot_free(struct slot *s)
{
	struct urb *urb = s->urb;
	int i;

	for (i = 0; i < urb->num_sgs; i++)
		free(s->pages[i].address ?
			     urb->sg[i].offset + (u8 *)s->pages[i].address :
			     NULL);
	free(s->pages);
	free(urb->sg);
	free(s->memory);
	free(urb->setup_packet);
	free(urb);
	*s = (struct slot){};
}

/* Memory of exactly @n bytes: OUT counts up, IN is there to be filled. */
static u8 *memory_of(u32 n, bool in, u8 *first)
{
	u8 *p = malloc(n ? n : 1);

	if (!p)
		abort();
	if (in) {
		memset(p, FILL, n);
	} else {
		count_up(p, n, *first);
		*first += n;
	}
	return p;
}

static void add_sg(struct slot *s, u32 length, bool in, u8 first)
{
	u32 piece = length > 4096 ? 4096 : 1 + in8();
	u32 n = 1 + DIV_ROUND_UP(length, piece);
	struct urb *urb = s->urb;
	u32 i;

	if (n > 64) {
		n = 64;
		piece = DIV_ROUND_UP(length, n - 1);
	}
	urb->sg = calloc(n, sizeof(*urb->sg));
	/* page_to_pfn() counts on the alignment. */
	s->pages = aligned_alloc(16, n * round_up(sizeof(*s->pages), 16));
	if (!urb->sg || !s->pages)
		abort();
	urb->num_sgs = n;
	for (i = 0; i < n; i++) {
		/* An empty one among them, as some drivers have it. */
		u32 now = i == 1 ? 0 : min(piece, length);
		u32 offset = i * 37;
		u8 *p = memory_of(now, in, &first);

		s->pages[i] = (struct page){
			.address = p - offset,
			.count = 1,
			.highmem = i % 3 == 2,
		};
		sg_set_page(&urb->sg[i], &s->pages[i], now, offset);
		length -= now;
	}
	urb->sg[n - 1].last = true;
}

/* Copy what an URB holds; the result is malloc()ed. */
static u8 *gather(const struct slot *s, u32 length)
{
	const struct urb *urb = s->urb;
	u8 *p = malloc(length ? length : 1);
	u32 at = 0;
	int i;

	if (!p)
		abort();
	if (s->memory)
		memcpy(p, s->memory, length);
	for (i = 0; i < urb->num_sgs && at < length; i++) {
		u32 n = min(urb->sg[i].length, length - at);

		memcpy(p + at, (u8 *)s->pages[i].address + urb->sg[i].offset, n);
		at += n;
	}
	return p;
}

static void add_packets(struct urb *urb)
{
	u32 length = urb->transfer_buffer_length;
	u32 end = 0;
	int i;

	/* Some drivers leave gaps, before the first packet, too. */
	for (i = 0; i < urb->number_of_packets; i++) {
		u32 gap = (urb->interval >> (i & 1)) & 3;
		u32 n = length / urb->number_of_packets;

		gap = min(gap, n);
		urb->iso_frame_desc[i].offset = end + gap;
		urb->iso_frame_desc[i].length = n - gap;
		end += n;
	}
}

void usb_submit(void)
{
	static const u8 requests[][2] = {
		{ USB_DIR_IN, USB_REQ_GET_DESCRIPTOR },
		{ USB_RECIP_DEVICE, USB_REQ_SET_ADDRESS },
		{ USB_RECIP_DEVICE, USB_REQ_SET_CONFIGURATION },
		{ USB_DIR_IN, USB_REQ_SET_CONFIGURATION },
	};
	u8 kind = in8(), how = in8();
	bool in = kind & 4;
	unsigned int type = kind & 3, memory = kind >> 3 & 3;
	u32 length = in8(), packets = 0;
	struct slot *s = slot_of(NULL);
	gfp_t gfp = how & 1 ? GFP_NOIO : GFP_ATOMIC;
	unsigned long flags = 0;
	struct urb *urb;
	u8 first = how;
	int ret;

	if (!s || !usb.present)
		return;
	/* The largest are spliced. */
	if (kind & 0x80)
		length *= kind & 0x40 ? 80 : 9;
	if (type == PIPE_ISOCHRONOUS) {
		packets = in8() % 10;
		if (packets == 9)
			packets = USBIPX_MAX_PACKETS + 1;
		if (memory == 2 && !(kind & 0x20))
			memory = 0;
	}

	urb = calloc(1, sizeof(*urb) + packets * sizeof(urb->iso_frame_desc[0]));
	if (!urb)
		abort();
	s->urb = urb;
	urb->dev = &usb.device;
	urb->number_of_packets = packets;
	urb->interval = how;
	urb->transfer_flags = (in ? URB_DIR_IN : 0) | (how & URB_ZERO_PACKET);
	urb->status = -EINPROGRESS;
	urb->transfer_buffer_length = length;
	switch (how >> 1 & 7) {
	case 1:
		urb->dev = &usb.stranger;
		break;
	case 2:
		urb->dev = &usb.root;
		break;
	}
	urb->pipe = shim_pipe(urb->dev, type, type == PIPE_CONTROL ? 0 : 1,
			      in ? USB_DIR_IN : 0);
	if (type == PIPE_CONTROL) {
		urb->setup_packet = calloc(1, 8);
		if (!urb->setup_packet)
			abort();
		memcpy(urb->setup_packet, requests[how >> 4 & 3], 2);
	}
	switch (memory) {
	case 0:
	case 1:
		s->vmalloc = memory;
		s->memory = memory_of(length, in, &first);
		urb->transfer_buffer = s->memory;
		break;
	case 2:
		add_sg(s, length, in, first);
		break;
	case 3: /* none; only right for an URB without data */
		break;
	}
	/* Some drivers' scatter lists are shorter than they say. */
	if (memory == 2 && (how & 14) == 14)
		urb->transfer_buffer_length++;
	if (packets <= USBIPX_MAX_PACKETS)
		add_packets(urb);

	/* Who owns the socket would be waited for. */
	if (shim_racing && run_blocks_work(NULL))
		gfp = GFP_ATOMIC;
	if (!(gfp & GFP_NOIO) && how & 0x80)
		local_irq_save(flags);
	ret = vhci_urb_enqueue(&usb.hcd, urb, gfp);
	if (!(gfp & GFP_NOIO) && how & 0x80)
		local_irq_restore(flags);
	/* It is ours again, or for ever somebody else's. */
	if (ret) {
		check(!urb->shim_linked, "refused, but linked");
		slot_free(slot_of(urb));
	}
}

void usb_unlink(void)
{
	struct slot *s = &slots[in8() % CLIENT_URBS];
	unsigned long flags;

	if (!s->urb || !s->urb->shim_linked)
		return;
	/* The USB core calls with interrupts as they are. */
	local_irq_save(flags);
	local_irq_restore(flags);
	vhci_urb_dequeue(&usb.hcd, s->urb, -ECONNRESET);
}

int usb_hcd_link_urb_to_ep(struct usb_hcd *h, struct urb *urb)
{
	(void)h;
	check(shim_now.locks && shim_now.irqs_off, "without the driver's lock");
	check(!urb->shim_linked, "linked twice");
	if (usb.link_fails)
		return -ESHUTDOWN;
	urb->shim_linked = true;
	return 0;
}

void usb_hcd_unlink_urb_from_ep(struct usb_hcd *h, struct urb *urb)
{
	(void)h;
	check(shim_now.locks && shim_now.irqs_off, "without the driver's lock");
	check(urb->shim_linked, "unlinked twice");
	urb->shim_linked = false;
}

int usb_hcd_check_unlink_urb(struct usb_hcd *h, struct urb *urb, int status)
{
	(void)h;
	check(shim_now.locks && shim_now.irqs_off, "without the driver's lock");
	if (!urb->shim_linked)
		return -EIDRM;
	if (urb->unlinked)
		return -EBUSY;
	urb->unlinked = status;
	return 0;
}

static void check_packets(const struct slot *s, const u8 *data, bool whole)
{
	const struct urb *urb = s->urb;
	bool in = usb_urb_dir_in(urb), any = false;
	u32 sum = 0;
	u8 next = 0;
	int i;

	for (i = 0; i < urb->number_of_packets; i++) {
		const struct usb_iso_packet_descriptor *d =
			&urb->iso_frame_desc[i];
		const u8 *p = data + d->offset;

		check(d->actual_length <= d->length, "packet %d is too long", i);
		check(d->status <= 0, "packet %d has status %d", i, d->status);
		sum += d->actual_length;
		if (!in || !whole || !d->actual_length)
			continue;
		check(!any || *p == next, "packet %d is in another's place", i);
		check(counts_up(p, d->actual_length), "packet %d is scrambled",
		      i);
		any = true;
		next = p[d->actual_length - 1] + 1;
	}
	if (whole)
		check(sum == urb->actual_length,
		      "actual_length %u, packets have %u", urb->actual_length,
		      sum);
}

void usb_hcd_giveback_urb(struct usb_hcd *h, struct urb *urb, int status)
{
	struct slot *s = slot_of(urb);
	u32 length, actual;
	bool whole;
	u8 *data;

	(void)h;
	check(s, "an URB is given back twice");
	check(!shim_now.locks, "given back with a lock held");
	check(shim_now.irqs_off, "given back with interrupts enabled");
	check(!urb->shim_linked, "given back while linked");
	check(status <= 0, "positive status %d", status);
	length = urb->transfer_buffer_length;
	actual = urb->actual_length;
	check(actual <= length, "%u bytes of %u", actual, length);

	/* Part of an answer may have come when the URB was given up. */
	whole = run.aligned && status != -ESHUTDOWN && !urb->unlinked;
	data = gather(s, length);
	if (!usb_urb_dir_in(urb))
		check(counts_up(data, length), "OUT data was written to");
	else if (!usb_pipeisoc(urb->pipe) && whole) {
		check(counts_up(data, actual), "IN data is scrambled");
		/* All the same: that which is FILL is followed by that. */
		check(actual == length || data[actual] == FILL,
		      "written behind actual_length");
		check(length - actual < 2 ||
			      !memcmp(data + actual, data + actual + 1,
				      length - actual - 1),
		      "written behind actual_length");
	}
	if (usb_pipeisoc(urb->pipe))
		check_packets(s, data, whole);
	free(data);
	slot_free(s);
}
