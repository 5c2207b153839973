/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for any input, of the targets that have no kernel around them.
 * May call libc. Included by rules.c and wire.c.
 */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define check(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: CHECK FAILED: %s\n", __FILE__, \
				__LINE__, #condition);                         \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
