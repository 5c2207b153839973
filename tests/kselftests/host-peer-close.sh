#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# However a client leaves, the device is available again, and the next client finds it clean.
. "$(dirname "$0")/../lib.sh"

# The next client's data would go astray if an old URB were still there.
leaves() { # HOW SCRIPT
	log_mark
	check "$1: the client leaves" peer "$busid" "$2"
	check "$1: the device is available" wait_for 10 status_is "$busid" 1
	check "$1: one line says it" kernel_said_times 1 "usbip-host $busid: client disconnected"
	check "$1: the next client is served" peer "$busid" "
		submit out ep=$out dir=out pattern len=500
		submit in ep=$in dir=in len=512
		expect out len=500
		expect in len=500 pattern"
	check "$1: available again" wait_for 10 status_is "$busid" 1
}

plan 35
export_gadget Loopback
in=$(endpoint "$busid" in)
out=$(endpoint "$busid" out)
pending=$(for n in 1 2 3 4 5 6 7 8; do echo "submit in$n ep=$in dir=in len=512"; done)
leaves "at once" "close"
leaves "with half a header" "raw 00000001000000010000; close"
leaves "with half the data" "header ep=$out length=512; raw 00112233; close"
leaves "with URBs pending" "$pending
	getdesc
	close"
leaves "by a reset, URBs pending" "$pending
	getdesc
	rst"
leaves "by ending its sending side" "$pending
	shutdown wr
	expect-close"
leaves "without taking its answers" "
	submit out ep=$out dir=out pattern len=65536
	submit in ep=$in dir=in len=65536
	close"
