// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaviour on demand: the table of flags and their parser.
 * May call libc, buf.h, patch.h and twist.h; what a flag does is in conn.c, answer.c,
 * ep0.c and urb.c.
 * Called by spec.c and control.c (parse), by the connection (ask).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bad.h"
#include "buf.h"
#include "twist.h"

enum bad_arg {
	ARG_NONE,
	ARG_OPTIONAL, /* a number may follow */
	ARG_NUMBER,   /* a number must follow */
	ARG_BYTES,    /* [N:]HEX must follow */
	ARG_TEXT,     /* something of its own must follow */
};

static const struct bad_flag {
	const char *name;
	enum bad_arg arg;
	const char *help;
} flags[BAD_COUNT] = {
	[BAD_UNLINK_SILENT] = { "unlink-silent", ARG_NONE,
				"cancel the URB, answer CMD_UNLINK with nothing at all" },
	[BAD_UNLINK_IGNORE] = { "unlink-ignore", ARG_NONE,
				"ignore CMD_UNLINK: the URB stays pending and may complete later" },
	[BAD_UNLINK_DOUBLE] = { "unlink-double", ARG_NONE,
				"answer CMD_UNLINK twice" },
	[BAD_UNLINK_BOTH] = { "unlink-both", ARG_NONE,
			      "RET_SUBMIT -ECONNRESET, then RET_UNLINK -ECONNRESET" },
	[BAD_UNLINK_BOTH_LATE] = { "unlink-both-late", ARG_NONE,
				   "RET_UNLINK -ECONNRESET, then RET_SUBMIT -ECONNRESET" },
	[BAD_UNLINK_ZERO] = { "unlink-zero", ARG_NONE,
			      "RET_UNLINK 0 after a real cancel, no RET_SUBMIT" },
	[BAD_UNLINK_WRONG_SEQNUM] = { "unlink-wrong-seqnum", ARG_NONE,
				      "RET_UNLINK carries the seqnum of the cancelled URB" },
	[BAD_UNLINK_SLOW] = { "unlink-slow", ARG_NUMBER,
			      "RET_UNLINK comes N ms late" },
	[BAD_POSITIVE_STATUS] = { "positive-status", ARG_NONE,
				  "errno values are sent unnegated" },
	[BAD_STATUS] = { "status", ARG_NUMBER,
			 "every URB but those of endpoint 0 answers status -N" },
	[BAD_GARBAGE_PACKETS] = { "garbage-packets", ARG_NONE,
				  "garbage in number_of_packets and start_frame, not isochronous" },
	[BAD_ECHO_HEADER] = { "echo-header", ARG_NONE,
			      "answers echo devid, direction, ep and the setup packet" },
	[BAD_DEVID0] = { "devid0", ARG_NONE,
			 "busnum and devnum 0 in the import record" },
	[BAD_OVERSIZE_ACTUAL] = { "oversize-actual", ARG_OPTIONAL,
				  "actual_length N (16) beyond the buffer, data with it" },
	[BAD_HUGE_ACTUAL] = { "huge-actual", ARG_OPTIONAL,
			      "actual_length N (0xffffffff), no such data" },
	[BAD_DOUBLE_ANSWER] = { "double-answer", ARG_NONE,
				"every RET_SUBMIT is sent twice" },
	[BAD_ISO_ZERO_ACTUAL] = { "iso-zero-actual", ARG_NONE,
				  "actual_length 0 although the packets have data (as dwc2 does)" },
	[BAD_ISO_PACKETS] = { "iso-packets", ARG_NUMBER,
			      "number_of_packets N in isochronous answers" },
	[BAD_ISO_OFFSET] = { "iso-offset", ARG_OPTIONAL,
			     "last packet descriptor has offset N (0x7ffffff0)" },
	[BAD_ISO_LENGTH] = { "iso-length", ARG_OPTIONAL,
			     "last packet descriptor has length N (0x7ffffff0)" },
	[BAD_ISO_ACTUAL] = { "iso-actual", ARG_OPTIONAL,
			     "last packet descriptor has actual_length N (0x7ffffff0)" },
	[BAD_UNKNOWN_SEQNUM] = { "unknown-seqnum", ARG_OPTIONAL,
				 "after N URBs, once: a RET_SUBMIT nobody waits for" },
	[BAD_UNKNOWN_COMMAND] = { "unknown-command", ARG_OPTIONAL,
				  "after N URBs, once: a header with command 0x1234" },
	[BAD_INJECT] = { "inject", ARG_BYTES, "after N URBs, once: these bytes" },
	[BAD_SILENT_AFTER] = { "silent-after", ARG_OPTIONAL,
			       "after N URBs nothing is answered, all is read" },
	[BAD_DEAF_AFTER] = { "deaf-after", ARG_OPTIONAL,
			     "after N URBs nothing is answered nor read" },
	[BAD_CLOSE_AFTER] = { "close-after", ARG_OPTIONAL,
			      "close the connection after N URBs" },
	[BAD_RST_AFTER] = { "rst-after", ARG_OPTIONAL,
			    "reset the connection (RST) after N URBs" },
	[BAD_HALF_CLOSE_AFTER] = { "half-close-after", ARG_OPTIONAL,
				   "shut the sending side down after N URBs" },
	[BAD_SHORT_HEADER] = { "short-header", ARG_OPTIONAL,
			       "after N URBs send 20 bytes of the next header, then close" },
	[BAD_SHORT_DATA] = { "short-data", ARG_OPTIONAL,
			     "after N URBs send half the data of the next IN answer, then close" },
	[BAD_SEGMENTS] = { "segments", ARG_NUMBER, "send in pieces of N bytes" },
	[BAD_SLOW] = { "slow", ARG_NUMBER,
		       "every URB waits N us before the device sees it" },
	[BAD_PATCH] = { "patch", ARG_TEXT, "WHEN:FIELD:VALUE, see below" },
	[BAD_EXTRA] = { "extra", ARG_TEXT,
			"WHEN[xCOUNT]:submit|unlink[:FIELD:VALUE]... unasked, in front" },
	[BAD_CUT] = { "cut", ARG_TEXT,
		      "WHEN:BYTES:close|rst|shut|stall: so much of an answer, then the end" },
	[BAD_FIRST] = { "first", ARG_TEXT,
			"HEX: these bytes before anything is asked" },
	[BAD_SPLIT] = { "split", ARG_NUMBER,
			"every answer goes out in two pieces, N bytes and the rest" },
	[BAD_RATE] = { "rate", ARG_NUMBER, "send no more than N bytes a second" },
	[BAD_DESC] = { "desc", ARG_TEXT,
		       "WHAT[.first|.full|.reset]:CHANGE, descriptors, see below" },
	[BAD_LENIENT] = { "lenient", ARG_NONE,
			  "any configuration and setting can be set and has descriptors" },
	[BAD_DOZE] = { "doze", ARG_NUMBER,
		       "the simulator sleeps N ms before the first answer not of endpoint 0" },
};

static const unsigned int defaults[BAD_COUNT] = {
	[BAD_OVERSIZE_ACTUAL] = 16,    [BAD_HUGE_ACTUAL] = 0xffffffff,
	[BAD_ISO_OFFSET] = 0x7ffffff0, [BAD_ISO_LENGTH] = 0x7ffffff0,
	[BAD_ISO_ACTUAL] = 0x7ffffff0,
};

static int parse_hex(uint8_t **to, size_t *len, const char *value)
{
	struct buf bytes = { 0 };

	if (!*value || buf_add_hex(&bytes, value)) {
		buf_free(&bytes);
		return -1;
	}
	free(*to);
	*to = bytes.mem;
	*len = bytes.len;
	return 0;
}

static int parse_bytes(struct bad *bad, const char *value)
{
	const char *colon = strchr(value, ':');
	char *end;

	if (colon) {
		bad->value[BAD_INJECT] = strtoul(value, &end, 0);
		if (end != colon)
			return -1;
		value = colon + 1;
	}
	return parse_hex(&bad->inject, &bad->inject_len, value);
}

static int parse_text(struct bad *bad, enum bad_id id, char *value)
{
	switch (id) {
	case BAD_PATCH:
		if (bad->n_patch == BAD_PATCHES)
			return -1;
		return patch_parse(&bad->patch[bad->n_patch++], value);
	case BAD_EXTRA:
		if (bad->n_extra == BAD_PATCHES)
			return -1;
		return extra_parse(&bad->extra[bad->n_extra++], value);
	case BAD_CUT:
		return cut_parse(&bad->cut, value);
	case BAD_FIRST:
		return parse_hex(&bad->first, &bad->first_len, value);
	case BAD_DESC:
		if (bad->n_twist == BAD_TWISTS || !twist_valid(value))
			return -1;
		bad->twist[bad->n_twist++] = xstrdup(value);
		return 0;
	default:
		return -1;
	}
}

static int parse_one(struct bad *bad, char *text, char *error, size_t size)
{
	char *value = strchr(text, '=');
	char *end;
	int id;

	if (value)
		*value++ = 0;
	for (id = 0; id < BAD_COUNT; id++)
		if (!strcmp(flags[id].name, text))
			break;
	if (id == BAD_COUNT) {
		snprintf(error, size, "no such misbehaviour: %s", text);
		return -1;
	}
	if (!value &&
	    (flags[id].arg == ARG_NUMBER || flags[id].arg >= ARG_BYTES)) {
		snprintf(error, size, "%s wants a value", text);
		return -1;
	}
	if (value && flags[id].arg == ARG_NONE) {
		snprintf(error, size, "%s takes no value", text);
		return -1;
	}

	bad->set |= 1ULL << id;
	bad->value[id] = defaults[id];
	if (!value)
		return 0;
	if (flags[id].arg == ARG_BYTES) {
		if (!parse_bytes(bad, value))
			return 0;
	} else if (flags[id].arg == ARG_TEXT) {
		if (!parse_text(bad, id, value))
			return 0;
	} else {
		bad->value[id] = strtoul(value, &end, 0);
		if (*value && !*end)
			return 0;
	}
	snprintf(error, size, "%s: bad value: %s", text, value);
	return -1;
}

int bad_parse(struct bad *bad, const char *text, char *error, size_t size)
{
	char *copy = xstrdup(text);
	struct bad fresh = { 0 };
	char *save = NULL;
	int ret = 0;
	char *one;

	for (one = strtok_r(copy, "+", &save); one && !ret;
	     one = strtok_r(NULL, "+", &save))
		if (strcmp(one, "none"))
			ret = parse_one(&fresh, one, error, size);
	free(copy);
	if (ret) {
		bad_free(&fresh);
		return ret;
	}
	bad_free(bad);
	*bad = fresh;
	return 0;
}

static uint8_t *copy_bytes(const uint8_t *from, size_t n)
{
	uint8_t *to;

	if (!from)
		return NULL;
	to = xalloc(n);
	memcpy(to, from, n);
	return to;
}

void bad_copy(struct bad *to, const struct bad *from)
{
	unsigned int i;

	bad_free(to);
	*to = *from;
	to->inject = copy_bytes(from->inject, from->inject_len);
	to->first = copy_bytes(from->first, from->first_len);
	for (i = 0; i < from->n_twist; i++)
		to->twist[i] = xstrdup(from->twist[i]);
}

void bad_free(struct bad *bad)
{
	unsigned int i;

	free(bad->inject);
	free(bad->first);
	for (i = 0; i < bad->n_twist; i++)
		free(bad->twist[i]);
	memset(bad, 0, sizeof(*bad));
}

void bad_print(const struct bad *bad, char *to, size_t size)
{
	size_t n = 0;
	int id;

	snprintf(to, size, "none");
	for (id = 0; id < BAD_COUNT && n < size; id++) {
		if (!bad_has(bad, id))
			continue;
		n += snprintf(to + n, size - n, "%s%s", n ? "+" : "",
			      flags[id].name);
		if (n < size && flags[id].arg != ARG_NONE &&
		    flags[id].arg != ARG_TEXT)
			n += snprintf(to + n, size - n, "=%u", bad->value[id]);
	}
}

void bad_help(void)
{
	static const char *const arg[] = { "", "[=N]", "=N", "=[N:]HEX", "=..." };
	int id;

	for (id = 0; id < BAD_COUNT; id++)
		printf("  %s%-*s %s\n", flags[id].name,
		       (int)(26 - strlen(flags[id].name)), arg[flags[id].arg],
		       flags[id].help);
	puts("WHEN: N the N-th RET_SUBMIT from 0, dN of endpoints other than 0, uN the N-th\n"
	     "  RET_UNLINK, with * for N each of them\n"
	     "FIELD: command seqnum devid direction ep status actual start packets errors\n"
	     "  padding; packetK.offset .length .actual .status, K from the last if negative\n"
	     "VALUE: a number; rN, N more than it really is; bN, N more than the URB's buffer\n"
	     "WHAT: dev conf bos qual report str0 to str3; .first: when 64 bytes or less are\n"
	     "  wanted, .full: when more are, .reset: after a reset\n"
	     "CHANGE: OFFSET:HEX end:HEX all:HEX size:N drop:OFFSET:N, fix (wTotalLength)");
}
