// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for convenience: getdesc, enumerate.
 * May call peer-script.c (to run submit and expect) and peer-link.c.
 * Called by peer-script.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#define TAG "(control)"

/* One control transfer; its data is in the tag that comes back. */
static const struct tag *control(struct peer *p, uint8_t type, uint8_t request,
				 uint16_t value, uint16_t index, uint16_t len)
{
	struct words w;
	char line[128];

	snprintf(line, sizeof(line),
		 "submit " TAG " ep=0 setup=%02x%02x%02x%02x%02x%02x%02x%02x",
		 type, request, value & 0xff, value >> 8, index & 0xff,
		 index >> 8, len & 0xff, len >> 8);
	script_words(p, &w, line);
	cmd_submit(p, &w);
	snprintf(line, sizeof(line), "expect " TAG);
	script_words(p, &w, line);
	cmd_expect(p, &w);
	return tag_find(p, TAG);
}

static unsigned int le16(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

void cmd_getdesc(struct peer *p, struct words *w)
{
	const struct tag *t = control(p, 0x80, 6, 0x0100, 0, 18);
	const uint8_t *d = buf_data(&t->data);

	(void)w;
	if (t->data.len != 18 || d[0] != 18 || d[1] != 1)
		fail(p, "device descriptor: %zu bytes, length %u, type %u",
		     t->data.len, t->data.len ? d[0] : 0,
		     t->data.len > 1 ? d[1] : 0);
	printf("device %04x:%04x usb %x.%02x class %02x/%02x/%02x ep0 %u release %x.%02x configs %u\n",
	       le16(d + 8), le16(d + 10), d[3], d[2], d[4], d[5], d[6], d[7],
	       d[13], d[12], d[17]);
}

static void print_string(struct peer *p, const char *what, uint8_t index)
{
	const struct tag *t;
	size_t i;

	if (!index)
		return;
	t = control(p, 0x80, 6, 0x0300 | index, 0x0409, 255);
	printf("%s ", what);
	for (i = 2; i + 1 < t->data.len; i += 2) {
		unsigned int c = le16(buf_data(&t->data) + i);

		putchar(c >= 32 && c < 127 ? (int)c : '?');
	}
	putchar('\n');
}

static void print_config(const struct peer *p, const uint8_t *d, size_t n)
{
	size_t at;

	for (at = 0; at + 1 < n; at += d[at]) {
		const uint8_t *x = d + at;

		if (x[0] < 2 || at + x[0] > n)
			fail(p,
			     "configuration: descriptor of %u bytes at %zu of %zu",
			     x[0], at, n);
		if (x[1] == 4 && x[0] >= 9)
			printf("interface %u alt %u class %02x/%02x/%02x eps %u\n",
			       x[2], x[3], x[5], x[6], x[7], x[4]);
		if (x[1] == 5 && x[0] >= 7)
			printf("endpoint %02x attributes %02x size %u interval %u\n",
			       x[2], x[3], le16(x + 4), x[6]);
	}
}

void cmd_enumerate(struct peer *p, struct words *w)
{
	const struct tag *t;
	uint8_t strings[3];
	uint8_t value;
	size_t total;

	cmd_getdesc(p, w);
	t = tag_find(p, TAG);
	memcpy(strings, buf_data(&t->data) + 14, 3);
	t = control(p, 0x80, 6, 0x0200, 0, 9);
	if (t->data.len != 9)
		fail(p, "configuration: %zu bytes, expected 9", t->data.len);
	total = le16(buf_data(&t->data) + 2);
	value = buf_data(&t->data)[5];
	t = control(p, 0x80, 6, 0x0200, 0, total);
	if (t->data.len != total)
		fail(p, "configuration: %zu bytes, wTotalLength %zu",
		     t->data.len, total);
	print_config(p, buf_data(&t->data), total);
	print_string(p, "manufacturer", strings[0]);
	print_string(p, "product", strings[1]);
	print_string(p, "serial", strings[2]);
	control(p, 0x00, 9, value, 0, 0);
	printf("configuration %u set\n", value);
}
