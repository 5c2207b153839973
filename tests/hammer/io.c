// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations through the devices' own drivers: disks and serial ports.
 * May call util.c.
 * Called by hammer.c.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "hammer.h"

/* A file of /dev for one of /sys; nothing is created where none is. */
static int open_dev(const char *pattern, int flags)
{
	char path[256], dev[300];

	if (!random_match(pattern, path, sizeof(path))) {
		errno = ENODEV;
		return -1;
	}
	snprintf(dev, sizeof(dev), "/dev/%s", strrchr(path, '/') + 1);
	return open(dev, flags | O_CLOEXEC);
}

static int disk(void)
{
	static unsigned char *data;
	size_t size = 4096U << random_below(6);
	off_t at = 4096 * (off_t)random_below(128);
	ssize_t n;
	int fd, err;

	if (!data && posix_memalign((void **)&data, 4096, 1 << 17))
		return ENOMEM;
	fd = open_dev("/sys/block/sd*", O_RDWR | O_DIRECT);
	if (fd < 0)
		return errno;
	n = random_below(2) ? pwrite(fd, data, size, at) :
			      pread(fd, data, size, at);
	err = n < 0 ? errno : 0;
	close(fd);
	return err;
}

/*
 * Raw: a terminal that echoes to a device that does so, too, never comes to rest, and
 * n_tty_read() waits in state D for that rest.
 */
static int serial(void)
{
	struct termios raw;
	char data[1024] = "hammer";
	int fd = open_dev("/sys/class/tty/tty[AU]*",
			  O_RDWR | O_NONBLOCK | O_NOCTTY);
	unsigned int i;
	int err = 0;

	if (fd < 0)
		return errno;
	if (tcgetattr(fd, &raw)) {
		err = errno;
	} else {
		cfmakeraw(&raw);
		if (tcsetattr(fd, TCSANOW, &raw))
			err = errno;
	}
	for (i = 0; i < 5 && !err; i++) {
		if (write(fd, data, 1 + random_below(sizeof(data))) < 0 &&
		    errno != EAGAIN)
			err = errno;
		sleep_ms(random_below(30));
		if (read(fd, data, sizeof(data)) < 0 && errno != EAGAIN)
			err = errno;
	}
	close(fd);
	return err;
}

const struct op io_ops[] = {
	{ "disk", 20, disk },
	{ "disk-2", 20, disk },
	{ "serial", 50, serial },
	{ 0 },
};
