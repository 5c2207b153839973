// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach-raw: writes a descriptor of any type into a sysfs file, for valid and invalid use.
 * May call pair.c.
 * Called by the kselftests.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"

static void usage(void)
{
	puts("attach-raw [-L] [-t MS] TYPE SYSFSFILE PORT DEVID SPEED   writes \"PORT FD DEVID SPEED\"\n"
	     "attach-raw [-t MS] -f FORMAT TYPE SYSFSFILE          writes FORMAT, %d is the descriptor\n"
	     "TYPE: tcp tls unix dgram seqpacket file none negative\n"
	     "Prints \"ok\", or \"errno NAME\" and exits 1. After ok the other end stays open until\n"
	     "standard input ends, or until MS have passed. -L: after ok it puts TLS on the descriptor, and\n"
	     "sends from the other end.");
}

/* fd[0] to be written, fd[1] the other end or -1. */
static int open_type(const char *type, int fd[2])
{
	static const struct {
		const char *name;
		enum pair_type type;
	} pairs[] = {
		{ "tcp", PAIR_TCP },
		{ "tls", PAIR_TLS },
		{ "unix", PAIR_UNIX },
		{ "dgram", PAIR_DGRAM },
		{ "seqpacket", PAIR_SEQPACKET },
	};
	size_t i;

	fd[1] = -1;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!strcmp(pairs[i].name, type))
			return pair_open(pairs[i].type, fd);
	if (!strcmp(type, "negative")) {
		fd[0] = -1;
		return 0;
	}
	fd[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd[0] < 0)
		return -1;
	if (!strcmp(type, "file"))
		return 0;
	if (!strcmp(type, "none")) {
		/* A number with nothing behind it, that no open() takes next. */
		close(fd[0]);
		fd[0] = 777;
		return 0;
	}
	usage();
	exit(2);
}

/* FORMAT with each %d replaced; \n stands for a line end. */
static void expand(char *to, size_t size, const char *format, int fd)
{
	size_t n = 0;

	while (*format && n + 16 < size) {
		if (format[0] == '%' && format[1] == 'd') {
			n += snprintf(to + n, size - n, "%d", fd);
			format += 2;
		} else if (format[0] == '\\' && format[1] == 'n') {
			to[n++] = '\n';
			format += 2;
		} else {
			to[n++] = *format++;
		}
	}
	to[n] = 0;
}

/* Until standard input is at its end, or the time is over. */
static void linger(int timeout)
{
	struct pollfd pfd = { .fd = timeout < 0 ? STDIN_FILENO : -1,
			      .events = POLLIN };
	char sink[256];

	while (poll(&pfd, 1, timeout) > 0)
		if (read(STDIN_FILENO, sink, sizeof(sink)) <= 0)
			return;
}

/* Return: whether that was possible. */
static bool late_tls(const int fd[2])
{
	char header[48] = "";

	if (put_tls(fd[0]))
		perror("TLS");
	else if (write(fd[1], header, sizeof(header)) == sizeof(header))
		return true;
	return false;
}

int main(int argc, char **argv)
{
	const char *format = NULL;
	bool late = false;
	int timeout = -1;
	char text[8192];
	int fd[2];
	int opt, err;

	while ((opt = getopt(argc, argv, "t:f:Lh")) != -1) {
		switch (opt) {
		case 't':
			timeout = atoi(optarg);
			break;
		case 'f':
			format = optarg;
			break;
		case 'L':
			late = true;
			break;
		default:
			usage();
			return opt == 'h' ? 0 : 2;
		}
	}
	argv += optind;
	if (argc - optind != (format ? 2 : 5)) {
		usage();
		return 2;
	}
	if (open_type(argv[0], fd)) {
		perror(argv[0]);
		return 2;
	}
	if (format)
		expand(text, sizeof(text), format, fd[0]);
	else
		snprintf(text, sizeof(text), "%s %d %s %s", argv[2], fd[0],
			 argv[3], argv[4]);
	err = sysfs_write(argv[1], text);
	if (err) {
		printf("errno %s\n", errno_name(err));
		return 1;
	}
	printf("ok\n");
	fflush(stdout);
	if (late && !late_tls(fd))
		return 1;
	/* As usbip attach does: the kernel keeps the socket, we the other end. */
	if (fd[1] >= 0)
		close(fd[0]);
	linger(timeout);
	return 0;
}
