// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control of a running simulator by lines: unplug, plug, bad, status, quit.
 * May call device.c, bad.c, conn.c and attach.c.
 * Called by sim-main.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conn.h"
#include "server.h"
#include "spec.h"

struct control {
	struct loop_fd io;
	struct loop_task task;
	struct control *next;
	int out; /* where replies go */
	bool end;
	struct buf in;
};

static void accept_ready(struct loop_fd *f, uint32_t events);
static struct loop_fd listener = { .fd = -1, .ready = accept_ready };
static char listener_path[108];
static struct control *controls;

static void __attribute__((format(printf, 2, 3)))
say(struct control *c, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vdprintf(c->out, format, args);
	va_end(args);
}

static void show_status(struct control *c)
{
	struct sim_dev *dev;
	char flags[512];

	TAILQ_FOREACH(dev, &all_devices, link)
	{
		bad_print(&dev->bad, flags, sizeof(flags));
		say(c, "%s %s %s %s %s port %d urbs %llu bad %s\n", dev->busid,
		    dev->kind->name, speed_name(dev->speed),
		    dev->plugged ? "plugged" : "unplugged",
		    dev->host ? "used" : "free", dev->hub_port,
		    (unsigned long long)dev->n_urbs, flags);
	}
	mutate_print(flags, sizeof(flags));
	say(c, "%sok\n", flags);
}

static void unplug(struct control *c, struct sim_dev *dev)
{
	dev->plugged = false;
	if (dev->host)
		dev->host_ops->gone(dev->host);
	say(c, "ok\n");
}

static void plug(struct control *c, struct sim_dev *dev)
{
	dev->plugged = true;
	if (attach_mode.on && !dev->host && attach_device(dev))
		say(c, "error: not attached\n");
	else
		say(c, "ok\n");
}

static void set_bad(struct control *c, struct sim_dev *dev, const char *flags)
{
	char error[128];

	if (bad_parse(&dev->bad, flags, error, sizeof(error))) {
		say(c, "error: %s\n", error);
		return;
	}
	if (dev->host)
		conn_rearm(dev->host);
	say(c, "ok\n");
}

static void run_line(struct control *c, char *line)
{
	char *save = NULL;
	char *verb = strtok_r(line, " \t\r", &save);
	char *busid = strtok_r(NULL, " \t\r", &save);
	char *rest = strtok_r(NULL, " \t\r", &save);
	struct sim_dev *dev;

	if (!verb)
		return;
	if (!strcmp(verb, "quit")) {
		say(c, "ok\n");
		loop_stop();
		return;
	}
	if (!strcmp(verb, "status")) {
		show_status(c);
		return;
	}
	dev = busid ? device_find(busid) : NULL;
	if (!dev)
		say(c, "error: no device %s\n", busid ? busid : "named");
	else if (!strcmp(verb, "unplug"))
		unplug(c, dev);
	else if (!strcmp(verb, "plug"))
		plug(c, dev);
	else if (!strcmp(verb, "bad") && rest)
		set_bad(c, dev, rest);
	else
		say(c,
		    "error: unplug BUSID, plug BUSID, bad BUSID FLAGS, status, quit\n");
}

static void run_lines(struct control *c)
{
	char line[1024];
	uint8_t *end;
	size_t n;

	while (c->in.len && (end = memchr(buf_data(&c->in), '\n', c->in.len))) {
		n = end - buf_data(&c->in);
		if (n >= sizeof(line)) {
			buf_pull(&c->in, n + 1);
			say(c, "error: line too long\n");
			continue;
		}
		memcpy(line, buf_data(&c->in), n);
		line[n] = 0;
		buf_pull(&c->in, n + 1);
		run_line(c, line);
	}
}

static void control_free(struct control *c)
{
	struct control **at = &controls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	loop_del(&c->io);
	if (c->io.fd != STDIN_FILENO)
		close(c->io.fd);
	buf_free(&c->in);
	free(c);
}

static void control_settle(struct loop_task *t)
{
	struct control *c = container_of(t, struct control, task);

	if (c->end)
		control_free(c);
}

static void control_ready(struct loop_fd *f, uint32_t events)
{
	struct control *c = container_of(f, struct control, io);
	uint8_t *to = buf_room(&c->in, 4096);
	ssize_t n;

	(void)events;
	n = read(f->fd, to, 4096);
	if (n > 0) {
		buf_grew(&c->in, n);
		run_lines(c);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		c->end = true;
	}
	loop_later(&c->task);
}

static void control_new(int fd, int out)
{
	struct control *c = xalloc(sizeof(*c));

	c->io.fd = fd;
	c->io.ready = control_ready;
	c->task.run = control_settle;
	c->out = out;
	c->next = controls;
	controls = c;
	loop_add(&c->io, EPOLLIN);
}

int control_stdin(void)
{
	/* A terminal, pipe or socket: a plain file cannot be waited for. */
	control_new(STDIN_FILENO, STDOUT_FILENO);
	return 0;
}

static void accept_ready(struct loop_fd *f, uint32_t events)
{
	int fd = accept(f->fd, NULL, NULL);

	(void)events;
	if (fd >= 0)
		control_new(fd, fd);
}

int control_listen(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "%s: path too long\n", path);
		return -1;
	}
	strcpy(addr.sun_path, path);
	unlink(path);
	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener.fd < 0 ||
	    bind(listener.fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(listener.fd, 8)) {
		perror(path);
		return -1;
	}
	strcpy(listener_path, path);
	loop_add(&listener, EPOLLIN);
	return 0;
}

void control_exit(void)
{
	while (controls)
		control_free(controls);
	if (listener.fd < 0)
		return;
	close(listener.fd);
	unlink(listener_path);
}
