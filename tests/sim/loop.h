/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one event loop: descriptors, timers, and work put off to the end of a round.
 * May call libc and epoll/timerfd/signalfd only.
 * Called by the server, its connections and the simulated devices.
 */
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop_fd {
	int fd;
	uint32_t events;
	void (*ready)(struct loop_fd *f, uint32_t events);
};

struct loop_timer {
	uint64_t due; /* CLOCK_MONOTONIC, ns */
	bool armed;
	struct loop_timer *next;
	void (*fired)(struct loop_timer *t);
};

/* Runs once after the present round of events; may free what holds it. */
struct loop_task {
	bool queued;
	struct loop_task *next;
	void (*run)(struct loop_task *t);
};

void loop_init(void);
void loop_add(struct loop_fd *f, uint32_t events);
void loop_want(struct loop_fd *f, uint32_t events);
void loop_del(struct loop_fd *f);

uint64_t loop_now(void);
void loop_timer_set(struct loop_timer *t, uint64_t due);
void loop_timer_stop(struct loop_timer *t);

void loop_later(struct loop_task *t);

/* Returns after loop_stop(), SIGTERM or SIGINT. */
void loop_run(void);
void loop_stop(void);
void loop_exit(void);

#define container_of(ptr, type, member)                                        \
	((type *)((char *)(ptr)-offsetof(type, member)))

#endif
