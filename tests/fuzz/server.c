// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: usbip-host's URBs and core's connection against any client.
 * The input says what the client sends, in which pieces it arrives, what the
 * socket takes, how the host controller completes, what another CPU does meanwhile.
 * May call usbip-host-ext (all but match.c and sysfs.c), core, run.c, server_hc.c.
 * Called by libFuzzer.
 *
 * Every payload byte is one more than the byte before it, so that each byte
 * in the wrong place is seen.
 */
#include "server_hc.h"

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

static struct usbipx_conn *conn; /* a reference, to read its end */

static struct command commands[COMMANDS];
static u32 ncommands;
static u32 next_seqnum;
static bool sinned;	  /* the client has broken the protocol */
static bool deconfigured; /* the client has asked for that */
static bool ambiguous;	  /* has used a number twice, or lost count */

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
	return dev_get_drvdata(&hc.device.dev);
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
	c->iso = hc_is_iso(pdu.ep);
	c->length = size;
	if (c->iso) {
		/* What the server cannot know any more no client sends. */
		if (deconfigured || !hc.device.actconfig)
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
		if (!pdu.ep || hc.device.ep_in[pdu.ep])
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
static void attach(bool tcp, enum run_mishap mishap)
{
	run_socket_open(tcp, false);
	memset(&out, 0, sizeof(out));
	ncommands = 0;
	ambiguous = false;
	sinned = false;
	deconfigured = false;
	/* TAKEN_LATE comes with SOCK_MEMALLOC, which a server does not have. */
	if (mishap && mishap != RUN_TAKEN_LATE) {
		run_socket_mishap(mishap);
		check(host_device_connect(hdev(), 3) < 0,
		      "a socket in use, or not connected, is taken");
		run_socket_check_untouched();
	}
	if (!host_device_connect(hdev(), 3))
		conn = usbipx_conn_get(hdev()->conn);
	else
		check(!hdev()->conn, "connected and not connected");
	check(!run.sk.memalloc, "SOCK_MEMALLOC at a server");
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
	check(list_empty(&hc.urbs), "an URB is left at the host controller");
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
	struct urb *urb = hc_urb(how & 7);
	int status = statuses[how >> 4 & 7];

	if (!urb)
		return;
	if (status == -ECONNRESET && !urb->unlinked)
		status = 0;
	hc_complete(urb, status, in8(), how & 8);
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
			attach(how & 1, how >> 1 & 3);
		else if (how < 64 && hdev()->conn && !shim_racing)
			check(host_device_connect(hdev(), 3) < 0,
			      "a device in use is connected");
		else if (how < 80)
			hc.unlink_is_sync = !hc.unlink_is_sync;
		else if (how < 96)
			hc.submit_is_sync = !hc.submit_is_sync;
		else if (how < 128)
			hc.submit_error = -(how - 95);
		else if (how < 160 && !shim_racing)
			hc.device.locked = true;
		else if (how < 192 && !hc.device.locked &&
			 !hdev()->kill_lock.held) {
			hc.device.locked = true;
			host_driver.suspend(&hc.device, (pm_message_t){});
			hc.device.can_submit = false;
			hc.device.locked = false;
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
	hc_init(config);
	next_seqnum = 1;
	host_client_memory_mb = config & 64 ? 1 : 64;

	hc.device.locked = true;
	check(!host_driver.probe(&hc.device), "probe");
	hc.device.locked = false;
	attach(config & 1, RUN_NO_MISHAP);
	while (run_more()) {
		target_op();
		shim_check_idle();
		if (config & 16)
			shim_run_bh();
		if (config & 32)
			shim_run_work(0);
	}

	if (conn) {
		hc.submit_error = 0;
		run_settle();
		while (hc_urb(0)) {
			hc_complete(hc_urb(0), 0, 255, false);
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
	hc.device.locked = true;
	host_driver.disconnect(&hc.device);
	hc.device.locked = false;
	if (conn) {
		run_socket_closed();
		check(list_empty(&hc.urbs),
		      "an URB is left at the host controller");
		usbipx_conn_put(conn);
		conn = NULL;
	}
	/* What is kept from one client to the next. */
	server_buffer_reset();
	shim_reset();
	return 0;
}
