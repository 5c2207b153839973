/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scriptable client: its connection, its tags, its commands.
 * May call buf.h, pair.h and core/wire.
 * Called by the files peer-*.c among themselves.
 */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/wire.h"
#include "buf.h"

/* One URB under the name the script gave it. */
struct tag {
	struct tag *next;
	char *name;
	uint32_t seqnum;
	bool in;
	uint32_t length;
	unsigned int n_iso;
	unsigned int iso_size;
	unsigned int iso_stride; /* from one packet to the next */

	unsigned int n_answers; /* RET_SUBMITs that came */
	struct usbipx_pdu answer;
	struct usbipx_iso *iso;
	struct buf data;

	uint32_t unlink_seqnum;
	bool unlinking;
	unsigned int n_unlinked; /* RET_UNLINKs that came */
	int unlink_status;
};

struct peer {
	int fd; /* -1 after close */
	uint32_t devid;
	uint32_t seqnum; /* the last one used */
	size_t piece;	 /* split N; 0 = whole */
	int timeout;	 /* ms, for every expectation */
	bool lax;	 /* answers may carry what should be zero */
	int line;	 /* of the script, for messages */
	struct buf in;
	struct tag *tags;
};

/* Words of one command: argv[0] is its name. */
struct words {
	int argc;
	char *argv[64];
};

/* Says what failed, with the line of the script, and exits 1. */
void __attribute__((noreturn, format(printf, 2, 3)))
fail(const struct peer *p, const char *format, ...);

/* peer-op.c */
int op_connect(const char *host_port);
void op_list(int fd);
uint32_t op_import(int fd, const char *busid);

/* peer-link.c */
enum link_event {
	LINK_PDU,
	LINK_TIMEOUT,
	LINK_CLOSED
};

int64_t now_ms(void);
void link_send(struct peer *p, const void *bytes, size_t n);
enum link_event link_fill(struct peer *p, int64_t deadline);
enum link_event link_next(struct peer *p, int64_t deadline);
struct tag *tag_find(struct peer *p, const char *name);
struct tag *tag_new(struct peer *p, const char *name, uint32_t seqnum);
void tags_free(struct peer *p);

/* peer-script.c */
void script_run(struct peer *p, const char *text);
void script_words(const struct peer *p, struct words *w, char *line);
/* The value of key=value among the words; NULL when it is not there. */
const char *word_value(const struct words *w, const char *key);
long long word_number(const struct peer *p, const struct words *w,
		      const char *key, long long otherwise);
void words_check(const struct peer *p, const struct words *w, int from,
		 const char *const keys[]);
long long number(const struct peer *p, const char *text);

/* Commands. */
void cmd_submit(struct peer *p, struct words *w);
void cmd_unlink(struct peer *p, struct words *w);
void cmd_expect(struct peer *p, struct words *w);
void cmd_expect_close(struct peer *p, struct words *w);
void cmd_expect_silence(struct peer *p, struct words *w);
void cmd_expect_bytes(struct peer *p, struct words *w);
void cmd_raw(struct peer *p, struct words *w);
void cmd_header(struct peer *p, struct words *w);
void cmd_split(struct peer *p, struct words *w);
void cmd_sleep(struct peer *p, struct words *w);
void cmd_shutdown(struct peer *p, struct words *w);
void cmd_rst(struct peer *p, struct words *w);
void cmd_close(struct peer *p, struct words *w);
void cmd_getdesc(struct peer *p, struct words *w);
void cmd_enumerate(struct peer *p, struct words *w);

/* The byte at i of "pattern". */
static inline uint8_t pattern_byte(size_t i)
{
	return i % 251;
}

#endif
