/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Misbehaviour field by field: which answer is changed, in which field, to what.
 * May call libc and core/wire only. Pure.
 * Called by bad.c (parse), and by answer.c for every answer.
 */
#ifndef SIM_PATCH_H
#define SIM_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/wire.h"

/**
 * struct moment - which answer is meant
 * @unlink: a RET_UNLINK, else a RET_SUBMIT
 * @data: of an endpoint other than 0; counted by themselves
 * @every: all of them
 * @n: the n-th, from 0
 */
struct moment {
	bool unlink;
	bool data;
	bool every;
	unsigned int n;
};

/* How many answers went out before this one, and what it is. */
struct answer_count {
	bool unlink;
	bool data; /* RET_SUBMIT of an endpoint other than 0 */
	uint64_t submits;
	uint64_t data_submits;
	uint64_t unlinks;
};

enum patch_base {
	PATCH_VALUE,  /* the value itself */
	PATCH_REAL,   /* relative to what a good server sends */
	PATCH_BUFFER, /* relative to the length of the URB's buffer */
};

struct patch {
	struct moment when;
	unsigned int field; /* byte offset in its structure */
	bool packet;
	int index; /* of the packet; negative counts from the last */
	enum patch_base base;
	uint32_t value;
};

#define EXTRA_PATCHES 4

/* Headers in front of an answer that nobody asked for. */
struct extra {
	struct moment when;
	uint32_t command;
	unsigned int count;
	unsigned int n_patches;
	struct patch patch[EXTRA_PATCHES];
};

enum cut_end {
	CUT_CLOSE,
	CUT_RST,
	CUT_SHUT,  /* shut the sending side down */
	CUT_STALL, /* no more answers, the connection stays */
};

/* Of an answer no more than so many bytes. */
struct cut {
	struct moment when;
	size_t bytes;
	enum cut_end end;
};

/* Each changes text and returns -1 when it makes no sense. */
int patch_parse(struct patch *p, char *text);
int extra_parse(struct extra *e, char *text);
int cut_parse(struct cut *c, char *text);

bool moment_is(const struct moment *m, const struct answer_count *now);
/* to: the header, or the packet descriptor, with the real values in it. */
void patch_apply(const struct patch *p, void *to, uint32_t buffer);
bool patch_is_of_packet(const struct patch *p, unsigned int i, unsigned int n);

#endif
