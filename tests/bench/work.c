// SPDX-License-Identifier: GPL-2.0-only
/*
 * work: does one kind of work many times, between two marks that the plugin sees.
 * Uses libc, block devices, sockets, usbfs and the usbip-sim beside it.
 * Called by guest.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "../usbtest.h"

/* 8-byte nops; the plugin knows the last four bytes. */
#define MARK(text)                                                             \
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0; .ascii \"" text "\""          \
		     :                                                         \
		     :                                                         \
		     : "memory")

#define HUGE_PAGE (2ul << 20)
#define ISO_URBS  8 /* under way */

static int fd;
static char **arg;
static unsigned int size;
static char *data;

static unsigned long switches(void)
{
	unsigned long n = 0;
	char line[4096];
	FILE *f = fopen("/proc/stat", "r");

	if (!f)
		err(1, "/proc/stat");
	while (fgets(line, sizeof(line), f) && sscanf(line, "ctxt %lu", &n) != 1)
		;
	fclose(f);
	return n;
}

static unsigned long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

static unsigned int number(const char *text)
{
	return text ? strtoul(text, NULL, 0) : 0;
}

/* --- the kinds of work: once to get ready, then n times ---------------------- */

/*
 * DISK SIZE RUN: reads or writes SIZE bytes at a time, whose memory is in runs of RUN
 * bytes. The kernel would lay it out in another way every time.
 */
static void disk_open(void)
{
	unsigned int i, run, runs;
	char *huge;

	size = number(arg[1]);
	run = number(arg[2]);
	runs = size / run;
	fd = open(arg[0], O_RDWR | O_DIRECT);
	if (fd < 0)
		err(1, "%s", arg[0]);
	data = mmap(NULL, 4 * HUGE_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		err(1, "memory");
	huge = (char *)(((unsigned long)data + HUGE_PAGE) & -HUGE_PAGE);
	if (madvise(huge, HUGE_PAGE, MADV_HUGEPAGE))
		err(1, "huge page");
	memset(huge, 0, HUGE_PAGE);
	data = huge + HUGE_PAGE;
	for (i = 0; i < runs; i++)
		if (mremap(huge + i * 37 % runs * run, run, run,
			   MREMAP_MAYMOVE | MREMAP_FIXED,
			   data + i * run) == MAP_FAILED)
			err(1, "memory");
}

static void disk_read(unsigned int n)
{
	while (n--)
		if (pread(fd, data, size, 0) != size)
			err(1, "read");
}

static void disk_write(unsigned int n)
{
	while (n--)
		if (pwrite(fd, data, size, 0) != size)
			err(1, "write");
}

static void usb_open(void)
{
	fd = open(arg[0], O_RDWR);
	if (fd < 0)
		err(1, "%s", arg[0]);
}

/* The first 8 bytes of the device's descriptor. */
static void control(unsigned int n)
{
	char bytes[8];
	struct usbdevfs_ctrltransfer t = {
		.bRequestType = USB_DIR_IN,
		.bRequest = USB_REQ_GET_DESCRIPTOR,
		.wValue = USB_DT_DEVICE << 8,
		.wLength = sizeof(bytes),
		.timeout = 5000,
		.data = bytes,
	};

	while (n--)
		if (ioctl(fd, USBDEVFS_CONTROL, &t) != sizeof(bytes))
			err(1, "control");
}

/* A case of usbtest: DEVICE CASE LENGTH QUEUED; n URBs, or rounds of cases that do not queue */
static void usbtest(unsigned int n)
{
	unsigned int queued = number(arg[3]);
	struct usbtest_param param = {
		.test_num = number(arg[1]),
		.iterations = n / queued,
		.length = number(arg[2]),
		.vary = 512,
		.sglen = queued,
	};
	struct usbdevfs_ioctl request = {
		.ioctl_code = USBTEST_REQUEST,
		.data = &param,
	};

	if (ioctl(fd, USBDEVFS_IOCTL, &request) < 0)
		err(1, "usbtest %s", arg[1]);
}

/* DEVICE INTERFACE ALT ENDPOINT SIZE: URBs of one isochronous packet of zeroes */
static void iso_open(void)
{
	unsigned int interface = number(arg[1]);
	struct usbdevfs_setinterface setting = {
		.interface = interface,
		.altsetting = number(arg[2]),
	};

	usb_open();
	if (ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface) ||
	    ioctl(fd, USBDEVFS_SETINTERFACE, &setting))
		err(1, "interface %s", arg[1]);
}

static void iso_submit(struct usbdevfs_urb *urb)
{
	urb->iso_frame_desc[0].length = urb->buffer_length;
	if (ioctl(fd, USBDEVFS_SUBMITURB, urb))
		err(1, "submit");
}

static void iso(unsigned int n)
{
	unsigned int i, under_way = n < ISO_URBS ? n : ISO_URBS;
	struct usbdevfs_urb *urb;

	for (i = 0; i < under_way; i++) {
		urb = calloc(1, sizeof(*urb) + sizeof(urb->iso_frame_desc[0]));
		urb->type = USBDEVFS_URB_TYPE_ISO;
		urb->flags = USBDEVFS_URB_ISO_ASAP;
		urb->endpoint = number(arg[3]);
		urb->number_of_packets = 1;
		urb->buffer_length = number(arg[4]);
		urb->buffer = calloc(1, urb->buffer_length);
		iso_submit(urb);
	}
	for (i = 0; i < n; i++) {
		if (ioctl(fd, USBDEVFS_REAPURB, &urb))
			err(1, "reap");
		if (urb->status || urb->iso_frame_desc[0].status)
			errx(1, "URB %u: status %d", i, urb->status);
		if (i + under_way < n)
			iso_submit(urb);
	}
}

/* TCP over loopback with a process that answers: SIZE bytes there, as many back. */
static void tcp_open(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(addr);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	size = number(arg[0]);
	data = calloc(1, size);
	if (bind(server, (void *)&addr, length) || listen(server, 1) ||
	    getsockname(server, (void *)&addr, &length))
		err(1, "server");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		fd = accept(server, NULL, NULL);
		while (recv(fd, data, size, MSG_WAITALL) == size)
			if (send(fd, data, size, 0) != size)
				err(1, "answer");
		exit(0);
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (void *)&addr, length))
		err(1, "connect");
}

static void tcp(unsigned int n)
{
	while (n--)
		if (send(fd, data, size, 0) != size ||
		    recv(fd, data, size, MSG_WAITALL) != size)
			err(1, "ping-pong");
}

/* SIMULATOR PORT...: attaches a simulated device to each, one after the other. */
static void uevent_open(void)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1,
	};

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (bind(fd, (void *)&addr, sizeof(addr)))
		err(1, "uevents");
}

static void await_device(void)
{
	char event[8192];
	ssize_t n;

	/* The USB core's driver has it: all of its descriptors are read. */
	do {
		n = recv(fd, event, sizeof(event) - 1, 0);
		if (n < 0)
			err(1, "uevent");
		event[n] = 0;
	} while (strncmp(event, "bind@", 5) || !strstr(event, "/vhci_hcd.") ||
		 strchr(event, ':') ||
		 !memmem(event, n, "DEVTYPE=usb_device", 18));
}

static void attach(unsigned int n)
{
	while (n--) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			if (!freopen("/dev/null", "w", stdout))
				err(1, "/dev/null");
			execl(arg[0], arg[0], "--attach", arg[1],
			      "bulk:speed=high,pid=0009", NULL);
			err(1, "%s", arg[0]);
		}
		await_device();
		arg[1] = arg[0];
		arg++;
	}
}

static const struct kind {
	const char *name;
	void (*open)(void);
	void (*run)(unsigned int n);
	bool cold; /* not run once before it counts */
} kinds[] = {
	{ "read", disk_open, disk_read, false },
	{ "write", disk_open, disk_write, false },
	{ "control", usb_open, control, false },
	{ "usbtest", usb_open, usbtest, false },
	{ "iso", iso_open, iso, false },
	{ "tcp", tcp_open, tcp, false },
	{ "attach", uevent_open, attach, true },
};

int main(int argc, char **argv)
{
	const struct kind *kind = kinds;
	const struct kind *const last = kinds + sizeof(kinds) / sizeof(kinds[0]);
	unsigned long before, start;
	unsigned int n;

	while (argc > 4 && kind < last && strcmp(kind->name, argv[2]))
		kind++;
	if (argc < 5 || kind == last)
		errx(2, "usage: work NAME KIND OPERATIONS ARG...\n"
			"prints work NAME OPERATIONS SWITCHES NANOSECONDS");
	n = number(argv[3]);
	arg = argv + 4;
	kind->open();
	if (!kind->cold)
		kind->run(n / 4);
	before = switches();
	start = now_ns();
	MARK("BGN1");
	kind->run(n);
	MARK("END1");
	start = now_ns() - start;
	printf("work %s %u %lu %lu\n", argv[1], n, switches() - before, start);
	return 0;
}
