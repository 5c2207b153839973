#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Control transfers carry data to the device and back, and its stalls reach the client.
. "$(dirname "$0")/../lib.sh"

plan 3
export_gadget
# SourceSink keeps what vendor request 5b writes, and request 5c reads it.
check "data go out and come back" peer "$busid" "
	submit out ep=0 setup=405b000000004000 pattern len=64
	expect out len=64
	submit in ep=0 setup=c05c000000004000 len=64
	expect in len=64 pattern"
check "available again" wait_for 10 status_is "$busid" 1
check "a request that the device does not know is EPIPE, the next one works" peer "$busid" "
	submit bad ep=0 setup=40aa000000000000
	expect bad status=-32
	getdesc"
