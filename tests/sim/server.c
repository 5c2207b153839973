// SPDX-License-Identifier: GPL-2.0-only
/*
 * The listening side: device list and import, then the socket becomes a connection.
 * May call conn.c, op.h and the loop.
 * Called by sim-main.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "op.h"
#include "server.h"

/* A client that has not imported anything yet. */
struct visitor {
	struct loop_fd io;
	struct loop_task task;
	TAILQ_ENTRY(visitor) link;
	struct buf in;
	struct buf out;
	bool end;
	bool taken; /* the descriptor is a connection's now */
};

static TAILQ_HEAD(, visitor) visitors = TAILQ_HEAD_INITIALIZER(visitors);
static void accept_ready(struct loop_fd *f, uint32_t events);
static struct loop_fd listener = { .fd = -1, .ready = accept_ready };

static void add_common(struct buf *b, uint16_t code, uint32_t status)
{
	struct op_common c = {
		htons(OP_VERSION),
		htons(code),
		htonl(status),
	};

	buf_add(b, &c, sizeof(c));
}

static void add_device(struct buf *b, const struct sim_dev *dev)
{
	bool devid0 = bad_has(&dev->bad, BAD_DEVID0);
	struct op_device d = {
		.busnum = htonl(devid0 ? 0 : dev->busnum),
		.devnum = htonl(devid0 ? 0 : dev->devnum),
		.speed = htonl(dev->speed),
		.id_vendor = htons(dev->vid),
		.id_product = htons(dev->pid),
		.bcd_device = htons(0x0100),
		.device_class = dev->kind->device_class,
		.configuration = 1,
		.num_configurations = 1,
		.num_interfaces = dev->config_desc.mem[4],
	};

	snprintf(d.path, sizeof(d.path), "/sys/devices/sim/usb%u/%s",
		 dev->busnum, dev->busid);
	snprintf(d.busid, sizeof(d.busid), "%s", dev->busid);
	buf_add(b, &d, sizeof(d));
}

static void add_interfaces(struct buf *b, const struct sim_dev *dev)
{
	const struct desc *d = &dev->config_desc;
	size_t at;

	for (at = 0; at < d->len; at += d->mem[at]) {
		const uint8_t *p = d->mem + at;
		struct op_interface i = { p[5], p[6], p[7], 0 };

		if (p[1] == USB_DT_INTERFACE && !p[3])
			buf_add(b, &i, sizeof(i));
	}
}

static bool listed(const struct sim_dev *dev)
{
	return dev->plugged && !dev->host;
}

static void device_list(struct visitor *v)
{
	struct sim_dev *dev;
	uint32_t n = 0;

	TAILQ_FOREACH(dev, &all_devices, link)
	n += listed(dev);
	n = htonl(n);
	add_common(&v->out, OP_REP_DEVLIST, OP_ST_OK);
	buf_add(&v->out, &n, sizeof(n));
	TAILQ_FOREACH(dev, &all_devices, link)
	{
		if (!listed(dev))
			continue;
		add_device(&v->out, dev);
		add_interfaces(&v->out, dev);
	}
	v->end = true;
}

static void import(struct visitor *v)
{
	struct op_busid id;
	struct sim_dev *dev;
	struct buf hello = { 0 };
	struct conn *c;

	buf_take(&v->in, &id, sizeof(id));
	id.busid[sizeof(id.busid) - 1] = 0;
	dev = device_find(id.busid);
	if (!dev || !listed(dev)) {
		add_common(&v->out, OP_REP_IMPORT,
			   dev && dev->plugged ? OP_ST_BUSY : OP_ST_NODEV);
		v->end = true;
		return;
	}
	loop_del(&v->io);
	v->taken = true;
	v->end = true;
	c = conn_start(dev, v->io.fd, NULL);
	add_common(&hello, OP_REP_IMPORT, OP_ST_OK);
	add_device(&hello, dev);
	conn_send(c, buf_data(&hello), hello.len);
	buf_free(&hello);
	conn_feed(c, buf_data(&v->in), v->in.len);
}

static void take_request(struct visitor *v)
{
	struct op_common c;

	if (v->end || v->in.len < sizeof(c))
		return;
	memcpy(&c, buf_data(&v->in), sizeof(c));
	if (ntohs(c.version) != OP_VERSION) {
		fprintf(stderr, "client of version 0x%04x\n", ntohs(c.version));
		v->end = true;
	} else if (ntohs(c.code) == OP_REQ_DEVLIST) {
		device_list(v);
	} else if (ntohs(c.code) == OP_REQ_IMPORT) {
		if (v->in.len < sizeof(c) + sizeof(struct op_busid))
			return;
		buf_pull(&v->in, sizeof(c));
		import(v);
	} else {
		fprintf(stderr, "unknown operation 0x%04x\n", ntohs(c.code));
		v->end = true;
	}
}

static void visitor_free(struct visitor *v)
{
	if (!v->taken) {
		loop_del(&v->io);
		close(v->io.fd);
	}
	TAILQ_REMOVE(&visitors, v, link);
	buf_free(&v->in);
	buf_free(&v->out);
	free(v);
}

static void visitor_settle(struct loop_task *t)
{
	struct visitor *v = container_of(t, struct visitor, task);

	while (v->out.len) {
		ssize_t n = send(v->io.fd, buf_data(&v->out), v->out.len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			loop_want(&v->io, EPOLLOUT);
			return;
		}
		if (n < 0) {
			v->end = true;
			break;
		}
		buf_pull(&v->out, n);
	}
	if (v->end)
		visitor_free(v);
}

static void visitor_ready(struct loop_fd *f, uint32_t events)
{
	struct visitor *v = container_of(f, struct visitor, io);
	uint8_t *to = buf_room(&v->in, 4096);
	ssize_t n = 1;

	if (!v->end && (events & ~EPOLLOUT)) {
		n = recv(f->fd, to, 4096, MSG_DONTWAIT);
		if (n > 0)
			buf_grew(&v->in, n);
		else if (n == 0 || errno != EAGAIN)
			v->end = true;
	}
	take_request(v);
	loop_later(&v->task);
}

static void accept_ready(struct loop_fd *f, uint32_t events)
{
	int one = 1;
	struct visitor *v;
	int fd;

	(void)events;
	fd = accept(f->fd, NULL, NULL);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	v = xalloc(sizeof(*v));
	v->io.fd = fd;
	v->io.ready = visitor_ready;
	v->task.run = visitor_settle;
	TAILQ_INSERT_TAIL(&visitors, v, link);
	loop_add(&v->io, EPOLLIN);
}

/* The port that port 0 turned out to be, for who started us. */
static unsigned int bound_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	getsockname(fd, (struct sockaddr *)&ss, &len);
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

int server_start(const char *addr, unsigned int port)
{
	struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *ai;
	char service[16];
	int one = 1;
	int err;

	snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(addr, service, &hints, &ai);
	if (err) {
		fprintf(stderr, "%s: %s\n", addr, gai_strerror(err));
		return -1;
	}
	listener.fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener.fd >= 0)
		setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &one,
			   sizeof(one));
	if (listener.fd < 0 || bind(listener.fd, ai->ai_addr, ai->ai_addrlen) ||
	    listen(listener.fd, 64)) {
		fprintf(stderr, "listening on %s port %u: %s\n", addr, port,
			strerror(errno));
		freeaddrinfo(ai);
		return -1;
	}
	freeaddrinfo(ai);
	loop_add(&listener, EPOLLIN);
	printf("listening on %s port %u\n", addr, bound_port(listener.fd));
	return 0;
}

void server_exit(void)
{
	struct visitor *v;

	while ((v = TAILQ_FIRST(&visitors)))
		visitor_free(v);
	if (listener.fd >= 0)
		close(listener.fd);
}
