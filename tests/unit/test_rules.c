// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbip-host-ext/rules.c: what is a rule, where is the fault in what is none,
 * and which devices a list of rules claims.
 * May call rules.h and tap.h. Called by prove.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../usbip-host-ext/rules.h"
#include "tap.h"

#define MAX_RULES 8

/* A text on the heap, so that reading past its end is seen. */
static char *text_of(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

static void parses(const char *text, int want)
{
	struct host_rule rules[MAX_RULES];
	char *copy = text_of(text);
	const char *why = NULL;
	size_t position = 0;
	int n = host_rules_parse(copy, rules, MAX_RULES, &position, &why);
	int counted = host_rules_parse(copy, NULL, 0, &position, &why);

	if (!ok(n == want && counted == want, "\"%s\" is %d rule(s)", text, want))
		printf("# got %d, counted %d, position %zu: %s\n", n, counted,
		       position, why ? why : "");
	free(copy);
}

/* @position counts from 1. */
static void faulty(const char *text, size_t position, const char *why)
{
	const char *said = NULL;
	char *copy = text_of(text);
	size_t at = 0;
	int ret = host_rules_parse(copy, NULL, 0, &at, &said);

	if (!ok(ret == -EINVAL && at == position && said && !strcmp(said, why),
		"\"%s\" is refused at %zu: %s", text, position, why))
		printf("# got %d at %zu: %s\n", ret, at, said ? said : "(null)");
	free(copy);
}

static enum host_verdict verdict(const char *text, unsigned int vid,
				 unsigned int pid, const char *serial)
{
	struct host_rule rules[MAX_RULES];
	char *copy = text_of(text);
	enum host_verdict v;
	const char *why;
	size_t position;
	int n;

	/* What the parser leaves out must not come from here. */
	memset(rules, 0xff, sizeof(rules));
	n = host_rules_parse(copy, rules, MAX_RULES, &position, &why);
	if (n < 0) {
		printf("# \"%s\" does not parse: %zu: %s\n", text, position, why);
		free(copy);
		return -1;
	}
	v = host_rules_match(rules, n, vid, pid, serial);
	free(copy);
	return v;
}

static void says(const char *text, unsigned int vid, unsigned int pid,
		 const char *serial, enum host_verdict want)
{
	static const char *const names[] = { "no rule", "claim", "leave" };
	enum host_verdict v = verdict(text, vid, pid, serial);

	if (!ok(v == want, "\"%s\" of %04x:%04x %s: %s", text, vid, pid,
		serial ? serial : "without serial", names[want]))
		printf("# got verdict %d\n", (int)v);
}

static void test_parse(void)
{
	parses("", 0);
	parses("1d6b", 1);
	parses("1d6b:0104", 1);
	parses("1d6b:0104:A1", 1);
	parses("0403:6001,46f4", 2);
	parses("!1d6b:0104,1d6b,*", 3);
	parses("*", 1);
	parses("*:*", 1);
	parses("*:*:*", 1);
	parses("!*:0104:*", 1);
	parses("1,12,123,1234", 4);
	parses("ABCD:abcd", 1);
	parses("1d6b:0104:a:b!c *d", 1);
	parses("1,2,3,4,5,6,7,8", 8);
}

static void test_faults(void)
{
	static const char number[] = "expected a hex number or *";
	static const char digits[] = "more than four hex digits";
	static const char end[] = "expected : or , or the end";
	static const char serial[] = "empty serial number";
	static const char comma[] = "rule missing behind the comma";

	faulty(",", 1, number);
	faulty(":", 1, number);
	faulty("!", 2, number);
	faulty("!!1d6b", 2, number);
	faulty(" 1d6b", 1, number);
	faulty("g", 1, number);
	faulty("-1", 1, number);
	faulty("1d6b:", 6, number);
	faulty("1d6b::A1", 6, number);
	faulty("1d6b:!0104", 6, number);
	faulty("1d6b:0104,,1d6b", 11, number);
	faulty("1d6b,xyz", 6, number);
	faulty("1d6b,!", 7, number);
	faulty("10000", 1, digits);
	faulty("01d6b", 1, digits);
	faulty("1d6b:00104", 6, digits);
	faulty("1d6b,123456789", 6, digits);
	faulty("1d6b,1d6b:0000000000000000", 11, digits);
	faulty("0x1d", 2, end);
	faulty("1d6b ", 5, end);
	faulty("1d6bg", 5, end);
	faulty("1d6b;46f4", 5, end);
	faulty("1d6b:0104 ,46f4", 10, end);
	faulty("**", 2, end);
	faulty("*1", 2, end);
	faulty("*:*1", 4, end);
	faulty("1d6b:0104:", 11, serial);
	faulty("1d6b:0104:,46f4", 11, serial);
	faulty("1d6b,", 6, comma);
	faulty("1d6b:0104:A1,", 14, comma);
}

/* More rules than there is room for are counted, not written. */
static void test_room(void)
{
	struct host_rule rules[2];
	const char *why;
	size_t position;

	memset(rules, 0, sizeof(rules));
	is(host_rules_parse("1,2,3", rules, 1, &position, &why), 3,
	   "rules beyond the room are counted");
	ok(rules[0].vid == 1 && !rules[1].vid, "and not written");
	is(host_rules_match(rules, 0, 1, 1, NULL), HOST_NO_RULE,
	   "no rules say nothing");
}

static void test_ids(void)
{
	says("", 0x1d6b, 0x0104, NULL, HOST_NO_RULE);
	says("1d6b", 0x1d6b, 0x0104, NULL, HOST_CLAIM);
	says("1d6b", 0x1d6c, 0x0104, NULL, HOST_NO_RULE);
	says("1d6b:0104", 0x1d6b, 0x0104, NULL, HOST_CLAIM);
	says("1d6b:0104", 0x1d6b, 0x0105, NULL, HOST_NO_RULE);
	says("1d6b:0104", 0x0104, 0x1d6b, NULL, HOST_NO_RULE);
	says("1D6B:aBcD", 0x1d6b, 0xabcd, NULL, HOST_CLAIM);
	says("3", 0x0003, 0, NULL, HOST_CLAIM);
	says("03", 0x0003, 0, NULL, HOST_CLAIM);
	says("403:1", 0x0403, 0x0001, NULL, HOST_CLAIM);
	says("403", 0x4030, 0, NULL, HOST_NO_RULE);
	says("0:0", 0, 0, NULL, HOST_CLAIM);
	says("ffff:ffff", 0xffff, 0xffff, NULL, HOST_CLAIM);
}

static void test_wildcards(void)
{
	says("*", 0x1d6b, 0x0104, NULL, HOST_CLAIM);
	says("*:*:*", 0x1d6b, 0x0104, "A1", HOST_CLAIM);
	says("*:*:*", 0x1d6b, 0x0104, NULL, HOST_CLAIM);
	says("*:0104", 0x1d6b, 0x0104, NULL, HOST_CLAIM);
	says("*:0104", 0x1d6b, 0x0105, NULL, HOST_NO_RULE);
	says("1d6b:*", 0x1d6b, 0x0105, NULL, HOST_CLAIM);
	says("1d6b:*", 0x1d6c, 0x0105, NULL, HOST_NO_RULE);
	says("*:*:A1", 0x1d6b, 0x0104, "A1", HOST_CLAIM);
	says("*:*:A1", 0x1d6b, 0x0104, "A2", HOST_NO_RULE);
}

static void test_serials(void)
{
	says("1d6b:0104:A1", 0x1d6b, 0x0104, "A1", HOST_CLAIM);
	says("1d6b:0104:A1", 0x1d6b, 0x0104, "a1", HOST_NO_RULE);
	says("1d6b:0104:A1", 0x1d6b, 0x0104, "A", HOST_NO_RULE);
	says("1d6b:0104:A1", 0x1d6b, 0x0104, "A12", HOST_NO_RULE);
	says("1d6b:0104:A1", 0x1d6b, 0x0104, "", HOST_NO_RULE);
	says("1d6b:0104:A1", 0x1d6b, 0x0104, NULL, HOST_NO_RULE);
	says("1d6b:0104:A1", 0x1d6b, 0x0105, "A1", HOST_NO_RULE);
	says("1d6b:0104:a:b !*", 0x1d6b, 0x0104, "a:b !*", HOST_CLAIM);
	says("1d6b:0104:*", 0x1d6b, 0x0104, "other", HOST_CLAIM);
	says("1d6b:0104:A*", 0x1d6b, 0x0104, "A1", HOST_NO_RULE);
	says("1d6b:0104:A*", 0x1d6b, 0x0104, "A*", HOST_CLAIM);
	says("1d6b:0104:*A", 0x1d6b, 0x0104, "B", HOST_NO_RULE);
	says("1:1:A1,1d6b:0104:B2", 0x1d6b, 0x0104, "B2", HOST_CLAIM);
	says("1d6b:0104:A1,46f4", 0x1d6b, 0x0104, "A1", HOST_CLAIM);
}

static void test_first_match(void)
{
	says("!1d6b", 0x1d6b, 0x0104, NULL, HOST_LEAVE);
	says("!1d6b", 0x46f4, 0x0001, NULL, HOST_NO_RULE);
	says("!1d6b:0104,1d6b", 0x1d6b, 0x0104, NULL, HOST_LEAVE);
	says("!1d6b:0104,1d6b", 0x1d6b, 0x0105, NULL, HOST_CLAIM);
	says("1d6b,!1d6b:0104", 0x1d6b, 0x0104, NULL, HOST_CLAIM);
	says("!1d6b:0104:A1,1d6b", 0x1d6b, 0x0104, "A1", HOST_LEAVE);
	says("!1d6b:0104:A1,1d6b", 0x1d6b, 0x0104, "A2", HOST_CLAIM);
	says("!*,*", 0x1d6b, 0x0104, NULL, HOST_LEAVE);
	says("46f4,0403:6001,!*,*", 0x0403, 0x6001, NULL, HOST_CLAIM);
	says("46f4,0403:6001,!*,*", 0x0403, 0x6002, NULL, HOST_LEAVE);
}

int main(void)
{
	test_parse();
	test_faults();
	test_room();
	test_ids();
	test_wildcards();
	test_serials();
	test_first_match();
	return tap_end();
}
