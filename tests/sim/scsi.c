// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SCSI disk in memory: commands in, data pointers and sense out.
 * May call libc only; knows nothing of USB.
 * Called by kind-storage.c.
 */
#include <string.h>

#include "scsi.h"

#define ILLEGAL_REQUEST 5

static uint32_t be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static int fail(struct scsi_disk *disk, uint8_t asc)
{
	disk->key = ILLEGAL_REQUEST;
	disk->asc = asc;
	disk->ascq = 0;
	return -1;
}

static int bad_opcode(struct scsi_disk *disk)
{
	return fail(disk, 0x20);
}

static int bad_field(struct scsi_disk *disk)
{
	return fail(disk, 0x24);
}

static int reply(struct scsi_io *io, size_t len, size_t allocated)
{
	io->dir = SCSI_IN;
	io->data = io->reply;
	io->len = len < allocated ? len : allocated;
	return 0;
}

static int inquiry(struct scsi_disk *disk, const uint8_t *cdb, struct scsi_io *io)
{
	uint8_t *r = io->reply;
	size_t n = strlen(disk->serial);

	if (cdb[1] & 1) { /* vital product data */
		r[1] = cdb[2];
		switch (cdb[2]) {
		case 0x00:
			r[3] = 2;
			r[5] = 0x80;
			return reply(io, 6, be16(cdb + 3));
		case 0x80:
			r[3] = n;
			memcpy(r + 4, disk->serial, n);
			return reply(io, 4 + n, be16(cdb + 3));
		}
		return bad_field(disk);
	}
	if (cdb[2])
		return bad_field(disk);
	r[2] = 5; /* SPC-3 */
	r[3] = 2;
	r[4] = 31;
	memcpy(r + 8, "usbipext", 8);
	memcpy(r + 16, "simulated disk  ", 16);
	memcpy(r + 32, "1.0 ", 4);
	return reply(io, 36, be16(cdb + 3));
}

static int request_sense(struct scsi_disk *disk, const uint8_t *cdb,
			 struct scsi_io *io)
{
	io->reply[0] = 0x70;
	io->reply[2] = disk->key;
	io->reply[7] = 10;
	io->reply[12] = disk->asc;
	io->reply[13] = disk->ascq;
	disk->key = 0;
	disk->asc = 0;
	disk->ascq = 0;
	return reply(io, 18, cdb[4]);
}

static int capacity10(struct scsi_disk *disk, struct scsi_io *io)
{
	uint64_t last = disk->blocks - 1;

	put32(io->reply, last > 0xffffffff ? 0xffffffff : last);
	put32(io->reply + 4, SCSI_BLOCK);
	return reply(io, 8, 8);
}

static int capacity16(struct scsi_disk *disk, const uint8_t *cdb,
		      struct scsi_io *io)
{
	if ((cdb[1] & 0x1f) != 0x10)
		return bad_field(disk);
	put32(io->reply, (disk->blocks - 1) >> 32);
	put32(io->reply + 4, disk->blocks - 1);
	put32(io->reply + 8, SCSI_BLOCK);
	return reply(io, 32, be32(cdb + 10));
}

/* The caching page, with the write cache on, is the only one. */
static int mode_sense(struct scsi_disk *disk, const uint8_t *cdb,
		      struct scsi_io *io, bool ten)
{
	uint8_t page = cdb[2] & 0x3f;
	size_t head = ten ? 8 : 4;
	size_t len = head;

	if (cdb[2] >> 6 == 3)
		return fail(disk, 0x39); /* saving not supported */
	if (page == 0x08 || page == 0x3f) {
		io->reply[len] = 0x08;
		io->reply[len + 1] = 18;
		io->reply[len + 2] = cdb[2] >> 6 == 1 ? 0 : 0x04;
		len += 20;
	} else {
		return bad_field(disk);
	}
	if (ten)
		io->reply[1] = len - 2;
	else
		io->reply[0] = len - 1;
	return reply(io, len, ten ? be16(cdb + 7) : cdb[4]);
}

static int transfer(struct scsi_disk *disk, struct scsi_io *io,
		    enum scsi_dir dir, uint64_t lba, uint64_t count)
{
	if (lba > disk->blocks || count > disk->blocks - lba)
		return fail(disk, 0x21); /* LBA out of range */
	io->dir = count ? dir : SCSI_NONE;
	io->data = disk->mem + lba * SCSI_BLOCK;
	io->len = count * SCSI_BLOCK;
	return 0;
}

static int report_luns(const uint8_t *cdb, struct scsi_io *io)
{
	io->reply[3] = 8;
	return reply(io, 16, be32(cdb + 6));
}

int scsi_command(struct scsi_disk *disk, const uint8_t *cdb, size_t len,
		 struct scsi_io *io)
{
	/* CDB length follows from the group in the top three bits. */
	static const uint8_t group_len[8] = { 6, 10, 10, 0, 16, 12, 0, 0 };

	memset(io, 0, sizeof(*io));
	if (!group_len[cdb[0] >> 5] || len < group_len[cdb[0] >> 5])
		return bad_opcode(disk);
	if (cdb[0] != 0x03) {
		disk->key = 0;
		disk->asc = 0;
		disk->ascq = 0;
	}

	switch (cdb[0]) {
	case 0x00: /* TEST UNIT READY */
	case 0x1b: /* START STOP UNIT */
	case 0x1e: /* PREVENT ALLOW MEDIUM REMOVAL */
	case 0x35: /* SYNCHRONIZE CACHE(10) */
	case 0x91: /* SYNCHRONIZE CACHE(16) */
		return 0;
	case 0x03:
		return request_sense(disk, cdb, io);
	case 0x08: /* READ(6), WRITE(6): 0 means 256 */
	case 0x0a:
		return transfer(disk, io, cdb[0] == 0x08 ? SCSI_IN : SCSI_OUT,
				be32(cdb) & 0x1fffff, cdb[4] ? cdb[4] : 256);
	case 0x12:
		return inquiry(disk, cdb, io);
	case 0x1a:
		return mode_sense(disk, cdb, io, false);
	case 0x5a:
		return mode_sense(disk, cdb, io, true);
	case 0x25:
		return capacity10(disk, io);
	case 0x9e:
		return capacity16(disk, cdb, io);
	case 0x28:
		return transfer(disk, io, SCSI_IN, be32(cdb + 2), be16(cdb + 7));
	case 0x2a:
		return transfer(disk, io, SCSI_OUT, be32(cdb + 2), be16(cdb + 7));
	case 0x2f: /* VERIFY(10), without comparing */
		if (cdb[1] & 2)
			return bad_field(disk);
		if (transfer(disk, io, SCSI_NONE, be32(cdb + 2), be16(cdb + 7)))
			return -1;
		io->len = 0;
		return 0;
	case 0x88:
		return transfer(disk, io, SCSI_IN, be64(cdb + 2), be32(cdb + 10));
	case 0x8a:
		return transfer(disk, io, SCSI_OUT, be64(cdb + 2),
				be32(cdb + 10));
	case 0xa0:
		return report_luns(cdb, io);
	}
	return bad_opcode(disk);
}
