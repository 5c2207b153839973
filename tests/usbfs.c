// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbfs: single transfers with a simulated device, data checked, through the kernel's usbfs.
 * Uses libc and usbfs only.
 * Called by the kselftests.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define URBS	4     /* isochronous URBs under way */
#define TIMEOUT 30000 /* ms */

static int fd;

static int usage(void)
{
	puts("usbfs /dev/bus/usb/BBB/DDD echo OUT IN LENGTH COUNT   what goes out comes back in\n"
	     "usbfs /dev/bus/usb/BBB/DDD send OUT LENGTH            one transfer of zeroes\n"
	     "usbfs /dev/bus/usb/BBB/DDD count EP ALT SIZE COUNT [PACKETS [SHORT [ERROR]]]\n"
	     "  isochronous packets that count, PACKETS (8) in an URB, of SIZE to SIZE - 6 bytes;\n"
	     "  every SHORT-th is done by half, every ERROR-th fails\n"
	     "usbfs /dev/bus/usb/BBB/DDD discard EP LENGTH          a transfer is cancelled\n"
	     "usbfs /dev/bus/usb/BBB/DDD wait EP LENGTH             a transfer ends by itself\n"
	     "usbfs /dev/bus/usb/BBB/DDD bulk (EP LENGTH FLAGS)...  bulk transfers, one after the other;\n"
	     "  FLAGS as usbfs has them; IN data must be what goes OUT; prints status and length\n"
	     "usbfs /dev/bus/usb/BBB/DDD loop OUT IN LENGTH         both ways at once, same data\n"
	     "usbfs /dev/bus/usb/BBB/DDD reset                      the device is reset\n"
	     "Numbers of endpoints are addresses (0x81). Exits 0 when all is as it should be;\n"
	     "discard and wait print the status, and the milliseconds it took to get it.");
	return 2;
}

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int transfer(unsigned int ep, unsigned char *data, unsigned int length)
{
	/* For interrupt endpoints as well. */
	struct usbdevfs_bulktransfer t = {
		.ep = ep,
		.len = length,
		.timeout = TIMEOUT,
		.data = data,
	};

	return ioctl(fd, USBDEVFS_BULK, &t);
}

static int send_zeroes(unsigned int out, unsigned int length)
{
	unsigned char *zeroes = calloc(1, length);

	if (!zeroes)
		return fail("memory");
	if (transfer(out, zeroes, length) != (int)length)
		return fail("out");
	free(zeroes);
	return 0;
}

static int echo(unsigned int out, unsigned int in, unsigned int length,
		unsigned int count)
{
	unsigned char *sent = malloc(length), *got = malloc(length);
	unsigned int i, j;

	if (!sent || !got)
		return fail("memory");
	for (i = 0; i < count; i++) {
		for (j = 0; j < length; j++)
			sent[j] = i + j * 7;
		memset(got, 0xff, length);
		if (transfer(out, sent, length) != (int)length)
			return fail("out");
		if (transfer(in, got, length) != (int)length)
			return fail("in");
		if (memcmp(sent, got, length)) {
			fprintf(stderr, "transfer %u came back changed\n", i);
			return 1;
		}
	}
	free(sent);
	free(got);
	return 0;
}

static int submit(struct usbdevfs_urb *urb)
{
	return ioctl(fd, USBDEVFS_SUBMITURB, urb);
}

static struct usbdevfs_urb *reap(void)
{
	struct usbdevfs_urb *urb;

	return ioctl(fd, USBDEVFS_REAPURB, &urb) ? NULL : urb;
}

/* What the simulator's isochronous endpoints do. */
struct counting {
	unsigned int ep;
	unsigned int size;
	unsigned int short_every; /* every so-many-th packet: half of it; 0 = none */
	unsigned int error_every; /* fails; 0 = none */
};

static bool is_nth(unsigned int number, unsigned int every)
{
	return every && number % every == every - 1;
}

/* Different lengths, so that each packet has an offset of its own. */
static unsigned int packet_room(const struct counting *c, unsigned int number)
{
	return c->size - number % (c->size < 7 ? c->size : 7);
}

/* Its number, 32 bits little endian, then number + position. */
static unsigned char packet_byte(unsigned int number, unsigned int i)
{
	return i < 4 ? number >> 8 * i : number + i;
}

static int check_packet(const struct counting *c,
			const struct usbdevfs_iso_packet_desc *desc,
			const unsigned char *data, unsigned int number)
{
	unsigned int length = packet_room(c, number);
	int status = 0;
	unsigned int i;

	if (is_nth(number, c->error_every)) {
		length = 0;
		status = -EILSEQ;
	} else if (is_nth(number, c->short_every)) {
		length /= 2;
	}
	if (desc->actual_length != length || (int)desc->status != status) {
		fprintf(stderr, "packet %u: %u bytes, status %d, not %u and %d\n",
			number, desc->actual_length, (int)desc->status, length,
			status);
		return 1;
	}
	for (i = 0; i < length; i++) {
		if (data[i] == packet_byte(number, i))
			continue;
		fprintf(stderr, "packet %u: byte %u of %u is %u, not %u\n",
			number, i, length, data[i], packet_byte(number, i));
		return 1;
	}
	return 0;
}

/* The packets from number on. */
static int submit_packets(const struct counting *c, struct usbdevfs_urb *urb,
			  unsigned int number)
{
	unsigned char *data = urb->buffer;
	unsigned int i, j, room;

	urb->buffer_length = 0;
	for (i = 0; i < (unsigned int)urb->number_of_packets; i++, number++) {
		room = packet_room(c, number);
		urb->iso_frame_desc[i].length = room;
		urb->buffer_length += room;
		for (j = 0; j < room; j++, data++)
			*data = c->ep & 0x80 ? 0xff : packet_byte(number, j);
	}
	return submit(urb) ? fail("submit") : 0;
}

static int check_packets(const struct counting *c,
			 const struct usbdevfs_urb *urb, unsigned int number)
{
	const unsigned char *data = urb->buffer;
	int i, sum = 0, errors = 0;

	for (i = 0; i < urb->number_of_packets; i++, number++) {
		const struct usbdevfs_iso_packet_desc *desc =
			&urb->iso_frame_desc[i];

		if (check_packet(c, desc, data, number))
			return 1;
		data += desc->length;
		sum += desc->actual_length;
		errors += is_nth(number, c->error_every);
	}
	if (!urb->status && urb->actual_length == sum &&
	    urb->error_count == errors)
		return 0;
	fprintf(stderr,
		"URB before packet %u: status %d, %d bytes, %d errors, not 0, %d and %d\n",
		number, urb->status, urb->actual_length, urb->error_count, sum,
		errors);
	return 1;
}

static int count_packets(const struct counting *c, unsigned int alt,
			 unsigned int count, int packets)
{
	struct usbdevfs_setinterface setting = { .altsetting = alt };
	struct usbdevfs_urb *urb;
	unsigned int i, n = 0;

	if (ioctl(fd, USBDEVFS_SETINTERFACE, &setting))
		return fail("alternate setting");
	for (i = 0; i < URBS; i++) {
		urb = calloc(1, sizeof(*urb) +
					packets * sizeof(urb->iso_frame_desc[0]));
		if (!urb)
			return fail("memory");
		urb->type = USBDEVFS_URB_TYPE_ISO;
		urb->flags = USBDEVFS_URB_ISO_ASAP;
		urb->endpoint = c->ep;
		urb->number_of_packets = packets;
		urb->buffer = malloc(packets * c->size);
		if (!urb->buffer)
			return fail("memory");
		if (submit_packets(c, urb, i * packets))
			return 1;
	}
	for (n = 0; n < count; n += packets) {
		urb = reap();
		if (!urb)
			return fail("reap");
		if (check_packets(c, urb, n) ||
		    submit_packets(c, urb, n + URBS * packets))
			return 1;
	}
	return 0;
}

static int pending(unsigned int ep, unsigned int length, int discard)
{
	struct usbdevfs_urb urb = {
		.type = USBDEVFS_URB_TYPE_INTERRUPT,
		.endpoint = ep,
		.buffer = malloc(length),
		.buffer_length = length,
	};
	long start;

	if (submit(&urb))
		return fail("submit");
	printf("waiting\n");
	fflush(stdout);
	start = now_ms();
	if (discard && ioctl(fd, USBDEVFS_DISCARDURB, &urb))
		return fail("discard");
	if (!reap())
		return fail("reap");
	printf("status %d ms %ld\n", urb.status, now_ms() - start);
	return 0;
}

/* No period that is a power of two: a piece in the wrong place is seen. */
static unsigned char nth_byte(unsigned int n)
{
	return n % 251 + n / 65536;
}

static int start_bulk(struct usbdevfs_urb *urb, unsigned int ep,
		      unsigned int length, unsigned int flags)
{
	unsigned char *data = malloc(length + 1);
	unsigned int i;

	if (!data)
		return fail("memory");
	for (i = 0; i < length; i++)
		data[i] = ep & 0x80 ? 0xff : nth_byte(i);
	*urb = (struct usbdevfs_urb){
		.type = USBDEVFS_URB_TYPE_BULK,
		.endpoint = ep,
		.flags = flags,
		.buffer = data,
		.buffer_length = length,
	};
	return submit(urb) ? fail("submit") : 0;
}

static int finish_bulk(struct usbdevfs_urb *urb)
{
	const unsigned char *data = urb->buffer;
	int i;

	for (i = 0; i < urb->actual_length; i++) {
		if (data[i] == nth_byte(i))
			continue;
		fprintf(stderr, "byte %d is %u, not %u\n", i, data[i],
			nth_byte(i));
		return 1;
	}
	free(urb->buffer);
	return 0;
}

static int bulk(unsigned int ep, unsigned int length, unsigned int flags)
{
	struct usbdevfs_urb urb;

	if (start_bulk(&urb, ep, length, flags))
		return 1;
	if (!reap())
		return fail("reap");
	printf("status %d length %d\n", urb.status, urb.actual_length);
	return finish_bulk(&urb);
}

static int loop(unsigned int out, unsigned int in, unsigned int length)
{
	struct usbdevfs_urb urbs[2];
	int i;

	/* Room for one packet more: the empty one behind full ones. */
	if (start_bulk(&urbs[0], in, length + 512, 0) ||
	    start_bulk(&urbs[1], out, length, USBDEVFS_URB_ZERO_PACKET))
		return 1;
	if (!reap() || !reap())
		return fail("reap");
	for (i = 0; i < 2; i++) {
		if (urbs[i].status || urbs[i].actual_length != (int)length) {
			fprintf(stderr, "%s: status %d, %d bytes\n",
				i ? "out" : "in", urbs[i].status,
				urbs[i].actual_length);
			return 1;
		}
		if (finish_bulk(&urbs[i]))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int interface = 0;
	unsigned int arg[60] = { 0 };
	int i;

	if (argc < 3 || argc > 63)
		return usage();
	for (i = 3; i < argc; i++)
		arg[i - 3] = strtoul(argv[i], NULL, 0);

	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		return fail(argv[1]);
	if (!strcmp(argv[2], "reset") && argc == 3)
		return ioctl(fd, USBDEVFS_RESET) ? fail("reset") : 0;
	if (ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface))
		return fail(argv[1]);
	if (!strcmp(argv[2], "echo") && argc == 7)
		return echo(arg[0], arg[1], arg[2], arg[3]);
	if (!strcmp(argv[2], "bulk")) {
		for (i = 0; i + 5 < argc; i += 3)
			if (bulk(arg[i], arg[i + 1], arg[i + 2]))
				return 1;
		return 0;
	}
	if (!strcmp(argv[2], "loop") && argc == 6)
		return loop(arg[0], arg[1], arg[2]);
	if (!strcmp(argv[2], "send") && argc == 5)
		return send_zeroes(arg[0], arg[1]);
	if (!strcmp(argv[2], "count") && argc >= 7) {
		const struct counting c = { arg[0], arg[2], arg[5], arg[6] };

		return count_packets(&c, arg[1], arg[3], arg[4] ? arg[4] : 8);
	}
	if (!strcmp(argv[2], "discard") && argc == 5)
		return pending(arg[0], arg[1], 1);
	if (!strcmp(argv[2], "wait") && argc == 5)
		return pending(arg[0], arg[1], 0);
	return usage();
}
