/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of cases: its devices, its names, one case.
 * May use peer.h.
 * Included by peer-table.c (reads the table) and peer-case.c (runs a case).
 */
#ifndef SIM_PEER_TABLE_H
#define SIM_PEER_TABLE_H

#include "peer.h"

#define TEXTS_MAX   64
#define DEVICES_MAX 8

/* Names and what they stand for: let lines, and endpoints of a device. */
struct text {
	char name[32];
	const char *value;
};

struct device {
	char name[32];
	const char *busid;
	char path[256];	   /* in sysfs, with a / at its end */
	const char *usual; /* script of the client of good manners */
	struct text endpoint[4];
	char number[4][8];
	int turn;	/* of the devices of this name */
	char lost[128]; /* the case that did not give it back, if any */
};

struct table {
	struct text let[TEXTS_MAX];
	int n_let;
	struct device device[DEVICES_MAX];
	int n_device;
	struct device *mine; /* NULL: count only */
	bool tcp;
	const char *only;
	int line;
	int n, run, failed;
	int64_t slowest;
	char slowest_name[128];
};

/* One case, for one device, its range expanded. */
struct one {
	const char *name;
	const char *outcome;
	const char *script;
	struct device *dev;
};

/* peer-table.c: says what is wrong with the table, and exits 2. */
void __attribute__((noreturn, format(printf, 2, 3)))
wrong(const struct table *t, const char *format, ...);

/* peer-case.c */
void expand(const struct table *t, const struct device *dev, const char *text,
	    int number, struct buf *to);
void run_one(struct table *t, const struct one *one, int number);

#endif
