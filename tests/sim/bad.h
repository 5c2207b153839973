/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Misbehaviour on demand: the table of flags and their parser.
 * May call libc, buf.h, patch.h and twist.h; what a flag does is in conn.c, answer.c,
 * ep0.c and urb.c.
 * Called by spec.c and control.c (parse), by the connection (ask).
 *
 * A new flag is a line here, a line of the table in bad.c and the place that
 * asks bad_has().
 */
#ifndef SIM_BAD_H
#define SIM_BAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "patch.h"

enum bad_id {
	BAD_UNLINK_SILENT,
	BAD_UNLINK_IGNORE,
	BAD_UNLINK_DOUBLE,
	BAD_UNLINK_BOTH,
	BAD_UNLINK_BOTH_LATE,
	BAD_UNLINK_ZERO,
	BAD_UNLINK_WRONG_SEQNUM,
	BAD_UNLINK_SLOW,
	BAD_POSITIVE_STATUS,
	BAD_STATUS,
	BAD_GARBAGE_PACKETS,
	BAD_ECHO_HEADER,
	BAD_DEVID0,
	BAD_OVERSIZE_ACTUAL,
	BAD_HUGE_ACTUAL,
	BAD_DOUBLE_ANSWER,
	BAD_ISO_ZERO_ACTUAL,
	BAD_ISO_PACKETS,
	BAD_ISO_OFFSET,
	BAD_ISO_LENGTH,
	BAD_ISO_ACTUAL,
	BAD_UNKNOWN_SEQNUM,
	BAD_UNKNOWN_COMMAND,
	BAD_INJECT,
	BAD_SILENT_AFTER,
	BAD_DEAF_AFTER,
	BAD_CLOSE_AFTER,
	BAD_RST_AFTER,
	BAD_HALF_CLOSE_AFTER,
	BAD_SHORT_HEADER,
	BAD_SHORT_DATA,
	BAD_SEGMENTS,
	BAD_SLOW,
	BAD_PATCH,
	BAD_EXTRA,
	BAD_CUT,
	BAD_FIRST,
	BAD_SPLIT,
	BAD_RATE,
	BAD_DESC,
	BAD_LENIENT,
	BAD_DOZE,
	BAD_COUNT
};

#define BAD_PATCHES 8
#define BAD_TWISTS  8

/**
 * struct bad - what one device does wrong
 * @set: bit per flag
 * @value: of flags with a number
 * @inject: bytes to inject, @inject_len of them; owned
 * @first: bytes to begin a connection with, @first_len of them; owned
 * @patch: fields to change, @n_patch of them
 * @extra: answers nobody asked for, @n_extra of them
 * @cut: the answer that ends early
 * @twist: changes to descriptors, @n_twist of them; owned
 */
struct bad {
	uint64_t set;
	unsigned int value[BAD_COUNT];
	uint8_t *inject;
	size_t inject_len;
	uint8_t *first;
	size_t first_len;
	struct patch patch[BAD_PATCHES];
	unsigned int n_patch;
	struct extra extra[BAD_PATCHES];
	unsigned int n_extra;
	struct cut cut;
	char *twist[BAD_TWISTS];
	unsigned int n_twist;
};

static inline bool bad_has(const struct bad *bad, enum bad_id id)
{
	return bad->set >> id & 1;
}

/* 0 where the flag is not set. */
static inline unsigned int bad_value(const struct bad *bad, enum bad_id id)
{
	return bad_has(bad, id) ? bad->value[id] : 0;
}

/*
 * Replaces what was set by FLAG[=VALUE][+FLAG…], "none" for nothing.
 * On failure says why in error and leaves *bad alone.
 */
int bad_parse(struct bad *bad, const char *text, char *error, size_t size);
void bad_copy(struct bad *to, const struct bad *from);
void bad_free(struct bad *bad);
void bad_print(const struct bad *bad, char *to, size_t size);
void bad_help(void);

#endif
