// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: usbip-host-ext/rules.c. Counting and parsing agree, a fault is
 * inside the text, and a list of rules says what its first rule that matches says.
 * The input: VID, PID, length of a serial number, that, and the rules' text.
 * May call rules.c and libc. Called by libFuzzer.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../usbip-host-ext/rules.h"
#include "check.h"

/* As a string on the heap, so that reading past its end is seen. */
static char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static void check_rule(const struct host_rule *r, const char *text)
{
	if (r->serial) {
		check(r->serial > text);
		check(r->serial_length && r->serial[-1] == ':');
		check(r->serial + r->serial_length <= text + strlen(text));
		check(!memchr(r->serial, ',', r->serial_length));
	}
	check(!r->any_vid || !r->vid);
	check(!r->any_pid || !r->pid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_rule *rules;
	char *text, *serial;
	const char *why = NULL;
	size_t position = 0, i;
	uint16_t vid, pid;
	int n, again;

	if (size < 5)
		return 0;
	vid = data[0] | data[1] << 8;
	pid = data[2] | data[3] << 8;
	n = data[4] % 8;
	if (size < 5 + (size_t)n)
		return 0;
	serial = text_of(data + 5, n);
	text = text_of(data + 5 + n, size - 5 - n);

	n = host_rules_parse(text, NULL, 0, &position, &why);
	if (n < 0) {
		check(n == -EINVAL && why);
		check(position >= 1 && position <= strlen(text) + 1);
		goto out;
	}
	check(!why && (size_t)n <= (strlen(text) + 1) / 2);
	/* Exactly as many as there are. */
	rules = calloc(n ? n : 1, sizeof(*rules));
	if (!rules)
		abort();
	again = host_rules_parse(text, rules, n, &position, &why);
	check(again == n);
	for (i = 0; i < (size_t)n; i++)
		check_rule(&rules[i], text);

	for (i = 0; i < (size_t)n; i++) {
		enum host_verdict v =
			host_rules_match(&rules[i], 1, vid, pid, serial);

		if (v == HOST_NO_RULE)
			continue;
		check((v == HOST_LEAVE) == rules[i].exclude);
		check(host_rules_match(rules, n, vid, pid, serial) == v);
		break;
	}
	if (i == (size_t)n)
		check(host_rules_match(rules, n, vid, pid, serial) ==
		      HOST_NO_RULE);
	/* A device without a serial number matches no rule that names one. */
	for (i = 0; i < (size_t)n; i++)
		if (rules[i].serial)
			check(host_rules_match(&rules[i], 1, vid, pid, NULL) ==
			      HOST_NO_RULE);
	free(rules);
out:
	free(text);
	free(serial);
	return 0;
}
