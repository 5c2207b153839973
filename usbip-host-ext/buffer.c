// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the data of an URB at the host controller.
 * May call the page and slab allocators. Called by urb.c.
 */
#include <linux/gfp.h>
#include <linux/slab.h>

#include "host.h"

/* Contiguous up to this size; larger ones are not tried in softirq. */
#define HOST_LINEAR_MAX (16U << 10)

static gfp_t buffer_gfp(bool may_sleep)
{
	/* NOIO: the client's disk may be behind this URB. */
	return (may_sleep ? GFP_NOIO : GFP_ATOMIC) | __GFP_NOWARN;
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
	       bus->sg_tablesize >= DIV_ROUND_UP(length, PAGE_SIZE) &&
	       (bus->no_sg_constraint || PAGE_SIZE % packet == 0);
}

static int alloc_pages_list(struct host_urb *hurb, u32 length, gfp_t gfp)
{
	unsigned int n = DIV_ROUND_UP(length, PAGE_SIZE);
	struct scatterlist *sg;
	struct page *page;
	unsigned int i;

	if (sg_alloc_table(&hurb->sgt, n, gfp))
		return -ENOMEM;
	hurb->urb->sg = hurb->sgt.sgl;
	hurb->urb->num_sgs = n;

	for_each_sg(hurb->sgt.sgl, sg, n, i) {
		page = alloc_page(gfp);
		if (!page) {
			host_buffer_free(hurb);
			return -ENOMEM;
		}
		sg_set_page(sg, page, min_t(u32, length, PAGE_SIZE), 0);
		length -= sg->length;
	}
	return 0;
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
	gfp_t gfp = buffer_gfp(may_sleep);
	int ret = -ENOMEM;

	urb->transfer_buffer_length = length;
	if (!length)
		return 0;
	if (length > HOST_LINEAR_MAX && !may_sleep)
		return -EAGAIN;

	if (length > HOST_LINEAR_MAX && takes_pages(urb->dev->bus, ep, length)) {
		ret = alloc_pages_list(hurb, length, gfp);
	} else {
		/* Some controllers write whole words: round up. */
		urb->transfer_buffer = kmalloc(round_up(length, 4), gfp);
		if (urb->transfer_buffer)
			ret = 0;
	}
	return ret && !may_sleep ? -EAGAIN : ret;
}

/**
 * host_buffer_free - free what host_buffer_alloc() got
 * @hurb: its URB is not at the host controller
 *
 * Context: any.
 */
void host_buffer_free(struct host_urb *hurb)
{
	struct urb *urb = hurb->urb;
	struct scatterlist *sg;
	int i;

	kfree(urb->transfer_buffer);
	urb->transfer_buffer = NULL;
	if (!urb->num_sgs)
		return;

	for_each_sg(hurb->sgt.sgl, sg, urb->num_sgs, i)
		if (sg_page(sg))
			__free_page(sg_page(sg));
	sg_free_table(&hurb->sgt);
	urb->sg = NULL;
	urb->num_sgs = 0;
}
