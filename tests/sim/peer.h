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

/* One URB under the name the script gave it; a flood is many under one name. */
struct tag {
	struct tag *next;
	char *name;
	uint32_t seqnum;
	uint32_t more;	    /* PDUs with the next seqnums, in a flood */
	uint32_t words[12]; /* of a flood: the header */
	size_t payload;
	size_t sent; /* bytes */
	bool in;
	uint32_t length;
	unsigned int n_iso;
	unsigned int iso_size;	 /* of each, when iso_stride says so */
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
	bool piece_once; /* the next PDU alone */
	bool cutting;	 /* cut N: what is behind cut bytes is not sent */
	size_t cut;
	bool holding; /* hold … release: all in one piece */
	struct buf held;
	int timeout; /* ms, for every expectation */
	bool lax;    /* answers may carry what should be zero */
	int line;    /* of the script, for messages */
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

/* peer-device.c */
struct endpoint {
	uint8_t number;
	bool in;
	uint8_t type; /* as in bmAttributes */
	uint16_t size;
};

void device_connect(struct peer *p, const char *busid, bool tcp);
bool device_available(const char *busid);
void device_path(const char *busid, char *path, size_t size);
int device_endpoints(const char *busid, struct endpoint *to, int max);

/* peer-klog.c */
void klog_open(void);
bool klog_next(char *line, size_t size);

/* peer-child.c */
bool child_run(const char *busid, bool tcp, const char *script, char *words,
	       size_t size);
bool child_until_available(const char *busid, int64_t ms);

/* peer-table.c, peer-random.c; both return an exit code */
int table_run(const char *text, const char *only, bool tcp, char **devices);
int random_run(const char *busid, bool tcp, uint64_t seed, unsigned long count);

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
void cmd_expect_end(struct peer *p, struct words *w);
void cmd_expect_silence(struct peer *p, struct words *w);
void cmd_expect_bytes(struct peer *p, struct words *w);
void cmd_raw(struct peer *p, struct words *w);
void cmd_header(struct peer *p, struct words *w);
struct tag *header_words(struct peer *p, struct words *w, int from,
			 uint32_t words[12]);
void cmd_bytes(struct peer *p, struct words *w);
void cmd_packet(struct peer *p, struct words *w);
void cmd_split(struct peer *p, struct words *w);
void cmd_cut(struct peer *p, struct words *w);
void cmd_hold(struct peer *p, struct words *w);
void cmd_release(struct peer *p, struct words *w);
void cmd_flood(struct peer *p, struct words *w);
void cmd_expect_flood(struct peer *p, struct words *w);
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
