#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Bulk data reach the device and come back unharmed, in one packet and in very many.
. "$(dirname "$0")/../lib.sh"

sizes="1 511 4096 16384 16385 70000 262144"

plan 19
export_gadget Loopback
in=$(endpoint "$busid" in)
out=$(endpoint "$busid" out)
for size in $sizes; do
	check "available" wait_for 10 status_is "$busid" 1
	check "$size bytes come back" peer "$busid" "
		submit out ep=$out dir=out pattern len=$size
		submit in ep=$in dir=in len=$size
		expect out len=$size
		expect in len=$size pattern"
done
check "available" wait_for 10 status_is "$busid" 1

# Without an empty packet behind it the gadget would wait for more.
check "a full packet with URB_ZERO_PACKET comes back" peer "$busid" "
	submit out ep=$out dir=out pattern len=512 flags=0x40
	submit in ep=$in dir=in len=4096
	expect out len=512
	expect in len=512 pattern"
check "available" wait_for 10 status_is "$busid" 1

# The second one is told apart from the first by its data.
check "URBs of one endpoint keep their order" peer "$busid" "
	submit in1 ep=$in dir=in len=500
	submit in2 ep=$in dir=in len=500
	submit out1 ep=$out dir=out fill=1 len=500
	submit out2 ep=$out dir=out fill=2 len=500
	expect in1 len=500 fill=1
	expect in2 len=500 fill=2"
check "available at the end" wait_for 10 status_is "$busid" 1
