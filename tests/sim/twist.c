// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that are wrong: changes to the bytes a device describes itself with.
 * May call buf.h and libc only. Pure.
 * Called by bad.c (parse) and by ep0.c for every descriptor sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "twist.h"

#define SHORT_READ 64 /* what is no more than this is a first look */

static const char *const names[] = {
	[TWIST_DEV] = "dev",   [TWIST_CONF] = "conf",	  [TWIST_BOS] = "bos",
	[TWIST_QUAL] = "qual", [TWIST_REPORT] = "report", [TWIST_STR0] = "str0",
	[TWIST_STR1] = "str1", [TWIST_STR2] = "str2",	  [TWIST_STR3] = "str3",
};

struct twist {
	char what[16];
	char when[16]; /* "", first, full, reset */
	char op[16];
	unsigned int at;
	unsigned int n;
	const char *hex;
};

/*
 * WHAT[.WHEN]:OP, where OP is OFFSET:HEX, end:HEX, all:HEX, size:N, drop:OFFSET:N
 * or fix.
 */
static bool split(struct twist *t, const char *text)
{
	const char *op = strchr(text, ':');
	const char *rest;
	char *end;

	memset(t, 0, sizeof(*t));
	if (!op || sscanf(text, "%15[a-z0-3].%15[a-z]", t->what, t->when) < 1)
		return false;
	if (sscanf(++op, "%15[a-z0-9]", t->op) != 1)
		return false;
	rest = op + strlen(t->op);
	if (!strcmp(t->op, "fix"))
		return !*rest;
	if (*rest++ != ':')
		return false;
	if (!strcmp(t->op, "size")) {
		t->n = strtoul(rest, &end, 0);
		return !*end && t->n <= TWIST_ROOM;
	}
	if (!strcmp(t->op, "drop"))
		return sscanf(rest, "%u:%u", &t->at, &t->n) == 2;
	t->hex = rest;
	if (!strcmp(t->op, "end") || !strcmp(t->op, "all"))
		return true;
	t->at = strtoul(t->op, &end, 0);
	return !*end;
}

static bool is_when(const struct twist *t, unsigned int wanted, bool reset)
{
	if (!strcmp(t->when, "first"))
		return wanted <= SHORT_READ;
	if (!strcmp(t->when, "full"))
		return wanted > SHORT_READ;
	if (!strcmp(t->when, "reset"))
		return reset;
	return true;
}

bool twist_valid(const char *text)
{
	struct buf bytes = { 0 };
	struct twist t;
	size_t i;
	bool ok;

	if (!split(&t, text))
		return false;
	if (*t.when && strcmp(t.when, "first") && strcmp(t.when, "full") &&
	    strcmp(t.when, "reset"))
		return false;
	ok = !t.hex || !buf_add_hex(&bytes, t.hex);
	buf_free(&bytes);
	for (i = 0; ok && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], t.what))
			return true;
	return false;
}

static void put(uint8_t *mem, size_t *len, size_t at, const struct buf *bytes)
{
	size_t n = bytes->len;

	if (!n || at >= TWIST_ROOM)
		return;
	if (n > TWIST_ROOM - at)
		n = TWIST_ROOM - at;
	memcpy(mem + at, buf_data(bytes), n);
	if (*len < at + n)
		*len = at + n;
}

static void drop(uint8_t *mem, size_t *len, size_t at, size_t n)
{
	if (at >= *len)
		return;
	if (n > *len - at)
		n = *len - at;
	memmove(mem + at, mem + at + n, *len - at - n);
	*len -= n;
}

void twist_apply(const char *text, enum twist_what what, uint8_t *mem,
		 size_t *len, unsigned int wanted, bool reset)
{
	struct buf bytes = { 0 };
	struct twist t;

	if (!split(&t, text) || strcmp(t.what, names[what]) ||
	    !is_when(&t, wanted, reset))
		return;
	if (t.hex)
		buf_add_hex(&bytes, t.hex);
	if (!strcmp(t.op, "fix")) {
		mem[2] = *len; /* wTotalLength */
		mem[3] = *len >> 8;
	} else if (!strcmp(t.op, "size")) {
		if (t.n > *len)
			memset(mem + *len, 0, t.n - *len);
		*len = t.n;
	} else if (!strcmp(t.op, "drop")) {
		drop(mem, len, t.at, t.n);
	} else if (!strcmp(t.op, "all")) {
		*len = 0;
		put(mem, len, 0, &bytes);
	} else {
		put(mem, len, strcmp(t.op, "end") ? t.at : *len, &bytes);
	}
	buf_free(&bytes);
}
