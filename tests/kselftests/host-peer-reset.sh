#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A client's PORT_RESET resets the real device, which keeps its configuration and its client.
. "$(dirname "$0")/../lib.sh"

plan 6
export_gadget
in=$(endpoint "$busid" in)
devnum=$(attribute "$busid" devnum)
log_mark
start_peer client "$busid" "
	submit reset ep=0 setup=2303040001000000
	expect reset timeout=20000
	submit in ep=$in dir=in len=512
	expect in len=512 fill=0
	getdesc
	expect-close 30000"
check "the client goes on after the reset" wait_for 20 grep '^device ' "$tmp/client.log"
check "the device was reset, once" kernel_said_times 1 " $busid: reset .* USB device"
check "it is the same device" equals "$(attribute "$busid" devnum)" "$devnum"
check "it is still exported" exported "$busid"
check "it has its configuration" equals "$(attribute "$busid" bConfigurationValue)" 1
check "the client still has it" status_is "$busid" 2
