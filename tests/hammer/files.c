// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on the drivers' files: reading all, writing nonsense, parameters.
 * May call util.c.
 * Called by hammer.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hammer.h"

static const char *const readable[] = {
	VHCI "/status*",
	VHCI "/nports",
	VHCI "/usbip_debug",
	HOST "/match_busid",
	HOST "/*-*/usbip_status",
	HOST "/*-*/usbip_debug",
	PARAMS "/vhci_hcd/parameters/*",
	PARAMS "/usbip_host/parameters/*",
	PARAMS "/usbip_ext_core/parameters/*",
	"/sys/devices/platform/vhci_hcd.*/usb*/*-*/descriptors",
	"/sys/kernel/debug/vhci_hcd/ports",
};

static const char *const writable[] = {
	VHCI "/attach",
	VHCI "/detach",
	VHCI "/usbip_debug",
	HOST "/match_busid",
	HOST "/rebind",
	HOST "/bind",
	HOST "/unbind",
	HOST "/*-*/usbip_sockfd",
	HOST "/*-*/usbip_debug",
	PARAMS "/vhci_hcd/parameters/unlink_timeout",
	PARAMS "/usbip_host/parameters/autobind",
	PARAMS "/usbip_ext_core/parameters/peer_timeout",
};

#define ANY(list) ((list)[random_below(sizeof(list) / sizeof((list)[0]))])

static int read_any(void)
{
	char path[256], buf[8192];

	if (!random_match(ANY(readable), path, sizeof(path)))
		return ENOENT;
	return read_file(path, buf, sizeof(buf));
}

/* A descriptor that stays open while its file goes. */
static int read_slowly(void)
{
	char path[256], buf[64];
	ssize_t n;
	int fd;

	if (!random_match(ANY(readable), path, sizeof(path)))
		return ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	sleep_ms(random_below(3000));
	n = pread(fd, buf, sizeof(buf), random_below(64));
	close(fd);
	return n < 0 ? errno : 0;
}

/*
 * Nothing that means much: refused or not, it is done; but it is not for a file
 * that is just going. Descriptors 0 to 2 are no sockets.
 */
static int bad_write(void)
{
	static char huge[1 << 17];
	char path[256], text[256];
	const char *what = text;
	size_t size;
	int fd, err = 0;

	switch (random_below(6)) {
	case 0:
		memset(huge, one_of("0", "a", "-", " ", "!")[0], sizeof(huge));
		what = huge;
		size = 1 + random_below(sizeof(huge));
		break;
	case 1:
		for (size = 0; size < sizeof(text); size++)
			text[size] = random_below(256);
		size = 1 + random_below(sizeof(text));
		break;
	case 2:
		size = snprintf(text, sizeof(text), "%u %d %u %u",
				random_below(~0U), (int)random_below(3),
				random_below(~0U), random_below(9));
		break;
	case 3:
		size = snprintf(text, sizeof(text), "%s",
				one_of("add", "add ", "del 99-99", "add ../..",
				       "del \n", "99-99", "0-0:1.0", "usb1"));
		break;
	case 4:
		size = snprintf(text, sizeof(text), "%s",
				one_of("", "-1 -1 -1 -1", "0 0 0 0", "\n",
				       "0x10", "18446744073709551616", "-2",
				       "4294967296", "%s%n", "0 1 2 3 4"));
		break;
	default:
		size = snprintf(text, sizeof(text), "%s",
				one_of("xyzzy", "12345:1", "!", ",", "*:*:*:*",
				       "!!1d6b", ":", "0525:a4a0,,"));
	}

	if (!random_match(ANY(writable), path, sizeof(path)))
		return ENOENT;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, what, size) < 0)
		err = errno == ENODEV || errno == ENXIO ? errno : 0;
	close(fd);
	return err;
}

static int write_params(void)
{
	switch (random_below(4)) {
	case 0:
		return write_file(PARAMS
				  "/usbip_ext_core/parameters/peer_timeout",
				  one_of("1", "2", "3", "5", "10", "20", "0",
					 "4294967295"));
	case 1:
		return write_file(PARAMS "/vhci_hcd/parameters/unlink_timeout",
				  one_of("0", "1", "2", "5", "4294967295"));
	case 2:
		return write_file(PARAMS
				  "/usbip_host/parameters/client_memory_mb",
				  one_of("0", "1", "2", "64", "4294967295"));
	default:
		return write_file(VHCI "/usbip_debug", one_of("0", "0", "1"));
	}
}

const struct op files_ops[] = {
	{ "read", 20, read_any },
	{ "read-2", 20, read_any },
	{ "read-slowly", 100, read_slowly },
	{ "bad-write", 30, bad_write },
	{ "parameters", 500, write_params },
	{ 0 },
};
