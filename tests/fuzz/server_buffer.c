// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbip-host-ext/buffer.c, and a way to forget what it keeps from one run of the
 * fuzzer to the next.
 * Part of the fuzz target "server".
 */
#include "../../usbip-host-ext/buffer.c"

void server_buffer_reset(void);

void server_buffer_reset(void)
{
	host_buffer_exit();
	INIT_LIST_HEAD(&kept);
	kept_chunks = 0;
}
