/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two connected sockets in one process, of several types; writing one into sysfs.
 * May call libc only.
 * Called by attach.c, peer-link.c and attach-raw.c.
 */
#ifndef SIM_PAIR_H
#define SIM_PAIR_H

enum pair_type {
	PAIR_UNIX,
	PAIR_TCP,
	PAIR_TLS, /* TCP with the kernel's TLS at both ends */
	PAIR_SEQPACKET,
	PAIR_DGRAM
};

/* 0 or -1 with errno. fd[0] is the one to give away. */
int pair_open(enum pair_type type, int fd[2]);

/*
 * The kernel's TLS, as if a handshake had been made: no secret, and the same for both directions. 0 or -1
 * with errno.
 */
int put_tls(int fd);

/* One write(2) of text into a sysfs file; 0 or an errno value. */
int sysfs_write(const char *path, const char *text);

/* "EBUSY" for EBUSY; "E?" for what is not in the table. */
const char *errno_name(int err);

#endif
