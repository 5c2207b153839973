// SPDX-License-Identifier: GPL-2.0-only
/*
 * A growable byte queue: add at the tail, pull from the head.
 * May call libc only; running out of memory ends the program.
 * Called by everything that keeps bytes: connections, devices, scripts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

void *xalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p) {
		fprintf(stderr, "out of memory, %zu bytes wanted\n", n);
		exit(2);
	}
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xalloc(n), s, n);
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	if (b->head + b->len + n <= b->cap)
		return b->mem + b->head + b->len;

	if (b->len + n > b->cap) {
		size_t cap = b->cap ? b->cap : 4096;
		uint8_t *mem;

		while (cap < b->len + n)
			cap *= 2;
		mem = realloc(b->mem, cap);
		if (!mem) {
			fprintf(stderr, "out of memory, %zu bytes wanted\n", cap);
			exit(2);
		}
		b->mem = mem;
		b->cap = cap;
	}
	if (b->head) {
		memmove(b->mem, b->mem + b->head, b->len);
		b->head = 0;
	}
	return b->mem + b->len;
}

void buf_grew(struct buf *b, size_t n)
{
	b->len += n;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	if (!n)
		return;
	memcpy(buf_room(b, n), data, n);
	b->len += n;
}

void buf_fill(struct buf *b, uint8_t byte, size_t n)
{
	if (!n)
		return;
	memset(buf_room(b, n), byte, n);
	b->len += n;
}

void buf_pull(struct buf *b, size_t n)
{
	b->head += n;
	b->len -= n;
	if (!b->len)
		b->head = 0;
}

size_t buf_take(struct buf *b, void *to, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n)
		memcpy(to, buf_data(b), n);
	buf_pull(b, n);
	return n;
}

void buf_reset(struct buf *b)
{
	b->head = 0;
	b->len = 0;
}

void buf_free(struct buf *b)
{
	free(b->mem);
	memset(b, 0, sizeof(*b));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int buf_add_hex(struct buf *b, const char *hex)
{
	while (*hex) {
		int high = hex_digit(hex[0]);
		int low = high < 0 ? -1 : hex_digit(hex[1]);
		uint8_t byte;

		if (low < 0)
			return -1;
		byte = high << 4 | low;
		buf_add(b, &byte, 1);
		hex += 2;
	}
	return 0;
}
