// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind "storage": bulk-only transport in front of a SCSI disk in memory.
 * May call device.h (urb_complete, ep0_answer) and scsi.h.
 * Called through struct sim_kind.
 *
 * One command is in one of four stages; each bulk URB moves it on or waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "buf.h"
#include "device.h"
#include "scsi.h"

#define EP_OUT 0x01
#define EP_IN  0x81

#define CBW_SIGNATURE 0x43425355
#define CSW_SIGNATURE 0x53425355
#define CBW_SIZE      31
#define CSW_SIZE      13

#define BOT_RESET   0xff
#define BOT_MAX_LUN 0xfe

enum csw_status {
	CSW_GOOD,
	CSW_FAILED,
	CSW_PHASE_ERROR
};

enum bot_stage {
	STAGE_COMMAND,
	STAGE_DATA_IN,
	STAGE_DATA_OUT,
	STAGE_STATUS,
	STAGE_WEDGED, /* after a bad CBW, until the class reset */
};

struct storage {
	struct scsi_disk disk;
	struct scsi_io io;
	enum bot_stage stage;
	uint32_t tag;
	uint32_t residue; /* of what the host announced */
	size_t done;	  /* of io.len */
	enum csw_status status;
};

static size_t disk_bytes(const struct sim_dev *dev)
{
	return (size_t)dev->opt.size_mib << 20;
}

static int storage_init(struct sim_dev *dev)
{
	struct storage *s = xalloc(sizeof(*s));

	s->disk.mem = mmap(NULL, disk_bytes(dev), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->disk.mem == MAP_FAILED) {
		perror("memory of the disk");
		free(s);
		return -1;
	}
	s->disk.blocks = disk_bytes(dev) / SCSI_BLOCK;
	s->disk.serial = dev->serial;
	dev->priv = s;
	return 0;
}

static void storage_exit(struct sim_dev *dev)
{
	struct storage *s = dev->priv;

	munmap(s->disk.mem, disk_bytes(dev));
	free(s);
}

static void storage_describe(struct sim_dev *dev, struct desc *d)
{
	(void)dev;
	desc_interface(d, 0, 0, USB_CLASS_MASS_STORAGE, 6, 0x50);
	desc_endpoint(d, EP_IN, USB_ENDPOINT_XFER_BULK, 0, 0);
	desc_endpoint(d, EP_OUT, USB_ENDPOINT_XFER_BULK, 0, 0);
}

static void storage_reset(struct sim_dev *dev)
{
	struct storage *s = dev->priv;

	s->stage = STAGE_COMMAND;
}

static int storage_control(struct sim_dev *dev, struct sim_urb *urb)
{
	struct setup s = urb_setup(urb);
	uint8_t luns = 0;

	if (s.type == 0x21 && s.request == BOT_RESET && !s.length) {
		storage_reset(dev);
		return 0;
	}
	if (s.type == 0xa1 && s.request == BOT_MAX_LUN)
		return ep0_answer(urb, &luns, 1);
	return E_PIPE;
}

static void stall(struct sim_dev *dev, struct sim_ep *ep)
{
	ep->halted = true;
	urb_flush(dev, ep, E_PIPE);
}

/*
 * What host (H) and device (D) each mean to move decides between data stage,
 * stall and phase error: the thirteen cases of the transport's chapter 6.7.
 */
static void begin(struct sim_dev *dev, struct storage *s, bool host_in)
{
	uint32_t host = s->residue;
	enum scsi_dir want = s->status == CSW_GOOD ? s->io.dir : SCSI_NONE;
	bool matches = want == (host_in ? SCSI_IN : SCSI_OUT);

	s->done = 0;
	s->stage = STAGE_STATUS;
	if (!host) {
		if (want != SCSI_NONE)
			s->status = CSW_PHASE_ERROR;
		return;
	}
	if (want != SCSI_NONE && !matches)
		s->status = CSW_PHASE_ERROR;
	if (!matches) {
		stall(dev,
		      host_in ? &dev->ep_in[EP_IN & 15] : &dev->ep_out[EP_OUT]);
		return;
	}
	if (s->io.len > host) {
		s->io.len = host;
		s->status = CSW_PHASE_ERROR;
	}
	s->stage = host_in ? STAGE_DATA_IN : STAGE_DATA_OUT;
}

static void take_command(struct sim_dev *dev, struct storage *s,
			 struct sim_urb *urb)
{
	const uint8_t *cbw = urb->buf;
	bool host_in;

	if (urb->pdu.length != CBW_SIZE || get_le32(cbw) != CBW_SIGNATURE ||
	    cbw[13] || cbw[14] < 1 || cbw[14] > 16) {
		s->stage = STAGE_WEDGED;
		stall(dev, &dev->ep_in[EP_IN & 15]);
		stall(dev, &dev->ep_out[EP_OUT]);
		return;
	}
	s->tag = get_le32(cbw + 4);
	s->residue = get_le32(cbw + 8);
	host_in = cbw[12] & USB_DIR_IN;
	s->status = scsi_command(&s->disk, cbw + 15, cbw[14], &s->io) ?
			    CSW_FAILED :
			    CSW_GOOD;
	urb->actual = CBW_SIZE;
	urb_complete(dev, urb, 0);
	begin(dev, s, host_in);
}

static void data_out(struct sim_dev *dev, struct storage *s, struct sim_urb *urb)
{
	size_t n = s->io.len - s->done;

	if (n > urb->pdu.length)
		n = urb->pdu.length;
	if (n)
		memcpy(s->io.data + s->done, urb->buf, n);
	s->done += n;
	s->residue -= n;
	urb->actual = n;
	if (s->done < s->io.len) {
		urb_complete(dev, urb, 0);
		return;
	}
	s->stage = STAGE_STATUS;
	if (!s->residue) {
		urb_complete(dev, urb, 0);
		return;
	}
	/* The host has more to say than the command takes. */
	urb_complete(dev, urb, n < urb->pdu.length ? E_PIPE : 0);
	stall(dev, &dev->ep_out[EP_OUT]);
}

static void data_in(struct sim_dev *dev, struct storage *s, struct sim_urb *urb)
{
	struct sim_ep *ep = urb->ep;
	size_t n = s->io.len - s->done;
	bool short_packet, full;

	if (n > urb->pdu.length)
		n = urb->pdu.length;
	if (n)
		memcpy(urb->buf, s->io.data + s->done, n);
	s->done += n;
	s->residue -= n;
	urb->actual = n;
	if (s->done < s->io.len) {
		urb_complete(dev, urb, 0);
		return;
	}
	s->stage = STAGE_STATUS;
	short_packet = s->io.len % ep->maxp;
	full = n == urb->pdu.length;
	if (!s->residue || short_packet) {
		urb_complete(dev, urb, 0);
		return;
	}
	/* The host still waits for data, and no short packet told it the end. */
	urb_complete(dev, urb, full ? 0 : E_PIPE);
	stall(dev, ep);
}

static void send_status(struct sim_dev *dev, struct storage *s,
			struct sim_urb *urb)
{
	uint8_t csw[CSW_SIZE];

	put_le32(csw, CSW_SIGNATURE);
	put_le32(csw + 4, s->tag);
	put_le32(csw + 8, s->residue);
	csw[12] = s->status;
	urb->actual = urb->pdu.length < CSW_SIZE ? urb->pdu.length : CSW_SIZE;
	if (urb->actual)
		memcpy(urb->buf, csw, urb->actual);
	s->stage = STAGE_COMMAND;
	urb_complete(dev, urb, urb->pdu.length < CSW_SIZE ? E_OVERFLOW : 0);
}

static void storage_service(struct sim_dev *dev, struct sim_ep *unused)
{
	struct sim_ep *out = &dev->ep_out[EP_OUT];
	struct sim_ep *in = &dev->ep_in[EP_IN & 15];
	struct storage *s = dev->priv;

	(void)unused;
	for (;;) {
		struct sim_urb *from = TAILQ_FIRST(&out->queue);
		struct sim_urb *to = TAILQ_FIRST(&in->queue);

		if (s->stage == STAGE_WEDGED) {
			stall(dev, in);
			stall(dev, out);
			return;
		}
		if (s->stage == STAGE_COMMAND && from && !out->halted)
			take_command(dev, s, from);
		else if (s->stage == STAGE_DATA_OUT && from && !out->halted)
			data_out(dev, s, from);
		else if (s->stage == STAGE_DATA_IN && to && !in->halted)
			data_in(dev, s, to);
		else if (s->stage == STAGE_STATUS && to && !in->halted)
			send_status(dev, s, to);
		else
			return;
	}
}

const struct sim_kind kind_storage = {
	.name = "storage",
	.product = "simulated disk",
	.vid = 0x1209,
	.pid = 0x0002,
	.speeds = 1 << USB_SPEED_FULL | 1 << USB_SPEED_HIGH |
		  1 << USB_SPEED_SUPER | 1 << USB_SPEED_SUPER_PLUS,
	.init = storage_init,
	.exit = storage_exit,
	.describe = storage_describe,
	.reset = storage_reset,
	.control = storage_control,
	.service = storage_service,
};
