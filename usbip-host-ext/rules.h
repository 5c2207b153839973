/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Auto-bind rules: text to rules, and does a device match. Pure.
 * May use the C library's or the kernel's string functions only, so that the
 * unit tests compile this very file. Called by match.c.
 */
#ifndef HOST_RULES_H
#define HOST_RULES_H

#include <linux/types.h>

#ifndef __KERNEL__
#include <stdbool.h>
#include <stddef.h>
typedef __u16 u16;
#endif

/**
 * struct host_rule - VID[:PID[:SERIAL]], each of which may be "*"
 * @exclude: the rule began with "!": a device that matches is left alone
 * @any_vid: VID is "*"
 * @any_pid: PID is "*" or missing
 * @vid: idVendor
 * @pid: idProduct
 * @serial: inside the rules' text, @serial_length bytes; NULL for any
 * @serial_length: bytes of @serial
 */
struct host_rule {
	bool exclude;
	bool any_vid;
	bool any_pid;
	u16 vid;
	u16 pid;
	const char *serial;
	size_t serial_length;
};

/** enum host_verdict - what rules say of a device */
enum host_verdict {
	HOST_NO_RULE,
	HOST_CLAIM,
	HOST_LEAVE,
};

int host_rules_parse(const char *text, struct host_rule *rules, size_t max,
		     size_t *position, const char **why);
enum host_verdict host_rules_match(const struct host_rule *rules, size_t n,
				   u16 vid, u16 pid, const char *serial);

#endif
