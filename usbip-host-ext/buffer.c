// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the data of an URB at the host controller.
 * May call split.c and the page and slab allocators. Called by urb.c; main.c ends it.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "host.h"

/* Contiguous up to this size; larger ones are not tried in softirq. */
#define HOST_LINEAR_MAX (16U << 10)

/* Larger ones are made of these: 32 KiB. */
#define HOST_CHUNK_ORDER get_order(32U << 10)

/* 2 MiB of them, of all devices together, wait for the next URB. */
#define HOST_CHUNKS_KEPT 64

/*
 * Kernels that clear what they allocate (init_on_alloc) spend more on that than
 * on all the rest of a large URB.
 */
static DEFINE_SPINLOCK(kept_lock); /* protects the next two; any context */
static LIST_HEAD(kept);
static unsigned int kept_chunks;

static gfp_t buffer_gfp(bool may_sleep)
{
	/* NOIO: the client's disk may be behind this URB. */
	return (may_sleep ? GFP_NOIO : GFP_ATOMIC) | __GFP_NOWARN;
}

/* Whole packets only, but for the last one. */
static u32 chunk_size(const struct usb_host_endpoint *ep, unsigned int order)
{
	return rounddown((u32)(PAGE_SIZE << order), usb_endpoint_maxp(&ep->desc));
}

/*
 * Only bulk URBs may have a scatter list. Every piece but the last must be a
 * multiple of the packet size, unless the controller says it does not matter
 * (struct usb_bus, no_sg_constraint).
 */
static bool takes_pages(const struct usb_bus *bus,
			const struct usb_host_endpoint *ep, u32 length)
{
	int packet = usb_endpoint_maxp(&ep->desc);

	return usb_endpoint_xfer_bulk(&ep->desc) && packet &&
	       bus->sg_tablesize >= DIV_ROUND_UP(length, chunk_size(ep, 0)) &&
	       (bus->no_sg_constraint || PAGE_SIZE % packet == 0);
}

/* In pages, for the host controller to take at once or one after the other? */
static bool in_chunks(const struct usb_bus *bus,
		      const struct usb_host_endpoint *ep, u32 length)
{
	u32 linear = HOST_LINEAR_MAX;

	if (!usb_endpoint_xfer_bulk(&ep->desc) || !usb_endpoint_maxp(&ep->desc))
		return false;
	if (!takes_pages(bus, ep, length))
		linear = PAGE_SIZE << HOST_CHUNK_ORDER;
	return length > linear;
}

/* In softirq only what was kept. */
static struct page *chunk_alloc(unsigned int order, bool may_sleep)
{
	gfp_t gfp = buffer_gfp(may_sleep);
	struct page *page = NULL;
	unsigned long flags;

	if (order == HOST_CHUNK_ORDER) {
		spin_lock_irqsave(&kept_lock, flags);
		page = list_first_entry_or_null(&kept, struct page, lru);
		if (page) {
			list_del(&page->lru);
			kept_chunks--;
		}
		spin_unlock_irqrestore(&kept_lock, flags);
		/* The oldest is still in a socket: that one's to free. */
		if (page && page_count(page) > 1) {
			__free_pages(page, order);
			page = NULL;
		}
	}
	if (page || !may_sleep)
		return page;
	return alloc_pages(order ? gfp | __GFP_COMP | __GFP_NORETRY : gfp, order);
}

static void chunk_free(struct page *page)
{
	unsigned int order = compound_order(page);
	unsigned long flags;
	bool keep = false;

	if (order == HOST_CHUNK_ORDER) {
		spin_lock_irqsave(&kept_lock, flags);
		keep = kept_chunks < HOST_CHUNKS_KEPT;
		if (keep) {
			list_add_tail(&page->lru, &kept);
			kept_chunks++;
		}
		spin_unlock_irqrestore(&kept_lock, flags);
	}
	if (!keep)
		__free_pages(page, order);
}

/* A scatter list of pages of one order. */
static int alloc_chunks(struct host_urb *hurb, const struct usb_host_endpoint *ep,
			u32 length, unsigned int order, bool may_sleep)
{
	u32 size = chunk_size(ep, order);
	unsigned int n = DIV_ROUND_UP(length, size);
	struct scatterlist *sg;
	struct page *page;
	unsigned int i;

	if (sg_alloc_table(&hurb->sgt, n, buffer_gfp(may_sleep)))
		return -ENOMEM;
	hurb->urb->sg = hurb->sgt.sgl;
	hurb->urb->num_sgs = n;

	for_each_sg(hurb->sgt.sgl, sg, n, i) {
		page = chunk_alloc(order, may_sleep);
		if (!page) {
			host_buffer_free(hurb);
			return -ENOMEM;
		}
		sg_set_page(sg, page, min(length, size), 0);
		length -= sg->length;
	}
	return 0;
}

/**
 * host_buffer_size - how much memory host_buffer_alloc() takes
 * @udev: the device
 * @ep: the endpoint
 * @length: bytes, at most HOST_MAX_URB
 *
 * Context: any. Return: bytes.
 */
long host_buffer_size(const struct usb_device *udev,
		      const struct usb_host_endpoint *ep, u32 length)
{
	if (length <= HOST_SMALL)
		return HOST_SMALL;
	if (in_chunks(udev->bus, ep, length))
		return (long)DIV_ROUND_UP(length, chunk_size(ep, HOST_CHUNK_ORDER))
		       << (PAGE_SHIFT + HOST_CHUNK_ORDER);
	return roundup_pow_of_two(length);
}

/**
 * host_buffer_alloc - memory for a hurb's transfer
 * @hurb: its URB has its device set
 * @ep: the endpoint
 * @length: bytes, at most HOST_MAX_URB
 * @may_sleep: in process context
 *
 * IN memory is not cleared: no more of it than the actual_length that the host
 * controller reports is sent to the client.
 *
 * Context: any. Return: 0; -EAGAIN when it takes a context that may sleep;
 * -ENOMEM.
 */
int host_buffer_alloc(struct host_urb *hurb, const struct usb_host_endpoint *ep,
		      u32 length, bool may_sleep)
{
	struct urb *urb = hurb->urb;
	int ret = -ENOMEM;

	urb->transfer_buffer_length = length;
	if (!length)
		return 0;
	if (length <= HOST_SMALL) {
		if (!hurb->small)
			hurb->small = kmalloc(HOST_SMALL, buffer_gfp(may_sleep));
		urb->transfer_buffer = hurb->small;
	} else if (in_chunks(urb->dev->bus, ep, length)) {
		ret = alloc_chunks(hurb, ep, length, HOST_CHUNK_ORDER, may_sleep);
		if (ret && may_sleep)
			ret = alloc_chunks(hurb, ep, length, 0, true);
		if (!ret && !takes_pages(urb->dev->bus, ep, length))
			host_split_mark(hurb);
	} else if (length <= HOST_LINEAR_MAX || may_sleep) {
		/* Some controllers write whole words: round up. */
		urb->transfer_buffer =
			kmalloc(round_up(length, 4), buffer_gfp(may_sleep));
	}
	if (urb->transfer_buffer)
		ret = 0;
	return ret && !may_sleep ? -EAGAIN : ret;
}

/**
 * host_buffer_free - free what host_buffer_alloc() got, but for hurb->small
 * @hurb: its URB is not at the host controller
 *
 * Context: any.
 */
void host_buffer_free(struct host_urb *hurb)
{
	struct urb *urb = hurb->urb;
	struct scatterlist *sg;
	int i;

	if (urb->transfer_buffer != hurb->small)
		kfree(urb->transfer_buffer);
	urb->transfer_buffer = NULL;
	if (!urb->num_sgs)
		return;

	for_each_sg(hurb->sgt.sgl, sg, urb->num_sgs, i)
		if (sg_page(sg))
			chunk_free(sg_page(sg));
	sg_free_table(&hurb->sgt);
	urb->sg = NULL;
	urb->num_sgs = 0;
}

/**
 * host_buffer_exit - free what was kept
 *
 * Context: process; there are no hurbs.
 */
void host_buffer_exit(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &kept, lru)
		__free_pages(page, HOST_CHUNK_ORDER);
}
