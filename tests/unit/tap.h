/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP for the unit tests: ok() and is() print one result each.
 * May use libc only. Included by the tests of this folder.
 */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_n, tap_failed;

/* One result under a name that is printed like printf() does. */
static inline bool __attribute__((format(printf, 2, 3)))
ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", good ? "" : "not ", ++tap_n);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	tap_failed += !good;
	return good;
}

/* Two numbers are the same. */
static inline void is(long long got, long long want, const char *what)
{
	if (!ok(got == want, "%s", what))
		printf("# got %lld (0x%llx), want %lld (0x%llx)\n", got, got,
		       want, want);
}

/* Two texts are the same. */
static inline void is_text(const char *got, const char *want, const char *what)
{
	if (!ok(got && !strcmp(got, want), "%s", what))
		printf("# got \"%s\", want \"%s\"\n", got ? got : "(null)", want);
}

/* The plan, and the exit code of main(). */
static inline int tap_end(void)
{
	printf("1..%d\n", tap_n);
	return tap_failed ? 1 : 0;
}

#endif
