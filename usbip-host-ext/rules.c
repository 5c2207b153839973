// SPDX-License-Identifier: GPL-2.0-only
/*
 * Auto-bind rules: text to rules, and does a device match. Pure.
 * May use the C library's or the kernel's string functions only, so that the
 * unit tests compile this very file. Called by match.c.
 */
#ifdef __KERNEL__
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include <ctype.h>
#include <errno.h>
#include <string.h>
#endif

#include "rules.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* "*" or 1 to 4 hex digits. Return: behind it, or NULL with *@why. */
static const char *parse_id(const char *p, bool *any, u16 *id, const char **why)
{
	unsigned int value = 0;
	int digits = 0;

	*any = *p == '*';
	if (*any)
		return p + 1;
	while (hex_value(*p) >= 0 && digits < 5) {
		value = value << 4 | hex_value(*p++);
		digits++;
	}
	if (digits < 1 || digits > 4) {
		*why = digits ? "more than four hex digits" :
				"expected a hex number or *";
		return NULL;
	}
	*id = value;
	return p;
}

/* One rule up to a comma or the end. Return: as parse_id(). */
static const char *parse_rule(const char *p, struct host_rule *rule,
			      const char **fault, const char **why)
{
	const char *next;

	memset(rule, 0, sizeof(*rule));
	rule->any_pid = true;
	rule->exclude = *p == '!';
	if (rule->exclude)
		p++;

	*fault = p;
	next = parse_id(p, &rule->any_vid, &rule->vid, why);
	if (next && *next == ':') {
		*fault = next + 1;
		next = parse_id(next + 1, &rule->any_pid, &rule->pid, why);
	}
	if (next && *next == ':') {
		next++;
		*fault = next;
		rule->serial = next;
		rule->serial_length = strcspn(next, ",");
		next += rule->serial_length;
		if (!rule->serial_length) {
			*why = "empty serial number";
			return NULL;
		}
		if (rule->serial_length == 1 && *rule->serial == '*')
			rule->serial = NULL;
	}
	if (next && *next && *next != ',') {
		*fault = next;
		*why = "expected : or , or the end";
		return NULL;
	}
	return next;
}

/**
 * host_rules_parse - turn "RULE,RULE…" into rules
 * @text: without a trailing newline; the rules point into it
 * @rules: where to; NULL to check and count only
 * @max: room in @rules
 * @position: set on failure: 1-based place of the fault in @text
 * @why: set on failure: what is wrong there
 *
 * Context: any. Return: number of rules, 0 for an empty text, or -EINVAL.
 */
int host_rules_parse(const char *text, struct host_rule *rules, size_t max,
		     size_t *position, const char **why)
{
	const char *p = text, *fault;
	struct host_rule scratch;
	size_t n = 0;

	while (*p) {
		p = parse_rule(p, rules && n < max ? &rules[n] : &scratch,
			       &fault, why);
		if (!p)
			goto bad;
		n++;
		if (!*p)
			break;
		if (!*++p) {
			fault = p;
			*why = "rule missing behind the comma";
			goto bad;
		}
	}
	return n;

bad:
	*position = fault - text + 1;
	return -EINVAL;
}

/**
 * host_rules_match - what the first rule that matches says
 * @rules: in order
 * @n: how many
 * @vid: the device's idVendor
 * @pid: idProduct
 * @serial: its serial number, or NULL
 *
 * Context: any.
 */
enum host_verdict host_rules_match(const struct host_rule *rules, size_t n,
				   u16 vid, u16 pid, const char *serial)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct host_rule *r = &rules[i];

		if (!r->any_vid && r->vid != vid)
			continue;
		if (!r->any_pid && r->pid != pid)
			continue;
		if (r->serial && (!serial || strlen(serial) != r->serial_length ||
				  memcmp(serial, r->serial, r->serial_length)))
			continue;
		return r->exclude ? HOST_LEAVE : HOST_CLAIM;
	}
	return HOST_NO_RULE;
}
