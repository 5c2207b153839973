// SPDX-License-Identifier: GPL-2.0-only
/*
 * testusb: runs one case of the kernel's usbtest driver on one device, as the kernel's tool does;
 * but scatter lists one by one: before a second one usbtest ends a timer and uses it again, which
 * a kernel with DEBUG_OBJECTS complains about.
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
#include <unistd.h>

#include "usbtest.h"

static int usage(void)
{
	puts("testusb -D /dev/bus/usb/BBB/DDD -t TEST [-c COUNT] [-s LENGTH] [-v VARY] [-g SGLEN]\n"
	     "Exits 0 when the test passes, 4 when this device cannot run it, else 1.");
	return 2;
}

static bool is_sglist(unsigned int test)
{
	return test >= 5 && test <= 8;
}

int main(int argc, char **argv)
{
	struct usbtest_param param = {
		.iterations = 100,
		.length = 1024,
		.vary = 512,
		.sglen = 8,
	};
	struct usbdevfs_ioctl request = {
		.ioctl_code = USBTEST_REQUEST,
		.data = &param,
	};
	unsigned int times = 1;
	const char *path = NULL;
	int opt, fd;

	while ((opt = getopt(argc, argv, "D:t:c:s:v:g:")) != -1) {
		unsigned int value = strtoul(optarg ? optarg : "", NULL, 0);

		switch (opt) {
		case 'D':
			path = optarg;
			break;
		case 't':
			param.test_num = value;
			break;
		case 'c':
			param.iterations = value;
			break;
		case 's':
			param.length = value;
			break;
		case 'v':
			param.vary = value;
			break;
		case 'g':
			param.sglen = value;
			break;
		default:
			return usage();
		}
	}
	if (!path || optind != argc)
		return usage();

	fd = open(path, O_RDWR);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	if (is_sglist(param.test_num)) {
		times = param.iterations;
		param.iterations = 1;
	}
	while (times--) {
		if (ioctl(fd, USBDEVFS_IOCTL, &request) < 0) {
			printf("test %u: %s\n", param.test_num, strerror(errno));
			return errno == EOPNOTSUPP ? 4 : 1;
		}
	}
	printf("test %u\n", param.test_num);
	return 0;
}
