/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growable byte queue: add at the tail, pull from the head.
 * May call libc only; running out of memory ends the program.
 * Called by everything that keeps bytes: connections, devices, scripts.
 */
#ifndef SIM_BUF_H
#define SIM_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *mem;
	size_t head;
	size_t len;
	size_t cap;
};

/* Room for n more bytes behind the tail; buf_grew() then makes them count. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *data, size_t n);
void buf_fill(struct buf *b, uint8_t byte, size_t n);
void buf_pull(struct buf *b, size_t n);
size_t buf_take(struct buf *b, void *to, size_t n);
void buf_reset(struct buf *b);
void buf_free(struct buf *b);

static inline const uint8_t *buf_data(const struct buf *b)
{
	return b->mem + b->head;
}

/* Appends the bytes that hex digits name; -1 when they name none. */
int buf_add_hex(struct buf *b, const char *hex);

void *xalloc(size_t n);
char *xstrdup(const char *s);

#endif
