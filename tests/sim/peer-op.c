// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client before it has a device: connecting, device list, import.
 * May call op.h and libc.
 * Called by peer-main.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "op.h"
#include "peer.h"

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("usbip-peer: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

int op_connect(const char *host_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char *host = xstrdup(host_port);
	char *port = strrchr(host, ':');
	struct addrinfo *ai;
	int one = 1;
	int err, fd;

	if (port)
		*port++ = 0;
	err = getaddrinfo(host, port ? port : "3240", &hints, &ai);
	if (err)
		die("%s: %s", host_port, gai_strerror(err));
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen))
		die("%s: %s", host_port, strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	freeaddrinfo(ai);
	free(host);
	return fd;
}

static void get(int fd, void *to, size_t n, const char *what)
{
	char *at = to;

	while (n) {
		ssize_t got = recv(fd, at, n, 0);

		if (got <= 0)
			die("%s: %s", what,
			    got ? strerror(errno) : "connection closed");
		at += got;
		n -= got;
	}
}

static void request(int fd, uint16_t code, const void *body, size_t n)
{
	struct op_common c = { htons(OP_VERSION), htons(code), 0 };
	char bytes[sizeof(c) + sizeof(struct op_busid)];

	memcpy(bytes, &c, sizeof(c));
	if (n)
		memcpy(bytes + sizeof(c), body, n);
	if (send(fd, bytes, sizeof(c) + n, MSG_NOSIGNAL) < 0)
		die("request: %s", strerror(errno));
}

/* Returns the status. */
static uint32_t reply(int fd, uint16_t code)
{
	struct op_common c;

	get(fd, &c, sizeof(c), "reply");
	if (ntohs(c.version) != OP_VERSION)
		die("reply of version 0x%04x", ntohs(c.version));
	if (ntohs(c.code) != code)
		die("reply with code 0x%04x, expected 0x%04x", ntohs(c.code),
		    code);
	return ntohl(c.status);
}

void op_list(int fd)
{
	uint32_t n, status;

	request(fd, OP_REQ_DEVLIST, NULL, 0);
	status = reply(fd, OP_REP_DEVLIST);
	if (status)
		die("device list: status %u", status);
	get(fd, &n, sizeof(n), "number of devices");
	for (n = ntohl(n); n; n--) {
		struct op_interface iface;
		struct op_device d;
		int i;

		get(fd, &d, sizeof(d), "device record");
		printf("%.32s %04x:%04x speed %u bus %u dev %u class %02x config %u",
		       d.busid, ntohs(d.id_vendor), ntohs(d.id_product),
		       ntohl(d.speed), ntohl(d.busnum), ntohl(d.devnum),
		       d.device_class, d.configuration);
		for (i = 0; i < d.num_interfaces; i++) {
			get(fd, &iface, sizeof(iface), "interface record");
			printf(" %02x/%02x/%02x", iface.interface_class,
			       iface.interface_subclass,
			       iface.interface_protocol);
		}
		putchar('\n');
	}
}

uint32_t op_import(int fd, const char *busid)
{
	struct op_busid id = { 0 };
	struct op_device d;
	uint32_t status;

	if (strlen(busid) >= sizeof(id.busid))
		die("%s: too long for a busid", busid);
	strcpy(id.busid, busid);
	request(fd, OP_REQ_IMPORT, &id, sizeof(id));
	status = reply(fd, OP_REP_IMPORT);
	if (status)
		die("import of %s: status %u", busid, status);
	get(fd, &d, sizeof(d), "device record");
	if (strncmp(d.busid, busid, sizeof(d.busid)))
		die("import of %s answered with %.32s", busid, d.busid);
	return ntohl(d.busnum) << 16 | ntohl(d.devnum);
}
