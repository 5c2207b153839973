/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SCSI disk in memory: commands in, data pointers and sense out.
 * May call libc only; knows nothing of USB.
 * Called by kind-storage.c.
 */
#ifndef SIM_SCSI_H
#define SIM_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCSI_BLOCK 512

struct scsi_disk {
	uint8_t *mem;
	uint64_t blocks;
	const char *serial;
	uint8_t key; /* sense of the last command */
	uint8_t asc;
	uint8_t ascq;
};

enum scsi_dir {
	SCSI_NONE,
	SCSI_IN,
	SCSI_OUT
};

/* What the command wants to move, and where. */
struct scsi_io {
	enum scsi_dir dir;
	uint8_t *data;
	size_t len;
	uint8_t reply[256];
};

/* 0 = may go on to its data stage, -1 = check condition. */
int scsi_command(struct scsi_disk *disk, const uint8_t *cdb, size_t len,
		 struct scsi_io *io);

#endif
