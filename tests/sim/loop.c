// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one event loop: descriptors, timers, and work put off to the end of a round.
 * May call libc and epoll/timerfd/signalfd only.
 * Called by the server, its connections and the simulated devices.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"

#define NSEC 1000000000ULL

static int epfd = -1;
static bool stopped;
static struct loop_timer *timers; /* earliest first */
static struct loop_task *tasks;
static struct loop_task **tasks_end = &tasks;

static void timer_ready(struct loop_fd *f, uint32_t events);
static void signal_ready(struct loop_fd *f, uint32_t events);
static struct loop_fd timer_fd = { .fd = -1, .ready = timer_ready };
static struct loop_fd signal_fd = { .fd = -1, .ready = signal_ready };

static void die(const char *what)
{
	perror(what);
	exit(2);
}

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void loop_init(void)
{
	sigset_t set;

	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		die("epoll_create1");

	timer_fd.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer_fd.fd < 0)
		die("timerfd_create");
	loop_add(&timer_fd, EPOLLIN);

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal_fd.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signal_fd.fd < 0)
		die("signalfd");
	loop_add(&signal_fd, EPOLLIN);
}

void loop_add(struct loop_fd *f, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = f };

	f->events = events;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, f->fd, &ev))
		die("epoll_ctl add");
}

void loop_want(struct loop_fd *f, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = f };

	if (f->events == events)
		return;
	f->events = events;
	if (epoll_ctl(epfd, EPOLL_CTL_MOD, f->fd, &ev))
		die("epoll_ctl mod");
}

void loop_del(struct loop_fd *f)
{
	epoll_ctl(epfd, EPOLL_CTL_DEL, f->fd, NULL);
}

static void rearm(void)
{
	struct itimerspec its = { 0 };

	if (timers) {
		uint64_t due = timers->due ? timers->due : 1;

		its.it_value.tv_sec = due / NSEC;
		its.it_value.tv_nsec = due % NSEC;
	}
	timerfd_settime(timer_fd.fd, TFD_TIMER_ABSTIME, &its, NULL);
}

void loop_timer_set(struct loop_timer *t, uint64_t due)
{
	struct loop_timer **at = &timers;

	loop_timer_stop(t);
	t->due = due;
	t->armed = true;
	while (*at && (*at)->due <= due)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	if (timers == t)
		rearm();
}

void loop_timer_stop(struct loop_timer *t)
{
	struct loop_timer **at = &timers;
	bool first = timers == t;

	if (!t->armed)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->armed = false;
	if (first)
		rearm();
}

static void timer_ready(struct loop_fd *f, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(f->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		die("timerfd");
	while (timers && timers->due <= loop_now()) {
		struct loop_timer *t = timers;

		timers = t->next;
		t->armed = false;
		t->fired(t);
	}
	rearm();
}

static void signal_ready(struct loop_fd *f, uint32_t events)
{
	(void)f;
	(void)events;
	stopped = true;
}

void loop_later(struct loop_task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	t->next = NULL;
	*tasks_end = t;
	tasks_end = &t->next;
}

static void run_tasks(void)
{
	while (tasks) {
		struct loop_task *t = tasks;

		tasks = t->next;
		if (!tasks)
			tasks_end = &tasks;
		t->queued = false;
		t->run(t);
	}
}

void loop_run(void)
{
	struct epoll_event ev[64];

	run_tasks();
	while (!stopped) {
		int n = epoll_wait(epfd, ev, 64, -1);
		int i;

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (i = 0; i < n; i++) {
			struct loop_fd *f = ev[i].data.ptr;

			f->ready(f, ev[i].events);
		}
		run_tasks();
	}
}

void loop_stop(void)
{
	stopped = true;
}

void loop_exit(void)
{
	run_tasks();
	close(signal_fd.fd);
	close(timer_fd.fd);
	close(epfd);
}
