// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: vhci-hcd's URBs and core's connection against any server. The USB core and the
 * drivers are client_usb.c.
 * The input says what drivers submit and unlink, what the server sends, in which
 * pieces it arrives, what the socket takes, what another CPU does meanwhile.
 * May call vhci-ext (urb.c, port.c, watch.c), core, run.c. Called by libFuzzer.
 *
 * Every payload byte is one more than the byte before it, so that each byte
 * in the wrong place is seen.
 */
#include <sanitizer/asan_interface.h>

#include "client_usb.h"

#include "../../vhci-ext/vhci.h"

#define SUBMITS 64
#define DEVID	0x00020003

/* A command that the server has received. */
struct submit {
	u32 seqnum;
	bool in;
	bool unlink;
	bool answered;
	u32 victim;
	u32 length;
	u32 packets;
	u32 packet_length[8];
};

static struct vhci_hub *hub;
static struct vhci_port *ports;
static struct usbipx_conn *conn; /* a reference, to read its end */

static struct submit submits[SUBMITS];
static u32 nsubmits;
static bool sinned; /* the server has broken the protocol */

/* What the client sends, as the server reads it. */
static struct {
	struct usbipx_wire_header header;
	u32 have;
	u32 payload;
	u32 packets;
	u8 next;
	bool first;
	struct usbipx_pdu pdu;
	u32 packet_bytes;
	struct usbipx_wire_iso iso;
	u32 end;
} out;

/* --- what vhci-ext calls in files that are not here --------------------------- */
void vhci_port_plugged(struct vhci_port *port)
{
	lockdep_assert_held(&port->lock);
	usb.present = true;
}

void vhci_port_unplugged(struct vhci_port *port)
{
	lockdep_assert_held(&port->lock);
}

void vhci_port_hold(struct vhci_port *port)
{
	check(port->conn, "a port held that may have gone");
	port->users++;
}

void vhci_port_put(struct vhci_port *port)
{
	check(port->users == 1, "%u users of a port let go of", port->users);
	port->users--;
}

/* --- the server ---------------------------------------------------------------- */
static struct submit *submit_of(u32 seqnum)
{
	u32 i;

	for (i = 0; i < nsubmits && i < SUBMITS; i++)
		if (submits[i].seqnum == seqnum)
			return &submits[i];
	return NULL;
}

static void got_command(void)
{
	struct submit *s = &submits[nsubmits++ % SUBMITS];
	const struct usbipx_pdu *pdu = &out.pdu;

	*s = (struct submit){
		.seqnum = pdu->seqnum,
		.in = pdu->in,
		.unlink = pdu->command == USBIPX_CMD_UNLINK,
		.victim = pdu->victim,
		.length = pdu->length,
		.packets = pdu->packets,
	};
}

/* A header is there: what follows it? */
static void got_header(void)
{
	static struct usbipx_fault fault;
	const struct usbipx_pdu *pdu = &out.pdu;
	const struct submit *s;
	u32 i;
	int __real_usbipx_decode(struct usbipx_pdu * pdu,
				 const struct usbipx_wire_header *w,
				 enum usbipx_role role,
				 struct usbipx_fault *fault);

	check(!__real_usbipx_decode(&out.pdu, &out.header, USBIPX_SERVER, &fault),
	      "the client sends a bad %s", fault.what);
	check(pdu->devid == DEVID, "the client sends devid %x", pdu->devid);
	s = submit_of(pdu->seqnum);
	check(!s || s->answered, "seqnum %x is out already", pdu->seqnum);
	check(pdu->packets >= 0 && pdu->packets <= USBIPX_MAX_PACKETS,
	      "the client sends %d packets", pdu->packets);
	/* Nothing when the CMD_SUBMIT was taken back after all: it never comes. */
	for (i = 0; i < min(nsubmits, (u32)SUBMITS); i++)
		check(!submits[i].unlink || pdu->command == USBIPX_CMD_UNLINK ||
			      submits[i].victim != pdu->seqnum,
		      "CMD_UNLINK before its CMD_SUBMIT");
	out.payload = pdu->in ? 0 : pdu->length;
	out.packets = pdu->packets;
	out.first = true;
	out.packet_bytes = 0;
	out.end = 0;
	got_command();
}

static void got_packet(void)
{
	struct submit *s = &submits[(nsubmits - 1) % SUBMITS];
	u32 i = out.pdu.packets - out.packets;
	struct usbipx_fault fault;
	struct usbipx_iso iso;

	check(!usbipx_decode_iso(&iso, &out.iso, &fault),
	      "the client sends a bad %s", fault.what);
	check(iso.offset >= out.end && iso.offset <= out.pdu.length &&
		      iso.length <= out.pdu.length - iso.offset,
	      "packet %u is outside", i);
	out.end = iso.offset + iso.length;
	if (i < ARRAY_SIZE(s->packet_length))
		s->packet_length[i] = iso.length;
	out.packets--;
	out.packet_bytes = 0;
}

void target_sent(const u8 *p, size_t n)
{
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
			      "OUT data is scrambled");
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

/* The vurb of an URB that the driver has, sent or not. */
static const struct vhci_urb *vurb_at(unsigned int n)
{
	const struct urb *urb = usb_urb(n);

	return urb ? urb->hcpriv : NULL;
}

/* Any seqnum, but mostly one of ours. */
static u32 pick_seqnum(u8 how)
{
	const struct vhci_urb *vurb;

	switch (how & 3) {
	case 0:
		if (nsubmits)
			return submits[(nsubmits - 1 - in8() % SUBMITS) % SUBMITS]
				.seqnum;
		break;
	case 1:
		vurb = vurb_at(in8());
		if (vurb)
			return vurb->seqnum;
		break;
	case 2:
		return ports[0].seqnum + (s8)in8();
	}
	return in32();
}

/* What the server may guess of a command that has not left. */
static struct submit *guess_of(u32 seqnum)
{
	static struct submit guess;
	int i;

	for (i = 0; i < CLIENT_URBS; i++) {
		const struct vhci_urb *vurb = vurb_at(i);

		if (!vurb || vurb->seqnum != seqnum)
			continue;
		guess = (struct submit){
			.seqnum = seqnum,
			.length = usb_urb(i)->transfer_buffer_length,
			.packets = usb_urb(i)->number_of_packets,
		};
		return &guess;
	}
	return NULL;
}

static void answer(u32 seqnum, u8 how)
{
	struct submit *s = submit_of(seqnum) ?: guess_of(seqnum);
	bool in = seqnum & VHCI_SEQ_IN, iso = seqnum & VHCI_SEQ_ISO;
	struct usbipx_pdu pdu = {
		.command = USBIPX_RET_SUBMIT,
		.seqnum = seqnum,
		.length = s ? s->length : in16(),
		.packets = s ? s->packets : 0,
	};
	struct usbipx_wire_header w;
	u32 i, sum = 0, lengths[8] = {};
	bool junk;

	if (s && s->unlink)
		sinned = true;
	if (!s)
		sinned = true; /* perhaps */
	if (how & 4)
		pdu.status = (s8)in8();
	if (how & 8)
		pdu.length = min(pdu.length, (u32)in8());
	if (how & 16) {
		pdu.length = iso ? in8() : in32();
		sinned = true;
	}
	if (how & 32) {
		pdu.packets = how & 64 ? in32() : 0;
		sinned |= pdu.packets;
	}
	/* Some peers fill in what the protocol wants zeroed. */
	if (!iso && how & 128)
		pdu.packets = 0xdeadbeef;
	if (iso && (pdu.packets < 0 || pdu.packets > USBIPX_MAX_PACKETS))
		sinned = true;
	if (iso && s)
		for (i = 0; i < min(s->packets, 8U) && pdu.packets; i++) {
			lengths[i] = s->packet_length[i];
			if (how & 8)
				lengths[i] = in8();
			if (lengths[i] > s->packet_length[i] && how & 64)
				sinned = true;
			else
				lengths[i] = min(lengths[i], s->packet_length[i]);
			sum += lengths[i];
		}
	if (iso && !(how & 16))
		pdu.length = sum;

	if (run_peer_room() < sizeof(w) + USBIPX_MAX_PACKETS * 16 ||
	    (in && pdu.length > run_peer_room() - sizeof(w) -
					USBIPX_MAX_PACKETS * 16)) {
		/* Too long for this queue: the rest never comes. */
		if (run_peer_room() < sizeof(w))
			return;
		usbipx_encode(&w, &pdu);
		run_peer_pdu(&w);
		run_peer_closes(false);
		return;
	}
	usbipx_encode(&w, &pdu);
	run_peer_pdu(&w);
	if (in)
		run_peer_bytes(pdu.length, how);
	junk = !s || pdu.packets != (s32)s->packets;
	for (i = 0; iso && !junk && i < (u32)pdu.packets; i++) {
		const struct usbipx_iso packet = {
			.actual = i < 8 ? lengths[i] : 0,
			.status = pdu.status,
		};
		struct usbipx_wire_iso wire;

		usbipx_encode_iso(&wire, &packet);
		run_peer_raw(&wire, sizeof(wire));
	}
	if (iso && junk && pdu.packets > 0)
		for (i = 0; i < min_t(u32, pdu.packets, USBIPX_MAX_PACKETS); i++)
			run_peer_bytes(16, how & 1 ? how : 0);
	if (s)
		s->answered = true;
}

static void answer_unlink(u32 seqnum, int status)
{
	const struct usbipx_pdu pdu = {
		.command = USBIPX_RET_UNLINK,
		.seqnum = seqnum,
		.status = status,
	};
	struct submit *s = submit_of(seqnum);
	struct usbipx_wire_header w;

	if (run_peer_room() < sizeof(w))
		return;
	usbipx_encode(&w, &pdu);
	run_peer_pdu(&w);
	if (s && s->unlink)
		s->answered = true;
}

/* --- a run ------------------------------------------------------------------------ */
static void attach(bool tcp, bool looped, enum run_mishap mishap)
{
	run_socket_open(tcp, looped);
	memset(&out, 0, sizeof(out));
	run.starting = true;
	/* TAKEN_LATE is noticed where SOCK_MEMALLOC was set before. */
	if (mishap && (mishap != RUN_TAKEN_LATE || (tcp && !looped))) {
		run_socket_mishap(mishap);
		check(vhci_port_attach(&ports[0], 3, DEVID, USB_SPEED_HIGH) < 0,
		      "a socket in use, or not connected, is taken");
		run_socket_check_untouched();
	}
	if (!vhci_port_attach(&ports[0], 3, DEVID, USB_SPEED_HIGH)) {
		conn = usbipx_conn_get(ports[0].conn);
		check(run.sk.memalloc == (tcp && !looped), "SOCK_MEMALLOC");
	} else {
		check(!ports[0].conn, "attached and not attached");
	}
	run.starting = false;
}

/* The connection is over: look how, and let the device go. */
static void ended(void)
{
	vhci_port_exit(&ports[0]);
	while (conn->state != USBIPX_CONN_DEAD) {
		check(shim_next_work(SHIM_EVER), "the connection does not end");
		shim_run_work(0);
	}
	check(!ports[0].users, "somebody has the port still");
	check(conn->error != -EPROTO || sinned || !run.aligned,
	      "closed for a bad %s: %u", conn->rx.fault.what,
	      conn->rx.fault.value);
	check(list_empty(&conn->tx_queue), "a PDU is queued at the end");
	usbipx_conn_put(conn);
	conn = NULL;
	usb_let_go();
	run_socket_closed();
}

void target_op(void)
{
	u8 op = in8();
	u32 seqnum;
	u8 how;

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
		usb_submit();
		break;
	case 3:
		usb_unlink();
		break;
	case 4:
	case 5:
		how = in8();
		seqnum = pick_seqnum(how);
		answer(seqnum, how);
		break;
	case 6:
		how = in8();
		seqnum = pick_seqnum(how);
		if (how & 4)
			seqnum |= VHCI_SEQ_UNLINK;
		answer_unlink(seqnum, how & 8 ? 0 : -(int)ECONNRESET);
		break;
	case 7:
		how = in8();
		if (how < 16)
			vhci_port_detach(&ports[0]);
		else if (how < 32 && !shim_racing && conn &&
			 conn->state != USBIPX_CONN_UP)
			ended();
		else if (how < 64 && !conn && !shim_racing)
			attach(how & 1, how & 8, how >> 1 & 3);
		else if (how < 80)
			usb.link_fails = !usb.link_fails;
		else if (how < 128)
			usb.device.devnum = how - 80;
		else
			vhci_unlink_timeout = how - 128;
		break;
	}
}

void target_sleep(void)
{
}

/* A server that answers all there is to answer. */
static void answer_all(void)
{
	u32 i;

	for (i = 0; i < min(nsubmits, (u32)SUBMITS); i++) {
		if (submits[i].answered)
			continue;
		if (submits[i].unlink)
			answer_unlink(submits[i].seqnum, 0);
		else
			answer(submits[i].seqnum, 0);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 config;
	int i;

	shim_reset();
	run_input(data, size);
	config = in8();

	usb_init(!(config & 128), config & 2);
	static_assert(sizeof(*hub) <= sizeof(usb.hcd.hcd_priv), "hcd_priv");
	hub = vhci_hub_of(&usb.hcd);
	__asan_unpoison_memory_region(hub, sizeof(*hub));
	memset(hub, 0, sizeof(*hub));
	hub->hcd = &usb.hcd;
	hub->nports = 2;
	ports = hub->ports;
	vhci_port_init(&ports[0], hub, 0);
	vhci_port_init(&ports[1], hub, 1);
	/* Nobody may look at a port that is none. */
	__asan_poison_memory_region(&ports[2],
				    sizeof(hub->ports) - 2 * sizeof(ports[0]));
	if (config & 64) /* about to wrap */
		ports[0].seqnum = -(VHCI_SEQ_STEP * in8());
	nsubmits = 0;
	memset(submits, 0, sizeof(submits));
	sinned = false;
	vhci_unlink_timeout = 5;
	usbipx_peer_timeout = config & 4 ? 0 : 20;
	check(!vhci_urb_init(), "vhci_urb_init");

	attach(config & 1, false, RUN_NO_MISHAP);
	while (run_more()) {
		target_op();
		shim_check_idle();
		if (config & 8)
			shim_run_bh();
		if (config & 16)
			shim_run_work(0);
	}

	if (conn) {
		run_settle();
		if (config & 32 && !sinned && run.aligned && !run.eof) {
			for (i = 0; i < 4; i++) {
				answer_all();
				run_settle();
			}
			if (nsubmits <= SUBMITS && usbipx_conn_is_up(conn))
				target_check_no_urbs("though it is answered");
		}
		vhci_port_detach(&ports[0]);
		ended();
	}
	target_check_no_urbs("at the end");
	check(ports[0].counts.submitted == ports[0].counts.given_back &&
		      ports[0].counts.timeouts <= ports[0].counts.unlinked,
	      "URBs are miscounted");
	check(!ports[0].conn && !ports[0].udev, "the port is not free");
	vhci_urb_exit();
	shim_reset();
	return 0;
}
