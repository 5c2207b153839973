/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server that goes wrong at random, but the same way for the same seed.
 * May call conn.c.
 * Called by answer.c for every answer, by sim-main.c and control.c.
 */
#ifndef SIM_MUTATE_H
#define SIM_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct conn;

/**
 * struct mutate - a connection's share of chance
 * @state: of the generator; 0 = not begun
 * @grace: answers that are still right
 * @limit: answers until the connection is ended
 * @held: an answer that comes after the next one
 */
struct mutate {
	uint64_t state;
	unsigned int grace;
	unsigned int limit;
	struct buf held;
};

/* SEED[:COUNT]; after COUNT answers all is well. -1 when it is no such thing. */
int mutate_parse(const char *text);
/* The answer that begins at byte before of c->out. */
void mutate_answer(struct conn *c, size_t before);
void mutate_end(struct conn *c);
/* One line: how many so far. */
void mutate_print(char *to, size_t size);

#endif
