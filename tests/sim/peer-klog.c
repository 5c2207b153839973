// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's log from now on, line by line.
 * May call libc only.
 * Called by peer-table.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

static int fd = -1;

void klog_open(void)
{
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0) {
		perror("/dev/kmsg");
		exit(1);
	}
}

/* The next line of the kernel's own; false when there is none at present. */
bool klog_next(char *line, size_t size)
{
	char record[4096];
	char *text;
	ssize_t n;

	do {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) {
			snprintf(line, size, "(lines of the log were lost)");
			return true;
		}
		if (n <= 0)
			return false;
		record[n] = 0;
	} while (atoi(record) >= 8); /* written by some program */
	text = strchr(record, ';');
	text = text ? text + 1 : record;
	text[strcspn(text, "\n")] = 0;
	snprintf(line, size, "%s", text);
	return true;
}
