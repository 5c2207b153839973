#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A header that breaks the protocol ends that connection with one line, and nothing else.
. "$(dirname "$0")/../lib.sh"

ends() { # WHAT SCRIPT LINE
	log_mark
	check "$1 ends the connection" peer "$busid" "$2; expect-close"
	check "$1: the device is available" wait_for 10 status_is "$busid" 1
	check "$1: the log names it" kernel_said_times 1 "usbip-host $busid: client disconnected: $3"
}

plan 26
export_gadget
bad="peer sent a bad"
ends "an unknown command" "header command=0x1234" "$bad command: .*0x1234"
ends "command 0" "header command=0" "$bad command: .*0x0"
ends "a server's answer" "header command=3" "$bad command: .*0x3"
ends "endpoint 16" "header ep=16 direction=1 length=8" "$bad endpoint: 16 "
ends "direction 2" "header ep=1 direction=2 length=8" "$bad direction: 2 "
ends "a negative length" "header ep=1 direction=1 length=0xffffffff" "$bad transfer_buffer_length: -1 "
ends "a negative OUT length" "header ep=1 length=0x80000000" "$bad transfer_buffer_length: -2147483648 "
ends "an unknown command behind a good one" \
	"submit a setup=8006000100001200; expect a len=18; header command=9" "$bad command: .*0x9"
check "the next client is served" peer "$busid" getdesc
check "and the device is available" wait_for 10 status_is "$busid" 1
