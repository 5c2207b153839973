// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints' code, made of trace.h by the kernel's headers.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
