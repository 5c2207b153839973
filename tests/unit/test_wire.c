// SPDX-License-Identifier: GPL-2.0-only
/*
 * core/wire.c: every command in both roles, every field out of its range, and
 * the very bytes of the protocol document.
 * May call core/wire and tap.h. Called by prove.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "../../core/wire.h"
#include "tap.h"

#define FAULT_NONE "(none)"

/* A header of twelve big-endian words, as the protocol document draws it. */
static struct usbipx_wire_header wire(const u32 words[12])
{
	struct usbipx_wire_header w;
	u32 be[12];
	int i;

	for (i = 0; i < 12; i++)
		be[i] = htonl(words[i]);
	memcpy(&w, be, sizeof(w));
	return w;
}

static u32 word(const struct usbipx_wire_header *w, int i)
{
	u32 be;

	memcpy(&be, (const u8 *)w + 4 * i, 4);
	return ntohl(be);
}

/* A good PDU of a command; tests spoil one word of it. */
static const u32 cmd_submit[12] = {
	USBIPX_CMD_SUBMIT,
	0xd05,
	0x00010002,
	USBIPX_DIR_IN,
	1,
	USBIPX_SHORT_NOT_OK,
	0x40,
	7,
	3,
	4,
	0x80060001,
	0x00004000,
};
static const u32 cmd_unlink[12] = {
	USBIPX_CMD_UNLINK, 0xd06, 0x00010002, 0, 0, 0xd05,
};
static const u32 ret_submit[12] = {
	USBIPX_RET_SUBMIT, 0xd05, 0, 0, 0, 0, 0x12, 7, 3, 1,
};
static const u32 ret_unlink[12] = {
	USBIPX_RET_UNLINK, 0xd06, 0, 0, 0, -USBIPX_ECONNRESET,
};

/* Decode @good with word @i replaced. */
static int decode_with(const u32 good[12], int i, u32 value,
		       enum usbipx_role role, struct usbipx_pdu *pdu,
		       struct usbipx_fault *fault)
{
	struct usbipx_wire_header w;
	u32 words[12];

	memcpy(words, good, sizeof(words));
	words[i] = value;
	w = wire(words);
	/* Every member must be written, or found by its pattern. */
	memset(pdu, 0xa5, sizeof(*pdu));
	fault->what = FAULT_NONE;
	fault->value = 0;
	return usbipx_decode(pdu, &w, role, fault);
}

static int decode(const u32 good[12], enum usbipx_role role,
		  struct usbipx_pdu *pdu)
{
	struct usbipx_fault fault;

	return decode_with(good, 0, good[0], role, pdu, &fault);
}

static void accepted(const u32 good[12], int i, u32 value,
		     enum usbipx_role role, const char *what)
{
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;

	ok(!decode_with(good, i, value, role, &pdu, &fault),
	   "%s 0x%x is accepted", what, value);
}

static void refused(const u32 good[12], int i, u32 value, enum usbipx_role role,
		    const char *what)
{
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;
	int ret = decode_with(good, i, value, role, &pdu, &fault);

	if (!ok(ret == -EPROTO && !strcmp(fault.what, what) && fault.value == value,
		"%s 0x%x is refused, the fault names it", what, value))
		printf("# returned %d, fault %s 0x%x\n", ret, fault.what,
		       fault.value);
}

static void test_cmd_submit(void)
{
	struct usbipx_pdu pdu;

	is(decode(cmd_submit, USBIPX_SERVER, &pdu), 0, "CMD_SUBMIT decodes");
	is(pdu.command, USBIPX_CMD_SUBMIT, "CMD_SUBMIT command");
	is(pdu.seqnum, 0xd05, "CMD_SUBMIT seqnum");
	is(pdu.devid, 0x00010002, "CMD_SUBMIT devid");
	is(pdu.in, true, "CMD_SUBMIT direction");
	is(pdu.ep, 1, "CMD_SUBMIT endpoint");
	is(pdu.flags, USBIPX_SHORT_NOT_OK, "CMD_SUBMIT transfer_flags");
	is(pdu.length, 0x40, "CMD_SUBMIT transfer_buffer_length");
	is(pdu.start_frame, 7, "CMD_SUBMIT start_frame");
	is(pdu.packets, 3, "CMD_SUBMIT number_of_packets");
	is(pdu.interval, 4, "CMD_SUBMIT interval");
	ok(!memcmp(pdu.setup, "\x80\x06\x00\x01\x00\x00\x40\x00", 8),
	   "CMD_SUBMIT setup packet in wire order");
	is(pdu.status, 0, "CMD_SUBMIT has no status");
	is(pdu.error_count, 0, "CMD_SUBMIT has no error_count");
	is(pdu.victim, 0, "CMD_SUBMIT has no victim");
}

static void test_cmd_submit_ranges(void)
{
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;

	accepted(cmd_submit, 4, 0, USBIPX_SERVER, "endpoint");
	accepted(cmd_submit, 4, 15, USBIPX_SERVER, "endpoint");
	refused(cmd_submit, 4, 16, USBIPX_SERVER, "endpoint");
	refused(cmd_submit, 4, 0x80, USBIPX_SERVER, "endpoint");
	refused(cmd_submit, 4, 0xffffffff, USBIPX_SERVER, "endpoint");

	accepted(cmd_submit, 3, USBIPX_DIR_OUT, USBIPX_SERVER, "direction");
	refused(cmd_submit, 3, 2, USBIPX_SERVER, "direction");
	refused(cmd_submit, 3, 0x80, USBIPX_SERVER, "direction");
	refused(cmd_submit, 3, 0xffffffff, USBIPX_SERVER, "direction");

	accepted(cmd_submit, 6, 0, USBIPX_SERVER, "transfer_buffer_length");
	accepted(cmd_submit, 6, 0x7fffffff, USBIPX_SERVER,
		 "transfer_buffer_length");
	refused(cmd_submit, 6, 0x80000000, USBIPX_SERVER,
		"transfer_buffer_length");
	refused(cmd_submit, 6, 0xffffffff, USBIPX_SERVER,
		"transfer_buffer_length");

	decode_with(cmd_submit, 3, USBIPX_DIR_OUT, USBIPX_SERVER, &pdu, &fault);
	is(pdu.in, false, "direction 0 is OUT");
	decode_with(cmd_submit, 9, 0xffffffff, USBIPX_SERVER, &pdu, &fault);
	is(pdu.interval, 0, "a negative interval becomes 0");
	decode_with(cmd_submit, 9, 0x80000000, USBIPX_SERVER, &pdu, &fault);
	is(pdu.interval, 0, "the smallest interval becomes 0");
	decode_with(cmd_submit, 9, 0x7fffffff, USBIPX_SERVER, &pdu, &fault);
	is(pdu.interval, 0x7fffffff, "a large interval is as received");
	decode_with(cmd_submit, 8, 0xffffffff, USBIPX_SERVER, &pdu, &fault);
	is(pdu.packets, -1, "number_of_packets is as received");
	decode_with(cmd_submit, 7, 0xfffffffe, USBIPX_SERVER, &pdu, &fault);
	is(pdu.start_frame, -2, "start_frame is as received");
	decode_with(cmd_submit, 5, 0xffffffff, USBIPX_SERVER, &pdu, &fault);
	is(pdu.flags, 0xffffffff, "transfer_flags are as received");
	decode_with(cmd_submit, 2, 0, USBIPX_SERVER, &pdu, &fault);
	is(pdu.devid, 0, "devid 0 is accepted");
}

static void test_cmd_unlink(void)
{
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;

	is(decode(cmd_unlink, USBIPX_SERVER, &pdu), 0, "CMD_UNLINK decodes");
	is(pdu.command, USBIPX_CMD_UNLINK, "CMD_UNLINK command");
	is(pdu.seqnum, 0xd06, "CMD_UNLINK seqnum");
	is(pdu.victim, 0xd05, "CMD_UNLINK victim");
	is(pdu.devid, 0x00010002, "CMD_UNLINK devid");
	is(pdu.status, 0, "CMD_UNLINK has no status");
	is(pdu.length, 0, "CMD_UNLINK has no length");
	is(decode_with(cmd_unlink, 5, 0xffffffff, USBIPX_SERVER, &pdu, &fault),
	   0, "CMD_UNLINK of the largest seqnum decodes");
	is(pdu.victim, 0xffffffff, "CMD_UNLINK of the largest seqnum");
	is(decode_with(cmd_unlink, 4, 99, USBIPX_SERVER, &pdu, &fault), 0,
	   "CMD_UNLINK: the endpoint field is not looked at");
	is(pdu.ep, 0, "CMD_UNLINK has no endpoint");
}

static void test_ret_submit(void)
{
	struct usbipx_pdu pdu;
	int i;

	is(decode(ret_submit, USBIPX_CLIENT, &pdu), 0, "RET_SUBMIT decodes");
	is(pdu.command, USBIPX_RET_SUBMIT, "RET_SUBMIT command");
	is(pdu.seqnum, 0xd05, "RET_SUBMIT seqnum");
	is(pdu.status, 0, "RET_SUBMIT status");
	is(pdu.length, 0x12, "RET_SUBMIT actual_length");
	is(pdu.start_frame, 7, "RET_SUBMIT start_frame");
	is(pdu.packets, 3, "RET_SUBMIT number_of_packets");
	is(pdu.error_count, 1, "RET_SUBMIT error_count");
	is(pdu.interval, 0, "RET_SUBMIT has no interval");
	is(pdu.ep, 0, "RET_SUBMIT has no endpoint");
	is(pdu.in, false, "RET_SUBMIT has no direction");

	accepted(ret_submit, 6, 0x7fffffff, USBIPX_CLIENT, "actual_length");
	refused(ret_submit, 6, 0x80000000, USBIPX_CLIENT, "actual_length");
	refused(ret_submit, 6, 0xffffffff, USBIPX_CLIENT, "actual_length");

	/* Third-party servers echo devid, direction, ep and the setup packet. */
	for (i = 2; i <= 4; i++)
		accepted(ret_submit, i, 0xffffffff, USBIPX_CLIENT,
			 "RET_SUBMIT: echoed header word");
	accepted(ret_submit, 10, 0x80060001, USBIPX_CLIENT,
		 "RET_SUBMIT: echoed setup word");
	accepted(ret_submit, 8, 0xffffffff, USBIPX_CLIENT,
		 "RET_SUBMIT: number_of_packets");
}

static void test_ret_unlink(void)
{
	struct usbipx_pdu pdu;

	is(decode(ret_unlink, USBIPX_CLIENT, &pdu), 0, "RET_UNLINK decodes");
	is(pdu.command, USBIPX_RET_UNLINK, "RET_UNLINK command");
	is(pdu.seqnum, 0xd06, "RET_UNLINK seqnum");
	is(pdu.status, -USBIPX_ECONNRESET, "RET_UNLINK status");
	is(pdu.length, 0, "RET_UNLINK has no length");
	is(pdu.victim, 0, "RET_UNLINK has no victim");
}

/* Word 5 of both answers is the status. */
static void test_status(void)
{
	static const struct {
		u32 sent;
		s32 taken;
		const char *what;
	} cases[] = {
		{ 0, 0, "status 0 stays" },
		{ -32, -32, "a negative status stays" },
		{ 32, -32, "a positive status is the errno it names" },
		{ USBIPX_ECONNRESET, -USBIPX_ECONNRESET,
		  "positive ECONNRESET is ECONNRESET" },
		{ -4095, -4095, "the largest errno stays" },
		{ 4095, -4095, "the largest errno, positive" },
		{ -4096, -EPROTO, "below the errno range is EPROTO" },
		{ 4096, -EPROTO, "above the errno range is EPROTO" },
		{ 0x7fffffff, -EPROTO, "the largest status is EPROTO" },
		{ 0x80000000, -EPROTO, "the smallest status is EPROTO" },
	};
	struct usbipx_fault fault;
	struct usbipx_pdu pdu;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_with(ret_submit, 5, cases[i].sent, USBIPX_CLIENT, &pdu,
			    &fault);
		ok(pdu.status == cases[i].taken, "RET_SUBMIT: %s", cases[i].what);
		decode_with(ret_unlink, 5, cases[i].sent, USBIPX_CLIENT, &pdu,
			    &fault);
		ok(pdu.status == cases[i].taken, "RET_UNLINK: %s", cases[i].what);
	}
}

static void test_roles(void)
{
	refused(cmd_submit, 0, USBIPX_CMD_SUBMIT, USBIPX_CLIENT, "command");
	refused(cmd_unlink, 0, USBIPX_CMD_UNLINK, USBIPX_CLIENT, "command");
	refused(ret_submit, 0, USBIPX_RET_SUBMIT, USBIPX_SERVER, "command");
	refused(ret_unlink, 0, USBIPX_RET_UNLINK, USBIPX_SERVER, "command");
	refused(cmd_submit, 0, 0, USBIPX_SERVER, "command");
	refused(cmd_submit, 0, 5, USBIPX_SERVER, "command");
	refused(cmd_submit, 0, 0xffffffff, USBIPX_SERVER, "command");
	refused(ret_submit, 0, 0, USBIPX_CLIENT, "command");
	refused(ret_submit, 0, 5, USBIPX_CLIENT, "command");
	/* Little-endian peers exist; they are told by their command. */
	refused(cmd_submit, 0, 0x01000000, USBIPX_SERVER, "command");
}

static void same_words(const struct usbipx_wire_header *w, const u32 want[12],
		       const char *what)
{
	bool same = true;
	int i;

	for (i = 0; i < 12; i++) {
		if (word(w, i) == want[i])
			continue;
		printf("# word %d: got 0x%x, want 0x%x\n", i, word(w, i),
		       want[i]);
		same = false;
	}
	ok(same, "%s", what);
}

/* Bytes to PDU to bytes. */
static void round_trip(const u32 words[12], enum usbipx_role role,
		       const char *what)
{
	struct usbipx_wire_header w;
	struct usbipx_pdu pdu;

	decode(words, role, &pdu);
	memset(&w, 0xa5, sizeof(w));
	usbipx_encode(&w, &pdu);
	same_words(&w, words, what);
}

static void test_encode(void)
{
	static const u32 out[12] = {
		USBIPX_CMD_SUBMIT,
		1,
		0,
		USBIPX_DIR_OUT,
		15,
		0x42,
		0x7fffffff,
		0xffffffff,
		0xffffffff,
		0,
		0x21090203,
		0x04050607,
	};
	struct usbipx_wire_header w;
	/* Members that an answer does not have must not leak into it. */
	struct usbipx_pdu pdu = {
		.command = USBIPX_RET_UNLINK,
		.seqnum = 9,
		.devid = 1,
		.ep = 2,
		.in = true,
		.status = -2,
		.length = 3,
		.start_frame = 4,
		.packets = 5,
		.interval = 6,
		.flags = 7,
		.error_count = 8,
		.victim = 10,
		.setup = { 11, 12, 13, 14, 15, 16, 17, 18 },
	};

	round_trip(cmd_submit, USBIPX_SERVER, "CMD_SUBMIT IN: round trip");
	round_trip(out, USBIPX_SERVER, "CMD_SUBMIT OUT, extremes: round trip");
	round_trip(cmd_unlink, USBIPX_SERVER, "CMD_UNLINK: round trip");
	round_trip(ret_submit, USBIPX_CLIENT, "RET_SUBMIT: round trip");
	round_trip(ret_unlink, USBIPX_CLIENT, "RET_UNLINK: round trip");

	memset(&w, 0xa5, sizeof(w));
	usbipx_encode(&w, &pdu);
	same_words(&w, (const u32[12]){ USBIPX_RET_UNLINK, 9, 0, 0, 0, -2 },
		   "RET_UNLINK: all but status is zero");
	pdu.command = USBIPX_RET_SUBMIT;
	usbipx_encode(&w, &pdu);
	same_words(&w,
		   (const u32[12]){ USBIPX_RET_SUBMIT, 9, 0, 0, 0, -2, 3, 4, 5,
				    8 },
		   "RET_SUBMIT: devid, direction, ep and padding are zero");
	pdu.command = USBIPX_CMD_UNLINK;
	usbipx_encode(&w, &pdu);
	same_words(&w, (const u32[12]){ USBIPX_CMD_UNLINK, 9, 1, 0, 0, 10 },
		   "CMD_UNLINK: direction, ep and padding are zero");
	pdu.command = USBIPX_CMD_SUBMIT;
	usbipx_encode(&w, &pdu);
	same_words(&w,
		   (const u32[12]){ USBIPX_CMD_SUBMIT, 9, 1, 1, 2, 7, 3, 4, 5,
				    6, 0x0b0c0d0e, 0x0f101112 },
		   "CMD_SUBMIT: every field has its place");
}

static int decode_iso(u32 offset, u32 length, u32 actual, u32 status,
		      struct usbipx_iso *iso, struct usbipx_fault *fault)
{
	const struct usbipx_wire_iso w = {
		.offset = htonl(offset),
		.length = htonl(length),
		.actual_length = htonl(actual),
		.status = htonl(status),
	};

	fault->what = FAULT_NONE;
	return usbipx_decode_iso(iso, &w, fault);
}

static void iso_refused(u32 offset, u32 length, u32 actual, const char *field,
			u32 value)
{
	struct usbipx_fault fault;
	struct usbipx_iso iso;

	ok(decode_iso(offset, length, actual, 0, &iso, &fault) == -EPROTO &&
		   !strcmp(fault.what, field) && fault.value == value,
	   "%s 0x%x is refused, the fault names it", field, value);
}

static void test_iso(void)
{
	struct usbipx_fault fault;
	struct usbipx_wire_iso w;
	struct usbipx_iso iso;

	is(decode_iso(192, 0xc0, 0x10, 0, &iso, &fault), 0,
	   "packet descriptor decodes");
	is(iso.offset, 192, "packet offset");
	is(iso.length, 0xc0, "packet length");
	is(iso.actual, 0x10, "packet actual_length");
	is(iso.status, 0, "packet status");
	is(decode_iso(0x7fffffff, 0x7fffffff, 0x7fffffff, 0, &iso, &fault), 0,
	   "the largest packet values are accepted");
	iso_refused(0x80000000, 1, 1, "iso packet offset", 0x80000000);
	iso_refused(0, 0x80000000, 1, "iso packet length", 0x80000000);
	iso_refused(0, 1, 0x80000000, "iso packet actual_length", 0x80000000);
	iso_refused(0, 1, 0xffffffff, "iso packet actual_length", 0xffffffff);

	decode_iso(0, 1, 1, -18, &iso, &fault);
	is(iso.status, -18, "a negative packet status stays");
	decode_iso(0, 1, 1, 18, &iso, &fault);
	is(iso.status, -18, "a positive packet status is the errno it names");
	decode_iso(0, 1, 1, -4095, &iso, &fault);
	is(iso.status, -4095, "the largest errno of a packet stays");
	decode_iso(0, 1, 1, 4096, &iso, &fault);
	is(iso.status, -EPROTO, "above the errno range a packet has EPROTO");
	decode_iso(0, 1, 1, 0x80000000, &iso, &fault);
	is(iso.status, -EPROTO, "below the errno range a packet has EPROTO");

	iso = (struct usbipx_iso){
		.offset = 1, .length = 2, .actual = 3, .status = -4
	};
	usbipx_encode_iso(&w, &iso);
	ok(ntohl(w.offset) == 1 && ntohl(w.length) == 2 &&
		   ntohl(w.actual_length) == 3 && (s32)ntohl(w.status) == -4,
	   "packet descriptor encodes");
}

int main(void)
{
	test_cmd_submit();
	test_cmd_submit_ranges();
	test_cmd_unlink();
	test_ret_submit();
	test_ret_unlink();
	test_status();
	test_roles();
	test_encode();
	test_iso();
	return tap_end();
}
