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

#define PACKETS 8     /* of one isochronous URB */
#define URBS	4     /* isochronous URBs under way */
#define TIMEOUT 10000 /* ms */

static int fd;

static int usage(void)
{
	puts("usbfs /dev/bus/usb/BBB/DDD echo OUT IN LENGTH COUNT   what goes out comes back in\n"
	     "usbfs /dev/bus/usb/BBB/DDD send OUT LENGTH            one transfer of zeroes\n"
	     "usbfs /dev/bus/usb/BBB/DDD count EP ALT SIZE COUNT [SHORT]\n"
	     "  isochronous packets that count; every SHORT-th has half the size\n"
	     "usbfs /dev/bus/usb/BBB/DDD discard EP LENGTH          a transfer is cancelled\n"
	     "usbfs /dev/bus/usb/BBB/DDD wait EP LENGTH             a transfer ends by itself\n"
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

/* Each packet: its number, 32 bits little endian, then number + position. */
static int check_packet(const unsigned char *p, unsigned int length,
			unsigned int number)
{
	unsigned int i;

	for (i = 0; i < length; i++) {
		unsigned char want = i < 4 ? number >> 8 * i : number + i;

		if (p[i] == want)
			continue;
		fprintf(stderr, "packet %u: byte %u of %u is %u, not %u\n",
			number, i, length, p[i], want);
		return 1;
	}
	return 0;
}

static int submit_packets(struct usbdevfs_urb *urb, unsigned int size)
{
	int i;

	memset(urb->buffer, 0xff, PACKETS * size);
	for (i = 0; i < PACKETS; i++)
		urb->iso_frame_desc[i].length = size;
	return submit(urb) ? fail("submit") : 0;
}

static int count_packets(unsigned int ep, unsigned int alt, unsigned int size,
			 unsigned int count, unsigned int every)
{
	struct usbdevfs_setinterface setting = { .altsetting = alt };
	struct usbdevfs_urb *urb;
	unsigned int i, n = 0;

	if (ioctl(fd, USBDEVFS_SETINTERFACE, &setting))
		return fail("alternate setting");
	for (i = 0; i < URBS; i++) {
		urb = calloc(1, sizeof(*urb) +
					PACKETS * sizeof(urb->iso_frame_desc[0]));
		if (!urb)
			return fail("memory");
		urb->type = USBDEVFS_URB_TYPE_ISO;
		urb->flags = USBDEVFS_URB_ISO_ASAP;
		urb->endpoint = ep;
		urb->number_of_packets = PACKETS;
		urb->buffer_length = PACKETS * size;
		urb->buffer = malloc(PACKETS * size);
		if (submit_packets(urb, size))
			return 1;
	}
	while (n < count) {
		const unsigned char *data;

		urb = reap();
		if (!urb)
			return fail("reap");
		if (urb->status || urb->error_count) {
			fprintf(stderr,
				"URB with packet %u: status %d, %d errors\n", n,
				urb->status, urb->error_count);
			return 1;
		}
		data = urb->buffer;
		for (i = 0; i < PACKETS; i++, n++, data += size) {
			bool half = every && n % every == every - 1;
			unsigned int length =
				urb->iso_frame_desc[i].actual_length;

			if (length != (half ? size / 2 : size)) {
				fprintf(stderr, "packet %u has %u bytes\n", n,
					length);
				return 1;
			}
			if (check_packet(data, length, n))
				return 1;
		}
		if (submit_packets(urb, size))
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

int main(int argc, char **argv)
{
	unsigned int interface = 0;
	unsigned int arg[5] = { 0 };
	int i;

	if (argc < 4 || argc > 8)
		return usage();
	for (i = 3; i < argc; i++)
		arg[i - 3] = strtoul(argv[i], NULL, 0);

	fd = open(argv[1], O_RDWR);
	if (fd < 0 || ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface))
		return fail(argv[1]);
	if (!strcmp(argv[2], "echo") && argc == 7)
		return echo(arg[0], arg[1], arg[2], arg[3]);
	if (!strcmp(argv[2], "send") && argc == 5)
		return send_zeroes(arg[0], arg[1]);
	if (!strcmp(argv[2], "count") && argc >= 7)
		return count_packets(arg[0], arg[1], arg[2], arg[3], arg[4]);
	if (!strcmp(argv[2], "discard") && argc == 5)
		return pending(arg[0], arg[1], 1);
	if (!strcmp(argv[2], "wait") && argc == 5)
		return pending(arg[0], arg[1], 0);
	return usage();
}
